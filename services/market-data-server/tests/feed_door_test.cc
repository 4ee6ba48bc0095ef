// The door on a real socket.

#include "feed/feed_door.h"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evx/net/testing/raw_websocket_client.h"
#include "feed_fixture.h"

namespace evx::market_data {
namespace {

using net::testing::RawWebSocketClient;
using Opcode = RawWebSocketClient::Opcode;
using Frame = RawWebSocketClient::Frame;
using nlohmann::json;

class DoorFixture : public PipelineFixture {
 public:
  explicit DoorFixture(std::size_t clients_max = 4)
      : door_(
            clients_max, markets_,
            [this](std::string_view ticker) { return pipeline.FindMarket(ticker).has_value(); },
            probe) {
    pipeline.AddMarkets({"A"});
    net::HttpServer::Options options;
    options.websocket = FeedDoor::SessionOptions();
    auto started = net::HttpServer::Start(
        options, [this](net::HttpRequest& request, net::HttpResponder responder) {
          door_.Accept(request, std::move(responder));
        });
    REQUIRE(started.ok());
    server_ = *std::move(started);
    door_.Attach(*server_);
  }

  void Commit() {
    door_.OnCommitted(markets_.Commit(sink.batch, 0, sink.batch.size()));
    sink.batch.Clear();
  }
  std::uint16_t port() const { return server_->port(); }

 private:
  CommittedMarkets markets_;
  FeedDoor door_;
  std::unique_ptr<net::HttpServer> server_;
};

std::optional<Frame> Receive(RawWebSocketClient& client) {
  std::optional<Frame> frame = client.Receive();
  while (frame && frame->opcode == Opcode::kPing) frame = client.Receive();
  return frame;
}

json ReceiveJson(RawWebSocketClient& client) {
  const std::optional<Frame> frame = Receive(client);
  REQUIRE(frame);
  REQUIRE(frame->opcode == Opcode::kText);
  return json::parse(frame->payload);
}

constexpr const char* kSubscribe = R"({"id":1,"command":"subscribe","subjects":["all"]})";

TEST_CASE("FeedDoor: clients get the book and what follows, in the format they ask for",
          "[market_data]") {
  DoorFixture f;
  f.Snapshot("A", {{40, 100}}, {});
  f.Commit();
  RawWebSocketClient text(f.port());
  RawWebSocketClient binary(f.port());
  REQUIRE(text.Handshake("/ws/market-data?format=json")->status == 101);
  REQUIRE(binary.Handshake("/ws/market-data?format=protobuf")->status == 101);
  text.SendText(kSubscribe);
  binary.SendText(kSubscribe);
  CHECK(ReceiveJson(text)["type"] == "subscribed");
  CHECK(ReceiveJson(text)["type"] == "book_snapshot");
  CHECK(ReceiveJson(binary)["type"] == "subscribed");
  marketdata::v1::FeedFrame frame;
  const auto read_binary = [&] {
    const std::optional<Frame> received = Receive(binary);
    REQUIRE(received);
    REQUIRE(received->opcode == Opcode::kBinary);
    REQUIRE(frame.ParseFromString(received->payload));
  };
  read_binary();
  CHECK(frame.book().snapshot().bids_size() == 1);
  f.Delta("A", ContractSide::kYes, 41, 300);
  f.Commit();
  const json delta = ReceiveJson(text);
  CHECK(delta["type"] == "book_delta");
  CHECK(delta["sequence"] == 2);
  read_binary();
  CHECK(frame.book().delta().delta_centis() == 300);
  CHECK(frame.book().envelope().sequence() == 2);
}

TEST_CASE("FeedDoor: what is no client of it is answered with the reason", "[market_data]") {
  DoorFixture f(1);
  RawWebSocketClient first(f.port());
  REQUIRE(first.Handshake("/ws/market-data")->status == 101);
  RawWebSocketClient second(f.port());
  const auto refused = second.Handshake("/ws/market-data");
  REQUIRE(refused);
  CHECK(refused->status == 503);
  CHECK(refused->body ==
        R"({"error":{"code":"too_many_clients","message":"1 clients are connected, which is )"
        R"(--clients_max"}})");
  RawWebSocketClient third(f.port());
  const auto bad = third.Handshake("/ws/market-data?format=xml");
  REQUIRE(bad);
  CHECK(bad->status == 400);
  CHECK(bad->body ==
        R"({"error":{"code":"bad_parameter","message":"query is format=xml; it must be )"
        R"(format=json or format=protobuf"}})");
  // The first one's place is free again once it has gone.
  first.Send(Opcode::kClose, "\x03\xe8");
  while (first.Receive()) {
  }
  for (;;) {
    RawWebSocketClient again(f.port());
    if (again.Handshake("/ws/market-data")->status == 101) break;
  }
}

TEST_CASE("FeedDoor: a command that is too long ends its connection only", "[market_data]") {
  DoorFixture f;
  RawWebSocketClient hostile(f.port());
  RawWebSocketClient other(f.port());
  REQUIRE(hostile.Handshake("/ws/market-data")->status == 101);
  REQUIRE(other.Handshake("/ws/market-data")->status == 101);
  other.SendText(kSubscribe);
  CHECK(ReceiveJson(other)["type"] == "subscribed");
  hostile.SendText(std::string(FeedDoor::kCommandBytesMax + 1, ' '));
  const std::optional<Frame> frame = Receive(hostile);
  REQUIRE(frame);
  CHECK(frame->close_code() == 1009);
  f.Snapshot("A", {{40, 100}}, {});
  f.Commit();
  CHECK(ReceiveJson(other)["type"] == "book_snapshot");
}

}  // namespace
}  // namespace evx::market_data
