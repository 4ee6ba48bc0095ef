#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"
#include "evx/journal/journal_reader.h"
#include "evx/journal/snapshot_store.h"
#include "evx/venue/codec.h"
#include "evx/venue/exchange.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// Commands, events and state as this release encodes and interprets them. A journal of another
// version is not re-executed: its newest snapshot must be its end.
inline constexpr std::uint32_t kRulesVersion = 1;

// How a journal is brought back to life.
struct RecoveryHooks {
  // The exchange has been loaded from a snapshot (or is empty): describe it to a read model.
  std::function<void(const venue::Exchange&)> on_base;
  // Each record behind it, after it has been re-executed and compared.
  std::function<void(const ReleasedRecord&)> on_record;
  // A snapshot was passed over; the message names the file.
  std::function<void(const absl::Status&)> on_warning;
};

struct RecoveryReport {
  std::optional<SequenceNumber> snapshot;  // Nothing: from the first record.
  std::uint64_t record_count = 0;          // Re-executed.
  journal::JournalEnd end;                 // What JournalWriter::Open needs.
  SequenceNumber last_sequence;
  Timestamp last_time;
  // What Sequencer::Start has to write first.
  std::string unwritten_events;
};

// Executes records again, in order, and compares what comes of each with what it holds. Knows that
// the events of one command may fill several records.
class Reexecution {
 public:
  explicit Reexecution(venue::Exchange& exchange) : exchange_(exchange) {}

  // DATA_LOSS, naming the record and `place`, when it cannot be read or holds other events.
  absl::Status Execute(const journal::RecordView& record, const std::string& place);

  // Events of the last command that no record holds: the writer ended in the middle of them.
  std::string_view unwritten_events() const { return unwritten_; }

 private:
  venue::Exchange& exchange_;
  venue::EventBuffer events_;
  std::string_view unwritten_;  // The end of events_.
};

// Loads the newest good snapshot, of record `not_after` at the latest, into a new exchange and
// checks its hash; nothing when there is none. `on_warning` learns of each that was passed over.
absl::StatusOr<std::optional<journal::SnapshotInfo>> LoadNewestSnapshot(
    journal::FileSystem& file_system, const std::string& directory, venue::Exchange& exchange,
    const std::function<void(const absl::Status&)>& on_warning,
    SequenceNumber not_after = SequenceNumber(UINT64_MAX));

// Brings a new exchange to the state after the journal's last record: newest good snapshot, then
// every record behind it is executed again and its events compared byte by byte. A clean start is
// the same with nothing there. DATA_LOSS names file and offset when a record is damaged or when
// re-execution gives other events; both stop the start.
absl::StatusOr<RecoveryReport> RecoverExchange(journal::FileSystem& file_system,
                                               const std::string& directory,
                                               venue::Exchange& exchange,
                                               const RecoveryHooks& hooks);

}  // namespace evx::mock_kalshi
