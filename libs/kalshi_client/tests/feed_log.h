#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"
#include "evx/kalshi_client/feed_events.h"

namespace evx::kalshi_client {

// Keeps what a feed tells as lines of text:
//   connected 0 | disconnected 0 | snapshot A | delta A 2 | delta? A 5 (in doubt) | ticker A
//   trade A 3 | lifecycle A | began <channel> <cause> [markets] | ended <channel> [markets]
//   fault <kind> <code>
class FeedLog final : public FeedListener {
 public:
  void OnFrame(int, Timestamp, std::string_view frame) override {
    const std::lock_guard lock(mutex_);
    frames_.emplace_back(frame);
  }
  void OnSnapshot(const FeedPosition&, const kalshi::OrderbookSnapshot& snapshot) override {
    Add("snapshot " + snapshot.market_ticker);
  }
  void OnDelta(const FeedPosition& position, const kalshi::OrderbookDelta& delta) override {
    Add((position.is_in_doubt ? "delta? " : "delta ") + delta.market_ticker + " " +
        std::to_string(position.seq));
  }
  void OnTicker(const FeedPosition&, const kalshi::TickerUpdate& ticker) override {
    Add("ticker " + ticker.market_ticker);
  }
  void OnTrade(const FeedPosition& position, const kalshi::TradeUpdate& trade) override {
    Add("trade " + trade.market_ticker + " " + std::to_string(position.seq));
  }
  void OnMarketLifecycle(const FeedPosition&,
                         const kalshi::MarketLifecycleUpdate& market) override {
    Add("lifecycle " + market.market_ticker);
  }
  void OnReplay(std::string_view replay_id) override { Add("replay " + std::string(replay_id)); }
  void OnConnected(int connection, Timestamp) override {
    Add("connected " + std::to_string(connection));
  }
  void OnDisconnected(int connection, Timestamp, const absl::Status&) override {
    Add("disconnected " + std::to_string(connection));
  }
  void OnGapBegan(const FeedGap& gap) override {
    static constexpr const char* kCauses[] = {"sequence", "unreadable", "ended", "disconnected"};
    Add("began " + Describe(gap, kCauses[static_cast<int>(gap.cause)]));
  }
  void OnGapEnded(const FeedGap& gap) override { Add("ended " + Describe(gap, "")); }
  void OnFault(const FeedFault& fault) override {
    static constexpr const char* kKinds[] = {"unreadable", "type",    "sid",       "channel",
                                             "duplicate",  "refused", "no-answer", "replay"};
    Add(std::string("fault ") + kKinds[static_cast<int>(fault.kind)] + " " +
        std::to_string(fault.code));
  }

  // What was told since the last call.
  std::vector<std::string> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }
  // Waits until `line` was told `count` times since the last Take.
  bool Await(const std::string& line, int count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      int found = 0;
      for (const std::string& told : lines_) found += told == line;
      return found >= count;
    });
  }
  int CountOf(const std::string& line) {
    const std::lock_guard lock(mutex_);
    int found = 0;
    for (const std::string& told : lines_) found += told == line;
    return found;
  }

 private:
  static std::string Describe(const FeedGap& gap, std::string cause) {
    std::string text(kalshi::ToWire(gap.channel));
    if (!cause.empty()) text += " " + cause;
    for (const std::string& ticker : gap.markets) text += " " + ticker;
    return text;
  }
  void Add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::vector<std::string> frames_;
};

// Frames as the venue sends them.
inline std::string SubscribedFrame(std::int64_t id, std::string_view channel, std::int64_t sid) {
  return absl::StrCat(R"({"type":"subscribed","id":)", id, R"(,"msg":{"channel":")",
                      ToAbsl(channel), R"(","sid":)", sid, "}}");
}
inline std::string SnapshotFrame(std::int64_t sid, std::uint64_t seq, std::string_view ticker) {
  return absl::StrCat(R"({"type":"orderbook_snapshot","sid":)", sid, R"(,"seq":)", seq,
                      R"(,"msg":{"market_ticker":")", ToAbsl(ticker),
                      R"(","market_id":"m","yes_dollars_fp":[["0.4700","3.00"]]}})");
}
inline std::string DeltaFrame(std::int64_t sid, std::uint64_t seq, std::string_view ticker) {
  return absl::StrCat(
      R"({"type":"orderbook_delta","sid":)", sid, R"(,"seq":)", seq, R"(,"msg":{"market_ticker":")",
      ToAbsl(ticker),
      R"(","market_id":"m","price_dollars":"0.4700","delta_fp":"-3.00","side":"yes","ts_ms":1}})");
}
inline std::string TradeFrame(std::int64_t sid, std::uint64_t seq, std::string_view ticker) {
  return absl::StrCat(R"({"type":"trade","sid":)", sid, R"(,"seq":)", seq,
                      R"(,"msg":{"trade_id":"t","market_ticker":")", ToAbsl(ticker),
                      R"(","yes_price_dollars":"0.4700","count_fp":"1.00","taker_book_side":"bid",)"
                      R"("is_block_trade":false,"ts_ms":1}})");
}
inline std::string ErrorFrame(std::int64_t id, int code, std::int64_t sid = 0,
                              std::uint64_t seq = 0) {
  std::string text = R"({"type":"error")";
  if (id != 0) absl::StrAppend(&text, R"(,"id":)", id);
  if (sid != 0) absl::StrAppend(&text, R"(,"sid":)", sid);
  if (seq != 0) absl::StrAppend(&text, R"(,"seq":)", seq);
  absl::StrAppend(&text, R"(,"msg":{"code":)", code, R"(,"msg":"as told"}})");
  return text;
}

}  // namespace evx::kalshi_client
