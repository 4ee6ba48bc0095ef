#include "trading/history_reads.h"

#include "absl/strings/str_format.h"
#include "door/request_handler.h"
#include "trading/order_commands.h"

namespace evx::gateway {
namespace {

namespace pb = exchange::v1;

constexpr std::int32_t kPageSizeDefault = 100;
constexpr std::int32_t kPageSizeMax = 1'000;
constexpr std::int32_t kMarkPageSizeDefault = 1'000;
constexpr std::int32_t kMarkPageSizeMax = 5'000;
// Pages of orders that hold nothing but resting ones are passed over, so many in one request.
constexpr int kPassedPageCountMax = 20;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::int64_t ToNanos(const google::protobuf::Timestamp& time) {
  return time.seconds() * kNanosPerSecond + time.nanos();
}

void SetNanos(std::int64_t nanos, google::protobuf::Timestamp& time) {
  time.set_seconds(nanos / kNanosPerSecond);
  time.set_nanos(static_cast<std::int32_t>(nanos % kNanosPerSecond));
}

v1::ServerMessage RefusalOfStatus(const grpc::Status& status) {
  const pb::Refusal refusal = RefusalOfCall(status);
  return RefusalOf(ReasonOf(refusal), refusal.message(), refusal.is_retryable());
}

// The size of a page as the exchange takes it; 0: the request's is not valid.
std::int32_t PageSize(std::int32_t asked, std::int32_t size_default, std::int32_t size_max) {
  if (asked < 0 || asked > size_max) return 0;
  return asked == 0 ? size_default : asked;
}

v1::ServerMessage RefusedPageSize(std::int32_t asked, std::int32_t size_max) {
  return RefusalOf("InvalidPageSize",
                   absl::StrFormat("page_size: %d, must be 0 to %d", asked, size_max));
}

v1::ServerMessage Fills(const v1::ListFills& asked, ExchangeLink& link, const CallSigner& signer) {
  pb::ListFillsRequest request;
  request.set_market_ticker(asked.market_ticker());
  request.set_page_size(PageSize(asked.page_size(), kPageSizeDefault, kPageSizeMax));
  if (request.page_size() == 0) return RefusedPageSize(asked.page_size(), kPageSizeMax);
  request.set_page_token(asked.page_token());
  pb::ListFillsResponse response;
  grpc::ClientContext call;
  signer.Prepare(call, "ListFills");
  const grpc::Status status = link.exchange->ListFills(&call, request, &response);
  if (!status.ok()) return RefusalOfStatus(status);
  v1::ServerMessage message;
  v1::Answer& answer = *message.mutable_answer();
  answer.mutable_fills()->mutable_fills()->Swap(response.mutable_fills());
  answer.set_next_page_token(response.next_page_token());
  return message;
}

// The exchange lists resting orders among the others; they are left out here.
v1::ServerMessage PastOrders(const v1::ListPastOrders& asked, ExchangeLink& link,
                             const CallSigner& signer) {
  pb::ListOrdersRequest request;
  request.set_market_ticker(asked.market_ticker());
  request.set_page_size(PageSize(asked.page_size(), kPageSizeDefault, kPageSizeMax));
  if (request.page_size() == 0) return RefusedPageSize(asked.page_size(), kPageSizeMax);
  request.set_page_token(asked.page_token());
  v1::ServerMessage message;
  v1::Answer& answer = *message.mutable_answer();
  v1::Orders& orders = *answer.mutable_orders();
  for (int i = 0; i < kPassedPageCountMax && orders.orders().empty(); ++i) {
    pb::ListOrdersResponse response;
    grpc::ClientContext call;
    signer.Prepare(call, "ListOrders");
    const grpc::Status status = link.exchange->ListOrders(&call, request, &response);
    if (!status.ok()) return RefusalOfStatus(status);
    for (pb::Order& order : *response.mutable_orders()) {
      if (order.status() != pb::ORDER_STATUS_RESTING) orders.add_orders()->Swap(&order);
    }
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  answer.set_next_page_token(request.page_token());
  return message;
}

v1::ServerMessage Settlements(const v1::ListSettlements& asked, ExchangeLink& link,
                              const CallSigner& signer) {
  pb::ListSettlementsRequest request;
  request.set_page_size(PageSize(asked.page_size(), kPageSizeDefault, kPageSizeMax));
  if (request.page_size() == 0) return RefusedPageSize(asked.page_size(), kPageSizeMax);
  request.set_page_token(asked.page_token());
  pb::ListSettlementsResponse response;
  grpc::ClientContext call;
  signer.Prepare(call, "ListSettlements");
  const grpc::Status status = link.exchange->ListSettlements(&call, request, &response);
  if (!status.ok()) return RefusalOfStatus(status);
  v1::ServerMessage message;
  v1::Answer& answer = *message.mutable_answer();
  v1::Settlements& settlements = *answer.mutable_settlements();
  for (const pb::Settlement& settlement : response.settlements()) {
    v1::Settlement& out = *settlements.add_settlements();
    out.set_market_ticker(settlement.market_ticker());
    out.set_result(settlement.result());
    out.set_settlement_value_micros(settlement.settlement_value_micros());
    out.set_position_centis(settlement.position_centis());
    out.set_revenue_micros(settlement.revenue_micros());
    out.set_fee_micros(settlement.fee_micros());
    out.set_settled_time_ns(ToNanos(settlement.create_time()));
  }
  answer.set_next_page_token(response.next_page_token());
  return message;
}

v1::ServerMessage OrderGroups(ExchangeLink& link, const CallSigner& signer) {
  pb::ListOrderGroupsResponse response;
  grpc::ClientContext call;
  signer.Prepare(call, "ListOrderGroups");
  const grpc::Status status = link.exchange->ListOrderGroups(&call, {}, &response);
  if (!status.ok()) return RefusalOfStatus(status);
  v1::ServerMessage message;
  message.mutable_answer()->mutable_order_groups()->mutable_order_groups()->Swap(
      response.mutable_order_groups());
  return message;
}

v1::ServerMessage Equity(const v1::ListEquity& asked, ExchangeLink& link,
                         const CallSigner& signer) {
  pb::ListEquityMarksRequest request;
  request.set_page_size(PageSize(asked.page_size(), kMarkPageSizeDefault, kMarkPageSizeMax));
  if (request.page_size() == 0) return RefusedPageSize(asked.page_size(), kMarkPageSizeMax);
  if (asked.start_time_ns() < 0 || asked.end_time_ns() < 0) {
    return RefusalOf("InvalidTime", "start_time_ns and end_time_ns must not be negative");
  }
  request.set_page_token(asked.page_token());
  if (asked.start_time_ns() > 0) SetNanos(asked.start_time_ns(), *request.mutable_start_time());
  if (asked.end_time_ns() > 0) SetNanos(asked.end_time_ns(), *request.mutable_end_time());
  pb::ListEquityMarksResponse response;
  grpc::ClientContext call;
  signer.Prepare(call, "ListEquityMarks");
  const grpc::Status status = link.exchange->ListEquityMarks(&call, request, &response);
  if (!status.ok()) return RefusalOfStatus(status);
  v1::ServerMessage message;
  v1::Answer& answer = *message.mutable_answer();
  v1::Equity& equity = *answer.mutable_equity();
  for (const pb::EquityMark& mark : response.marks()) {
    v1::EquityMark& out = *equity.add_marks();
    out.set_time_ns(ToNanos(mark.mark_time()));
    out.set_cash_micros(mark.cash_micros());
    out.set_position_value_micros(mark.position_value_micros());
  }
  answer.set_next_page_token(response.next_page_token());
  return message;
}

}  // namespace

bool IsOwnHistory(const v1::ClientMessage& request) {
  return request.has_list_fills() || request.has_list_past_orders() ||
         request.has_list_settlements() || request.has_list_equity() ||
         request.has_list_order_groups();
}

v1::ServerMessage ReadOwnHistory(const v1::ClientMessage& request, ExchangeLink& link,
                                 const CallSigner& signer) {
  if (request.has_list_fills()) return Fills(request.list_fills(), link, signer);
  if (request.has_list_past_orders()) return PastOrders(request.list_past_orders(), link, signer);
  if (request.has_list_settlements()) return Settlements(request.list_settlements(), link, signer);
  if (request.has_list_order_groups()) return OrderGroups(link, signer);
  return Equity(request.list_equity(), link, signer);
}

}  // namespace evx::gateway
