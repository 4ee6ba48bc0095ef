// Feeds bytes to a logged-on session and decodes every application message it lets through.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "evx/core/check.h"
#include "evx/fix/order_messages.h"
#include "evx/fix/other_messages.h"
#include "evx/fix/session.h"

namespace {

using namespace evx;
using namespace evx::fix;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'785'934'800);

class Decoders final : public Session::Application {
 public:
  LogonDecision OnLogon(Session&, const Logon&) override { return {&store_, ""}; }
  void OnLoggedOn(Session&) override {}
  void OnMessage(Session& session, const Message& message, bool) override {
    const PriceUnit unit = session.flags().use_dollars ? PriceUnit::kDollars : PriceUnit::kCents;
    std::optional<SessionReject> fault;
    if (message.type() == msg_type::kNewOrderSingle) {
      NewOrderSingle order;
      fault = Decode(message, unit, order);
    } else if (message.type() == msg_type::kOrderCancelReplaceRequest) {
      OrderCancelReplaceRequest request;
      fault = Decode(message, unit, request);
    } else if (message.type() == msg_type::kOrderCancelRequest) {
      OrderCancelRequest request;
      fault = Decode(message, request);
    } else if (message.type() == msg_type::kOrderGroupRequest) {
      OrderGroupRequest request;
      fault = Decode(message, request);
    } else if (message.type() == msg_type::kEventResendRequest) {
      EventResendRequest request;
      fault = Decode(message, request);
    } else if (message.type() == msg_type::kMarketDataRequest) {
      (void)DecodeMarketDataRequest(message);
    }
    if (fault) session.RejectMessage(message, *fault);
  }
  bool IsSupported(SessionKind, std::string_view type) const override { return type != "r"; }
  bool IsReady(const Session&) const override { return true; }
  // Everything we send is itself a whole message.
  void Output(Session&, std::string_view bytes) override {
    const Frame frame = NextFrame(bytes);
    EVX_CHECK(frame.status == Frame::Status::kMessage && frame.size == bytes.size());
  }
  void OnEnded(Session&) override {}

 private:
  SessionStore store_;
};

// The body of each line as a message with the right length, checksum and number, so that the
// fuzzer reaches what lies behind them. A line beginning with '!' goes in as it is.
std::string Frames(std::string_view text) {
  std::string out;
  AppendMessage({"A", "KEY", "KalshiRT", 1, kNow, {}},
                "98=0\x01"
                "108=30\x01"
                "96=c2ln\x01"
                "141=Y\x01"
                "1137=9\x01",
                out);
  std::uint64_t number = 2;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    for (char& c : line) c = c == '|' ? kSoh : c;
    const std::size_t space = line.find(' ');
    if (line.starts_with('!') || space == std::string::npos) {
      out += line;
      continue;
    }
    AppendMessage({line.substr(0, space), "KEY", "KalshiRT", number++, kNow, {}},
                  line.substr(space + 1), out);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = Frames({reinterpret_cast<const char*>(data), size});
  Decoders application;
  Session session(SessionKind::kOrderEntryRetransmission, Dictionary::Kalshi(), application, kNow);
  std::string waiting;
  // In two pieces: what was not consumed comes again.
  for (const std::string_view piece : {std::string_view(bytes).substr(0, bytes.size() / 2),
                                       std::string_view(bytes).substr(bytes.size() / 2)}) {
    waiting += piece;
    const std::size_t consumed = session.OnBytes(waiting, kNow);
    EVX_CHECK(consumed <= waiting.size());
    waiting.erase(0, consumed);
  }
  session.OnClosed();
  return 0;
}
