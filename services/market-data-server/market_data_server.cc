#include "market_data_server.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin_api.h"
#include "admin_door.h"
#include "cache/value_cache.h"
#include "candles/candle_store.h"
#include "evx/core/status.h"
#include "evx/kalshi_client/credentials.h"
#include "evx/kalshi_client/feed_client.h"
#include "evx/kalshi_client/kalshi_client.h"
#include "evx/market_data/market_pipeline.h"
#include "evx/net/http_server.h"
#include "evx/service/retry.h"
#include "evx/telemetry/log.h"
#include "feed/feed_door.h"
#include "leadership/leadership.h"
#include "leadership/publisher_lease.h"
#include "market_directory.h"
#include "pipeline/output_queue.h"
#include "probe.h"
#include "publisher/publisher.h"
#include "recorder/coverage_door.h"
#include "recorder/recorder.h"
#include "rpc/candle_service.h"

namespace evx::market_data {
namespace {

constexpr absl::Duration kKafkaRetry = absl::Seconds(1);
// A venue that tells faster than Kafka takes is read more slowly. Where Kafka takes nothing for so
// long, something is left out instead: the recorder goes on, and the venue does not hang up.
constexpr absl::Duration kRoomPatience = absl::Seconds(2);

using kalshi_client::FeedClient;
using kalshi_client::KalshiClient;

absl::StatusOr<std::unique_ptr<KalshiClient>> MakeClient(
    const MarketDataConfig& config, const kalshi_client::Credentials& credentials,
    const Clock& clock) {
  KalshiClient::Options options;
  options.base_url = config.exchange_url;
  options.key_id = credentials.key_id;
  options.private_key_file = credentials.private_key_path;
  options.ca_certificate_file = config.ca_certificate_file;
  return KalshiClient::Create(options, clock);
}

absl::StatusOr<std::unique_ptr<FeedClient>> StartFeed(const MarketDataConfig& config,
                                                      const kalshi_client::Credentials& credentials,
                                                      const Clock& clock,
                                                      MarketPipeline& pipeline) {
  FeedClient::Options options;
  options.url = config.websocket_url;
  options.key_id = credentials.key_id;
  options.private_key_file = credentials.private_key_path;
  options.markets_per_connection = static_cast<std::size_t>(config.markets_per_connection);
  options.connections_max = static_cast<std::size_t>(config.connections_max);
  options.session.accepts_replay = config.accept_replay;
  options.socket.ca_certificate_file = config.ca_certificate_file;
  return FeedClient::Start(std::move(options), clock, pipeline);
}

LookBackVisitor CandleVisitor(CandleStore& candles) {
  return {
      .on_trade = [&](const marketdata::v1::TradeMessage& trade) { candles.OnTrade(trade); },
      .on_ticker = [&](const marketdata::v1::TickerMessage& ticker) { candles.OnTicker(ticker); }};
}

// Kafka that is not there yet is waited for; null: stopped meanwhile.
absl::StatusOr<std::unique_ptr<Publisher>> OpenPublisher(const MarketDataConfig& config,
                                                         OutputQueue& queue, Probe& probe,
                                                         CandleStore& candles,
                                                         service::Process& process) {
  const LookBackVisitor visitor = CandleVisitor(candles);
  for (bool is_first = true;; is_first = false) {
    auto publisher = Publisher::Open(
        {config.kafka_brokers, config.publisher_id, config.commit_interval}, queue, process.clock(),
        probe, [&process] { return process.stop_requested(); }, visitor);
    // Topics may be made a moment later.
    if (publisher.ok() || !(service::IsTransient(publisher.status()) ||
                            absl::IsNotFound(publisher.status()) || process.stop_requested())) {
      return publisher;
    }
    if (is_first) {
      telemetry::Log(telemetry::kWarning, "Waiting for Kafka.", {{"status", publisher.status()}});
    }
    if (process.WaitForStop(kKafkaRetry)) return nullptr;
  }
}

MarketDirectory::Actions DirectoryActions(const MarketDataConfig& config, KalshiClient& client,
                                          FeedClient& feed, MarketPipeline& pipeline,
                                          Probe& probe) {
  MarketDirectory::Actions actions;
  actions.list = [&] {
    return ListOpenMarkets(client, config.series, config.tickers,
                           static_cast<std::size_t>(config.markets_max));
  };
  actions.change = [&](const std::vector<std::string>& added,
                       const std::vector<std::string>& removed) -> absl::Status {
    feed.RemoveMarkets(removed);
    pipeline.RemoveMarkets(removed);
    // Nothing of them is dropped: the pipeline knows them first.
    pipeline.AddMarkets(added);
    return feed.AddMarkets(added);
  };
  actions.must_ask = [&] {
    if (const auto suspects = pipeline.TakeSuspects(); !suspects.empty()) {
      feed.RemoveMarkets(suspects);
      static_cast<void>(feed.AddMarkets(suspects));  // There was room for them.
    }
    probe.SetConnections(feed.stats().connections_open);
    return pipeline.TakeCatalogueChange();
  };
  actions.on_listed = [&](const absl::Status& status) {
    probe.Listed(status.ok());
    if (status.ok()) return;
    telemetry::Log(telemetry::kWarning, "The list of markets was not read.", {{"status", status}});
    pipeline.ReportError("market_list", MessageOf(status), {});
  };
  return actions;
}

// Null where nothing is to be recorded.
absl::StatusOr<std::unique_ptr<Recorder>> OpenRecorder(const MarketDataConfig& config,
                                                       const Clock& clock, Probe& probe) {
  if (config.recording_dir.empty()) return nullptr;
  return Recorder::Open({.folder = config.recording_dir, .retention = config.recording_retention},
                        clock, probe);
}

// Null without a Redis.
absl::StatusOr<std::unique_ptr<ValueCache>> StartCache(
    const MarketDataConfig& config, CommittedMarkets& markets,
    std::function<bool(std::string_view)> vouches, Probe& probe) {
  if (config.redis_url_file.empty()) return nullptr;
  ValueCache::Options options;
  EVX_ASSIGN_OR_RETURN(options.redis.address, redis::ReadUrlFile(config.redis_url_file));
  options.time_to_live = config.cache_time_to_live;
  return std::make_unique<ValueCache>(std::move(options), markets, std::move(vouches), probe);
}

// Parts that come one after the other; HTTP answers from the beginning.
struct Parts {
  std::mutex mutex;
  Publisher* publisher = nullptr;
  FeedClient* feed = nullptr;
  MarketDirectory* directory = nullptr;
  Leadership* leadership = nullptr;

  void Set(Publisher* new_publisher, FeedClient* new_feed, MarketDirectory* new_directory) {
    const std::lock_guard lock(mutex);
    publisher = new_publisher;
    feed = new_feed;
    directory = new_directory;
  }
  void SetLeadership(Leadership* new_leadership) {
    const std::lock_guard lock(mutex);
    leadership = new_leadership;
  }
};

AdminSources Sources(const MarketDataConfig& config, Parts& parts, const OutputQueue& queue,
                     const RecentErrors& errors) {
  const absl::Status starting = Unavailable("not connected yet");
  return {config.source,
          [&parts] {
            const std::lock_guard lock(parts.mutex);
            return parts.feed == nullptr ? kalshi_client::FeedStats() : parts.feed->stats();
          },
          [&parts, starting] {
            const std::lock_guard lock(parts.mutex);
            if (parts.leadership != nullptr) return parts.leadership->kafka();
            return parts.publisher == nullptr ? starting : parts.publisher->status();
          },
          [&parts, starting] {
            const std::lock_guard lock(parts.mutex);
            return parts.directory == nullptr ? starting : parts.directory->status();
          },
          [&queue] { return queue.byte_count(); },
          [&parts] {
            const std::lock_guard lock(parts.mutex);
            if (parts.directory != nullptr) parts.directory->RefreshSoon();
          },
          [&parts]() -> std::optional<LeadershipView> {
            const std::lock_guard lock(parts.mutex);
            if (parts.leadership == nullptr) return std::nullopt;
            return parts.leadership->view();
          },
          errors};
}

// Why the venue is not followed; a moment's doubt of some books is none.
absl::Status VenueStatus(const AdminSources& sources, const MarketPipeline& pipeline) {
  EVX_RETURN_IF_ERROR(sources.directory());
  if (sources.feed().connections_open == 0) return Unavailable("no WebSocket is open");
  const std::size_t market_count = pipeline.market_count();
  if (pipeline.proven_count() + market_count / 10 >= market_count) return absl::OkStatus();
  return Unavailable("the books wait for snapshots of the venue");
}

absl::StatusOr<std::unique_ptr<net::HttpServer>> ServeHttp(const MarketDataConfig& config,
                                                           const AdminApi& api, AdminDoor& admin,
                                                           FeedDoor& door, CoverageDoor& coverage) {
  net::HttpServer::Options http;
  http.address = config.http_host;
  http.port = config.http_port;
  http.websocket = FeedDoor::SessionOptions();
  EVX_ASSIGN_OR_RETURN(auto server, net::HttpServer::Start(http, [&](net::HttpRequest& request,
                                                                     net::HttpResponder responder) {
                         if (request.path() == FeedDoor::kPath) {
                           door.Accept(request, std::move(responder));
                         } else if (request.path() == AdminDoor::kPath) {
                           admin.Accept(request, std::move(responder));
                         } else if (request.path() == CoverageDoor::kPath) {
                           coverage.Handle(request, std::move(responder));
                         } else {
                           responder.Send(api.Handle(request));
                         }
                       }));
  door.Attach(*server);
  return server;
}

absl::Status Follow(const MarketDataConfig& config, const kalshi_client::Credentials& credentials,
                    KalshiClient& client, OutputQueue& queue, MarketPipeline& pipeline,
                    Probe& probe, CandleStore& candles, Publisher::OnCommitted on_committed,
                    Parts& parts, service::Process& process) {
  EVX_ASSIGN_OR_RETURN(const auto publisher, OpenPublisher(config, queue, probe, candles, process));
  if (publisher == nullptr) return absl::OkStatus();
  telemetry::Log(telemetry::kInfo, "Looked back.",
                 {{"markets", publisher->found().places.size()},
                  {"records", publisher->found().record_count},
                  {"unreadable_records", publisher->found().unreadable_count}});
  candles.SetRestored();
  pipeline.Restore(publisher->found().places);
  if (publisher->found().unreadable_count > 0) {
    pipeline.ReportError("unreadable_record",
                         std::to_string(publisher->found().unreadable_count) +
                             " records of the topics were left out at the start",
                         {});
  }
  publisher->Start([&pipeline] { pipeline.Restate(); }, std::move(on_committed));
  probe.SetLeader(true);
  probe.TookOver();
  EVX_ASSIGN_OR_RETURN(auto feed, StartFeed(config, credentials, process.clock(), pipeline));
  auto directory = std::make_unique<MarketDirectory>(
      MarketDirectory::Options{.interval = config.refresh_interval},
      DirectoryActions(config, client, *feed, pipeline, probe));
  parts.Set(publisher.get(), feed.get(), directory.get());
  process.SetReady();
  process.WaitForStop();
  parts.Set(nullptr, nullptr, nullptr);
  directory.reset();
  feed.reset();  // Tells that nobody follows the books any more.
  publisher->Stop(process.drain_time_left() / 2);
  return absl::OkStatus();
}

// The same of one of several servers.
absl::Status FollowInTurns(const MarketDataConfig& config,
                           const kalshi_client::Credentials& credentials, KalshiClient& client,
                           postgres::Lease& lease, OutputQueue& queue, MarketPipeline& pipeline,
                           Probe& probe, CandleStore& candles, Publisher::OnCommitted on_committed,
                           const AdminSources& sources, Parts& parts, service::Process& process) {
  Leadership::Options options;
  options.publisher = {config.kafka_brokers, config.publisher_id, config.commit_interval};
  options.on_committed = std::move(on_committed);
  options.visitor = CandleVisitor(candles);
  options.on_read = [&candles] { candles.SetRestored(); };
  Leadership leadership(
      options, [&sources, &pipeline] { return VenueStatus(sources, pipeline); }, lease, queue,
      pipeline, probe, process);
  const auto standby = process.health().AddCheck("standby", service::Impact::kReadiness,
                                                 [&] { return leadership.view().standby; });
  const auto leader = process.health().AddCheck("leader", service::Impact::kNone, [&] {
    const LeadershipView view = leadership.view();
    return view.is_leader ? absl::OkStatus() : Unavailable("stands by; leader: " + view.leader);
  });
  EVX_ASSIGN_OR_RETURN(auto feed, StartFeed(config, credentials, process.clock(), pipeline));
  auto directory = std::make_unique<MarketDirectory>(
      MarketDirectory::Options{.interval = config.refresh_interval},
      DirectoryActions(config, client, *feed, pipeline, probe));
  parts.Set(nullptr, feed.get(), directory.get());
  parts.SetLeadership(&leadership);
  process.SetReady();
  leadership.Run([&] {
    parts.Set(nullptr, nullptr, nullptr);
    directory.reset();
    feed.reset();
  });
  parts.SetLeadership(nullptr);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunMarketDataServer(const MarketDataConfig& config, service::Process& process) {
  EVX_ASSIGN_OR_RETURN(const auto credentials, kalshi_client::ReadCredentials(config.credentials));
  EVX_ASSIGN_OR_RETURN(const auto client, MakeClient(config, credentials, process.clock()));
  Probe probe(process.metrics());
  // Metrics may be read after everything else has gone.
  const auto queue =
      std::make_shared<OutputQueue>(static_cast<std::size_t>(config.queue_mib) << 20);
  probe.WatchQueue([queue] { return static_cast<double>(queue->byte_count()); });
  const auto candles = std::make_shared<CandleStore>(
      CandleStore::Options{.markets_max = static_cast<std::size_t>(config.markets_max),
                           .bytes_max = static_cast<std::size_t>(config.candle_mib) << 20});
  probe.WatchCandles([candles] { return static_cast<double>(candles->period_count()); });
  EVX_ASSIGN_OR_RETURN(const auto recorder, OpenRecorder(config, process.clock(), probe));
  PipelineOptions options{config.source, static_cast<int>(config.deltas_per_snapshot),
                          static_cast<std::uint64_t>(process.clock().Now().nanos())};
  options.on_frame = [&recorder, &queue](int connection, Timestamp received,
                                         std::string_view frame) {
    if (recorder != nullptr) recorder->Record(connection, received, frame);
    queue->AwaitRoom(kRoomPatience);
  };
  RecentErrors errors;
  options.on_error = [&errors](const marketdata::v1::ErrorMessage& error) { errors.Add(error); };
  MarketPipeline pipeline(std::move(options), *queue, process.clock(), probe);
  Parts parts;
  const AdminSources sources = Sources(config, parts, *queue, errors);
  const auto kafka =
      process.health().AddCheck("kafka", service::Impact::kReadiness, sources.publisher);
  const auto markets =
      process.health().AddCheck("markets", service::Impact::kReadiness, sources.directory);
  const auto venue = process.health().AddCheck("venue", service::Impact::kReadiness, [&sources] {
    return sources.feed().connections_open > 0 ? absl::OkStatus()
                                               : Unavailable("no WebSocket is open");
  });
  const auto recording = process.health().AddCheck(
      "recording", service::Impact::kNone,
      [&recorder] { return recorder == nullptr ? absl::OkStatus() : recorder->status(); });
  const AdminApi api(sources, pipeline, probe, process.ops());
  CommittedMarkets committed;
  FeedDoor door(
      static_cast<std::size_t>(config.clients_max), committed,
      [&pipeline](std::string_view ticker) { return pipeline.FindMarket(ticker).has_value(); },
      probe);
  AdminDoor admin([&api] { return api.Statistics(); });
  CoverageDoor coverage(config.recording_dir, process.clock());
  const auto follows = [&pipeline](std::string_view ticker) {
    const auto market = pipeline.FindMarket(ticker);
    return market && market->is_subscribed;
  };
  // While this server leads and Kafka takes what there is to tell, what Kafka has is the present.
  const auto vouches = [&sources, follows](std::string_view ticker) {
    const auto leadership = sources.leadership();
    return (!leadership || leadership->is_leader) && sources.publisher().ok() && follows(ticker);
  };
  EVX_ASSIGN_OR_RETURN(const auto cache, StartCache(config, committed, vouches, probe));
  const auto caching = process.health().AddCheck("cache", service::Impact::kNone, [&cache] {
    return cache == nullptr ? absl::OkStatus() : cache->status();
  });
  EVX_ASSIGN_OR_RETURN(const auto server, ServeHttp(config, api, admin, door, coverage));
  const auto candle_service = MakeCandleService(*candles, follows);
  EVX_ASSIGN_OR_RETURN(const auto grpc, process.ServeGrpc({candle_service.get()}));
  const auto on_committed = [&](const MessageBatch& batch, std::size_t begin, std::size_t end) {
    const auto messages = committed.Commit(batch, begin, end);
    door.OnCommitted(messages);
    if (cache != nullptr) cache->OnCommitted(*messages);
    for (std::size_t i = begin; i < end; ++i) {
      candles->OnMessage(batch[i].topic, batch[i].payload);
    }
  };
  EVX_ASSIGN_OR_RETURN(const auto lease, StartPublisherLease(config, process.clock()));
  if (lease == nullptr) {
    return Follow(config, credentials, *client, *queue, pipeline, probe, *candles, on_committed,
                  parts, process);
  }
  return FollowInTurns(config, credentials, *client, *lease, *queue, pipeline, probe, *candles,
                       on_committed, sources, parts, process);
}

}  // namespace evx::market_data
