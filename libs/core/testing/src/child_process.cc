#include "evx/core/testing/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "evx/core/check.h"

namespace evx::testing {
namespace {

// In the child.
[[noreturn]] void Execute(const std::vector<std::string>& words, pid_t parent) {
  EndWithParent(parent);  // Forgotten by whoever becomes another user.
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

[[noreturn]] void ExecuteAs(const std::vector<std::string>& words, const std::string& log,
                            const char* user_name, pid_t parent) {
  if (user_name != nullptr && geteuid() == 0) {
    const passwd* user = getpwnam(user_name);
    if (user == nullptr || initgroups(user_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0) {
      _exit(126);
    }
  }
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  Execute(words, parent);
}

}  // namespace

void EndWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // It had ended before.
}

pid_t SpawnProcess(const std::vector<std::string>& words, const std::string& log,
                   const char* user) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  EVX_CHECK(pid >= 0);
  if (pid == 0) ExecuteAs(words, log, user, parent);
  return pid;
}

ReportingProcess::ReportingProcess(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  EVX_CHECK(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t parent = getpid();
  pid_ = fork();
  EVX_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    Execute(words, parent);
  }
  close(ends[1]);
  reports_ = ends[0];
}

ReportingProcess::~ReportingProcess() {
  Kill();
  close(reports_);
}

bool ReportingProcess::Read(void* report, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count = read(reports_, static_cast<char*>(report) + got, size - got);
    if (count <= 0) return false;
    got += static_cast<std::size_t>(count);
  }
  return true;
}

void ReportingProcess::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  int exit_status = 0;
  EVX_CHECK(waitpid(pid_, &exit_status, 0) == pid_);
  EVX_CHECK(WIFSIGNALED(exit_status));  // Else it had ended by itself.
  pid_ = 0;
}

std::uint16_t FreePort() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EVX_CHECK(bind(socket_fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  EVX_CHECK(getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(socket_fd);
  return ntohs(address.sin_port);
}

}  // namespace evx::testing
