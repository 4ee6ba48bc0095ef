#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/fix/session.h"
#include "evx/fix/session_store.h"
#include "fix/fix_hub.h"

namespace evx::mock_kalshi {

// Where the sessions of KalshiRT and KalshiPT outlive the process: one file for each key and kind
// under <data_dir>/fix. Beside numbers and messages a file says what the last logon asked for and
// through which record the session has seen the journal.
class FixSessionFiles {
 public:
  // Whether a data directory has any session.
  static bool Any(const std::string& data_dir);
  // Makes the directory.
  static absl::StatusOr<std::unique_ptr<FixSessionFiles>> Open(const std::string& data_dir);

  absl::StatusOr<std::unique_ptr<fix::SessionStore>> OpenStore(std::string_view key_id,
                                                               fix::SessionKind kind) const;
  // Every session of a file, as of its last logon; the newer one where a key has two. Files that
  // cannot be read are passed over with a warning in the log.
  std::vector<std::unique_ptr<FixSession>> LoadAll() const;

 private:
  explicit FixSessionFiles(std::string directory) : directory_(std::move(directory)) {}
  const std::string directory_;
};

// What the notes of a store hold.
void WriteSessionNote(FixSession& session, Timestamp logon_time);
void WriteCursorNote(FixSession& session, SequenceNumber cursor);
SequenceNumber CursorOf(const FixSession& session);

// The orders that a session's kept reports tell of, as of the last of them.
FixOrders OrdersOfReports(const FixSession& session, FixHub& hub);

}  // namespace evx::mock_kalshi
