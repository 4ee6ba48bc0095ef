#include "evx/kalshi_client/kalshi_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "evx/core/status.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/query.h"
#include "key_file.h"

namespace evx::kalshi_client {
namespace {

using net::HttpMethod;

// Largest page the venue serves.
constexpr int kPageLimit = 1'000;

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(std::unique_ptr<net::HttpClient> client) : client_(std::move(client)) {}
  absl::StatusOr<net::HttpClientResponse> Send(const net::HttpClientRequest& request) override {
    return client_->Send(request);
  }

 private:
  const std::unique_ptr<net::HttpClient> client_;
};

// "http://host:port/path" as {"http://host:port", "/path"}; a trailing slash is cut off.
absl::StatusOr<std::pair<std::string, std::string>> SplitBaseUrl(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return InvalidArgument("base_url " + std::string(url) + " is not of the form http://host/path");
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t path = url.find('/', scheme + 3);
  if (path == std::string_view::npos) return std::pair(std::string(url), std::string());
  return std::pair(std::string(url.substr(0, path)), std::string(url.substr(path)));
}

// What an attempt came to.
enum class Outcome : std::uint8_t {
  kDone,        // Answered, well or with a definite refusal.
  kNotStarted,  // Nothing has happened: 429, or the server was not reached.
  kUnknown,     // It may have been executed: 5xx, time limit, broken connection.
};

Outcome Classify(const absl::StatusOr<net::HttpClientResponse>& response) {
  if (response.ok()) {
    if (response->status == 429) return Outcome::kNotStarted;
    return response->status == 408 || response->status >= 500 ? Outcome::kUnknown : Outcome::kDone;
  }
  switch (response.status().code()) {
    case absl::StatusCode::kUnavailable:
      return Outcome::kNotStarted;
    case absl::StatusCode::kInvalidArgument:
      return Outcome::kDone;
    default:
      return Outcome::kUnknown;
  }
}

absl::Status ErrorOf(const absl::StatusOr<net::HttpClientResponse>& response) {
  if (!response.ok()) return response.status();
  return kalshi::ToStatus(kalshi::ParseError(response->status, response->body));
}

kalshi::ScopeQuery OfSubaccount(std::optional<SubaccountNumber> subaccount) {
  kalshi::ScopeQuery scope;
  scope.subaccount = subaccount;
  return scope;
}

std::string OrderPath(std::string_view order_id, std::string_view verb = {}) {
  return "/portfolio/events/orders/" + kalshi::EncodeUrl(order_id) + std::string(verb);
}

std::string GroupPath(std::string_view group_id, std::string_view verb = {}) {
  return "/portfolio/order_groups/" + kalshi::EncodeUrl(group_id) + std::string(verb);
}

// Follows cursors with `get`, which takes a query and gives a page, and `items`, which names the
// list of the page.
template <class Item, class Query, class Get, class Items>
absl::StatusOr<std::vector<Item>> GetAll(Query query, std::size_t count_max, Get get, Items items) {
  std::vector<Item> all;
  query.page.limit = kPageLimit;
  do {
    auto page = get(query);
    if (!page.ok()) return page.status();
    std::vector<Item>& list = items(*page);
    if (all.size() + list.size() > count_max) {
      return ResourceExhausted("the list has more than " + std::to_string(count_max) + " items");
    }
    // A cursor without items would never end.
    if (list.empty()) break;
    std::move(list.begin(), list.end(), std::back_inserter(all));
    query.page.cursor = std::move(page->cursor);
  } while (!query.page.cursor.empty());
  return all;
}

}  // namespace

struct KalshiClient::Call {
  HttpMethod method = HttpMethod::kGet;
  // Behind the prefix.
  std::string path;
  std::string query;
  std::string body;
  // The path stands alone: it is not of the venue's API.
  bool without_prefix = false;
};

absl::StatusOr<std::unique_ptr<KalshiClient>> KalshiClient::Create(Options options,
                                                                   const Clock& clock) {
  EVX_ASSIGN_OR_RETURN(const auto url, SplitBaseUrl(options.base_url));
  if (options.key_id.empty() != options.private_key_file.empty()) {
    return InvalidArgument("key_id and private_key_file belong together");
  }
  std::optional<kalshi::PrivateKey> key;
  if (!options.key_id.empty()) {
    EVX_ASSIGN_OR_RETURN(key, ReadKeyFile(options.private_key_file));
  }
  net::HttpClient::Options http;
  http.base_url = url.first;
  http.connect_timeout = options.connect_timeout;
  http.read_timeout = options.response_timeout;
  http.write_timeout = options.response_timeout;
  http.ca_certificate_file = options.ca_certificate_file;
  http.verify_certificate = options.verify_certificate;
  EVX_ASSIGN_OR_RETURN(auto client, net::HttpClient::Create(std::move(http)));
  return std::make_unique<KalshiClient>(std::make_unique<HttpTransport>(std::move(client)),
                                        url.second, std::move(options.key_id), std::move(key),
                                        options.retry, clock, absl::SleepFor);
}

KalshiClient::KalshiClient(std::unique_ptr<Transport> transport, std::string path_prefix,
                           std::string key_id, std::optional<kalshi::PrivateKey> key,
                           RetryPolicy retry, const Clock& clock,
                           std::function<void(absl::Duration)> sleep)
    : transport_(std::move(transport)),
      path_prefix_(std::move(path_prefix)),
      key_id_(std::move(key_id)),
      key_(std::move(key)),
      retry_(retry),
      clock_(clock),
      sleep_(std::move(sleep)) {}

KalshiClient::~KalshiClient() = default;

absl::StatusOr<net::HttpClientResponse> KalshiClient::SendOnce(const Call& call,
                                                               const std::string& target) {
  net::HttpClientRequest request;
  request.method = call.method;
  request.target = target;
  request.body = call.body;
  if (key_) {
    const auto signature =
        kalshi::SignRequest(*key_, key_id_, clock_.Now(), net::ToString(call.method), target);
    request.headers = {{std::string(kalshi::kAccessKeyHeader), signature.key_id},
                       {std::string(kalshi::kAccessTimestampHeader), signature.timestamp_ms},
                       {std::string(kalshi::kAccessSignatureHeader), signature.signature}};
  }
  return transport_->Send(request);
}

absl::StatusOr<std::string> KalshiClient::Send(const Call& call) {
  std::string target = call.without_prefix ? call.path : path_prefix_ + call.path;
  if (!call.query.empty()) target += "?" + call.query;
  const bool is_read = call.method == HttpMethod::kGet;
  absl::Duration backoff = retry_.backoff;
  for (int attempt = 1;; ++attempt) {
    auto response = SendOnce(call, target);
    const Outcome outcome = Classify(response);
    if (outcome == Outcome::kDone) {
      if (response.ok() && response->status / 100 == 2) return std::move(response->body);
      return ErrorOf(response);
    }
    const bool may_repeat = outcome == Outcome::kNotStarted || is_read;
    if (!may_repeat) {
      return absl::UnknownError(absl::StrCat("outcome unknown: ", ErrorOf(response).message()));
    }
    if (attempt >= retry_.attempts_max) return ErrorOf(response);
    sleep_(backoff);
    backoff = std::min(backoff * 2, retry_.backoff_max);
  }
}

template <class Message>
absl::StatusOr<Message> KalshiClient::SendFor(const Call& call) {
  EVX_ASSIGN_OR_RETURN(const std::string body, Send(call));
  auto message = kalshi::DecodeJson<Message>(body);
  if (message.ok()) return message;
  const std::string fault =
      absl::StrCat("answer of ", ToAbsl(call.path), ": ", message.status().message());
  // What was asked for has happened, only its answer cannot be read.
  if (call.method != HttpMethod::kGet) {
    return absl::UnknownError(ToAbsl("outcome unknown: " + fault));
  }
  return Internal(fault);
}

absl::Status KalshiClient::SendForNothing(const Call& call) { return Send(call).status(); }

absl::StatusOr<kalshi::CreateOrderResponse> KalshiClient::CreateOrder(
    const kalshi::CreateOrderRequest& request) {
  return SendFor<kalshi::CreateOrderResponse>({.method = HttpMethod::kPost,
                                               .path = "/portfolio/events/orders",
                                               .body = kalshi::EncodeCreateOrder(request)});
}

absl::StatusOr<kalshi::BatchCreateOrdersResponse> KalshiClient::BatchCreateOrders(
    const std::vector<kalshi::CreateOrderRequest>& orders) {
  return SendFor<kalshi::BatchCreateOrdersResponse>(
      {.method = HttpMethod::kPost,
       .path = "/portfolio/events/orders/batched",
       .body = kalshi::EncodeBatchCreateOrders(orders)});
}

absl::StatusOr<kalshi::CancelOrderResponse> KalshiClient::CancelOrder(
    const kalshi::CancelOrderItem& order) {
  kalshi::ScopeQuery scope;
  scope.subaccount = order.subaccount;
  scope.exchange_index = order.exchange_index;
  scope.market_ticker = order.market_ticker.value_or("");
  return SendFor<kalshi::CancelOrderResponse>({.method = HttpMethod::kDelete,
                                               .path = OrderPath(order.order_id),
                                               .query = kalshi::EncodeQuery(scope)});
}

absl::StatusOr<kalshi::BatchCancelOrdersResponse> KalshiClient::BatchCancelOrders(
    const std::vector<kalshi::CancelOrderItem>& orders) {
  return SendFor<kalshi::BatchCancelOrdersResponse>(
      {.method = HttpMethod::kDelete,
       .path = "/portfolio/events/orders/batched",
       .body = kalshi::EncodeBatchCancelOrders(orders)});
}

absl::Status KalshiClient::CancelAllOrders(std::optional<SubaccountNumber> subaccount) {
  return SendForNothing({.method = HttpMethod::kDelete,
                         .path = "/portfolio/events/orders",
                         .query = kalshi::EncodeQuery(OfSubaccount(subaccount))});
}

absl::StatusOr<kalshi::AmendOrderResponse> KalshiClient::AmendOrder(
    std::string_view order_id, const kalshi::AmendOrderRequest& request,
    std::optional<SubaccountNumber> subaccount) {
  return SendFor<kalshi::AmendOrderResponse>(
      {.method = HttpMethod::kPost,
       .path = OrderPath(order_id, "/amend"),
       .query = kalshi::EncodeQuery(OfSubaccount(subaccount)),
       .body = kalshi::EncodeAmendOrder(request)});
}

absl::StatusOr<kalshi::DecreaseOrderResponse> KalshiClient::DecreaseOrder(
    std::string_view order_id, const kalshi::DecreaseOrderRequest& request,
    std::optional<SubaccountNumber> subaccount) {
  return SendFor<kalshi::DecreaseOrderResponse>(
      {.method = HttpMethod::kPost,
       .path = OrderPath(order_id, "/decrease"),
       .query = kalshi::EncodeQuery(OfSubaccount(subaccount)),
       .body = kalshi::EncodeDecreaseOrder(request)});
}

absl::StatusOr<kalshi::CreateOrderGroupResponse> KalshiClient::CreateOrderGroup(
    const kalshi::CreateOrderGroupRequest& request) {
  return SendFor<kalshi::CreateOrderGroupResponse>(
      {.method = HttpMethod::kPost,
       .path = "/portfolio/order_groups/create",
       .body = kalshi::EncodeCreateOrderGroup(request)});
}

absl::Status KalshiClient::UpdateOrderGroupLimit(std::string_view order_group_id,
                                                 Quantity contracts_limit,
                                                 const kalshi::ScopeQuery& scope) {
  return SendForNothing({.method = HttpMethod::kPut,
                         .path = GroupPath(order_group_id, "/limit"),
                         .query = kalshi::EncodeQuery(scope),
                         .body = kalshi::EncodeUpdateOrderGroupLimit(contracts_limit)});
}

absl::Status KalshiClient::ResetOrderGroup(std::string_view order_group_id,
                                           const kalshi::ScopeQuery& scope) {
  return SendForNothing({.method = HttpMethod::kPut,
                         .path = GroupPath(order_group_id, "/reset"),
                         .query = kalshi::EncodeQuery(scope),
                         .body = "{}"});
}

absl::Status KalshiClient::TriggerOrderGroup(std::string_view order_group_id,
                                             const kalshi::ScopeQuery& scope) {
  return SendForNothing({.method = HttpMethod::kPut,
                         .path = GroupPath(order_group_id, "/trigger"),
                         .query = kalshi::EncodeQuery(scope),
                         .body = "{}"});
}

absl::Status KalshiClient::DeleteOrderGroup(std::string_view order_group_id,
                                            const kalshi::ScopeQuery& scope) {
  return SendForNothing({.method = HttpMethod::kDelete,
                         .path = GroupPath(order_group_id),
                         .query = kalshi::EncodeQuery(scope)});
}

absl::StatusOr<kalshi::OrderGroupsResponse> KalshiClient::GetOrderGroups(
    const kalshi::ScopeQuery& scope) {
  return SendFor<kalshi::OrderGroupsResponse>(
      {.path = "/portfolio/order_groups", .query = kalshi::EncodeQuery(scope)});
}

absl::StatusOr<kalshi::OrderGroupResponse> KalshiClient::GetOrderGroup(
    std::string_view order_group_id, const kalshi::ScopeQuery& scope) {
  return SendFor<kalshi::OrderGroupResponse>(
      {.path = GroupPath(order_group_id), .query = kalshi::EncodeQuery(scope)});
}

absl::StatusOr<kalshi::ExchangeStatusResponse> KalshiClient::GetExchangeStatus() {
  return SendFor<kalshi::ExchangeStatusResponse>({.path = "/exchange/status"});
}

absl::StatusOr<kalshi::ClockResponse> KalshiClient::GetClock() {
  return SendFor<kalshi::ClockResponse>({.path = "/evx/v1/clock", .without_prefix = true});
}

absl::StatusOr<kalshi::Market> KalshiClient::GetMarket(std::string_view ticker) {
  EVX_ASSIGN_OR_RETURN(auto response, SendFor<kalshi::MarketResponse>(
                                          {.path = "/markets/" + kalshi::EncodeUrl(ticker)}));
  return std::move(response.market);
}

absl::StatusOr<kalshi::MarketsResponse> KalshiClient::GetMarkets(
    const kalshi::MarketsQuery& query) {
  return SendFor<kalshi::MarketsResponse>(
      {.path = "/markets", .query = kalshi::EncodeQuery(query)});
}

absl::StatusOr<kalshi::EventsResponse> KalshiClient::GetEvents(const kalshi::EventsQuery& query) {
  return SendFor<kalshi::EventsResponse>({.path = "/events", .query = kalshi::EncodeQuery(query)});
}

absl::StatusOr<kalshi::Series> KalshiClient::GetSeries(std::string_view series_ticker) {
  EVX_ASSIGN_OR_RETURN(auto response, SendFor<kalshi::SeriesResponse>(
                                          {.path = "/series/" + kalshi::EncodeUrl(series_ticker)}));
  return std::move(response.series);
}

absl::StatusOr<kalshi::OrderBook> KalshiClient::GetOrderBook(std::string_view ticker, int depth) {
  EVX_ASSIGN_OR_RETURN(auto response,
                       SendFor<kalshi::OrderBookResponse>(
                           {.path = "/markets/" + kalshi::EncodeUrl(ticker) + "/orderbook",
                            .query = kalshi::EncodeQuery(kalshi::OrderBookQuery{depth})}));
  return std::move(response.book);
}

absl::StatusOr<kalshi::TradesResponse> KalshiClient::GetTrades(const kalshi::TradesQuery& query) {
  return SendFor<kalshi::TradesResponse>(
      {.path = "/markets/trades", .query = kalshi::EncodeQuery(query)});
}

absl::StatusOr<kalshi::Order> KalshiClient::GetOrder(std::string_view order_id) {
  EVX_ASSIGN_OR_RETURN(
      auto response,
      SendFor<kalshi::OrderResponse>({.path = "/portfolio/orders/" + kalshi::EncodeUrl(order_id)}));
  return std::move(response.order);
}

absl::StatusOr<kalshi::OrdersResponse> KalshiClient::GetOrders(const kalshi::OrdersQuery& query) {
  return SendFor<kalshi::OrdersResponse>(
      {.path = "/portfolio/orders", .query = kalshi::EncodeQuery(query)});
}

absl::StatusOr<kalshi::FillsResponse> KalshiClient::GetFills(const kalshi::FillsQuery& query) {
  return SendFor<kalshi::FillsResponse>(
      {.path = "/portfolio/fills", .query = kalshi::EncodeQuery(query)});
}

absl::StatusOr<kalshi::PositionsResponse> KalshiClient::GetPositions(
    const kalshi::PositionsQuery& query) {
  return SendFor<kalshi::PositionsResponse>(
      {.path = "/portfolio/positions", .query = kalshi::EncodeQuery(query)});
}

absl::StatusOr<kalshi::SettlementsResponse> KalshiClient::GetSettlements(
    const kalshi::SettlementsQuery& query) {
  return SendFor<kalshi::SettlementsResponse>(
      {.path = "/portfolio/settlements", .query = kalshi::EncodeQuery(query)});
}

absl::StatusOr<kalshi::BalanceResponse> KalshiClient::GetBalance(const kalshi::ScopeQuery& scope) {
  return SendFor<kalshi::BalanceResponse>(
      {.path = "/portfolio/balance", .query = kalshi::EncodeQuery(scope)});
}

absl::StatusOr<std::vector<kalshi::Market>> KalshiClient::GetAllMarkets(kalshi::MarketsQuery query,
                                                                        std::size_t count_max) {
  return GetAll<kalshi::Market>(
      std::move(query), count_max, [this](const auto& page) { return GetMarkets(page); },
      [](kalshi::MarketsResponse & page) -> auto& { return page.markets; });
}

absl::StatusOr<std::vector<kalshi::Order>> KalshiClient::GetAllOrders(kalshi::OrdersQuery query,
                                                                      std::size_t count_max) {
  return GetAll<kalshi::Order>(
      std::move(query), count_max, [this](const auto& page) { return GetOrders(page); },
      [](kalshi::OrdersResponse & page) -> auto& { return page.orders; });
}

absl::StatusOr<std::vector<kalshi::Fill>> KalshiClient::GetAllFills(kalshi::FillsQuery query,
                                                                    std::size_t count_max) {
  return GetAll<kalshi::Fill>(
      std::move(query), count_max, [this](const auto& page) { return GetFills(page); },
      [](kalshi::FillsResponse & page) -> auto& { return page.fills; });
}

}  // namespace evx::kalshi_client
