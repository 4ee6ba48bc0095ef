#include "evx/net/websocket.h"

#include <sys/socket.h>
#include <zlib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "evx/net/http_server.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "server_fixture.h"

namespace evx::net {
namespace {

using testing::RawWebSocketClient;
using Opcode = RawWebSocketClient::Opcode;
using Frame = RawWebSocketClient::Frame;

// What the server's side of a test sees and does.
struct Exchange {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> messages;
  int open_count = 0;
  int close_count = 0;
  std::size_t input_bytes = 0;
  std::size_t control_count = 0;
  std::size_t controls_max = SIZE_MAX;  // One more closes the connection.
  WebSocket* socket = nullptr;          // The newest one; its I/O thread only.

  template <class Condition>
  bool Await(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), condition);
  }
};

// Answers "echo:<message>"; "close" closes, "cut" cuts off.
class EchoSession final : public WebSocketSession {
 public:
  explicit EchoSession(Exchange& exchange) : exchange_(exchange) {}

  void OnOpen(WebSocket& socket) override {
    socket_ = &socket;
    const std::lock_guard lock(exchange_.mutex);
    exchange_.socket = &socket;
    ++exchange_.open_count;
    exchange_.changed.notify_all();
  }
  void OnMessage(std::string_view message, bool is_text) override {
    {
      const std::lock_guard lock(exchange_.mutex);
      exchange_.messages.emplace_back(message);
      exchange_.changed.notify_all();
    }
    if (message == "close") {
      socket_->Close(WebSocketCloseCode::kPolicyViolation, "as asked");
    } else if (message == "cut") {
      socket_->Cut();
    } else if (is_text) {
      socket_->SendText("echo:", message);
    } else {
      socket_->SendBinary("echo:", message);
    }
  }
  void OnInput(std::size_t byte_count, std::size_t control_count) override {
    const std::lock_guard lock(exchange_.mutex);
    exchange_.input_bytes += byte_count;
    exchange_.control_count += control_count;
    if (exchange_.control_count > exchange_.controls_max) {
      socket_->Close(WebSocketCloseCode::kPolicyViolation, "too many pings");
    }
    exchange_.changed.notify_all();
  }
  void OnClose() override {
    const std::lock_guard lock(exchange_.mutex);
    ++exchange_.close_count;
    exchange_.changed.notify_all();
  }

 private:
  Exchange& exchange_;
  WebSocket* socket_ = nullptr;
};

std::unique_ptr<HttpServer> StartEcho(Exchange& exchange, WebSocketOptions websocket = {}) {
  HttpServer::Options options;
  options.websocket = std::move(websocket);
  return StartServer(std::move(options),
                     [&exchange](HttpRequest& request, HttpResponder responder) {
                       if (request.upgrade() == "websocket") {
                         responder.Accept(request, std::make_unique<EchoSession>(exchange));
                       } else {
                         Echo(request, std::move(responder));
                       }
                     });
}

// The next frame that is not a ping.
std::optional<Frame> ReceiveData(RawWebSocketClient& client) {
  std::optional<Frame> frame = client.Receive();
  while (frame && frame->opcode == Opcode::kPing) frame = client.Receive();
  return frame;
}

std::string ReceiveText(RawWebSocketClient& client) {
  const std::optional<Frame> frame = ReceiveData(client);
  return frame && frame->opcode == Opcode::kText && frame->is_final ? frame->payload : "(no text)";
}

std::uint16_t ReceiveClose(RawWebSocketClient& client) {
  const std::optional<Frame> frame = ReceiveData(client);
  return frame ? frame->close_code() : 0;
}

}  // namespace

TEST_CASE("WebSocket: the handshake is answered with the key of RFC 6455 section 1.3") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  const auto answer = client.Handshake("/feed");
  REQUIRE(answer);
  CHECK(answer->status == 101);
  CHECK(answer->Header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(answer->Header("Sec-WebSocket-Extensions").empty());
  REQUIRE(exchange.Await([&] { return exchange.open_count == 1; }));
  CHECK(server->stats().websockets_open == 1);
}

TEST_CASE("WebSocket: a handshake without a key or with another version is refused") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  const auto [headers, status] = GENERATE(table<std::string, int>(
      {{"Sec-WebSocket-Version: 13\r\n", 400},
       {"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426}}));
  testing::RawHttpClient client(server->port());
  REQUIRE(
      client.Send("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\n"
                  "Upgrade: websocket\r\n" +
                  headers + "\r\n"));
  const auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->status == status);
  CHECK(client.AwaitClose());
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
  CHECK(exchange.open_count == 0);
}

TEST_CASE("WebSocket: a handshake pipelined behind an unanswered request is refused") {
  Exchange exchange;
  Inbox inbox;
  const auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    if (request.upgrade().empty()) return inbox.Put(request, std::move(responder));
    responder.Accept(request, std::make_unique<EchoSession>(exchange));
  });
  RawWebSocketClient client(server->port());
  REQUIRE(client.http().SendGet("/slow"));
  Inbox::Item slow = inbox.Take();
  REQUIRE(client.http().Send(
      "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
  slow.responder.Send(Text("done"));
  CHECK(client.http().Receive()->body == "done");
  CHECK(client.http().Receive()->status == 400);
}

TEST_CASE("WebSocket: messages of every length form come back whole and in order") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  for (const std::size_t size : {0, 1, 120, 125, 126, 127, 65'530, 65'535, 65'536, 300'000}) {
    const std::string text(size, 'x');
    REQUIRE(client.SendText(text));
    CHECK(ReceiveText(client) == "echo:" + text);
  }
}

TEST_CASE("WebSocket: bytes that follow the handshake in the same packet are frames") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.http().Send(
      "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      RawWebSocketClient::Encode(Opcode::kText, "early", {})));
  REQUIRE(client.http().Receive()->status == 101);
  CHECK(ReceiveText(client) == "echo:early");
}

TEST_CASE("WebSocket: fragments make one message, with control frames between them answered") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  client.Send(Opcode::kText, "one ", {.is_final = false});
  client.Send(Opcode::kPing, "are you there");
  client.Send(Opcode::kContinuation, "two ", {.is_final = false});
  client.Send(Opcode::kContinuation, "three");
  const auto pong = client.Receive();
  REQUIRE(pong);
  CHECK(pong->opcode == Opcode::kPong);
  CHECK(pong->payload == "are you there");
  CHECK(ReceiveText(client) == "echo:one two three");
}

TEST_CASE("WebSocket: frames against the protocol close the connection with 1002") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  const int fault = GENERATE(range(0, 7));
  switch (fault) {
    case 0:
      client.Send(Opcode::kText, "unmasked", {.is_masked = false});
      break;
    case 1:
      client.Send(Opcode::kText, "reserved bit", {.reserved_bits = 2});
      break;
    case 2:
      client.Send(static_cast<Opcode>(3), "reserved opcode");
      break;
    case 3:
      client.Send(Opcode::kContinuation, "of nothing");
      break;
    case 4:
      client.Send(Opcode::kPing, std::string(126, 'p'));
      break;
    case 5:
      client.Send(Opcode::kPing, "fragmented", {.is_final = false});
      break;
    case 6:
      client.Send(Opcode::kText, "compressed though not negotiated", {.reserved_bits = 4});
      break;
  }
  CAPTURE(fault);
  CHECK(ReceiveClose(client) == 1002);
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
  CHECK(exchange.messages.empty());
}

TEST_CASE("WebSocket: text that is not UTF-8 closes the connection with 1007") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  client.SendText("\xc3\x28");
  CHECK(ReceiveClose(client) == 1007);
}

TEST_CASE("WebSocket: a message of message_bytes_max is taken, one more byte closes with 1009") {
  Exchange exchange;
  const auto server = StartEcho(exchange, {.message_bytes_max = 1000});
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  const bool is_fragmented = GENERATE(false, true);
  const auto send = [&](std::size_t size) {
    if (is_fragmented) {
      client.Send(Opcode::kText, std::string(500, 'x'), {.is_final = false});
      client.Send(Opcode::kContinuation, std::string(size - 500, 'x'));
    } else {
      client.SendText(std::string(size, 'x'));
    }
  };
  send(1000);
  CHECK(ReceiveText(client).size() == 1005);
  send(1001);
  CHECK(ReceiveClose(client) == 1009);
}

TEST_CASE("WebSocket: a declared length above the limit is refused before its bytes arrive") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  const std::string length = GENERATE(as<std::string>(), std::string("\0\0\0\0\x04\0\0\0", 8),
                                      std::string("\x80\0\0\0\0\0\0\0", 8), std::string(8, '\xff'));
  REQUIRE(client.http().Send("\x81\xff" + length + "\x11\x22\x33\x44"));
  CHECK(ReceiveClose(client) == 1009);
}

TEST_CASE("WebSocket: the client's close is answered with its code and ends the connection") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  client.Send(Opcode::kClose, std::string("\x03\xe8", 2) + "bye");
  CHECK(ReceiveClose(client) == 1000);
  CHECK(client.http().AwaitClose());
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
}

TEST_CASE("WebSocket: a session can close with a code, or cut") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  SECTION("close") {
    client.SendText("close");
    const auto frame = ReceiveData(client);
    REQUIRE(frame);
    CHECK(frame->close_code() == 1008);
    CHECK(frame->payload.substr(2) == "as asked");
    client.Send(Opcode::kClose, frame->payload.substr(0, 2));
    CHECK(client.http().AwaitClose());
  }
  SECTION("cut") {
    client.SendText("cut");
    CHECK(client.http().AwaitClose());
  }
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
}

TEST_CASE("WebSocket: a client that never answers a close is cut off after close_timeout") {
  Exchange exchange;
  const auto server = StartEcho(exchange, {.close_timeout = absl::Milliseconds(100)});
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  client.SendText("close");
  CHECK(ReceiveClose(client) == 1008);
  CHECK(client.http().AwaitClose());
}

TEST_CASE("WebSocket: pings carry the payload, and a silent client is cut off") {
  Exchange exchange;
  const auto server = StartEcho(exchange, {.ping_interval = absl::Milliseconds(50),
                                           .ping_payload = "heartbeat",
                                           .silence_timeout = absl::Milliseconds(1000)});
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  for (int i = 0; i < 3; ++i) {
    const auto ping = client.Receive();
    REQUIRE(ping);
    CHECK(ping->opcode == Opcode::kPing);
    CHECK(ping->payload == "heartbeat");
    client.Send(Opcode::kPong, ping->payload);
  }
  CHECK(client.http().AwaitClose());
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
}

TEST_CASE("WebSocket: what a posted task sends reaches the client") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  REQUIRE(exchange.Await([&] { return exchange.open_count == 1; }));
  server->PostToThreads([&](int index) {
    CHECK(index == HttpServer::CurrentThread());
    for (int i = 0; i < 3; ++i) exchange.socket->SendText("n", std::to_string(i));
  });
  CHECK(HttpServer::CurrentThread() == -1);
  for (int i = 0; i < 3; ++i) CHECK(ReceiveText(client) == "n" + std::to_string(i));
}

TEST_CASE("WebSocket: a message that does not fit behind what is unsent is refused whole") {
  Exchange exchange;
  const auto server = StartEcho(exchange, {.unsent_bytes_max = 64 * 1024});
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  REQUIRE(exchange.Await([&] { return exchange.open_count == 1; }));
  std::atomic<int> sent = -1;
  server->PostToThreads([&](int) {
    const std::string kilobyte(1024, 'k');
    int count = 0;
    while (exchange.socket->SendText(kilobyte)) ++count;  // Until the socket is full as well.
    sent = count;
    sent.notify_all();
  });
  sent.wait(-1);
  CHECK(sent > 60);
  for (int i = 0; i < sent; ++i) REQUIRE(ReceiveText(client).size() == 1024);
  client.Send(Opcode::kText, "after");
  CHECK(ReceiveText(client) == "echo:after");
}

TEST_CASE("WebSocket: one turn can send a reading client more than may wait for a slow one") {
  Exchange exchange;
  const auto server = StartEcho(exchange, {.unsent_bytes_max = 64 * 1024});
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  REQUIRE(exchange.Await([&] { return exchange.open_count == 1; }));
  constexpr int kCount = 200;
  const std::string kilobyte(1024, 'k');
  server->PostToThreads([&](int) {
    for (int i = 0; i < kCount; ++i) {
      REQUIRE(exchange.socket->SendText(std::to_string(i), kilobyte));
      CHECK(exchange.socket->unsent_bytes() < 32 * 1024);
    }
  });
  for (int i = 0; i < kCount; ++i) REQUIRE(ReceiveText(client) == std::to_string(i) + kilobyte);
}

TEST_CASE("WebSocket: binary messages are answered as such, compressed or not") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  const std::string bytes("\xff\x00\xc3\x28", 4);  // No UTF-8.
  for (const char* headers : {"", "Sec-WebSocket-Extensions: permessage-deflate\r\n"}) {
    RawWebSocketClient client(server->port());
    REQUIRE(client.Handshake("/", headers));
    client.Send(Opcode::kBinary, bytes);
    client.SendText("text");
    const std::optional<Frame> frame = ReceiveData(client);
    REQUIRE(frame);
    CHECK(frame->opcode == Opcode::kBinary);
    CHECK(frame->payload == "echo:" + bytes);
    CHECK(ReceiveText(client) == "echo:text");
  }
}

TEST_CASE("WebSocket: compression is used when offered, in both directions") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  const auto answer = client.Handshake("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  REQUIRE(answer);
  CHECK(answer->Header("Sec-WebSocket-Extensions").substr(0, 18) == "permessage-deflate");
  // "Hello" as compressed by RFC 7692 section 7.2.3.1.
  client.Send(Opcode::kText, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), {.reserved_bits = 4});
  CHECK(ReceiveText(client) == "echo:Hello");  // Too short to be worth compressing.
  client.SendText(std::string(10'000, 'z'));
  const auto frame = ReceiveData(client);
  REQUIRE(frame);
  CHECK(frame->is_compressed);
  CHECK(frame->payload.size() < 200);
}

// As a permessage-deflate message: raw deflate, flushed, without the flush's last four bytes.
std::string Deflate(std::string_view text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) ==
          Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
  out.resize(stream.total_out - 4);
  deflateEnd(&stream);
  return out;
}

TEST_CASE(
    "WebSocket: a compression bomb closes with 1009, bytes that do not decompress with 1007") {
  Exchange exchange;
  const auto server = StartEcho(exchange, {.message_bytes_max = 64 * 1024});
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  SECTION("bomb") {
    const std::string bomb = Deflate(std::string(16 << 20, '0'));
    REQUIRE(bomb.size() < 32 * 1024);
    client.Send(Opcode::kText, bomb, {.reserved_bits = 4});
    CHECK(ReceiveClose(client) == 1009);
  }
  SECTION("not deflate") {
    client.Send(Opcode::kText, "\xff\xff\xff\xff\xff", {.reserved_bits = 4});
    CHECK(ReceiveClose(client) == 1007);
  }
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
  CHECK(exchange.messages.empty());
}

TEST_CASE("WebSocket: a compressed message of many reads arrives whole") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  // Hard to compress, so that it is longer than any buffer on its way.
  std::string text;
  std::uint64_t state = 1;
  while (text.size() < 200'000) {
    state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    text.append(std::to_string(state));
  }
  client.Send(Opcode::kText, Deflate(text), {.reserved_bits = 4});
  REQUIRE(exchange.Await([&] { return !exchange.messages.empty(); }));
  CHECK(exchange.messages.front() == text);
}

TEST_CASE("WebSocket: a client that vanishes ends its session") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  REQUIRE(exchange.Await([&] { return exchange.open_count == 1; }));
  SECTION("by reset") { client.http().Abort(); }
  SECTION("by half-close") { client.http().FinishSending(); }
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
}

TEST_CASE("WebSocket: draining says going away and ends within the time given") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  REQUIRE(exchange.Await([&] { return exchange.open_count == 1; }));
  std::thread drain([&] { CHECK(server->Drain(absl::Seconds(10))); });
  CHECK(ReceiveClose(client) == 1001);
  client.Send(Opcode::kClose, "\x03\xe9");
  CHECK(client.http().AwaitClose());
  drain.join();
  CHECK(exchange.close_count == 1);
}

TEST_CASE("WebSocket: the session is told of every byte, also of those that are no message") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  std::string bytes = RawWebSocketClient::Encode(Opcode::kPing, "p", {});
  bytes += RawWebSocketClient::Encode(Opcode::kPong, "", {});
  bytes += RawWebSocketClient::Encode(Opcode::kText, "", {.is_final = false});
  for (int i = 0; i < 1'000; ++i) {
    bytes += RawWebSocketClient::Encode(Opcode::kContinuation, "", {.is_final = false});
  }
  REQUIRE(client.http().Send(bytes));
  REQUIRE(exchange.Await([&] { return exchange.input_bytes == bytes.size(); }));
  CHECK(exchange.messages.empty());
  // The pings were told by the next read at the latest.
  client.Send(Opcode::kContinuation, "");
  REQUIRE(exchange.Await([&] { return exchange.input_bytes > bytes.size(); }));
  CHECK(exchange.control_count == 2);
}

TEST_CASE("WebSocket: a session can close a client that sends nothing but pings") {
  Exchange exchange;
  exchange.controls_max = 1'000;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  std::string pings;
  for (int i = 0; i < 2'000; ++i) pings += RawWebSocketClient::Encode(Opcode::kPing, "", {});
  REQUIRE(client.http().Send(pings));
  std::optional<Frame> frame = client.Receive();
  while (frame && frame->opcode != Opcode::kClose) frame = client.Receive();
  REQUIRE(frame);
  CHECK(frame->close_code() == 1008);
  client.Send(Opcode::kClose, frame->payload.substr(0, 2));
  REQUIRE(exchange.Await([&] { return exchange.close_count == 1; }));
}

TEST_CASE("WebSocket: a client that floods pings and never reads costs bounded memory") {
  Exchange exchange;
  const auto server = StartEcho(exchange);
  RawWebSocketClient client(server->port());
  REQUIRE(client.Handshake("/"));
  REQUIRE(exchange.Await([&] { return exchange.open_count == 1; }));
  const timeval short_wait{.tv_sec = 0, .tv_usec = 300'000};
  ::setsockopt(client.http().fd(), SOL_SOCKET, SO_SNDTIMEO, &short_wait, sizeof short_wait);
  std::string pings;
  for (int i = 0; i < 1000; ++i) {
    pings += RawWebSocketClient::Encode(Opcode::kPing, std::string(125, 'p'), {});
  }
  int rounds = 0;
  while (rounds < 1000 && client.http().Send(pings)) ++rounds;
  CHECK(rounds < 1000);  // TCP has slowed it down.
  std::atomic<std::size_t> unsent = 0;
  std::atomic<bool> done = false;
  server->PostToThreads([&](int) {
    unsent = exchange.socket->unsent_bytes();
    done = true;
    done.notify_all();
  });
  done.wait(false);
  CHECK(unsent <= HttpServer::kOutputBytesMax + 1024);
}

}  // namespace evx::net
