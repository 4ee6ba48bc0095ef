#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "evx/fix/session.h"
#include "evx/net/stream_server.h"
#include "fix/fix_hub.h"
#include "fix/fix_market_data.h"
#include "fix/fix_order_entry.h"
#include "fix/fix_reporter.h"
#include "fix/fix_session_files.h"

namespace evx::mock_kalshi {

// The FIX thread: connections of all five ports, logons, and the way from messages to commands and
// from released records to messages. Everything runs on the stream server's thread, so nothing here
// has a lock; the sequencer and the release thread are never waited for.
class FixGateway final : public net::StreamServer::Handler, public fix::Session::Application {
 public:
  struct Counters {
    std::atomic<std::uint64_t> sessions = 0;  // Logged on now.
    std::atomic<std::uint64_t> messages_in = 0;
    std::atomic<std::uint64_t> messages_out = 0;
    std::atomic<std::uint64_t> refused_logons = 0;
  };

  // Ports in the order of SessionKind. `files` may be null: nothing outlives the process.
  FixGateway(const ExchangeContext& context, FixFeed& feed, FixSessionFiles* files);

  // Before the server starts: takes up the sessions that were kept.
  void Restore(std::vector<FixFeed::Record> recovered);

  const Counters& counters() const { return counters_; }
  // Any thread, while the server runs: every session ends with a Logout.
  void RequestStop();
  bool has_stopped() const { return has_stopped_.load(std::memory_order_acquire); }

  // net::StreamServer::Handler.
  void OnStart(net::StreamServer& server) override;
  void OnOpen(net::StreamServer::ConnectionId connection, std::size_t listener,
              std::string_view remote_address) override;
  std::size_t OnBytes(net::StreamServer::ConnectionId connection, std::string_view bytes) override;
  void OnClosed(net::StreamServer::ConnectionId connection) override;
  void OnWake() override;
  void OnTick() override;
  void OnTurnEnd() override;

  // fix::Session::Application.
  LogonDecision OnLogon(fix::Session& session, const fix::Logon& logon) override;
  void OnLoggedOn(fix::Session& session) override;
  void OnMessage(fix::Session& session, const fix::Message& message, bool is_repeated) override;
  bool IsSupported(fix::SessionKind kind, std::string_view type) const override;
  bool IsReady(const fix::Session& session) const override;
  void Output(fix::Session& session, std::string_view bytes) override;
  fix::SendFault FaultOfNext(fix::Session& session) override;
  void OnEnded(fix::Session& session) override;

 private:
  // A message that an injected delay holds back, and what becomes of it then.
  struct HeldMessage {
    std::chrono::steady_clock::time_point due;
    std::string bytes;
    std::uint64_t sequence_number = 0;
    bool is_repeated = false;
    RequestFault fault;
  };
  struct Connection {
    net::StreamServer::ConnectionId id = 0;
    std::string remote_address;
    std::unique_ptr<fix::Session> session;
    bool has_ended = false;
    bool is_mute = false;  // Its client hears nothing any more.
    std::deque<HeldMessage> held;
  };

  Connection& Of(const fix::Session& session);
  // The session of a key that this connection is logged on to; null before.
  FixSession* LoggedOn(const fix::Session& session);
  std::string CheckLogon(const fix::Logon& logon, std::string_view remote_address,
                         Principal& principal);
  bool IsReplay(const fix::Logon& logon);
  absl::Status TakeUp(FixSession& session);
  void Run(FixSession& session, const fix::Message& message, bool is_repeated);
  // fix_gateway_faults.cc: messages that are delayed, refused or lost because an operator wants it.
  void RunFaulty(FixSession& session, const fix::Message& message, bool is_repeated);
  void RunAsFault(FixSession& session, const fix::Message& message, bool is_repeated,
                  const RequestFault& fault);
  void RunHeld();
  void ForgetHeld(Connection& connection, FixSession& session);
  void ReadRecords();
  void ResumePaused();
  void EndWhereKeyIsGone();
  void EndAll(std::string_view text);
  void FlushStores();

  FixHub hub_;
  FixOrderEntry order_entry_;
  FixReporter reporter_;
  FixMarketData market_data_;
  FixSessionFiles* const files_;
  net::StreamServer* server_ = nullptr;
  std::unordered_map<net::StreamServer::ConnectionId, Connection> connections_;
  std::unordered_map<const fix::Session*, net::StreamServer::ConnectionId> by_session_;
  std::vector<FixFeed::Record> records_;

  // Signatures of accepted logons within twice the window: none is good a second time.
  std::unordered_set<std::string> used_signatures_;
  std::deque<std::pair<Timestamp, std::string>> used_signatures_in_order_;
  // Logons of this second by key and address; at most as many as connections.
  std::int64_t logon_second_ = 0;
  TextMap<int> logons_;

  Counters counters_;
  std::atomic<bool> stop_requested_ = false;
  std::atomic<bool> has_stopped_ = false;
};

}  // namespace evx::mock_kalshi
