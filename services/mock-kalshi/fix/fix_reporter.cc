#include "fix/fix_reporter.h"

#include <algorithm>
#include <utility>

#include "evx/core/check.h"
#include "evx/fix/tags.h"
#include "evx/venue/codec.h"
#include "fix/fix_texts.h"

namespace evx::mock_kalshi {

namespace exec_type = fix::exec_type;
namespace ord_status = fix::ord_status;
namespace msg_type = fix::msg_type;

namespace {

// Contracts of the opposite side that a fill has closed, by the position after it.
Quantity ClosedBy(const venue::OrderFilled& fill, Quantity after) {
  const bool is_bid = fill.side == BookSide::kBid;
  const Quantity before = is_bid ? after - fill.quantity : after + fill.quantity;
  return std::min(fill.quantity, std::max(is_bid ? -before : before, Quantity()));
}

}  // namespace

void FixReporter::Collect(Turn& turn) {
  std::uint64_t index = 0;
  const auto keep = [&](const auto& event) {
    ++index;
    FixHub::Account* const account = hub_.FindAccount(event.account);
    if (account == nullptr || account->through >= turn.record.sequence_number) return;
    turn.items.emplace_back(event);
    turn.indexes.push_back(index - 1);
  };
  struct Visitor {
    decltype(keep)& add;
    Turn& turn;
    void operator()(const venue::OrderAccepted& event) { add(event); }
    void operator()(const venue::OrderFilled& event) { add(event); }
    void operator()(const venue::OrderCanceled& event) { add(event); }
    void operator()(const venue::OrderDecreased& event) { add(event); }
    void operator()(const venue::OrderAmended& event) { add(event); }
    void operator()(const venue::PositionChanged& event) { add(event); }
    void operator()(const venue::CashPosted& event) { add(event); }
    void operator()(const venue::PositionSettled& event) { add(event); }
    void operator()(const venue::CommandRejected& event) { turn.reject = event.reason; }
    void operator()(const venue::OrderGroupCreated& event) { turn.new_group = event.order_group; }
  };
  Visitor visitor{keep, turn};
  const absl::Status read =
      venue::VisitEventsOf<venue::OrderAccepted, venue::OrderFilled, venue::OrderCanceled,
                           venue::OrderDecreased, venue::OrderAmended, venue::PositionChanged,
                           venue::CashPosted, venue::PositionSettled, venue::CommandRejected,
                           venue::OrderGroupCreated>(turn.record.events, visitor);
  EVX_CHECK(read.ok());
}

void FixReporter::OnRecord(const FixFeed::Record& record) {
  Turn turn{record, DecodeAuditMeta(record.meta).value_or(AuditMeta()), {}, {}, {}, {}, {}};
  if (turn.meta.door == Door::kFix) turn.request = hub_.TakeRequest(turn.meta.request_id);
  Collect(turn);
  for (std::size_t at = 0; at < turn.items.size(); ++at) {
    std::visit([&](const auto& event) { Report(turn, at, event); }, turn.items[at]);
  }
  if (turn.request) Answer(turn);
}

void FixReporter::Publish(FixHub::Account& account, FixReport report) {
  const auto shared = std::make_shared<const FixReport>(std::move(report));
  hub_.DeliverReport(account.account, *shared);
  account.reports.push_back(shared);
  while (account.reports.size() > FixHub::kDropCopyReportCountMax ||
         shared->time - account.reports.front()->time > FixHub::kDropCopyPeriod) {
    account.reports_from = SequenceNumber(account.reports.front()->id.clock + 1);
    account.reports.pop_front();
  }
}

FixReport FixReporter::Begin(const Turn& turn, std::size_t at, const FixOrder& order) const {
  FixReport report = ReportOf(order, hub_.TickerOf(order.market));
  report.id = {turn.record.sequence_number.value(), turn.indexes[at]};
  report.time = turn.record.time;
  return report;
}

void FixReporter::Report(Turn& turn, std::size_t at, const venue::OrderAccepted& event) {
  FixHub::Account& account = *hub_.FindAccount(event.account);
  FixOrder& order = account.orders.Add(event, hub_.context.wire_ids);
  if (turn.meta.door == Door::kFix) order.owner = turn.meta.key_id.view();
  if (turn.request) {
    // As the client has asked for it; MaxExecutionCost may have lowered the limit.
    order.is_day = turn.request->report.time_in_force == fix::TimeInForce::kDay;
    if (Price::IsValid(turn.request->report.price_micros)) {
      order.price = Price::FromMicros(turn.request->report.price_micros);
    }
  }
  const bool trades_at_once =
      std::any_of(turn.items.begin() + static_cast<std::ptrdiff_t>(at), turn.items.end(),
                  [&event](const Item& item) {
                    const auto* fill = std::get_if<venue::OrderFilled>(&item);
                    return fill != nullptr && fill->order_id == event.order_id;
                  });
  const auto gone = hub_.gone.find(order.owner);
  if (gone != hub_.gone.end()) {
    hub_.cancellations.push_back({order.owner, event.account, gone->second, {event.order_id}});
  }
  const FixReport report = Begin(turn, at, order);
  if (!trades_at_once) return Publish(account, report);
  // The venue merges the acknowledgement into the trade, but for sessions that asked otherwise.
  for (auto& [key, session] : hub_.sessions) {
    if (!session->is_order_entry() || !session->flags.always_emit_new_before_trade) continue;
    if (session->principal.account != event.account) continue;
    if (!session->flags.listener_session && session->key_id != order.owner) continue;
    fix::BodyWriter body;
    Encode(report, session->flags, body);
    hub_.Deliver(*session, msg_type::kExecutionReport, body);
  }
}

void FixReporter::Report(Turn& turn, std::size_t at, const venue::OrderFilled& event) {
  FixHub::Account& account = *hub_.FindAccount(event.account);
  FixOrder* const order = account.orders.Find(event.order_id);
  if (order == nullptr) return;
  order->filled += event.quantity;
  order->fill_value += event.price * event.quantity;
  order->remaining = event.remaining_after;
  FixReport report = Begin(turn, at, *order);
  report.exec_type = exec_type::kTrade;
  report.trade_id = hub_.context.wire_ids.Encode(event.trade_id);
  report.last_price = event.price;
  report.last_quantity = event.quantity;
  report.fee = event.fee;
  report.is_aggressor = event.is_taker;
  bool is_last_fill = true;
  bool is_canceled = false;
  for (std::size_t i = at + 1; i < turn.items.size(); ++i) {
    const Item& item = turn.items[i];
    if (const auto* position = std::get_if<venue::PositionChanged>(&item)) {
      if (i != at + 1) continue;
      report.position_after = position->position;
      report.netting_return = FaceValue(ClosedBy(event, position->position));
    } else if (const auto* cash = std::get_if<venue::CashPosted>(&item)) {
      if (cash->account == event.account && cash->subaccount == event.subaccount &&
          cash->reference == event.trade_id.value()) {
        if (cash->kind == venue::PostingKind::kTrade) report.balance_change += cash->amount;
        if (cash->kind == venue::PostingKind::kCollateralReturn) {
          report.balance_change += cash->amount;
          report.collateral_return += cash->amount;
        }
      }
    } else if (const auto* fill = std::get_if<venue::OrderFilled>(&item)) {
      if (fill->order_id == event.order_id) is_last_fill = false;
    } else if (const auto* cancel = std::get_if<venue::OrderCanceled>(&item)) {
      if (cancel->order_id == event.order_id &&
          cancel->reason == venue::CancelReason::kImmediateOrCancel) {
        is_canceled = true;
      }
    }
  }
  report.ends_immediate_order = is_last_fill && is_canceled;
  if (!order->is_open()) account.orders.Finish(*order);
  Publish(account, std::move(report));
}

void FixReporter::Report(Turn& turn, std::size_t at, const venue::OrderCanceled& event) {
  FixHub::Account& account = *hub_.FindAccount(event.account);
  FixOrder* const order = account.orders.Find(event.order_id);
  if (order == nullptr) return;
  order->remaining = Quantity();
  order->was_canceled = true;
  FixReport report = Begin(turn, at, *order);
  report.exec_type = report.ord_status = exec_type::kCanceled;
  bool is_taker = false;
  for (const Item& item : turn.items) {
    const auto* accepted = std::get_if<venue::OrderAccepted>(&item);
    is_taker = is_taker || (accepted != nullptr && accepted->order_id == event.order_id);
  }
  report.text = FixCancelText(event.reason, is_taker);
  report.is_expiry = IsFixExpiry(event.reason);
  report.is_immediate_rest =
      event.reason == venue::CancelReason::kImmediateOrCancel && !order->filled.is_zero();
  if (turn.request && turn.request->order_id == event.order_id) {
    report.orig_cl_ord_id = turn.request->orig_cl_ord_id;
    report.cl_ord_id = turn.request->cl_ord_id;
  }
  account.orders.Finish(*order);
  Publish(account, std::move(report));
}

void FixReporter::Report(Turn& turn, std::size_t at, const venue::OrderDecreased& event) {
  FixHub::Account& account = *hub_.FindAccount(event.account);
  FixOrder* const order = account.orders.Find(event.order_id);
  if (order == nullptr) return;
  order->remaining = event.remaining_after;
  order->original = order->filled + order->remaining;
  FixReport report = Begin(turn, at, *order);
  report.exec_type = exec_type::kReplaced;
  report.orig_cl_ord_id = order->cl_ord_id;
  Publish(account, std::move(report));
}

void FixReporter::Report(Turn& turn, std::size_t at, const venue::OrderAmended& event) {
  FixHub::Account& account = *hub_.FindAccount(event.account);
  FixOrder* const order = account.orders.Find(event.order_id);
  if (order == nullptr) return;
  const std::string before = order->cl_ord_id;
  order->price = event.price;
  order->remaining = event.remaining_after;
  order->original = order->filled + order->remaining;
  order->expiration = event.expiration;
  order->is_day = false;
  account.orders.Rename(*order, event.client_order_id.view());
  FixReport report = Begin(turn, at, *order);
  report.exec_type = exec_type::kReplaced;
  report.orig_cl_ord_id = before;
  Publish(account, std::move(report));
}

void FixReporter::Report(Turn& turn, std::size_t at, const venue::PositionSettled& event) {
  const std::string report_id = hub_.context.wire_ids.Encode(
      WireIdKind::kFixOperation, turn.record.sequence_number.value() << 20 | turn.indexes[at]);
  fix::MarketSettlementReport report;
  const std::string symbol = hub_.TickerOf(event.market);
  const std::string date = FixBusinessDate(turn.record.time);
  const std::string party = hub_.context.wire_ids.Encode(event.account) +
                            (event.subaccount == 0 ? "" : ":" + std::to_string(event.subaccount));
  report.report_id = report_id;
  report.symbol = symbol;
  report.clearing_date = date;
  const auto [result, value] =
      hub_.context.read_model.Read([&event](const ReadModel::State& state) {
        const MarketState& market = state.At(event.market);
        return std::pair(market.result, market.settlement_value);
      });
  report.result = result == venue::MarketResult::kYes  ? "yes"
                  : result == venue::MarketResult::kNo ? "no"
                                                       : "scalar";
  report.settlement_price = value;
  report.parties.push_back({party, event.position, event.revenue - event.fee, event.fee});
  fix::BodyWriter body;
  Encode(report, body);
  for (auto& [key, session] : hub_.sessions) {
    if (session->principal.account == event.account && session->flags.receive_settlement_reports &&
        session->kind != fix::SessionKind::kDropCopy &&
        session->kind != fix::SessionKind::kMarketData) {
      hub_.Deliver(*session, msg_type::kMarketSettlementReport, body);
    }
  }
}

// --- Answers to requests -------------------------------------------------------------------------

void FixReporter::AnswerRefusedOrder(Turn& turn) {
  FixHub::Account& account =
      hub_.GetAccount(hub_.FindSession(turn.request->key_id)->principal.account);
  if (account.through >= turn.record.sequence_number) return;
  // A repetition whose first copy did get in: that one's reports are being resent.
  if (turn.request->is_repeated && turn.reject == venue::RejectReason::kDuplicateClientOrderId) {
    return;
  }
  const FixOrderRefusal refusal = FixOrderRefusalOf(*turn.reject);
  FixReport report = turn.request->report;
  report.id = {turn.record.sequence_number.value(), 0};
  report.order_id = hub_.context.wire_ids.Encode(WireIdKind::kFixOperation,
                                                 turn.record.sequence_number.value() << 20);
  report.time = turn.record.time;
  if (refusal.is_accepted_then_canceled) {
    Publish(account, report);
    report.id.event = 1;
    report.leaves = Quantity();
    report.exec_type = report.ord_status = exec_type::kCanceled;
    report.text = refusal.text;
    return Publish(account, std::move(report));
  }
  report.leaves = Quantity();
  report.exec_type = report.ord_status = exec_type::kRejected;
  report.text = refusal.text;
  report.reject_reason = refusal.reason;
  // Not in the drop copy.
  hub_.DeliverReport(account.account, report);
}

void FixReporter::Answer(Turn& turn) {
  const FixRequest& request = *turn.request;
  FixSession* const session = hub_.FindSession(request.key_id);
  if (session == nullptr) return;
  switch (request.kind) {
    case FixRequest::Kind::kCreate:
      if (turn.reject) AnswerRefusedOrder(turn);
      return order_entry_.OnOrderDecided(*session, request.cl_ord_id);
    case FixRequest::Kind::kCancel:
    case FixRequest::Kind::kReplace: {
      if (turn.reject) {
        const FixCancelRefusal refusal = FixCancelRefusalOf(*turn.reject);
        const FixOrder* const order =
            hub_.GetAccount(session->principal.account).orders.Find(request.order_id);
        fix::OrderCancelReject reject;
        reject.cl_ord_id = request.cl_ord_id;
        reject.orig_cl_ord_id = request.orig_cl_ord_id;
        reject.is_replace = request.kind == FixRequest::Kind::kReplace;
        reject.text = refusal.text;
        reject.reason = refusal.reason;
        if (order != nullptr) {
          reject.order_id = order->wire_id;
          reject.ord_status = ReportOf(*order, "").ord_status;
          // It was there when the request came: something was faster.
          if (!order->is_open()) {
            reject.reason = 0;
            reject.text = "";
          }
        }
        fix::BodyWriter body;
        Encode(reject, body);
        hub_.Deliver(*session, msg_type::kOrderCancelReject, body);
      }
      return order_entry_.OnOrderDecided(*session, request.cl_ord_id);
    }
    case FixRequest::Kind::kGroup: {
      fix::BodyWriter body;
      if (turn.reject) {
        body.AddInteger(fix::tag::kRefSeqNum, static_cast<std::int64_t>(request.sequence_number));
        body.Add(fix::tag::kRefMsgType, request.type);
        if (!request.group_id.empty()) body.Add(fix::tag::kBusinessRejectRefId, request.group_id);
        const auto reason = *turn.reject == venue::RejectReason::kUnknownOrderGroup
                                ? fix::BusinessRejectReason::kUnknownId
                                : fix::BusinessRejectReason::kOther;
        body.AddInteger(fix::tag::kBusinessRejectReason, static_cast<int>(reason));
        body.Add(fix::tag::kText, FixGroupRefusalOf(*turn.reject));
        return hub_.Deliver(*session, msg_type::kBusinessMessageReject, body);
      }
      const std::string id =
          turn.new_group ? hub_.context.wire_ids.Encode(*turn.new_group) : request.group_id;
      Encode(fix::OrderGroupResponse{id, request.group_limit, request.alloc_account}, body);
      return hub_.Deliver(*session, msg_type::kOrderGroupResponse, body);
    }
    case FixRequest::Kind::kSilent:
      return;
  }
}

// --- Drop copy -----------------------------------------------------------------------------------

void FixReporter::ResendEvents(FixSession& session, const fix::Message& message) {
  fix::EventResendRequest request;
  if (const auto fault = fix::Decode(message, request)) {
    return session.connection->RejectMessage(message, *fault);
  }
  const auto number = static_cast<std::int64_t>(session.connection->sequence_of(message));
  const auto refuse = [&](fix::EventResendRejectReason reason) {
    fix::BodyWriter body;
    body.AddInteger(fix::tag::kRefSeqNum, number);
    body.AddInteger(fix::tag::kEventResendRejectReason, static_cast<int>(reason));
    hub_.Deliver(session, msg_type::kEventResendReject, body);
  };
  if (std::exchange(session.resend_second, hub_.now.seconds()) != hub_.now.seconds()) {
    session.resend_count = 0;
  }
  if (++session.resend_count > FixHub::kResendsPerSecondMax) {
    return refuse(fix::EventResendRejectReason::kTooManyRequests);
  }
  const FixHub::Account& account = hub_.GetAccount(session.principal.account);
  const SequenceNumber newest = std::max(hub_.last_record, hub_.context.sequencer.released());
  const fix::ExecId last = {newest.value(), UINT64_MAX};
  if (request.begin.clock < account.reports_from.value()) {
    return refuse(fix::EventResendRejectReason::kBeginTooSmall);
  }
  if (request.end && (*request.end > last || *request.end < request.begin)) {
    return refuse(fix::EventResendRejectReason::kEndTooLarge);
  }
  std::int64_t count = 0;
  for (const auto& report : account.reports) {
    if (report->id < request.begin || (request.end && report->id > *request.end)) continue;
    if (!IsShownTo(*report, session.flags)) continue;
    fix::BodyWriter body;
    Encode(*report, session.flags, body);
    hub_.Deliver(session, msg_type::kExecutionReport, body);
    ++count;
  }
  fix::BodyWriter body;
  body.AddInteger(fix::tag::kRefSeqNum, number);
  body.AddInteger(fix::tag::kResentEventCount, count);
  hub_.Deliver(session, msg_type::kEventResendComplete, body);
}

}  // namespace evx::mock_kalshi
