#include "evx/postgres/lease.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/testing/seed.h"
#include "evx/postgres/testing/postgres_server.h"

namespace evx::postgres {
namespace {

using testing::PostgresServer;
using testing::SharedPostgres;

constexpr std::chrono::seconds kPatience(60);

// Every state of the row, as the database's clock saw it, beside it.
constexpr std::string_view kTable =
    "CREATE TABLE leases (resource TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch BIGINT NOT NULL,"
    "  expires_time TIMESTAMPTZ NOT NULL, waiting_until TIMESTAMPTZ NOT NULL);"
    "CREATE TABLE history (number BIGSERIAL, at TIMESTAMPTZ, holder TEXT, epoch BIGINT,"
    "  expires_time TIMESTAMPTZ);"
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "  INSERT INTO history (at, holder, epoch, expires_time)"
    "  VALUES (clock_timestamp(), NEW.holder, NEW.epoch, NEW.expires_time); RETURN NEW; END $$;"
    "CREATE TRIGGER note AFTER INSERT OR UPDATE OF expires_time ON leases"
    "  FOR EACH ROW EXECUTE FUNCTION note();";

std::string DatabaseWithTable(PostgresServer& server = SharedPostgres()) {
  const std::string url = server.CreateDatabase();
  REQUIRE((*Connection::Connect({.url = url}))->Execute(kTable).ok());
  return url;
}

LeaseOptions Options(const std::string& url, const std::string& holder) {
  LeaseOptions options;
  options.connect.url = url;
  options.table = "leases";
  options.resource = "publisher";
  options.holder = holder;
  // A holder that is not scheduled for so long loses it: longer than a busy machine lets one wait.
  options.length = absl::Seconds(2);
  options.renew_interval = absl::Milliseconds(100);
  options.poll_interval = absl::Milliseconds(10);
  return options;
}

std::unique_ptr<Lease> Start(const LeaseOptions& options, bool is_willing = true) {
  auto lease = Lease::Start(options);
  REQUIRE(lease.ok());
  (*lease)->SetWilling(is_willing);
  return *std::move(lease);
}

void WaitUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll interval
  }
}

// Changes of the holder in which the second began before the time of the first was over, or without
// a higher epoch.
std::int64_t OverlapCount(const std::string& url) {
  const auto connection = *Connection::Connect({.url = url});
  const auto result = connection->Query(
      "SELECT count(*) FROM (SELECT at, holder, epoch, lag(holder) OVER w AS holder_before,"
      " lag(epoch) OVER w AS epoch_before, lag(expires_time) OVER w AS expires_before"
      " FROM history WINDOW w AS (ORDER BY number)) AS steps"
      " WHERE holder <> holder_before AND (at < expires_before OR epoch <= epoch_before)");
  REQUIRE(result.ok());
  return *result->Integer(0, 0);
}

TEST_CASE("Lease: the first who is willing has it, the others wait", "[postgres]") {
  const std::string url = DatabaseWithTable();
  const auto unwilling = Start(Options(url, "unwilling"), /*is_willing=*/false);
  WaitUntil([&] { return unwilling->view().free_since != 0; });
  const auto first = Start(Options(url, "first"));
  WaitUntil([&] { return first->view().is_held(); });
  CHECK(first->view().epoch == 1);
  CHECK(!first->view().has_waiting);
  const auto second = Start(Options(url, "second"));
  WaitUntil([&] { return first->view().has_waiting; });
  CHECK(!second->view().is_ours);
  CHECK(second->view().holder == "first");
  CHECK(second->view().other_seen != 0);
  CHECK(second->view().free_since == 0);
  CHECK(unwilling->view().epoch == 0);
  const std::int64_t confirmed = first->view().confirmed;
  WaitUntil([&] { return first->view().confirmed > confirmed; });
}

TEST_CASE("Lease: who releases it hands over at once, and does not take it back", "[postgres]") {
  const std::string url = DatabaseWithTable();
  LeaseOptions long_one = Options(url, "first");
  long_one.length = absl::Minutes(10);
  const auto first = Start(long_one);
  WaitUntil([&] { return first->view().is_held(); });
  long_one.holder = "second";
  auto second = Start(long_one);
  WaitUntil([&] { return first->view().has_waiting; });
  first->Release();
  CHECK(!first->view().is_ours);
  WaitUntil([&] { return second->view().is_held(); });
  CHECK(second->view().epoch == 2);
  first->SetWilling(true);
  second.reset();  // Releases it too.
  WaitUntil([&] { return first->view().is_held(); });
  CHECK(first->view().epoch == 3);
  CHECK(OverlapCount(url) == 0);
}

TEST_CASE("Lease: a process that was stopped finds it lost when it goes on", "[postgres]") {
  const std::string url = DatabaseWithTable();
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // Tells by a letter whether it holds it, without end.
    const auto lease = Lease::Start(Options(url, "stopped"));
    EVX_CHECK(lease.ok());
    (*lease)->SetWilling(true);
    while (true) {
      const char letter = (*lease)->view().is_held() ? 'h' : '-';
      if (write(ends[1], &letter, 1) != 1) _exit(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll interval
    }
  }
  close(ends[1]);
  char letter = 0;
  const auto next = [&] {
    REQUIRE(read(ends[0], &letter, 1) == 1);
    return letter;
  };
  WaitUntil([&] { return next() == 'h'; });
  const auto second = Start(Options(url, "second"));
  WaitUntil([&] { return !second->view().holder.empty(); });
  REQUIRE(kill(child, SIGSTOP) == 0);
  WaitUntil([&] { return second->view().is_held(); });
  CHECK(second->view().epoch == 2);
  // What it wrote before it was stopped.
  const int flags = fcntl(ends[0], F_GETFL);
  fcntl(ends[0], F_SETFL, flags | O_NONBLOCK);
  while (read(ends[0], &letter, 1) == 1) continue;
  fcntl(ends[0], F_SETFL, flags);
  REQUIRE(kill(child, SIGCONT) == 0);
  // A letter that it had found and not written.
  next();
  for (int i = 0; i < 100; ++i) CHECK(next() == '-');
  CHECK(second->view().is_held());
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  close(ends[0]);
  CHECK(OverlapCount(url) == 0);
}

TEST_CASE("Lease: without PostgreSQL nobody takes it, and whoever had it has it afterwards",
          "[postgres]") {
  PostgresServer server;
  const std::string url = DatabaseWithTable(server);
  const auto first = Start(Options(url, "first"));
  WaitUntil([&] { return first->view().is_held(); });
  const auto second = Start(Options(url, "second"));
  WaitUntil([&] { return first->view().has_waiting; });
  server.Stop();
  WaitUntil([&] { return !first->view().is_held() && !first->view().database.ok(); });
  CHECK(first->view().is_ours);  // Nobody has said otherwise.
  CHECK(!second->view().is_ours);
  server.Start();
  WaitUntil([&] { return first->view().is_held() && second->view().database.ok(); });
  CHECK(first->view().epoch == 1);
  const std::int64_t confirmed = first->view().confirmed;
  WaitUntil([&] { return first->view().confirmed > confirmed; });
  CHECK(!second->view().is_ours);
  CHECK(OverlapCount(url) == 0);
}

TEST_CASE("Lease: lengths that cannot be kept are refused, a missing table is told", "[postgres]") {
  const std::string url = SharedPostgres().CreateDatabase();
  LeaseOptions options = Options(url, "first");
  options.renew_interval = options.length;
  CHECK(absl::IsInvalidArgument(Lease::Start(options).status()));
  auto lease = Start(Options(url, "first"));
  WaitUntil([&] { return absl::IsInternal(lease->view().database); });
  lease.reset();
  options = Options(url, "first");
  options.prepare = [](Connection& connection) { return connection.Execute(kTable); };
  lease = Start(options);
  WaitUntil([&] { return lease->view().is_held(); });
}

TEST_CASE("Lease: whatever becomes of the holders, there is one at a time", "[postgres]") {
  const std::string url = DatabaseWithTable();
  std::mt19937 random(evx::testing::TestSeed("Lease"));
  constexpr std::size_t kCount = 4;
  std::array<std::unique_ptr<Lease>, kCount> leases;
  int number = 0;
  const auto start = [&] {
    LeaseOptions options = Options(url, "holder " + std::to_string(++number));
    // Short: it is lost and taken many times.
    options.length = absl::Milliseconds(300);
    options.renew_interval = absl::Milliseconds(60);
    return Start(options);
  };
  const auto cut = *Connection::Connect({.url = url});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < deadline) {
    std::unique_ptr<Lease>& lease = leases[random() % kCount];
    switch (random() % 40) {
      case 0:
        lease.reset();
        break;
      case 1:
      case 2:
        if (lease == nullptr) lease = start();
        break;
      case 3:
        if (lease != nullptr) lease->SetWilling(random() % 4 != 0);
        break;
      case 4:
        if (lease != nullptr && lease->view().is_ours) lease->Release();
        break;
      case 5:  // Every session is lost.
        REQUIRE(cut->Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                             " WHERE datname = current_database() AND pid <> pg_backend_pid()")
                    .ok());
        break;
      default:
        break;
    }
    // Who holds it before and after another one was asked held it in between.
    for (const auto& one : leases) {
      if (one == nullptr) continue;
      const std::int64_t epoch = one->view().epoch;
      if (!one->view().is_held()) continue;
      int others = 0;
      for (const auto& other : leases) {
        others += other != nullptr && other != one && other->view().is_held() ? 1 : 0;
      }
      const LeaseView after = one->view();
      if (after.is_held() && after.epoch == epoch) CHECK(others == 0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // poll interval
  }
  // Left in peace, one of them gets it.
  leases[0] = start();
  WaitUntil([&] {
    return std::any_of(leases.begin(), leases.end(),
                       [](const auto& one) { return one != nullptr && one->view().is_held(); });
  });
  CHECK(OverlapCount(url) == 0);
}

}  // namespace
}  // namespace evx::postgres
