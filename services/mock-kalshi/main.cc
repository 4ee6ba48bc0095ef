// mock-kalshi: a local exchange with Kalshi's interfaces. Wiring only.

#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "announcement.h"
#include "catalogue/bootstrap.h"
#include "catalogue/catalogue_roller.h"
#include "catalogue/scripted_market.h"
#include "config.h"
#include "evx/core/status.h"
#include "evx/service/process.h"
#include "exchange/exchange_host.h"
#include "fix/fix_door.h"
#include "fix/fix_session_files.h"
#include "operator/operator_door.h"
#include "probe.h"
#include "rest/rest_door.h"
#include "rpc/grpc_door.h"
#include "websocket/websocket_door.h"

namespace evx::mock_kalshi {
namespace {

absl::Status Run(const MockKalshiConfig& config, service::Process& process) {
  CatalogueRoller roller;
  ScriptedMarket scripted_market;
  Probe probe(process.metrics());
  GrpcFeed feed;
  FixFeed fix_feed;
  fix_feed.SetKeepsRecovered(FixSessionFiles::Any(config.data_dir));
  WebSocketDoor websocket(config.http_threads);
  ExchangeHost::Dependencies dependencies{
      process.clock(),
      [&process](const absl::Status& status) { process.RequestStop(MessageOf(status)); },
      [&probe](const StageTimes& stages) { probe.Observe(stages); },
      {},
      &websocket.encoder(),
      [&websocket] { websocket.OnRelease(); },
      [&fix_feed](const ReleasedRecord& record) { fix_feed.KeepRecovered(record); }};
  EVX_ASSIGN_OR_RETURN(const auto host,
                       ExchangeHost::Start(config, std::move(dependencies),
                                           {&roller, &scripted_market, &probe, &feed.listener(),
                                            &websocket.encoder(), &fix_feed}));
  probe.Watch(process.metrics(), *host);
  websocket.Watch(process.metrics());
  websocket.Connect(host->context());
  std::map<std::string, DemoCredentials> credentials;
  if (host->is_new()) {
    EVX_ASSIGN_OR_RETURN(credentials, Bootstrap(config, host->sequencer(), host->clock().Now()));
  }
  if (config.catalogue == "standard") EVX_RETURN_IF_ERROR(roller.Start(host->context()));
  if (config.catalogue != "empty") EVX_RETURN_IF_ERROR(scripted_market.Start(host->context()));
  EVX_ASSIGN_OR_RETURN(const auto rest,
                       RestDoor::Start(config, host->context(), process.ops(), &websocket));
  EVX_ASSIGN_OR_RETURN(const auto grpc,
                       GrpcDoor::Start(config, host->context(), host->clock(), feed));
  grpc->SetServing(true);
  EVX_ASSIGN_OR_RETURN(const auto operator_door,
                       OperatorDoor::Start(config, host->context(), host->clock()));
  const auto faults = process.health().AddCheck("faults", service::Impact::kNone, [&host] {
    const std::string active = host->faults().Describe();
    return active.empty() ? absl::OkStatus() : FailedPrecondition(active);
  });
  const auto kafka = process.health().AddCheck("kafka", service::Impact::kNone, [&host] {
    return host->kafka() == nullptr ? absl::OkStatus() : host->kafka()->status();
  });
  EVX_ASSIGN_OR_RETURN(const auto fix, FixDoor::Start(config, host->context(), fix_feed));
  probe.Watch(process.metrics(), *fix);
  process.SetReady();
  if (config.ephemeral) {
    Endpoints endpoints;
    endpoints.address = config.address;
    endpoints.http_port = rest->port();
    endpoints.grpc_port = grpc->port();
    endpoints.operator_address = config.operator_address;
    endpoints.operator_grpc_port = grpc->operator_port();
    endpoints.operator_http_port = operator_door->port();
    endpoints.fix = fix->ports();
    endpoints.fix_tls = config.fix_tls;
    endpoints.tls = !config.tls_certificate_file.empty();
    std::printf("%s\n", AnnouncementLine(endpoints, credentials).c_str());
    std::fflush(stdout);
  }
  process.WaitForStop();
  host->faults().Stop();
  rest->Drain(process.drain_time_left());
  grpc->Drain(process.drain_time_left());
  fix->Drain(process.drain_time_left());
  operator_door->Drain(process.drain_time_left());
  roller.Stop();
  host->Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace evx::mock_kalshi

int main(int argc, char** argv) {
  using evx::mock_kalshi::MockKalshiConfig;
  MockKalshiConfig config;
  return evx::service::ServiceMain(
      argc, argv,
      {.name = "mock-kalshi",
       .summary = "A local exchange with Kalshi's interfaces.",
       .metrics_name = "exchange"},
      [&config](evx::service::Options& options) { config.Declare(options); },
      [&config](evx::service::Process& process) { return evx::mock_kalshi::Run(config, process); });
}
