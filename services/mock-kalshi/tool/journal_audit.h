#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"
#include "evx/postgres/connection.h"

namespace evx::mock_kalshi {

struct AuditReport {
  SequenceNumber first;  // Records compared.
  SequenceNumber last;
  std::uint64_t row_count = 0;
  SequenceNumber base;  // The database's history begins behind this record.
};

// Compares what the journal says with what PostgreSQL holds, up to the last stored record: orders,
// trades, fills, ledger, transfers, settlements, catalogue changes, balances, positions, candles,
// row by row and column by column, and the balance of the ledger. FAILED_PRECONDITION names the
// first difference. Reads in pieces; memory grows with open orders, positions and balances only.
//
// Of orders that were accepted before the oldest record of the journal nothing is compared, and
// candles only when the journal has every record.
absl::StatusOr<AuditReport> AuditPostgres(journal::FileSystem& file_system,
                                          const std::string& directory,
                                          const postgres::ConnectOptions& connect);

}  // namespace evx::mock_kalshi
