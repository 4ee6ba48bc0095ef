// Operator: the life of a market (open, pause, close, determine, dispute, settle), its price grid,
// and reversal of a trade.

#include <algorithm>
#include <utility>
#include <vector>

#include "evx/core/status.h"
#include "operator_routes.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

std::optional<MarketId> FindMarket(const ExchangeContext& context, std::string_view ticker) {
  return context.read_model.Read([ticker](const ReadModel::State& state) {
    const MarketState* market = state.FindMarket(ticker);
    return market == nullptr ? std::nullopt : std::optional(market->market);
  });
}

// Decodes with `decode(fields, command)` into a command on the market of the path.
template <class Command, class Decode>
auto MarketVerb(const ExchangeContext& context, Decode decode) {
  return [&context, decode](RestRequest& request, RestReply reply) {
    const auto market = FindMarket(context, request.path_parameters[0]);
    if (!market) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
    Command command;
    command.market = *market;
    const auto fault = ReadBody(request, [&](JsonFields& fields) { decode(fields, command); });
    if (fault) return reply.Error(*fault);
    SubmitAndReply(context, request, std::move(command), std::move(reply),
                   [](const Outcome& outcome) { return Done(outcome); });
  };
}

void DecodeNothing(JsonFields&, auto&) {}

void DecodeCloseTime(JsonFields& fields, venue::SetMarketCloseTime& command) {
  fields.Require("close_time");
  fields.Time("close_time", command.close_time);
}

void DecodeDetermination(JsonFields& fields, venue::DetermineMarket& command) {
  std::optional<kalshi::MarketResult> result;
  std::optional<Price> value;
  std::string observed;
  fields.Require("result");
  fields.Word("result", result);
  fields.DollarPrice("settlement_value", value);
  fields.Text("expiration_value", observed, decltype(command.expiration_value)::kMaxSize);
  command.expiration_value = decltype(command.expiration_value)(observed);
  if (!result) return;
  switch (*result) {
    case kalshi::MarketResult::kNone:
      fields.Fail("result", "must be yes, no or scalar");
      return;
    case kalshi::MarketResult::kYes:
      command.result = venue::MarketResult::kYes;
      command.settlement_value = value.value_or(Price::FromMicros(Price::kDollarMicros));
      return;
    case kalshi::MarketResult::kNo:
      command.result = venue::MarketResult::kNo;
      command.settlement_value = value.value_or(Price());
      return;
    case kalshi::MarketResult::kScalar:
      command.result = venue::MarketResult::kScalar;
      if (!value) return fields.Require("settlement_value");
      command.settlement_value = *value;
      return;
  }
}

void DecodePriceGrid(JsonFields& fields, venue::ChangePriceGrid& command) {
  std::string structure;
  fields.Require("price_level_structure");
  fields.Text("price_level_structure", structure,
              decltype(command.price_level_structure)::kMaxSize);
  command.price_level_structure = decltype(command.price_level_structure)(structure);
}

venue::BustTrade::Party ToParty(const FillRow& fill) {
  return {fill.account, fill.subaccount, fill.side, fill.order_id, fill.fee};
}

// The exchange keeps no history, so the facts of the trade come from there.
void BustTrade(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  if (const auto fault = ReadBody(request, [](JsonFields&) {})) return reply.Error(*fault);
  const auto trade_id = context.wire_ids.DecodeTrade(request.path_parameters[0]);
  if (!trade_id) return reply.Error(kalshi::MakeError(error::kNotFound));
  const auto trade = context.history.FindTrade(*trade_id);
  if (!trade.ok()) return reply.Error(ToError(trade.status()));
  const auto fills = context.history.FindFills(*trade_id);
  if (!fills.ok()) return reply.Error(ToError(fills.status()));
  const auto taker =
      std::find_if(fills->begin(), fills->end(), [](const FillRow& fill) { return fill.is_taker; });
  const auto maker = std::find_if(fills->begin(), fills->end(),
                                  [](const FillRow& fill) { return !fill.is_taker; });
  if (!trade->has_value() || taker == fills->end() || maker == fills->end()) {
    return reply.Error(kalshi::MakeError(error::kNotFound));
  }
  venue::BustTrade command;
  command.trade_id = *trade_id;
  command.market = (*trade)->market;
  command.price = (*trade)->price;
  command.quantity = (*trade)->quantity;
  command.taker = ToParty(*taker);
  command.maker = ToParty(*maker);
  SubmitAndReply(context, request, command, std::move(reply),
                 [](const Outcome& outcome) { return Done(outcome); });
}

}  // namespace

void AddOperatorMarketRoutes(RestRouter& router, const ExchangeContext& context) {
  const auto add = [&](std::string_view pattern, std::string_view operation, auto handler) {
    AddOperatorRoute(router, net::HttpMethod::kPost, pattern, operation, std::move(handler));
  };
  add("/evx/v1/admin/markets/{ticker}/open", "ActivateMarket",
      MarketVerb<venue::ActivateMarket>(context, DecodeNothing<venue::ActivateMarket>));
  add("/evx/v1/admin/markets/{ticker}/pause", "DeactivateMarket",
      MarketVerb<venue::DeactivateMarket>(context, DecodeNothing<venue::DeactivateMarket>));
  add("/evx/v1/admin/markets/{ticker}/close", "CloseMarket",
      MarketVerb<venue::SetMarketCloseTime>(
          context, [&context](JsonFields&, venue::SetMarketCloseTime& command) {
            command.close_time = context.clock.Now();
          }));
  add("/evx/v1/admin/markets/{ticker}/close_time", "SetMarketCloseTime",
      MarketVerb<venue::SetMarketCloseTime>(context, DecodeCloseTime));
  add("/evx/v1/admin/markets/{ticker}/determine", "DetermineMarket",
      MarketVerb<venue::DetermineMarket>(context, DecodeDetermination));
  add("/evx/v1/admin/markets/{ticker}/dispute", "DisputeMarket",
      MarketVerb<venue::DisputeMarket>(context, DecodeNothing<venue::DisputeMarket>));
  add("/evx/v1/admin/markets/{ticker}/settle", "SettleMarket",
      MarketVerb<venue::SettleMarket>(context, DecodeNothing<venue::SettleMarket>));
  add("/evx/v1/admin/markets/{ticker}/price_grid", "ChangePriceGrid",
      MarketVerb<venue::ChangePriceGrid>(context, DecodePriceGrid));
  add("/evx/v1/admin/trades/{trade_id}/bust", "BustTrade",
      [&context](RestRequest& request, RestReply reply) {
        BustTrade(context, request, std::move(reply));
      });
}

}  // namespace evx::mock_kalshi
