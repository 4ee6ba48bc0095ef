#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "evx/venue/events.h"
#include "fix/fix_hub.h"

namespace evx::mock_kalshi {

// Books, trades and trading status of KalshiMD. A subscription begins with the book of the read
// model; updates are the events of later records, one message for each change.
class FixMarketData {
 public:
  static constexpr std::size_t kSubscriptionCountMax = 100'000;  // Of one session.

  explicit FixMarketData(FixHub& hub) : hub_(hub) {}

  void OnMessage(FixSession& session, const fix::Message& message);
  // After the reporter has seen the record, which knows whose order changed a level.
  void OnRecord(const FixFeed::Record& record);
  void Forget(const FixSession& session);
  bool has_subscriptions() const { return !markets_.empty() || !statuses_.empty(); }

 private:
  struct Book {
    SequenceNumber through;  // Of the last record it contains.
    std::map<Price, Quantity> bids;
    std::map<Price, Quantity> asks;
    std::map<std::string, std::string> receivers;  // Key id -> request id.
    std::map<Price, Quantity>& side(BookSide s) { return s == BookSide::kBid ? bids : asks; }
  };
  struct Update {
    fix::MarketDataEntry entry;
    std::string trade_id;
    OrderId order_id;  // That changed the level.
  };

  void Subscribe(FixSession& session, const fix::MarketDataRequest& request);
  void Unsubscribe(const FixSession& session, const fix::MarketDataRequest& request);
  void SendSnapshot(FixSession& session, std::string_view request_id, std::string_view symbol,
                    const Book* book);
  Book ReadBook(MarketId market) const;
  void SendUpdates(MarketId market, Book& book, Timestamp time, std::vector<Update>& updates);
  void SendStatus(MarketId market, fix::SecurityTradingStatus status, Timestamp time);

  FixHub& hub_;
  absl::flat_hash_map<MarketId, std::unique_ptr<Book>> markets_;
  std::map<std::string, std::size_t> subscription_counts_;  // By key id.
  // Market -> key id -> request id.
  std::map<MarketId, std::map<std::string, std::string>> statuses_;
  std::map<MarketId, venue::MarketStatus> last_statuses_;
};

}  // namespace evx::mock_kalshi
