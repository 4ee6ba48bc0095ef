#include "evx/postgres/migrations.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "evx/postgres/testing/postgres_server.h"

namespace evx::postgres {
namespace {

using testing::SharedPostgres;

const std::vector<Migration> kTwo = {
    {1, "001_first", "CREATE TABLE app.t (a BIGINT); INSERT INTO app.t VALUES (1);"},
    {2, "002_second", "ALTER TABLE app.t ADD COLUMN b BIGINT NOT NULL DEFAULT 5;"}};

TEST_CASE("Migrations: each is applied once, later ones on top", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  const std::vector<Migration> first = {kTwo[0]};
  CHECK(*Migrate(*connection, "app", first) == 1);
  CHECK(*Migrate(*connection, "app", first) == 0);
  CHECK(*Migrate(*connection, "app", kTwo) == 1);
  CHECK(connection->Query("SELECT b FROM app.t")->Integer(0, 0) == 5);
}

TEST_CASE("Migrations: a changed text and a newer database are refused", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  REQUIRE(Migrate(*connection, "app", kTwo).ok());
  const std::vector<Migration> first = {kTwo[0]};
  CHECK(absl::IsFailedPrecondition(Migrate(*connection, "app", first).status()));
  std::vector<Migration> changed = kTwo;
  changed[1].sql = "SELECT 1";
  CHECK(absl::IsFailedPrecondition(Migrate(*connection, "app", changed).status()));
}

TEST_CASE("Migrations: one that fails leaves no trace and can be repeated", "[postgres]") {
  const auto connection = *Connection::Connect({.url = SharedPostgres().CreateDatabase()});
  std::vector<Migration> broken = kTwo;
  broken[1].sql = "CREATE TABLE app.u (a BIGINT); SELECT * FROM nowhere;";
  CHECK(absl::IsInternal(Migrate(*connection, "app", broken).status()));
  CHECK(connection->Query("SELECT to_regclass('app.u')")->IsNull(0, 0));
  CHECK(*Migrate(*connection, "app", kTwo) == 1);
}

TEST_CASE("Migrations: programs that start together apply them once", "[postgres]") {
  const std::string url = SharedPostgres().CreateDatabase();
  std::vector<std::thread> programs;
  std::vector<absl::StatusOr<int>> applied(4);
  for (auto& result : applied) {
    programs.emplace_back([&url, &result] {
      const auto connection = *Connection::Connect({.url = url});
      result = Migrate(*connection, "app", kTwo);
    });
  }
  for (std::thread& program : programs) program.join();
  int total = 0;
  for (const auto& result : applied) {
    REQUIRE(result.ok());
    total += *result;
  }
  CHECK(total == 2);
}

}  // namespace
}  // namespace evx::postgres
