#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "catalogue/catalogue_plan.h"
#include "exchange/exchange_context.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// Keeps the standard catalogue rolling in exchange time: lists the windows of catalogue_plan.h when
// their time has come and determines their markets when the result is known; opening, closing and
// settlement are timers of the exchange itself. It gives ordinary commands to the sequencer, as an
// operator would.
//
// A listed market has `catalogue_window` in its facts. That marks it as this component's: a market
// with the ticker of a plan that somebody else has listed, or whose facts were replaced, is left
// alone, so that recorded sessions can be replayed under their own tickers.
//
// At most the windows that overlap the present are listed, a few dozen markets; when exchange time
// jumps, windows that lie wholly in the gap are never listed. After a restart, markets that closed
// in the meantime are determined. One thread, which sleeps until the next list or determine time;
// where a virtual clock is moved by an operator it wakes with the first record at or past that
// time.
class CatalogueRoller final : public RecordListener {
 public:
  CatalogueRoller();
  ~CatalogueRoller() override;

  // Lists what is due now, then goes on by itself. `context` must outlive this; the roller must be
  // one of the sequencer's listeners.
  absl::Status Start(const ExchangeContext& context);
  // Also done by the destructor; before the sequencer stops.
  void Stop();

  void OnRecord(const ReleasedRecord& record) override;

 private:
  struct Rolling {
    std::unique_ptr<RollingSeries> plan;
    SeriesId id;
    std::int64_t next_window = 0;
  };
  // A market whose result is to be set.
  struct Undetermined {
    MarketId market;
    venue::MarketResult result = venue::MarketResult::kNo;
    std::string expiration_value;
  };

  absl::Status PutSeries(Rolling& rolling);
  // Takes over what an earlier process listed.
  void Adopt();
  void Run();
  // Everything that is due at `now`; UNAVAILABLE or RESOURCE_EXHAUSTED: try again.
  absl::Status Roll(Timestamp now);
  absl::Status List(Rolling& rolling, std::int64_t window);
  absl::Status ListMarket(const PlannedMarket& market, EventId event);
  absl::Status Determine(const Undetermined& market);
  void Remember(const PlannedMarket& planned, MarketId market);
  Timestamp NextDue() const;

  const ExchangeContext* context_ = nullptr;
  // Of the rolling thread; before it runs, of Start.
  std::vector<Rolling> rolling_;
  std::multimap<Timestamp, Undetermined> undetermined_;
  std::set<MarketId> remembered_;

  std::atomic<std::int64_t> next_due_nanos_ = INT64_MAX;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace evx::mock_kalshi
