#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "evx/service/process.h"

namespace evx::service {

using Json = nlohmann::json;
using Body = std::function<absl::Status(Process&)>;

// A service in a child process, with pipes from its stdout and stderr.
class Child {
 public:
  Child(std::vector<const char*> arguments, const Body& body,
        std::optional<std::uint16_t> ops_port = 0, std::optional<std::uint16_t> grpc_port = {}) {
    int out[2];
    int error[2];
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(error, O_CLOEXEC) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(error[1], STDERR_FILENO);
      arguments.insert(arguments.begin(), "test-service");
      const int code = ServiceMain(
          static_cast<int>(arguments.size()), arguments.data(),
          {.name = "test-service",
           .summary = "Does nothing.",
           .ops_port = ops_port,
           .grpc_port = grpc_port},
          [](Options&) {}, body);
      std::fflush(stdout);
      ::_exit(code);
    }
    ::close(out[1]);
    ::close(error[1]);
    out_ = out[0];
    error_ = error[0];
  }
  ~Child() {
    if (!waited_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(error_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void Signal(int signal) { REQUIRE(::kill(pid_, signal) == 0); }

  // One line the body printed with SayPort or Say.
  int ReadPort() {
    std::string line;
    for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) line.push_back(c);
    REQUIRE_FALSE(line.empty());
    return std::stoi(line);
  }

  // The exit code, or 1000 plus the signal that ended it.
  int Wait() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

  std::string Output() { return ReadAll(out_); }
  std::string Errors() { return ReadAll(error_); }

  // The log lines of a child that has ended.
  std::vector<Json> Log() {
    std::vector<Json> lines;
    std::istringstream text(Errors());
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
    return lines;
  }

 private:
  static std::string ReadAll(int fd) {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int error_ = -1;
  bool waited_ = false;
};

// For bodies in the child.
inline void Say(int number) {
  std::printf("%d\n", number);
  std::fflush(stdout);
}
inline void SayPort(const Process& process) { Say(process.ops_port()); }

}  // namespace evx::service
