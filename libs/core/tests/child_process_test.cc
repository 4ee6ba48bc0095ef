#include "evx/core/testing/child_process.h"

#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

namespace evx::testing {
namespace {

TEST_CASE("SpawnProcess: the program ends with the thread that started it", "[core]") {
  // As root it becomes the user first, which clears the signal of a dying parent.
  const char* const user = GENERATE(static_cast<const char*>(nullptr), "nobody");
  pid_t pid = 0;
  std::thread starter([&] {
    pid = SpawnProcess({"/bin/sleep", "1000"}, "/dev/null", user);
    std::string name;
    while (name != "sleep") {
      std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> name;
      std::this_thread::yield();
    }
  });
  starter.join();
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
}

}  // namespace
}  // namespace evx::testing
