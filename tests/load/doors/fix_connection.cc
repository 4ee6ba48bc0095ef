#include "doors/fix_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "evx/core/check.h"
#include "evx/fix/tags.h"
#include "evx/kalshi/signing.h"

namespace evx::load {
namespace {

constexpr std::string_view kTarget = "KalshiNR";

}  // namespace

FixConnection::FixConnection(std::uint16_t port, const Trader& trader, const Clock& clock)
    : trader_(trader), clock_(clock), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EVX_CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const int on = 1;
  EVX_CHECK(::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  LogOn();
}

FixConnection::~FixConnection() { ::close(fd_); }

void FixConnection::AppendBid(std::string_view client_order_id, std::string_view ticker,
                              int price_cents, int contracts) {
  body_.clear();
  body_.Add(fix::tag::kClOrdId, client_order_id);
  body_.AddInteger(fix::tag::kOrderQty, contracts);
  body_.Add(fix::tag::kOrdType, '2');
  body_.AddInteger(fix::tag::kPrice, price_cents);
  body_.Add(fix::tag::kSide, '1');
  body_.Add(fix::tag::kSymbol, ticker);
  body_.Add(fix::tag::kTimeInForce, '1');
  Append(fix::msg_type::kNewOrderSingle);
}

void FixConnection::Append(std::string_view type) {
  fix::AppendMessage({type, trader_.key_id, kTarget, number_++, clock_.Now(), {}}, body_.bytes(),
                     out_);
}

void FixConnection::Flush() {
  std::string_view rest = out_;
  while (!rest.empty()) {
    const ssize_t size = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    EVX_CHECK(size > 0);
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  out_.clear();
}

const fix::Message& FixConnection::Read() {
  for (;;) {
    const fix::Frame frame = fix::NextFrame(std::string_view(in_).substr(at_));
    if (frame.status == fix::Frame::Status::kMessage) {
      EVX_CHECK(message_.Parse(std::string_view(in_).substr(at_, frame.size)));
      at_ += frame.size;
      return message_;
    }
    in_.erase(0, std::exchange(at_, 0));
    char piece[64 * 1024];
    const ssize_t size = ::recv(fd_, piece, sizeof piece, 0);
    EVX_CHECK(size > 0);
    in_.append(piece, static_cast<std::size_t>(size));
  }
}

void FixConnection::LogOn() {
  const Timestamp now = clock_.Now();
  const std::string text =
      fix::LogonSignedText(fix::FormatUtcTimestamp(now), "1", trader_.key_id, kTarget);
  body_.clear();
  body_.AddInteger(fix::tag::kEncryptMethod, 0);
  body_.AddInteger(fix::tag::kHeartBtInt, 30);
  body_.Add(fix::tag::kRawData, kalshi::EncodeBase64(trader_.key.Sign(text)));
  body_.Add(fix::tag::kResetSeqNumFlag, 'Y');
  body_.Add(fix::tag::kDefaultApplVerId, '9');
  body_.Add(fix::tag::kSkipPendingExecReports, 'Y');
  fix::AppendMessage({fix::msg_type::kLogon, trader_.key_id, kTarget, number_++, now, {}},
                     body_.bytes(), out_);
  Flush();
  EVX_CHECK(Read().type() == fix::msg_type::kLogon);
}

}  // namespace evx::load
