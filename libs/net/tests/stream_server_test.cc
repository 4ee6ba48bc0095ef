#include "evx/net/stream_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace evx::net {
namespace {

// Sends every line back, and more on demand.
class LineEcho final : public StreamServer::Handler {
 public:
  void OnStart(StreamServer& server) override { server_ = &server; }
  void OnOpen(StreamServer::ConnectionId connection, std::size_t listener,
              std::string_view remote) override {
    server_->Send(connection, std::to_string(listener) + " " + std::string(remote) + "\n");
  }
  std::size_t OnBytes(StreamServer::ConnectionId connection, std::string_view bytes) override {
    const std::size_t end = bytes.rfind('\n');
    if (end == std::string_view::npos) return 0;
    const std::string_view lines = bytes.substr(0, end + 1);
    if (lines == "bye\n") server_->CloseAfterOutput(connection);
    if (lines.starts_with("flood")) server_->Send(connection, std::string(8 << 20, 'x'));
    server_->Send(connection, lines);
    return lines.size();
  }
  void OnClosed(StreamServer::ConnectionId) override { Count("closed"); }
  void OnWake() override { Count("woken"); }
  void OnTick() override { Count("tick"); }
  void OnTurnEnd() override {}

  void Count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++counts_[what];
    changed_.notify_all();
  }
  void WaitFor(const std::string& what) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return counts_[what] > 0; });
  }

 private:
  StreamServer* server_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> counts_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { ::close(fd_); }
  void Send(std::string_view text) {
    REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  // Up to the line's end; empty once the server has closed.
  std::string Line() {
    std::string line;
    char c = 0;
    while (::recv(fd_, &c, 1, 0) == 1) {
      line.push_back(c);
      if (c == '\n') break;
    }
    return line;
  }

 private:
  int fd_;
};

TEST_CASE("StreamServer: bytes go in pieces and come back whole", "[net]") {
  LineEcho echo;
  const auto server = StreamServer::Start({.listeners = {{}, {}}}, echo);
  REQUIRE(server.ok());
  Client client((*server)->port(1));
  CHECK(client.Line() == "1 127.0.0.1\n");
  client.Send("hel");
  client.Send("lo\nwor");
  CHECK(client.Line() == "hello\n");
  client.Send("ld\n");
  CHECK(client.Line() == "world\n");
  client.Send("bye\n");
  CHECK(client.Line() == "bye\n");
  CHECK(client.Line().empty());
  echo.WaitFor("closed");
  (*server)->Wake();
  echo.WaitFor("woken");
  echo.WaitFor("tick");
}

TEST_CASE("StreamServer: who does not read is closed, others go on", "[net]") {
  LineEcho echo;
  const auto server = StreamServer::Start({.listeners = {{}}, .output_bytes_max = 1 << 20}, echo);
  REQUIRE(server.ok());
  Client deaf((*server)->port(0));
  Client other((*server)->port(0));
  deaf.Send("flood\n");
  echo.WaitFor("closed");
  other.Line();
  other.Send("still here\n");
  CHECK(other.Line() == "still here\n");
}

TEST_CASE("StreamServer: more connections than allowed are closed at once", "[net]") {
  LineEcho echo;
  const auto server = StreamServer::Start({.listeners = {{}}, .connection_count_max = 1}, echo);
  REQUIRE(server.ok());
  Client first((*server)->port(0));
  CHECK(first.Line() == "0 127.0.0.1\n");
  Client second((*server)->port(0));
  CHECK(second.Line().empty());
}

TEST_CASE("StreamServer: an address that cannot be bound is named", "[net]") {
  LineEcho echo;
  const auto server = StreamServer::Start({.listeners = {{.address = "nowhere"}}}, echo);
  REQUIRE_FALSE(server.ok());
  CHECK(std::string(server.status().message()).find("nowhere") != std::string::npos);
}

}  // namespace
}  // namespace evx::net
