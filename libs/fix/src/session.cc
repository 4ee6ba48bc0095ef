#include "evx/fix/session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "evx/core/check.h"

namespace evx::fix {
namespace {

std::string TooLow(std::uint64_t expected, std::uint64_t received) {
  return "MsgSeqNum too low, expecting " + std::to_string(expected) + " but received " +
         std::to_string(received);
}

std::string TooHigh(std::uint64_t expected, std::uint64_t received) {
  return "MsgSeqNum too high, expecting " + std::to_string(expected) + " but received " +
         std::to_string(received);
}

bool IsAdmin(std::string_view type) {
  return type.size() == 1 && ((type[0] >= '0' && type[0] <= '5') || type[0] == 'A');
}

}  // namespace

std::string_view CompIdOf(SessionKind kind) {
  switch (kind) {
    case SessionKind::kOrderEntry:
      return "KalshiNR";
    case SessionKind::kOrderEntryRetransmission:
      return "KalshiRT";
    case SessionKind::kDropCopy:
      return "KalshiDC";
    case SessionKind::kMarketData:
      return "KalshiMD";
    case SessionKind::kPostTrade:
      return "KalshiPT";
  }
  return "";
}

bool HasRetransmission(SessionKind kind) {
  return kind == SessionKind::kOrderEntryRetransmission || kind == SessionKind::kPostTrade;
}

Session::Session(SessionKind kind, const Dictionary& dictionary, Application& application,
                 Timestamp now)
    : kind_(kind),
      dictionary_(dictionary),
      application_(application),
      now_(now),
      last_sent_(now),
      last_received_(now) {}

std::uint64_t Session::sequence_of(const Message& message) const {
  return static_cast<std::uint64_t>(message.Integer(tag::kMsgSeqNum).value_or(0));
}

std::size_t Session::OnBytes(std::string_view bytes, Timestamp now) {
  now_ = now;
  std::size_t consumed = 0;
  while (state_ != State::kEnded) {
    if (state_ == State::kLoggedOn && !application_.IsReady(*this)) break;
    const std::string_view rest = bytes.substr(consumed);
    const Frame frame = NextFrame(rest);
    if (frame.status == Frame::Status::kIncomplete) break;
    if (frame.status == Frame::Status::kOversize) {
      End("message is too long");
      break;
    }
    consumed += frame.size;
    if (frame.status == Frame::Status::kGarbled) {
      // Before the logon nobody is there to ask for it again; afterwards a garbled message is
      // ignored and missed by its number.
      if (state_ == State::kAwaitingLogon) Terminate();
      if (frame.size == 0) break;
      continue;
    }
    last_received_ = now_;
    test_request_sent_ = false;
    if (!message_.Parse(rest.substr(0, frame.size))) {
      End("message has too many fields");
      break;
    }
    Handle(message_);
  }
  return state_ == State::kEnded ? bytes.size() : consumed;
}

void Session::OnTick(Timestamp now) {
  now_ = now;
  switch (state_) {
    case State::kAwaitingLogon:
    case State::kLogoutSent:
      if (now - last_received_ > kLogonTimeout) Terminate();
      return;
    case State::kEnded:
      return;
    case State::kLoggedOn:
      break;
  }
  const absl::Duration silence = now - last_received_;
  if (silence > heartbeat_interval_ * 2.4) {
    End("heartbeat is missing");
    return;
  }
  if (silence > heartbeat_interval_ * 1.2 && !test_request_sent_) {
    test_request_sent_ = true;
    body_.clear();
    body_.Add(tag::kTestReqId, "TEST");
    SendAdmin(msg_type::kTestRequest, body_);
  } else if (now - last_sent_ >= heartbeat_interval_) {
    body_.clear();
    SendAdmin(msg_type::kHeartbeat, body_);
  }
}

void Session::OnClosed() {
  if (state_ != State::kEnded) Terminate();
}

void Session::Terminate() {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  application_.OnEnded(*this);
}

// --- Out ----------------------------------------------------------------------------------------

void Session::SendWithNumber(std::string_view type, std::string_view body, std::uint64_t number,
                             Timestamp original_time) {
  out_.clear();
  AppendMessage({type, CompIdOf(kind_), client_, number, now_, original_time}, body, out_);
  last_sent_ = now_;
  application_.Output(*this, out_);
}

void Session::SendAdmin(std::string_view type, const BodyWriter& body) {
  const std::uint64_t number = store_->next_out();
  store_->set_next_out(number + 1);
  SendWithNumber(type, body.bytes(), number);
}

void Session::Send(std::string_view type, const BodyWriter& body) {
  if (state_ != State::kLoggedOn) return;
  const SendFault fault = application_.FaultOfNext(*this);
  if (fault == SendFault::kSkip) store_->set_next_out(store_->next_out() + 1);
  std::uint64_t number = store_->next_out();
  if (HasRetransmission(kind_)) {
    number = store_->Add(now_, type, body.bytes());
  } else {
    store_->set_next_out(number + 1);
  }
  SendFaulty(fault, type, body.bytes(), number);
}

void Session::SendFaulty(SendFault fault, std::string_view type, std::string_view body,
                         std::uint64_t number) {
  switch (fault) {
    case SendFault::kDrop:
      return;
    case SendFault::kDuplicate:
      SendWithNumber(type, body, number);
      break;
    case SendFault::kRepeat:
      return SendWithNumber(type, body, number - 1);
    case SendFault::kNone:
    case SendFault::kSkip:
      break;
  }
  SendWithNumber(type, body, number);
}

void Session::RejectMessage(const Message& message, const SessionReject& fault) {
  BodyWriter body;
  body.AddInteger(tag::kRefSeqNum, static_cast<std::int64_t>(sequence_of(message)));
  if (fault.tag != 0) body.AddInteger(tag::kRefTagId, fault.tag);
  if (!message.type().empty()) body.Add(tag::kRefMsgType, message.type());
  body.AddInteger(tag::kSessionRejectReason, static_cast<int>(fault.reason));
  if (!fault.text.empty()) body.Add(tag::kText, fault.text);
  if (state_ == State::kLoggedOn) SendAdmin(msg_type::kReject, body);
}

void Session::RejectBusiness(const Message& message, BusinessRejectReason reason,
                             std::string_view text, std::string_view reference_id) {
  BodyWriter body;
  body.AddInteger(tag::kRefSeqNum, static_cast<std::int64_t>(sequence_of(message)));
  body.Add(tag::kRefMsgType, message.type());
  if (!reference_id.empty()) body.Add(tag::kBusinessRejectRefId, reference_id);
  body.AddInteger(tag::kBusinessRejectReason, static_cast<int>(reason));
  if (!text.empty()) body.Add(tag::kText, text);
  Send(msg_type::kBusinessMessageReject, body);
}

void Session::End(std::string_view text) {
  if (state_ == State::kEnded) return;
  if (store_ != nullptr) {
    BodyWriter body;
    if (!text.empty()) body.Add(tag::kText, text);
    SendAdmin(msg_type::kLogout, body);
  }
  Terminate();
}

// --- Logon --------------------------------------------------------------------------------------

void Session::RefuseLogon(const Message& message, std::string_view text) {
  client_ = message.Get(tag::kSenderCompId);
  BodyWriter body;
  body.Add(tag::kText, text);
  SendWithNumber(msg_type::kLogout, body.bytes(), 1);
  Terminate();
}

std::string Session::CheckLogon(const Message& message, Logon& logon) const {
  if (const auto fault = dictionary_.Check(message)) {
    return fault->text + (fault->tag == 0 ? "" : ", tag " + std::to_string(fault->tag));
  }
  if (message.Has(tag::kSenderSubId)) return "SenderSubID is not allowed on a Logon";
  logon.kind = kind_;
  logon.sender = message.Get(tag::kSenderCompId);
  logon.target = message.Get(tag::kTargetCompId);
  logon.sending_time = message.Get(tag::kSendingTime);
  logon.sequence_number = message.Get(tag::kMsgSeqNum);
  logon.signature = message.Get(tag::kRawData);
  logon.reset_sequence_numbers = message.IsYes(tag::kResetSeqNumFlag);
  logon.flags = {.cancel_orders_on_disconnect = message.IsYes(tag::kCancelOrdersOnDisconnect),
                 .listener_session = message.IsYes(tag::kListenerSession),
                 .receive_settlement_reports = message.Has(tag::kReceiveSettlementReports)
                                                   ? message.IsYes(tag::kReceiveSettlementReports)
                                                   : kind_ == SessionKind::kPostTrade,
                 .use_dollars = message.IsYes(tag::kUseDollars),
                 .enable_ioc_cancel_report = message.IsYes(tag::kEnableIocCancelReport),
                 .preserve_original_order_qty = message.IsYes(tag::kPreserveOriginalOrderQty),
                 .skip_pending_exec_reports = message.IsYes(tag::kSkipPendingExecReports),
                 .use_expired_ord_status = message.IsYes(tag::kUseExpiredOrdStatus),
                 .always_emit_new_before_trade = message.IsYes(tag::kAlwaysEmitNewBeforeTrade),
                 .split_collateral_return = message.IsYes(tag::kSplitCollateralReturn)};
  if (logon.target != CompIdOf(kind_)) {
    return "TargetCompID must be " + std::string(CompIdOf(kind_)) + " on this port";
  }
  const auto sent = ParseUtcTimestamp(logon.sending_time);
  if (!sent || absl::AbsDuration(now_ - *sent) > kSendingTimeWindow) {
    return "SendingTime is not within 30 seconds of server time";
  }
  const std::int64_t heartbeat = message.Integer(tag::kHeartBtInt).value_or(0);
  if (heartbeat < kHeartbeatSecondsMin || heartbeat > kHeartbeatSecondsMax) {
    return "HeartBtInt must be greater than 3 seconds";
  }
  logon.heartbeat_interval = absl::Seconds(heartbeat);
  if (!HasRetransmission(kind_) && !logon.reset_sequence_numbers) {
    return "ResetSeqNumFlag must be Y on " + std::string(CompIdOf(kind_));
  }
  if (logon.reset_sequence_numbers && logon.sequence_number != "1") {
    return "MsgSeqNum must be 1 with ResetSeqNumFlag";
  }
  std::int64_t hours = kRetentionHoursDefault;
  if (message.Has(tag::kMessageRetentionPeriod)) {
    hours = message.Integer(tag::kMessageRetentionPeriod).value_or(0);
    if (!HasRetransmission(kind_) || hours < 1 || hours > kRetentionHoursMax) {
      return "MessageRetentionPeriod must be 1 to 72 hours, on KalshiRT and KalshiPT only";
    }
  }
  logon.retention = absl::Hours(hours);
  const bool is_order_entry =
      kind_ == SessionKind::kOrderEntry || kind_ == SessionKind::kOrderEntryRetransmission;
  if (logon.flags.listener_session && (!is_order_entry || !logon.flags.skip_pending_exec_reports ||
                                       logon.flags.cancel_orders_on_disconnect)) {
    return "ListenerSession needs KalshiNR or KalshiRT, SkipPendingExecReports=Y and "
           "CancelOrdersOnDisconnect=N";
  }
  if (logon.signature.empty()) return "RawData with the signature is missing";
  return "";
}

void Session::HandleLogon(const Message& message) {
  Logon logon;
  const std::string fault = CheckLogon(message, logon);
  if (!fault.empty()) return RefuseLogon(message, fault);
  client_ = logon.sender;
  flags_ = logon.flags;
  heartbeat_interval_ = logon.heartbeat_interval;
  retention_ = logon.retention;
  const Application::LogonDecision decision = application_.OnLogon(*this, logon);
  if (decision.store == nullptr) return RefuseLogon(message, decision.refusal);
  store_ = decision.store;
  if (logon.reset_sequence_numbers) store_->Reset();
  store_->Expire(now_, retention_);
  const std::uint64_t number = sequence_of(message);
  const std::uint64_t expected = store_->next_in();
  if (number < expected) {
    BodyWriter body;
    body.Add(tag::kText, TooLow(expected, number));
    SendAdmin(msg_type::kLogout, body);
    return Terminate();
  }
  BodyWriter body;
  body.Add(tag::kEncryptMethod, '0');
  body.AddInteger(tag::kHeartBtInt, absl::ToInt64Seconds(heartbeat_interval_));
  if (logon.reset_sequence_numbers) body.Add(tag::kResetSeqNumFlag, 'Y');
  body.Add(tag::kDefaultApplVerId, '9');
  state_ = State::kLoggedOn;
  SendAdmin(msg_type::kLogon, body);
  if (number == expected) {
    store_->set_next_in(number + 1);
  } else {
    AskForResend(expected);
  }
  application_.OnLoggedOn(*this);
}

// --- In -----------------------------------------------------------------------------------------

bool Session::CheckHeader(const Message& message) {
  static constexpr int kFirstTags[] = {tag::kBeginString, tag::kBodyLength, tag::kMsgType};
  for (std::size_t i = 0; i < 3; ++i) {
    if (message.fields().size() <= i || message.fields()[i].tag != kFirstTags[i]) {
      RejectMessage(message, {kFirstTags[i], SessionRejectReason::kTagOutOfOrder,
                              "Tag specified out of required order"});
      return false;
    }
  }
  if (message.Get(tag::kSenderCompId) != client_ ||
      message.Get(tag::kTargetCompId) != CompIdOf(kind_)) {
    RejectMessage(message, {message.Get(tag::kSenderCompId) != client_ ? tag::kSenderCompId
                                                                       : tag::kTargetCompId,
                            SessionRejectReason::kCompIdProblem, "CompID problem"});
    return false;
  }
  if (std::find(std::begin(kUnsupportedMessageTypes), std::end(kUnsupportedMessageTypes),
                message.type()) != std::end(kUnsupportedMessageTypes)) {
    RejectBusiness(message, BusinessRejectReason::kUnsupportedMessageType,
                   "message type is not supported on " + std::string(CompIdOf(kind_)));
    return false;
  }
  if (const auto fault = dictionary_.Check(message)) {
    RejectMessage(message, *fault);
    return false;
  }
  const auto sent = ParseUtcTimestamp(message.Get(tag::kSendingTime));
  if (!sent || absl::AbsDuration(now_ - *sent) > kSendingTimeWindow) {
    RejectMessage(message, {tag::kSendingTime, SessionRejectReason::kSendingTimeAccuracy,
                            "SendingTime accuracy problem"});
    return false;
  }
  if (message.IsYes(tag::kPossDupFlag) && !message.Has(tag::kOrigSendingTime)) {
    RejectMessage(message, {tag::kOrigSendingTime, SessionRejectReason::kRequiredTagMissing,
                            "Required tag missing"});
    return false;
  }
  return true;
}

bool Session::CheckSequence(const Message& message, std::uint64_t number) {
  const std::uint64_t expected = store_->next_in();
  if (number < expected) {
    if (!message.IsYes(tag::kPossDupFlag)) End(TooLow(expected, number));
    return false;
  }
  if (number == expected) return true;
  if (!HasRetransmission(kind_)) {
    // Nothing can fill the gap, so going on would hide a lost order.
    End(TooHigh(expected, number));
    return false;
  }
  if (resend_asked_from_ != expected) AskForResend(expected);
  return false;
}

void Session::AskForResend(std::uint64_t first) {
  resend_asked_from_ = first;
  BodyWriter body;
  body.AddInteger(tag::kBeginSeqNo, static_cast<std::int64_t>(first));
  body.AddInteger(tag::kEndSeqNo, 0);
  SendAdmin(msg_type::kResendRequest, body);
}

void Session::Handle(const Message& message) {
  const std::string_view type = message.type();
  if (state_ == State::kAwaitingLogon) {
    // Whoever does not begin with a logon gets no answer.
    return type == msg_type::kLogon ? HandleLogon(message) : Terminate();
  }
  const std::uint64_t number = sequence_of(message);
  if (number == 0) return End("MsgSeqNum is missing");
  // These two have their turn at any number: they are what repairs a gap.
  const bool is_reset = type == msg_type::kSequenceReset && !message.IsYes(tag::kGapFillFlag);
  if (is_reset) {
    if (CheckHeader(message)) HandleSequenceReset(message, number);
    return;
  }
  if (number > store_->next_in() && HasRetransmission(kind_)) {
    if (type == msg_type::kResendRequest && !dictionary_.Check(message)) {
      HandleResendRequest(message);
    } else if (type == msg_type::kLogout) {
      return End("");
    }
  }
  if (!CheckSequence(message, number)) return;
  store_->set_next_in(number + 1);
  if (resend_asked_from_ != 0 && !message.IsYes(tag::kPossDupFlag)) resend_asked_from_ = 0;
  if (!CheckHeader(message)) return;
  if (IsAdmin(type)) return HandleAdmin(message);
  if (!application_.IsSupported(kind_, type)) {
    return RejectBusiness(message, BusinessRejectReason::kUnsupportedMessageType,
                          "message type is not supported on " + std::string(CompIdOf(kind_)));
  }
  application_.OnMessage(*this, message, message.IsYes(tag::kPossDupFlag));
}

void Session::HandleAdmin(const Message& message) {
  switch (message.type()[0]) {
    case '1':
      body_.clear();
      body_.Add(tag::kTestReqId, message.Get(tag::kTestReqId));
      return SendAdmin(msg_type::kHeartbeat, body_);
    case '2':
      return HandleResendRequest(message);
    case '4':
      return HandleSequenceReset(message, sequence_of(message));
    case '5':
      return End("");
    case 'A':
      return End("already logged on");
    default:
      return;  // Heartbeats and rejects of the client need no answer.
  }
}

void Session::HandleSequenceReset(const Message& message, std::uint64_t number) {
  const auto next = static_cast<std::uint64_t>(message.Integer(tag::kNewSeqNo).value_or(0));
  const std::uint64_t least =
      std::max(store_->next_in(), message.IsYes(tag::kGapFillFlag) ? number + 1 : std::uint64_t{1});
  if (next < least) {
    return RejectMessage(message,
                         {tag::kNewSeqNo, SessionRejectReason::kValueIncorrect,
                          "NewSeqNo is too low, expecting at least " + std::to_string(least)});
  }
  store_->set_next_in(next);
  resend_asked_from_ = 0;
}

void Session::HandleResendRequest(const Message& message) {
  const auto first = static_cast<std::uint64_t>(message.Integer(tag::kBeginSeqNo).value_or(0));
  const auto last = static_cast<std::uint64_t>(message.Integer(tag::kEndSeqNo).value_or(0));
  const std::uint64_t end = store_->next_out() - 1;
  if (first == 0 || first > end || (last != 0 && last < first)) {
    return RejectMessage(message, {tag::kBeginSeqNo, SessionRejectReason::kValueIncorrect,
                                   "no such sequence numbers"});
  }
  Resend(first, last == 0 ? end : std::min(last, end));
}

void Session::Resend(std::uint64_t first, std::uint64_t last) {
  std::uint64_t next = first;
  const auto fill_up_to = [&](std::uint64_t number) {
    if (next >= number) return;
    BodyWriter body;
    body.Add(tag::kGapFillFlag, 'Y');
    body.AddInteger(tag::kNewSeqNo, static_cast<std::int64_t>(number));
    SendWithNumber(msg_type::kSequenceReset, body.bytes(), next, now_);
    next = number;
  };
  if (HasRetransmission(kind_)) {
    store_->Expire(now_, retention_);
    store_->ForEach(first, last, [&](const SessionStore::StoredMessage& stored) {
      fill_up_to(stored.sequence_number);
      SendWithNumber(stored.type, stored.body, stored.sequence_number, stored.sending_time);
      next = stored.sequence_number + 1;
    });
  }
  fill_up_to(last + 1);
}

}  // namespace evx::fix
