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
  options.AddPath("environments_file", &environments_file,
                  {.help = "JSON file with the stacks that people may go to from this one's page; "
                           "empty: there are none.",
                   .kind = service::PathKind::kExistingFile});
  options.Add("environment", &environment,
              {.help = "Name of this stack among those of --environments_file.", .bytes_max = 32});
  options.Add("kafka_brokers", &kafka_brokers,
              {.help = "Kafka's brokers, host:port,...", .required = true});
  options.Add(
      "exchange_url", &exchange_url,
      {.help = "Base URL of the exchange's REST API, ending in /trade-api/v2.", .required = true});
  options.Add("exchange_addr", &exchange_addr,
              {.help = "Host and port of the exchange's gRPC.", .required = true});
  options.Add("candles_addr", &candles_addr,
              {.help = "Host and port of market-data-server's gRPC.", .required = true});
  options.Add("books_addr", &books_addr,
              {.help = "Host and port of order-book-rebuilder's gRPC.", .required = true});
  DeclareTrading(options);
  options.AddPath(
      "data_dir", &data_dir,
      {.help = "Folder of what is kept on disk, of this process alone.", .required = true});
  DeclareAccounts(options);
}

void GatewayConfig::DeclareAccounts(service::Options& options) {
  options.AddPath("postgres_url_file", &postgres_url_file,
                  {.help = "File with the connection string of PostgreSQL, which has users and the "
                           "audit log.",
                   .kind = service::PathKind::kExistingFile,
                   .required = true});
  options.AddPath("redis_url_file", &redis_url_file,
                  {.help = "File with the URL of Redis, which has the sessions.",
                   .kind = service::PathKind::kExistingFile,
                   .required = true});
  options.Add("first_admin", &first_admin,
              {.help = "Name of the administrator who is made when there are no users, and whose "
                       "one-time link is in `<data_dir>/start_link`.",
               .required = true,
               .bytes_max = 32});
  options.Add("link_lifetime", &link_lifetime,
              {.help = "How long a one-time link can be used.",
               .min = absl::Seconds(1),
               .max = absl::Hours(24 * 30)});
  options.Add("session_idle_timeout", &session_idle_timeout,
              {.help = "A session that was not used for so long ends.",
               .min = absl::Seconds(1),
               .max = absl::Hours(24 * 30)});
  options.Add("session_lifetime", &session_lifetime,
              {.help = "A session ends so long after it has begun, however much it is used.",
               .min = absl::Seconds(1),
               .max = absl::Hours(24 * 90)});
  options.Add("outage_grace", &outage_grace,
              {.help = "How long open sessions go on while Redis is away.",
               .min = absl::ZeroDuration(),
               .max = absl::Hours(24)});
  options.Add("secure_cookie", &secure_cookie,
              {.help = "The session's cookie is sent over HTTPS only."});
  options.Add("trusted_proxies", &trusted_proxies,
              {.help = "Addresses of proxies whose X-Forwarded-For is believed, for limits and the "
                       "audit log.",
               .count_max = 32});
}

void GatewayConfig::DeclareTrading(service::Options& options) {
  options.Add("operator_addr", &operator_addr,
              {.help = "Host and port of the exchange's operator gRPC.", .required = true});
  options.AddPath(
      "operator_credentials_file", &operator_credentials_file,
      {.help = "The operator's key at the exchange, with which users get their accounts; "
               "empty: nobody can trade.",
       .kind = service::PathKind::kExistingFile});
  options.Add("demo_deposit_dollars", &demo_deposit_dollars,
              {.help = "What a new user's account at the exchange begins with.",
               .min = 0,
               .max = 1'000'000'000});
  options.Add(
      "services", &services,
      {.help = "Services whose health is shown, NAME=URL,... in the order of the data path.",
       .count_max = 32});
}

}  // namespace evx::gateway
