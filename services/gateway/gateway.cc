#include "gateway.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "accounts/accounts.h"
#include "door/front_door.h"
#include "door/request_router.h"
#include "door/socket_door.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "health/service_watch.h"
#include "probe.h"
#include "rest/rest_api.h"
#include "sources/market_plane.h"
#include "trading/trading_plane.h"

namespace evx::gateway {
namespace {

// Answers of a person's request: rather an error than a page that hangs.
constexpr absl::Duration kStoreTimeout = absl::Seconds(5);
constexpr absl::Duration kSessionTimeout = absl::Milliseconds(500);
constexpr absl::Duration kSessionRetryInterval = absl::Seconds(1);

absl::StatusOr<std::shared_ptr<Accounts>> StartAccounts(const GatewayConfig& config,
                                                        const Clock& clock) {
  Accounts::Options options;
  EVX_ASSIGN_OR_RETURN(options.postgres.connect.url,
                       postgres::ReadUrlFile(config.postgres_url_file));
  options.postgres.connect.application_name = "gateway";
  options.postgres.connect.connect_timeout = kStoreTimeout;
  options.postgres.connect.call_timeout = kStoreTimeout;
  EVX_ASSIGN_OR_RETURN(options.sessions.redis.address, redis::ReadUrlFile(config.redis_url_file));
  options.sessions.redis.call_timeout = kSessionTimeout;
  options.sessions.redis.retry_interval_max = kSessionRetryInterval;
  options.sessions.idle_timeout = config.session_idle_timeout;
  options.sessions.lifetime = config.session_lifetime;
  options.sessions.outage_grace = config.outage_grace;
  options.data_dir = config.data_dir;
  options.first_admin = config.first_admin;
  options.link_lifetime = config.link_lifetime;
  EVX_ASSIGN_OR_RETURN(std::unique_ptr<Accounts> accounts,
                       Accounts::Start(std::move(options), clock));
  return std::shared_ptr<Accounts>(std::move(accounts));
}

// Sockets that are open go on without either.
std::vector<service::Health::Component> WatchAccounts(service::Health& health, Accounts& accounts) {
  std::vector<service::Health::Component> components;
  components.push_back(health.AddCheck("users", service::Impact::kReadiness,
                                       [&accounts] { return accounts.status(); }));
  components.push_back(health.AddCheck("sessions", service::Impact::kNone,
                                       [&accounts] { return accounts.sessions().status(); }));
  components.push_back(health.AddCheck("audit_log", service::Impact::kNone,
                                       [&accounts] { return accounts.audit().status(); }));
  return components;
}

absl::StatusOr<RestApi::Options> RestOptions(const GatewayConfig& config) {
  RestApi::Options options{config.allowed_origins, config.trusted_proxies, config.secure_cookie,
                           config.mode, config.venue};
  EVX_ASSIGN_OR_RETURN(options.environments,
                       ReadEnvironments(config.environments_file, config.environment, config.mode));
  options.environment = config.environment;
  return options;
}

SocketDoor::Options DoorOptions(const GatewayConfig& config, const Clock& clock,
                                const std::unique_ptr<MarketPlane>& markets) {
  SocketDoor::Options options;
  options.clients_max = static_cast<std::size_t>(config.clients_max);
  options.allowed_origins = config.allowed_origins;
  options.mode = config.mode;
  options.venue = config.venue;
  options.epoch = clock.Now().nanos();
  options.knows = [&markets](std::string_view ticker) { return markets->Knows(ticker); };
  options.on_wanted = [&markets](const std::string& stream) { markets->OnWanted(stream); };
  return options;
}

absl::StatusOr<std::unique_ptr<ServiceWatch>> StartWatch(const GatewayConfig& config,
                                                         StreamPublisher& publisher,
                                                         MarketPlane& markets, const Clock& clock) {
  ServiceWatch::Options options;
  EVX_ASSIGN_OR_RETURN(options.services, ServiceWatch::ParseServices(config.services));
  options.on_round = [&markets](const v1::Health& health) { markets.OnHealth(health); };
  return ServiceWatch::Start(std::move(options), publisher, clock);
}

MarketPlane::Options PlaneOptions(const GatewayConfig& config) {
  return {config.kafka_brokers, config.exchange_url, config.exchange_addr, config.candles_addr,
          config.books_addr};
}

RestSources RestSourcesOf(SocketDoor& door, RequestHandler& requests,
                          const ServiceWatch& services) {
  RestSources sources;
  sources.health = [&services] { return services.Latest(); };
  sources.command = [&requests](const Session& session, const v1::ClientMessage& request,
                                AnswerFunction answer) {
    requests.Handle(session, request, std::move(answer));
  };
  sources.post = [&door](std::function<void()> task) { return door.Post(std::move(task)); };
  return sources;
}

absl::StatusOr<std::unique_ptr<net::HttpServer>> Serve(const GatewayConfig& config,
                                                       const service::OpsHandler& ops,
                                                       SocketDoor& door, RestApi& rest) {
  const HttpHandler to_rest = [&rest](net::HttpRequest& request, net::HttpResponder responder) {
    rest.Handle(request, std::move(responder));
  };
  const HttpHandler to_door = [&door](net::HttpRequest& request, net::HttpResponder responder) {
    door.Accept(request, std::move(responder));
  };
  EVX_ASSIGN_OR_RETURN(auto server, ServeHttp(config, SocketDoor::SessionOptions(), ops,
                                              {{RestApi::kPathPrefix, to_rest},
                                               {RestApi::kOpenApiPath, to_rest},
                                               {SocketDoor::kPath, to_door}}));
  door.Attach(*server);
  return server;
}

// The portfolios of a plane that is made after the door.
class PortfoliosOf final : public PortfolioSource {
 public:
  explicit PortfoliosOf(const std::unique_ptr<TradingPlane>& trading) : trading_(trading) {}
  absl::Status Open(const Session& session) override { return trading_->desk().Open(session); }
  void Close(std::int64_t user_id) override { trading_->desk().Close(user_id); }

 private:
  const std::unique_ptr<TradingPlane>& trading_;
};

TradingPlane::Options TradingOptions(const GatewayConfig& config) {
  return {config.exchange_addr, config.operator_addr, config.operator_credentials_file,
          config.data_dir + "/keys", Money::FromDollars(config.demo_deposit_dollars)};
}

}  // namespace

absl::Status RunGateway(const GatewayConfig& config, service::Process& process) {
  EVX_ASSIGN_OR_RETURN(RestApi::Options rest_options, RestOptions(config));
  EVX_ASSIGN_OR_RETURN(const std::shared_ptr<Accounts> accounts,
                       StartAccounts(config, process.clock()));
  const auto health = WatchAccounts(process.health(), *accounts);
  process.OnReload([accounts] { accounts->WantStartLink(); });
  DoorCounters door_counters;
  SourceCounters source_counters;
  SignInCounters sign_in_counters;
  // The parts need each other: these come before the server, which calls them.
  std::unique_ptr<MarketPlane> markets;
  std::unique_ptr<TradingPlane> trading;
  using Part = RequestRouter::Part;
  const Part to_markets = [&markets](const Session& session, const v1::ClientMessage& request,
                                     AnswerFunction& answer) {
    return markets->Handle(session, request, answer);
  };
  const Part to_trading = [&trading](const Session& session, const v1::ClientMessage& request,
                                     AnswerFunction& answer) {
    return trading->Handle(session, request, answer);
  };
  RequestRouter requests({to_markets, to_trading});
  PortfoliosOf portfolios(trading);
  SocketDoor door(
      DoorOptions(config, process.clock(), markets),
      [accounts](std::string_view token) { return accounts->sessions().Find(token); }, requests,
      portfolios, process.clock(), door_counters);
  TradingProbe trading_probe(process.metrics());
  // Their threads publish to the door.
  const absl::Cleanup end_planes = [&markets, &trading] {
    trading.reset();
    markets.reset();
  };
  accounts->sessions().AddListener(door.SessionEndListener());
  EVX_ASSIGN_OR_RETURN(
      markets, MarketPlane::Start(PlaneOptions(config), process.clock(), door, source_counters));
  const auto market_health = markets->Watch(process.health());
  EVX_ASSIGN_OR_RETURN(trading, TradingPlane::Start(TradingOptions(config), accounts->audit(), door,
                                                    trading_probe, process.clock()));
  EVX_ASSIGN_OR_RETURN(const auto services, StartWatch(config, door, *markets, process.clock()));
  Probe probe(process.metrics());
  probe.Watch(door.hub_counters());
  probe.Watch(door_counters);
  probe.Watch(source_counters);
  probe.Watch(sign_in_counters);
  probe.Watch(std::as_const(*accounts));
  RestApi rest(std::move(rest_options), *accounts, RestSourcesOf(door, requests, *services),
               sign_in_counters, process.clock());
  EVX_ASSIGN_OR_RETURN(const auto http, Serve(config, process.ops(), door, rest));
  probe.Watch(*http);
  const absl::Cleanup detach = [&door] { door.Detach(); };
  EVX_ASSIGN_OR_RETURN(const auto grpc, process.ServeGrpc({}));
  telemetry::Log(telemetry::kInfo, "Serving browsers.", {{"http_port", http->port()}});
  process.SetReady();
  process.WaitForStop();
  http->Drain(process.drain_time_left());
  return absl::OkStatus();
}

}  // namespace evx::gateway
