#include "rpc/grpc_order_stream.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "evx/core/status.h"
#include "rpc/grpc_errors.h"
#include "rpc/grpc_faults.h"
#include "rpc/grpc_order_commands.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;

// Tells streams apart for faults; the first bit keeps them from hashes of single calls' peers.
std::uint64_t NextStreamNumber() {
  static std::atomic<std::uint64_t> next = 0;
  return (std::uint64_t{1} << 63) | next.fetch_add(1, std::memory_order_relaxed);
}

// Life: reads while fewer than the maximum is under way; every command ends in one answer, whether
// the exchange took it, refused it or never saw it; answers are written one after the other. The
// stream finishes once nothing more can be read, nothing is under way and nothing is left to write,
// or once it was canceled and nothing is under way.
class OrderStream final
    : public grpc::ServerBidiReactor<pb::OrderStreamRequest, pb::OrderStreamResponse> {
 public:
  OrderStream(const ExchangeContext& context, const GrpcGate& gate, ReplyThread& replies,
              GrpcCaller caller)
      : context_(context), gate_(gate), replies_(replies), caller_(std::move(caller)) {
    reading_ = true;
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Step([this] {
        reading_ = false;
        no_more_ = true;
      });
      return;
    }
    GrpcGate::NextRequest(caller_);
    if (!gate_.IsStillGood(caller_)) {
      Step([this] {
        reading_ = false;
        no_more_ = true;
        status_ = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the key was revoked");
      });
      return;
    }
    fault_ = context_.faults.OnRequest(FaultDoor::kGrpc, caller_.account(), number_, true);
    if (!fault_.any()) {
      Handle();
      Step([this] { reading_ = false; });
      return;
    }
    context_.faults.delays().Post(fault_.hold, [this] {
      HandleFaulty();
      Step([this] { reading_ = false; });
    });
  }

  void OnWriteDone(bool ok) override {
    Step([this, ok] {
      writing_ = false;
      if (ok) {
        out_.pop_front();
      } else {
        canceled_ = true;
      }
    });
  }

  void OnCancel() override {
    Step([this] { canceled_ = true; });
  }

  void OnDone() override { delete this; }

 private:
  // Runs `change` under the lock, then starts whatever the new state asks for.
  template <class Change>
  void Step(Change change) {
    bool read = false;
    const pb::OrderStreamResponse* write = nullptr;  // Stays in place: only OnWriteDone pops it.
    bool last = false;
    bool finish = false;
    {
      const std::lock_guard lock(mutex_);
      change();
      if (canceled_) {
        no_more_ = true;
        if (!writing_) out_.clear();
      }
      const auto open = static_cast<int>(out_.size()) + under_way_;
      if (!no_more_ && !reading_ && open < kOrderStreamCommandCountMax) read = reading_ = true;
      if (!writing_ && !out_.empty()) {
        writing_ = true;
        write = &out_.front();
        last = out_.size() == 1;
      }
      // `scheduled_` keeps the stream alive for work that was posted.
      if (no_more_ && !reading_ && !writing_ && !scheduled_ && under_way_ == 0 && out_.empty() &&
          !finished_) {
        finish = finished_ = true;
      }
    }
    if (read) StartRead(&request_);
    if (write != nullptr) {
      grpc::WriteOptions options;
      if (!last) options.set_buffer_hint();
      StartWrite(write, options);
    }
    if (finish) Finish(status_);
  }

  // The stream goes on being read only when this is done: fault_ is the present command's.
  void HandleFaulty() {
    if (!fault_.refuses()) return Handle();
    if (fault_.kind == FaultKind::kDisconnect) return Disconnect();
    Refuse(ToRefusal(kalshi::MakeError(fault_.kind == FaultKind::kTooManyRequests
                                           ? kalshi::error::kTooManyRequests
                                           : kalshi::error::kServiceUnavailable)));
  }

  void Disconnect() {
    const std::lock_guard lock(mutex_);
    no_more_ = true;
    status_ = StatusOf(FaultKind::kDisconnect);
  }

  void Handle() {
    switch (request_.command_case()) {
      case pb::OrderStreamRequest::kCreateOrder:
        return Submit(request_.create_order(), kDefaultCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_create_order(); });
      case pb::OrderStreamRequest::kCancelOrder:
        return Submit(request_.cancel_order(), kCancelCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_cancel_order(); });
      case pb::OrderStreamRequest::kCancelAllOrders:
        return Submit(request_.cancel_all_orders(), kCancelCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_cancel_all_orders(); });
      case pb::OrderStreamRequest::kAmendOrder:
        return Submit(request_.amend_order(), kDefaultCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_amend_order(); });
      case pb::OrderStreamRequest::kDecreaseOrder:
        return Submit(request_.decrease_order(), kDefaultCost,
                      [](pb::OrderStreamResponse& r) { return r.mutable_decrease_order(); });
      case pb::OrderStreamRequest::COMMAND_NOT_SET:
        break;
    }
    Refuse(ToRefusal(InvalidArgument("a command is needed")));
  }

  template <class Request, class Result>
  void Submit(const Request& request, std::int64_t cost, Result result) {
    if (const auto over = gate_.Charge(caller_, RateBucket::kWrite, cost)) {
      return Refuse(ToRefusal(*over));
    }
    auto command = ToCommand(request, caller_.principal, context_);
    if (!command.ok()) return Refuse(ToRefusal(command.error()));
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    const absl::Status queued = context_.sequencer.Submit(
        *std::move(command), caller_.meta,
        [this, request_id = request_.request_id(), fault = fault_, result](const Outcome& outcome) {
          pb::OrderStreamResponse response;
          response.set_request_id(request_id);
          response.set_sequence_number(static_cast<std::int64_t>(outcome.sequence_number.value()));
          if (auto refusal = RefusalOf(outcome, context_.wire_ids)) {
            *response.mutable_refusal() = *std::move(refusal);
          } else {
            FillResponse(outcome, context_, *result(response));
          }
          if (fault.any()) {
            CompleteAsFault(std::move(response), fault);
          } else {
            Complete(std::move(response));
          }
        });
    if (queued.ok()) return;
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
    }
    Refuse(ToRefusal(queued));
  }

  // On the reading thread; the Step after Handle starts the write.
  void Refuse(pb::Refusal refusal) {
    pb::OrderStreamResponse response;
    response.set_request_id(request_.request_id());
    *response.mutable_refusal() = std::move(refusal);
    const std::lock_guard lock(mutex_);
    out_.push_back(std::move(response));
  }

  void CompleteAsFault(pb::OrderStreamResponse response, const RequestFault& fault) {
    if (fault.kind == FaultKind::kUnavailableExecuted) {
      const std::int64_t request_id = response.request_id();
      response.Clear();
      response.set_request_id(request_id);
      *response.mutable_refusal() =
          ToRefusal(kalshi::MakeError(kalshi::error::kServiceUnavailable));
    }
    if (fault.kind == FaultKind::kDisconnectExecuted) Disconnect();
    context_.faults.delays().Post(
        fault.answer_hold, [this, fault, response = std::move(response)]() mutable {
          Complete(std::move(response), fault.kind != FaultKind::kDisconnectExecuted);
        });
  }

  // On the release thread: only keeps the answer; the reply thread does the rest.
  void Complete(pb::OrderStreamResponse response, bool is_sent = true) {
    bool post = false;
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
      if (is_sent) out_.push_back(std::move(response));
      post = !scheduled_;
      scheduled_ = true;
    }
    if (!post) return;
    replies_.Post([this] { Step([this] { scheduled_ = false; }); });
  }

  const ExchangeContext& context_;
  const GrpcGate& gate_;
  ReplyThread& replies_;
  GrpcCaller caller_;
  const std::uint64_t number_ = NextStreamNumber();
  RequestFault fault_;              // Of the command that request_ holds.
  pb::OrderStreamRequest request_;  // Of the read under way, or just read.

  std::mutex mutex_;
  std::deque<pb::OrderStreamResponse> out_;  // The front is being written while writing_.
  int under_way_ = 0;                        // In the sequencer.
  bool reading_ = false;
  bool writing_ = false;
  bool scheduled_ = false;
  bool no_more_ = false;
  bool canceled_ = false;
  bool finished_ = false;
  grpc::Status status_ = grpc::Status::OK;
};

}  // namespace

grpc::ServerBidiReactor<pb::OrderStreamRequest, pb::OrderStreamResponse>* OpenOrderStream(
    const ExchangeContext& context, const GrpcGate& gate, ReplyThread& replies, GrpcCaller caller) {
  return new OrderStream(context, gate, replies, std::move(caller));
}

}  // namespace evx::mock_kalshi
