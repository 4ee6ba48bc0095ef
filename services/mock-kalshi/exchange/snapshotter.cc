#include "exchange/snapshotter.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "evx/core/hash.h"
#include "exchange/recovery.h"

namespace evx::mock_kalshi {
namespace {

constexpr int kChildNice = 10;

// In the child. Takes no lock that another thread of the parent may have held: the exchange is
// plain memory and the writer has its own buffer.
absl::Status WriteSnapshot(const venue::Exchange& exchange, const std::string& directory,
                           Timestamp now, int go_ahead, pid_t parent) {
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
    if (getppid() != parent) status.Update(absl::AbortedError("the parent has died"));
    if (!status.ok()) return;
    hash.Update(bytes);
    status = (*writer)->Write(bytes);
  });
  if (!status.ok()) return status;
  char byte = 0;
  ssize_t size;
  do {
    size = read(go_ahead, &byte, 1);
  } while (size < 0 && errno == EINTR);
  if (size != 1) return absl::AbortedError("the journal did not reach the snapshot");
  return (*writer)->Finish(hash.Digest());
}

// Ports and locks of the parent must not outlive it in the child.
void CloseInherited(int kept) {
  close_range(STDERR_FILENO + 1, static_cast<unsigned>(kept) - 1, 0);
  close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
}

}  // namespace

Snapshotter::Snapshotter(std::string directory, const Clock& clock,
                         const journal::DurableSequence& durable, Observer on_finished)
    : directory_(std::move(directory)),
      clock_(clock),
      durable_(durable),
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
  const pid_t parent = getpid();
  int ends[2] = {-1, -1};
  pid_t child = -1;
  if (pipe2(ends, O_CLOEXEC) == 0) child = fork();
  if (child == 0) {
    CloseInherited(ends[0]);
    setpriority(PRIO_PROCESS, 0, kChildNice);
    _exit(WriteSnapshot(exchange, directory_, now, ends[0], parent).ok() ? 0 : 1);
  }
  if (ends[0] >= 0) close(ends[0]);
  const std::lock_guard lock(mutex_);
  sequence_number_ = exchange.sequence_number();
  started_ = now;
  go_ahead_ = ends[1];
  child_ = child;  // -1: the fork failed, which the waiting thread reports.
  changed_.notify_all();
}

// Waits until the snapshot's last record is durable, lets the child name its file, and waits for
// it.
bool Snapshotter::LetFinish(pid_t child, int go_ahead, SequenceNumber sequence_number) const {
  if (child < 0) return false;
  const SequenceNumber before(sequence_number.value() - 1);
  while (durable_.Get() < sequence_number && !durable_.closed()) {
    durable_.WaitBeyond(before, absl::Seconds(1));
  }
  if (durable_.Get() >= sequence_number) {
    ssize_t written;
    do {
      written = write(go_ahead, "g", 1);
    } while (written < 0 && errno == EINTR);
  }
  close(go_ahead);
  int wait_status = 0;
  pid_t reaped;
  do {
    reaped = waitpid(child, &wait_status, 0);
  } while (reaped < 0 && errno == EINTR);
  return reaped == child && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

void Snapshotter::WaitForChildren() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return child_ != 0 || stopping_; });
    if (child_ == 0) return;
    const pid_t child = child_;
    const int go_ahead = go_ahead_;
    const SequenceNumber sequence_number = sequence_number_;
    const Timestamp started = started_;
    child_ = 0;
    lock.unlock();
    const bool ok = LetFinish(child, go_ahead, sequence_number);
    on_finished_({ok, sequence_number, clock_.Now() - started});
    busy_.store(false, std::memory_order_release);
    lock.lock();
  }
}

}  // namespace evx::mock_kalshi
