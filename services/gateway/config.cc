#include "config.h"

namespace evx::gateway {

void GatewayConfig::Declare(service::Options& options) {
  options.Add("http_host", &http_host,
              {.help = "Address of the WebSocket, the REST API and the operations endpoints; "
                       "`0.0.0.0` in a container.",
               .required = true});
  options.Add(
      "http_port", &http_port,
      {.help = "Port of the WebSocket, the REST API and the operations endpoints; 0 takes a "
               "free one.",
       .min = 0,
       .max = 65'535,
       .flags = {"port"}});
  options.Add("allowed_origins", &allowed_origins,
              {.help = "Origins of pages that may use the gateway, as a browser names them.",
               .required = true,
               .count_max = 32});
  options.Add("clients_max", &clients_max,
              {.help = "WebSockets that are open at a time; further ones are refused.",
               .min = 1,
               .max = 50'000});
  options.Add("mode", &mode,
              {.help = "What is shown as the way of trading: `paper` on a venue of ours, `live` on "
                       "the real one.",
               .required = true});
  options.Add("venue", &venue, {.help = "Name of the venue that is shown.", .required = true});
  options.Add("kafka_brokers", &kafka_brokers,
              {.help = "Kafka's brokers, host:port,...", .required = true});
  options.Add("exchange_addr", &exchange_addr,
              {.help = "Host and port of the exchange's gRPC.", .required = true});
  options.Add("candles_addr", &candles_addr,
              {.help = "Host and port of market-data-server's gRPC.", .required = true});
  options.Add("books_addr", &books_addr,
              {.help = "Host and port of order-book-rebuilder's gRPC.", .required = true});
  options.AddPath(
      "data_dir", &data_dir,
      {.help = "Folder of what is kept on disk, of this process alone.", .required = true});
}

}  // namespace evx::gateway
