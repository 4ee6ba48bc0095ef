// What an account has: balance, positions, fills, settlements, value of resting orders.

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "conversions.h"
#include "evx/core/status.h"
#include "evx/kalshi/cursor.h"
#include "evx/kalshi/queries.h"
#include "read_model/historical_cutoff.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

// Rows of one read of closed positions.
constexpr std::uint32_t kClosedPositionsPerRead = 1'000;
// More fills than this within the lag, and the oldest of them show at once.
constexpr std::uint32_t kLaggingFillCountMax = 10'000;

// Value of a position at the price somebody pays for it now: the best bid of its side, 0 without
// one.
Money MarkToBid(const MarketState& market, Quantity position) {
  if (position >= Quantity()) return market.BestBid().value_or(Price()) * position;
  const auto ask = market.BestAsk();
  return ask ? ask->Complement() * -position : Money();
}

void GetBalance(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto scope = kalshi::DecodeScopeQuery("GetBalance", request.http.query());
  if (!scope.ok()) return reply.Error(scope.error());
  const auto subaccount = ResolveSubaccount(*request.principal, scope->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  const bool other_shard = scope->exchange_index.value_or(0) > 0;
  kalshi::BalanceResponse response;
  response.updated_time = context.clock.Now();
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    if (account == nullptr || other_shard) return;
    const auto found = account->subaccounts.find(*subaccount);
    if (found == account->subaccounts.end()) return;
    response.balance = found->second.cash - found->second.hold;
    for (const auto& [key, position] : account->positions) {
      if (key.second != *subaccount) continue;
      response.portfolio_value += MarkToBid(state.At(key.first), position.position);
    }
  });
  if (request.principal->subaccount < 0 && !other_shard) {
    response.balance_breakdown.push_back({0, response.balance});
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetRestingOrderValue(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  Money total;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    if (account == nullptr) return;
    for (const auto& [id, order] : account->open_orders) {
      if (!MayUse(*request.principal, order->subaccount)) continue;
      const Price paid = order->side == BookSide::kBid ? order->price : order->price.Complement();
      total += paid * order->remaining;
    }
  });
  reply.Json(200, kalshi::EncodeJson(kalshi::RestingOrderValueResponse{total, {{0, total}}}));
}

kalshi::MarketPosition ToMarketPosition(const PositionState& position, std::string_view ticker) {
  kalshi::MarketPosition result;
  result.ticker = ticker;
  result.total_traded = position.total_traded;
  result.position = position.position;
  result.market_exposure = position.exposure;
  result.realized_pnl = position.realized_pnl;
  result.fees_paid = position.fees_paid;
  result.last_updated_time = position.update_time;
  return result;
}

// The events of the positions, with the sums over their markets.
std::vector<kalshi::EventPosition> SumByEvent(const ReadModel::State& state,
                                              const std::vector<PositionState>& positions) {
  std::map<EventId, kalshi::EventPosition> events;
  for (const PositionState& position : positions) {
    const EventState& event = state.At(state.At(position.market).event);
    kalshi::EventPosition& sum = events[event.event];
    sum.event_ticker = event.ticker;
    sum.total_cost += position.total_traded;
    sum.total_cost_shares +=
        position.position < Quantity() ? -position.position : position.position;
    sum.event_exposure += position.exposure;
    sum.realized_pnl += position.realized_pnl;
    sum.fees_paid += position.fees_paid;
  }
  std::vector<kalshi::EventPosition> result;
  for (auto& [id, sum] : events) result.push_back(std::move(sum));
  return result;
}

// Which positions a list shows. `before` and a limit make it a page of them.
struct PositionFilter {
  AccountId account;
  SubaccountNumber subaccount = 0;
  std::vector<MarketId> markets;
  bool any_market = true;
  // Of these at least one must not be zero, if any is set.
  bool with_position = false;
  bool with_total_traded = false;
  bool with_live = true;
  bool with_settled = false;
  bool archived = false;  // Of the settled ones: those of the historical list, else the others.

  bool Keeps(const PositionState& position) const {
    if (position.subaccount != subaccount) return false;
    if (!any_market &&
        std::find(markets.begin(), markets.end(), position.market) == markets.end()) {
      return false;
    }
    if (!with_position && !with_total_traded) return true;
    return (with_position && !position.position.is_zero()) ||
           (with_total_traded && position.total_traded != Money());
  }
};

PositionState ToPosition(const ClosedPositionRow& row) {
  PositionState position;
  position.account = row.account;
  position.subaccount = row.subaccount;
  position.market = row.market;
  position.realized_pnl = row.realized_pnl;
  position.fees_paid = row.fees_paid;
  position.total_traded = row.total_traded;
  position.update_time = row.time;
  return position;
}

// Live positions with market ids below `before`, highest first.
std::vector<PositionState> LivePositions(const ExchangeContext& context,
                                         const PositionFilter& filter,
                                         std::optional<MarketId> before, std::size_t limit) {
  return context.read_model.Read([&](const ReadModel::State& state) {
    std::vector<PositionState> rows;
    const AccountState* account = state.FindAccount(filter.account);
    if (account == nullptr) return rows;
    for (auto it = account->positions.rbegin(); it != account->positions.rend(); ++it) {
      if (before && it->first.first >= *before) continue;
      if (!filter.Keeps(it->second)) continue;
      rows.push_back(it->second);
      if (rows.size() == limit) break;
    }
    return rows;
  });
}

// An event's positions are archived together, once all of its markets were settled before the
// cutoff (openapi.yaml, GET /historical/positions).
PositionArchive FindArchive(const ExchangeContext& context, bool archived) {
  PositionArchive archive;
  archive.archived = archived;
  archive.cutoff = HistoricalCutoff(context.clock.Now()).market_positions_last_updated_time;
  context.read_model.Read([&archive](const ReadModel::State& state) {
    const auto is_old = [&](MarketId market) {
      const Timestamp settled = state.At(market).settlement_time;
      return settled && settled < archive.cutoff;
    };
    for (const EventState& event : state.events) {
      const auto old_count = std::count_if(event.markets.begin(), event.markets.end(), is_old);
      if (old_count == 0 || old_count == static_cast<std::ptrdiff_t>(event.markets.size()))
        continue;
      std::copy_if(event.markets.begin(), event.markets.end(), std::back_inserter(archive.kept),
                   is_old);
    }
  });
  return archive;
}

// Calls `visit` with the account's positions in finalized markets until it returns false.
template <class Visit>
absl::Status VisitClosedPositions(const ExchangeContext& context, ClosedPositionQuery query,
                                  Visit visit) {
  query.limit = kClosedPositionsPerRead;
  for (;;) {
    EVX_ASSIGN_OR_RETURN(const auto rows, context.history.ListClosedPositions(query));
    for (const ClosedPositionRow& row : rows) {
      if (!visit(row)) return absl::OkStatus();
    }
    if (rows.size() < query.limit) return absl::OkStatus();
    query.before = {rows.back().market, rows.back().subaccount};
  }
}

absl::StatusOr<std::vector<PositionState>> SettledPositions(const ExchangeContext& context,
                                                            const PositionFilter& filter,
                                                            std::optional<MarketId> before,
                                                            std::size_t limit) {
  std::vector<PositionState> positions;
  // A settled position is flat.
  if (filter.with_position && !filter.with_total_traded) return positions;
  ClosedPositionQuery query;
  query.account = filter.account;
  query.subaccount = filter.subaccount;
  query.markets = filter.markets;
  query.archive = FindArchive(context, filter.archived);
  if (before) query.before = {*before, 0};
  EVX_RETURN_IF_ERROR(VisitClosedPositions(context, query, [&](const ClosedPositionRow& row) {
    const PositionState position = ToPosition(row);
    if (filter.Keeps(position)) positions.push_back(position);
    return positions.size() < limit;
  }));
  return positions;
}

// Takes the newest fills out of the positions again where the exchange has that quirk. Only the
// contracts lag; what they cost does not.
absl::Status ApplyReadLag(const ExchangeContext& context, AccountId account,
                          std::vector<PositionState>& positions) {
  if (context.quirks.position_read_lag == absl::ZeroDuration() || positions.empty()) {
    return absl::OkStatus();
  }
  FillQuery query;
  query.account = account;
  // The bound is inclusive.
  query.min_time = context.clock.Now() + (absl::Nanoseconds(1) - context.quirks.position_read_lag);
  query.limit = kLaggingFillCountMax;
  EVX_ASSIGN_OR_RETURN(const std::vector<FillRow> fills, context.history.ListFills(query));
  for (const FillRow& fill : fills) {
    for (PositionState& position : positions) {
      if (position.market != fill.market || position.subaccount != fill.subaccount) continue;
      position.position += fill.side == BookSide::kBid ? -fill.quantity : fill.quantity;
    }
  }
  return absl::OkStatus();
}

// The first `limit` positions that pass the filter, highest market id first.
absl::StatusOr<std::vector<PositionState>> FindPositions(const ExchangeContext& context,
                                                         const PositionFilter& filter,
                                                         std::optional<MarketId> before,
                                                         std::size_t limit) {
  std::vector<PositionState> rows;
  if (!filter.any_market && filter.markets.empty()) return rows;
  if (filter.with_live) rows = LivePositions(context, filter, before, limit);
  EVX_RETURN_IF_ERROR(ApplyReadLag(context, filter.account, rows));
  if (!filter.with_settled) return rows;
  EVX_ASSIGN_OR_RETURN(const auto settled, SettledPositions(context, filter, before, limit));
  rows.insert(rows.end(), settled.begin(), settled.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.market > b.market; });
  if (rows.size() > limit) rows.resize(limit);
  return rows;
}

// What the filter lets through of the events of these positions: an event is summed whole also
// where a page shows a part of it.
absl::StatusOr<std::vector<PositionState>> PositionsOfEvents(
    const ExchangeContext& context, PositionFilter filter,
    const std::vector<PositionState>& positions) {
  std::set<MarketId> markets;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const PositionState& position : positions) {
      const auto& siblings = state.At(state.At(position.market).event).markets;
      markets.insert(siblings.begin(), siblings.end());
    }
  });
  if (!filter.any_market) {
    std::erase_if(markets, [&](MarketId market) {
      return std::find(filter.markets.begin(), filter.markets.end(), market) ==
             filter.markets.end();
    });
  }
  filter.markets.assign(markets.begin(), markets.end());
  filter.any_market = false;
  return FindPositions(context, filter, std::nullopt, SIZE_MAX);
}

void ListPositions(const ExchangeContext& context, std::string_view operation, bool with_live,
                   RestRequest& request, RestReply reply) {
  const auto decoded = kalshi::DecodePositionsQuery(operation, request.http.query());
  if (!decoded.ok()) return reply.Error(decoded.error());
  const auto subaccount = ResolveSubaccount(*request.principal, decoded->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  using Status = kalshi::SettlementStatusFilter;
  PositionFilter filter;
  filter.account = request.account();
  filter.subaccount = *subaccount;
  filter.any_market = decoded->ticker.empty() && decoded->event_ticker.empty();
  filter.markets = MarketsOf(context, {decoded->ticker}, {decoded->event_ticker});
  filter.with_position = decoded->with_position;
  filter.with_total_traded = decoded->with_total_traded;
  filter.with_live = with_live && decoded->settlement_status != Status::kSettled;
  filter.with_settled = !with_live || decoded->settlement_status != Status::kUnsettled;
  filter.archived = !with_live;
  if (decoded->exchange_index.value_or(0) > 0) filter.with_live = filter.with_settled = false;
  const auto limit = static_cast<std::size_t>(decoded->page.limit);
  std::optional<MarketId> before;
  if (const auto cursor = kalshi::ParseCursor(decoded->page.cursor, kPositionsCursor)) {
    before = MarketId(static_cast<std::uint32_t>(cursor->position));
  }
  auto rows = FindPositions(context, filter, before, limit + 1);
  if (!rows.ok()) return reply.Error(ToError(rows.status()));
  kalshi::PositionsResponse response;
  if (CutToPage(*rows, limit)) {
    response.cursor = kalshi::FormatCursor(
        {kPositionsCursor, static_cast<std::int64_t>(rows->back().market.value()), 0, ""});
  }
  const bool is_part = before.has_value() || !response.cursor.empty();
  const auto of_events = is_part ? PositionsOfEvents(context, filter, *rows) : rows;
  if (!of_events.ok()) return reply.Error(ToError(of_events.status()));
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const PositionState& row : *rows) {
      response.market_positions.push_back(ToMarketPosition(row, state.At(row.market).ticker));
    }
    response.event_positions = SumByEvent(state, *of_events);
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

kalshi::Fill ToFill(const FillRow& row, std::string_view ticker, const WireIdCodec& wire_ids) {
  kalshi::Fill fill;
  fill.trade_id = wire_ids.Encode(row.trade_id);
  fill.order_id = wire_ids.Encode(row.order_id);
  fill.ticker = ticker;
  fill.book_side = row.side;
  fill.count = row.quantity;
  fill.yes_price = row.price;
  fill.is_taker = row.is_taker;
  fill.created_time = row.time;
  fill.fee_cost = row.fee;
  fill.subaccount_number = row.subaccount;
  return fill;
}

void ListFills(const ExchangeContext& context, std::string_view operation, bool historical,
               RestRequest& request, RestReply reply) {
  const auto decoded = kalshi::DecodeFillsQuery(operation, request.http.query());
  if (!decoded.ok()) return reply.Error(decoded.error());
  const auto subaccount = FilterSubaccount(*request.principal, decoded->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  FillQuery query;
  query.account = request.account();
  query.subaccount = *subaccount;
  const auto limit = static_cast<std::size_t>(decoded->page.limit);
  query.limit = static_cast<std::uint32_t>(limit + 1);
  query.min_time = IfSet(decoded->min_time);
  query.max_time = IfSet(decoded->max_time);
  KeepSide(historical, HistoricalCutoff(context.clock.Now()).trades_created_time, query.min_time,
           query.max_time);
  query.markets = MarketsOf(context, decoded->tickers, {});
  bool nothing = (!decoded->tickers.empty() && query.markets.empty()) ||
                 decoded->exchange_index.value_or(0) > 0;
  if (!decoded->order_id.empty()) {
    query.order_id = context.wire_ids.DecodeOrder(decoded->order_id);
    nothing = nothing || !query.order_id;
  }
  if (const auto cursor = kalshi::ParseCursor(decoded->page.cursor, kFillsCursor)) {
    query.before = TradeId(static_cast<std::uint64_t>(cursor->position));
  }
  kalshi::FillsResponse response;
  if (!nothing) {
    auto rows = context.history.ListFills(query);
    if (!rows.ok()) return reply.Error(ToError(rows.status()));
    const bool more = CutToPage(*rows, limit);
    const auto tickers = TickersOf(context, *rows);
    for (std::size_t i = 0; i < rows->size(); ++i) {
      response.fills.push_back(ToFill((*rows)[i], tickers[i], context.wire_ids));
    }
    if (more) {
      response.cursor = kalshi::FormatCursor(
          {kFillsCursor, static_cast<std::int64_t>(rows->back().trade_id.value()), 0, ""});
    }
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

// All fees that the subaccounts paid in the markets of these settlements, by (market, subaccount).
using FeesPaid = std::map<std::pair<MarketId, SubaccountNumber>, Money>;
absl::StatusOr<FeesPaid> FeesOf(const ExchangeContext& context, AccountId account,
                                const std::vector<SettlementRow>& rows) {
  FeesPaid fees;
  if (rows.empty()) return fees;
  ClosedPositionQuery query;
  query.account = account;
  for (const SettlementRow& row : rows) query.markets.push_back(row.market);
  EVX_RETURN_IF_ERROR(VisitClosedPositions(context, query, [&](const ClosedPositionRow& row) {
    fees[{row.market, row.subaccount}] = row.fees_paid;
    return true;
  }));
  return fees;
}

kalshi::Settlement ToSettlement(const SettlementRow& row, const FeesPaid& fees,
                                const ReadModel::State& state) {
  const MarketState& market = state.At(row.market);
  kalshi::Settlement settlement;
  settlement.ticker = market.ticker;
  settlement.event_ticker = state.At(market.event).ticker;
  settlement.market_result = ToKalshi(row.result);
  settlement.yes_count = std::max(row.position, Quantity());
  settlement.no_count = std::max(-row.position, Quantity());
  settlement.yes_total_cost = row.yes_cost;
  settlement.no_total_cost = row.no_cost;
  settlement.revenue = row.revenue;
  settlement.settled_time = row.time;
  const auto fee = fees.find({row.market, row.subaccount});
  settlement.fee_cost = fee == fees.end() ? row.fee : fee->second;
  settlement.value = Money::FromMicros(row.settlement_value.micros());
  return settlement;
}

void ListSettlements(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto decoded = kalshi::DecodeSettlementsQuery(request.http.query());
  if (!decoded.ok()) return reply.Error(decoded.error());
  const auto subaccount = FilterSubaccount(*request.principal, decoded->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  SettlementQuery query;
  query.account = request.account();
  query.subaccount = *subaccount;
  const auto limit = static_cast<std::size_t>(decoded->page.limit);
  query.limit = static_cast<std::uint32_t>(limit + 1);
  query.min_time = IfSet(decoded->min_time);
  query.max_time = IfSet(decoded->max_time);
  query.markets = MarketsOf(context, {decoded->ticker}, {decoded->event_ticker});
  const bool filtered = !decoded->ticker.empty() || !decoded->event_ticker.empty();
  if (const auto cursor = kalshi::ParseCursor(decoded->page.cursor, kSettlementsCursor)) {
    query.before = static_cast<std::uint64_t>(cursor->position);
  }
  kalshi::SettlementsResponse response;
  if (!filtered || !query.markets.empty()) {
    auto rows = context.history.ListSettlements(query);
    if (!rows.ok()) return reply.Error(ToError(rows.status()));
    const bool more = CutToPage(*rows, limit);
    const auto fees = FeesOf(context, request.account(), *rows);
    if (!fees.ok()) return reply.Error(ToError(fees.status()));
    context.read_model.Read([&](const ReadModel::State& state) {
      for (const SettlementRow& row : *rows) {
        response.settlements.push_back(ToSettlement(row, *fees, state));
      }
    });
    if (more) {
      response.cursor = kalshi::FormatCursor(
          {kSettlementsCursor, static_cast<std::int64_t>(rows->back().settlement_id), 0, ""});
    }
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

}  // namespace

void AddPortfolioRoutes(RestRouter& router, const ExchangeContext& context) {
  const auto add = [&](std::string_view pattern, std::string_view operation, std::uint16_t scope,
                       auto handler) {
    router.Add({net::HttpMethod::kGet, pattern, operation, AuthRule::kRequired, scope,
                RateBucket::kRead, kDefaultCost,
                [&context, handler](RestRequest& request, RestReply reply) {
                  handler(context, request, std::move(reply));
                }});
  };
  const auto positions = [](std::string_view operation, bool with_live) {
    return [operation, with_live](const ExchangeContext& c, RestRequest& request, RestReply reply) {
      ListPositions(c, operation, with_live, request, std::move(reply));
    };
  };
  const auto fills = [](std::string_view operation, bool historical) {
    return
        [operation, historical](const ExchangeContext& c, RestRequest& request, RestReply reply) {
          ListFills(c, operation, historical, request, std::move(reply));
        };
  };
  add("/trade-api/v2/portfolio/balance", "GetBalance", venue::kScopeReadPortfolioBalance,
      GetBalance);
  add("/trade-api/v2/portfolio/summary/total_resting_order_value",
      "GetPortfolioRestingOrderTotalValue", venue::kScopeRead, GetRestingOrderValue);
  add("/trade-api/v2/portfolio/positions", "GetPositions", venue::kScopeRead,
      positions("GetPositions", true));
  add("/trade-api/v2/historical/positions", "GetHistoricalPositions", venue::kScopeRead,
      positions("GetHistoricalPositions", false));
  add("/trade-api/v2/portfolio/fills", "GetFills", venue::kScopeRead, fills("GetFills", false));
  add("/trade-api/v2/historical/fills", "GetFillsHistorical", venue::kScopeRead,
      fills("GetFillsHistorical", true));
  add("/trade-api/v2/portfolio/settlements", "GetSettlements", venue::kScopeRead, ListSettlements);
}

}  // namespace evx::mock_kalshi
