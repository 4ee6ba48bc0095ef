#pragma once

#include "evx/venue/commands.h"
#include "exchange_state.h"
#include "order_desk.h"

namespace evx::venue {

// The catalogue, the life of markets, the pauses, and every timer but order expiry. All of its
// commands are an operator's and pass during pauses.
class MarketDesk {
 public:
  // Client order ids and descriptive facts of a market are kept for so long after it is finalized.
  static constexpr std::int64_t kArchiveDelayNanos = 7LL * 86'400 * 1'000'000'000;

  MarketDesk(ExchangeState& state, Turn& turn, OrderDesk& orders)
      : state_(state), turn_(turn), orders_(orders) {}

  Refused Apply(const SetExchangeStatus& command);
  Refused Apply(const SetSchedule& command);
  Refused Apply(const PutSeries& command);
  Refused Apply(const PutEvent& command);
  Refused Apply(const PutMarket& command);
  Refused Apply(const ScheduleFeeChange& command);
  Refused Apply(const ChangePriceGrid& command);
  Refused Apply(const ActivateMarket& command);
  Refused Apply(const DeactivateMarket& command);
  Refused Apply(const SetMarketCloseTime& command);
  Refused Apply(const DetermineMarket& command);
  Refused Apply(const DisputeMarket& command);
  Refused Apply(const SettleMarket& command);
  Refused Apply(const BustTrade& command);

  // Serves every timer due up to `time` at its own time, order expiry included, in order of time;
  // then state.time is `time`.
  void Advance(Timestamp time);

  // Sets every timer that a loaded state asks for.
  void ResumeTimers();

 private:
  void Fire(const Timers::Timer& timer);
  void FireMarket(MarketRecord& market);
  // Sets the timer that the market's status asks for.
  void ResetTimer(MarketRecord& market);
  void ResetScheduleTimer();
  // Emits ExchangeStatusChanged if the effective status is not the one before, and cancels orders
  // that asked for it when a pause began.
  void StatusChanged(bool exchange_was_active, bool trading_was_active);

  Refused EditSeries(SeriesRecord& series, const PutSeries& command);
  Refused EditEvent(EventRecord& event, const PutEvent& command);
  Refused CreateMarket(const PutMarket& command);
  Refused EditMarket(MarketRecord& market, const PutMarket& command);
  Refused CheckCloseTime(const MarketRecord& market, Timestamp close_time) const;
  void MoveCloseTime(MarketRecord& market, Timestamp close_time);
  void RefreshFees(const SeriesRecord& series);
  void RefreshFees(const EventRecord& event);
  void ApplyFeeChange(std::uint64_t id);

  void SetStatus(MarketRecord& market, MarketStatus status);
  void Close(MarketRecord& market);
  void Settle(MarketRecord& market);
  void EmitSettlement(const MarketRecord& market,
                      const std::vector<ledger::SettlementEntry>& entries);
  void Archive(MarketRecord& market);
  Refused CheckResult(const MarketRecord& market, const DetermineMarket& command);
  // Moves the resting orders to the ticks of another grid; false when one is off that grid.
  bool Regrid(MarketRecord& market, const PriceGrid& grid);

  ExchangeState& state_;
  Turn& turn_;
  OrderDesk& orders_;
};

}  // namespace evx::venue
