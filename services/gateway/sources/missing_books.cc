#include "sources/missing_books.h"

#include <chrono>
#include <utility>

#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/rebuild/v1/book_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"

namespace evx::gateway {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(200);
constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr int kMessageBytesMax = 64 << 20;

}  // namespace

struct MissingBooks::Stub {
  std::unique_ptr<rebuild::v1::BookService::Stub> books;
};

absl::StatusOr<std::unique_ptr<MissingBooks>> MissingBooks::Start(const std::string& books_addr,
                                                                  Tickers tickers,
                                                                  MarketBooks& books,
                                                                  SourceCounters& counters) {
  EVX_ASSIGN_OR_RETURN(
      const auto channel,
      rpc::MakeChannel({.address = books_addr, .message_bytes_max = kMessageBytesMax}));
  auto stub = std::make_unique<Stub>();
  stub->books = rebuild::v1::BookService::NewStub(channel);
  return std::unique_ptr<MissingBooks>(
      new MissingBooks(std::move(stub), std::move(tickers), books, counters));
}

MissingBooks::MissingBooks(std::unique_ptr<Stub> stub, Tickers tickers, MarketBooks& books,
                           SourceCounters& counters)
    : stub_(std::move(stub)),
      tickers_(std::move(tickers)),
      books_(books),
      counters_(counters),
      thread_([this] { Run(); }) {}

MissingBooks::~MissingBooks() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

absl::Status MissingBooks::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void MissingBooks::Run() {
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    lock.unlock();
    const auto question = books_.TakeQuestion(tickers_(), MonotonicNanos());
    const absl::Status status = question.empty() ? absl::OkStatus() : Ask(question);
    lock.lock();
    if (!question.empty()) status_ = status;
    // The next hundred at once.
    if (status.ok() && question.size() == MarketBooks::kQuestionMax) continue;
    changed_.wait_for(lock, kInterval, [this] { return is_stopped_; });
  }
}

absl::Status MissingBooks::Ask(const std::vector<std::string>& tickers) {
  counters_.books_asked_for += tickers.size();
  rebuild::v1::BatchGetBooksRequest request;
  for (const std::string& ticker : tickers) request.add_market_tickers(ticker);
  grpc::ClientContext context;
  rpc::SetDeadline(context, kCallTimeout);
  rebuild::v1::BatchGetBooksResponse response;
  const grpc::Status status = stub_->books->BatchGetBooks(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  for (const auto& book : response.books()) books_.Merge(book);
  return absl::OkStatus();
}

}  // namespace evx::gateway
