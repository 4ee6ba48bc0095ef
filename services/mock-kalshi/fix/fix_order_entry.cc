#include "fix/fix_order_entry.h"

#include <utility>

#include "access/rate_limiter.h"
#include "catalogue/eastern_time.h"
#include "evx/fix/tags.h"
#include "exchange/request_id.h"
#include "fix/fix_texts.h"
#include "rest/rest_order_commands.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {

namespace msg_type = fix::msg_type;
using fix::BusinessRejectReason;

Timestamp EndOfEasternDay(Timestamp time) {
  const absl::CivilSecond local = ToEastern(time);
  const absl::CivilSecond next_day = absl::CivilSecond(absl::CivilDay(local) + 1);
  // The offset may change over night, so the candidate says by how much it is off.
  Timestamp end = time + absl::Seconds(next_day - local);
  end = end + absl::Seconds(next_day - ToEastern(end));
  return Timestamp::FromMillis(end.seconds() * 1'000 - 1);
}

namespace {

constexpr int kUnknownSymbol = 1;
constexpr int kUnsupported = 11;
constexpr int kUnknownAccount = 15;
constexpr int kOther = 99;

// One shard: none, -1 and 0 are it.
bool IsOurShard(std::optional<std::int64_t> ex_destination) {
  return !ex_destination || *ex_destination == -1 || *ex_destination == 0;
}

// Of an order as it was asked for.
FixReport ReportOf(const fix::NewOrderSingle& order, const FixSession& session) {
  FixReport report;
  report.owner = session.key_id;
  report.cl_ord_id = order.cl_ord_id;
  report.symbol = order.symbol;
  report.side = order.side;
  report.original = report.leaves = order.quantity;
  report.price_micros = order.price_micros;
  report.time_in_force = order.time_in_force;
  report.expire_time = order.expire_time;
  return report;
}

}  // namespace

FixRequest FixOrderEntry::RequestOf(const Call& call, FixRequest::Kind kind) const {
  FixRequest request;
  request.kind = kind;
  request.key_id = call.session.key_id;
  request.type = call.message.type();
  request.sequence_number = call.session.connection->sequence_of(call.message);
  request.is_repeated = call.is_repeated;
  return request;
}

bool FixOrderEntry::Admit(const Call& call, std::int64_t cost) {
  FixSession& session = call.session;
  if (session.flags.listener_session) {
    session.connection->RejectBusiness(call.message, BusinessRejectReason::kNotAuthorized,
                                       "listener session");
    return false;
  }
  if (!hub_.context.rate_limiter.Charge(session.principal.account, session.principal.tier,
                                        RateBucket::kWrite, cost, hub_.now)) {
    session.connection->RejectBusiness(call.message, BusinessRejectReason::kRateLimit,
                                       "rate limit exceeded", call.message.Get(fix::tag::kClOrdId));
    return false;
  }
  return true;
}

void FixOrderEntry::OnMessage(FixSession& session, const fix::Message& message, bool is_repeated) {
  const Call call{session, message, is_repeated};
  const std::string_view type = message.type();
  if (type == msg_type::kNewOrderSingle) {
    if (Admit(call, kDefaultCost)) Create(call);
  } else if (type == msg_type::kOrderCancelReplaceRequest) {
    if (Admit(call, kDefaultCost)) (void)Replace(call);
  } else if (type == msg_type::kOrderCancelRequest) {
    if (Admit(call, kCancelCost)) Cancel(call);
  } else if (type == msg_type::kOrderMassCancelRequest) {
    if (Admit(call, kCancelCost)) MassCancel(call);
  } else if (type == msg_type::kOrderGroupRequest) {
    if (Admit(call, kDefaultCost)) OrderGroup(call);
  }
}

void FixOrderEntry::Refuse(FixSession& session, const fix::Message& message,
                           std::string_view text) {
  const std::string_view type = message.type();
  std::optional<fix::SessionReject> fault;
  if (type == msg_type::kNewOrderSingle) {
    fix::NewOrderSingle order;
    fault = fix::Decode(message, session.unit(), order);
    if (!fault) return RejectOrder(session, ReportOf(order, session), text, kOther);
  } else if (type == msg_type::kOrderCancelRequest ||
             type == msg_type::kOrderCancelReplaceRequest) {
    fix::OrderCancelReject reject;
    reject.cl_ord_id = message.Get(fix::tag::kClOrdId);
    reject.orig_cl_ord_id = message.Get(fix::tag::kOrigClOrdId);
    reject.is_replace = type == msg_type::kOrderCancelReplaceRequest;
    return RejectCancel(session, reject, text, kOther);
  } else if (type == msg_type::kOrderMassCancelRequest) {
    return AnswerMassCancel(session, message.Get(fix::tag::kClOrdId), text);
  }
  if (fault) return session.connection->RejectMessage(message, *fault);
  session.connection->RejectBusiness(message, BusinessRejectReason::kNotAvailable, text,
                                     message.Get(fix::tag::kClOrdId));
}

// --- New orders ----------------------------------------------------------------------------------

void FixOrderEntry::RejectOrder(FixSession& session, FixReport report, std::string_view text,
                                int reason) {
  report.is_pending = true;
  report.exec_type = fix::exec_type::kRejected;
  report.ord_status = fix::ord_status::kRejected;
  report.leaves = Quantity();
  report.text = text;
  report.reject_reason = reason;
  report.time = hub_.context.clock.Now();
  hub_.DeliverReport(session.principal.account, report);
}

void FixOrderEntry::SendPending(FixSession& session, FixReport report, char exec_type) {
  if (session.flags.skip_pending_exec_reports) return;
  report.is_pending = true;
  report.exec_type = report.ord_status = exec_type;
  report.time = hub_.context.clock.Now();
  fix::BodyWriter body;
  Encode(report, session.flags, body);
  hub_.Deliver(session, msg_type::kExecutionReport, body);
}

void FixOrderEntry::Create(const Call& call) {
  FixSession& session = call.session;
  fix::NewOrderSingle order;
  if (const auto fault = fix::Decode(call.message, session.unit(), order)) {
    return session.connection->RejectMessage(call.message, *fault);
  }
  FixRequest request = RequestOf(call, FixRequest::Kind::kCreate);
  request.cl_ord_id = order.cl_ord_id;
  request.report = ReportOf(order, session);
  FixReport& report = request.report;

  venue::CreateOrder command;
  command.account = session.principal.account;
  command.market = hub_.FindMarket(order.symbol);
  if (!command.market || !IsOurShard(order.ex_destination)) {
    return RejectOrder(session, report, "MARKET_NOT_FOUND", kUnknownSymbol);
  }
  const auto alloc = order.alloc_account;
  if (alloc && (*alloc < 0 || *alloc > kSubaccountNumberMax)) {
    return RejectOrder(session, report, "CUSTOMER_ACCOUNT_NOT_FOUND", kUnknownAccount);
  }
  const auto subaccount = ResolveSubaccount(
      session.principal,
      alloc ? std::optional(static_cast<SubaccountNumber>(*alloc)) : std::nullopt);
  if (!subaccount.ok()) {
    return RejectOrder(session, report, "PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT", kUnknownAccount);
  }
  command.subaccount = report.subaccount = *subaccount;
  if (!order.order_group_id.empty()) {
    const auto group = hub_.context.wire_ids.DecodeOrderGroup(order.order_group_id);
    if (!group) return RejectOrder(session, report, "ORDER_GROUP_NOT_FOUND", kUnsupported);
    command.order_group = *group;
  }
  if (order.has_parties) {
    return RejectOrder(session, report, "PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT", kUnknownAccount);
  }
  if (order.accepts_quote) return RejectOrder(session, report, "INVALID_ORDER", kUnsupported);
  command.side = order.side;
  command.price_micros = order.price_micros;
  command.quantity = order.quantity;
  command.post_only = order.post_only;
  command.reduce_only = order.reduce_only;
  command.cancel_on_pause = order.cancel_on_pause;
  command.self_trade_prevention = order.maker_prevention
                                      ? venue::SelfTradePrevention::kMaker
                                      : venue::SelfTradePrevention::kTakerAtCross;
  command.client_order_id = venue::ClientOrderId(order.cl_ord_id);
  const Timestamp now = hub_.context.clock.Now();
  switch (order.time_in_force) {
    case fix::TimeInForce::kDay:
      command.expiration = EndOfEasternDay(now);
      break;
    case fix::TimeInForce::kGoodTillCancel:
      break;
    case fix::TimeInForce::kImmediateOrCancel:
      command.time_in_force = venue::TimeInForce::kImmediateOrCancel;
      break;
    case fix::TimeInForce::kFillOrKill:
      command.time_in_force = venue::TimeInForce::kFillOrKill;
      break;
    case fix::TimeInForce::kGoodTillDate:
      if (order.expire_time > now) {
        command.expiration = order.expire_time;
      } else {
        command.time_in_force = venue::TimeInForce::kImmediateOrCancel;
      }
      break;
  }
  SendPending(session, report, fix::exec_type::kPendingNew);
  if (order.max_execution_cost && !KeepWithin(*order.max_execution_cost, command)) {
    return CancelAtOnce(session, report, "FOK_INSUFFICIENT_VOLUME");
  }
  session.waiting.try_emplace(request.cl_ord_id);
  FixRequest copy = request;
  const absl::Status queued = hub_.Submit(session, std::move(request), std::move(command));
  if (!queued.ok()) AnswerFailure(copy, queued);
}

bool FixOrderEntry::KeepWithin(Money cost, venue::CreateOrder& command) const {
  // What is wrong with these the exchange says.
  if (!Price::IsValid(command.price_micros) || command.quantity.is_zero()) return true;
  switch (BoundCost(command, cost, hub_.context)) {
    case CostBound::kWithin:
      return true;
    case CostBound::kLowered:
      command.time_in_force = venue::TimeInForce::kFillOrKill;
      command.expiration = Timestamp();
      return true;
    case CostBound::kImpossible:
      break;
  }
  return false;
}

void FixOrderEntry::CancelAtOnce(FixSession& session, FixReport report, std::string_view text) {
  const std::string order_id =
      hub_.context.wire_ids.Encode(WireIdKind::kFixOperation, NextRequestId());
  report.is_pending = true;  // The exchange has no record of it.
  report.order_id = order_id;
  report.time = hub_.context.clock.Now();
  hub_.DeliverReport(session.principal.account, report);
  report.exec_type = report.ord_status = fix::exec_type::kCanceled;
  report.leaves = Quantity();
  report.text = text;
  hub_.DeliverReport(session.principal.account, report);
}

void FixOrderEntry::AnswerFailure(const FixRequest& request, const absl::Status& status) {
  FixSession* const owner = hub_.FindSession(request.key_id);
  if (owner == nullptr) return;
  const bool is_unknown = status.code() == absl::StatusCode::kAborted;
  const std::string_view text = is_unknown ? "EXCHANGE_UNAVAILABLE" : "INTERNAL_ERROR";
  switch (request.kind) {
    case FixRequest::Kind::kCreate:
      RejectOrder(*owner, request.report, text, kOther);
      return OnOrderDecided(*owner, request.cl_ord_id);
    case FixRequest::Kind::kCancel:
    case FixRequest::Kind::kReplace: {
      fix::OrderCancelReject reject;
      reject.cl_ord_id = request.cl_ord_id;
      reject.orig_cl_ord_id = request.orig_cl_ord_id;
      reject.is_replace = request.kind == FixRequest::Kind::kReplace;
      return RejectCancel(*owner, reject, text, kOther);
    }
    case FixRequest::Kind::kGroup: {
      fix::BodyWriter body;
      body.AddInteger(fix::tag::kRefSeqNum, static_cast<std::int64_t>(request.sequence_number));
      body.Add(fix::tag::kRefMsgType, request.type);
      body.AddInteger(fix::tag::kBusinessRejectReason,
                      static_cast<int>(BusinessRejectReason::kNotAvailable));
      body.Add(fix::tag::kText, text);
      return hub_.Deliver(*owner, msg_type::kBusinessMessageReject, body);
    }
    case FixRequest::Kind::kSilent:
      return;
  }
}

void FixOrderEntry::OnFailure(const FixHub::Failure& failure) {
  AnswerFailure(failure.request, failure.status);
}

// --- Cancels and replaces ------------------------------------------------------------------------

void FixOrderEntry::RejectCancel(FixSession& session, fix::OrderCancelReject reject,
                                 std::string_view text, int reason) {
  reject.text = text;
  reject.reason = reason;
  fix::BodyWriter body;
  Encode(reject, body);
  hub_.Deliver(session, msg_type::kOrderCancelReject, body);
}

bool FixOrderEntry::SetAside(const Call& call, std::string_view cl_ord_id) {
  was_set_aside_ = false;
  const auto found = call.session.waiting.find(cl_ord_id);
  if (found == call.session.waiting.end() || call.session.waiting_count >= FixHub::kWaitingMax) {
    return false;
  }
  found->second.push_back(fix::BytesOf(call.message));
  ++call.session.waiting_count;
  was_set_aside_ = true;
  // What names the new id waits in turn.
  if (call.message.type() == msg_type::kOrderCancelReplaceRequest) {
    call.session.waiting.try_emplace(std::string(call.message.Get(fix::tag::kClOrdId)));
  }
  return true;
}

void FixOrderEntry::OnOrderDecided(FixSession& session, std::string_view cl_ord_id) {
  const auto found = session.waiting.find(cl_ord_id);
  if (found == session.waiting.end()) return;
  const std::vector<std::string> messages = std::move(found->second);
  session.waiting.erase(found);
  session.waiting_count -= messages.size();
  for (const std::string& bytes : messages) {
    fix::Message message;
    if (session.connection == nullptr || !message.Parse(bytes)) return;
    const Call call{session, message, false};
    if (message.type() == msg_type::kOrderCancelRequest) {
      Cancel(call);
    } else if (!Replace(call)) {
      OnOrderDecided(session, message.Get(fix::tag::kClOrdId));
    }
  }
}

FixOrder* FixOrderEntry::FindTarget(const Call& call, const fix::OrderCancelReject& naming,
                                    std::string_view order_id, std::string_view symbol,
                                    BookSide side, std::optional<std::int64_t> alloc_account) {
  FixSession& session = call.session;
  FixOrders& orders = hub_.GetAccount(session.principal.account).orders;
  FixOrder* order = nullptr;
  was_set_aside_ = false;
  // Integer has no number for -1, which is none too.
  if (!IsOurShard(call.message.Integer(fix::tag::kExDestination))) {
    RejectCancel(session, naming, "MARKET_NOT_FOUND", kOther);
    return nullptr;
  }
  if (SetAside(call, naming.orig_cl_ord_id)) return nullptr;
  if (order_id.empty()) {
    order = orders.FindByClOrdId(naming.orig_cl_ord_id);
  } else {
    const auto id = hub_.context.wire_ids.DecodeOrder(order_id);
    order = id ? orders.Find(*id) : nullptr;
  }
  if (order == nullptr) {
    RejectCancel(session, naming, "ORDER_NOT_FOUND", 1);
    return nullptr;
  }
  fix::OrderCancelReject reject = naming;
  reject.order_id = order->wire_id;
  reject.ord_status = ReportOf(*order, "").ord_status;
  if (!order->is_open()) {
    if (naming.is_replace && !order->was_canceled) {
      RejectCancel(session, reject, "CANNOT_UPDATE_FILLED_ORDER", 2);
    } else {
      RejectCancel(session, reject, "", 0);
    }
    return nullptr;
  }
  const bool is_other_subaccount = (alloc_account && *alloc_account != order->subaccount) ||
                                   !MayUse(session.principal, order->subaccount);
  const bool is_other_name = !order->cl_ord_id.empty() && order->cl_ord_id != naming.orig_cl_ord_id;
  if (order->side != side || hub_.TickerOf(order->market) != symbol || is_other_subaccount ||
      is_other_name) {
    RejectCancel(session, reject, "ORDER_ATTRIBUTES_MISMATCH", 1);
    return nullptr;
  }
  return order;
}

void FixOrderEntry::Cancel(const Call& call) {
  FixSession& session = call.session;
  fix::OrderCancelRequest cancel;
  if (const auto fault = fix::Decode(call.message, cancel)) {
    return session.connection->RejectMessage(call.message, *fault);
  }
  fix::OrderCancelReject naming;
  naming.cl_ord_id = cancel.cl_ord_id;
  naming.orig_cl_ord_id = cancel.orig_cl_ord_id;
  FixOrder* const order =
      FindTarget(call, naming, cancel.order_id, cancel.symbol, cancel.side, cancel.alloc_account);
  if (order == nullptr) return;
  FixRequest request = RequestOf(call, FixRequest::Kind::kCancel);
  request.cl_ord_id = cancel.cl_ord_id;
  request.orig_cl_ord_id = cancel.orig_cl_ord_id;
  request.order_id = order->order_id;
  FixReport pending = ReportOf(*order, cancel.symbol);
  pending.cl_ord_id = request.cl_ord_id;
  pending.orig_cl_ord_id = request.orig_cl_ord_id;
  SendPending(session, std::move(pending), fix::exec_type::kPendingCancel);
  venue::CancelOrder command;
  command.account = session.principal.account;
  command.order_id = order->order_id;
  command.subaccount = session.principal.subaccount;
  FixRequest copy = request;
  const absl::Status queued = hub_.Submit(session, std::move(request), command);
  if (!queued.ok()) AnswerFailure(copy, queued);
}

bool FixOrderEntry::Replace(const Call& call) {
  FixSession& session = call.session;
  fix::OrderCancelReplaceRequest replace;
  if (const auto fault = fix::Decode(call.message, session.unit(), replace)) {
    session.connection->RejectMessage(call.message, *fault);
    return false;
  }
  fix::OrderCancelReject naming;
  naming.cl_ord_id = replace.cl_ord_id;
  naming.orig_cl_ord_id = replace.orig_cl_ord_id;
  naming.is_replace = true;
  FixOrder* const order = FindTarget(call, naming, replace.order_id, replace.symbol, replace.side,
                                     replace.alloc_account);
  if (order == nullptr) return was_set_aside_;
  naming.order_id = order->wire_id;
  naming.ord_status = ReportOf(*order, "").ord_status;
  if (replace.quantity < order->filled || replace.quantity.is_zero()) {
    RejectCancel(session, naming, "INVALID_AMEND_QTY_FOR_ORDER", 2);
    return false;
  }
  FixRequest request = RequestOf(call, FixRequest::Kind::kReplace);
  request.cl_ord_id = replace.cl_ord_id;
  request.orig_cl_ord_id = replace.orig_cl_ord_id;
  request.order_id = order->order_id;
  FixReport pending = ReportOf(*order, replace.symbol);
  pending.cl_ord_id = request.cl_ord_id;
  pending.orig_cl_ord_id = request.orig_cl_ord_id;
  venue::Command command;
  if (replace.quantity == order->filled) {
    // What is filled is all that is wanted.
    venue::CancelOrder cancel;
    cancel.account = session.principal.account;
    cancel.order_id = order->order_id;
    command = cancel;
  } else {
    using Change = venue::AmendOrder::ExpirationChange;
    const Timestamp now = hub_.context.clock.Now();
    venue::AmendOrder amend;
    amend.account = session.principal.account;
    amend.order_id = order->order_id;
    amend.market = order->market;
    amend.side = order->side;
    amend.price_micros = replace.price_micros.value_or(order->price.micros());
    amend.total_quantity = replace.quantity;
    amend.updated_client_order_id = venue::ClientOrderId(replace.cl_ord_id);
    if (replace.time_in_force == fix::TimeInForce::kGoodTillCancel) {
      amend.expiration_change = Change::kClear;
    } else if (replace.time_in_force) {
      amend.expiration_change = Change::kSet;
      amend.expiration = replace.time_in_force == fix::TimeInForce::kDay ? EndOfEasternDay(now)
                                                                         : replace.expire_time;
      if (amend.expiration <= now) {
        RejectCancel(session, naming, "INVALID_ORDER", kOther);
        return false;
      }
    }
    command = amend;
  }
  SendPending(session, std::move(pending), fix::exec_type::kPendingReplace);
  // A chain of replaces may name each new id before the exchange has seen it.
  session.waiting.try_emplace(request.cl_ord_id);
  FixRequest copy = request;
  const absl::Status queued = hub_.Submit(session, std::move(request), std::move(command));
  if (!queued.ok()) AnswerFailure(copy, queued);
  return queued.ok();
}

void FixOrderEntry::MassCancel(const Call& call) {
  FixSession& session = call.session;
  if (hub_.now - session.last_mass_cancel < absl::Seconds(1)) {
    return session.connection->RejectBusiness(call.message, BusinessRejectReason::kRateLimit,
                                              "rate limit exceeded",
                                              call.message.Get(fix::tag::kClOrdId));
  }
  session.last_mass_cancel = hub_.now;
  AnswerMassCancel(session, call.message.Get(fix::tag::kClOrdId), "");
  hub_.CancelOrdersOf(session);
  hub_.PumpCancellations();
}

void FixOrderEntry::AnswerMassCancel(FixSession& session, std::string_view cl_ord_id,
                                     std::string_view refusal) {
  fix::OrderMassCancelReport report;
  report.cl_ord_id = cl_ord_id;
  const std::string operation =
      hub_.context.wire_ids.Encode(WireIdKind::kFixOperation, NextRequestId());
  report.operation_id = operation;
  report.is_accepted = refusal.empty();
  if (!refusal.empty()) report.reject_reason = kOther;
  report.text = refusal;
  fix::BodyWriter body;
  Encode(report, body);
  hub_.Deliver(session, msg_type::kOrderMassCancelReport, body);
}

// --- Order groups --------------------------------------------------------------------------------

void FixOrderEntry::OrderGroup(const Call& call) {
  FixSession& session = call.session;
  fix::OrderGroupRequest group;
  if (const auto fault = fix::Decode(call.message, group)) {
    return session.connection->RejectMessage(call.message, *fault);
  }
  const auto refuse = [&](std::string_view text) {
    session.connection->RejectBusiness(call.message, BusinessRejectReason::kUnknownId, text,
                                       group.order_group_id);
  };
  const AccountId account = session.principal.account;
  if (!IsOurShard(group.ex_destination)) return refuse("ORDER_GROUP_NOT_FOUND");
  const auto alloc = group.alloc_account;
  if (alloc && (*alloc < 0 || *alloc > kSubaccountNumberMax)) {
    return refuse("CUSTOMER_ACCOUNT_NOT_FOUND");
  }
  const auto subaccount = ResolveSubaccount(
      session.principal,
      alloc ? std::optional(static_cast<SubaccountNumber>(*alloc)) : std::nullopt);
  if (!subaccount.ok()) return refuse("PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT");
  OrderGroupId id;
  if (group.action != fix::OrderGroupAction::kCreate) {
    const auto decoded = hub_.context.wire_ids.DecodeOrderGroup(group.order_group_id);
    const bool is_own = decoded && hub_.context.read_model.Read([&](const ReadModel::State& state) {
      const AccountState* owner = state.FindAccount(account);
      if (owner == nullptr) return false;
      const auto found = owner->order_groups.find(*decoded);
      return found != owner->order_groups.end() && found->second.subaccount == *subaccount;
    });
    if (!is_own) return refuse("ORDER_GROUP_NOT_FOUND");
    id = *decoded;
  }
  venue::Command command;
  switch (group.action) {
    case fix::OrderGroupAction::kCreate:
      command = venue::CreateOrderGroup{account, *subaccount, *group.limit};
      break;
    case fix::OrderGroupAction::kReset:
      command = venue::ResetOrderGroup{account, id};
      break;
    case fix::OrderGroupAction::kDelete:
      command = venue::DeleteOrderGroup{account, id};
      break;
    case fix::OrderGroupAction::kTrigger:
      command = venue::TriggerOrderGroup{account, id};
      break;
    case fix::OrderGroupAction::kUpdate:
      command = venue::UpdateOrderGroupLimit{account, id, *group.limit};
      break;
  }
  FixRequest request = RequestOf(call, FixRequest::Kind::kGroup);
  request.group_action = group.action;
  request.group_id = group.order_group_id;
  request.group_limit = group.limit;
  request.alloc_account = alloc;
  FixRequest copy = request;
  const absl::Status queued = hub_.Submit(session, std::move(request), std::move(command));
  if (!queued.ok()) AnswerFailure(copy, queued);
}

}  // namespace evx::mock_kalshi
