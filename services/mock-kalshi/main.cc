// mock-kalshi: a local exchange with Kalshi's interfaces. Wiring only.

#include <cstdio>
#include <utility>

#include "bootstrap.h"
#include "config.h"
#include "evx/core/status.h"
#include "evx/service/process.h"
#include "exchange_host.h"
#include "rest_door.h"

namespace evx::mock_kalshi {
namespace {

absl::Status Run(const MockKalshiConfig& config, service::Process& process) {
  ExchangeHost::Dependencies dependencies{
      process.clock(),
      [&process](const absl::Status& status) { process.RequestStop(MessageOf(status)); },
      {}};
  EVX_ASSIGN_OR_RETURN(const auto host, ExchangeHost::Start(config, std::move(dependencies)));
  if (host->is_new()) {
    EVX_RETURN_IF_ERROR(Bootstrap(config, host->sequencer(), host->clock().Now()).status());
  }
  EVX_ASSIGN_OR_RETURN(const auto rest, RestDoor::Start(config, host->context(), process.ops()));
  process.SetReady();
  process.WaitForStop();
  rest->Drain(process.drain_time_left());
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
