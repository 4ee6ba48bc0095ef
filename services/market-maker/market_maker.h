#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/kalshi_client/kalshi_client.h"
#include "market_settings.h"
#include "probe.h"
#include "quote_keeper.h"
#include "quoter.h"

namespace evx::market_maker {

// Quotes any number of markets through the public REST API from one thread: each market has its own
// quoter and keeper and its own interval. All quotes belong to one order group, so one request
// pulls them; a group that has reached its limit is reset once its window is over. Fills are read
// once a second and marked against the mid 1, 10 and 60 seconds later.
//
// Intervals are those of `clock`. Expirations, close times and times of fills are exchange time: at
// the venue the same; on an exchange with a virtual clock what it says, asked ten times a second.
class MarketMaker {
 public:
  struct Options {
    absl::Duration quote_lifetime = absl::Seconds(15);
    Quantity group_limit = Quantity::FromContracts(1'000'000);
    std::string run_id;  // Prefix of client order ids; different for each run.
  };

  // Creates the order group. `client`, `clock` and `probe` outlive the maker.
  static absl::StatusOr<std::unique_ptr<MarketMaker>> Create(Options options,
                                                             kalshi_client::KalshiClient& client,
                                                             const Clock& clock, Probe& probe);
  ~MarketMaker();

  const std::string& order_group_id() const { return order_group_id_; }

  // Which markets are quoted from the next interval on; quotes of others are canceled. Markets
  // whose settings did not change keep their quoter, all keep their orders. Any thread.
  void SetMarkets(const std::vector<MarketSettings>& markets);

  void Start();
  // Stops quoting and pulls every quote with one request.
  absl::Status Stop();

  // Unavailable while a market that should be quoted has not been quoted for three intervals, also
  // when the quoting thread hangs. Any thread.
  absl::Status CheckFresh() const;

 private:
  // One market being quoted.
  struct Book {
    MarketSettings settings;
    std::unique_ptr<Quoter> quoter;
    std::unique_ptr<QuoteKeeper> keeper;
    Quotes wanted;                         // The last ones of the quoter.
    Timestamp next;                        // Next quotes.
    Timestamp retry;                       // No renewal before.
    absl::Status status;                   // Of the last try.
    std::optional<kalshi::Market> market;  // Read now and then.
    Timestamp market_time;
  };
  struct PendingMark {
    std::string ticker;
    BookSide side = BookSide::kBid;
    Price price;
    Timestamp time;
    int next_horizon = 0;
  };

  MarketMaker(Options options, kalshi_client::KalshiClient& client, const Clock& clock,
              Probe& probe);

  absl::Status FindExchangeClock();
  void ReadExchangeTime(Timestamp now);
  // What the exchange takes for `now`.
  Timestamp ExchangeTime(Timestamp now) const { return now + exchange_ahead_; }

  void Run();
  Timestamp RunOnce();
  void AdoptMarkets();
  void QuoteMarket(Book& book, Timestamp now);
  void RenewMarket(Book& book, Timestamp now);
  void Finish(Book& book, const absl::Status& status, Timestamp now);
  void ResetGroup(Timestamp now);
  absl::StatusOr<MarketView> View(Book& book, Timestamp now);
  absl::Status RefreshMarket(Book& book, Timestamp now);
  void ReadFills(Timestamp now);
  void MarkFills(Timestamp now);
  void ReadPositions(Timestamp now);

  const Options options_;
  kalshi_client::KalshiClient& client_;
  const Clock& clock_;
  Probe& probe_;
  std::unique_ptr<OrderDoor> door_;
  std::string order_group_id_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::optional<std::vector<MarketSettings>> wanted_;
  // How long each market counts as quoted, and what kept it from being quoted since.
  struct Freshness {
    Timestamp until;
    absl::Status status;
  };
  std::map<std::string, Freshness> freshness_;

  // Quoting thread only.
  std::map<std::string, Book> books_;
  std::int64_t keeper_count_ = 0;  // So far; no two share client order ids.
  std::map<std::string, Quantity> positions_;
  std::optional<Timestamp> group_reset_;  // When a triggered order group is reset.
  Timestamp next_fills_;
  bool has_virtual_clock_ = false;  // The exchange.
  absl::Duration exchange_ahead_;   // Of `clock_`.
  Timestamp next_exchange_time_;
  Timestamp started_;  // Exchange time.
  Timestamp fills_since_;
  std::string last_fill_id_;
  std::deque<PendingMark> marks_;
  std::thread thread_;
};

}  // namespace evx::market_maker
