// order-book-rebuilder: the book of every market, rebuilt from Kafka. Wiring only.

#include <memory>
#include <utility>

#include "config.h"
#include "evx/core/status.h"
#include "evx/journal/file_system.h"
#include "evx/service/process.h"
#include "evx/telemetry/log.h"
#include "feed/rebuilder.h"
#include "live/live_door.h"
#include "probe.h"
#include "replay/replay_counters.h"
#include "replay/replay_door.h"
#include "rest/rest_api.h"
#include "rest/rest_door.h"
#include "rpc/book_service.h"
#include "rpc/replay_service.h"
#include "store/rebuilt_books.h"

namespace evx::order_book_rebuilder {
namespace {

// How often a starting process looks whether it has read up.
constexpr absl::Duration kReadyPoll = absl::Milliseconds(20);

absl::Status Run(const RebuilderConfig& config, service::Process& process) {
  journal::FileSystem& files = journal::PosixFileSystem();
  EVX_ASSIGN_OR_RETURN(const auto lock, journal::LockDirectory(files, config.data_dir));
  Probe probe(process.metrics());
  RebuiltBooks books(config.session_timeout);
  LiveDoor live(books, config.http_threads);
  books.Watch(&live.feed());
  Rebuilder::Options options;
  options.brokers = config.kafka_brokers;
  options.group_id = config.group_id;
  options.instance_id = config.instance_id;
  options.data_directory = config.data_dir;
  options.checkpoint_interval = config.checkpoint_interval;
  options.session_timeout = config.session_timeout;
  options.market_count_max = config.markets_max;
  options.forget_after = config.forget_after;
  options.history_retention = config.history_retention;
  options.history_bytes_max = config.history_mib_max << 20;
  options.accepts_replay = config.accept_replay;
  Rebuilder rebuilder(std::move(options), files, process.clock(), books, probe.events());
  ReplayCounters replay_counters;
  probe.Watch(process.metrics(), books, rebuilder, replay_counters, live.counters());
  const RestApi api(books, process.clock(), [&rebuilder] { return rebuilder.lag(); });
  EVX_ASSIGN_OR_RETURN(const auto rest, RestDoor::Start(config, api, live, process.ops()));
  std::unique_ptr<ReplayDoor> replay;
  if (!config.replay.recording_dir.empty()) {
    EVX_ASSIGN_OR_RETURN(replay, ReplayDoor::Start(config.replay, config.kafka_brokers,
                                                   process.clock(), replay_counters));
  }
  const auto replay_service = MakeReplayService(replay.get());
  const auto book_service = MakeBookService(books, process.clock(), live);
  EVX_ASSIGN_OR_RETURN(const auto grpc,
                       process.ServeGrpc({book_service.get(), replay_service.get()}));
  const auto kafka = process.health().AddCheck("kafka", service::Impact::kNone,
                                               [&rebuilder] { return rebuilder.status(); });
  const auto read_up =
      process.health().AddCheck("books", service::Impact::kReadiness, [&rebuilder] {
        return rebuilder.read_up() ? absl::OkStatus()
                                   : Unavailable("partitions are not assigned or not read up");
      });
  telemetry::Log(telemetry::kInfo, "Serving books.", {{"http_port", rest->port()}});
  rebuilder.Start();
  while (!rebuilder.read_up() && !process.WaitForStop(kReadyPoll)) {
  }
  process.SetReady();
  process.WaitForStop();
  if (replay != nullptr) replay->Stop();
  live.Stop();
  rest->Drain(process.drain_time_left());
  rebuilder.Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace evx::order_book_rebuilder

int main(int argc, char** argv) {
  using evx::order_book_rebuilder::RebuilderConfig;
  RebuilderConfig config;
  return evx::service::ServiceMain(
      argc, argv,
      {.name = "order-book-rebuilder",
       .summary = "Rebuilds the book of every market from Kafka.",
       .grpc_port = 50053},
      [&config](evx::service::Options& options) { config.Declare(options); },
      [&config](evx::service::Process& process) {
        return evx::order_book_rebuilder::Run(config, process);
      });
}
