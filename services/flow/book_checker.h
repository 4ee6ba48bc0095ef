#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "evx/exchange/v1/exchange_service.pb.h"
#include "recording.h"

namespace evx::flow {

// One replayed millisecond, once the exchange has answered all of its commands.
struct ReplayedMillisecond {
  std::int64_t time_ms = 0;
  // Numbers of the commands, rising; at least one.
  std::vector<std::int64_t> sequence_numbers;
  // Levels of the recorded book that changed, with their new quantity; 0: gone.
  std::vector<std::pair<LevelKey, std::int64_t>> levels;
  std::vector<TradeFrame> trades;
};

struct CheckerReport {
  std::int64_t check_count = 0;
  std::int64_t unequal_count = 0;
  std::string first_unequal;  // Which millisecond and level.
  std::int64_t trade_count = 0;
  // Recorded trades that are trades of the same size here, that is, met one maker order.
  std::int64_t one_maker_count = 0;
  std::int64_t unequal_trade_total_count = 0;  // Milliseconds.
  std::optional<std::int64_t> disturbed_at;    // Sequence number.
};

// Compares the book that the exchange's event stream describes with the recorded one after every
// recorded millisecond, level by level, and the trades by (price, side of the taker). A change of
// the book by a command that is not ours means that somebody else trades there: from then on
// nothing is compared. Thread-safe: the stream and the player each call from their own thread.
class BookChecker {
 public:
  explicit BookChecker(std::string market_ticker) : market_ticker_(std::move(market_ticker)) {}

  void OnEvents(const exchange::v1::StreamEventsResponse& response);
  void OnMillisecond(ReplayedMillisecond millisecond);
  // Waits until everything handed in has been compared, or nothing arrives for `timeout_seconds`.
  bool WaitUntilChecked(int timeout_seconds);
  CheckerReport report() const;

 private:
  struct Record {
    std::int64_t sequence_number = 0;
    bool is_cleared = false;
    std::vector<std::pair<LevelKey, std::int64_t>> levels;
    std::vector<TradeFrame> trades;
  };
  void Advance();
  void Check(const ReplayedMillisecond& millisecond);
  void CheckTrades(std::vector<TradeFrame> recorded, std::vector<TradeFrame> seen);

  const std::string market_ticker_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Record> records_;
  std::deque<ReplayedMillisecond> milliseconds_;
  std::int64_t through_ = 0;
  std::map<LevelKey, std::int64_t> book_;
  std::map<LevelKey, std::int64_t> recorded_;
  CheckerReport report_;
};

}  // namespace evx::flow
