// Operator: series, events, markets, fee changes and price grids as commands.

#include <algorithm>
#include <utility>

#include "catalogue/catalogue_facts.h"
#include "evx/core/price_grid.h"
#include "evx/core/status.h"
#include "evx/ledger/fees.h"
#include "operator/operator_commands.h"
#include "operator/operator_fields.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;
using kalshi::Decoded;
using kalshi::MakeError;
using MaybeError = std::optional<kalshi::Error>;
using Facts = std::shared_ptr<const std::string>;

constexpr std::string_view kNoFacts = "{}";
constexpr std::size_t kFactsSizeMax = 64 * 1024;
constexpr std::int64_t kTimerSecondsMax = 10LL * 365 * 86'400;
constexpr std::string_view kDefaultStructure = "linear_cent";

MaybeError CheckTicker(std::string_view ticker) {
  const bool is_good =
      !ticker.empty() && ticker.size() <= venue::Ticker::kMaxSize &&
      std::all_of(ticker.begin(), ticker.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
      });
  if (is_good) return std::nullopt;
  return WrongField("ticker", "\"" + std::string(ticker.substr(0, venue::Ticker::kMaxSize)) +
                                  "\" is not 1 to 64 of A-Z 0-9 - . _");
}

MaybeError ApplyFees(const FeeEdit& edit, venue::FeeTerms& terms) {
  if (edit.fee_type) terms.fee_type = *edit.fee_type;
  if (!edit.multiplier_millionths) return std::nullopt;
  if (!ledger::FeeMultiplier::IsValid(*edit.multiplier_millionths)) {
    return WrongField(
        "fee_multiplier",
        absl::StrFormat("%g is outside 0 to %g",
                        static_cast<double>(*edit.multiplier_millionths) / 1e6,
                        static_cast<double>(ledger::FeeMultiplier::kMillionthsMax) / 1e6));
  }
  terms.multiplier_millionths = *edit.multiplier_millionths;
  return std::nullopt;
}

// The given facts, else the present ones.
template <class Check>
MaybeError ApplyFacts(const std::optional<std::string>& given, const Facts& present, Check check,
                      std::string& facts_json) {
  facts_json = given ? *given : present == nullptr ? std::string(kNoFacts) : *present;
  if (!given) return std::nullopt;
  if (auto wrong = CheckSize("facts", *given, kFactsSizeMax)) return wrong;
  const absl::Status status = check(*given);
  if (status.ok()) return std::nullopt;
  return WrongField("facts", "cannot be used: " + MessageOf(status));
}

Decoded<InlineString<40>> ToStructure(std::string_view name) {
  const auto known = PriceLevelStructureNames();
  if (std::find(known.begin(), known.end(), name) != known.end()) return InlineString<40>(name);
  std::string list;
  for (const std::string_view each : known) list += (list.empty() ? "" : ", ") + std::string(each);
  return WrongField("price_level_structure", "\"" + std::string(name) + "\" is none of " + list);
}

// What the market is now, as a command that would change nothing.
venue::PutMarket PresentMarket(const MarketState& market) {
  venue::PutMarket command;
  command.event = market.event;
  command.price_level_structure = InlineString<40>(market.price_level_structure);
  command.open_time = market.open_time;
  command.close_time = market.close_time;
  command.settlement_timer_seconds = market.settlement_timer_seconds;
  command.can_close_early = market.can_close_early;
  command.fee_waiver_expiration = market.fee_waiver_expiration;
  return command;
}

MaybeError ApplyTimes(const MarketEdit& edit, venue::PutMarket& command) {
  if (edit.open_time) command.open_time = *edit.open_time;
  if (edit.close_time) command.close_time = *edit.close_time;
  if (edit.settlement_timer_seconds) {
    command.settlement_timer_seconds = *edit.settlement_timer_seconds;
    if (auto wrong = CheckRange("settlement_timer_seconds", command.settlement_timer_seconds, 0,
                                kTimerSecondsMax)) {
      return wrong;
    }
  }
  if (edit.can_close_early) command.can_close_early = *edit.can_close_early;
  if (edit.fee_waiver_expiration) command.fee_waiver_expiration = *edit.fee_waiver_expiration;
  if (command.close_time > command.open_time) return std::nullopt;
  return WrongField("close_time", FormatRfc3339(command.close_time) + " is not after open_time " +
                                      FormatRfc3339(command.open_time));
}

}  // namespace

Decoded<venue::Command> ToCommand(const SeriesEdit& edit, const ExchangeContext& context) {
  if (const auto wrong = CheckTicker(edit.ticker)) return *wrong;
  venue::PutSeries command;
  command.ticker = venue::Ticker(edit.ticker);
  Facts facts;
  context.read_model.Read([&](const ReadModel::State& state) {
    if (const SeriesState* series = state.FindSeries(edit.ticker)) {
      command.fee_terms = series->fee_terms;
      facts = series->facts_json;
    }
  });
  if (const auto wrong = ApplyFees(edit.fees, command.fee_terms)) return *wrong;
  if (const auto wrong = ApplyFacts(edit.facts_json, facts, CheckSeriesFacts, command.facts_json)) {
    return *wrong;
  }
  return venue::Command(std::move(command));
}

Decoded<venue::Command> ToCommand(const EventEdit& edit, const ExchangeContext& context) {
  if (const auto wrong = CheckTicker(edit.ticker)) return *wrong;
  venue::PutEvent command;
  command.ticker = venue::Ticker(edit.ticker);
  Facts facts;
  context.read_model.Read([&](const ReadModel::State& state) {
    if (const EventState* event = state.FindEvent(edit.ticker)) {
      command.series = event->series;
      command.mutually_exclusive = event->mutually_exclusive;
      command.collateral_return = event->collateral_return;
      command.has_fee_override = event->fee_override.has_value();
      command.fee_override = event->fee_override.value_or(venue::FeeTerms());
      facts = event->facts_json;
    }
    if (edit.series_ticker) {
      const SeriesState* series = state.FindSeries(*edit.series_ticker);
      command.series = series == nullptr ? SeriesId() : series->series;
    }
  });
  if (!command.series) {
    return edit.series_ticker
               ? WrongField("series_ticker", "\"" + *edit.series_ticker + "\" is unknown")
               : WrongField("series_ticker", "is missing: event " + edit.ticker + " is new");
  }
  if (edit.mutually_exclusive) command.mutually_exclusive = *edit.mutually_exclusive;
  if (edit.collateral_return) {
    command.collateral_return = *edit.collateral_return
                                    ? venue::CollateralReturn::kMutuallyExclusive
                                    : venue::CollateralReturn::kNone;
  }
  if (command.collateral_return != venue::CollateralReturn::kNone && !command.mutually_exclusive) {
    return WrongField("collateral_return", "needs mutually_exclusive");
  }
  command.has_fee_override |= !edit.fee_override.empty();
  if (const auto wrong = ApplyFees(edit.fee_override, command.fee_override)) return *wrong;
  if (const auto wrong = ApplyFacts(edit.facts_json, facts, CheckEventFacts, command.facts_json)) {
    return *wrong;
  }
  return venue::Command(std::move(command));
}

Decoded<venue::Command> ToCommand(const MarketEdit& edit, const ExchangeContext& context) {
  if (const auto wrong = CheckTicker(edit.ticker)) return *wrong;
  venue::PutMarket command;
  command.price_level_structure = InlineString<40>(kDefaultStructure);
  command.open_time = context.clock.Now();
  bool is_new = true;
  Facts facts;
  context.read_model.Read([&](const ReadModel::State& state) {
    if (const MarketState* market = state.FindMarket(edit.ticker)) {
      command = PresentMarket(*market);
      facts = market->facts_json;
      is_new = false;
    }
    if (edit.event_ticker) {
      const EventState* event = state.FindEvent(*edit.event_ticker);
      command.event = event == nullptr ? EventId() : event->event;
    }
  });
  command.ticker = venue::Ticker(edit.ticker);
  if (!command.event) {
    return edit.event_ticker
               ? WrongField("event_ticker", "\"" + *edit.event_ticker + "\" is unknown")
               : WrongField("event_ticker", "is missing: market " + edit.ticker + " is new");
  }
  if (is_new && !edit.close_time) {
    return WrongField("close_time", "is missing: market " + edit.ticker + " is new");
  }
  if (edit.price_level_structure) {
    const auto structure = ToStructure(*edit.price_level_structure);
    if (!structure.ok()) return structure.error();
    command.price_level_structure = *structure;
  }
  if (const auto wrong = ApplyTimes(edit, command)) return *wrong;
  if (is_new && command.close_time <= context.clock.Now()) {
    return WrongField("close_time", FormatRfc3339(command.close_time) + " of the new market " +
                                        edit.ticker + " is in the past");
  }
  if (const auto wrong = ApplyFacts(edit.facts_json, facts, CheckMarketFacts, command.facts_json)) {
    return *wrong;
  }
  return venue::Command(std::move(command));
}

Decoded<venue::Command> ToCommand(const FeeChange& edit, const ExchangeContext& context) {
  if (edit.series_ticker.empty() == edit.event_ticker.empty()) {
    return WrongField("series_ticker", "or event_ticker is needed, and only one of them");
  }
  if (edit.clear_override && edit.event_ticker.empty()) {
    return WrongField("clear_override", "is for events; a series has no override");
  }
  venue::ScheduleFeeChange command;
  command.effective_time = edit.effective_time.value_or(context.clock.Now());
  command.clear_override = edit.clear_override;
  context.read_model.Read([&](const ReadModel::State& state) {
    if (const SeriesState* series = state.FindSeries(edit.series_ticker)) {
      command.series = series->series;
      command.fee_terms = series->fee_terms;
    } else if (const EventState* event = state.FindEvent(edit.event_ticker)) {
      command.event = event->event;
      command.fee_terms = event->fee_override.value_or(state.At(event->series).fee_terms);
    }
  });
  if (!command.series && !command.event) {
    return MakeError(error::kNotFound,
                     "no series or event \"" + edit.series_ticker + edit.event_ticker + "\"");
  }
  if (const auto wrong = ApplyFees(edit.fees, command.fee_terms)) return *wrong;
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const PriceGridEdit& edit, const ExchangeContext& context) {
  venue::ChangePriceGrid command;
  context.read_model.Read([&](const ReadModel::State& state) {
    if (const MarketState* market = state.FindMarket(edit.market_ticker)) {
      command.market = market->market;
    }
  });
  if (!command.market) return MakeError(error::kMarketNotFound);
  const auto structure = ToStructure(edit.price_level_structure);
  if (!structure.ok()) return structure.error();
  command.price_level_structure = *structure;
  return venue::Command(command);
}

}  // namespace evx::mock_kalshi
