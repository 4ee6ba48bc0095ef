// flow: participants of the local exchange. Wiring only.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config.h"
#include "evx/core/status.h"
#include "evx/service/process.h"
#include "evx/service/retry.h"
#include "evx/telemetry/log.h"
#include "exchange_client.h"
#include "probe.h"
#include "recorded_market.h"
#include "recorded_player.h"
#include "recording.h"
#include "synthetic_flow.h"

namespace evx::flow {
namespace {

constexpr std::size_t kAccountCountMin = 4;
constexpr absl::Duration kReplayRetry = absl::Seconds(3);

bool IsWanted(const FlowConfig& config, const std::string& market_ticker) {
  return config.markets.empty() || std::find(config.markets.begin(), config.markets.end(),
                                             market_ticker) != config.markets.end();
}

// Reads one session when its turn comes.
using Source = std::function<absl::StatusOr<Recording>()>;

absl::Status AddSessions(const std::string& directory, std::vector<Source>& sources) {
  EVX_ASSIGN_OR_RETURN(const auto paths, ListRecordings(directory));
  if (paths.empty()) return NotFound("--recordings: " + directory + " holds no recording");
  for (const std::string& path : paths) {
    sources.emplace_back([path] { return ReadRecording(path); });
  }
  return absl::OkStatus();
}

// The sessions that come with the program; with --recordings or --recording_dir those too in mode
// live, alone in mode verify.
absl::StatusOr<std::vector<Source>> Sources(const FlowConfig& config) {
  std::vector<Source> sources;
  if (config.mode == Mode::kLive || (config.recordings.empty() && config.recording_dir.empty())) {
    EVX_RETURN_IF_ERROR(AddSessions(EVX_FLOW_RECORDINGS_DIR, sources));
  }
  if (!config.recordings.empty()) EVX_RETURN_IF_ERROR(AddSessions(config.recordings, sources));
  if (config.recording_dir.empty()) return sources;
  EVX_ASSIGN_OR_RETURN(const auto tickers, ListRecordedMarkets(config.recording_dir));
  for (const std::string& ticker : tickers) {
    if (!IsWanted(config, ticker)) continue;
    sources.emplace_back(
        [folder = config.recording_dir, ticker] { return ReadRecordedMarket(folder, ticker); });
  }
  return sources;
}

// For people on stdout in mode verify, else as a line of the log.
void Report(const FlowConfig& config, const ReplaySummary& summary) {
  if (config.mode == Mode::kVerify) {
    std::printf("%s\n", ToText(summary).c_str());
    std::fflush(stdout);
    return;
  }
  telemetry::Log(summary.IsPerfect() ? telemetry::kInfo : telemetry::kWarning, "Replay finished.",
                 {{"market_ticker", summary.market_ticker},
                  {"check_count", summary.checks.check_count},
                  {"unequal_count", summary.checks.unequal_count},
                  {"lag_max", summary.lag_max},
                  {"lag_mean", summary.lag_mean},
                  {"summary", ToText(summary)}});
}

// The recordings one after the other; again from the first on in mode live, where an exchange that
// is gone is waited for.
absl::Status PlayRecordings(const FlowConfig& config, RecordedPlayer& player, Probe& probe,
                            service::Process& process, const std::atomic<bool>& stop) {
  EVX_ASSIGN_OR_RETURN(const auto sources, Sources(config));
  bool perfect = true;
  int played_count = 0;
  do {
    played_count = 0;
    for (const Source& source : sources) {
      if (stop.load()) return absl::OkStatus();
      EVX_ASSIGN_OR_RETURN(const Recording recording, source());
      if (!IsWanted(config, recording.market_ticker)) continue;
      const auto summary = player.Play(recording, stop);
      ++played_count;
      if (!summary.ok()) {
        if (stop.load()) return absl::OkStatus();
        if (config.mode == Mode::kVerify || !service::IsTransient(summary.status()))
          return summary.status();
        telemetry::Log(telemetry::kWarning, "Replay broke off, the next one follows.",
                       {{"market_ticker", recording.market_ticker}, {"status", summary.status()}});
        if (process.WaitForStop(kReplayRetry)) return absl::OkStatus();
        continue;
      }
      perfect = perfect && summary->IsPerfect();
      probe.Replayed(*summary);
      Report(config, *summary);
    }
  } while (config.mode == Mode::kLive && played_count > 0);
  if (config.mode != Mode::kVerify) return absl::OkStatus();
  if (played_count == 0)
    return NotFound("no recording matches --recordings, --recording_dir and --markets");
  std::printf("%d markets replayed, %s\n", played_count,
              perfect ? "all checks equal" : "NOT all checks equal");
  return perfect ? absl::OkStatus() : DataLoss("a replayed book differs from the recorded one");
}

absl::Status Run(const FlowConfig& config, service::Process& process) {
  EVX_ASSIGN_OR_RETURN(auto accounts, LoadSigners(config.credentials));
  EVX_ASSIGN_OR_RETURN(const auto operators, LoadSigners(config.operator_credentials));
  if (accounts.size() < kAccountCountMin) {
    return InvalidArgument("--credentials names fewer than four accounts");
  }
  EVX_ASSIGN_OR_RETURN(ExchangeStubs stubs, ConnectTo(config.exchange_addr, config.operator_addr));
  EVX_ASSIGN_OR_RETURN(const auto door, process.ServeGrpc({}));
  Probe probe(process.metrics());
  RecordedPlayer::Options options;
  options.virtual_clock = config.mode == Mode::kVerify;
  options.speed = config.speed;
  RecordedPlayer player(options, stubs, accounts, operators.front());
  std::atomic<bool> stop = false;
  process.SetReady();
  if (config.mode == Mode::kVerify) {
    std::thread stopper([&process, &stop] {
      process.WaitForStop();
      stop.store(true);
    });
    const absl::Status status = PlayRecordings(config, player, probe, process, stop);
    process.RequestStop("Replays are over.");
    stopper.join();
    return status;
  }

  absl::Status recorded_status;
  std::thread recorded([&] {
    if (!config.recorded) return;
    recorded_status = PlayRecordings(config, player, probe, process, stop);
    if (!recorded_status.ok()) process.RequestStop(MessageOf(recorded_status));
  });
  std::unique_ptr<SyntheticFlow> synthetic;
  if (config.synthetic) {
    // The first four accounts replay; the others, if there are any, are the agents'.
    std::vector<std::shared_ptr<Signer>> agents(
        accounts.begin() + (accounts.size() >= 2 * kAccountCountMin ? kAccountCountMin : 0),
        accounts.end());
    synthetic = std::make_unique<SyntheticFlow>(
        SyntheticFlow::Options{config.synthetic_markets, config.seed}, stubs, std::move(agents),
        operators.front(), probe);
  }
  process.WaitForStop();
  stop.store(true);
  synthetic.reset();
  recorded.join();
  return recorded_status;
}

}  // namespace
}  // namespace evx::flow

int main(int argc, char** argv) {
  using evx::flow::FlowConfig;
  FlowConfig config;
  return evx::service::ServiceMain(
      argc, argv,
      {.name = "flow",
       .summary = "Participants of the local exchange: recorded sessions and synthetic agents.",
       .ops_port = 8889,
       .grpc_port = 50059},
      [&config](evx::service::Options& options) { config.Declare(options); },
      [&config](evx::service::Process& process) { return evx::flow::Run(config, process); });
}
