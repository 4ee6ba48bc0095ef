// Markets: list, one, order books, trades.

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "catalogue/catalogue_view.h"
#include "conversions.h"
#include "evx/kalshi/queries.h"
#include "read_model/market_list.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

void GetMarkets(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeMarketsQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  reply.Json(200, kalshi::EncodeJson(ListMarkets(context, *query, /*historical=*/false)));
}

void GetMarket(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const Timestamp now = context.clock.Now();
  std::optional<kalshi::Market> market;
  context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* known = state.FindMarket(request.path_parameters[0]);
    if (known == nullptr || IsHistorical(*known, now)) return;
    market = ToKalshi(state, *known, context.catalogue_facts, now);
  });
  if (!market) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
  reply.Json(200, kalshi::EncodeJson(kalshi::MarketResponse{*std::move(market)}));
}

// Encoded whole books, each as of the book's last change: the busiest read of the exchange asks for
// the same book many times between two changes. Bounded by the number of markets with a book that
// was ever asked for; a market that is over takes a few bytes.
class BookBodies {
 public:
  // The body of the book; encodes it when it has changed since. Called under ReadModel::Read.
  std::shared_ptr<const std::string> Of(const MarketState& market) {
    {
      const std::lock_guard lock(mutex_);
      const Entry& entry = entries_[market.market];
      if (entry.body != nullptr && entry.sequence_number == market.book.sequence_number) {
        return entry.body;
      }
    }
    auto body = std::make_shared<const std::string>(
        kalshi::EncodeJson(kalshi::OrderBookResponse{ToKalshi(market.book, 0)}));
    const std::lock_guard lock(mutex_);
    entries_[market.market] = {market.book.sequence_number, body};
    return body;
  }

 private:
  struct Entry {
    SequenceNumber sequence_number;
    std::shared_ptr<const std::string> body;
  };
  std::mutex mutex_;
  std::unordered_map<MarketId, Entry> entries_;
};

void GetOrderBook(const ExchangeContext& context, BookBodies& bodies, RestRequest& request,
                  RestReply reply) {
  int depth = 0;
  if (!request.http.query().empty()) {
    const auto query = kalshi::DecodeOrderBookQuery(request.http.query());
    if (!query.ok()) return reply.Error(query.error());
    depth = query->depth;
  }
  std::shared_ptr<const std::string> whole;
  std::optional<kalshi::OrderBook> part;
  context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* market = state.FindMarket(request.path_parameters[0]);
    if (market == nullptr) return;
    if (depth == 0) {
      whole = bodies.Of(*market);
    } else {
      part = ToKalshi(market->book, depth);
    }
  });
  if (whole != nullptr) return reply.Json(200, *whole);
  if (!part) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
  reply.Json(200, kalshi::EncodeJson(kalshi::OrderBookResponse{*std::move(part)}));
}

// Unknown tickers are left out.
void GetOrderBooks(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeOrderBooksQuery(request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  kalshi::OrderBooksResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const std::string& ticker : query->tickers) {
      const MarketState* market = state.FindMarket(ticker);
      if (market != nullptr) response.orderbooks.push_back({ticker, ToKalshi(market->book, 0)});
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetTrades(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto query = kalshi::DecodeTradesQuery("GetTrades", request.http.query());
  if (!query.ok()) return reply.Error(query.error());
  const auto trades = ListTrades(context, *query, /*historical=*/false);
  if (!trades.ok()) return reply.Error(ToError(trades.status()));
  reply.Json(200, kalshi::EncodeJson(*trades));
}

}  // namespace

void AddMarketRoutes(RestRouter& router, const ExchangeContext& context) {
  const auto bodies = std::make_shared<BookBodies>();
  AddPublicRead(router, context, "/trade-api/v2/markets", "GetMarkets", GetMarkets);
  AddPublicRead(router, context, "/trade-api/v2/markets/trades", "GetTrades", GetTrades);
  AddPublicRead(router, context, "/trade-api/v2/markets/orderbooks", "GetMarketOrderbooks",
                GetOrderBooks);
  AddPublicRead(router, context, "/trade-api/v2/markets/{ticker}", "GetMarket", GetMarket);
  AddPublicRead(router, context, "/trade-api/v2/markets/{ticker}/orderbook", "GetMarketOrderbook",
                [bodies](const ExchangeContext& c, RestRequest& request, RestReply reply) {
                  GetOrderBook(c, *bodies, request, std::move(reply));
                });
}

}  // namespace evx::mock_kalshi
