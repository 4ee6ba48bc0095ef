#include "snapshotter.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "evx/core/hash.h"
#include "recovery.h"

namespace evx::mock_kalshi {
namespace {

constexpr int kChildNice = 10;

// In the child. Takes no lock that another thread of the parent may have held: the exchange is
// plain memory and the writer has its own buffer.
absl::Status WriteSnapshot(const venue::Exchange& exchange, const std::string& directory,
                           Timestamp now) {
  const journal::SnapshotStore store(journal::PosixFileSystem(), directory);
  journal::SnapshotInfo info;
  info.sequence = exchange.sequence_number();
  info.rules_version = kRulesVersion;
  info.created_time = now;
  auto writer = store.Begin(info);
  if (!writer.ok()) return writer.status();
  Xxh64Stream hash;
  absl::Status status;
  exchange.Save([&](std::string_view bytes) {
    hash.Update(bytes);
    if (status.ok()) status = (*writer)->Write(bytes);
  });
  if (!status.ok()) return status;
  return (*writer)->Finish(hash.Digest());
}

}  // namespace

Snapshotter::Snapshotter(std::string directory, const Clock& clock, Observer on_finished)
    : directory_(std::move(directory)),
      clock_(clock),
      on_finished_(std::move(on_finished)),
      thread_([this] { WaitForChildren(); }) {}

Snapshotter::~Snapshotter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Snapshotter::Begin(const venue::Exchange& exchange) {
  if (busy_.exchange(true)) return;
  const Timestamp now = clock_.Now();
  const pid_t child = fork();
  if (child == 0) {
    setpriority(PRIO_PROCESS, 0, kChildNice);
    _exit(WriteSnapshot(exchange, directory_, now).ok() ? 0 : 1);
  }
  const std::lock_guard lock(mutex_);
  sequence_number_ = exchange.sequence_number();
  started_ = now;
  child_ = child;  // -1: the fork failed, which the waiting thread reports.
  changed_.notify_all();
}

void Snapshotter::WaitForChildren() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return child_ != 0 || stopping_; });
    if (child_ == 0) return;
    const pid_t child = child_;
    lock.unlock();
    int wait_status = 0;
    bool ok = child > 0;
    if (ok) {
      pid_t reaped;
      do {
        reaped = waitpid(child, &wait_status, 0);
      } while (reaped < 0 && errno == EINTR);
      ok = reaped == child && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    }
    lock.lock();
    child_ = 0;
    const Finished finished{ok, sequence_number_, clock_.Now() - started_};
    lock.unlock();
    on_finished_(finished);
    busy_.store(false, std::memory_order_release);
    lock.lock();
  }
}

}  // namespace evx::mock_kalshi
