// New orders over four gRPC batch streams, pipelined and durable, against the commands of workload
// core_throughput put into a core without a door. Prints one JSON line for scripts/bench.
//
//   grpc_benchmark [--orders=N]     of one stream

#include <grpcpp/client_context.h>

#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/core.h"
#include "core/measure.h"
#include "core/order_flow.h"
#include "core/workloads.h"
#include "doors/stored_venue.h"
#include "evx/core/check.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/rpc/channel.h"

namespace evx::load {
namespace {

namespace pb = exchange::v1;

constexpr int kStreams = 4;
constexpr int kBatch = 64;
// Messages of one stream that are sent and not answered.
constexpr int kUnderWay = 16;

// Creates `count` orders over one stream.
void Trade(pb::ExchangeService::Stub& stub, const StoredVenue& venue, const Trader& trader,
           int count) {
  grpc::ClientContext call;
  const auto signature = kalshi::SignRequest(trader.key, trader.key_id, venue.Now(), "POST",
                                             "/evx.exchange.v1.ExchangeService/OrderBatchStream");
  call.AddMetadata("kalshi-access-key", signature.key_id);
  call.AddMetadata("kalshi-access-timestamp", signature.timestamp_ms);
  call.AddMetadata("kalshi-access-signature", signature.signature);
  const auto stream = stub.OrderBatchStream(&call);
  std::counting_semaphore<> room(kUnderWay);
  std::thread writer([&] {
    pb::OrderBatchStreamRequest request;
    for (int i = 0; i < count;) {
      request.clear_commands();
      for (int j = 0; j < kBatch && i < count; ++j, ++i) {
        pb::OrderStreamRequest& command = *request.add_commands();
        command.set_request_id(i + 1);
        pb::CreateOrderRequest& order = *command.mutable_create_order();
        order.set_market_ticker(std::string(StoredVenue::kTicker));
        order.set_side(common::v1::BOOK_SIDE_BID);
        order.set_price_micros((1 + i % 20) * 10'000);
        order.set_quantity_centis(100);
        order.set_client_order_id("g-" + std::to_string(i));
      }
      room.acquire();
      EVX_CHECK(stream->Write(request));
    }
    stream->WritesDone();
  });
  pb::OrderBatchStreamResponse response;
  int answered = 0;
  while (answered < count) {
    EVX_CHECK(stream->Read(&response));
    for (const pb::OrderStreamResponse& answer : response.answers()) {
      EVX_CHECK(answer.has_create_order());
      if (++answered % kBatch == 0) room.release();
    }
  }
  writer.join();
  EVX_CHECK(stream->Finish().ok());
}

// Orders a second, from the first sent to the last acknowledged.
double MeasureStreams(int count) {
  const StoredVenue venue(kStreams);
  rpc::ChannelOptions options;
  options.address = "127.0.0.1:" + std::to_string(venue.grpc_port());
  const auto channel = rpc::MakeChannel(options);
  EVX_CHECK(channel.ok());
  const auto stub = pb::ExchangeService::NewStub(*channel);
  const std::int64_t start = NowNanos();
  std::vector<std::thread> threads;
  for (const Trader& trader : venue.traders()) {
    threads.emplace_back([&, count] { Trade(*stub, venue, trader, count); });
  }
  for (std::thread& thread : threads) thread.join();
  return kStreams * count / (static_cast<double>(NowNanos() - start) * 1e-9);
}

// Commands a second of the core alone, with its journal.
double MeasureCore(int count) {
  const TemporaryDirectory directory("");
  Core core({.directory = directory.path(), .client_order_id_count_reserved = 2'000'000});
  OrderFlow flow({}, 7);
  std::vector<venue::Command> batch(kBatch);
  const auto run = [&](int commands) {
    for (int done = 0; done < commands; done += kBatch) {
      for (venue::Command& command : batch) flow.Next(command);
      for (std::size_t i = 0; i < batch.size(); ++i) flow.OnResult(batch[i], core.Apply(batch, i));
    }
    core.WaitUntilDurable();
  };
  while (flow.live_count() < Settings().orders) {
    const venue::Command& command = flow.NextCreate();
    flow.OnResult(command, core.Apply(command));
  }
  run(count);
  const std::int64_t start = NowNanos();
  run(count);
  return count / (static_cast<double>(NowNanos() - start) * 1e-9);
}

int Main(int argc, char** argv) {
  int count = 50'000;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (!argument.starts_with("--orders=") || (count = std::atoi(argv[i] + 9)) <= 0) {
      std::fprintf(stderr, "usage: grpc_benchmark [--orders=N]\n");
      return 2;
    }
  }
  constexpr int kCoreCommands = 1'000'000;
  const double core = MeasureCore(kCoreCommands);
  PrintRow("grpc_stream_orders", MeasureStreams(count), core, "/s");
  return 0;
}

}  // namespace
}  // namespace evx::load

int main(int argc, char** argv) { return evx::load::Main(argc, argv); }
