// Operator over REST: series, events, markets, fee changes.

#include "operator/operator_routes.h"

namespace evx::mock_kalshi {
namespace {

void FillSeries(SeriesEdit& edit, JsonFields& fields, const RestRequest& request) {
  edit.ticker = PathText(request);
  ReadFees(fields, "fee_type", "fee_multiplier", edit.fees);
  fields.Object("facts", edit.facts_json);
}

void FillEvent(EventEdit& edit, JsonFields& fields, const RestRequest& request) {
  edit.ticker = PathText(request);
  fields.Text("series_ticker", edit.series_ticker);
  fields.Flag("mutually_exclusive", edit.mutually_exclusive);
  fields.Flag("collateral_return", edit.collateral_return);
  ReadFees(fields, "fee_type_override", "fee_multiplier_override", edit.fee_override);
  fields.Object("facts", edit.facts_json);
}

void FillMarket(MarketEdit& edit, JsonFields& fields, const RestRequest& request) {
  edit.ticker = PathText(request);
  fields.Text("event_ticker", edit.event_ticker);
  fields.Text("price_level_structure", edit.price_level_structure);
  fields.Time("open_time", edit.open_time);
  fields.Time("close_time", edit.close_time);
  fields.Integer("settlement_timer_seconds", edit.settlement_timer_seconds);
  fields.Flag("can_close_early", edit.can_close_early);
  fields.Time("fee_waiver_expiration_time", edit.fee_waiver_expiration);
  fields.Object("facts", edit.facts_json);
}

void FillFeeChange(FeeChange& edit, JsonFields& fields) {
  ReadFees(fields, "fee_type", "fee_multiplier", edit.fees);
  fields.Time("effective_time", edit.effective_time);
}

void FillSeriesFeeChange(FeeChange& edit, JsonFields& fields, const RestRequest& request) {
  edit.series_ticker = PathText(request);
  FillFeeChange(edit, fields);
}

void FillEventFeeChange(FeeChange& edit, JsonFields& fields, const RestRequest& request) {
  edit.event_ticker = PathText(request);
  FillFeeChange(edit, fields);
  fields.Flag("clear_override", edit.clear_override);
}

}  // namespace

void AddOperatorCatalogueRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/series/{ticker}", "PutSeries",
                   EditVerb<SeriesEdit>(context, FillSeries));
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/events/{ticker}", "PutEvent",
                   EditVerb<EventEdit>(context, FillEvent));
  AddOperatorRoute(
      router, HttpMethod::kPut, "/evx/v1/admin/markets/{ticker}", "PutMarket",
      EditVerb<MarketEdit>(context, FillMarket, [&context](const Outcome& outcome) {
        return Done(outcome, {{"market_id", context.wire_ids.Encode(outcome.result.market)}});
      }));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/series/{ticker}/fee_changes",
                   "ScheduleSeriesFeeChange", EditVerb<FeeChange>(context, FillSeriesFeeChange));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/events/{ticker}/fee_changes",
                   "ScheduleEventFeeChange", EditVerb<FeeChange>(context, FillEventFeeChange));
}

}  // namespace evx::mock_kalshi
