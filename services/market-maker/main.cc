// market-maker: quotes one or many markets through the public REST API. Wiring only.

#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_format.h"
#include "config.h"
#include "evx/core/status.h"
#include "evx/kalshi_client/credentials.h"
#include "evx/kalshi_client/kalshi_client.h"
#include "evx/service/process.h"
#include "evx/service/retry.h"
#include "evx/telemetry/log.h"
#include "guard.h"
#include "market_maker.h"
#include "probe.h"

namespace evx::market_maker {
namespace {

// A maker that waits longer for one answer has no fresh quotes anyway.
constexpr absl::Duration kResponseTimeout = absl::Seconds(3);
constexpr absl::Duration kConnectRetry = absl::Seconds(1);

absl::StatusOr<std::vector<MarketSettings>> Markets(const MarketMakerConfig& config) {
  const MarketSettings single = config.SingleMarket();
  if (config.markets_file.empty()) return std::vector{single};
  return ReadMarketsFile(config.markets_file, single);
}

// An exchange that is not there yet is waited for; null: stopped meanwhile.
absl::StatusOr<std::unique_ptr<MarketMaker>> CreateMaker(const MarketMakerConfig& config,
                                                         kalshi_client::KalshiClient& client,
                                                         Probe& probe, service::Process& process) {
  for (bool is_first = true;; is_first = false) {
    auto maker =
        MarketMaker::Create({config.quote_lifetime, Quantity::FromContracts(config.group_limit),
                             absl::StrFormat("%x", process.clock().Now().nanos())},
                            client, process.clock(), probe);
    if (maker.ok() || !service::IsTransient(maker.status())) return maker;
    if (is_first) {
      telemetry::Log(telemetry::kWarning, "Waiting for the exchange.",
                     {{"status", maker.status()}});
    }
    if (process.WaitForStop(kConnectRetry)) return nullptr;
  }
}

// The maker as long as it can be told of other markets.
struct Reloadable {
  std::mutex mutex;
  MarketMaker* maker = nullptr;
};

absl::Status Run(const MarketMakerConfig& config, Guard* guard, service::Process& process) {
  EVX_ASSIGN_OR_RETURN(const auto credentials, kalshi_client::ReadCredentials(config.credentials));
  EVX_ASSIGN_OR_RETURN(const auto markets, Markets(config));
  kalshi_client::KalshiClient::Options options;
  options.base_url = config.exchange_url;
  options.key_id = credentials.key_id;
  options.private_key_file = credentials.private_key_path;
  options.response_timeout = kResponseTimeout;
  EVX_ASSIGN_OR_RETURN(const auto client,
                       kalshi_client::KalshiClient::Create(options, process.clock()));
  Probe probe(process.metrics());
  EVX_ASSIGN_OR_RETURN(const auto maker, CreateMaker(config, *client, probe, process));
  if (maker == nullptr) return absl::OkStatus();
  if (guard != nullptr) {
    guard->Arm({config.exchange_url, credentials.key_id, credentials.private_key_path,
                maker->order_group_id()});
  }
  maker->SetMarkets(markets);
  maker->Start();
  // A SIGHUP may come until the process ends: by then the maker is gone and nothing happens.
  const auto reloadable = std::make_shared<Reloadable>();
  reloadable->maker = maker.get();
  process.OnReload([&config, reloadable] {
    const std::lock_guard lock(reloadable->mutex);
    if (reloadable->maker == nullptr) return;
    const auto reloaded = Markets(config);
    if (reloaded.ok()) {
      reloadable->maker->SetMarkets(*reloaded);
    } else {
      telemetry::Log(telemetry::kError, "Markets were not reloaded.",
                     {{"status", reloaded.status()}});
    }
  });
  const auto quotes = process.health().AddCheck("quotes", service::Impact::kLiveness,
                                                [&maker] { return maker->CheckFresh(); });
  EVX_ASSIGN_OR_RETURN(const auto grpc, process.ServeGrpc({}));
  process.SetReady();
  process.WaitForStop();
  {
    const std::lock_guard lock(reloadable->mutex);
    reloadable->maker = nullptr;
  }
  EVX_RETURN_IF_ERROR(maker->Stop());
  if (guard != nullptr) guard->Disarm();
  return absl::OkStatus();
}

}  // namespace
}  // namespace evx::market_maker

int main(int argc, char** argv) {
  using evx::market_maker::MarketMakerConfig;
  const auto guard = evx::market_maker::Guard::Start();
  MarketMakerConfig config;
  return evx::service::ServiceMain(
      argc, argv,
      {.name = "market-maker",
       .summary = "Quotes one or many markets of a Kalshi-compatible exchange.",
       .ops_port = 8888,
       .grpc_port = 50057},
      [&config](evx::service::Options& options) { config.Declare(options); },
      [&config, &guard](evx::service::Process& process) {
        return evx::market_maker::Run(config, guard.get(), process);
      });
}
