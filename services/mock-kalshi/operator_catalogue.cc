// Operator: series, events, markets, fee changes.

#include <utility>

#include "catalogue_facts.h"
#include "evx/core/status.h"
#include "operator_routes.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;
using nlohmann::json;

constexpr std::string_view kNoFacts = "{}";

// The facts that the body gives, else the ones there are.
template <class Check>
void ReadFacts(JsonFields& fields, const std::shared_ptr<const std::string>& present, Check check,
               std::string& facts_json) {
  facts_json = present == nullptr ? std::string(kNoFacts) : *present;
  fields.Object("facts", facts_json);
  if (const absl::Status status = check(facts_json); !status.ok()) {
    fields.Fail("facts", "cannot be used: " + MessageOf(status));
  }
}

void PutSeries(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const std::string_view ticker = request.path_parameters[0];
  if (!IsTickerSize(ticker)) return reply.Error(Invalid("ticker is not well formed"));
  venue::PutSeries command;
  command.ticker = venue::Ticker(ticker);
  std::shared_ptr<const std::string> facts;
  context.read_model.Read([&](const ReadModel::State& state) {
    if (const SeriesState* series = state.FindSeries(ticker)) {
      command.fee_terms = series->fee_terms;
      facts = series->facts_json;
    }
  });
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    ReadFeeTerms(fields, "fee_type", "fee_multiplier", command.fee_terms);
    ReadFacts(fields, facts, CheckSeriesFacts, command.facts_json);
  });
  if (fault) return reply.Error(*fault);
  SubmitAndReply(context, request, std::move(command), std::move(reply),
                 [](const Outcome& outcome) { return Done(outcome); });
}

void PutEvent(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const std::string_view ticker = request.path_parameters[0];
  if (!IsTickerSize(ticker)) return reply.Error(Invalid("ticker is not well formed"));
  venue::PutEvent command;
  command.ticker = venue::Ticker(ticker);
  std::shared_ptr<const std::string> facts;
  context.read_model.Read([&](const ReadModel::State& state) {
    const EventState* event = state.FindEvent(ticker);
    if (event == nullptr) return;
    command.series = event->series;
    command.mutually_exclusive = event->mutually_exclusive;
    command.collateral_return = event->collateral_return;
    command.has_fee_override = event->fee_override.has_value();
    command.fee_override = event->fee_override.value_or(venue::FeeTerms());
    facts = event->facts_json;
  });
  std::string series_ticker;
  bool collateral_return = command.collateral_return == venue::CollateralReturn::kMutuallyExclusive;
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    if (!command.series) fields.Require("series_ticker");
    fields.Text("series_ticker", series_ticker);
    fields.Flag("mutually_exclusive", command.mutually_exclusive);
    fields.Flag("collateral_return", collateral_return);
    command.has_fee_override |=
        fields.Has("fee_type_override") || fields.Has("fee_multiplier_override");
    ReadFeeTerms(fields, "fee_type_override", "fee_multiplier_override", command.fee_override);
    ReadFacts(fields, facts, CheckEventFacts, command.facts_json);
  });
  if (fault) return reply.Error(*fault);
  command.collateral_return = collateral_return ? venue::CollateralReturn::kMutuallyExclusive
                                                : venue::CollateralReturn::kNone;
  if (!series_ticker.empty()) {
    command.series = context.read_model.Read([&](const ReadModel::State& state) {
      const SeriesState* series = state.FindSeries(series_ticker);
      return series == nullptr ? SeriesId() : series->series;
    });
    if (!command.series) return reply.Error(Invalid("series_ticker is unknown"));
  }
  SubmitAndReply(context, request, std::move(command), std::move(reply),
                 [](const Outcome& outcome) { return Done(outcome); });
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

void PutMarket(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  constexpr std::int64_t kTimerSecondsMax = 10LL * 365 * 86'400;
  const std::string_view ticker = request.path_parameters[0];
  if (!IsTickerSize(ticker)) return reply.Error(Invalid("ticker is not well formed"));
  venue::PutMarket command;
  command.price_level_structure = InlineString<40>("linear_cent");
  command.open_time = context.clock.Now();
  std::shared_ptr<const std::string> facts;
  context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* market = state.FindMarket(ticker);
    if (market == nullptr) return;
    command = PresentMarket(*market);
    facts = market->facts_json;
  });
  command.ticker = venue::Ticker(ticker);
  std::string event_ticker;
  std::string structure(command.price_level_structure.view());
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    if (!command.event) {
      fields.Require("event_ticker");
      fields.Require("close_time");
    }
    fields.Text("event_ticker", event_ticker);
    fields.Text("price_level_structure", structure,
                decltype(command.price_level_structure)::kMaxSize);
    fields.Time("open_time", command.open_time);
    fields.Time("close_time", command.close_time);
    fields.Integer("settlement_timer_seconds", command.settlement_timer_seconds, 0,
                   kTimerSecondsMax);
    fields.Flag("can_close_early", command.can_close_early);
    fields.Time("fee_waiver_expiration_time", command.fee_waiver_expiration);
    ReadFacts(fields, facts, CheckMarketFacts, command.facts_json);
  });
  if (fault) return reply.Error(*fault);
  command.price_level_structure = InlineString<40>(structure);
  if (!event_ticker.empty()) {
    command.event = context.read_model.Read([&](const ReadModel::State& state) {
      const EventState* event = state.FindEvent(event_ticker);
      return event == nullptr ? EventId() : event->event;
    });
    if (!command.event) return reply.Error(Invalid("event_ticker is unknown"));
  }
  SubmitAndReply(
      context, request, std::move(command), std::move(reply), [&context](const Outcome& outcome) {
        return Done(outcome, {{"market_id", context.wire_ids.Encode(outcome.result.market)}});
      });
}

void ScheduleFeeChange(const ExchangeContext& context, bool for_series, RestRequest& request,
                       RestReply reply) {
  venue::ScheduleFeeChange command;
  command.effective_time = context.clock.Now();
  context.read_model.Read([&](const ReadModel::State& state) {
    const std::string_view ticker = request.path_parameters[0];
    if (for_series) {
      if (const SeriesState* series = state.FindSeries(ticker)) {
        command.series = series->series;
        command.fee_terms = series->fee_terms;
      }
    } else if (const EventState* event = state.FindEvent(ticker)) {
      command.event = event->event;
      command.fee_terms = event->fee_override.value_or(state.At(event->series).fee_terms);
    }
  });
  if (!command.series && !command.event) return reply.Error(kalshi::MakeError(error::kNotFound));
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    ReadFeeTerms(fields, "fee_type", "fee_multiplier", command.fee_terms);
    fields.Time("effective_time", command.effective_time);
    if (!for_series) fields.Flag("clear_override", command.clear_override);
  });
  if (fault) return reply.Error(*fault);
  SubmitAndReply(context, request, command, std::move(reply),
                 [](const Outcome& outcome) { return Done(outcome); });
}

}  // namespace

void AddOperatorCatalogueRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  const auto bind = [&context](auto function) {
    return [&context, function](RestRequest& request, RestReply reply) {
      function(context, request, std::move(reply));
    };
  };
  const auto fee_change = [&context](bool for_series) {
    return [&context, for_series](RestRequest& request, RestReply reply) {
      ScheduleFeeChange(context, for_series, request, std::move(reply));
    };
  };
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/series/{ticker}", "PutSeries",
                   bind(PutSeries));
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/events/{ticker}", "PutEvent",
                   bind(PutEvent));
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/markets/{ticker}", "PutMarket",
                   bind(PutMarket));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/series/{ticker}/fee_changes",
                   "ScheduleSeriesFeeChange", fee_change(true));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/events/{ticker}/fee_changes",
                   "ScheduleEventFeeChange", fee_change(false));
}

}  // namespace evx::mock_kalshi
