// The door on real sockets: what pages that mean mischief get, and that nobody else notices.

#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "door_fixture.h"
#include "evx/core/testing/seed.h"
#include "stream_news.h"

namespace evx::gateway {
namespace {

using nlohmann::json;
using testing::ACreate;
using testing::Fixture;
using testing::Opcode;
using testing::Page;
using testing::Ping;

// How many messages may pass that were sent since `begun`.
int PassedMax(absl::Time begun) {
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begun);
  return SocketDoor::kMessageBurst + 1 + static_cast<int>(SocketDoor::kMessagesPerSecond * seconds);
}

TEST_CASE("SocketDoor: hostile frames are answered or end the connection, nothing else") {
  Fixture f;
  Page steady(f, "bob", "?subscribe=none");
  REQUIRE(steady.Receive().has_welcome());
  SECTION("bytes that are no message") {
    Page page(f, "ann", "?subscribe=none");
    REQUIRE(page.Receive().has_welcome());
    page.raw().Send(Opcode::kBinary, "\xff\xff\xff\xff");
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.raw().SendText("{\"request_id\":");
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.raw().SendText(std::string(20'000, '['));
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.raw().Send(Opcode::kBinary, "");
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.Send(Ping(-1));
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.Send(Ping(1));
    CHECK(page.Receive().has_done());
  }
  SECTION("random bytes") {
    std::mt19937 random(evx::testing::TestSeed("SocketDoor"));
    Page page(f, "ann", "?subscribe=none");
    REQUIRE(page.Receive().has_welcome());
    for (int i = 0; i < 100; ++i) {
      std::string bytes(random() % 200, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      page.raw().Send(Opcode::kBinary, bytes);
    }
    page.Send(Ping(123'456));
    while (page.Receive().request_id() != 123'456) {
    }
  }
  SECTION("too long a message") {
    Page page(f, "ann", "?subscribe=none");
    page.raw().Send(Opcode::kBinary, std::string(SocketDoor::kMessageBytesMax + 1, 'x'));
    CHECK(page.CloseCode() == 1009);
  }
  SECTION("a frame that is not masked") {
    Page page(f, "ann", "?subscribe=none");
    page.raw().Send(Opcode::kBinary, "x", {.is_masked = false});
    CHECK(page.CloseCode() == 1002);
  }
  SECTION("too many streams in a message") {
    Page page(f, "ann", "?subscribe=none");
    REQUIRE(page.Receive().has_welcome());
    page.Subscribe(1, std::vector<std::string>(101, "book:KXA"));
    CHECK(page.Receive().refusal().reason() == "BadRequest");
  }
  steady.Send(Ping(1));
  CHECK(steady.Receive().has_done());
}

TEST_CASE("SocketDoor: a flood is refused, then closed, and an emergency stop passes it") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  constexpr int kCount = SocketDoor::kMessageBurst + 100;
  const absl::Time begun = absl::Now();
  for (int i = 1; i <= kCount; ++i) page.Send(Ping(i));
  v1::ClientMessage stop;
  stop.set_request_id(1'000'000);
  stop.mutable_emergency_stop()->set_command_id("stop");
  page.Send(stop);
  int refused = 0;
  auto message = page.Receive();
  while (!message.has_command_result()) {
    if (message.refusal().reason() == "TooManyRequests") ++refused;
    message = page.Receive();
  }
  CHECK(message.command_result().command_id() == "ann stop");
  CHECK(kCount - refused <= PassedMax(begun));
  for (int i = 1; i <= 2'000; ++i) page.Send(Ping(i));
  CHECK(page.CloseCode() == 1008);
  CHECK(f.counters.floods_closed == 1);
}

TEST_CASE("SocketDoor: a command that comes too soon ends in a result that says so") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  constexpr int kCount = SocketDoor::kMessageBurst + 100;
  const absl::Time begun = absl::Now();
  for (int i = 1; i <= kCount; ++i) page.Send(ACreate(i, "c-" + std::to_string(i)));
  int limited_count = 0;
  for (int answered = 0; answered < kCount; ++answered) {
    const v1::ServerMessage message = page.ReceiveAnswer();
    INFO(message.DebugString());
    REQUIRE(message.has_command_result());
    const v1::CommandResult& result = message.command_result();
    if (result.refusal_reason().empty()) continue;
    ++limited_count;
    CHECK(result.command_id() == "c-" + std::to_string(message.request_id()));
    CHECK(result.refusal_reason() == "TooManyRequests");
    CHECK(result.is_retryable());
    CHECK(result.refusal_message().find("messages within a second") != std::string::npos);
    CHECK(result.refusal_message().find("100 a second") != std::string::npos);
  }
  CHECK(kCount - limited_count <= PassedMax(begun));
  CHECK(f.counters.requests_limited == static_cast<std::uint64_t>(limited_count));
}

TEST_CASE("SocketDoor: every refusal of a command is a result with its id") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  page.Send(ACreate(0, "no-request-id"));
  auto message = page.Receive();
  CHECK(message.command_result().command_id() == "no-request-id");
  CHECK(message.command_result().refusal_reason() == "BadRequest");
  // Half of a command is none, and the next request is not answered with its id.
  const std::string whole = ACreate(1, "c-1").SerializeAsString();
  page.raw().Send(Opcode::kBinary, whole.substr(0, whole.size() - 1));
  CHECK(page.Receive().refusal().reason() == "BadRequest");

  f.requests.keeps = true;
  for (int i = 1; i <= SocketDoor::kOutstandingMax; ++i) page.Send(ACreate(i, "c"));
  page.Send(ACreate(100, "one-more"));
  message = page.Receive();
  CHECK(message.request_id() == 100);
  CHECK(message.command_result().command_id() == "one-more");
  CHECK(message.command_result().refusal_reason() == "TooManyRequests");
  // The exchange stands still, and whoever waits for it must be able to stop.
  v1::ClientMessage stop;
  stop.set_request_id(101);
  stop.mutable_emergency_stop()->set_command_id("stop");
  page.Send(stop);
  page.Send(Ping(102));
  CHECK(page.Receive().request_id() == 102);
  CHECK(f.requests.kept.size() == SocketDoor::kOutstandingMax + 1);
}

TEST_CASE("SocketDoor: JSON that means mischief is refused, or read as what it says") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  std::string nested = "{}";
  for (int i = 0; i < 5'000; ++i) nested = R"({"a":)" + nested + "}";
  const std::string kFaulty[] = {
      R"({"request_id":1,"ping":{}} {"request_id":2,"ping":{}})",
      R"({"request_id":NaN,"ping":{}})",
      R"({"request_id":1e400,"ping":{}})",
      R"({"request_id":99999999999999999999,"ping":{}})",
      R"({"request_id":1.5,"ping":{}})",
      R"({"request_id":"x","ping":{}})",
      R"({"request_id":1,"pong":{}})",
      R"({"request_id":1,"ping":{},"subscribe":{}})",
      R"({"request_id":1,"create_order":{"price_micros":Infinity}})",
      R"({"request_id":1,"create_order":{"price_micros":"9223372036854775808"}})",
      R"({"request_id":1,"create_order":{"command_id":7.5e9}})",
      R"({"request_id":1,"ping":)" + nested,
      "null",
      "[]",
      "\"x\"",
      R"({"request_id":1,"ping":{}})" + std::string(1, '\0'),
  };
  for (const std::string& text : kFaulty) {
    INFO(text.substr(0, 100));
    page.raw().SendText(text);
    CHECK(page.Receive().refusal().reason() == "BadRequest");
  }
  // JSON is understood on a binary socket, and binary frames on one that is told JSON.
  page.raw().SendText(R"({"requestId":"5","ping":{}})");
  CHECK(page.Receive().request_id() == 5);
  Page people(f, "ann", "?format=json&subscribe=none");
  CHECK(json::parse(people.Frame()->payload)["type"] == "WELCOME");
  people.Send(Ping(6));
  CHECK(json::parse(people.Frame()->payload)["request_id"] == "6");
}

TEST_CASE("SocketDoor: ten thousand subscriptions of one socket are a thousand, the others named") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  constexpr int kMessageCount = 100;
  int refused_count = 0;
  int state_count = 0;
  for (int i = 0; i < kMessageCount; ++i) {
    std::vector<std::string> names;
    for (int j = 0; j < SocketDoor::kNamesMax; ++j) {
      names.push_back("book:KX" + std::to_string(i * SocketDoor::kNamesMax + j));
    }
    page.Subscribe(i + 1, names);
    for (v1::ServerMessage message = page.Receive(); !message.has_done();
         message = page.Receive()) {
      if (message.has_initial_state()) ++state_count;
      if (message.refusal().reason() == "TooManyStreams") ++refused_count;
    }
  }
  CHECK(state_count == StreamHub::kSubscriptionsMax);
  CHECK(refused_count == kMessageCount * SocketDoor::kNamesMax - state_count);
  CHECK(f.counters.streams == StreamHub::kSubscriptionsMax);
  // One that is given up makes room for another.
  v1::ClientMessage message;
  message.set_request_id(1'000);
  message.mutable_unsubscribe()->add_streams("book:KX0");
  page.Send(message);
  CHECK(page.Receive().has_done());
  page.Subscribe(1'001, {"book:KXOTHER"});
  CHECK(page.Receive().has_initial_state());
}

TEST_CASE("SocketDoor: names that are no streams' leave nothing behind, however long they are") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  const std::string names[] = {"book:KX" + std::string(30'000, 'A'),
                               "trades:" + std::string(2'000, '\n'),
                               "",
                               "book:",
                               "book:KX@1",
                               "portfolio@2",
                               "portfolio@",
                               "PORTFOLIO",
                               "book:KX:1"};
  for (const std::string& name : names) {
    INFO(name.substr(0, 40));
    page.Subscribe(1, {name});
    const v1::ServerMessage refused = page.Receive();
    CHECK(refused.refusal().reason() == "UnknownStream");
    CHECK(refused.refusal().stream() == name);
    CHECK(page.Receive().has_done());
  }
  CHECK(f.counters.streams == 0);
  CHECK(f.requests.opened.empty());
}

TEST_CASE("SocketDoor: who resumes from where nobody was gets the state, and only the own one") {
  Fixture f;
  f.door->Publish({PortfolioState(PortfolioStream(1), 5), PortfolioState(PortfolioStream(2), 7)});
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  page.Subscribe(1, {"portfolio"});
  const v1::ServerMessage own = page.Receive();
  REQUIRE(own.initial_state().portfolio().balance().cash_micros() == 5);
  REQUIRE(page.Receive().has_done());
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  // The portfolio of the other user has the next epoch.
  const std::pair<std::int64_t, std::int64_t> places[] = {{own.epoch(), own.sequence() + 1},
                                                          {own.epoch(), kMost},
                                                          {own.epoch(), kLeast},
                                                          {own.epoch(), -1},
                                                          {own.epoch() + 1, 0},
                                                          {own.epoch() + 1, own.sequence()},
                                                          {kMost, kMost},
                                                          {kLeast, kLeast},
                                                          {0, own.sequence()}};
  for (const auto& [epoch, sequence] : places) {
    INFO(epoch << " " << sequence);
    v1::ClientMessage message;
    message.set_request_id(1);
    v1::StreamName& wanted = *message.mutable_subscribe()->add_streams();
    wanted.set_stream("portfolio");
    wanted.set_epoch(epoch);
    wanted.set_sequence(sequence);
    page.Send(message);
    CHECK(page.Receive().initial_state().portfolio().balance().cash_micros() == 5);
    CHECK(page.Receive().has_done());
  }
}

TEST_CASE("SocketDoor: requests without an answer are bounded") {
  Fixture f;
  f.requests.keeps = true;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  v1::ClientMessage message;
  message.mutable_get_market();
  for (int i = 1; i <= SocketDoor::kOutstandingMax + 1; ++i) {
    message.set_request_id(i);
    page.Send(message);
  }
  const auto refusal = page.Receive();
  CHECK(refusal.request_id() == SocketDoor::kOutstandingMax + 1);
  CHECK(refusal.refusal().reason() == "TooManyRequests");
  f.requests.kept[0](v1::ServerMessage());
  CHECK(page.Receive().request_id() == 1);
  page.Send(message);
  page.Send(Ping(1'000));
  CHECK(page.Receive().has_done());
}

TEST_CASE("SocketDoor: clients are bounded") {
  Fixture f(2);
  Page first(f);
  Page second(f);
  CHECK(first.status == 101);
  CHECK(second.status == 101);
  CHECK(Page(f).status == 503);
}

TEST_CASE("SocketDoor: a user has so many sockets, one more is closed, another user's is not") {
  Fixture f(SocketDoor::kSocketsPerUserMax + 2);
  std::vector<std::unique_ptr<Page>> pages;
  for (int i = 0; i < SocketDoor::kSocketsPerUserMax; ++i) {
    pages.push_back(std::make_unique<Page>(f, "ann", "?subscribe=none"));
    REQUIRE(pages.back()->Receive().has_welcome());
  }
  CHECK(Page(f, "ann", "?subscribe=none").CloseCode() == 1008);
  CHECK(Page(f, "bob", "?subscribe=none").Receive().has_welcome());
}

}  // namespace
}  // namespace evx::gateway
