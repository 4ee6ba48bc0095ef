#include <algorithm>
#include <utility>

#include "evx/fix/tags.h"
#include "fix/fix_gateway.h"

// Messages that are delayed, refused, lost or misnumbered because an operator wants it so.

namespace evx::mock_kalshi {

namespace msg_type = fix::msg_type;

namespace {

bool IsWrite(std::string_view type) {
  return type == msg_type::kNewOrderSingle || type == msg_type::kOrderCancelRequest ||
         type == msg_type::kOrderCancelReplaceRequest ||
         type == msg_type::kOrderMassCancelRequest || type == msg_type::kOrderGroupRequest;
}

}  // namespace

fix::SendFault FixGateway::FaultOfNext(fix::Session& session) {
  FaultInjector& faults = hub_.context.faults;
  const FixSession* const own = faults.active() ? LoggedOn(session) : nullptr;
  if (own == nullptr) return fix::SendFault::kNone;
  const FrameFault fault =
      faults.OnFrame(FaultDoor::kFix, own->principal.account, own->connection_id);
  if (!fault.kind) return fix::SendFault::kNone;
  switch (*fault.kind) {
    case FaultKind::kDrop:
      return fix::SendFault::kDrop;
    case FaultKind::kDuplicate:
      return fix::SendFault::kDuplicate;
    case FaultKind::kSequenceSkip:
      return fix::SendFault::kSkip;
    case FaultKind::kSequenceRepeat:
      return fix::SendFault::kRepeat;
    case FaultKind::kDelay:
    case FaultKind::kTooManyRequests:
    case FaultKind::kUnavailable:
    case FaultKind::kUnavailableExecuted:
    case FaultKind::kDisconnect:
    case FaultKind::kDisconnectExecuted:
    case FaultKind::kJitter:
      break;
  }
  return fix::SendFault::kNone;  // None of a message's.
}

void FixGateway::RunFaulty(FixSession& session, const fix::Message& message, bool is_repeated) {
  Connection& connection = Of(*session.connection);
  const RequestFault fault = hub_.context.faults.OnRequest(
      FaultDoor::kFix, session.principal.account, connection.id, IsWrite(message.type()));
  if (connection.held.empty() && fault.hold <= absl::ZeroDuration()) {
    return RunAsFault(session, message, is_repeated, fault);
  }
  HeldMessage held;
  held.due = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(fault.hold);
  held.bytes = fix::BytesOf(message);
  held.sequence_number = session.connection->sequence_of(message);
  held.is_repeated = is_repeated;
  held.fault = fault;
  // As good as under way: it counts to what may wait, and a crash of the exchange loses it.
  hub_.BeginWork(session, held.sequence_number);
  connection.held.push_back(std::move(held));
  hub_.context.faults.delays().Post(fault.hold, [server = server_] { server->Wake(); });
}

void FixGateway::RunAsFault(FixSession& session, const fix::Message& message, bool is_repeated,
                            const RequestFault& fault) {
  if (!fault.kind) return Run(session, message, is_repeated);
  fix::Session& connection = *session.connection;
  switch (*fault.kind) {
    case FaultKind::kDisconnect:
      // As if it had never come: a session with retransmission asks for it again.
      session.store->set_next_in(connection.sequence_of(message));
      return connection.Cut();
    case FaultKind::kDisconnectExecuted:
      Of(connection).is_mute = true;
      Run(session, message, is_repeated);
      return connection.Cut();
    case FaultKind::kTooManyRequests:
      return connection.RejectBusiness(message, fix::BusinessRejectReason::kRateLimit,
                                       "rate limit exceeded", message.Get(fix::tag::kClOrdId));
    case FaultKind::kUnavailable:
      return order_entry_.Refuse(session, message, "INTERNAL_ERROR");
    case FaultKind::kUnavailableExecuted:
      order_entry_.Refuse(session, message, "EXCHANGE_UNAVAILABLE");
      break;
    case FaultKind::kDelay:
    case FaultKind::kDrop:
    case FaultKind::kDuplicate:
    case FaultKind::kSequenceSkip:
    case FaultKind::kSequenceRepeat:
    case FaultKind::kJitter:
      break;
  }
  Run(session, message, is_repeated);
}

// Messages of a connection keep their order, so that only the first one's time matters. Once there
// are no faults any more, nothing waits for its time.
void FixGateway::RunHeld() {
  std::vector<net::StreamServer::ConnectionId> ids;
  for (const auto& [id, connection] : connections_) {
    if (!connection.held.empty()) ids.push_back(id);
  }
  const bool is_active = hub_.context.faults.active();
  const auto now = std::chrono::steady_clock::now();
  for (const auto id : ids) {
    for (;;) {
      const auto found = connections_.find(id);
      if (found == connections_.end()) break;
      std::deque<HeldMessage>& held = found->second.held;
      if (held.empty() || (is_active && held.front().due > now)) break;
      const HeldMessage next = std::move(held.front());
      held.pop_front();
      FixSession* const session = LoggedOn(*found->second.session);
      fix::Message message;
      if (session == nullptr || !message.Parse(next.bytes)) break;
      hub_.EndWork(*session, next.sequence_number);
      RunAsFault(*session, message, next.is_repeated, next.fault);
    }
  }
}

// What was held when the connection ended has never come.
void FixGateway::ForgetHeld(Connection& connection, FixSession& session) {
  if (!connection.held.empty()) {
    const std::uint64_t first = connection.held.front().sequence_number;
    session.store->set_next_in(std::min(session.store->next_in(), first));
  }
  for (const HeldMessage& held : connection.held) hub_.EndWork(session, held.sequence_number);
  connection.held.clear();
}

}  // namespace evx::mock_kalshi
