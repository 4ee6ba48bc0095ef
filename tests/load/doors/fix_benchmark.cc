// New orders of one session, pipelined and durable: FIX against the gRPC stream, on one exchange
// with a journal, one after the other. Prints one JSON line for scripts/bench.
//
//   fix_benchmark [--orders=N]

#include <arpa/inet.h>
#include <grpcpp/client_context.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/measure.h"
#include "doors/stored_venue.h"
#include "evx/core/check.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/fix/message.h"
#include "evx/fix/tags.h"
#include "evx/kalshi/signing.h"
#include "evx/rpc/channel.h"

namespace evx::load {
namespace {

namespace pb = exchange::v1;

// Messages that a client writes at once.
constexpr int kBatch = 64;
// Sent and not yet answered; the doors take 1,024 of one session.
constexpr int kUnderWay = 2'048;

// Orders a second from the first to the last acknowledgement. Sends kBatch at a time while fewer
// than kUnderWay are under way.
class Pace {
 public:
  void AwaitRoom(int sent) const {
    while (sent - answered_.load(std::memory_order_acquire) > kUnderWay) std::this_thread::yield();
  }
  void Answered() { answered_.fetch_add(1, std::memory_order_release); }

 private:
  std::atomic<int> answered_ = 0;
};

class FixConnection {
 public:
  explicit FixConnection(const StoredVenue& venue)
      : venue_(venue), trader_(venue.traders().front()), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(venue.fix_port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EVX_CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    LogOn();
  }
  ~FixConnection() { ::close(fd_); }

  void Append(std::string_view type, const fix::BodyWriter& body) {
    fix::AppendMessage({type, trader_.key_id, "KalshiNR", number_++, venue_.Now(), {}},
                       body.bytes(), out_);
  }
  void Flush() {
    std::string_view rest = out_;
    while (!rest.empty()) {
      const ssize_t size = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
      EVX_CHECK(size > 0);
      rest.remove_prefix(static_cast<std::size_t>(size));
    }
    out_.clear();
  }
  // The next message; valid until the next call.
  const fix::Message& Read() {
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

 private:
  void LogOn() {
    const Timestamp now = venue_.Now();
    const std::string text =
        fix::LogonSignedText(fix::FormatUtcTimestamp(now), "1", trader_.key_id, "KalshiNR");
    fix::BodyWriter body;
    body.AddInteger(fix::tag::kEncryptMethod, 0);
    body.AddInteger(fix::tag::kHeartBtInt, 30);
    body.Add(fix::tag::kRawData, kalshi::EncodeBase64(trader_.key.Sign(text)));
    body.Add(fix::tag::kResetSeqNumFlag, 'Y');
    body.Add(fix::tag::kDefaultApplVerId, '9');
    body.Add(fix::tag::kSkipPendingExecReports, 'Y');
    fix::AppendMessage({fix::msg_type::kLogon, trader_.key_id, "KalshiNR", number_++, now, {}},
                       body.bytes(), out_);
    Flush();
    EVX_CHECK(Read().type() == fix::msg_type::kLogon);
  }

  const StoredVenue& venue_;
  const Trader& trader_;
  int fd_;
  std::uint64_t number_ = 1;
  std::string out_;
  std::string in_;
  std::size_t at_ = 0;
  fix::Message message_;
};

double MeasureFix(const StoredVenue& venue, int count) {
  FixConnection connection(venue);
  Pace pace;
  const std::int64_t start = NowNanos();
  std::thread writer([&] {
    fix::BodyWriter body;
    for (int i = 0; i < count; ++i) {
      body.clear();
      body.Add(fix::tag::kClOrdId, "f-" + std::to_string(i));
      body.AddInteger(fix::tag::kOrderQty, 1);
      body.Add(fix::tag::kOrdType, '2');
      body.AddInteger(fix::tag::kPrice, 1 + i % 20);
      body.Add(fix::tag::kSide, '1');
      body.Add(fix::tag::kSymbol, StoredVenue::kTicker);
      body.Add(fix::tag::kTimeInForce, '1');
      connection.Append(fix::msg_type::kNewOrderSingle, body);
      if (i % kBatch == kBatch - 1) {
        connection.Flush();
        pace.AwaitRoom(i);
      }
    }
    connection.Flush();
  });
  for (int i = 0; i < count; ++i) {
    const fix::Message& message = connection.Read();
    EVX_CHECK(message.type() == fix::msg_type::kExecutionReport &&
              message.Get(fix::tag::kOrdStatus) == "0");
    pace.Answered();
  }
  const double seconds = static_cast<double>(NowNanos() - start) / 1e9;
  writer.join();
  return count / seconds;
}

double MeasureGrpc(const StoredVenue& venue, int count) {
  const Trader& trader = venue.traders().front();
  rpc::ChannelOptions options;
  options.address = "127.0.0.1:" + std::to_string(venue.grpc_port());
  auto channel = rpc::MakeChannel(options);
  EVX_CHECK(channel.ok());
  const auto stub = pb::ExchangeService::NewStub(*channel);
  grpc::ClientContext call;
  const auto signature = kalshi::SignRequest(trader.key, trader.key_id, venue.Now(), "POST",
                                             "/evx.exchange.v1.ExchangeService/OrderStream");
  call.AddMetadata("kalshi-access-key", signature.key_id);
  call.AddMetadata("kalshi-access-timestamp", signature.timestamp_ms);
  call.AddMetadata("kalshi-access-signature", signature.signature);
  const auto stream = stub->OrderStream(&call);
  Pace pace;
  const std::int64_t start = NowNanos();
  std::thread writer([&] {
    pb::OrderStreamRequest request;
    for (int i = 0; i < count; ++i) {
      request.set_request_id(i + 1);
      auto& order = *request.mutable_create_order();
      order.set_market_ticker(std::string(StoredVenue::kTicker));
      order.set_side(common::v1::BOOK_SIDE_BID);
      order.set_price_micros((1 + i % 20) * 10'000);
      order.set_quantity_centis(100);
      order.set_client_order_id("g-" + std::to_string(i));
      grpc::WriteOptions write;
      if (i % kBatch != kBatch - 1) write.set_buffer_hint();
      EVX_CHECK(stream->Write(request, write));
      if (i % kBatch == kBatch - 1) pace.AwaitRoom(i);
    }
    stream->WritesDone();
  });
  pb::OrderStreamResponse response;
  for (int i = 0; i < count; ++i) {
    EVX_CHECK(stream->Read(&response) && response.has_create_order());
    pace.Answered();
  }
  const double seconds = static_cast<double>(NowNanos() - start) / 1e9;
  writer.join();
  stream->Finish();
  return count / seconds;
}

int Main(int argc, char** argv) {
  int count = 90'000;  // Twice that rest in one account, which takes 200,000.
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (!argument.starts_with("--orders=") || (count = std::atoi(argv[i] + 9)) <= 0) {
      std::fprintf(stderr, "usage: fix_benchmark [--orders=N]\n");
      return 2;
    }
  }
  const StoredVenue venue(1);
  const double reference = MeasureGrpc(venue, count);
  const double measured = MeasureFix(venue, count);
  std::printf("one session, pipelined, durable: FIX %.0f orders/s, gRPC stream %.0f orders/s\n",
              measured, reference);
  PrintRow("fix_orders", measured, reference, "orders/s");
  return 0;
}

}  // namespace
}  // namespace evx::load

int main(int argc, char** argv) { return evx::load::Main(argc, argv); }
