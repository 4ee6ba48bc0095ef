// With a real PostgreSQL.

#include "accounts/audit_log.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "accounts/users.h"
#include "evx/postgres/testing/postgres_server.h"
#include "temporary_folder.h"

namespace evx::gateway {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

struct Fixture {
  explicit Fixture(postgres::testing::PostgresServer& server = postgres::testing::SharedPostgres())
      : pool({.connect = {.url = server.CreateDatabase()},
              .retry_interval = absl::Milliseconds(10)}) {
    REQUIRE(users.Migrate().ok());
    options.prepare = [this] { return users.Migrate(); };
    options.spool_file = folder.File("data/audit.spool");
    options.retry_interval = absl::Milliseconds(10);
  }
  std::unique_ptr<AuditLog> Open() {
    auto log = AuditLog::Open(options, pool);
    REQUIRE(log.ok());
    return *std::move(log);
  }
  std::int64_t RowCount() {
    const auto count = pool.Run([](postgres::Connection& connection) {
      return connection.Query("SELECT count(*) FROM gateway.audit");
    });
    return count.ok() ? count->Integer(0, 0).value_or(-1) : -1;
  }
  std::string Spool() const {
    std::ifstream file(options.spool_file);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder;
  ManualClock clock{Timestamp::FromSeconds(1'700'000'000)};
  PasswordHasher hasher{PasswordCost{.memory_kib = 64, .passes = 1, .lanes = 1}};
  postgres::Pool pool;
  Users users{pool, hasher, clock};
  AuditLog::Options options;
};

AuditEntry AnEntry(const std::string& command_id, std::int64_t user_id = 7) {
  static std::int64_t time_ns = 1'700'000'000'000'000'000;
  return {Timestamp::FromNanos(++time_ns),
          user_id,
          "ann",
          "session",
          "192.0.2.1",
          "CreateOrder",
          command_id,
          R"({"market_ticker":"KXA"})",
          "",
          std::string("\x0a\x00\xff", 3)};
}

TEST_CASE("AuditLog: what is written is stored whole, and found by its command", "[gateway]") {
  Fixture f;
  const auto log = f.Open();
  const AuditEntry entry = AnEntry("c1");
  REQUIRE(log->Write(entry).ok());
  // Before and after it is stored.
  for (int i = 0; i < 2; ++i) {
    const auto found = log->Find(7, "c1");
    REQUIRE(found.ok());
    REQUIRE(found->has_value());
    CHECK((*found)->time == entry.time);
    CHECK((*found)->user_name == "ann");
    CHECK((*found)->session_id == "session");
    CHECK((*found)->remote_address == "192.0.2.1");
    CHECK((*found)->action == "CreateOrder");
    CHECK((*found)->detail_json == entry.detail_json);
    CHECK((*found)->refusal_reason.empty());
    CHECK((*found)->result == entry.result);
    REQUIRE(log->Flush(kPatience).ok());
  }
  CHECK(log->waiting_count() == 0);
  CHECK_FALSE(log->Find(8, "c1")->has_value());
  CHECK_FALSE(log->Find(7, "c2")->has_value());
  CHECK_FALSE(log->Find(7, "")->has_value());
  CHECK(f.Spool().empty());
}

TEST_CASE("AuditLog: of a command that is written twice the first one counts", "[gateway]") {
  Fixture f;
  const auto log = f.Open();
  AuditEntry again = AnEntry("c1");
  REQUIRE(log->Write(AnEntry("c1")).ok());
  again.refusal_reason = "Other";
  REQUIRE(log->Write(again).ok());
  REQUIRE(log->Flush(kPatience).ok());
  REQUIRE(log->Write(again).ok());
  REQUIRE(log->Write(AnEntry("c1", 8)).ok());
  // What has no command id is never a repetition.
  REQUIRE(log->Write(AnEntry("")).ok());
  REQUIRE(log->Write(AnEntry("")).ok());
  REQUIRE(log->Flush(kPatience).ok());
  CHECK(f.RowCount() == 4);
  CHECK((*log->Find(7, "c1"))->refusal_reason.empty());
}

TEST_CASE("AuditLog: the newest commands are there for the next start, newest first", "[gateway]") {
  Fixture f;
  {
    const auto log = f.Open();
    for (int i = 0; i < 5; ++i) REQUIRE(log->Write(AnEntry("c" + std::to_string(i))).ok());
    REQUIRE(log->Write(AnEntry("")).ok());
    REQUIRE(log->Flush(kPatience).ok());
  }
  const auto recent = f.Open()->RecentCommands(3);
  REQUIRE(recent.ok());
  REQUIRE(recent->size() == 3);
  CHECK((*recent)[0].command_id == "c4");
  CHECK((*recent)[2].command_id == "c2");
}

TEST_CASE("AuditLog: what was accepted while PostgreSQL was away is stored when it is back, once",
          "[gateway]") {
  postgres::testing::PostgresServer server;
  Fixture f(server);
  const auto log = f.Open();
  REQUIRE(log->Write(AnEntry("before")).ok());
  REQUIRE(log->Flush(kPatience).ok());
  server.Kill();
  constexpr int kCount = 1'200;
  for (int i = 0; i < kCount; ++i) REQUIRE(log->Write(AnEntry("c" + std::to_string(i))).ok());
  CHECK(log->waiting_count() == kCount);
  CHECK((*log->Find(7, "c17"))->action == "CreateOrder");
  CHECK(absl::IsUnavailable(log->Find(7, "before").status()));
  server.Start();
  REQUIRE(log->Flush(kPatience).ok());
  CHECK(log->status().ok());
  CHECK(f.RowCount() == kCount + 1);
}

TEST_CASE("AuditLog: when it is full it says so, and what has begun still has a place",
          "[gateway]") {
  postgres::testing::PostgresServer server;
  Fixture f(server);
  f.options.waiting_max = 10;
  const auto log = f.Open();
  server.Kill();
  for (int i = 0; i < 10; ++i) {
    REQUIRE(log->CanWrite().ok());
    REQUIRE(log->Write(AnEntry("c" + std::to_string(i))).ok());
  }
  const absl::Status full = log->CanWrite();
  CHECK(absl::IsResourceExhausted(full));
  CHECK(log->status() == full);
  CHECK(std::string(full.message()) == "the audit log is full: 10 entries wait for PostgreSQL");
  for (std::size_t i = 0; i < AuditLog::kReserve; ++i) REQUIRE(log->Write(AnEntry("")).ok());
  CHECK(absl::IsResourceExhausted(log->Write(AnEntry(""))));
  server.Start();
  REQUIRE(log->Flush(kPatience).ok());
  CHECK(log->CanWrite().ok());
  CHECK(f.RowCount() == 10 + static_cast<std::int64_t>(AuditLog::kReserve));
}

TEST_CASE("AuditLog: what waited when the process went is stored by the next one, once",
          "[gateway]") {
  postgres::testing::PostgresServer server;
  Fixture f(server);
  std::string spool;
  {
    const auto log = f.Open();
    server.Kill();
    for (int i = 0; i < 20; ++i) REQUIRE(log->Write(AnEntry("c" + std::to_string(i))).ok());
    spool = f.Spool();
  }
  CHECK(f.Spool() == spool);
  server.Start();
  {
    const auto log = f.Open();
    REQUIRE(log->Flush(kPatience).ok());
    CHECK(f.RowCount() == 20);
    CHECK((*log->Find(7, "c3"))->result == std::string("\x0a\x00\xff", 3));
  }
  // A kill between the commit and the emptying of the file, which also cut the last line.
  std::ofstream(f.options.spool_file) << spool << spool.substr(0, spool.find('\n') / 2);
  REQUIRE(f.Open()->Flush(kPatience).ok());
  CHECK(f.RowCount() == 20);
}

TEST_CASE("AuditLog: a table that cannot be made yet holds the entries, and loses none",
          "[gateway]") {
  Fixture f;
  std::atomic<bool> can_prepare = false;
  f.options.prepare = [&] {
    return can_prepare ? absl::OkStatus() : absl::InternalError("no right to do so");
  };
  const auto log = f.Open();
  REQUIRE(log->Write(AnEntry("c1")).ok());
  while (log->status().ok()) continue;
  CHECK(log->waiting_count() == 1);
  can_prepare = true;
  REQUIRE(log->Flush(kPatience).ok());
  CHECK(f.RowCount() == 1);
}

TEST_CASE("AuditLog: hostile text is stored as far as it is text, and holds up nobody",
          "[gateway]") {
  Fixture f;
  const auto log = f.Open();
  const std::string hostile("a\0b\xff'; DROP TABLE gateway.audit; --", 36);
  AuditEntry entry = AnEntry(hostile);
  entry.detail_json = hostile;
  entry.remote_address = hostile;
  REQUIRE(log->Write(entry).ok());
  REQUIRE(log->Write(AnEntry("next")).ok());
  CHECK((*log->Find(7, hostile)).has_value());
  REQUIRE(log->Flush(kPatience).ok());
  CHECK(f.RowCount() == 2);
  CHECK((*log->Find(7, hostile)).has_value());
  entry.detail_json.assign(AuditLog::kDetailBytesMax + 1, 'x');
  CHECK(absl::IsInvalidArgument(log->Write(entry)));
}

}  // namespace
}  // namespace evx::gateway
