#include "evx/postgres/migrations.h"

#include <string>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/hash.h"
#include "evx/core/status.h"

namespace evx::postgres {
namespace {

std::int64_t Checksum(std::string_view sql) { return static_cast<std::int64_t>(Xxh64(sql)); }

// Advisory locks are one name space of the database: the schema's name keeps owners apart.
std::int64_t LockKey(std::string_view schema) {
  return static_cast<std::int64_t>(Xxh64("evx migrations of " + std::string(schema)));
}

absl::Status CreateBookkeeping(Connection& connection, std::string_view schema) {
  return connection.Execute(
      absl::StrFormat("CREATE SCHEMA IF NOT EXISTS %s;"
                      "CREATE TABLE IF NOT EXISTS %s.schema_migrations ("
                      "  number INTEGER PRIMARY KEY,"
                      "  name TEXT NOT NULL,"
                      "  checksum BIGINT NOT NULL,"
                      "  applied_time TIMESTAMPTZ NOT NULL DEFAULT now())",
                      schema, schema));
}

// Number of migrations that are applied; checks that they are ours.
absl::StatusOr<std::size_t> CheckApplied(Connection& connection, std::string_view schema,
                                         std::span<const Migration> migrations) {
  EVX_ASSIGN_OR_RETURN(
      const Result applied,
      connection.Query(absl::StrFormat(
          "SELECT number, checksum FROM %s.schema_migrations ORDER BY number", schema)));
  const std::size_t count = static_cast<std::size_t>(applied.row_count());
  if (count > migrations.size()) {
    return FailedPrecondition(absl::StrFormat(
        "schema %s has %d migrations, this release knows %d: start the release that applied them, "
        "or use another database",
        schema, count, migrations.size()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const int row = static_cast<int>(i);
    if (applied.Integer(row, 0) != migrations[i].number ||
        applied.Integer(row, 1) != Checksum(migrations[i].sql)) {
      return FailedPrecondition(
          absl::StrFormat("migration %d of schema %s was applied with another text than %s has "
                          "in this release; use another database",
                          i + 1, schema, migrations[i].name));
    }
  }
  return count;
}

absl::Status Apply(Connection& connection, std::string_view schema, const Migration& migration) {
  EVX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(connection));
  EVX_RETURN_IF_ERROR(connection.Execute(migration.sql));
  EVX_RETURN_IF_ERROR(
      connection
          .Query(
              absl::StrFormat("INSERT INTO %s.schema_migrations (number, name, checksum) "
                              "VALUES ($1::integer, $2, $3::bigint)",
                              schema),
              Parameters().Add(migration.number).Add(migration.name).Add(Checksum(migration.sql)))
          .status());
  return transaction.Commit();
}

absl::StatusOr<int> MigrateLocked(Connection& connection, std::string_view schema,
                                  std::span<const Migration> migrations) {
  EVX_RETURN_IF_ERROR(CreateBookkeeping(connection, schema));
  EVX_ASSIGN_OR_RETURN(const std::size_t applied, CheckApplied(connection, schema, migrations));
  for (const Migration& migration : migrations.subspan(applied)) {
    EVX_RETURN_IF_ERROR(Apply(connection, schema, migration));
  }
  return static_cast<int>(migrations.size() - applied);
}

}  // namespace

absl::StatusOr<int> Migrate(Connection& connection, std::string_view schema,
                            std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    EVX_CHECK(migrations[i].number == static_cast<int>(i) + 1);
  }
  const Parameters key = Parameters().Add(LockKey(schema));
  EVX_RETURN_IF_ERROR(connection.Query("SELECT pg_advisory_lock($1::bigint)", key).status());
  const absl::StatusOr<int> applied = MigrateLocked(connection, schema, migrations);
  const absl::Status unlocked =
      connection.Query("SELECT pg_advisory_unlock($1::bigint)", key).status();
  if (applied.ok()) EVX_RETURN_IF_ERROR(unlocked);
  return applied;
}

}  // namespace evx::postgres
