#include "trading/order_commands.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "evx/core/hash.h"
#include "trading/command_memory.h"

namespace evx::gateway {
namespace {

namespace pb = exchange::v1;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::string_view kStrategyEngine = "strategy-engine";

// As the exchange takes client order ids.
bool IsIdCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-_:+=/.").find(c) != std::string_view::npos;
}

std::int64_t DivideUp(std::int64_t micros) {
  return (micros + Price::kGranularityMicros - 1) / Price::kGranularityMicros;
}

// Calls `visit` with the message of the command; false: the request is none.
template <class Visitor>
bool VisitCommand(const v1::ClientMessage& request, Visitor&& visit) {
  switch (request.payload_case()) {
    case v1::ClientMessage::kCreateOrder:
      visit(request.create_order());
      return true;
    case v1::ClientMessage::kAmendOrder:
      visit(request.amend_order());
      return true;
    case v1::ClientMessage::kCancelOrders:
      visit(request.cancel_orders());
      return true;
    case v1::ClientMessage::kEmergencyStop:
      visit(request.emergency_stop());
      return true;
    case v1::ClientMessage::kLiquidateAll:
      visit(request.liquidate_all());
      return true;
    case v1::ClientMessage::kCreateOrderGroup:
      visit(request.create_order_group());
      return true;
    case v1::ClientMessage::kResetOrderGroup:
      visit(request.reset_order_group());
      return true;
    case v1::ClientMessage::kCommand:
      visit(request.command());
      return true;
    case v1::ClientMessage::kStrategyOverride:
      visit(request.strategy_override());
      return true;
    case v1::ClientMessage::kToggleTts:
      visit(request.toggle_tts());
      return true;
    case v1::ClientMessage::kAiQuery:
      visit(request.ai_query());
      return true;
    default:
      return false;  // Every other request.
  }
}

// The texts that go on to the exchange and into the audit log.
std::optional<v1::CommandResult> CheckNames(const v1::ClientMessage& request, std::string_view id) {
  std::optional<v1::CommandResult> wrong;
  const auto check = [&](std::string_view field, const std::string& value) {
    if (wrong || value.size() <= kNameBytesMax) return;
    wrong = RefusedResult(id, "InvalidArgument",
                          absl::StrFormat("%s: %d bytes, must be at most %d", std::string(field),
                                          value.size(), kNameBytesMax));
  };
  check("market_ticker", request.create_order().market_ticker());
  check("order_group_id", request.create_order().order_group_id());
  check("order_id", request.amend_order().order_id());
  for (const std::string& order_id : request.cancel_orders().order_ids()) {
    check("order_ids", order_id);
  }
  return wrong;
}

}  // namespace

std::optional<CommandKind> CommandKindOf(const v1::ClientMessage& request) {
  CommandKind kind;
  const bool is_command = VisitCommand(
      request, [&kind](const auto& command) { kind.action = command.GetDescriptor()->name(); });
  if (!is_command) return std::nullopt;
  if (request.has_command()) kind.needed = Role::kAdmin;
  if (request.has_command() || request.has_strategy_override()) {
    kind.absent_service = kStrategyEngine;
  }
  if (request.has_toggle_tts()) kind.absent_service = "speech";
  if (request.has_ai_query()) {
    kind.absent_service = "mcp-server";
    kind.needed = Role::kViewer;
  }
  if (request.has_toggle_tts()) kind.needed = Role::kViewer;
  return kind;
}

std::string_view CommandIdOf(const v1::ClientMessage& request) {
  std::string_view id;
  VisitCommand(request, [&id](const auto& command) { id = command.command_id(); });
  return id;
}

std::optional<v1::CommandResult> CheckCommand(const v1::ClientMessage& request) {
  const std::string_view id = CommandIdOf(request);
  if (id.empty() || id.size() > kCommandIdBytesMax ||
      !std::all_of(id.begin(), id.end(), IsIdCharacter)) {
    return RefusedResult(id, "InvalidCommandId",
                         "command_id must be 1 to 64 characters of A-Z a-z 0-9 - _ : + = / .");
  }
  if (request.has_cancel_orders()) {
    const auto& ids = request.cancel_orders().order_ids();
    if (ids.empty() || ids.size() > kCancelOrderCountMax) {
      return RefusedResult(
          id, "InvalidOrderCount",
          absl::StrFormat("order_ids: %d, must be 1 to %d", ids.size(), kCancelOrderCountMax));
    }
    if (std::set<std::string>(ids.begin(), ids.end()).size() !=
        static_cast<std::size_t>(ids.size())) {
      return RefusedResult(id, "InvalidOrderCount", "order_ids: one is named twice");
    }
  }
  if (request.has_create_order() && request.create_order().expiration_time_ns() < 0) {
    return RefusedResult(id, "InvalidArgument",
                         absl::StrFormat("expiration_time_ns: %d, must not be negative",
                                         request.create_order().expiration_time_ns()));
  }
  if (auto wrong = CheckNames(request, id)) return wrong;
  if (request.has_reset_order_group() &&
      request.reset_order_group().order_group_id().size() > kCommandIdBytesMax) {
    return RefusedResult(id, "InvalidArgument",
                         "order_group_id must not be longer than 64 characters");
  }
  if (request.has_liquidate_all()) {
    const std::int64_t slippage = request.liquidate_all().slippage_max_micros();
    if (slippage < 0 || slippage > Price::kDollarMicros) {
      return RefusedResult(id, "InvalidSlippage",
                           absl::StrFormat("slippage_max_micros: %d, must be 0 to %d", slippage,
                                           Price::kDollarMicros));
    }
  }
  return std::nullopt;
}

std::uint64_t FingerprintOf(const v1::ClientMessage& request) {
  v1::ClientMessage command = request;
  command.clear_request_id();
  return Xxh64(command.SerializeAsString());
}

std::string ToDetailJson(const v1::ClientMessage& request, std::size_t bytes_max) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  VisitCommand(request, [&](const auto& command) {
    if (!google::protobuf::util::MessageToJsonString(command, &json, options).ok()) json.clear();
  });
  if (json.empty() || json.size() > bytes_max) {
    return absl::StrFormat("{\"json_bytes\": %d}", json.size());
  }
  return json;
}

pb::CreateOrderRequest ToExchange(const v1::CreateOrder& command) {
  pb::CreateOrderRequest request;
  request.set_market_ticker(command.market_ticker());
  request.set_side(command.side());
  request.set_price_micros(command.price_micros());
  request.set_quantity_centis(command.quantity_centis());
  request.set_time_in_force(command.time_in_force());
  request.set_post_only(command.post_only());
  request.set_reduce_only(command.reduce_only());
  request.set_order_group_id(command.order_group_id());
  request.set_client_order_id(command.command_id());
  if (command.expiration_time_ns() > 0) {
    auto& time = *request.mutable_expiration_time();
    time.set_seconds(command.expiration_time_ns() / kNanosPerSecond);
    time.set_nanos(static_cast<std::int32_t>(command.expiration_time_ns() % kNanosPerSecond));
  }
  return request;
}

pb::AmendOrderRequest ToExchange(const v1::AmendOrder& command) {
  pb::AmendOrderRequest request;
  request.set_order_id(command.order_id());
  request.set_price_micros(command.price_micros());
  request.set_total_quantity_centis(command.total_quantity_centis());
  return request;
}

std::string ReasonOf(const pb::Refusal& refusal) {
  if (!refusal.reason().empty()) return refusal.reason();
  switch (static_cast<absl::StatusCode>(refusal.code())) {
    case absl::StatusCode::kInvalidArgument:
      return "InvalidArgument";
    case absl::StatusCode::kNotFound:
      return "NotFound";
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return "KeyRefused";
    case absl::StatusCode::kResourceExhausted:
      return "RateLimited";
    case absl::StatusCode::kUnavailable:
      return "ExchangeUnavailable";
    default:
      return "ExchangeRefused";
  }
}

void SetRefusal(const pb::Refusal& refusal, v1::CommandResult& result) {
  result.set_refusal_reason(ReasonOf(refusal));
  result.set_refusal_message(refusal.message());
  result.set_is_retryable(refusal.is_retryable());
}

void SetRefusal(const pb::Refusal& refusal, v1::OrderOutcome& outcome) {
  outcome.set_refusal_reason(ReasonOf(refusal));
  outcome.set_refusal_message(refusal.message());
}

v1::OrderOutcome OutcomeOf(const pb::Order& order) {
  v1::OrderOutcome outcome;
  outcome.set_order_id(order.order_id());
  outcome.set_market_ticker(order.market_ticker());
  outcome.set_filled_quantity_centis(order.filled_quantity_centis());
  outcome.set_remaining_quantity_centis(order.remaining_quantity_centis());
  if (order.status() == pb::ORDER_STATUS_CANCELED) {
    outcome.set_canceled_quantity_centis(order.quantity_centis() - order.filled_quantity_centis());
  }
  return outcome;
}

std::optional<ClosingOrder> CloseAt(std::int64_t position_centis, std::int64_t best_micros,
                                    std::int64_t slippage_max_micros, const PriceGrid& grid) {
  ClosingOrder order;
  if (position_centis > 0) {
    order.side = common::v1::BOOK_SIDE_ASK;
    const std::int64_t bound = std::max<std::int64_t>(best_micros - slippage_max_micros, 0);
    const auto tick =
        grid.CeilIndex(Price::FromMicros(DivideUp(bound) * Price::kGranularityMicros));
    if (!tick) return std::nullopt;
    order.price_micros = grid.PriceAt(*tick).micros();
    if (order.price_micros > best_micros) return std::nullopt;
  } else {
    order.side = common::v1::BOOK_SIDE_BID;
    const std::int64_t bound =
        std::min<std::int64_t>(best_micros + slippage_max_micros, Price::kDollarMicros);
    const auto tick = grid.FloorIndex(
        Price::FromMicros(bound / Price::kGranularityMicros * Price::kGranularityMicros));
    if (!tick) return std::nullopt;
    order.price_micros = grid.PriceAt(*tick).micros();
    if (order.price_micros < best_micros) return std::nullopt;
  }
  return order;
}

std::string ClosingOrderId(std::string_view command_id, const pb::Position& position) {
  const std::string text = absl::StrFormat("%s %s %d", std::string(command_id),
                                           position.market_ticker(), position.subaccount());
  return absl::StrFormat("close-%016x", Xxh64(text));
}

}  // namespace evx::gateway
