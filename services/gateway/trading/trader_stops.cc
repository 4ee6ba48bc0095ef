// EmergencyStop and LiquidateAll.

#include <cstdlib>
#include <utility>
#include <vector>

#include "trading/trader.h"

namespace evx::gateway {
namespace {

namespace pb = exchange::v1;

constexpr std::int32_t kPositionPageSize = 1'000;

v1::CommandResult ResultOf(std::string_view command_id) {
  v1::CommandResult result;
  result.set_command_id(std::string(command_id));
  return result;
}

}  // namespace

void Trader::EmergencyStop(const CommandPtr& command) {
  CancelAll(command,
            [this, command](v1::CommandResult result) { Finish(command, std::move(result)); });
}

void Trader::LiquidateAll(const CommandPtr& command) {
  CancelAll(command, [this, command](v1::CommandResult result) {
    if (!result.refusal_reason().empty()) return Finish(command, std::move(result));
    ClosePositions(command, std::move(result));
  });
}

void Trader::CancelAll(const CommandPtr& command,
                       std::function<void(v1::CommandResult result)> done) {
  pb::OrderStreamRequest request;
  request.mutable_cancel_all_orders();
  link_->Send(std::move(request), [this, command, done = std::move(done)](
                                      std::optional<pb::OrderStreamResponse> answer) {
    if (!answer || answer->has_refusal()) {
      return Post({[this, command, done] { done(InsistOnCancelAll(command)); }, nullptr});
    }
    v1::CommandResult result = ResultOf(command->id);
    result.set_canceled_order_count(answer->cancel_all_orders().canceled_order_count());
    result.set_sequence_number(answer->sequence_number());
    Post({[done, result = std::move(result)] { done(result); }, nullptr});
  });
}

v1::CommandResult Trader::InsistOnCancelAll(const CommandPtr& command) {
  pb::CancelAllOrdersResponse response;
  const grpc::Status status = Insist(
      command, "CancelAllOrders",
      [&](auto& exchange, auto* call) {
        return exchange.CancelAllOrders(call, pb::CancelAllOrdersRequest(), &response);
      },
      /*despite_limits=*/true);
  v1::CommandResult result = ResultOf(command->id);
  if (!status.ok()) {
    SetRefusal(RefusalOfCall(status), result);
  } else {
    result.set_canceled_order_count(response.canceled_order_count());
    result.set_sequence_number(response.sequence_number());
  }
  return result;
}

void Trader::ClosePositions(const CommandPtr& command, v1::CommandResult result) {
  std::vector<pb::Position> positions;
  pb::ListPositionsRequest request;
  request.set_page_size(kPositionPageSize);
  do {
    pb::ListPositionsResponse page;
    const grpc::Status status = Insist(command, "ListPositions", [&](auto& exchange, auto* call) {
      return exchange.ListPositions(call, request, &page);
    });
    if (!status.ok()) {
      SetRefusal(RefusalOfCall(status), result);
      return Finish(command, std::move(result));
    }
    positions.insert(positions.end(), page.positions().begin(), page.positions().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  for (const pb::Position& position : positions) {
    *result.add_orders() = ClosePosition(command, position);
  }
  Finish(command, std::move(result));
}

v1::OrderOutcome Trader::ClosePosition(const CommandPtr& command, const pb::Position& position) {
  const std::int64_t quantity = std::abs(position.position_centis());
  const std::int64_t slippage = command->request.liquidate_all().slippage_max_micros();
  v1::OrderOutcome outcome;
  outcome.set_market_ticker(position.market_ticker());
  outcome.set_canceled_quantity_centis(quantity);
  const auto refuse = [&outcome](const grpc::Status& status) {
    SetRefusal(RefusalOfCall(status), outcome);
    return outcome;
  };
  pb::GetMarketRequest market_request;
  market_request.set_market_ticker(position.market_ticker());
  pb::GetMarketResponse market;
  grpc::Status status = Insist(command, "GetMarket", [&](auto& exchange, auto* call) {
    return exchange.GetMarket(call, market_request, &market);
  });
  if (!status.ok()) return refuse(status);
  const bool is_sale = position.position_centis() > 0;
  const bool has_other_side =
      is_sale ? market.market().has_best_bid() : market.market().has_best_ask();
  const auto grid = PriceGrid::FromStructure(market.market().price_level_structure());
  const std::int64_t best = is_sale ? market.market().best_bid().price_micros()
                                    : market.market().best_ask().price_micros();
  const auto order = has_other_side && grid.ok()
                         ? CloseAt(position.position_centis(), best,
                                   slippage == 0 ? kSlippageDefaultMicros : slippage, *grid)
                         : std::nullopt;
  if (!order) {
    outcome.set_refusal_reason("NoLiquidity");
    outcome.set_refusal_message("nobody offers a price for this position");
    return outcome;
  }
  pb::CreateOrderRequest create;
  create.set_market_ticker(position.market_ticker());
  create.set_side(order->side);
  create.set_price_micros(order->price_micros);
  create.set_quantity_centis(quantity);
  create.set_time_in_force(common::v1::TIME_IN_FORCE_IMMEDIATE_OR_CANCEL);
  create.set_reduce_only(true);
  create.set_client_order_id(ClosingOrderId(command->id, position));
  create.set_subaccount(position.subaccount());
  pb::CreateOrderResponse created;
  status = Insist(command, "CreateOrder", [&](auto& exchange, auto* call) {
    return exchange.CreateOrder(call, create, &created);
  });
  std::int64_t filled = created.filled_quantity_centis();
  outcome.set_order_id(created.order_id());
  if (!status.ok()) {
    pb::Order first;
    const std::string first_id = RefusalOfCall(status).order_id();
    if (first_id.empty() || !FindOrder(command, first_id, first).ok()) return refuse(status);
    outcome.set_order_id(first_id);
    filled = first.filled_quantity_centis();
  }
  outcome.set_filled_quantity_centis(filled);
  outcome.set_canceled_quantity_centis(quantity - filled);
  return outcome;
}

}  // namespace evx::gateway
