// Rows per second of the PostgreSQL follower against COPY of the same rows.
//
// A journal with the mix of commands of order_flow.h is written first. Then the follower stores it
// in a database of a private, durable PostgreSQL; measured from the end of the set-up commands. The
// reference is the server's own COPY ... FROM of the finished tables, from files, into a second
// database of the same server with the same tables and indexes: each row once, as it ended, while
// the follower writes an order that rests and is finished later twice. Both end on disk.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../core/core.h"
#include "../core/measure.h"
#include "../core/order_flow.h"
#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/retention.h"
#include "evx/postgres/connection.h"
#include "evx/postgres/testing/postgres_server.h"
#include "postgres/postgres_follower.h"
#include "postgres/postgres_writer.h"
#include "read_model/history_stack.h"

namespace evx::load {
namespace {

using mock_kalshi::PostgresFollower;

constexpr std::uint64_t kSeed = 29;
constexpr absl::Duration kPatience = absl::Minutes(20);
constexpr const char* kTables[] = {"orders",    "trades",      "fills",   "ledger_entries",
                                   "transfers", "subaccounts", "candles", "positions"};

struct Settings {
  std::uint64_t command_count = 600'000;
  std::uint64_t order_count = 100'000;  // Standing book.
};

// Returns the last record of the set-up.
SequenceNumber WriteJournal(const Settings& settings, const std::string& directory,
                            journal::DurableSequence& durable) {
  Core core({.directory = directory, .snapshot_interval = 0, .keep_everything = true});
  const SequenceNumber setup = core.sequence_number();
  OrderFlow flow({}, kSeed);
  for (std::uint64_t i = 0; i < settings.command_count; ++i) {
    const venue::Command& command =
        flow.live_count() < settings.order_count ? flow.NextCreate() : flow.Next();
    flow.OnResult(command, core.Apply(command));
  }
  core.WaitUntilDurable();
  durable.Advance(core.sequence_number());
  return setup;
}

std::int64_t CountRows(postgres::Connection& connection) {
  std::int64_t count = 0;
  for (const char* table : kTables) {
    const auto rows = connection.Query(absl::StrFormat("SELECT count(*) FROM exchange.%s", table));
    EVX_CHECK(rows.ok());
    count += rows->Integer(0, 0).value_or(0);
  }
  return count;
}

void Must(const absl::Status& status) {
  if (!status.ok()) absl::FPrintF(stderr, "%s\n", status.ToString());
  EVX_CHECK(status.ok());
}

// Rows per second of COPY of the tables in `from` into those in `to`.
double MeasureCopy(postgres::Connection& from, postgres::Connection& to,
                   const std::string& directory) {
  double seconds = 0;
  for (const char* table : kTables) {
    const std::string path = directory + "/" + table;
    Must(from.Execute(absl::StrFormat("COPY exchange.%s TO '%s' (FORMAT binary)", table, path)));
    const std::int64_t start = NowNanos();
    Must(to.Execute(absl::StrFormat("COPY exchange.%s FROM '%s' (FORMAT binary)", table, path)));
    const double table_seconds = static_cast<double>(NowNanos() - start) * 1e-9;
    absl::PrintF("COPY %-16s %.2f s\n", table, table_seconds);
    seconds += table_seconds;
    Must(to.Execute("CHECKPOINT"));
  }
  return static_cast<double>(CountRows(to)) / seconds;
}

void Measure(const Settings& settings) {
  const TemporaryDirectory journal_directory("");
  journal::DurableSequence everything;
  const SequenceNumber setup = WriteJournal(settings, journal_directory.path(), everything);
  absl::PrintF("journal: %d records\n", everything.Get().value());

  postgres::testing::PostgresServer server(
      {.durable = true,
       .settings = "-c max_wal_size=8GB -c checkpoint_timeout=1h -c shared_buffers=512MB"});
  const std::string url = server.CreateDatabase();
  const std::string copy_url = server.CreateDatabase();
  journal::DurableSequence durable(setup);
  journal::FollowerCursors cursors;
  PostgresFollower::Options options;
  options.connect = {.url = url, .call_timeout = absl::Minutes(5)};
  options.journal_directory = journal_directory.path();
  PostgresFollower follower(options, journal::PosixFileSystem(), durable, cursors, {});
  follower.Start();
  EVX_CHECK(follower.WaitForStored(setup, kPatience));

  postgres::ConnectOptions connect{.url = url, .call_timeout = absl::Minutes(10)};
  const auto connection = postgres::Connection::Connect(connect);
  Must(connection.status());
  const std::int64_t setup_rows = CountRows(**connection);
  Must((*connection)->Execute("CHECKPOINT"));
  const std::int64_t start = NowNanos();
  durable.Advance(everything.Get());
  EVX_CHECK(follower.WaitForStored(everything.Get(), kPatience));
  const double seconds = static_cast<double>(NowNanos() - start) * 1e-9;
  follower.Stop(absl::ZeroDuration());
  const std::int64_t rows = CountRows(**connection) - setup_rows;
  absl::PrintF("follower: %d rows of %d records in %.2f s\n", rows,
               everything.Get().value() - setup.value(), seconds);

  Must(mock_kalshi::PostgresWriter::Open({.url = copy_url}).status());  // The same tables.
  connect.url = copy_url;
  const auto copy_connection = postgres::Connection::Connect(connect);
  Must(copy_connection.status());
  const TemporaryDirectory copy_directory("");
  // The server writes and reads these files as its own user.
  std::filesystem::permissions(copy_directory.path(), std::filesystem::perms::all);
  const double reference = MeasureCopy(**connection, **copy_connection, copy_directory.path());
  PrintRow("postgres_writer", static_cast<double>(rows) / seconds, reference, "rows/s");
}

}  // namespace
}  // namespace evx::load

int main(int argc, char** argv) {
  evx::load::Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    constexpr std::string_view kCommands = "--commands=";
    if (argument.substr(0, kCommands.size()) != kCommands) {
      std::fprintf(stderr, "usage: %s [--commands=N]\n", argv[0]);
      return 2;
    }
    settings.command_count = std::strtoull(argv[i] + kCommands.size(), nullptr, 10);
  }
  evx::load::Measure(settings);
  return 0;
}
