#include "signal_thread.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "evx/core/check.h"
#include "evx/service/process.h"

namespace evx::service {
namespace {

sigset_t HandledSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

int SignalFd() {
  const sigset_t signals = HandledSignals();
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

}  // namespace

void BlockSignals() {
  const sigset_t signals = HandledSignals();
  EVX_CHECK(::pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
  EVX_CHECK(::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

void RestoreSignals() {
  const sigset_t signals = HandledSignals();
  EVX_CHECK(::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr) == 0);
  EVX_CHECK(::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
}

SignalThread::SignalThread(Callbacks callbacks)
    : callbacks_(std::move(callbacks)),
      signal_fd_(SignalFd()),
      timer_fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)),
      stop_fd_(::eventfd(0, EFD_CLOEXEC)) {
  EVX_CHECK(signal_fd_ >= 0 && timer_fd_ >= 0 && stop_fd_ >= 0);
}

void SignalThread::Start() {
  thread_ = std::thread([this] { Run(); });
}

SignalThread::~SignalThread() {
  EVX_CHECK(::eventfd_write(stop_fd_, 1) == 0);
  if (thread_.joinable()) thread_.join();
  ::close(signal_fd_);
  ::close(timer_fd_);
  ::close(stop_fd_);
}

void SignalThread::StartDeadline(absl::Duration timeout) {
  itimerspec when{};
  // A timer of zero would be none.
  when.it_value = absl::ToTimespec(std::max(timeout, absl::Nanoseconds(1)));
  EVX_CHECK(::timerfd_settime(timer_fd_, 0, &when, nullptr) == 0);
}

void SignalThread::Run() {
  while (true) {
    std::array<pollfd, 3> fds = {pollfd{stop_fd_, POLLIN, 0}, pollfd{signal_fd_, POLLIN, 0},
                                 pollfd{timer_fd_, POLLIN, 0}};
    const int events = ::poll(fds.data(), fds.size(), -1);
    if (events < 0 && errno == EINTR) continue;
    EVX_CHECK(events > 0);
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) {
      signalfd_siginfo info{};
      EVX_CHECK(::read(signal_fd_, &info, sizeof(info)) == sizeof(info));
      callbacks_.on_signal(static_cast<int>(info.ssi_signo));
    }
    if (fds[2].revents != 0) {
      std::uint64_t expirations = 0;
      EVX_CHECK(::read(timer_fd_, &expirations, sizeof(expirations)) == sizeof(expirations));
      callbacks_.on_deadline();
    }
  }
}

}  // namespace evx::service
