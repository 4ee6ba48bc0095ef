#include "operator/operator_commands.h"

#include <algorithm>
#include <utility>

#include "conversions.h"
#include "evx/core/status.h"
#include "operator/operator_fields.h"

// Operator: the life of a market, busts, and the exchange as a whole as commands.

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;
using kalshi::Decoded;
using kalshi::MakeError;

// How far one request may move the virtual clock.
constexpr std::int64_t kAdvanceSecondsMax = 100LL * 365 * 86'400;
constexpr std::int64_t kSpeedThousandthsMax = 1'000'000;

// What a void market pays that never traded: the middle.
constexpr std::int64_t kVoidMicros = Price::kDollarMicros / 2;

struct KnownMarket {
  MarketId market;
  std::optional<Price> last_price;
};

std::optional<KnownMarket> FindMarket(const ExchangeContext& context, std::string_view ticker) {
  return context.read_model.Read(
      [ticker](const ReadModel::State& state) -> std::optional<KnownMarket> {
        const MarketState* market = state.FindMarket(ticker);
        if (market == nullptr) return std::nullopt;
        return KnownMarket{market->market, market->last_price};
      });
}

venue::BustTrade::Party ToParty(const FillRow& fill) {
  return {fill.account, fill.subaccount, fill.side, fill.order_id, fill.fee};
}

}  // namespace

Decoded<venue::Command> ToCommand(const MarketMove& move, const ExchangeContext& context) {
  const auto market = FindMarket(context, move.market_ticker);
  if (!market) return MakeError(error::kMarketNotFound);
  switch (move.step) {
    case MarketStep::kActivate:
      return venue::Command(venue::ActivateMarket{market->market});
    case MarketStep::kDeactivate:
      return venue::Command(venue::DeactivateMarket{market->market});
    case MarketStep::kClose:
      return venue::Command(venue::SetMarketCloseTime{market->market, context.clock.Now()});
    case MarketStep::kDispute:
      return venue::Command(venue::DisputeMarket{market->market});
    case MarketStep::kSettle:
      return venue::Command(venue::SettleMarket{market->market});
  }
  return MakeError(error::kInternal);
}

Decoded<venue::Command> ToCommand(const CloseTimeEdit& edit, const ExchangeContext& context) {
  const auto market = FindMarket(context, edit.market_ticker);
  if (!market) return MakeError(error::kMarketNotFound);
  if (!edit.close_time) return WrongField("close_time", "is missing");
  return venue::Command(venue::SetMarketCloseTime{market->market, edit.close_time});
}

Decoded<venue::Command> ToCommand(const Determination& determination,
                                  const ExchangeContext& context) {
  const auto market = FindMarket(context, determination.market_ticker);
  if (!market) return MakeError(error::kMarketNotFound);
  venue::DetermineMarket command;
  command.market = market->market;
  std::string_view observed = determination.expiration_value;
  const std::optional<Price>& value = determination.settlement_value;
  switch (determination.outcome) {
    case MarketOutcome::kYes:
      command.result = venue::MarketResult::kYes;
      command.settlement_value = value.value_or(Price::FromMicros(Price::kDollarMicros));
      break;
    case MarketOutcome::kNo:
      command.result = venue::MarketResult::kNo;
      command.settlement_value = value.value_or(Price());
      break;
    case MarketOutcome::kScalar:
      if (!value) return WrongField("settlement_value", "is missing: result scalar needs it");
      command.result = venue::MarketResult::kScalar;
      command.settlement_value = *value;
      break;
    case MarketOutcome::kVoid:
      command.result = venue::MarketResult::kScalar;
      command.settlement_value =
          value.value_or(market->last_price.value_or(Price::FromMicros(kVoidMicros)));
      if (observed.empty()) observed = "void";
      break;
  }
  constexpr std::size_t kSizeMax = decltype(command.expiration_value)::kMaxSize;
  if (const auto wrong = CheckSize("expiration_value", observed, kSizeMax)) return *wrong;
  command.expiration_value = decltype(command.expiration_value)(observed);
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const TradeBust& bust, const ExchangeContext& context) {
  const kalshi::Error unknown =
      MakeError(error::kNotFound, "no trade \"" + bust.trade_id.substr(0, 64) + "\"");
  const auto trade_id = context.wire_ids.DecodeTrade(bust.trade_id);
  if (!trade_id) return unknown;
  const auto trade = context.history.FindTrade(*trade_id);
  if (!trade.ok()) return ToError(trade.status());
  const auto fills = context.history.FindFills(*trade_id);
  if (!fills.ok()) return ToError(fills.status());
  const auto taker =
      std::find_if(fills->begin(), fills->end(), [](const FillRow& fill) { return fill.is_taker; });
  const auto maker = std::find_if(fills->begin(), fills->end(),
                                  [](const FillRow& fill) { return !fill.is_taker; });
  if (!trade->has_value() || taker == fills->end() || maker == fills->end()) return unknown;
  venue::BustTrade command;
  command.trade_id = *trade_id;
  command.market = (*trade)->market;
  command.price = (*trade)->price;
  command.quantity = (*trade)->quantity;
  command.taker = ToParty(*taker);
  command.maker = ToParty(*maker);
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const StatusEdit& edit, const ExchangeContext& context) {
  return context.read_model.Read([&edit](const ReadModel::State& state) {
    return venue::Command(
        venue::SetExchangeStatus{edit.exchange_active.value_or(state.exchange_active),
                                 edit.trading_active.value_or(state.trading_active)});
  });
}

std::optional<kalshi::Error> MoveClock(const ClockEdit& edit, ExchangeClock& clock,
                                       Sequencer& sequencer) {
  if (edit.advance_to && edit.advance_by) {
    return WrongField("advance_to", "and advance_seconds exclude each other");
  }
  if (edit.advance_by && (*edit.advance_by < absl::ZeroDuration() ||
                          *edit.advance_by > absl::Seconds(kAdvanceSecondsMax))) {
    return WrongField("advance_seconds",
                      absl::StrFormat("%g is outside 0 to %d (100 years)",
                                      absl::ToDoubleSeconds(*edit.advance_by), kAdvanceSecondsMax));
  }
  if (edit.speed_thousandths &&
      (*edit.speed_thousandths < 0 || *edit.speed_thousandths > kSpeedThousandthsMax)) {
    return WrongField("speed",
                      absl::StrFormat("%g is outside 0 to %d", *edit.speed_thousandths / 1000.0,
                                      kSpeedThousandthsMax / 1000));
  }
  if (clock.mode() != ExchangeClock::Mode::kVirtual) {
    return WrongField("clock", "is real; start the exchange with --clock=virtual");
  }
  const Timestamp now = clock.Now();
  const Timestamp target = edit.advance_by ? now + *edit.advance_by : edit.advance_to.value_or(now);
  if (target - now > absl::Seconds(kAdvanceSecondsMax)) {
    return WrongField("advance_to", FormatRfc3339(target) + " is more than 100 years ahead");
  }
  if (edit.speed_thousandths) clock.SetSpeed(*edit.speed_thousandths);
  clock.AdvanceTo(target);
  sequencer.Wake();
  return std::nullopt;
}

absl::Status AskClock(Sequencer& sequencer, const ExchangeClock& clock,
                      absl::AnyInvocable<void(const absl::StatusOr<ClockNow>&)> done) {
  // The sequencer applies due timers before the query, so that none up to here can be left.
  const Timestamp target = clock.Now();
  return sequencer.Ask([&clock, target, done = std::move(done)](
                           const venue::Exchange& exchange) mutable -> absl::AnyInvocable<void()> {
    absl::StatusOr<ClockNow> now = ClockNow{clock.Now(), exchange.sequence_number()};
    const std::optional<Timestamp> timer = exchange.NextTimer();
    if (timer && *timer <= target) {
      now = Unavailable("timers are due and cannot be written to the journal");
    }
    return [now = std::move(now), done = std::move(done)]() mutable { done(now); };
  });
}

}  // namespace evx::mock_kalshi
