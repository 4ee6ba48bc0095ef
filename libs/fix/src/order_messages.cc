#include "evx/fix/order_messages.h"

#include <algorithm>

#include "evx/core/decimal.h"
#include "evx/fix/tags.h"

namespace evx::fix {
namespace {

using Reason = SessionRejectReason;

SessionReject Incorrect(int tag) {
  return {tag, Reason::kValueIncorrect, "Value is incorrect (out of range) for this tag"};
}

// Micro-dollars. Cents are cut to whole ones.
std::optional<std::int64_t> ParsePrice(std::string_view text, PriceUnit unit) {
  if (unit == PriceUnit::kDollars) return ParseDecimal(text, 6, 4);
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos) {
    if (!ParseDecimal(text, 9)) return std::nullopt;
    text = text.substr(0, point);
  }
  const auto cents = ParseDecimal(text, 0, 0);
  if (!cents || *cents < -100 || *cents > 1'000'000) return std::nullopt;
  return *cents * 10'000;
}

std::optional<std::int64_t> OptionalInteger(const Message& message, int tag) {
  const auto text = message.Find(tag);
  return text ? ParseDecimal(*text, 0, 0) : std::nullopt;
}

std::optional<SessionReject> DecodeClOrdId(const Message& message, std::string_view& out) {
  out = message.Get(tag::kClOrdId);
  if (IsClOrdId(out)) return std::nullopt;
  return Incorrect(tag::kClOrdId);
}

BookSide SideOf(const Message& message) {
  return message.Get(tag::kSide) == "1" ? BookSide::kBid : BookSide::kAsk;
}

std::optional<SessionReject> DecodeQuantity(const Message& message, Quantity& out) {
  const auto centis = ParseDecimal(message.Get(tag::kOrderQty), 2, 9);
  if (!centis || *centis < 0) return Incorrect(tag::kOrderQty);
  out = Quantity::FromCentis(*centis);
  return std::nullopt;
}

}  // namespace

bool IsClOrdId(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_:+=/").find(c) != std::string_view::npos;
  });
}

std::optional<SessionReject> Decode(const Message& message, PriceUnit unit, NewOrderSingle& out) {
  out = NewOrderSingle();
  if (auto fault = DecodeClOrdId(message, out.cl_ord_id)) return fault;
  if (auto fault = DecodeQuantity(message, out.quantity)) return fault;
  const auto price = ParsePrice(message.Get(tag::kPrice), unit);
  if (!price) return Incorrect(tag::kPrice);
  out.price_micros = *price;
  out.symbol = message.Get(tag::kSymbol);
  out.side = SideOf(message);
  if (message.Has(tag::kTimeInForce)) {
    out.time_in_force = static_cast<TimeInForce>(message.Get(tag::kTimeInForce)[0]);
  }
  if (message.Has(tag::kExpireTime)) {
    out.expire_time = *ParseUtcTimestamp(message.Get(tag::kExpireTime));
  }
  if ((out.time_in_force == TimeInForce::kGoodTillDate) != message.Has(tag::kExpireTime)) {
    return SessionReject{tag::kExpireTime,
                         message.Has(tag::kExpireTime) ? Reason::kTagNotDefinedForMessage
                                                       : Reason::kRequiredTagMissing,
                         "ExpireTime goes with TimeInForce 6"};
  }
  out.post_only = message.Get(tag::kExecInst) == "6";
  out.reduce_only = message.Get(tag::kExecInst) == "E";
  out.cancel_on_pause = message.IsYes(tag::kCancelOrderOnPause);
  out.maker_prevention = message.Get(tag::kSelfTradePreventionType) == "2";
  out.alloc_account = OptionalInteger(message, tag::kAllocAccount);
  out.ex_destination = OptionalInteger(message, tag::kExDestination);
  out.order_group_id = message.Get(tag::kSecondaryClOrdId);
  if (message.Has(tag::kMaxExecutionCost)) {
    const auto cost = ParseDecimal(message.Get(tag::kMaxExecutionCost), 6);
    if (!cost || *cost < 0) return Incorrect(tag::kMaxExecutionCost);
    out.max_execution_cost = Money::FromMicros(*cost);
  }
  out.accepts_quote = message.Has(tag::kQuoteId) || message.Has(tag::kRfqId);
  out.has_parties = message.Has(tag::kNoPartyIds);
  return std::nullopt;
}

std::optional<SessionReject> Decode(const Message& message, PriceUnit unit,
                                    OrderCancelReplaceRequest& out) {
  out = OrderCancelReplaceRequest();
  if (auto fault = DecodeClOrdId(message, out.cl_ord_id)) return fault;
  // Of any door, so in any form.
  out.orig_cl_ord_id = message.Get(tag::kOrigClOrdId);
  if (auto fault = DecodeQuantity(message, out.quantity)) return fault;
  if (message.Has(tag::kPrice)) {
    out.price_micros = ParsePrice(message.Get(tag::kPrice), unit);
    if (!out.price_micros) return Incorrect(tag::kPrice);
  }
  out.order_id = message.Get(tag::kOrderId);
  out.symbol = message.Get(tag::kSymbol);
  out.side = SideOf(message);
  if (message.Has(tag::kTimeInForce)) {
    out.time_in_force = static_cast<TimeInForce>(message.Get(tag::kTimeInForce)[0]);
    if (*out.time_in_force == TimeInForce::kImmediateOrCancel ||
        *out.time_in_force == TimeInForce::kFillOrKill) {
      return Incorrect(tag::kTimeInForce);
    }
  }
  if (message.Has(tag::kExpireTime)) {
    out.expire_time = *ParseUtcTimestamp(message.Get(tag::kExpireTime));
  }
  if (message.Has(tag::kExpireTime) != (out.time_in_force == TimeInForce::kGoodTillDate)) {
    return SessionReject{tag::kExpireTime,
                         message.Has(tag::kExpireTime) ? Reason::kTagNotDefinedForMessage
                                                       : Reason::kRequiredTagMissing,
                         "ExpireTime goes with TimeInForce 6"};
  }
  out.alloc_account = OptionalInteger(message, tag::kAllocAccount);
  out.ex_destination = OptionalInteger(message, tag::kExDestination);
  return std::nullopt;
}

std::optional<SessionReject> Decode(const Message& message, OrderCancelRequest& out) {
  out = OrderCancelRequest();
  if (auto fault = DecodeClOrdId(message, out.cl_ord_id)) return fault;
  // Of any door, so in any form.
  out.orig_cl_ord_id = message.Get(tag::kOrigClOrdId);
  out.order_id = message.Get(tag::kOrderId);
  out.symbol = message.Get(tag::kSymbol);
  out.side = SideOf(message);
  out.alloc_account = OptionalInteger(message, tag::kAllocAccount);
  out.ex_destination = OptionalInteger(message, tag::kExDestination);
  return std::nullopt;
}

void AddPrice(int tag, std::int64_t micros, PriceUnit unit, BodyWriter& out) {
  if (unit == PriceUnit::kDollars) return out.AddDecimal(tag, micros, 6, 4);
  out.AddDecimal(tag, micros, 4, micros % 10'000 == 0 ? 0 : 2);
}

void AddQuantity(int tag, Quantity quantity, BodyWriter& out) {
  out.AddDecimal(tag, quantity.centis(), 2, 2);
}

void AddMoney(int tag, Money amount, BodyWriter& out) {
  out.AddDecimal(tag, amount.micros(), 6, 4);
}

void AddFee(Money fee, BodyWriter& out) {
  out.AddInteger(tag::kNoMiscFees, 1);
  AddMoney(tag::kMiscFeeAmt, fee, out);
  out.Add(tag::kMiscFeeCurr, "USD");
  out.Add(tag::kMiscFeeType, '4');
  out.Add(tag::kMiscFeeBasis, '0');
}

namespace {

void EncodeTrade(const ExecutionReport::Trade& trade, PriceUnit unit, BodyWriter& out) {
  AddPrice(tag::kLastPx, trade.price.micros(), unit, out);
  AddQuantity(tag::kLastQty, trade.quantity, out);
  const Quantity position = trade.position_after;
  AddQuantity(tag::kLongQty, std::max(position, Quantity()), out);
  AddQuantity(tag::kShortQty, std::max(-position, Quantity()), out);
  AddFee(trade.fee, out);
  out.Add(tag::kTrdMatchId, trade.trade_id);
  out.AddFlag(tag::kAggressorIndicator, trade.is_aggressor);
  out.Add(tag::kClearingBusinessDate, trade.clearing_date);
  if (!trade.collateral.empty()) {
    out.AddInteger(tag::kNoCollateralAmountChanges,
                   static_cast<std::int64_t>(trade.collateral.size()));
    for (const CollateralChange& change : trade.collateral) {
      AddMoney(tag::kCollateralAmountChange, change.amount, out);
      out.Add(tag::kCollateralAmountType, change.type);
    }
  }
  static constexpr int kSingleMarketCollateralReturn = 21030;
  static constexpr int kRangedMarketCollateralReturn = 21031;
  if (trade.single_market_return != Money()) {
    AddMoney(kSingleMarketCollateralReturn, trade.single_market_return, out);
  }
  if (trade.ranged_market_return != Money()) {
    AddMoney(kRangedMarketCollateralReturn, trade.ranged_market_return, out);
  }
}

}  // namespace

void Encode(const ExecutionReport& report, PriceUnit unit, BodyWriter& out) {
  out.Add(tag::kOrderId, report.order_id);
  out.Add(tag::kClOrdId, report.cl_ord_id);
  if (!report.orig_cl_ord_id.empty()) out.Add(tag::kOrigClOrdId, report.orig_cl_ord_id);
  out.Add(tag::kExecId, report.exec_id);
  out.Add(tag::kExecType, report.exec_type);
  out.Add(tag::kOrdStatus, report.ord_status);
  out.Add(tag::kSymbol, report.symbol);
  out.Add(tag::kSide, report.side == BookSide::kBid ? '1' : '2');
  AddQuantity(tag::kOrderQty, report.order_quantity, out);
  AddQuantity(tag::kCumQty, report.cumulative_quantity, out);
  AddQuantity(tag::kLeavesQty, report.leaves_quantity, out);
  const bool is_dollars = unit == PriceUnit::kDollars;
  out.AddDecimal(tag::kAvgPx, report.average_price_micros, is_dollars ? 6 : 4, is_dollars ? 6 : 4);
  if (report.price_micros) AddPrice(tag::kPrice, *report.price_micros, unit, out);
  if (report.has_last_market) out.Add(tag::kLastMkt, '0');
  if (report.time_in_force) out.Add(tag::kTimeInForce, static_cast<char>(*report.time_in_force));
  if (report.expire_time) out.AddTime(tag::kExpireTime, report.expire_time);
  if (report.transact_time) out.AddTime(tag::kTransactTime, report.transact_time);
  if (!report.text.empty()) out.Add(tag::kText, report.text);
  if (report.reject_reason) out.AddInteger(tag::kOrdRejReason, *report.reject_reason);
  if (report.alloc_account) out.AddInteger(tag::kAllocAccount, *report.alloc_account);
  if (report.trade) EncodeTrade(*report.trade, unit, out);
}

void Encode(const OrderCancelReject& reject, BodyWriter& out) {
  out.Add(tag::kOrderId, reject.order_id);
  out.Add(tag::kClOrdId, reject.cl_ord_id);
  if (!reject.orig_cl_ord_id.empty()) out.Add(tag::kOrigClOrdId, reject.orig_cl_ord_id);
  out.Add(tag::kOrdStatus, reject.ord_status);
  out.Add(tag::kCxlRejResponseTo, reject.is_replace ? '2' : '1');
  if (reject.reason) out.AddInteger(tag::kCxlRejReason, *reject.reason);
  if (!reject.text.empty()) out.Add(tag::kText, reject.text);
}

void Encode(const OrderMassCancelReport& report, BodyWriter& out) {
  out.Add(tag::kClOrdId, report.cl_ord_id);
  out.Add(tag::kOrderId, report.operation_id);
  out.Add(tag::kMassCancelRequestType, '6');
  out.Add(tag::kMassCancelResponse, report.is_accepted ? '6' : '0');
  if (report.reject_reason) out.AddInteger(tag::kMassCancelRejectReason, *report.reject_reason);
  if (!report.text.empty()) out.Add(tag::kText, report.text);
}

}  // namespace evx::fix
