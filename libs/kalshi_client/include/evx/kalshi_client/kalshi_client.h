#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/kalshi/clock_message.h"
#include "evx/kalshi/exchange_messages.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/portfolio_messages.h"
#include "evx/kalshi/queries.h"
#include "evx/kalshi/requests.h"
#include "evx/kalshi/signing.h"
#include "evx/net/http_client.h"

namespace evx::kalshi_client {

// How HTTP is done, so that the client can be tested without sockets. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;
  // Codes as net::HttpClient::Send gives them.
  virtual absl::StatusOr<net::HttpClientResponse> Send(const net::HttpClientRequest& request) = 0;
};

// What is sent again, and when. After a definite refusal nothing is. After 429, and when the
// server was not reached, nothing has happened and every request is sent again. After 5xx, a time
// limit or a broken connection reads are sent again; of writes the outcome is unknown, and only the
// caller can find out.
struct RetryPolicy {
  int attempts_max = 3;
  // Before the second attempt; doubles with each further one.
  absl::Duration backoff = absl::Milliseconds(100);
  absl::Duration backoff_max = absl::Seconds(2);
};

// A REST client of the venue, ours or the real one: the verbs that our participants use.
//
// Thread-safe and blocking; a call holds a connection of the pool while it waits. Every request is
// signed when there is a key; without one only public reads succeed.
//
// Errors: kalshi::ToStatus of the venue's answer, whose message starts with the venue's code
// (kalshi::VenueCode gives it back); UNAVAILABLE when the server was not reached; UNKNOWN when the
// outcome of a write is unknown. Then the same order may be sent again with the same client order
// id: ALREADY_EXISTS says that the first one was accepted, and GetOrders finds it.
class KalshiClient {
 public:
  struct Options {
    // With the path of the API: "http://127.0.0.1:9090/trade-api/v2".
    std::string base_url;
    // Both or neither. The file holds the private key as PEM.
    std::string key_id;
    std::string private_key_file;
    RetryPolicy retry;
    absl::Duration connect_timeout = absl::Seconds(3);
    absl::Duration response_timeout = absl::Seconds(10);
    // PEM; empty takes the system's certificate authorities.
    std::string ca_certificate_file;
    bool verify_certificate = true;
  };

  // INVALID_ARGUMENT names the option at fault. `clock` stamps signatures and must outlive the
  // client.
  static absl::StatusOr<std::unique_ptr<KalshiClient>> Create(Options options, const Clock& clock);

  // For tests: no file, no socket, and `sleep` instead of waiting. `path_prefix`:
  // "/trade-api/v2".
  KalshiClient(std::unique_ptr<Transport> transport, std::string path_prefix, std::string key_id,
               std::optional<kalshi::PrivateKey> key, RetryPolicy retry, const Clock& clock,
               std::function<void(absl::Duration)> sleep);
  KalshiClient(const KalshiClient&) = delete;
  KalshiClient& operator=(const KalshiClient&) = delete;
  ~KalshiClient();

  // Orders.
  absl::StatusOr<kalshi::CreateOrderResponse> CreateOrder(
      const kalshi::CreateOrderRequest& request);
  // Items may fail one by one; look at their errors.
  absl::StatusOr<kalshi::BatchCreateOrdersResponse> BatchCreateOrders(
      const std::vector<kalshi::CreateOrderRequest>& orders);
  absl::StatusOr<kalshi::CancelOrderResponse> CancelOrder(const kalshi::CancelOrderItem& order);
  absl::StatusOr<kalshi::BatchCancelOrdersResponse> BatchCancelOrders(
      const std::vector<kalshi::CancelOrderItem>& orders);
  absl::Status CancelAllOrders(std::optional<SubaccountNumber> subaccount = std::nullopt);
  absl::StatusOr<kalshi::AmendOrderResponse> AmendOrder(
      std::string_view order_id, const kalshi::AmendOrderRequest& request,
      std::optional<SubaccountNumber> subaccount = std::nullopt);
  absl::StatusOr<kalshi::DecreaseOrderResponse> DecreaseOrder(
      std::string_view order_id, const kalshi::DecreaseOrderRequest& request,
      std::optional<SubaccountNumber> subaccount = std::nullopt);

  // Order groups.
  absl::StatusOr<kalshi::CreateOrderGroupResponse> CreateOrderGroup(
      const kalshi::CreateOrderGroupRequest& request);
  absl::Status UpdateOrderGroupLimit(std::string_view order_group_id, Quantity contracts_limit,
                                     const kalshi::ScopeQuery& scope = {});
  absl::Status ResetOrderGroup(std::string_view order_group_id,
                               const kalshi::ScopeQuery& scope = {});
  // Cancels the group's orders and refuses new ones until a reset.
  absl::Status TriggerOrderGroup(std::string_view order_group_id,
                                 const kalshi::ScopeQuery& scope = {});
  absl::Status DeleteOrderGroup(std::string_view order_group_id,
                                const kalshi::ScopeQuery& scope = {});
  absl::StatusOr<kalshi::OrderGroupsResponse> GetOrderGroups(const kalshi::ScopeQuery& scope = {});
  absl::StatusOr<kalshi::OrderGroupResponse> GetOrderGroup(std::string_view order_group_id,
                                                           const kalshi::ScopeQuery& scope = {});

  // The market.
  absl::StatusOr<kalshi::ExchangeStatusResponse> GetExchangeStatus();
  // Exchange time, which only our exchange tells: NOT_FOUND at the venue, whose time is wall time.
  absl::StatusOr<kalshi::ClockResponse> GetClock();
  absl::StatusOr<kalshi::Market> GetMarket(std::string_view ticker);
  absl::StatusOr<kalshi::MarketsResponse> GetMarkets(const kalshi::MarketsQuery& query);
  absl::StatusOr<kalshi::EventsResponse> GetEvents(const kalshi::EventsQuery& query);
  absl::StatusOr<kalshi::Series> GetSeries(std::string_view series_ticker);
  absl::StatusOr<kalshi::OrderBook> GetOrderBook(std::string_view ticker, int depth = 0);
  absl::StatusOr<kalshi::TradesResponse> GetTrades(const kalshi::TradesQuery& query);

  // The account.
  absl::StatusOr<kalshi::Order> GetOrder(std::string_view order_id);
  absl::StatusOr<kalshi::OrdersResponse> GetOrders(const kalshi::OrdersQuery& query);
  absl::StatusOr<kalshi::FillsResponse> GetFills(const kalshi::FillsQuery& query);
  absl::StatusOr<kalshi::PositionsResponse> GetPositions(const kalshi::PositionsQuery& query);
  absl::StatusOr<kalshi::SettlementsResponse> GetSettlements(const kalshi::SettlementsQuery& query);
  absl::StatusOr<kalshi::BalanceResponse> GetBalance(const kalshi::ScopeQuery& scope = {});

  // Every page of a list, at most `count_max` items; RESOURCE_EXHAUSTED when there are more.
  absl::StatusOr<std::vector<kalshi::Market>> GetAllMarkets(kalshi::MarketsQuery query,
                                                            std::size_t count_max);
  absl::StatusOr<std::vector<kalshi::Order>> GetAllOrders(kalshi::OrdersQuery query,
                                                          std::size_t count_max);
  absl::StatusOr<std::vector<kalshi::Fill>> GetAllFills(kalshi::FillsQuery query,
                                                        std::size_t count_max);

 private:
  struct Call;
  // The body of a successful answer, after retries.
  absl::StatusOr<std::string> Send(const Call& call);
  absl::StatusOr<net::HttpClientResponse> SendOnce(const Call& call, const std::string& target);
  template <class Message>
  absl::StatusOr<Message> SendFor(const Call& call);
  absl::Status SendForNothing(const Call& call);

  const std::unique_ptr<Transport> transport_;
  const std::string path_prefix_;
  const std::string key_id_;
  const std::optional<kalshi::PrivateKey> key_;
  const RetryPolicy retry_;
  const Clock& clock_;
  const std::function<void(absl::Duration)> sleep_;
};

// True when a write may or may not have happened.
inline bool IsOutcomeUnknown(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnknown;
}

}  // namespace evx::kalshi_client
