#include "evx/redis/testing/redis_server.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "evx/core/check.h"
#include "evx/core/testing/child_process.h"

namespace evx::redis::testing {
namespace {

constexpr const char* kBinary = "/usr/bin/redis-server";
constexpr std::chrono::seconds kStartTimeout(30);

}  // namespace

RedisServer::RedisServer() {
  std::string path = (std::filesystem::temp_directory_path() / "evx-redis-XXXXXX").string();
  EVX_CHECK(mkdtemp(path.data()) != nullptr);
  directory_ = path;
  address_.port = evx::testing::FreePort();
  address_.password = "secret";
  Start();
}

RedisServer::~RedisServer() {
  Kill();
  std::filesystem::remove_all(directory_);
}

void RedisServer::Start() {
  EVX_CHECK(pid_ == 0);
  pid_ = evx::testing::SpawnProcess(
      {kBinary, "--bind", address_.host, "--port", std::to_string(address_.port), "--dir",
       directory_, "--appendonly", "yes", "--requirepass", address_.password},
      directory_ + "/log.txt");
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  for (;;) {
    Client client({.address = address_});
    if (client.Ping().ok()) return;
    EVX_CHECK(waitpid(pid_, nullptr, WNOHANG) == 0);
    EVX_CHECK(std::chrono::steady_clock::now() < deadline);
    usleep(5'000);  // Poll interval.
  }
}

void RedisServer::Kill() {
  if (pid_ == 0) return;
  EVX_CHECK(kill(pid_, SIGKILL) == 0);
  EVX_CHECK(waitpid(pid_, nullptr, 0) == pid_);
  pid_ = 0;
}

void RedisServer::Pause() {
  EVX_CHECK(kill(pid_, SIGSTOP) == 0);
  EVX_CHECK(waitpid(pid_, nullptr, WUNTRACED) == pid_);
}

void RedisServer::Resume() { EVX_CHECK(kill(pid_, SIGCONT) == 0); }

}  // namespace evx::redis::testing
