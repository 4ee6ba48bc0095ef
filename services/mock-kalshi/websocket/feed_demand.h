#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace evx::mock_kalshi {

// How many want something of one id. Ids share counters, so an answer may be a false yes, never a
// false no.
class DemandFilter {
 public:
  void AddEvery(std::int32_t count) { every_.fetch_add(count); }
  void Add(std::uint64_t id, std::int32_t count) { counts_[id % kSize].fetch_add(count); }
  bool Wants(std::uint64_t id) const {
    return every_.load(std::memory_order_relaxed) > 0 ||
           counts_[id % kSize].load(std::memory_order_relaxed) > 0;
  }

 private:
  static constexpr std::size_t kSize = 1 << 13;
  std::atomic<std::int32_t> every_ = 0;
  std::array<std::atomic<std::int32_t>, kSize> counts_{};
};

// What subscribers want, so that nobody encodes for nobody. A session raises a count before it
// reads where the exchange stands; whatever is released after that position sees the raised count,
// because the read model's lock is between the two.
struct FeedDemand {
  std::atomic<std::int32_t> sessions = 0;
  std::atomic<std::int32_t> yes_prices = 0;  // Order books with use_yes_price.
  std::atomic<std::int32_t> lifecycles = 0;
  DemandFilter books;     // By market.
  DemandFilter tickers;   // By market.
  DemandFilter trades;    // By market.
  DemandFilter accounts;  // Private channels.
  DemandFilter owners;    // Order books, by the account that watches.
};

}  // namespace evx::mock_kalshi
