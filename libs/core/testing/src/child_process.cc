#include "evx/core/testing/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evx/core/check.h"

namespace evx::testing {
namespace {

// In the child.
[[noreturn]] void Execute(const std::vector<std::string>& words, const std::string& log,
                          const char* user_name) {
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
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

pid_t SpawnProcess(const std::vector<std::string>& words, const std::string& log,
                   const char* user) {
  const pid_t pid = fork();
  EVX_CHECK(pid >= 0);
  if (pid == 0) Execute(words, log, user);
  return pid;
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
