// market-data-server: market data of a Kalshi-compatible venue, proven and numbered, into Kafka.

#include "config.h"
#include "evx/service/process.h"
#include "market_data_server.h"

int main(int argc, char** argv) {
  evx::market_data::MarketDataConfig config;
  return evx::service::ServiceMain(
      argc, argv,
      {.name = "market-data-server",
       .summary = "Reads market data of a Kalshi-compatible WebSocket, proves it and writes it to "
                  "Kafka.",
       .metrics_name = "market_data",
       .grpc_port = 50052},
      [&config](evx::service::Options& options) { config.Declare(options); },
      [&config](evx::service::Process& process) {
        return evx::market_data::RunMarketDataServer(config, process);
      });
}
