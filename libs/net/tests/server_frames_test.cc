#include "server_frames.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/testing/seed.h"
#include "evx/net/stream_server.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "evx/net/websocket_client.h"

namespace evx::net {
namespace {

using testing::RawWebSocketClient;
using Opcode = RawWebSocketClient::Opcode;

constexpr std::size_t kMessageBytesMax = 200'000;

std::string Frame(Opcode opcode, std::string_view payload, bool is_final = true) {
  return RawWebSocketClient::Encode(opcode, payload, {.is_final = is_final, .is_masked = false});
}

// What a server may send, and the messages that it means.
struct Stream {
  std::string bytes;
  std::vector<std::string> messages;
};

std::string APayload(std::mt19937_64& random) {
  constexpr std::size_t kSizes[] = {0, 1, 125, 126, 300, 65'535, 65'536, 150'000};
  const std::size_t size =
      random() % 8 == 0 ? kSizes[random() % std::size(kSizes)] : random() % 400;
  std::string payload(size, 'a');
  for (char& c : payload) c = static_cast<char>(' ' + random() % 90);
  if (random() % 8 == 0) payload += "\u00e9";
  return payload;
}

Stream MakeStream(std::mt19937_64& random, int message_count) {
  Stream stream;
  for (int i = 0; i < message_count; ++i) {
    const std::string payload = APayload(random);
    stream.messages.push_back(payload);
    const Opcode opcode = random() % 2 == 0 ? Opcode::kText : Opcode::kBinary;
    if (random() % 8 == 0) stream.bytes += Frame(Opcode::kPing, "still there?");
    if (random() % 4 != 0) {
      stream.bytes += Frame(opcode, payload);
      continue;
    }
    const std::size_t half = random() % (payload.size() + 1);
    stream.bytes += Frame(opcode, payload.substr(0, half), /*is_final=*/false);
    if (random() % 2 == 0) stream.bytes += Frame(Opcode::kPong, "");
    stream.bytes += Frame(Opcode::kContinuation, payload.substr(half));
  }
  return stream;
}

TEST_CASE("ServerFrames: every byte is a message's or the library's, in order, wherever it is cut",
          "[net]") {
  std::mt19937_64 random(evx::testing::TestSeed("ServerFrames"));
  constexpr int kRoundCount = 50;
  int message_count = 0;
  for (int round = 0; round < kRoundCount; ++round) {
    const std::string answer = "HTTP/1.1 101 Yes\r\nA: b\r\n\r\n";
    const std::string bytes = answer + MakeStream(random, 40).bytes;
    ServerFrames frames(kMessageBytesMax);
    std::string input, seen;
    for (std::size_t sent = 0; sent < bytes.size();) {
      const std::size_t count = std::min(bytes.size() - sent, 1 + random() % 3'000);
      input.append(bytes, sent, count);
      sent += count;
      while (!input.empty()) {
        const ServerFrames::Message message = frames.TakeMessage(input);
        std::size_t taken = message.frame_bytes;
        if (message.is_whole) {
          ++message_count;
          REQUIRE(Frame(message.is_text ? Opcode::kText : Opcode::kBinary, message.payload) ==
                  input.substr(0, taken));
        } else {
          taken = std::min<std::size_t>(frames.ForLibrary(input), 1 + random() % 1'500);
          if (taken == 0) break;
          frames.OnLibraryTook(std::string_view(input).substr(0, taken));
        }
        seen.append(input, 0, taken);
        input.erase(0, taken);
        if (seen == answer) frames.Begin();
      }
    }
    CHECK(input.empty());
    CHECK(seen == bytes);
  }
  // A quarter of what was sent; all of them together are far more, whatever the seed.
  CHECK(message_count > kRoundCount * 10);
}

TEST_CASE("ServerFrames: what is no plain message is the library's", "[net]") {
  ServerFrames frames(kMessageBytesMax);
  const std::string plain = Frame(Opcode::kText, "abc");
  CHECK_FALSE(frames.TakeMessage(plain).is_whole);  // No answer to the handshake yet.
  frames.Begin();
  CHECK(frames.TakeMessage(plain).payload == "abc");
  const std::string other = GENERATE(
      RawWebSocketClient::Encode(Opcode::kText, "abc", {}),  // Masked.
      RawWebSocketClient::Encode(Opcode::kText, "abc", {.is_masked = false, .reserved_bits = 4}),
      Frame(Opcode::kText, "\xff"), Frame(Opcode::kClose, ""), Frame(Opcode::kContinuation, "abc"),
      Frame(Opcode::kText, "abc", false), Frame(Opcode::kText, std::string(kMessageBytesMax, 'a')));
  CHECK_FALSE(frames.TakeMessage(other + plain).is_whole);
  CHECK(frames.ForLibrary(other + plain) == other.size());
}

// Answers the handshake of one connection and sends the bytes behind it, in pieces.
class RawServer final : public StreamServer::Handler {
 public:
  RawServer(std::string bytes, std::uint64_t seed) : bytes_(std::move(bytes)), random_(seed) {
    auto server = StreamServer::Start({.listeners = {{}}, .tick = absl::Milliseconds(1)}, *this);
    EVX_CHECK(server.ok());
    server_ = *std::move(server);
  }
  ~RawServer() override { server_->Stop(); }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(server_->port(0)) + "/"; }

  void OnStart(StreamServer& server) override { loop_ = &server; }
  void OnOpen(StreamServer::ConnectionId connection, std::size_t, std::string_view) override {
    connection_ = connection;
  }
  std::size_t OnBytes(StreamServer::ConnectionId, std::string_view bytes) override {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (is_answered_ || end == std::string_view::npos) return is_answered_ ? bytes.size() : 0;
    constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
    const std::size_t key = bytes.find(kKey) + kKey.size();
    is_answered_ = true;
    bytes_ =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        Accept(std::string(bytes.substr(key, bytes.find('\r', key) - key))) + "\r\n\r\n" + bytes_;
    SendSome();
    return bytes.size();
  }
  void OnClosed(StreamServer::ConnectionId) override {}
  void OnWake() override {}
  void OnTick() override {
    if (is_answered_) SendSome();
  }
  void OnTurnEnd() override {}

 private:
  static std::string Accept(std::string key) {
    key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
    unsigned char text[64];
    const int size = EVP_EncodeBlock(text, digest, sizeof digest);
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
  }
  void SendSome() {
    const std::size_t count = std::min<std::size_t>(bytes_.size(), random_() % 20'000);
    loop_->Send(connection_, std::string_view(bytes_).substr(0, count));
    bytes_.erase(0, count);
  }

  std::string bytes_;
  std::mt19937_64 random_;
  StreamServer* loop_ = nullptr;
  StreamServer::ConnectionId connection_ = 0;
  bool is_answered_ = false;
  std::unique_ptr<StreamServer> server_;
};

// What a client of the server is told until its end.
struct Told {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> messages;
  std::optional<WebSocketEnd> end;
};

class TellingSession final : public WebSocketClientSession {
 public:
  explicit TellingSession(Told& told) : told_(told) {}
  void OnOpen(WebSocket&) override {}
  void OnMessage(std::string_view message, bool) override {
    const std::lock_guard lock(told_.mutex);
    told_.messages.emplace_back(message);
  }
  void OnClose(const WebSocketEnd& end) override {
    const std::lock_guard lock(told_.mutex);
    told_.end = end;
    told_.changed.notify_all();
  }

 private:
  Told& told_;
};

void Follow(const RawServer& server, Told& told) {
  auto client = WebSocketClient::Start({.message_bytes_max = kMessageBytesMax});
  REQUIRE(client.ok());
  REQUIRE((*client)->Connect({server.url(), {}}, std::make_unique<TellingSession>(told)).ok());
  std::unique_lock lock(told.mutex);
  REQUIRE(
      told.changed.wait_for(lock, std::chrono::seconds(20), [&] { return told.end.has_value(); }));
}

TEST_CASE("WebSocketClient: messages of any frames, cut anywhere, come whole and in order",
          "[net]") {
  const std::uint32_t seed = evx::testing::TestSeed("WebSocketClient");
  std::mt19937_64 random(seed);
  const Stream stream = MakeStream(random, 200);
  const RawServer server(stream.bytes + Frame(Opcode::kClose,
                                              "\x03\xe8"
                                              "bye"),
                         seed);
  Told told;
  Follow(server, told);
  CHECK(told.end->status.ok());
  CHECK(told.end->close_code == 1000);
  CHECK(told.messages == stream.messages);
}

TEST_CASE("WebSocketClient: a server that breaks the protocol ends the connection", "[net]") {
  const auto [bad, code] = GENERATE(table<std::string, absl::StatusCode>(
      {{RawWebSocketClient::Encode(Opcode::kText, "masked", {}),
        absl::StatusCode::kInvalidArgument},
       {Frame(Opcode::kText, "\xff no UTF-8"), absl::StatusCode::kInvalidArgument},
       {Frame(Opcode::kContinuation, "of nothing"), absl::StatusCode::kInvalidArgument},
       {Frame(Opcode::kText, "begun", false) + Frame(Opcode::kText, "and another"),
        absl::StatusCode::kInvalidArgument},
       {std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10),
        absl::StatusCode::kResourceExhausted},
       {Frame(Opcode::kBinary, std::string(kMessageBytesMax + 1, 'x')),
        absl::StatusCode::kResourceExhausted}}));
  const RawServer server(Frame(Opcode::kText, "good") + bad + Frame(Opcode::kText, "late"), 1);
  Told told;
  Follow(server, told);
  CHECK(told.end->status.code() == code);
  CHECK(told.messages == std::vector<std::string>{"good"});
}

}  // namespace
}  // namespace evx::net
