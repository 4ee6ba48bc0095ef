#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "sources/market_books.h"
#include "sources/source_counters.h"

namespace evx::gateway {

// Asks order-book-rebuilder for the books of markets that have had no snapshot since the start, or
// are in doubt; on a thread of its own.
class MissingBooks {
 public:
  using Tickers = std::function<std::vector<std::string>()>;

  // The references must outlive it.
  static absl::StatusOr<std::unique_ptr<MissingBooks>> Start(const std::string& books_addr,
                                                             Tickers tickers, MarketBooks& books,
                                                             SourceCounters& counters);
  ~MissingBooks();

  // Why the rebuilder does not answer; OK: it does, or was not asked.
  absl::Status status() const;

 private:
  struct Stub;
  MissingBooks(std::unique_ptr<Stub> stub, Tickers tickers, MarketBooks& books,
               SourceCounters& counters);
  void Run();
  absl::Status Ask(const std::vector<std::string>& tickers);

  const std::unique_ptr<Stub> stub_;
  const Tickers tickers_;
  MarketBooks& books_;
  SourceCounters& counters_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace evx::gateway
