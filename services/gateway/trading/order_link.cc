#include "trading/order_link.h"

#include <utility>

#include "evx/core/monotonic_clock.h"

namespace evx::gateway {

namespace pb = exchange::v1;

namespace {
constexpr int kOpenCountMax = 2;
}

struct OrderLink::Stream {
  grpc::ClientContext call;
  std::unique_ptr<
      grpc::ClientReaderWriterInterface<pb::OrderStreamRequest, pb::OrderStreamResponse>>
      stream;
  std::thread thread;
};

OrderLink::OrderLink(pb::ExchangeService::StubInterface& stub, const CallSigner& signer)
    : stub_(stub), signer_(signer) {}

OrderLink::~OrderLink() { Lose(); }

void OrderLink::Send(pb::OrderStreamRequest request, OnAnswer on_answer) {
  request.set_request_id(++last_request_id_);
  for (int opened_count = 0;;) {
    std::unique_lock lock(mutex_);
    if (!is_open_) {
      lock.unlock();
      // One that ends before anything was sent on it cannot be had.
      if (++opened_count > kOpenCountMax) return on_answer(std::nullopt);
      Open();
      continue;
    }
    const auto limit = absl::ToChronoNanoseconds(kExchangeCallTimeout);
    const bool has_room = changed_.wait_for(
        lock, limit, [this] { return !is_open_ || waiting_.size() < kUnderWayMax; });
    if (!has_room) {
      lock.unlock();
      Lose();
      continue;
    }
    if (!is_open_) continue;
    waiting_[request.request_id()] = {std::move(on_answer), MonotonicNanos()};
    break;
  }
  // A stream that has ended meanwhile has its thread end what waits.
  if (!stream_->stream->Write(request)) stream_->call.TryCancel();
}

void OrderLink::Open() {
  Lose();
  stream_ = std::make_unique<Stream>();
  signer_.Sign(stream_->call, ExchangePath("OrderStream"));
  stream_->stream = stub_.OrderStream(&stream_->call);
  {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
  }
  stream_->thread = std::thread([this, stream = stream_.get()] { Run(*stream); });
}

void OrderLink::Run(Stream& stream) {
  pb::OrderStreamResponse response;
  while (stream.stream->Read(&response)) {
    OnAnswer on_answer;
    {
      const std::lock_guard lock(mutex_);
      const auto found = waiting_.find(response.request_id());
      if (found == waiting_.end()) continue;
      on_answer = std::move(found->second.on_answer);
      waiting_.erase(found);
    }
    changed_.notify_all();
    on_answer(std::move(response));
  }
  stream.stream->Finish();
  std::map<std::int64_t, Waiting> lost;
  {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
    lost.swap(waiting_);
  }
  changed_.notify_all();
  for (auto& [id, waiting] : lost) waiting.on_answer(std::nullopt);
}

void OrderLink::Lose() {
  if (stream_ == nullptr) return;
  stream_->call.TryCancel();
  stream_->thread.join();
  stream_.reset();
}

void OrderLink::Expire() {
  const std::int64_t oldest = MonotonicNanos() - absl::ToInt64Nanoseconds(kExchangeCallTimeout);
  {
    const std::lock_guard lock(mutex_);
    // Request ids rise with time.
    if (waiting_.empty() || waiting_.begin()->second.sent_nanos > oldest) return;
  }
  Lose();
}

std::size_t OrderLink::under_way_count() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace evx::gateway
