#include "fix/fix_hub.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "catalogue/eastern_time.h"
#include "evx/fix/tags.h"
#include "exchange/request_id.h"

namespace evx::mock_kalshi {

std::string FixBusinessDate(Timestamp time) {
  const absl::CivilSecond local = ToEastern(time);
  return absl::StrFormat("%04d%02d%02d", local.year(), local.month(), local.day());
}

FixReport ReportOf(const FixOrder& order, std::string_view symbol) {
  FixReport report;
  report.owner = order.owner;
  report.order_id = order.wire_id;
  report.cl_ord_id = order.cl_ord_id;
  report.symbol = symbol;
  report.subaccount = order.subaccount;
  report.side = order.side;
  report.original = order.original;
  report.filled = order.filled;
  report.leaves = order.remaining;
  report.average_price_micros = order.average_price_micros();
  report.price_micros = order.price.micros();
  report.expire_time = order.expiration;
  switch (order.time_in_force) {
    case venue::TimeInForce::kGoodTillCanceled:
      report.time_in_force = order.is_day       ? fix::TimeInForce::kDay
                             : order.expiration ? fix::TimeInForce::kGoodTillDate
                                                : fix::TimeInForce::kGoodTillCancel;
      break;
    case venue::TimeInForce::kImmediateOrCancel:
      report.time_in_force = fix::TimeInForce::kImmediateOrCancel;
      break;
    case venue::TimeInForce::kFillOrKill:
      report.time_in_force = fix::TimeInForce::kFillOrKill;
      break;
  }
  report.ord_status = !order.is_open()         ? (order.was_canceled ? fix::ord_status::kCanceled
                                                                     : fix::ord_status::kFilled)
                      : order.filled.is_zero() ? fix::ord_status::kNew
                                               : fix::ord_status::kPartiallyFilled;
  return report;
}

bool IsShownTo(const FixReport& report, const fix::LogonFlags& flags) {
  return flags.enable_ioc_cancel_report || !report.is_immediate_rest;
}

void Encode(const FixReport& report, const fix::LogonFlags& flags, fix::BodyWriter& out) {
  fix::ExecutionReport message;
  // Without EnableIocCancelReport that trade is the order's end: it says that nothing is left.
  const bool is_end = report.ends_immediate_order && !flags.enable_ioc_cancel_report;
  const bool is_expired = report.is_expiry && flags.use_expired_ord_status;
  const Quantity leaves = is_end ? Quantity() : report.leaves;
  const std::string exec_id = report.is_pending ? "-1;-1" : fix::FormatExecId(report.id);
  const std::string date = report.trade_id.empty() ? "" : FixBusinessDate(report.time);
  message.order_id = report.order_id.empty() ? std::string_view("NONE") : report.order_id;
  message.cl_ord_id = report.cl_ord_id.empty() ? std::string_view("NONE") : report.cl_ord_id;
  message.orig_cl_ord_id = report.orig_cl_ord_id;
  message.exec_id = exec_id;
  message.exec_type = is_expired ? fix::exec_type::kExpired : report.exec_type;
  message.ord_status = is_expired ? fix::ord_status::kExpired
                       : is_end   ? fix::ord_status::kCanceled
                                  : report.ord_status;
  message.symbol = report.symbol;
  message.side = report.side;
  message.order_quantity =
      flags.preserve_original_order_qty ? report.original : report.filled + leaves;
  message.cumulative_quantity = report.filled;
  message.leaves_quantity = leaves;
  message.average_price_micros = report.average_price_micros;
  message.price_micros = report.price_micros;
  message.time_in_force = report.time_in_force;
  message.expire_time = report.expire_time;
  message.transact_time = report.time;
  message.text = report.text;
  message.reject_reason = report.reject_reason;
  if (report.subaccount != 0) message.alloc_account = report.subaccount;
  message.has_last_market = !report.is_pending;
  if (!report.trade_id.empty()) {
    auto& trade = message.trade.emplace();
    trade.price = report.last_price;
    trade.quantity = report.last_quantity;
    trade.position_after = report.position_after;
    trade.fee = report.fee;
    trade.trade_id = report.trade_id;
    trade.is_aggressor = report.is_aggressor;
    trade.clearing_date = date;
    trade.collateral.push_back({report.balance_change, "BALANCE"});
    if (flags.split_collateral_return) {
      trade.single_market_return = report.netting_return;
      trade.ranged_market_return = report.collateral_return;
    }
  }
  fix::Encode(message, flags.use_dollars ? fix::PriceUnit::kDollars : fix::PriceUnit::kCents, out);
}

FixHub::Account& FixHub::GetAccount(AccountId account) {
  std::unique_ptr<Account>& entry = accounts[account];
  if (entry == nullptr) {
    entry = std::make_unique<Account>();
    entry->account = account;
    // Before the state is read: a record behind it must not be lost.
    feed.SetWanted(true);
    entry->through = entry->orders.Load(context, account);
    entry->reports_from = SequenceNumber(entry->through.value() + 1);
  }
  return *entry;
}

FixHub::Account* FixHub::FindAccount(AccountId account) {
  const auto found = accounts.find(account);
  return found == accounts.end() ? nullptr : found->second.get();
}

FixSession* FixHub::FindSession(std::string_view key_id) {
  const auto found = sessions.find(key_id);
  return found == sessions.end() ? nullptr : found->second.get();
}

void FixHub::Deliver(FixSession& session, std::string_view type, const fix::BodyWriter& body) {
  if (session.connection != nullptr) {
    session.connection->Send(type, body);
  } else if (fix::HasRetransmission(session.kind)) {
    session.store->Add(now, type, body.bytes());
    session.store->Expire(now, session.retention);
  }
}

void FixHub::DeliverReport(AccountId account, const FixReport& report) {
  for (auto& [key, session] : sessions) {
    if (!session->is_order_entry() || session->principal.account != account) continue;
    if (!session->flags.listener_session && session->key_id != report.owner) continue;
    if (!IsShownTo(report, session->flags)) continue;
    fix::BodyWriter body;
    Encode(report, session->flags, body);
    Deliver(*session, fix::msg_type::kExecutionReport, body);
  }
}

MarketId FixHub::FindMarket(std::string_view ticker) {
  const auto known = markets_.find(ticker);
  if (known != markets_.end()) return known->second;
  const MarketId market = context.read_model.Read([ticker](const ReadModel::State& state) {
    const MarketState* found = state.FindMarket(ticker);
    return found == nullptr ? MarketId() : found->market;
  });
  // A ticker never changes its market, and there are at most 100,000 of them.
  if (market) markets_.emplace(ticker, market);
  return market;
}

const std::string& FixHub::TickerOf(MarketId market) {
  std::string& ticker = tickers_[market];
  if (ticker.empty()) {
    ticker = context.read_model.Read(
        [market](const ReadModel::State& state) { return state.At(market).ticker; });
  }
  return ticker;
}

absl::Status FixHub::SubmitRequest(FixRequest request, AuditMeta meta, venue::Command command) {
  meta.request_id = NextRequestId();
  const std::uint64_t id = meta.request_id;
  requests_.emplace(id, std::move(request));
  // The record itself brings the answer; only a command that makes none comes back this way.
  const absl::Status queued =
      context.sequencer.Submit(std::move(command), meta, [this, id](const Outcome& outcome) {
        if (outcome.status.ok()) return;
        const std::lock_guard lock(failed_mutex_);
        failed_.emplace_back(id, outcome.status);
        if (failed_.size() == 1) server->Wake();
      });
  if (!queued.ok()) requests_.erase(id);
  return queued;
}

absl::Status FixHub::Submit(FixSession& session, FixRequest request, venue::Command command) {
  request.key_id = session.key_id;
  const std::uint64_t number = request.sequence_number;
  const absl::Status queued = SubmitRequest(std::move(request), session.meta, std::move(command));
  if (queued.ok()) BeginWork(session, number);
  return queued;
}

void FixHub::BeginWork(FixSession& session, std::uint64_t sequence_number) {
  session.under_way.insert(sequence_number);
  if (session.under_way.size() < kUnderWayMax || session.is_paused) return;
  session.is_paused = true;
  server->Pause(session.connection_id);
}

void FixHub::EndWork(FixSession& session, std::uint64_t sequence_number) {
  const auto number = session.under_way.find(sequence_number);
  if (number != session.under_way.end()) session.under_way.erase(number);
}

absl::Status FixHub::SubmitSilently(const AuditMeta& meta, venue::Command command) {
  FixRequest request;
  request.kind = FixRequest::Kind::kSilent;
  absl::Status queued = SubmitRequest(std::move(request), meta, std::move(command));
  if (queued.ok()) ++silent_count_;
  return queued;
}

std::optional<FixRequest> FixHub::TakeRequest(std::uint64_t request_id) {
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return std::nullopt;
  FixRequest request = std::move(found->second);
  requests_.erase(found);
  if (request.kind == FixRequest::Kind::kSilent) --silent_count_;
  if (FixSession* session = FindSession(request.key_id)) {
    EndWork(*session, request.sequence_number);
  }
  return request;
}

std::vector<FixHub::Failure> FixHub::TakeFailures() {
  std::vector<std::pair<std::uint64_t, absl::Status>> failed;
  {
    const std::lock_guard lock(failed_mutex_);
    failed.swap(failed_);
  }
  std::vector<Failure> failures;
  for (auto& [id, status] : failed) {
    if (auto request = TakeRequest(id)) failures.push_back({*std::move(request), status});
  }
  return failures;
}

void FixHub::CancelOrdersOf(const FixSession& session) {
  Account& account = GetAccount(session.principal.account);
  Cancellation cancellation{session.key_id, session.principal.account, session.meta, {}};
  account.orders.VisitOpen([&](const FixOrder& order) {
    if (order.owner == session.key_id) cancellation.orders.push_back(order.order_id);
  });
  if (!cancellation.orders.empty()) cancellations.push_back(std::move(cancellation));
}

void FixHub::PumpCancellations() {
  while (!cancellations.empty() && silent_count_ < kSilentMax) {
    Cancellation& next = cancellations.front();
    venue::CancelOrder command;
    command.account = next.account;
    command.order_id = next.orders.front();
    if (!SubmitSilently(next.meta, command).ok()) return;  // Again with the next tick.
    next.orders.pop_front();
    if (next.orders.empty()) cancellations.pop_front();
  }
}

}  // namespace evx::mock_kalshi
