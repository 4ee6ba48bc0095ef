#include "evx/fix/session.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace evx::fix {
namespace {

constexpr std::string_view kClient = "5a2b6a35-3c7f-4c3e-9d44-0b1e6b3c9a10";

// One connection of a client and the application behind it, which knows one key.
class Wire final : public Session::Application {
 public:
  explicit Wire(SessionKind kind, SessionStore* store = nullptr)
      : kind_(kind), store_(store != nullptr ? store : &own_store_) {
    Connect();
  }

  void Connect() {
    ended = false;
    client_number = 1;
    session = std::make_unique<Session>(kind_, Dictionary::Kalshi(), *this, now);
  }

  // A message of the client with the next number; "|" stands for SOH.
  std::string Message(std::string_view type, std::string body, std::uint64_t number = 0,
                      Timestamp sent = {}) {
    for (char& c : body) c = c == '|' ? kSoh : c;
    if (number == 0) number = client_number++;
    std::string out;
    AppendMessage({type, kClient, CompIdOf(kind_), number, sent ? sent : now, {}}, body, out);
    return out;
  }
  void Receive(const std::string& bytes) { session->OnBytes(bytes, now); }
  void Receive(std::string_view type, std::string body, std::uint64_t number = 0) {
    Receive(Message(type, std::move(body), number));
  }
  void LogOn(std::string_view more = "") {
    Receive("A", "98=0|108=30|96=c2ln|141=Y|1137=9|" + std::string(more));
  }

  // What was sent since the last call, without what differs from run to run.
  std::vector<std::string> Sent() {
    std::vector<std::string> messages;
    std::string_view rest = output;
    while (!rest.empty()) {
      const Frame frame = NextFrame(rest);
      REQUIRE(frame.status == Frame::Status::kMessage);
      fix::Message message;
      message.Parse(rest.substr(0, frame.size));
      std::string text =
          "35=" + std::string(message.type()) + "|34=" + std::string(message.Get(tag::kMsgSeqNum));
      for (const Field& field : message.fields()) {
        switch (field.tag) {
          case 8:
          case 9:
          case 10:
          case 34:
          case 35:
          case 49:
          case 52:
          case 56:
          case 122:
            break;
          default:
            text += "|" + std::to_string(field.tag) + "=" + std::string(field.value);
        }
      }
      messages.push_back(text);
      rest.remove_prefix(frame.size);
    }
    output.clear();
    return messages;
  }

  LogonDecision OnLogon(Session&, const Logon& logon) override {
    flags = logon.flags;
    if (!refusal.empty()) return {nullptr, refusal};
    return {store_, ""};
  }
  void OnLoggedOn(Session&) override { ++logon_count; }
  void OnMessage(Session&, const fix::Message& message, bool is_repeated) override {
    received.push_back(std::string(message.type()) + (is_repeated ? " again" : ""));
  }
  bool IsSupported(SessionKind, std::string_view type) const override { return type != "V"; }
  bool IsReady(const Session&) const override { return is_ready; }
  void Output(Session&, std::string_view bytes) override { output += bytes; }
  SendFault FaultOfNext(Session&) override { return std::exchange(fault, SendFault::kNone); }
  void OnEnded(Session&) override { ended = true; }

  Timestamp now = Timestamp::FromSeconds(1'785'934'800);
  std::unique_ptr<Session> session;
  std::uint64_t client_number = 1;
  std::string output;
  std::vector<std::string> received;
  std::string refusal;
  LogonFlags flags;
  int logon_count = 0;
  bool ended = false;
  bool is_ready = true;
  SendFault fault = SendFault::kNone;

 private:
  const SessionKind kind_;
  SessionStore own_store_;
  SessionStore* const store_;
};

using Lines = std::vector<std::string>;
constexpr std::string_view kCancel = "11=c1|41=o1|54=1|55=T|";

TEST_CASE("Session: a logon is answered with a logon and then messages pass", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn("21005=Y|8013=Y|");
  CHECK(wire.Sent() == Lines{"35=A|34=1|98=0|108=30|141=Y|1137=9"});
  CHECK(wire.flags.use_dollars);
  CHECK(wire.flags.cancel_orders_on_disconnect);
  CHECK_FALSE(wire.flags.skip_pending_exec_reports);
  wire.Receive("F", std::string(kCancel));
  CHECK(wire.received == Lines{"F"});
  wire.Receive("1", "112=ping|");
  CHECK(wire.Sent() == Lines{"35=0|34=2|112=ping"});
  wire.Receive("5", "");
  CHECK(wire.Sent() == Lines{"35=5|34=3"});
  CHECK(wire.ended);
}

TEST_CASE("Session: a refused logon is a Logout with text", "[fix]") {
  struct Case {
    SessionKind kind;
    std::string_view body;
    std::string_view text;
  };
  const auto c =
      GENERATE(Case{SessionKind::kOrderEntry, "98=0|108=30|96=c2ln|1137=9|",
                    "ResetSeqNumFlag must be Y on KalshiNR"},
               Case{SessionKind::kOrderEntry, "98=0|108=3|96=c2ln|141=Y|1137=9|",
                    "HeartBtInt must be greater than 3 seconds"},
               Case{SessionKind::kOrderEntry, "98=0|108=30|141=Y|1137=9|",
                    "RawData with the signature is missing"},
               Case{SessionKind::kOrderEntry, "98=0|108=30|96=c2ln|141=Y|",
                    "Required tag missing, tag 1137"},
               Case{SessionKind::kOrderEntry, "98=1|108=30|96=c2ln|141=Y|1137=9|",
                    "Value is incorrect (out of range) for this tag, tag 98"},
               Case{SessionKind::kOrderEntry, "98=0|108=30|96=c2ln|141=Y|1137=9|20126=Y|",
                    "ListenerSession needs KalshiNR or KalshiRT, SkipPendingExecReports=Y and "
                    "CancelOrdersOnDisconnect=N"},
               Case{SessionKind::kMarketData, "98=0|108=30|96=c2ln|141=Y|1137=9|20126=Y|21011=Y|",
                    "ListenerSession needs KalshiNR or KalshiRT, SkipPendingExecReports=Y and "
                    "CancelOrdersOnDisconnect=N"},
               Case{SessionKind::kOrderEntryRetransmission, "98=0|108=30|96=c2ln|1137=9|20200=73|",
                    "MessageRetentionPeriod must be 1 to 72 hours, on KalshiRT and KalshiPT only"});
  Wire wire(c.kind);
  wire.Receive("A", std::string(c.body));
  CHECK(wire.Sent() == Lines{"35=5|34=1|58=" + std::string(c.text)});
  CHECK(wire.ended);
  CHECK(wire.logon_count == 0);
}

TEST_CASE("Session: a logon whose time is 31 seconds off is refused", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  const absl::Duration off = GENERATE(absl::Seconds(31), absl::Seconds(-31));
  wire.Receive(wire.Message("A", "98=0|108=30|96=c2ln|141=Y|1137=9|", 0, wire.now + off));
  CHECK(wire.Sent() == Lines{"35=5|34=1|58=SendingTime is not within 30 seconds of server time"});
}

TEST_CASE("Session: the application's refusal is the Logout's text", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.refusal = "already exists";
  wire.LogOn();
  CHECK(wire.Sent() == Lines{"35=5|34=1|58=already exists"});
}

TEST_CASE("Session: whoever does not begin with a logon gets no answer", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.Receive(GENERATE(as<std::string>(), "GET / HTTP/1.1\r\n\r\n",
                        "8=FIXT.1.1\x01"
                        "9=5\x01"
                        "35=0\x01"
                        "10=000\x01"));
  CHECK(wire.Sent().empty());
  CHECK(wire.ended);
}

TEST_CASE("Session: a message out of form is rejected and the session goes on", "[fix]") {
  struct Case {
    std::string_view type;
    std::string_view body;
    std::string_view reject;
  };
  const auto c = GENERATE(
      Case{"F", "11=c1|54=1|55=T|", "371=41|372=F|373=1|58=Required tag missing"},
      Case{"F", "11=c1|41=|54=1|55=T|", "371=41|372=F|373=4|58=Tag specified without a value"},
      Case{"F", "11=c1|41=o|54=1|55=T|9999=1|", "371=9999|372=F|373=3|58=Undefined tag"},
      Case{"F", "11=c1|41=o|54=1|55=T|44=1|",
           "371=44|372=F|373=2|58=Tag not defined for this message type"},
      Case{"F", "11=c1|11=c1|41=o|54=1|55=T|", "371=11|372=F|373=13|58=Tag appears more than once"},
      Case{"F", "11=c1|41=o|54=3|55=T|",
           "371=54|372=F|373=5|58=Value is incorrect (out of range) for this tag"},
      Case{"D", "11=c1|38=x|40=2|44=1|54=1|55=T|",
           "371=38|372=D|373=6|58=Incorrect data format for value"},
      Case{"ZZ", "11=c1|", "371=35|372=ZZ|373=11|58=Invalid MsgType"});
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  wire.Receive(c.type, std::string(c.body));
  CHECK(wire.Sent() == Lines{"35=3|34=2|45=2|" + std::string(c.reject)});
  wire.Receive("F", std::string(kCancel));
  CHECK(wire.received == Lines{"F"});
}

TEST_CASE("Session: a message type of another session gets a business reject", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  wire.Receive("V", "263=0|146=1|55=T|");
  CHECK(wire.Sent() ==
        Lines{"35=j|34=2|45=2|372=V|380=3|58=message type is not supported on KalshiNR"});
}

TEST_CASE("Session: SendingTime 31 seconds off and a foreign CompID are rejected", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  wire.Receive(wire.Message("0", "", 0, wire.now + absl::Seconds(31)));
  CHECK(wire.Sent() == Lines{"35=3|34=2|45=2|371=52|372=0|373=10|58=SendingTime accuracy problem"});
  std::string out;
  AppendMessage({"0", "somebody", "KalshiNR", wire.client_number++, wire.now, {}}, "", out);
  wire.Receive(out);
  CHECK(wire.Sent() == Lines{"35=3|34=3|45=3|371=49|372=0|373=9|58=CompID problem"});
}

TEST_CASE("Session: a lower number ends the session, a repeated one is ignored", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  wire.Receive("F", "43=Y|122=20260805-13:00:00.000|" + std::string(kCancel), 1);
  CHECK(wire.Sent().empty());
  CHECK(wire.received.empty());
  wire.Receive("F", std::string(kCancel), 1);
  CHECK(wire.Sent() == Lines{"35=5|34=2|58=MsgSeqNum too low, expecting 2 but received 1"});
  CHECK(wire.ended);
}

TEST_CASE("Session: without retransmission a gap ends the session", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  wire.Receive("F", std::string(kCancel), 5);
  CHECK(wire.Sent() == Lines{"35=5|34=2|58=MsgSeqNum too high, expecting 2 but received 5"});
}

TEST_CASE("Session: with retransmission a gap is asked for once and filled", "[fix]") {
  Wire wire(SessionKind::kOrderEntryRetransmission);
  wire.LogOn();
  wire.Sent();
  wire.Receive("F", std::string(kCancel), 4);
  wire.Receive("F", std::string(kCancel), 5);
  CHECK(wire.Sent() == Lines{"35=2|34=2|7=2|16=0"});
  CHECK(wire.received.empty());
  wire.Receive("4", "43=Y|122=20260805-13:00:00.000|123=Y|36=4|", 2);
  for (const std::uint64_t number : {4, 5}) {
    wire.Receive("F", "43=Y|122=20260805-13:00:00.000|" + std::string(kCancel), number);
  }
  CHECK(wire.received == Lines{"F again", "F again"});
  wire.Receive("F", std::string(kCancel), 6);
  CHECK(wire.received.back() == "F");
  CHECK(wire.Sent().empty());
}

TEST_CASE("Session: garbled messages are skipped", "[fix]") {
  Wire wire(SessionKind::kOrderEntryRetransmission);
  wire.LogOn();
  wire.Sent();
  std::string broken = wire.Message("F", std::string(kCancel));
  SECTION("wrong checksum") { broken[broken.size() - 2] ^= 1; }
  SECTION("body length too small") { broken.replace(broken.find("9="), 5, "9=12\x01"); }
  SECTION("body length too large") { broken.replace(broken.find("9="), 5, "9=999"); }
  SECTION("body length no number") { broken.replace(broken.find("9="), 3, "9=x"); }
  SECTION("noise") {
    broken = "noise\x01noise";
    wire.client_number--;
  }
  wire.Receive(broken + wire.Message("1", "112=x|"));
  const Lines sent = wire.Sent();
  REQUIRE(sent.size() == 1);
  // The message behind is read; if the garbled one had a number, that is missing.
  CHECK((sent[0] == "35=2|34=2|7=2|16=0" || sent[0] == "35=0|34=2|112=x"));
  CHECK_FALSE(wire.ended);
}

TEST_CASE("Session: bytes may come in pieces of any size", "[fix]") {
  const std::size_t piece = GENERATE(1U, 2U, 7U, 64U);
  Wire wire(SessionKind::kOrderEntry);
  std::string bytes = wire.Message("A", "98=0|108=30|96=c2ln|141=Y|1137=9|");
  bytes += wire.Message("F", std::string(kCancel));
  bytes += wire.Message("1", "112=x|");
  std::string waiting;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    waiting += bytes.substr(at, piece);
    waiting.erase(0, wire.session->OnBytes(waiting, wire.now));
  }
  CHECK(waiting.empty());
  CHECK(wire.received == Lines{"F"});
  CHECK(wire.Sent().size() == 2);
}

TEST_CASE("Session: messages wait while the application is not ready", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.is_ready = false;
  const std::string bytes = wire.Message("F", std::string(kCancel));
  CHECK(wire.session->OnBytes(bytes, wire.now) == 0);
  CHECK(wire.received.empty());
  wire.is_ready = true;
  CHECK(wire.session->OnBytes(bytes, wire.now) == bytes.size());
  CHECK(wire.received == Lines{"F"});
}

TEST_CASE("Session: heartbeats are sent, asked for and missed", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  const auto pass = [&wire](int seconds) {
    wire.now = wire.now + absl::Seconds(seconds);
    wire.session->OnTick(wire.now);
  };
  pass(29);
  CHECK(wire.Sent().empty());
  pass(1);
  CHECK(wire.Sent() == Lines{"35=0|34=2"});
  pass(7);
  CHECK(wire.Sent() == Lines{"35=1|34=3|112=TEST"});
  wire.Receive("0", "112=TEST|");
  pass(36);
  CHECK(wire.Sent() == Lines{"35=0|34=4"});
  pass(1);
  CHECK(wire.Sent() == Lines{"35=1|34=5|112=TEST"});
  pass(36);
  CHECK(wire.Sent() == Lines{"35=5|34=6|58=heartbeat is missing"});
  CHECK(wire.ended);
}

TEST_CASE("Session: a connection without a logon is closed", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.now = wire.now + absl::Seconds(11);
  wire.session->OnTick(wire.now);
  CHECK(wire.ended);
  CHECK(wire.Sent().empty());
}

TEST_CASE("Session: kept messages are resent, everything else is filled", "[fix]") {
  SessionStore store;
  Wire wire(SessionKind::kOrderEntryRetransmission, &store);
  wire.LogOn();
  BodyWriter body;
  body.Add(tag::kText, "first");
  wire.session->Send("8", body);
  wire.Receive("1", "112=x|");
  body.clear();
  body.Add(tag::kText, "second");
  wire.session->Send("8", body);
  CHECK(wire.Sent().size() == 4);
  wire.Receive("2", "7=1|16=0|");
  CHECK(wire.Sent() == Lines{"35=4|34=1|43=Y|123=Y|36=2", "35=8|34=2|43=Y|58=first",
                             "35=4|34=3|43=Y|123=Y|36=4", "35=8|34=4|43=Y|58=second"});
  SECTION("on the next connection, with the numbers going on") {
    wire.Receive("5", "");
    wire.Sent();
    wire.Connect();
    wire.client_number = store.next_in();
    wire.Receive("A", "98=0|108=30|96=c2ln|1137=9|");
    CHECK(wire.Sent() == Lines{"35=A|34=6|98=0|108=30|1137=9"});
    wire.Receive("2", "7=4|16=4|");
    CHECK(wire.Sent() == Lines{"35=8|34=4|43=Y|58=second"});
  }
  SECTION("not beyond the retention period") {
    wire.now = wire.now + absl::Hours(25);
    wire.Receive("2", "7=1|16=0|");
    CHECK(wire.Sent() == Lines{"35=4|34=1|43=Y|123=Y|36=5"});
  }
  SECTION("and not after a reset") {
    wire.Receive("5", "");
    wire.Sent();
    wire.Connect();
    wire.LogOn();
    CHECK(wire.Sent() == Lines{"35=A|34=1|98=0|108=30|141=Y|1137=9"});
    wire.Receive("2", "7=1|16=0|");
    CHECK(wire.Sent() == Lines{"35=4|34=1|43=Y|123=Y|36=2"});
  }
}

TEST_CASE("Session: a logon with a future number is answered, then the gap is asked for", "[fix]") {
  SessionStore store;
  Wire wire(SessionKind::kOrderEntryRetransmission, &store);
  wire.client_number = 7;
  wire.Receive("A", "98=0|108=30|96=c2ln|1137=9|");
  CHECK(wire.Sent() == Lines{"35=A|34=1|98=0|108=30|1137=9", "35=2|34=2|7=1|16=0"});
  wire.Receive("4", "43=Y|122=20260805-13:00:00.000|123=Y|36=8|", 1);
  wire.Receive("F", std::string(kCancel), 8);
  CHECK(wire.received == Lines{"F"});
}

TEST_CASE("Session: a logon with a past number is refused", "[fix]") {
  SessionStore store;
  store.set_next_in(9);
  Wire wire(SessionKind::kOrderEntryRetransmission, &store);
  wire.Receive("A", "98=0|108=30|96=c2ln|1137=9|", 3);
  CHECK(wire.Sent() == Lines{"35=5|34=1|58=MsgSeqNum too low, expecting 9 but received 3"});
  CHECK(wire.logon_count == 0);
  CHECK(wire.ended);
}

TEST_CASE("Session: SequenceReset moves the expected number, never back", "[fix]") {
  Wire wire(SessionKind::kOrderEntryRetransmission);
  wire.LogOn();
  wire.Sent();
  wire.Receive("4", "36=10|", 2);
  wire.Receive("1", "112=x|", 10);
  CHECK(wire.Sent() == Lines{"35=0|34=2|112=x"});
  wire.Receive("4", "36=3|", 11);
  CHECK(wire.Sent() == Lines{"35=3|34=3|45=11|371=36|372=4|373=5|58=NewSeqNo is too low, "
                             "expecting at least 11"});
}

TEST_CASE("Session: a message can be lost or misnumbered on purpose", "[fix]") {
  const auto [fault, lines] = GENERATE(table<SendFault, Lines>({
      {SendFault::kDrop, {"35=j|34=3|45=2|372=F|380=0"}},
      {SendFault::kDuplicate,
       {"35=j|34=2|45=2|372=F|380=0", "35=j|34=2|45=2|372=F|380=0", "35=j|34=3|45=2|372=F|380=0"}},
      {SendFault::kSkip, {"35=j|34=3|45=2|372=F|380=0", "35=j|34=4|45=2|372=F|380=0"}},
      {SendFault::kRepeat, {"35=j|34=1|45=2|372=F|380=0", "35=j|34=3|45=2|372=F|380=0"}},
  }));
  const auto kind = GENERATE(SessionKind::kOrderEntry, SessionKind::kOrderEntryRetransmission);
  Wire wire(kind);
  wire.LogOn();
  wire.Sent();
  wire.fault = fault;
  Message message;
  const std::string bytes = wire.Message("F", std::string(kCancel));
  message.Parse(bytes);
  wire.session->RejectBusiness(message, BusinessRejectReason::kOther, "");
  wire.session->RejectBusiness(message, BusinessRejectReason::kOther, "");
  CHECK(wire.Sent() == lines);
}

TEST_CASE("Session: what was dropped is sent again, a number left out is filled", "[fix]") {
  Wire wire(SessionKind::kOrderEntryRetransmission);
  wire.LogOn();
  Message message;
  const std::string bytes = wire.Message("F", std::string(kCancel));
  message.Parse(bytes);
  wire.fault = SendFault::kDrop;
  wire.session->RejectBusiness(message, BusinessRejectReason::kOther, "");
  wire.fault = SendFault::kSkip;
  wire.session->RejectBusiness(message, BusinessRejectReason::kOther, "");
  wire.Sent();
  wire.client_number = 2;
  wire.Receive("2", "7=2|16=3|");
  CHECK(wire.Sent() == Lines{"35=j|34=2|43=Y|45=2|372=F|380=0", "35=4|34=3|43=Y|123=Y|36=4"});
}

TEST_CASE("Session: a cut session ends without a word", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  wire.session->Cut();
  CHECK(wire.Sent().empty());
  CHECK(wire.ended);
}

TEST_CASE("Session: a second logon ends the session", "[fix]") {
  Wire wire(SessionKind::kOrderEntry);
  wire.LogOn();
  wire.Sent();
  wire.Receive("A", "98=0|108=30|96=c2ln|1137=9|");
  CHECK(wire.Sent() == Lines{"35=5|34=2|58=already logged on"});
}

}  // namespace
}  // namespace evx::fix
