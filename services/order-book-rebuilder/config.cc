#include "config.h"

#include <utility>

#include "evx/core/status.h"
#include "replay/replay_speed.h"

namespace evx::order_book_rebuilder {

void RebuilderConfig::Declare(service::Options& options) {
  options.Add("http_host", &http_host,
              {.help = "Address of the REST API and the operations endpoints; `0.0.0.0` in a "
                       "container.",
               .required = true});
  options.Add("http_port", &http_port,
              {.help = "Port of the REST API and the operations endpoints; 0 takes a free one.",
               .min = 0,
               .max = 65'535,
               .flags = {"port"}});
  options.Add("http_threads", &http_threads,
              {.help = "Threads that answer requests.", .min = 1, .max = 64});
  options.Add("kafka_brokers", &kafka_brokers,
              {.help = "Kafka's brokers, host:port,...", .required = true});
  options.Add("group_id", &group_id,
              {.help = "Consumer group; its members share the partitions.", .required = true});
  options.Add("instance_id", &instance_id,
              {.help = "Name of this member in the group: it gets its partitions back at once when "
                       "it is started again. Empty: it waits until the one before is forgotten."});
  options.AddPath("data_dir", &data_dir,
                  {.help = "Folder of the checkpoints, of this process alone.", .required = true});
  options.Add("checkpoint_interval", &checkpoint_interval,
              {.help = "Time between two checkpoints; so much is read again after a crash.",
               .min = absl::Milliseconds(100),
               .max = absl::Hours(1)});
  options.Add("session_timeout", &session_timeout,
              {.help = "A member that Kafka has not heard of for so long loses its partitions, and "
                       "shows no book.",
               .min = absl::Seconds(6),
               .max = absl::Minutes(5)});
  options.Add("markets_max", &markets_max,
              {.help = "Markets of one partition; messages of further ones are parked.",
               .min = 1,
               .max = 1'000'000});
  options.Add(
      "forget_after", &forget_after,
      {.help = "A market with an empty book that was not heard of for so long is forgotten.",
       .min = absl::Minutes(1)});
  options.Add("history_retention", &history_retention,
              {.help = "How long the past of the books is kept.", .min = absl::Minutes(1)});
  options.Add("history_mib_max", &history_mib_max,
              {.help = "MiB of the past of one partition; the oldest goes first.",
               .min = 128,
               .max = 1'048'576});
  options.Add(
      "accept_replay", &accept_replay,
      {.help = "Take messages of a replay in evx.md.book.v1 too, as market-data-server with "
               "the same option writes them; only with a Kafka of its own."});
  replay.Declare(options);
}

void ReplayConfig::Declare(service::Options& options) {
  options.AddPath("recording_dir", &recording_dir,
                  {.help = "Recording that is played on --replay_port, which may come later than "
                           "this process; empty: none is."});
  options.Add("replay_host", &replay_host,
              {.help = "Address of the replay's WebSocket server, which asks for no key; `0.0.0.0` "
                       "in a container.",
               .required = true});
  options.Add("replay_port", &replay_port,
              {.help = "Port of the replay's WebSocket server; 0 takes a free one.",
               .min = 0,
               .max = 65'535});
  options.Add("replay_speed", &replay_speed,
              {.help = "Speed of the replay, 0.1 to 1000, or `max`: as fast as the slowest client "
                       "takes it.",
               .required = true});
  options.Add("replay_markets", &replay_markets,
              {.help = "Markets that are played; empty: every one.", .count_max = 100'000});
  options.Add("replay_from", &replay_from,
              {.help = "First receive time that is played, as 2026-08-10T22:45:00Z."});
  options.Add("replay_until", &replay_until,
              {.help = "Receive time before which the replay ends."});
  options.Add(
      "replay_gap_every", &replay_gap_every,
      {.help = "Leaves out every so many-th delta and trade of a subscription, for tests of "
               "clients; 0: none.",
       .min = 0,
       .max = 1'000'000'000});
  options.AddCheck([this] {
    EVX_RETURN_IF_ERROR(Range().status());
    return ReplaySpeed::Parse(replay_speed).status();
  });
}

absl::StatusOr<ReplayRange> ReplayConfig::Range() const {
  ReplayRange range;
  range.folder = recording_dir;
  range.market_tickers = replay_markets;
  const std::pair<const std::string*, Timestamp*> times[] = {{&replay_from, &range.from},
                                                             {&replay_until, &range.until}};
  for (const auto& [text, time] : times) {
    if (text->empty()) continue;
    EVX_ASSIGN_OR_RETURN(*time, ParseRfc3339(*text));
  }
  if (range.from >= range.until) {
    return InvalidArgument("--replay_from must be before --replay_until");
  }
  return range;
}

}  // namespace evx::order_book_rebuilder
