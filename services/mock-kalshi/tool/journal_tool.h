#pragma once

#include <cstdint>
#include <limits>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "evx/service/options.h"

namespace evx::mock_kalshi {

// What evx-journal does with the journal of a data directory. Reading is safe beside a running
// exchange; the tail may then look torn.
struct JournalToolConfig {
  std::string data_dir;
  std::int64_t from = 1;
  std::int64_t to = std::numeric_limits<std::int64_t>::max();
  std::string order;
  std::string postgres_url_file;
  std::string kafka_brokers;
  std::string operator_addr;
  std::string operator_credentials;

  void Declare(service::Options& options);
};

// Each record from `from` to `to`: when, by which door, key and address, its command and what came
// of it. With an order (its id as clients see it, or its number) only what concerns that order.
// NotFound when nothing does.
absl::Status PrintJournal(const JournalToolConfig& config, std::ostream& out);

// Checks every record and lists the segments. DATA_LOSS names file and offset of the first bad one.
absl::Status VerifyJournal(const JournalToolConfig& config, std::ostream& out);

// Gives up record `from` and all later ones; what is cut off is kept beside as `*.discarded`.
absl::Status TruncateJournal(const JournalToolConfig& config, std::ostream& out);

// Every record up to `to` executed again, from the first one or, when older segments are gone, from
// the newest snapshot before `to`: the state's hash. OUT_OF_RANGE when the journal ends before
// `to`.
absl::Status ReplayJournal(const JournalToolConfig& config, std::ostream& out);

// One XXH64 over number, time and events of the records from `from` to `to`: equal for two
// exchanges that lived the same life. Records that register or revoke keys are left out; keys
// differ from one exchange to the next.
absl::Status DigestJournal(const JournalToolConfig& config, std::ostream& out);

// Compares the journal with PostgreSQL, row by row, with Kafka, message by message, and with the
// state of the running exchange, by its hash: whichever the options name. FAILED_PRECONDITION names
// the first difference.
absl::Status AuditJournal(const JournalToolConfig& config, std::ostream& out);

}  // namespace evx::mock_kalshi
