#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/fix/dictionary.h"
#include "evx/fix/message.h"
#include "evx/fix/session_store.h"
#include "evx/fix/tags.h"

namespace evx::fix {

// What the sessions of one port are for. Source: the venue's FIX notes, section 1.
enum class SessionKind : std::uint8_t {
  kOrderEntry,                // KalshiNR
  kOrderEntryRetransmission,  // KalshiRT
  kDropCopy,                  // KalshiDC
  kMarketData,                // KalshiMD
  kPostTrade,                 // KalshiPT
};
inline constexpr int kSessionKindCount = 5;

// "KalshiNR": the CompID of the server.
std::string_view CompIdOf(SessionKind kind);
// Whether messages are kept for a resend and sequence numbers outlive a connection.
bool HasRetransmission(SessionKind kind);

// Of quotes and RFQs: the venue has these messages on sessions that are not here.
inline constexpr auto kUnsupportedMessageTypes = std::to_array<std::string_view>(
    {"R", "b", "S", "AI", "Z", "U9", "AG", "UA", "UC", "U7", "U8", "UE", "UB"});
inline constexpr std::array<std::string_view, 1> kUnsupportedCompIds = {"KalshiRFQ"};

// Flags of a Logon; every one is off unless it is sent with Y.
struct LogonFlags {
  bool cancel_orders_on_disconnect = false;
  bool listener_session = false;
  bool receive_settlement_reports = false;
  bool use_dollars = false;
  bool enable_ioc_cancel_report = false;
  bool preserve_original_order_qty = false;
  bool skip_pending_exec_reports = false;
  bool use_expired_ord_status = false;
  bool always_emit_new_before_trade = false;
  bool split_collateral_return = false;
};

// A Logon that kept the form; the views live as long as the message.
struct Logon {
  SessionKind kind = SessionKind::kOrderEntry;
  std::string_view sender;  // The API key id.
  std::string_view target;
  std::string_view sending_time;     // As sent, for the signature.
  std::string_view sequence_number;  // As sent.
  std::string_view signature;        // Base64.
  bool reset_sequence_numbers = false;
  LogonFlags flags;
  absl::Duration heartbeat_interval;
  absl::Duration retention;
};

inline constexpr absl::Duration kSendingTimeWindow = absl::Seconds(30);
inline constexpr absl::Duration kLogonTimeout = absl::Seconds(10);
inline constexpr int kHeartbeatSecondsMin = 4;  // "greater than 3".
inline constexpr int kHeartbeatSecondsMax = 3'600;
inline constexpr int kRetentionHoursDefault = 24;
inline constexpr int kRetentionHoursMax = 72;

// What goes wrong on purpose with one application message that a session sends.
enum class SendFault : std::uint8_t {
  kNone,
  kDrop,       // Not sent. Its number is used up; a session with retransmission can send it again.
  kDuplicate,  // Sent twice.
  kSkip,       // A number is left out before it.
  kRepeat,     // Sent with the number of the message before it; its own is left out.
};

// One connection of one client, from its first byte to its last: framing, logon, sequence numbers,
// heartbeats, resends and session-level rejects. It does no input or output of its own and reads
// no clock: bytes and times come in by OnBytes and OnTick, what must be sent leaves through the
// Application. Errors of the client are answered as the venue does: a refused logon with Logout and
// text, a message out of form with Reject, and a lower sequence number ends the session.
//
// The sequence numbers and kept messages are in the store that the application gives at logon.
// Not thread-safe.
class Session {
 public:
  class Application {
   public:
    virtual ~Application() = default;
    // Either the store of the session that has logged on, or the text of the Logout. The store
    // lives until OnEnded.
    struct LogonDecision {
      SessionStore* store = nullptr;
      std::string refusal;
    };
    virtual LogonDecision OnLogon(Session& session, const Logon& logon) = 0;
    // After the Logon was answered.
    virtual void OnLoggedOn(Session& session) = 0;
    // An application message that the dictionary allows. `is_repeated`: PossDupFlag.
    virtual void OnMessage(Session& session, const Message& message, bool is_repeated) = 0;
    // Whether messages of this type exist on sessions of this kind.
    virtual bool IsSupported(SessionKind kind, std::string_view type) const = 0;
    // While false, messages wait in the connection's input; OnBytes consumes none.
    virtual bool IsReady(const Session& session) const = 0;
    virtual void Output(Session& session, std::string_view bytes) = 0;
    // Before each application message; not for those that are sent again.
    virtual SendFault FaultOfNext(Session&) { return SendFault::kNone; }
    // Nothing more will come or be sent; the connection closes after its output.
    virtual void OnEnded(Session& session) = 0;
  };

  Session(SessionKind kind, const Dictionary& dictionary, Application& application, Timestamp now);

  // Returns how many bytes are consumed; the rest comes again with the next ones.
  std::size_t OnBytes(std::string_view bytes, Timestamp now);
  // At least once a second.
  void OnTick(Timestamp now);
  // The connection is gone.
  void OnClosed();

  // Logged on only: sends an application message.
  void Send(std::string_view type, const BodyWriter& body);
  void RejectMessage(const Message& message, const SessionReject& fault);
  // BusinessMessageReject (j).
  void RejectBusiness(const Message& message, BusinessRejectReason reason, std::string_view text,
                      std::string_view reference_id = {});
  // Sends Logout and ends.
  void End(std::string_view text);
  // Ends without a word, as a broken connection does.
  void Cut() { Terminate(); }

  bool is_logged_on() const { return state_ == State::kLoggedOn; }
  bool has_ended() const { return state_ == State::kEnded; }
  SessionKind kind() const { return kind_; }
  const std::string& client() const { return client_; }
  const LogonFlags& flags() const { return flags_; }
  absl::Duration retention() const { return retention_; }
  // Time of the last OnBytes or OnTick.
  Timestamp now() const { return now_; }
  std::uint64_t sequence_of(const Message& message) const;

 private:
  enum class State : std::uint8_t { kAwaitingLogon, kLoggedOn, kLogoutSent, kEnded };

  void Handle(const Message& message);
  void HandleLogon(const Message& message);
  std::string CheckLogon(const Message& message, Logon& logon) const;
  // True: the message has its turn.
  bool CheckSequence(const Message& message, std::uint64_t number);
  bool CheckHeader(const Message& message);
  void HandleAdmin(const Message& message);
  void HandleSequenceReset(const Message& message, std::uint64_t number);
  void HandleResendRequest(const Message& message);
  void Resend(std::uint64_t first, std::uint64_t last);
  void AskForResend(std::uint64_t first);
  void SendAdmin(std::string_view type, const BodyWriter& body);
  void SendFaulty(SendFault fault, std::string_view type, std::string_view body,
                  std::uint64_t number);
  void SendWithNumber(std::string_view type, std::string_view body, std::uint64_t number,
                      Timestamp original_time = {});
  void RefuseLogon(const Message& message, std::string_view text);
  void Terminate();

  const SessionKind kind_;
  const Dictionary& dictionary_;
  Application& application_;
  State state_ = State::kAwaitingLogon;
  SessionStore* store_ = nullptr;
  std::string client_;
  LogonFlags flags_;
  absl::Duration heartbeat_interval_;
  absl::Duration retention_;

  Timestamp now_;
  Timestamp last_sent_;
  Timestamp last_received_;
  bool test_request_sent_ = false;
  std::uint64_t resend_asked_from_ = 0;  // 0: no resend is under way.

  Message message_;
  BodyWriter body_;
  std::string out_;
};

}  // namespace evx::fix
