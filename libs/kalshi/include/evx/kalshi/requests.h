#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/api_key_scopes.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/terms.h"

// Bodies of the requests that change something. Shapes: openapi.yaml of the venue.
//
// Decoding checks what can be seen in the body alone. Unknown members are ignored, null is the same
// as absent, of members with one name the last counts. A body that is not JSON, is no object, nests
// deeper than 64, or has a member of the wrong type is the venue's flat 400 with the member named
// ("count must be a string"); that includes numbers where decimals in strings are asked for, and
// strings that hold no decimal. What has the right type but no meaning is a nested error:
//   missing_parameters  ticker and other required members of no order
//   invalid_order       other required members of an order, words outside a vocabulary
//   invalid_price       outside $0..$1 or finer than $0.0001
//   invalid_order_size  not above 0, finer than 0.01, above kCountMax
//   invalid_parameters  the rest
// Market rules (grid, time in force with expiration, post-only, time in the future, unknown
// market) belong to the exchange.
//
// Decoding keeps per-thread memory and is safe from any thread. Cost: about a microsecond for a
// create order.

namespace evx::kalshi {

// Longest client order id, and its characters: letters, digits and - _ : + = / .
inline constexpr std::size_t kClientOrderIdBytesMax = 64;
bool IsClientOrderId(std::string_view text);

// Items of one batch. The largest bucket of any tier pays for fewer.
inline constexpr std::size_t kBatchSizeMax = 15'000;
// Contracts an order group may trade in its window.
inline constexpr Quantity kOrderGroupLimitMax = Quantity::FromContracts(1'000'000);
// exchange_index that asks for routing by ticker.
inline constexpr std::int32_t kExchangeIndexAuto = -1;
inline constexpr std::int32_t kExchangeIndexMax = 100;
inline constexpr std::size_t kAllocationCountMax = 101;
inline constexpr std::size_t kApiKeyNameBytesMax = 256;

// POST /portfolio/events/orders.
struct CreateOrderRequest {
  std::string ticker;
  std::optional<std::string> client_order_id;
  BookSide side = BookSide::kBid;
  // Price of YES, for asks too.
  Price price;
  Quantity count;
  TimeInForce time_in_force = TimeInForce::kGoodTillCanceled;
  SelfTradePrevention self_trade_prevention = SelfTradePrevention::kTakerAtCross;
  // Not set: no expiration. 0 on the wire is the same as absent.
  Timestamp expiration_time;
  bool post_only = false;
  bool reduce_only = false;
  bool cancel_order_on_pause = false;
  std::optional<SubaccountNumber> subaccount;
  std::optional<std::string> order_group_id;
  std::optional<std::int32_t> exchange_index;

  friend bool operator==(const CreateOrderRequest&, const CreateOrderRequest&) = default;
};

// POST /portfolio/events/orders/batched. An item without meaning does not stop the others.
struct BatchCreateOrdersRequest {
  std::vector<Decoded<CreateOrderRequest>> orders;
};

struct CancelOrderItem {
  std::string order_id;
  std::optional<SubaccountNumber> subaccount;
  std::optional<std::int32_t> exchange_index;
  std::optional<std::string> market_ticker;
  friend bool operator==(const CancelOrderItem&, const CancelOrderItem&) = default;
};

// DELETE /portfolio/events/orders/batched.
struct BatchCancelOrdersRequest {
  std::vector<CancelOrderItem> orders;
};

// POST /portfolio/events/orders/{order_id}/amend.
struct AmendOrderRequest {
  // What becomes of the expiration.
  enum class Expiration : std::uint8_t { kKeep, kClear, kSet };

  // Ticker and side repeat the order's own and must match.
  std::string ticker;
  BookSide side = BookSide::kBid;
  Price price;
  // Total: what is filled already plus what shall rest.
  Quantity count;
  std::optional<std::string> client_order_id;
  std::optional<std::string> updated_client_order_id;
  Expiration expiration = Expiration::kKeep;
  Timestamp expiration_time;
  std::optional<std::int32_t> exchange_index;
  friend bool operator==(const AmendOrderRequest&, const AmendOrderRequest&) = default;
};

// POST /portfolio/events/orders/{order_id}/decrease. Exactly one of the two is set; reduce_to may
// be 0, which cancels.
struct DecreaseOrderRequest {
  std::optional<Quantity> reduce_by;
  std::optional<Quantity> reduce_to;
  std::optional<std::int32_t> exchange_index;
  std::optional<std::string> market_ticker;
  friend bool operator==(const DecreaseOrderRequest&, const DecreaseOrderRequest&) = default;
};

// POST /portfolio/order_groups/create.
struct CreateOrderGroupRequest {
  Quantity contracts_limit;
  std::optional<SubaccountNumber> subaccount;
  std::optional<std::int32_t> exchange_index;
  friend bool operator==(const CreateOrderGroupRequest&, const CreateOrderGroupRequest&) = default;
};

// PUT /portfolio/order_groups/{order_group_id}/limit.
struct UpdateOrderGroupLimitRequest {
  Quantity contracts_limit;
};

// POST /api_keys.
struct CreateApiKeyRequest {
  std::string name;
  // PEM, not looked into here.
  std::string public_key;
  ApiKeyScopes scopes = ApiKeyScopes::Full();
  std::optional<SubaccountNumber> subaccount;
};

// POST /api_keys/generate.
struct GenerateApiKeyRequest {
  std::string name;
  ApiKeyType key_type = ApiKeyType::kRsa;
  ApiKeyScopes scopes = ApiKeyScopes::Full();
  std::optional<SubaccountNumber> subaccount;
};

// POST /portfolio/subaccounts. The body may be absent.
struct CreateSubaccountRequest {
  std::optional<std::int32_t> exchange_index;
};

// POST /portfolio/subaccounts/transfer.
struct SubaccountTransferRequest {
  std::string client_transfer_id;
  SubaccountNumber from_subaccount = 0;
  SubaccountNumber to_subaccount = 0;
  // Above 0.
  Money amount;
  std::optional<std::int32_t> exchange_index;
};

// POST /portfolio/subaccounts/positions/transfer.
struct SubaccountPositionTransferRequest {
  std::string client_transfer_id;
  SubaccountNumber from_subaccount = 0;
  SubaccountNumber to_subaccount = 0;
  std::string market_ticker;
  ContractSide side = ContractSide::kYes;
  Quantity count;
  // Price of YES, $0 to $1 inclusive.
  Price price;
};

// PUT /portfolio/subaccounts/netting.
struct UpdateNettingRequest {
  SubaccountNumber subaccount_number = 0;
  bool enabled = false;
};

// POST /portfolio/intra_exchange_instance_transfer.
struct IntraExchangeTransferRequest {
  ExchangeInstance source = ExchangeInstance::kEventContract;
  ExchangeInstance destination = ExchangeInstance::kEventContract;
  // Above 0; centicents on the wire.
  Money amount;
  std::int32_t source_exchange_shard = 0;
  std::int32_t destination_exchange_shard = 0;
  SubaccountNumber source_subaccount = 0;
  SubaccountNumber destination_subaccount = 0;
  std::optional<std::string> client_transfer_id;
};

struct BalanceAllocation {
  std::int32_t exchange_index = 0;
  // 0..100.
  std::int32_t percent = 0;
  friend bool operator==(const BalanceAllocation&, const BalanceAllocation&) = default;
};

// POST /portfolio/target_balance_allocation. Percents sum to at most 100, no index twice.
struct SetBalanceAllocationRequest {
  std::vector<BalanceAllocation> allocations;
  std::optional<RestingMarginReservation> resting_margin_reservation;
};

Decoded<CreateOrderRequest> DecodeCreateOrder(std::string_view body);
Decoded<BatchCreateOrdersRequest> DecodeBatchCreateOrders(std::string_view body);
Decoded<BatchCancelOrdersRequest> DecodeBatchCancelOrders(std::string_view body);
Decoded<AmendOrderRequest> DecodeAmendOrder(std::string_view body);
Decoded<DecreaseOrderRequest> DecodeDecreaseOrder(std::string_view body);
Decoded<CreateOrderGroupRequest> DecodeCreateOrderGroup(std::string_view body);
Decoded<UpdateOrderGroupLimitRequest> DecodeUpdateOrderGroupLimit(std::string_view body);
Decoded<CreateApiKeyRequest> DecodeCreateApiKey(std::string_view body);
Decoded<GenerateApiKeyRequest> DecodeGenerateApiKey(std::string_view body);
Decoded<CreateSubaccountRequest> DecodeCreateSubaccount(std::string_view body);
Decoded<SubaccountTransferRequest> DecodeSubaccountTransfer(std::string_view body);
Decoded<SubaccountPositionTransferRequest> DecodeSubaccountPositionTransfer(std::string_view body);
Decoded<UpdateNettingRequest> DecodeUpdateNetting(std::string_view body);
Decoded<IntraExchangeTransferRequest> DecodeIntraExchangeTransfer(std::string_view body);
Decoded<SetBalanceAllocationRequest> DecodeSetBalanceAllocation(std::string_view body);

// PUT .../reset and .../trigger take an empty body or an object that is not looked into.
std::optional<Error> CheckOptionalObject(std::string_view body);

// "application/json", with or without parameters, in any case. What else stands at a POST with a
// body is answered with invalid_content_type.
bool IsJsonContentType(std::string_view content_type);

// The bodies as a client sends them; decoding gives the request back.
std::string EncodeCreateOrder(const CreateOrderRequest& request);
std::string EncodeBatchCreateOrders(const std::vector<CreateOrderRequest>& orders);
std::string EncodeBatchCancelOrders(const std::vector<CancelOrderItem>& orders);
std::string EncodeAmendOrder(const AmendOrderRequest& request);
std::string EncodeDecreaseOrder(const DecreaseOrderRequest& request);
std::string EncodeCreateOrderGroup(const CreateOrderGroupRequest& request);
std::string EncodeUpdateOrderGroupLimit(Quantity contracts_limit);

}  // namespace evx::kalshi
