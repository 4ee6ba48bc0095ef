#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/file_system.h"
#include "evx/journal/snapshot_store.h"
#include "evx/venue/exchange.h"

namespace evx::mock_kalshi {

// Takes snapshots without stalling the sequencer: Begin forks, the child owns a copy-on-write image
// of the exchange as it stood between two commands, writes it aside, renames it and exits. A thread
// of the parent waits for the child. One snapshot at a time: Begin does nothing while one is being
// written. The child runs at low priority and touches nothing but the exchange and the file.
//
// A snapshot must never be newer than the journal: the child gives the file its name only when the
// parent says that the snapshot's last record is durable. It closes every descriptor it inherited
// (ports, the directory's lock), and ends without a snapshot when the parent has died.
class Snapshotter {
 public:
  struct Finished {
    bool ok = false;
    SequenceNumber sequence_number;
    absl::Duration duration;
  };
  using Observer = std::function<void(const Finished&)>;

  // `on_finished` is called on the waiting thread.
  // `durable` is the journal's and outlives this.
  Snapshotter(std::string directory, const Clock& clock, const journal::DurableSequence& durable,
              Observer on_finished);
  // Waits for a snapshot that is being written.
  ~Snapshotter();

  // On the sequencer thread. Cost: one fork.
  void Begin(const venue::Exchange& exchange);
  bool busy() const { return busy_.load(std::memory_order_acquire); }

 private:
  void WaitForChildren();
  bool LetFinish(pid_t child, int go_ahead, SequenceNumber sequence_number) const;

  const std::string directory_;
  const Clock& clock_;
  const journal::DurableSequence& durable_;
  const Observer on_finished_;
  std::atomic<bool> busy_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  pid_t child_ = 0;
  int go_ahead_ = -1;  // The parent's end of the pipe to the child.
  SequenceNumber sequence_number_;
  Timestamp started_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace evx::mock_kalshi
