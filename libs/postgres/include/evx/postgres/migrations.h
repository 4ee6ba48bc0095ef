#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/postgres/connection.h"

// Numbered, forward-only changes of one schema.
//
// The SQL files `sql/001_<name>.sql`, ... are built into the program (evx_embed_files in CMake), so
// an installed binary needs no files. Each is applied once, in its own transaction, and
// written down with its checksum in `<schema>.schema_migrations`. An advisory lock keeps programs
// that start together from applying the same change twice: the second waits and finds it done.

namespace evx::postgres {

struct Migration {
  int number = 0;         // 1, 2, 3, ... without gaps.
  std::string_view name;  // "001_exchange".
  std::string_view sql;
};

// Creates the schema if it is not there and applies what is missing; returns how many were.
// FAILED_PRECONDITION when the database was changed by a newer release, or when an applied
// migration had another text than it has now.
absl::StatusOr<int> Migrate(Connection& connection, std::string_view schema,
                            std::span<const Migration> migrations);

}  // namespace evx::postgres
