#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Programs that a test starts beside itself.

namespace evx::testing {

// Called by a forked child: it is killed when the thread that forked it ends, however that ends.
// `parent` is the process of that thread.
void EndWithParent(pid_t parent);

// Starts a program; its output is appended to the file `log`. As root with `user` named, it becomes
// that user first. The caller waits for it or kills it, by this pid; it ends with the caller's
// thread.
pid_t SpawnProcess(const std::vector<std::string>& words, const std::string& log,
                   const char* user = nullptr);

// A program that reports what it has done in records of a fixed size on its output, until it is
// killed at any instant: what it has reported must stand. It ends with the thread that made it.
class ReportingProcess {
 public:
  explicit ReportingProcess(std::vector<std::string> words);
  // Kill().
  ~ReportingProcess();
  ReportingProcess(const ReportingProcess&) = delete;
  ReportingProcess& operator=(const ReportingProcess&) = delete;

  // The next report; waits for it. False when there will be no other.
  bool Read(void* report, std::size_t size);
  // kill -9, and waits for its end. What it had reported can still be read.
  void Kill();

 private:
  pid_t pid_ = 0;
  int reports_ = -1;
};

// A port of 127.0.0.1 that nobody listens on at this moment.
std::uint16_t FreePort();

}  // namespace evx::testing
