#include "admin_api.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "json_error.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "/api/admin/";
constexpr std::string_view kMarkets = "markets/";
constexpr std::string_view kOrderBook = "orderbook/";

std::string Text(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

net::HttpResponse Answer(const Json& body, int status = 200) {
  net::HttpResponse response;
  response.status = status;
  response.body = Text(body);
  return response;
}

net::HttpResponse BadParameter(std::string_view name, std::string_view bounds) {
  return JsonError(400, "bad_parameter", absl::StrFormat("%s must be %s", name, bounds));
}

net::HttpResponse UnknownMarket(std::string_view ticker) {
  return JsonError(404, "not_found", absl::StrFormat("market %s was never followed here", ticker));
}

// `value` stays as it is when the parameter is absent; false: out of bounds.
bool ReadInteger(const kalshi::QueryString& query, std::string_view name, int max, int& value) {
  const auto text = query.Get(name);
  return !text || (absl::SimpleAtoi(ToAbsl(*text), &value) && value >= 1 && value <= max);
}

Json StatusJson(const absl::Status& status) {
  return status.ok() ? Json("OK") : Json(MessageOf(status));
}

Json LevelJson(const book::Level& level) {
  return {{"price_micros", level.price.micros()}, {"quantity_centis", level.quantity.centis()}};
}

Json LevelJson(const std::optional<book::Level>& level) {
  return level ? LevelJson(*level) : Json(nullptr);
}

Json LevelsJson(const std::vector<book::Level>& levels) {
  Json list = Json::array();
  for (const book::Level& level : levels) list.push_back(LevelJson(level));
  return list;
}

Json MarketJson(const MarketView& market) {
  return {{"ticker", market.ticker},
          {"subscribed", market.is_subscribed},
          {"book", market.is_proven ? "proven" : "in_doubt"},
          {"book_sequence", market.places[Topic::kBook]},
          {"trade_sequence", market.places[Topic::kTrades]},
          {"ticker_sequence", market.places[Topic::kTickers]},
          {"bid_count", market.bid_count},
          {"ask_count", market.ask_count},
          {"best_bid", LevelJson(market.best_bid)},
          {"best_ask", LevelJson(market.best_ask)},
          {"updated_ns", market.updated.nanos()}};
}

// Without a lease, the one server there is leads.
Json LeadershipJson(const std::optional<LeadershipView>& view) {
  if (!view) return {{"role", "leader"}, {"lease", nullptr}};
  return {{"role", view->is_leader ? "leader" : "standby"},
          {"leader", view->leader},
          {"epoch", view->epoch},
          {"lease", StatusJson(view->lease)},
          {"standby", StatusJson(view->standby)}};
}

}  // namespace

AdminApi::AdminApi(AdminSources sources, const MarketPipeline& pipeline, const Probe& probe,
                   const service::OpsHandler& ops)
    : sources_(std::move(sources)), pipeline_(pipeline), probe_(probe), ops_(ops) {}

net::HttpResponse AdminApi::Handle(const net::HttpRequest& request) const {
  if (auto answer = ops_.Handle(request)) return *std::move(answer);
  std::string_view path = request.path();
  if (!path.starts_with(kPrefix)) return JsonError(404, "not_found", "no such path");
  path.remove_prefix(kPrefix.size());
  if (path == "markets/refresh") {
    if (request.method() != net::HttpMethod::kPost) {
      net::HttpResponse response = JsonError(405, "method_not_allowed", "only POST");
      response.headers.push_back({"Allow", "POST"});
      return response;
    }
    sources_.refresh_markets();
    return Answer({{"accepted", true}}, 202);
  }
  if (request.method() != net::HttpMethod::kGet && request.method() != net::HttpMethod::kHead) {
    net::HttpResponse response = JsonError(405, "method_not_allowed", "only GET and HEAD");
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  if (path == "stats") {
    net::HttpResponse response;
    response.body = Statistics();
    return response;
  }
  const auto query = kalshi::QueryString::Parse(request.query());
  if (path == "errors") return Errors(query);
  if (path == "markets") return Markets(query, /*takes_prefix=*/false);
  if (path == "markets/search") return Markets(query, /*takes_prefix=*/true);
  for (const std::string_view prefix : {kMarkets, kOrderBook}) {
    if (!path.starts_with(prefix)) continue;
    const auto ticker = kalshi::DecodePathSegment(path.substr(prefix.size()));
    if (!ticker) break;
    return prefix == kMarkets ? Market(*ticker) : OrderBook(*ticker, query);
  }
  return JsonError(404, "not_found", "no such path");
}

std::string AdminApi::Statistics() const {
  const std::uint64_t deltas = probe_.book_messages(BookKind::kDelta);
  std::uint64_t book_messages = 0;
  Json messages;
  for (std::size_t i = 0; i < kBookKindCount; ++i) {
    const auto kind = static_cast<BookKind>(i);
    book_messages += probe_.book_messages(kind);
    messages[std::string(ToString(kind))] = probe_.book_messages(kind);
  }
  messages["trade"] = probe_.trade_messages();
  messages["ticker"] = probe_.ticker_messages();
  messages["error"] = probe_.error_messages();
  Json dropped;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    dropped[std::string(ToString(reason))] = probe_.dropped(reason);
  }
  Json gaps;
  for (int i = pb::GapCause_MIN + 1; i <= pb::GapCause_MAX; ++i) {
    const auto cause = static_cast<pb::GapCause>(i);
    gaps[std::string(ToString(cause))] = probe_.gaps(cause);
  }
  const kalshi_client::FeedStats feed = sources_.feed();
  const std::size_t market_count = pipeline_.market_count();
  const std::size_t proven_count = pipeline_.proven_count();
  return Text(
      {{"source", sources_.source},
       {"leadership", LeadershipJson(sources_.leadership())},
       {"frames", probe_.frames()},
       {"messages", messages},
       {"committed_messages", probe_.committed()},
       // For people: of all book messages.
       {"delta_share", book_messages == 0
                           ? 0.0
                           : static_cast<double>(deltas) / static_cast<double>(book_messages)},
       {"dropped", dropped},
       {"gaps", gaps},
       {"markets",
        {{"subscribed", market_count},
         {"proven", proven_count},
         {"in_doubt", market_count - std::min(market_count, proven_count)}}},
       {"connections", {{"open", feed.connections_open}, {"attempts", feed.connects_total}}},
       {"queue_bytes", sources_.queue_bytes()},
       {"kafka", StatusJson(sources_.publisher())},
       {"market_list", StatusJson(sources_.directory())}});
}

net::HttpResponse AdminApi::Markets(const kalshi::QueryString& query, bool takes_prefix) const {
  int limit = kLimitDefault;
  if (!ReadInteger(query, "limit", kLimitMax, limit)) {
    return BadParameter("limit", absl::StrFormat("1..%d", kLimitMax));
  }
  const std::string_view prefix =
      takes_prefix ? query.Get("prefix").value_or("") : std::string_view();
  if (takes_prefix && prefix.empty()) return BadParameter("prefix", "there");
  const std::vector<MarketView> found = pipeline_.ListMarkets(
      prefix, query.Get("cursor").value_or(""), static_cast<std::size_t>(limit));
  Json list = Json::array();
  for (const MarketView& market : found) list.push_back(MarketJson(market));
  const bool is_full = found.size() == static_cast<std::size_t>(limit);
  return Answer({{"markets", list}, {"cursor", is_full ? found.back().ticker : ""}});
}

net::HttpResponse AdminApi::Errors(const kalshi::QueryString& query) const {
  int limit = kLimitDefault;
  if (!ReadInteger(query, "limit", kLimitMax, limit)) {
    return BadParameter("limit", absl::StrFormat("1..%d", kLimitMax));
  }
  Json list = Json::array();
  for (const pb::ErrorMessage& error : sources_.errors.List(static_cast<std::size_t>(limit))) {
    list.push_back({{"time_ns", error.time_ns()},
                    {"kind", error.kind()},
                    {"detail", error.detail()},
                    {"market_ticker", error.market_ticker()},
                    {"payload", error.payload()},
                    {"trace_id", error.trace_id()}});
  }
  return Answer({{"errors", list}});
}

net::HttpResponse AdminApi::Market(std::string_view ticker) const {
  const auto market = pipeline_.FindMarket(ticker);
  return market ? Answer(MarketJson(*market)) : UnknownMarket(ticker);
}

net::HttpResponse AdminApi::OrderBook(std::string_view ticker,
                                      const kalshi::QueryString& query) const {
  int depth = std::numeric_limits<int>::max();
  if (!ReadInteger(query, "depth", depth, depth)) {
    return BadParameter("depth", absl::StrFormat("1..%d", std::numeric_limits<int>::max()));
  }
  const auto book = pipeline_.FindBook(ticker, static_cast<std::size_t>(depth));
  if (!book) return UnknownMarket(ticker);
  if (!book->is_proven) {
    return JsonError(503, "book_in_doubt",
                     absl::StrFormat("the book of %s waits for a snapshot of the venue", ticker));
  }
  return Answer({{"ticker", ticker},
                 {"book_sequence", book->sequence},
                 {"book_hash", absl::StrFormat("%016x", book->hash)},
                 {"bids", LevelsJson(book->bids)},
                 {"asks", LevelsJson(book->asks)}});
}

}  // namespace evx::market_data
