// Operator over REST: the life of a market, its price grid, and reversal of a trade.

#include "operator/operator_routes.h"

namespace evx::mock_kalshi {
namespace {

auto Move(const ExchangeContext& context, MarketStep step) {
  return EditVerb<MarketMove>(context,
                              [step](MarketMove& move, JsonFields&, const RestRequest& request) {
                                move = {PathText(request), step};
                              });
}

void FillCloseTime(CloseTimeEdit& edit, JsonFields& fields, const RestRequest& request) {
  edit.market_ticker = PathText(request);
  fields.Require("close_time");
  fields.Time("close_time", edit.close_time);
}

void FillDetermination(Determination& determination, JsonFields& fields,
                       const RestRequest& request) {
  determination.market_ticker = PathText(request);
  std::string result;
  fields.Require("result");
  fields.Text("result", result);
  fields.DollarPrice("settlement_value", determination.settlement_value);
  fields.Text("expiration_value", determination.expiration_value);
  if (result == "yes") {
    determination.outcome = MarketOutcome::kYes;
  } else if (result == "no") {
    determination.outcome = MarketOutcome::kNo;
  } else if (result == "scalar") {
    determination.outcome = MarketOutcome::kScalar;
  } else if (result == "void") {
    determination.outcome = MarketOutcome::kVoid;
  } else {
    fields.Fail("result", "\"" + result.substr(0, 64) + "\" is none of yes, no, scalar, void");
  }
}

void FillPriceGrid(PriceGridEdit& edit, JsonFields& fields, const RestRequest& request) {
  edit.market_ticker = PathText(request);
  fields.Require("price_level_structure");
  fields.Text("price_level_structure", edit.price_level_structure);
}

void FillBust(TradeBust& bust, JsonFields&, const RestRequest& request) {
  bust.trade_id = PathText(request);
}

}  // namespace

void AddOperatorMarketRoutes(RestRouter& router, const ExchangeContext& context) {
  const auto add = [&](std::string_view pattern, std::string_view operation, auto handler) {
    AddOperatorRoute(router, net::HttpMethod::kPost, pattern, operation, std::move(handler));
  };
  add("/evx/v1/admin/markets/{ticker}/open", "ActivateMarket",
      Move(context, MarketStep::kActivate));
  add("/evx/v1/admin/markets/{ticker}/pause", "DeactivateMarket",
      Move(context, MarketStep::kDeactivate));
  add("/evx/v1/admin/markets/{ticker}/close", "CloseMarket", Move(context, MarketStep::kClose));
  add("/evx/v1/admin/markets/{ticker}/close_time", "SetMarketCloseTime",
      EditVerb<CloseTimeEdit>(context, FillCloseTime));
  add("/evx/v1/admin/markets/{ticker}/determine", "DetermineMarket",
      EditVerb<Determination>(context, FillDetermination));
  add("/evx/v1/admin/markets/{ticker}/dispute", "DisputeMarket",
      Move(context, MarketStep::kDispute));
  add("/evx/v1/admin/markets/{ticker}/settle", "SettleMarket", Move(context, MarketStep::kSettle));
  add("/evx/v1/admin/markets/{ticker}/price_grid", "ChangePriceGrid",
      EditVerb<PriceGridEdit>(context, FillPriceGrid));
  add("/evx/v1/admin/trades/{trade_id}/bust", "BustTrade", EditVerb<TradeBust>(context, FillBust));
}

}  // namespace evx::mock_kalshi
