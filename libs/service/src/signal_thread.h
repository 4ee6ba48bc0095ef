#pragma once

#include <functional>
#include <thread>

#include "absl/time/time.h"

namespace evx::service {

// Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts; ignores SIGPIPE.
void BlockSignals();

// Waits for the blocked signals and hands each to a function, on its own thread. It sleeps in the
// kernel; nothing runs while no signal comes.
class SignalThread {
 public:
  struct Callbacks {
    std::function<void(int signal)> on_signal;
    // Called once when a deadline set by StartDeadline passes.
    std::function<void()> on_deadline;
  };

  explicit SignalThread(Callbacks callbacks);
  // Starts the thread: callbacks may run from now on. Called once.
  void Start();
  // Ends the thread; no callback runs after it returns.
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

  // on_deadline is due after `timeout` from now. Callable from any thread, once.
  void StartDeadline(absl::Duration timeout);

 private:
  void Run();

  const Callbacks callbacks_;
  const int signal_fd_;
  const int timer_fd_;
  const int stop_fd_;
  std::thread thread_;
};

}  // namespace evx::service
