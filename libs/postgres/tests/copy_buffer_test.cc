#include "evx/postgres/copy_buffer.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "evx/postgres/connection.h"
#include "evx/postgres/testing/postgres_server.h"

namespace evx::postgres {
namespace {

using testing::SharedPostgres;

TEST_CASE("CopyBuffer: every type arrives as it was given", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  REQUIRE(connection
              ->Execute("CREATE TABLE t (a BIGINT, b INTEGER, c SMALLINT, d BOOLEAN, e TEXT, "
                        "f BIGINT)")
              .ok());
  CopyBuffer rows("t", {"a", "b", "c", "d", "e", "f"});
  const std::string text = "tab\there, \"quote\", backslash \\ and \xc3\xa9\n";
  rows.Row().Int64(std::numeric_limits<std::int64_t>::min()).Int32(-7).Int16(300).Bool(true);
  rows.Text(text).Null();
  rows.Row().Int64(1).Int32(std::numeric_limits<std::int32_t>::max()).Int16(-1).Bool(false);
  rows.Text("").Int64(2);
  const auto stored = connection->Copy(rows);
  REQUIRE(stored.ok());
  CHECK(*stored == 2);

  const auto result = connection->Query("SELECT a, b, c, d, e, f FROM t ORDER BY a");
  REQUIRE(result.ok());
  REQUIRE(result->row_count() == 2);
  CHECK(result->Integer(0, 0) == std::numeric_limits<std::int64_t>::min());
  CHECK(result->Integer(0, 1) == -7);
  CHECK(result->Integer(0, 2) == 300);
  CHECK(result->Bool(0, 3));
  CHECK(result->Text(0, 4) == text);
  CHECK(result->IsNull(0, 5));
  CHECK(result->Integer(1, 1) == std::numeric_limits<std::int32_t>::max());
  CHECK_FALSE(result->Bool(1, 3));
  CHECK(result->Text(1, 4).empty());
  CHECK_FALSE(result->IsNull(1, 4));
}

TEST_CASE("CopyBuffer: a COPY that breaks a rule stores nothing and keeps the session",
          "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  REQUIRE(connection->Execute("CREATE TABLE t (a BIGINT PRIMARY KEY)").ok());
  CopyBuffer rows("t", {"a"});
  for (const std::int64_t value : {1, 2, 2}) rows.Row().Int64(value);
  CHECK(absl::IsAlreadyExists(connection->Copy(rows).status()));
  CHECK_FALSE(connection->is_broken());
  CHECK(connection->Query("SELECT count(*) FROM t")->Integer(0, 0) == 0);
  rows.Clear();
  CHECK(*connection->Copy(rows) == 0);
  rows.Row().Int64(5);
  CHECK(*connection->Copy(rows) == 1);
}

TEST_CASE("CopyBuffer: more bytes than one block arrive whole", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  REQUIRE(connection->Execute("CREATE TABLE t (a BIGINT, b TEXT)").ok());
  CopyBuffer rows("t", {"a", "b"});
  constexpr std::int64_t kRowCount = 100'000;
  for (std::int64_t i = 0; i < kRowCount; ++i) rows.Row().Int64(i).Text("some text of a row");
  CHECK(*connection->Copy(rows) == kRowCount);
  CHECK(connection->Query("SELECT sum(a) FROM t")->Integer(0, 0) ==
        kRowCount * (kRowCount - 1) / 2);
}

}  // namespace
}  // namespace evx::postgres
