// Any bytes as the body of every request, and as an answer that a client reads.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check_decoded.h"
#include "evx/kalshi/legacy_requests.h"
#include "evx/kalshi/number.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/requests.h"

namespace evx::kalshi {
namespace {

void CheckOrder(const Decoded<CreateOrderRequest>& order) {
  CheckDecoded(order);
  if (!order.ok()) return;
  EVX_CHECK(order->count > Quantity() && order->count <= kCountMax);
  EVX_CHECK(!order->ticker.empty());
  const auto again = DecodeCreateOrder(EncodeCreateOrder(*order));
  EVX_CHECK(again.ok() && *again == *order);
}

void Requests(std::string_view bytes) {
  CheckOrder(DecodeCreateOrder(bytes));
  const auto batch = DecodeBatchCreateOrders(bytes);
  CheckDecoded(batch);
  if (batch.ok()) {
    for (const auto& order : batch->orders) CheckOrder(order);
  }
  const auto amend = DecodeAmendOrder(bytes);
  CheckDecoded(amend);
  if (amend.ok()) EVX_CHECK(*DecodeAmendOrder(EncodeAmendOrder(*amend)) == *amend);
  CheckDecoded(DecodeDecreaseOrder(bytes));
  CheckDecoded(DecodeBatchCancelOrders(bytes));
  CheckDecoded(DecodeCreateOrderGroup(bytes));
  CheckDecoded(DecodeCreateApiKey(bytes));
  CheckDecoded(DecodeGenerateApiKey(bytes));
  CheckDecoded(DecodeSubaccountTransfer(bytes));
  CheckDecoded(DecodeIntraExchangeTransfer(bytes));
  CheckDecoded(DecodeSetBalanceAllocation(bytes));
  CheckDecoded(DecodeUpdateNetting(bytes));
  CheckDecoded(DecodeLegacyCreateOrder(bytes));
  CheckDecoded(DecodeLegacyAmendOrder(bytes));
  CheckDecoded(DecodeLegacyDecreaseOrder(bytes));
  CheckDecoded(DecodeLegacyBatchCancelOrders(bytes));
  (void)DecodeJson<OrdersResponse>(bytes);
  (void)ParseError(500, bytes);
}

}  // namespace
}  // namespace evx::kalshi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  evx::kalshi::Requests({reinterpret_cast<const char*>(data), size});
  return 0;
}
