#include <cstdio>
#include <memory>

#include "absl/strings/str_format.h"
#include "core.h"
#include "evx/core/check.h"
#include "exchange/recovery.h"
#include "host.h"
#include "measure.h"
#include "order_flow.h"
#include "workloads.h"

namespace evx::load {
namespace {

constexpr std::uint64_t kSeed = 13;

void WriteJournal(const Settings& settings, const std::string& directory) {
  Core core({.directory = directory, .keep_everything = true});
  OrderFlow flow({}, kSeed);
  // One less than would trigger another snapshot: as much as possible lies behind the newest.
  while (core.sequence_number().value() + 1 < settings.records) {
    const venue::Command& command =
        flow.live_count() < settings.orders ? flow.NextCreate() : flow.Next();
    flow.OnResult(command, core.Apply(command));
  }
  core.WaitUntilDurable();
}

double MeasureState(const std::string& directory) {
  const std::int64_t start = NowNanos();
  venue::Exchange exchange(venue::Exchange::Options{});
  const auto report =
      mock_kalshi::RecoverExchange(journal::PosixFileSystem(), directory, exchange, {});
  if (!report.ok()) absl::FPrintF(stderr, "%s\n", report.status().ToString());
  EVX_CHECK(report.ok());
  const double seconds = static_cast<double>(NowNanos() - start) * 1e-9;
  absl::PrintF("state alone: %.2f s, snapshot of record %d and %d records behind it\n", seconds,
               report->snapshot.value_or(SequenceNumber()).value(), report->record_count);
  return seconds;
}

}  // namespace

void MeasureRecovery(const Settings& settings) {
  const TemporaryDirectory directory(settings.directory);
  WriteJournal(settings, directory.path());
  MeasureState(directory.path());
  // Ready: state, read model, journal open for writing, sequencer running.
  const std::int64_t start = NowNanos();
  const auto host = std::make_unique<Host>(directory.path());
  EVX_CHECK(host->sequencer().Execute(venue::AdvanceTime{}).status.ok());
  PrintRow("recovery", static_cast<double>(NowNanos() - start) * 1e-9, {}, "s");
}

}  // namespace evx::load
