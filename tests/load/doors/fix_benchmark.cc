// New orders of one session, pipelined and durable: FIX against the gRPC stream, on one exchange
// with a journal, one after the other. Prints one JSON line for scripts/bench.
//
//   fix_benchmark [--orders=N]

#include <grpcpp/client_context.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "core/measure.h"
#include "doors/fix_connection.h"
#include "doors/stored_venue.h"
#include "evx/core/check.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
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

double MeasureFix(const StoredVenue& venue, int count) {
  const SystemClock clock;
  FixConnection connection(venue.fix_port(), venue.traders().front(), clock);
  Pace pace;
  const std::int64_t start = NowNanos();
  std::thread writer([&] {
    for (int i = 0; i < count; ++i) {
      connection.AppendBid("f-" + std::to_string(i), StoredVenue::kTicker, 1 + i % 20, 1);
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
