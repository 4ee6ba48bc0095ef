#include "evx/fix/other_messages.h"

#include <algorithm>
#include <charconv>

#include "evx/core/decimal.h"
#include "evx/fix/tags.h"

namespace evx::fix {
namespace {

using Reason = SessionRejectReason;

SessionReject Incorrect(int tag) {
  return {tag, Reason::kValueIncorrect, "Value is incorrect (out of range) for this tag"};
}

SessionReject Missing(int tag) {
  return {tag, Reason::kRequiredTagMissing, "Required tag missing"};
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (is_dash ? c != '-' : !is_hex) return false;
  }
  return true;
}

bool TakeNumber(std::string_view& text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

char TypeOf(BookSide side) { return side == BookSide::kBid ? '0' : '1'; }

void AddEntryTime(Timestamp time, BodyWriter& out) {
  out.Add(tag::kMdEntryDate, FormatUtcDate(time));
  out.Add(tag::kMdEntryTime, FormatUtcTime(time));
}

}  // namespace

std::optional<SessionReject> Decode(const Message& message, OrderGroupRequest& out) {
  out = OrderGroupRequest();
  const auto action = message.Integer(tag::kOrderGroupAction).value_or(0);
  out.action = static_cast<OrderGroupAction>(action);
  out.order_group_id = message.Get(tag::kOrderGroupId);
  if (message.Has(tag::kAllocAccount)) {
    out.alloc_account = ParseDecimal(message.Get(tag::kAllocAccount), 0, 0);
  }
  if (message.Has(tag::kExDestination)) {
    out.ex_destination = ParseDecimal(message.Get(tag::kExDestination), 0, 0);
  }
  const bool is_create = out.action == OrderGroupAction::kCreate;
  if (!is_create && out.order_group_id.empty()) return Missing(tag::kOrderGroupId);
  if (!is_create && !IsUuid(out.order_group_id)) {
    return SessionReject{tag::kOrderGroupId, Reason::kIncorrectFormat,
                         "Incorrect data format for value"};
  }
  if (is_create || out.action == OrderGroupAction::kUpdate) {
    if (!message.Has(tag::kOrderGroupContractsLimit)) {
      return Missing(tag::kOrderGroupContractsLimit);
    }
    const auto contracts = message.Integer(tag::kOrderGroupContractsLimit);
    if (!contracts || *contracts < 1 || *contracts > 1'000'000) {
      return Incorrect(tag::kOrderGroupContractsLimit);
    }
    out.limit = Quantity::FromContracts(*contracts);
  }
  return std::nullopt;
}

void Encode(const OrderGroupResponse& response, BodyWriter& out) {
  out.Add(tag::kOrderGroupId, response.order_group_id);
  if (response.limit) {
    out.AddInteger(tag::kOrderGroupContractsLimit, response.limit->centis() / 100);
  }
  if (response.alloc_account) out.AddInteger(tag::kAllocAccount, *response.alloc_account);
}

std::string FormatExecId(ExecId id) {
  return std::to_string(id.clock) + ";" + std::to_string(id.event);
}

std::optional<ExecId> ParseExecId(std::string_view text) {
  ExecId id;
  if (!TakeNumber(text, id.clock) || !text.starts_with(';')) return std::nullopt;
  text.remove_prefix(1);
  if (!TakeNumber(text, id.event) || (!text.empty() && text != ";0")) return std::nullopt;
  return id;
}

std::optional<SessionReject> Decode(const Message& message, EventResendRequest& out) {
  out = EventResendRequest();
  const auto begin = ParseExecId(message.Get(tag::kBeginExecId));
  if (!begin) return Incorrect(tag::kBeginExecId);
  out.begin = *begin;
  if (message.Has(tag::kEndExecId)) {
    out.end = ParseExecId(message.Get(tag::kEndExecId));
    if (!out.end) return Incorrect(tag::kEndExecId);
  }
  return std::nullopt;
}

void Encode(const MarketSettlementReport& report, BodyWriter& out) {
  out.Add(tag::kMarketSettlementReportId, report.report_id);
  out.AddInteger(tag::kTotNumMarketSettlementReports, report.total_count);
  out.AddFlag(tag::kLastFragment, report.is_last);
  out.Add(tag::kSymbol, report.symbol);
  out.Add(tag::kClearingBusinessDate, report.clearing_date);
  out.Add(tag::kMarketResult, report.result);
  out.AddDecimal(tag::kSettlementPrice, report.settlement_price.micros(), 4, 2);
  if (report.parties.empty()) return;
  out.AddInteger(tag::kNoMarketSettlementPartyIds,
                 static_cast<std::int64_t>(report.parties.size()));
  for (const MarketSettlementReport::Party& party : report.parties) {
    out.Add(tag::kMarketSettlementPartyId, party.party_id);
    out.AddInteger(tag::kMarketSettlementPartyRole, 24);
    AddQuantity(tag::kLongQty, std::max(party.position, Quantity()), out);
    AddQuantity(tag::kShortQty, std::max(-party.position, Quantity()), out);
    out.AddInteger(tag::kNoCollateralAmountChanges, 1);
    AddMoney(tag::kCollateralAmountChange, party.payout, out);
    out.Add(tag::kCollateralAmountType, "PAYOUT");
    AddFee(party.fee, out);
  }
}

MarketDataRequest DecodeMarketDataRequest(const Message& message) {
  MarketDataRequest out;
  out.request_id = message.Get(tag::kMdReqId);
  out.type = message.Get(tag::kSubscriptionRequestType)[0];
  for (const Field& field : message.fields()) {
    if (field.tag == tag::kSymbol) out.symbols.push_back(field.value);
  }
  return out;
}

void Encode(const MarketDataSnapshot& snapshot, BodyWriter& out) {
  if (!snapshot.request_id.empty()) out.Add(tag::kMdReqId, snapshot.request_id);
  out.Add(tag::kSymbol, snapshot.symbol);
  out.AddInteger(tag::kNoMdEntries, static_cast<std::int64_t>(snapshot.levels.size()));
  for (const BookLevel& level : snapshot.levels) {
    out.Add(tag::kMdEntryType, TypeOf(level.side));
    AddPrice(tag::kMdEntryPx, level.price.micros(), PriceUnit::kDollars, out);
    AddQuantity(tag::kMdEntrySize, level.quantity, out);
    AddEntryTime(snapshot.time, out);
  }
}

void Encode(const MarketDataIncremental& update, BodyWriter& out) {
  if (!update.request_id.empty()) out.Add(tag::kMdReqId, update.request_id);
  out.AddInteger(tag::kNoMdEntries, static_cast<std::int64_t>(update.entries.size()));
  for (const MarketDataEntry& entry : update.entries) {
    out.Add(tag::kMdUpdateAction, entry.action);
    out.Add(tag::kMdEntryType, entry.type);
    out.Add(tag::kSymbol, update.symbol);
    AddPrice(tag::kMdEntryPx, entry.price.micros(), PriceUnit::kDollars, out);
    AddQuantity(tag::kMdEntrySize, entry.quantity, out);
    AddEntryTime(update.time, out);
    if (!entry.trade_id.empty()) {
      out.Add(tag::kAggressorSide, entry.aggressor == BookSide::kBid ? '1' : '2');
      out.Add(tag::kTradeId, entry.trade_id);
    }
    if (!entry.own_cl_ord_id.empty()) out.Add(tag::kClOrdId, entry.own_cl_ord_id);
    if (entry.own_alloc_account) out.AddInteger(tag::kAllocAccount, *entry.own_alloc_account);
  }
}

}  // namespace evx::fix
