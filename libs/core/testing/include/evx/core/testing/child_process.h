#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

// Programs that a test starts beside itself.

namespace evx::testing {

// Starts a program; its output is appended to the file `log`. As root with `user` named, it becomes
// that user first. The caller waits for it or kills it, by this pid.
pid_t SpawnProcess(const std::vector<std::string>& words, const std::string& log,
                   const char* user = nullptr);

// A port of 127.0.0.1 that nobody listens on at this moment.
std::uint16_t FreePort();

}  // namespace evx::testing
