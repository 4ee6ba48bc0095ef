// gateway: the one door of the browser. Wiring only.

#include "config.h"
#include "evx/service/process.h"
#include "gateway.h"

int main(int argc, char** argv) {
  using evx::gateway::GatewayConfig;
  GatewayConfig config;
  return evx::service::ServiceMain(
      argc, argv,
      {.name = "gateway", .summary = "The one door of the browser.", .grpc_port = 50056},
      [&config](evx::service::Options& options) { config.Declare(options); },
      [&config](evx::service::Process& process) {
        return evx::gateway::RunGateway(config, process);
      });
}
