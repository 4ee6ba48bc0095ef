#include "config.h"

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::market_data {

void MarketDataConfig::Declare(service::Options& options) {
  options.Add("http_host", &http_host, {.help = "Numeric address on which HTTP listens."});
  options.Add("http_port", &http_port,
              {.help = "Port of the admin API and the ops endpoints; 0 takes a free one.",
               .flags = {"port"}});
  options.Add("exchange_url", &exchange_url,
              {.help = "Base URL of the venue's REST API, ending in /trade-api/v2."});
  options.Add("websocket_url", &websocket_url,
              {.help = "URL of the venue's WebSocket, ending in /trade-api/ws/v2."});
  options.AddPath("credentials", &credentials,
                  {.help = "JSON file with key_id and private_key_path; the key may be read-only.",
                   .kind = service::PathKind::kExistingFile,
                   .required = true});
  options.AddPath("ca_certificate_file", &ca_certificate_file,
                  {.help = "Certificate authorities of the venue (PEM); empty takes the system's.",
                   .kind = service::PathKind::kExistingFile});
  options.Add("accept_replay", &accept_replay,
              {.help = "Follow a server that plays a recording, and mark every message as the "
                       "replay's; only for a Kafka of its own."});
  options.Add("source", &source,
              {.help = "Name of the venue in every message.", .required = true, .bytes_max = 64});
  options.Add("connections_max", &connections_max,
              {.help = "WebSockets to the venue at once.", .min = 1, .max = 200});
  options.Add("markets_per_connection", &markets_per_connection,
              {.help = "Markets of one WebSocket.", .min = 1, .max = 100'000});
  options.Add("series", &series, {.help = "Follow only markets of these series."});
  options.Add("tickers", &tickers, {.help = "Follow only these markets."});
  options.Add("refresh_interval", &refresh_interval,
              {.help = "Time between two lists of open markets; news of the venue ask for one at "
                       "once.",
               .min = absl::Seconds(1)});
  options.Add("markets_max", &markets_max,
              {.help = "Markets followed at once; more open ones are an error.",
               .min = 1,
               .max = 1'000'000});
  options.Add("kafka_brokers", &kafka_brokers,
              {.help = "Kafka, host:port with commas between.", .required = true});
  options.Add(
      "publisher_id", &publisher_id,
      {.help = "Transactional id, the same for all servers of a Kafka: the youngest publishes.",
       .required = true,
       .bytes_max = 200});
  options.Add("commit_interval", &commit_interval,
              {.help = "Transactions begin at most this often.",
               .min = absl::Milliseconds(1),
               .max = absl::Seconds(1)});
  options.Add(
      "deltas_per_snapshot", &deltas_per_snapshot,
      {.help = "Deltas of a market after which a snapshot follows.", .min = 1, .max = 10'000});
  options.Add("queue_mib", &queue_mib,
              {.help = "Memory for messages that wait for Kafka, twice; when it is full the venue "
                       "is read more slowly, and while Kafka is away books are told as gaps.",
               .min = 1,
               .max = 4'096});
  options.Add("clients_max", &clients_max,
              {.help = "WebSockets of clients at once; more are refused.", .min = 0, .max = 9'000});
  options.Add("candle_mib", &candle_mib,
              {.help = "Memory for finished candles; when it is full the oldest ones are dropped.",
               .min = 1,
               .max = 65'536});
  options.AddPath("redis_url_file", &redis_url_file,
                  {.help = "File with redis://:password@host:port of the Redis that gets tops and "
                           "tickers; empty: none.",
                   .kind = service::PathKind::kExistingFile});
  options.Add("cache_time_to_live", &cache_time_to_live,
              {.help = "How long they stay there after this server has gone.",
               .min = absl::Seconds(1),
               .max = absl::Hours(24)});
  options.AddPath("postgres_url_file", &postgres_url_file,
                  {.help = "File with the libpq connection string of the database whose lease says "
                           "which of several servers publishes; empty: this one does."});
  options.Add("lease_length", &lease_length,
              {.help = "A leader that was not heard of for so long is followed by a standby.",
               .min = absl::Milliseconds(200),
               .max = absl::Minutes(1)});
  options.Add("lease_renew_interval", &lease_renew_interval,
              {.help = "Time between two signs of life of a leader.",
               .min = absl::Milliseconds(20),
               .max = absl::Seconds(30)});
  options.AddPath("recording_dir", &recording_dir,
                  {.help = "Folder into which every received frame is recorded; empty records "
                           "nothing."});
  options.Add("recording_retention", &recording_retention,
              {.help = "Recorded hours that ended longer ago are removed.", .min = absl::Hours(1)});
  options.AddCheck([this] {
    if (!series.empty() && !tickers.empty()) {
      return InvalidArgument("--series and --tickers exclude each other");
    }
    if (2 * lease_renew_interval > lease_length) {
      return InvalidArgument(
          "--lease_renew_interval must be at most half of --lease_length, or one late answer loses "
          "the lease");
    }
    if (connections_max * markets_per_connection < markets_max) {
      return InvalidArgument(
          absl::StrFormat("--markets_max (%d) is more than --connections_max (%d) times "
                          "--markets_per_connection (%d)",
                          markets_max, connections_max, markets_per_connection));
    }
    return absl::OkStatus();
  });
}

}  // namespace evx::market_data
