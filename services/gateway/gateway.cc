#include "gateway.h"

#include <memory>
#include <utility>
#include <vector>

#include "accounts/accounts.h"
#include "door/front_door.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "probe.h"
#include "rest/rest_api.h"

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

RestApi::Options RestOptions(const GatewayConfig& config) {
  return {config.allowed_origins, config.trusted_proxies, config.secure_cookie, config.mode,
          config.venue};
}

}  // namespace

absl::Status RunGateway(const GatewayConfig& config, service::Process& process) {
  Probe probe(process.metrics());
  EVX_ASSIGN_OR_RETURN(const std::shared_ptr<Accounts> accounts,
                       StartAccounts(config, process.clock()));
  const auto health = WatchAccounts(process.health(), *accounts);
  process.OnReload([accounts] { accounts->WantStartLink(); });
  RestApi rest(RestOptions(config), *accounts, {}, process.clock());
  const HttpHandler to_rest = [&rest](net::HttpRequest& request, net::HttpResponder responder) {
    rest.Handle(request, std::move(responder));
  };
  EVX_ASSIGN_OR_RETURN(const auto http, ServeHttp(config, {}, process.ops(),
                                                  {{RestApi::kPathPrefix, to_rest},
                                                   {RestApi::kOpenApiPath, to_rest}}));
  EVX_ASSIGN_OR_RETURN(const auto grpc, process.ServeGrpc({}));
  telemetry::Log(telemetry::kInfo, "Serving browsers.", {{"http_port", http->port()}});
  process.SetReady();
  process.WaitForStop();
  http->Drain(process.drain_time_left());
  return absl::OkStatus();
}

}  // namespace evx::gateway
