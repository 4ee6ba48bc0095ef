#include "evx/postgres/testing/postgres_server.h"

#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/testing/child_process.h"
#include "evx/postgres/connection.h"

namespace evx::postgres::testing {
namespace {

constexpr const char* kBinaries = "/usr/lib/postgresql/15/bin/";
constexpr const char* kUser = "evx";
constexpr std::chrono::seconds kStartTimeout(60);

// The server must not be root.
pid_t Spawn(const std::vector<std::string>& words, const std::string& log) {
  return evx::testing::SpawnProcess(words, log, "postgres");
}

// State letter and parent of a process, from /proc; nothing when it is gone.
std::optional<std::pair<char, pid_t>> ProcessState(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The name, in parentheses, may hold anything.
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return std::pair(state, parent);
}

bool IsRunning(pid_t pid) {
  const auto state = ProcessState(pid);
  return state && state->first != 'Z' && state->first != 'X';
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    const auto state = ProcessState(pid);
    if (state && state->second == parent) children.push_back(pid);
  }
  return children;
}

}  // namespace

PostgresServer::PostgresServer(Options options) : options_(std::move(options)) {
  std::string path = (std::filesystem::temp_directory_path() / "evx-postgres-XXXXXX").string();
  EVX_CHECK(mkdtemp(path.data()) != nullptr);
  directory_ = path;
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    EVX_CHECK(user != nullptr);
    EVX_CHECK(chown(directory_.c_str(), user->pw_uid, user->pw_gid) == 0);
  }
  const pid_t initdb = Spawn({std::string(kBinaries) + "initdb", "-D", directory_ + "/data", "-U",
                              kUser, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"},
                             directory_ + "/log");
  int status = 0;
  EVX_CHECK(waitpid(initdb, &status, 0) == initdb);
  EVX_CHECK(status == 0);
  port_ = evx::testing::FreePort();
  Start();
}

PostgresServer::~PostgresServer() {
  Kill();
  std::filesystem::remove_all(directory_);
}

std::string PostgresServer::Url(const std::string& database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + kUser + " dbname=" + database;
}

void PostgresServer::Start() {
  EVX_CHECK(pid_ == 0);
  std::vector<std::string> words = {std::string(kBinaries) + "postgres",
                                    "-D",
                                    directory_ + "/data",
                                    "-p",
                                    std::to_string(port_),
                                    "-c",
                                    "listen_addresses=127.0.0.1",
                                    "-c",
                                    "unix_socket_directories=" + directory_,
                                    "-c",
                                    std::string("fsync=") + (options_.durable ? "on" : "off")};
  std::istringstream settings(options_.settings);
  for (std::string word; settings >> word;) words.push_back(word);
  // The sessions of a killed server need a moment to notice; until then a new one refuses to start.
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  for (;;) {
    pid_ = Spawn(words, directory_ + "/log");
    for (;;) {
      const auto connection = Connection::Connect({.url = Url("postgres")});
      if (connection.ok()) return;
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
      EVX_CHECK(std::chrono::steady_clock::now() < deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EVX_CHECK(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void PostgresServer::Stop() {
  EVX_CHECK(pid_ != 0);
  EVX_CHECK(kill(pid_, SIGINT) == 0);
  EVX_CHECK(waitpid(pid_, nullptr, 0) == pid_);
  pid_ = 0;
}

void PostgresServer::Kill() {
  if (pid_ == 0) return;
  // Children outlive their server for a moment, serve on and write to disk. So it is held first,
  // they go while it cannot start others, and it goes last.
  EVX_CHECK(kill(pid_, SIGSTOP) == 0);
  EVX_CHECK(waitpid(pid_, nullptr, WUNTRACED) == pid_);
  for (const pid_t child : ChildrenOf(pid_)) {
    kill(child, SIGKILL);
    while (IsRunning(child)) usleep(1'000);  // Poll interval.
  }
  EVX_CHECK(kill(pid_, SIGKILL) == 0);
  EVX_CHECK(waitpid(pid_, nullptr, 0) == pid_);
  pid_ = 0;
}

std::string PostgresServer::CreateDatabase() {
  const auto connection = Connection::Connect({.url = Url("postgres")});
  EVX_CHECK(connection.ok());
  const std::string name = "test_" + std::to_string(++database_count_);
  EVX_CHECK((*connection)->Execute("CREATE DATABASE " + name).ok());
  return Url(name);
}

PostgresServer& SharedPostgres() {
  static PostgresServer server;
  return server;
}

}  // namespace evx::postgres::testing
