#include "evx/postgres/pool.h"

#include <catch2/catch.hpp>
#include <optional>

#include "evx/postgres/testing/postgres_server.h"

namespace evx::postgres {
namespace {

using testing::PostgresServer;

absl::StatusOr<std::int64_t> SelectOne(Connection& connection) {
  EVX_ASSIGN_OR_RETURN(const Result result, connection.Query("SELECT 1"));
  return result.Integer(0, 0).value_or(0);
}

TEST_CASE("Pool: sessions are reused, and no more than the bound are out at once", "[postgres]") {
  Pool::Options options;
  options.connect.url = testing::SharedPostgres().CreateDatabase();
  options.connection_count_max = 2;
  options.acquire_timeout = absl::Milliseconds(50);
  Pool pool(options);
  Connection* first_session = nullptr;
  {
    auto first = pool.Acquire();
    REQUIRE(first.ok());
    first_session = &**first;
    auto second = pool.Acquire();
    REQUIRE(second.ok());
    CHECK(absl::IsResourceExhausted(pool.Acquire().status()));
  }
  auto again = pool.Acquire();
  REQUIRE(again.ok());
  CHECK(&**again == first_session);
}

TEST_CASE("Pool: readers get over a restart of the server and are refused at once while it is gone",
          "[postgres]") {
  PostgresServer server;
  Pool::Options options;
  options.connect.url = server.CreateDatabase();
  options.retry_interval = absl::ZeroDuration();
  Pool pool(options);
  CHECK(*pool.Run(SelectOne) == 1);
  server.Kill();
  CHECK(absl::IsUnavailable(pool.Run(SelectOne).status()));
  CHECK(absl::IsUnavailable(pool.Run(SelectOne).status()));
  server.Start();
  CHECK(*pool.Run(SelectOne) == 1);
}

}  // namespace
}  // namespace evx::postgres
