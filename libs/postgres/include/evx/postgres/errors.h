#pragma once

#include <string_view>

#include "absl/status/status.h"

// How failures of PostgreSQL become canonical codes. The message carries PostgreSQL's own text and
// its five-character SQLSTATE, never a statement's parameters or the connection string.
//
//   class             SQLSTATE                     code                 what to do
//   connection lost   08*, 57P01..57P04, 53300     UNAVAILABLE          connect again, repeat
//   serialization     40001, 40P01, 55P03          ABORTED              repeat the transaction
//   slow              57014, no answer in time     DEADLINE_EXCEEDED    repeat, or allow more time
//   out of resources  53*, 54*                     RESOURCE_EXHAUSTED   repeat later
//   permanent         23505                        ALREADY_EXISTS       the row is there
//                     other 23*                    FAILED_PRECONDITION  a constraint refuses it
//                     22*                          INVALID_ARGUMENT     a value is out of range
//                     28*, 42501                   PERMISSION_DENIED    fix the credentials
//                     3D000                        NOT_FOUND            create the database
//                     anything else                INTERNAL             a bug

namespace evx::postgres {

absl::Status StatusOfSqlState(std::string_view sql_state, std::string_view message);

// True for every class but the permanent one: the same work can succeed when it is done again. Only
// a transaction as a whole may be repeated, and only if its COMMIT was not sent or it can tell
// that it was done.
bool IsRetryable(const absl::Status& status);

}  // namespace evx::postgres
