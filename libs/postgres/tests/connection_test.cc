#include "evx/postgres/connection.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "evx/postgres/testing/postgres_server.h"

namespace evx::postgres {
namespace {

using testing::PostgresServer;
using testing::SharedPostgres;

TEST_CASE("Connection: parameters are values, never SQL", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  const std::string hostile = "'; DROP TABLE x; --";
  const auto result =
      connection->Query("SELECT $1::text, $2::bigint, $3::boolean, $4::bigint, $5::bigint[]",
                        Parameters().Add(hostile).Add(-42).Add(true).AddNull().AddArray(
                            std::vector<std::int64_t>{1, 2, 3}));
  REQUIRE(result.ok());
  CHECK(result->Text(0, 0) == hostile);
  CHECK(result->Integer(0, 1) == -42);
  CHECK(result->Bool(0, 2));
  CHECK(result->IsNull(0, 3));
  CHECK_FALSE(result->Integer(0, 3).has_value());
  CHECK(result->Text(0, 4) == "{1,2,3}");
}

TEST_CASE("Connection: more SQL texts than are prepared still run", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  for (std::size_t i = 0; i < Connection::kPreparedCountMax + 10; ++i) {
    const auto result =
        connection->Query("SELECT " + std::to_string(i) + " + $1::bigint", Parameters().Add(1));
    REQUIRE(result.ok());
    CHECK(result->Integer(0, 0) == static_cast<std::int64_t>(i) + 1);
  }
}

TEST_CASE("Connection: a faulty statement names its SQLSTATE and leaves the session usable",
          "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  const absl::Status status = connection->Query("SELECT * FROM nowhere").status();
  CHECK(absl::IsInternal(status));
  CHECK(std::string(status.message()).find("42P01") != std::string::npos);
  CHECK_FALSE(connection->is_broken());
  CHECK(connection->Query("SELECT 1")->Integer(0, 0) == 1);
}

TEST_CASE("Connection: a transaction that is not committed leaves nothing", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  REQUIRE(connection->Execute("CREATE TABLE t (a BIGINT)").ok());
  {
    auto transaction = Transaction::Begin(*connection);
    REQUIRE(transaction.ok());
    REQUIRE(connection->Execute("INSERT INTO t VALUES (1)").ok());
  }
  CHECK(connection->Query("SELECT count(*) FROM t")->Integer(0, 0) == 0);
  auto transaction = Transaction::Begin(*connection);
  REQUIRE(connection->Execute("INSERT INTO t VALUES (1)").ok());
  REQUIRE(transaction->Commit().ok());
  CHECK(connection->Query("SELECT count(*) FROM t")->Integer(0, 0) == 1);
}

TEST_CASE("Connection: a statement that takes too long ends the session, not the program",
          "[postgres]") {
  const auto connection = *Connection::Connect(
      {.url = SharedPostgres().CreateDatabase(), .call_timeout = absl::Milliseconds(100)});
  CHECK(absl::IsDeadlineExceeded(connection->Query("SELECT pg_sleep(60)").status()));
  CHECK(connection->is_broken());
  CHECK(absl::IsUnavailable(connection->Execute("SELECT 1")));
}

TEST_CASE("Connection: a server that is gone, and a database that is not there, are told apart",
          "[postgres]") {
  PostgresServer server;
  const std::string url = server.CreateDatabase();
  const auto connection = *Connection::Connect({.url = url});
  CHECK(absl::IsNotFound(Connection::Connect({.url = url + "_not"}).status()));
  server.Kill();
  CHECK(absl::IsUnavailable(connection->Query("SELECT 1").status()));
  CHECK(connection->is_broken());
  const absl::Status refused = Connection::Connect({.url = url}).status();
  CHECK(absl::IsUnavailable(refused));
  server.Start();
  CHECK(Connection::Connect({.url = url}).ok());
}

}  // namespace
}  // namespace evx::postgres
