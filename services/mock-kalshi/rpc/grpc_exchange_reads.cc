#include "rpc/grpc_exchange_reads.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "conversions.h"
#include "evx/core/decimal.h"
#include "read_model/order_reads.h"
#include "rpc/grpc_conversions.h"
#include "rpc/grpc_order_commands.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;
namespace error = kalshi::error;
using kalshi::MakeError;

constexpr std::int32_t kPageSizeDefault = 100;
constexpr std::int32_t kPageSizeMax = 1'000;
// A mark is small and a day has 1,440 of them.
constexpr std::int32_t kMarkPageSizeDefault = 1'000;
constexpr std::int32_t kMarkPageSizeMax = 10'000;

struct Page {
  std::uint32_t size = kPageSizeDefault;
  std::optional<std::uint64_t> before;  // Key of the last row of the page before.
};

template <class Request>
Decoded<Page> PageOf(const Request& request, std::int32_t size_default = kPageSizeDefault,
                     std::int32_t size_max = kPageSizeMax) {
  Page page;
  page.size = static_cast<std::uint32_t>(size_default);
  if (request.page_size() < 0 || request.page_size() > size_max) {
    return MakeError(error::kInvalidParameters,
                     absl::StrFormat("page_size must be 0..%d", size_max));
  }
  if (request.page_size() > 0) page.size = static_cast<std::uint32_t>(request.page_size());
  if (!request.page_token().empty()) {
    const auto key = ParseDecimal(request.page_token(), 0);
    if (!key || *key < 1) return MakeError(error::kInvalidParameters, "page_token is not ours");
    page.before = static_cast<std::uint64_t>(*key);
  }
  return page;
}

template <class Response>
void SetNext(const Page& page, std::size_t count, std::uint64_t last_key, Response& response) {
  if (count == page.size) response.set_next_page_token(std::to_string(last_key));
}

bool MayRead(const Principal& principal, SubaccountNumber subaccount) {
  return principal.subaccount < 0 || principal.subaccount == subaccount;
}

// Account, subaccount, market and page: what the lists of an account have in common.
template <class Query, class Request>
std::optional<kalshi::Error> Restrict(const ExchangeContext& context, const Principal& principal,
                                      const Request& request, const Page& page, Query& query) {
  query.account = principal.account;
  const auto subaccount =
      RequestedSubaccountOrAny(principal, request.has_subaccount(), request.subaccount());
  if (!subaccount.ok()) return subaccount.error();
  query.subaccount = ToFilter(*subaccount);
  if (!request.market_ticker().empty()) {
    const auto market = FindMarket(context, request.market_ticker());
    if (!market.ok()) return market.error();
    query.markets = {*market};
  }
  query.limit = page.size;
  return std::nullopt;
}

std::int64_t SequenceNumberOf(const ReadModel::State& state) {
  return static_cast<std::int64_t>(state.sequence_number.value());
}

std::string TickerOfMarket(const ExchangeContext& context, MarketId market) {
  return context.read_model.Read(
      [market](const ReadModel::State& state) { return state.At(market).ticker; });
}

}  // namespace

Decoded<pb::ListOrderGroupsResponse> Read(const ExchangeContext& context,
                                          const Principal& principal,
                                          const pb::ListOrderGroupsRequest&) {
  pb::ListOrderGroupsResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(principal.account);
    if (account == nullptr) return;
    for (const auto& [id, group] : account->order_groups) {
      if (!MayRead(principal, group.subaccount)) continue;
      pb::OrderGroup& out = *response.add_order_groups();
      out.set_order_group_id(context.wire_ids.Encode(id));
      out.set_subaccount(group.subaccount);
      out.set_limit_centis(group.limit.centis());
      out.set_triggered(group.triggered);
    }
  });
  return response;
}

Decoded<pb::GetOrderResponse> Read(const ExchangeContext& context, const Principal& principal,
                                   const pb::GetOrderRequest& request) {
  const auto order_id = context.wire_ids.DecodeOrder(request.order_id());
  if (!order_id) return MakeError(error::kNotFound);
  const auto order = FindOrder(context, principal.account, *order_id);
  if (!order.ok()) return ToError(order.status());
  if (!order->has_value() || !MayRead(principal, (*order)->subaccount)) {
    return MakeError(error::kNotFound);
  }
  pb::GetOrderResponse response;
  *response.mutable_order() =
      ToProto(**order, TickerOfMarket(context, (*order)->market), context.wire_ids);
  return response;
}

Decoded<pb::ListOrdersResponse> Read(const ExchangeContext& context, const Principal& principal,
                                     const pb::ListOrdersRequest& request) {
  const auto page = PageOf(request);
  if (!page.ok()) return page.error();
  OrderQuery query;
  if (auto wrong = Restrict(context, principal, request, *page, query)) return *std::move(wrong);
  if (page->before) query.before = OrderId(*page->before);
  if (request.status() == pb::ORDER_STATUS_EXECUTED) query.status = OrderStatus::kExecuted;
  if (request.status() == pb::ORDER_STATUS_CANCELED) query.status = OrderStatus::kCanceled;
  const bool with_live = !query.status;
  const bool with_finished = request.status() != pb::ORDER_STATUS_RESTING;
  pb::ListOrdersResponse response;
  response.set_sequence_number(context.read_model.Read(SequenceNumberOf));
  const auto rows = AllOrders(context, query, with_live, with_finished);
  if (!rows.ok()) return ToError(rows.status());
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const OrderRow& row : *rows) {
      *response.add_orders() = ToProto(row, state.At(row.market).ticker, context.wire_ids);
    }
  });
  if (!rows->empty()) {
    SetNext(*page, rows->size(), rows->back().order_id.value(), response);
  }
  return response;
}

Decoded<pb::ListFillsResponse> Read(const ExchangeContext& context, const Principal& principal,
                                    const pb::ListFillsRequest& request) {
  const auto page = PageOf(request);
  if (!page.ok()) return page.error();
  FillQuery query;
  if (auto wrong = Restrict(context, principal, request, *page, query)) return *std::move(wrong);
  if (page->before) query.before = TradeId(*page->before);
  if (!request.order_id().empty()) {
    query.order_id = context.wire_ids.DecodeOrder(request.order_id());
    if (!query.order_id) return MakeError(error::kNotFound);
  }
  const auto rows = context.history.ListFills(query);
  if (!rows.ok()) return ToError(rows.status());
  pb::ListFillsResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const FillRow& row : *rows) {
      *response.add_fills() = ToProto(row, state.At(row.market).ticker, context.wire_ids);
    }
  });
  if (!rows->empty()) SetNext(*page, rows->size(), rows->back().trade_id.value(), response);
  return response;
}

Decoded<pb::ListSettlementsResponse> Read(const ExchangeContext& context,
                                          const Principal& principal,
                                          const pb::ListSettlementsRequest& request) {
  const auto page = PageOf(request);
  if (!page.ok()) return page.error();
  SettlementQuery query;
  if (auto wrong = Restrict(context, principal, request, *page, query)) return *std::move(wrong);
  query.before = page->before;
  const auto rows = context.history.ListSettlements(query);
  if (!rows.ok()) return ToError(rows.status());
  pb::ListSettlementsResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const SettlementRow& row : *rows) {
      *response.add_settlements() = ToProto(row, state.At(row.market).ticker);
    }
  });
  if (!rows->empty()) SetNext(*page, rows->size(), rows->back().settlement_id, response);
  return response;
}

Decoded<pb::ListEquityMarksResponse> Read(const ExchangeContext& context,
                                          const Principal& principal,
                                          const pb::ListEquityMarksRequest& request) {
  const auto page = PageOf(request, kMarkPageSizeDefault, kMarkPageSizeMax);
  if (!page.ok()) return page.error();
  const auto subaccount =
      RequestedSubaccount(principal, request.has_subaccount(), request.subaccount());
  if (!subaccount.ok()) return subaccount.error();
  MarkQuery query;
  query.account = principal.account;
  query.subaccount = *subaccount;
  query.limit = page->size;
  if (page->before) query.after = Timestamp::FromNanos(static_cast<std::int64_t>(*page->before));
  if (request.has_start_time()) {
    const auto start_time = ToDomain(request.start_time());
    if (!start_time) return MakeError(error::kInvalidParameters, "start_time is out of range");
    query.min_time = *start_time;
  }
  if (request.has_end_time()) {
    query.max_time = ToDomain(request.end_time());
    if (!query.max_time) return MakeError(error::kInvalidParameters, "end_time is out of range");
  }
  const auto rows = context.history.ListMarks(query);
  if (!rows.ok()) return ToError(rows.status());
  pb::ListEquityMarksResponse response;
  for (const MarkRow& row : *rows) *response.add_marks() = ToProto(row);
  if (!rows->empty()) {
    SetNext(*page, rows->size(), static_cast<std::uint64_t>(rows->back().time.nanos()), response);
  }
  return response;
}

Decoded<pb::ListPositionsResponse> Read(const ExchangeContext& context, const Principal& principal,
                                        const pb::ListPositionsRequest& request) {
  const auto page = PageOf(request);
  if (!page.ok()) return page.error();
  const auto subaccount =
      RequestedSubaccountOrAny(principal, request.has_subaccount(), request.subaccount());
  if (!subaccount.ok()) return subaccount.error();
  // A market has up to 64 positions of an account, one for each subaccount: the key names both.
  const auto key_of = [](const PositionState& position) {
    return std::uint64_t{position.market.value()} * (kSubaccountNumberMax + 1) +
           position.subaccount + 1;
  };
  pb::ListPositionsResponse response;
  std::uint64_t last_key = 0;
  context.read_model.Read([&](const ReadModel::State& state) {
    response.set_sequence_number(SequenceNumberOf(state));
    const AccountState* account = state.FindAccount(principal.account);
    if (account == nullptr) return;
    const auto& positions = account->positions;
    for (auto row = positions.rbegin(); row != positions.rend(); ++row) {
      const PositionState& position = row->second;
      const std::string& ticker = state.At(position.market).ticker;
      if (position.position.is_zero() || (*subaccount >= 0 && position.subaccount != *subaccount) ||
          (!request.market_ticker().empty() && ticker != request.market_ticker()) ||
          (page->before && key_of(position) >= *page->before)) {
        continue;
      }
      if (static_cast<std::uint32_t>(response.positions_size()) == page->size) break;
      last_key = key_of(position);
      pb::Position& out = *response.add_positions();
      out.set_subaccount(position.subaccount);
      out.set_market_ticker(ticker);
      out.set_position_centis(position.position.centis());
      out.set_exposure_micros(position.exposure.micros());
      out.set_realized_pnl_micros(position.realized_pnl.micros());
      out.set_fees_paid_micros(position.fees_paid.micros());
    }
  });
  SetNext(*page, static_cast<std::size_t>(response.positions_size()), last_key, response);
  return response;
}

Decoded<pb::GetBalanceResponse> Read(const ExchangeContext& context, const Principal& principal,
                                     const pb::GetBalanceRequest& request) {
  const auto subaccount =
      RequestedSubaccount(principal, request.has_subaccount(), request.subaccount());
  if (!subaccount.ok()) return subaccount.error();
  pb::GetBalanceResponse response;
  const bool found = context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(principal.account);
    if (account == nullptr) return false;
    const auto balance = account->subaccounts.find(*subaccount);
    if (balance == account->subaccounts.end()) return false;
    response.set_sequence_number(SequenceNumberOf(state));
    response.set_cash_micros(balance->second.cash.micros());
    response.set_hold_micros(balance->second.hold.micros());
    response.set_available_micros((balance->second.cash - balance->second.hold).micros());
    return true;
  });
  if (!found) return MakeError(error::kNotFound, "subaccount does not exist");
  return response;
}

Decoded<pb::GetOrderBookResponse> Read(const ExchangeContext& context,
                                       const pb::GetOrderBookRequest& request) {
  pb::GetOrderBookResponse response;
  const auto put = [&request](const auto& levels, auto* out) {
    for (const auto& [price, quantity] : levels) {
      if (request.depth() > 0 && out->size() == request.depth()) return;
      auto& level = *out->Add();
      level.set_price_micros(price.micros());
      level.set_quantity_centis(quantity.centis());
    }
  };
  const bool found = context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* market = state.FindMarket(request.market_ticker());
    if (market == nullptr) return false;
    response.set_market_ticker(market->ticker);
    put(market->book.bids, response.mutable_bids());
    put(market->book.asks, response.mutable_asks());
    response.set_sequence_number(SequenceNumberOf(state));
    return true;
  });
  if (!found) return MakeError(error::kMarketNotFound);
  return response;
}

Decoded<pb::GetMarketResponse> Read(const ExchangeContext& context,
                                    const pb::GetMarketRequest& request) {
  pb::GetMarketResponse response;
  const bool found = context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* market = state.FindMarket(request.market_ticker());
    if (market == nullptr) return false;
    *response.mutable_market() = ToProto(*market, state);
    return true;
  });
  if (!found) return MakeError(error::kMarketNotFound);
  return response;
}

Decoded<pb::ListMarketsResponse> Read(const ExchangeContext& context,
                                      const pb::ListMarketsRequest& request) {
  const auto page = PageOf(request);
  if (!page.ok()) return page.error();
  const auto status = ToDomain(request.status());
  pb::ListMarketsResponse response;
  std::uint64_t last_key = 0;
  context.read_model.Read([&](const ReadModel::State& state) {
    const std::uint64_t end = std::min<std::uint64_t>(
        state.markets.size(), page->before ? *page->before - 1 : state.markets.size());
    for (std::uint64_t id = end; id >= 1; --id) {
      const MarketState& market = state.markets[id - 1];
      const EventState& event = state.At(market.event);
      if ((status && market.status != *status) ||
          (!request.event_ticker().empty() && event.ticker != request.event_ticker()) ||
          (!request.series_ticker().empty() &&
           state.At(event.series).ticker != request.series_ticker())) {
        continue;
      }
      *response.add_markets() = ToProto(market, state);
      last_key = id;
      if (static_cast<std::uint32_t>(response.markets_size()) == page->size) break;
    }
  });
  SetNext(*page, static_cast<std::size_t>(response.markets_size()), last_key, response);
  return response;
}

Decoded<pb::ListTradesResponse> Read(const ExchangeContext& context,
                                     const pb::ListTradesRequest& request) {
  const auto page = PageOf(request);
  if (!page.ok()) return page.error();
  TradeQuery query;
  query.limit = page->size;
  if (page->before) query.before = TradeId(*page->before);
  if (!request.market_ticker().empty()) {
    const auto market = FindMarket(context, request.market_ticker());
    if (!market.ok()) return market.error();
    query.markets = {*market};
  }
  const auto rows = context.history.ListTrades(query);
  if (!rows.ok()) return ToError(rows.status());
  pb::ListTradesResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const TradeRow& row : *rows) {
      *response.add_trades() = ToProto(row, state.At(row.market).ticker, context.wire_ids);
    }
  });
  if (!rows->empty()) SetNext(*page, rows->size(), rows->back().trade_id.value(), response);
  return response;
}

}  // namespace evx::mock_kalshi
