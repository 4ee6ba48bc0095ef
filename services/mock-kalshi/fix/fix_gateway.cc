#include "fix/fix_gateway.h"

#include <algorithm>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/fix/tags.h"
#include "evx/telemetry/log.h"

namespace evx::mock_kalshi {

namespace msg_type = fix::msg_type;
using fix::SessionKind;

namespace {

constexpr int kLogonsPerSecondMax = 10;  // Of one key from one address.

}  // namespace

FixGateway::FixGateway(const ExchangeContext& context, FixFeed& feed, FixSessionFiles* files)
    : hub_(context, feed),
      order_entry_(hub_),
      reporter_(hub_, order_entry_),
      market_data_(hub_),
      files_(files) {}

// --- Kept sessions -------------------------------------------------------------------------------

void FixGateway::Restore(std::vector<FixFeed::Record> recovered) {
  if (files_ == nullptr) return;
  hub_.now = hub_.context.wall.Now();
  for (std::unique_ptr<FixSession>& kept : files_->LoadAll()) {
    if (!hub_.context.authenticator.IsStillGood(kept->principal)) continue;
    const std::string key_id = kept->key_id;
    const AccountId account = kept->principal.account;
    // What happened between the session's last message and the end of the journal, told to it
    // alone: a hub of its own begins with the orders as its reports left them.
    FixHub alone(hub_.context, hub_.feed);
    alone.now = hub_.now;
    FixOrderEntry order_entry(alone);
    FixReporter reporter(alone, order_entry);
    auto entry = std::make_unique<FixHub::Account>();
    entry->account = account;
    entry->through = CursorOf(*kept);
    entry->orders = OrdersOfReports(*kept, alone);
    alone.accounts[account] = std::move(entry);
    alone.sessions[key_id] = std::move(kept);
    for (const FixFeed::Record& record : recovered) reporter.OnRecord(record);
    FixHub::Account& account_now = hub_.GetAccount(account);
    alone.accounts[account]->orders.VisitOpen([&](const FixOrder& order) {
      FixOrder* const open = account_now.orders.Find(order.order_id);
      if (open != nullptr && !order.owner.empty()) open->owner = order.owner;
    });
    hub_.sessions[key_id] = std::move(alone.sessions[key_id]);
  }
  FlushStores();
}

void FixGateway::FlushStores() {
  if (files_ == nullptr) return;
  for (auto& [key_id, session] : hub_.sessions) {
    if (!fix::HasRetransmission(session->kind)) continue;
    const std::uint64_t oldest =
        session->under_way.empty() ? UINT64_MAX : *session->under_way.begin();
    if (session->store->has_changes()) WriteCursorNote(*session, hub_.last_record);
    const absl::Status flushed = session->store->Flush(oldest);
    if (!flushed.ok()) {
      telemetry::Log(telemetry::LogLevel::kError, "FIX session cannot be kept.",
                     {{"status", flushed}});
    }
  }
}

absl::Status FixGateway::TakeUp(FixSession& session) {
  if (session.store != nullptr) return absl::OkStatus();
  if (files_ == nullptr || !fix::HasRetransmission(session.kind)) {
    session.store = std::make_unique<fix::SessionStore>();
    return absl::OkStatus();
  }
  EVX_ASSIGN_OR_RETURN(session.store, files_->OpenStore(session.key_id, session.kind));
  return absl::OkStatus();
}

// --- Connections ---------------------------------------------------------------------------------

void FixGateway::OnStart(net::StreamServer& server) {
  server_ = hub_.server = &server;
  hub_.feed.SetWake([&server] { server.Wake(); });
}

void FixGateway::OnOpen(net::StreamServer::ConnectionId id, std::size_t listener,
                        std::string_view remote_address) {
  Connection connection;
  connection.id = id;
  connection.remote_address = remote_address;
  connection.session =
      std::make_unique<fix::Session>(static_cast<SessionKind>(listener), fix::Dictionary::Kalshi(),
                                     *this, hub_.context.wall.Now());
  by_session_[connection.session.get()] = id;
  connections_.emplace(id, std::move(connection));
}

std::size_t FixGateway::OnBytes(net::StreamServer::ConnectionId id, std::string_view bytes) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return bytes.size();
  hub_.now = hub_.context.wall.Now();
  return found->second.session->OnBytes(bytes, hub_.now);
}

void FixGateway::OnClosed(net::StreamServer::ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second.session->OnClosed();
  by_session_.erase(found->second.session.get());
  connections_.erase(found);
}

FixGateway::Connection& FixGateway::Of(const fix::Session& session) {
  return connections_.at(by_session_.at(&session));
}

FixSession* FixGateway::LoggedOn(const fix::Session& session) {
  FixSession* const found = hub_.FindSession(session.client());
  return found != nullptr && found->connection == &session ? found : nullptr;
}

void FixGateway::Output(fix::Session& session, std::string_view bytes) {
  const Connection& connection = Of(session);
  if (connection.is_mute) return;
  counters_.messages_out.fetch_add(1, std::memory_order_relaxed);
  server_->Send(connection.id, bytes);
}

bool FixGateway::IsReady(const fix::Session& session) const {
  const auto found = hub_.sessions.find(session.client());
  return found == hub_.sessions.end() || !found->second->is_paused;
}

void FixGateway::ResumePaused() {
  for (auto& [key_id, session] : hub_.sessions) {
    if (!session->is_paused || session->under_way.size() > FixHub::kUnderWayMax / 2) continue;
    session->is_paused = false;
    if (session->connection == nullptr) continue;
    server_->Resume(session->connection_id);
    // The messages that waited may have ended a session and changed the map.
    return server_->Wake();
  }
}

void FixGateway::OnEnded(fix::Session& session) {
  Connection& connection = Of(session);
  connection.has_ended = true;
  server_->CloseAfterOutput(connection.id);
  FixSession* const ended = LoggedOn(session);
  if (ended == nullptr) return;
  counters_.sessions.fetch_sub(1, std::memory_order_relaxed);
  market_data_.Forget(*ended);
  ForgetHeld(connection, *ended);
  ended->connection = nullptr;
  ended->is_paused = false;
  ended->waiting.clear();
  ended->waiting_count = 0;
  if (ended->flags.cancel_orders_on_disconnect && ended->is_order_entry()) {
    hub_.CancelOrdersOf(*ended);
    hub_.gone[ended->key_id] = ended->meta;
    hub_.PumpCancellations();
  }
  if (!fix::HasRetransmission(ended->kind)) hub_.sessions.erase(ended->key_id);
}

// --- Logon ---------------------------------------------------------------------------------------

bool FixGateway::IsReplay(const fix::Logon& logon) {
  while (!used_signatures_in_order_.empty() &&
         hub_.now - used_signatures_in_order_.front().first > 3 * fix::kSendingTimeWindow) {
    used_signatures_.erase(used_signatures_in_order_.front().second);
    used_signatures_in_order_.pop_front();
  }
  std::string used(logon.signature);
  if (!used_signatures_.insert(used).second) return true;
  used_signatures_in_order_.emplace_back(hub_.now, std::move(used));
  return false;
}

std::string FixGateway::CheckLogon(const fix::Logon& logon, std::string_view remote_address,
                                   Principal& principal) {
  if (std::exchange(logon_second_, hub_.now.seconds()) != hub_.now.seconds()) logons_.clear();
  // By address too: who holds no key must not use up the logons of who does.
  const std::string caller = std::string(logon.sender) + "@" + std::string(remote_address);
  if (++logons_[caller] > kLogonsPerSecondMax) return "rate limit exceeded";
  const FixSession* const present = hub_.FindSession(logon.sender);
  const Authenticator::Result result = hub_.context.authenticator.AuthenticateText(
      logon.sender,
      fix::LogonSignedText(logon.sending_time, logon.sequence_number, logon.sender, logon.target),
      logon.signature);
  if (!result.principal) {
    return result.error.details.empty() ? "authentication failed" : result.error.details;
  }
  // Only now: who holds no key must not learn whether one is in use.
  if (present != nullptr && present->connection != nullptr) return "already exists";
  principal = *result.principal;
  const bool enters_orders = (logon.kind == SessionKind::kOrderEntry ||
                              logon.kind == SessionKind::kOrderEntryRetransmission) &&
                             !logon.flags.listener_session;
  const bool may_read = principal.HasScope(venue::kScopeRead);
  const bool may_write = principal.HasScope(venue::kScopeWrite) ||
                         (may_read && principal.HasScope(venue::kScopeWriteTrade));
  if (enters_orders && !may_write) {
    return "permission denied: the key needs write, or read and write::trade";
  }
  if (!may_read && !may_write) return "permission denied: the key needs read";
  if (IsReplay(logon)) return "this logon was used before";
  return "";
}

fix::Session::Application::LogonDecision FixGateway::OnLogon(fix::Session& session,
                                                             const fix::Logon& logon) {
  Principal principal;
  std::string refusal = CheckLogon(logon, Of(session).remote_address, principal);
  const std::string key_id(logon.sender);
  if (refusal.empty()) {
    std::unique_ptr<FixSession>& slot = hub_.sessions[key_id];
    // A key that comes back to another kind leaves what was kept in its file.
    if (slot == nullptr || slot->kind != logon.kind) {
      slot = std::make_unique<FixSession>();
      slot->key_id = key_id;
      slot->kind = logon.kind;
    }
    const absl::Status taken = TakeUp(*slot);
    if (taken.ok()) {
      const Connection& connection = Of(session);
      slot->principal = principal;
      slot->flags = logon.flags;
      slot->retention = logon.retention;
      slot->connection = &session;
      slot->connection_id = connection.id;
      slot->meta = AuditMeta();
      slot->meta.door = Door::kFix;
      slot->meta.key_id = principal.key_id;
      slot->meta.remote_address =
          InlineString<64>(std::string_view(connection.remote_address).substr(0, 64));
      hub_.gone.erase(key_id);
      counters_.sessions.fetch_add(1, std::memory_order_relaxed);
      return {slot->store.get(), ""};
    }
    hub_.sessions.erase(key_id);
    refusal = "FIX logon service busy; retry with backoff";
    telemetry::Log(telemetry::LogLevel::kError, "FIX session file cannot be opened.",
                   {{"status", taken}});
  }
  counters_.refused_logons.fetch_add(1, std::memory_order_relaxed);
  return {nullptr, refusal};
}

void FixGateway::OnLoggedOn(fix::Session& session) {
  FixSession& own = *LoggedOn(session);
  hub_.GetAccount(own.principal.account);
  if (fix::HasRetransmission(own.kind)) WriteSessionNote(own, hub_.now);
}

// --- Messages ------------------------------------------------------------------------------------

bool FixGateway::IsSupported(SessionKind kind, std::string_view type) const {
  const auto is_one_of = [type](std::initializer_list<std::string_view> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
  };
  switch (kind) {
    case SessionKind::kOrderEntry:
      return is_one_of({msg_type::kNewOrderSingle, msg_type::kOrderCancelRequest,
                        msg_type::kOrderCancelReplaceRequest, msg_type::kOrderMassCancelRequest,
                        msg_type::kOrderGroupRequest, msg_type::kEventResendRequest});
    case SessionKind::kOrderEntryRetransmission:
      return is_one_of({msg_type::kNewOrderSingle, msg_type::kOrderCancelRequest,
                        msg_type::kOrderCancelReplaceRequest, msg_type::kOrderGroupRequest});
    case SessionKind::kDropCopy:
      return type == msg_type::kEventResendRequest;
    case SessionKind::kMarketData:
      return is_one_of({msg_type::kMarketDataRequest, msg_type::kSecurityStatusRequest});
    case SessionKind::kPostTrade:
      return false;
  }
  return false;
}

void FixGateway::OnMessage(fix::Session& session, const fix::Message& message, bool is_repeated) {
  counters_.messages_in.fetch_add(1, std::memory_order_relaxed);
  FixSession* const own = LoggedOn(session);
  if (own == nullptr) return;
  if (hub_.context.faults.active() || !Of(session).held.empty()) {
    RunFaulty(*own, message, is_repeated);
  } else {
    Run(*own, message, is_repeated);
  }
}

void FixGateway::Run(FixSession& session, const fix::Message& message, bool is_repeated) {
  if (message.type() == msg_type::kEventResendRequest) {
    reporter_.ResendEvents(session, message);
  } else if (session.kind == SessionKind::kMarketData) {
    market_data_.OnMessage(session, message);
  } else {
    order_entry_.OnMessage(session, message, is_repeated);
  }
}

void FixGateway::OnWake() {
  hub_.now = hub_.context.wall.Now();
  ReadRecords();
  for (const FixHub::Failure& failure : hub_.TakeFailures()) order_entry_.OnFailure(failure);
  RunHeld();
  hub_.PumpCancellations();
  ResumePaused();
}

void FixGateway::ReadRecords() {
  records_.clear();
  if (!hub_.feed.Take(records_)) {
    // Some were dropped: nobody's view is right any more. Kept sessions go on with a gap in what
    // they were told; their clients ask for their orders as after any outage.
    telemetry::Log(telemetry::LogLevel::kError, "FIX fell too far behind; every session is ended.",
                   {});
    EndAll("server is too far behind");
    hub_.accounts.clear();
    for (auto& [key_id, session] : hub_.sessions) session->under_way.clear();
  }
  for (const FixFeed::Record& record : records_) {
    reporter_.OnRecord(record);
    market_data_.OnRecord(record);
    hub_.last_record = record.sequence_number;
  }
}

void FixGateway::OnTick() {
  hub_.now = hub_.context.wall.Now();
  std::vector<net::StreamServer::ConnectionId> ids;
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const auto id : ids) {
    const auto found = connections_.find(id);
    if (found != connections_.end()) found->second.session->OnTick(hub_.now);
  }
  EndWhereKeyIsGone();
  RunHeld();
  hub_.PumpCancellations();
  ResumePaused();
  if (stop_requested_.load(std::memory_order_acquire)) {
    EndAll("the exchange is stopping");
    has_stopped_.store(true, std::memory_order_release);
  }
}

void FixGateway::EndWhereKeyIsGone() {
  std::vector<std::string> gone;
  for (const auto& [key_id, session] : hub_.sessions) {
    if (!hub_.context.authenticator.IsStillGood(session->principal)) gone.push_back(key_id);
  }
  for (const std::string& key_id : gone) {
    FixSession* const session = hub_.FindSession(key_id);
    if (session != nullptr && session->connection != nullptr) {
      session->connection->End("the key was revoked or its account is disabled");
    }
    hub_.sessions.erase(key_id);
  }
}

void FixGateway::EndAll(std::string_view text) {
  std::vector<fix::Session*> open;
  for (const auto& [key_id, session] : hub_.sessions) {
    if (session->connection != nullptr) open.push_back(session->connection);
  }
  for (fix::Session* session : open) session->End(text);
}

void FixGateway::OnTurnEnd() {
  // Kept before sent: a message that a client has seen can be asked for again.
  FlushStores();
}

void FixGateway::RequestStop() {
  stop_requested_.store(true, std::memory_order_release);
  server_->Wake();
}

}  // namespace evx::mock_kalshi
