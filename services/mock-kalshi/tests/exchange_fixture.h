#pragma once

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "config.h"
#include "evx/core/clock.h"
#include "evx/core/testing/literals.h"
#include "evx/kalshi/signing.h"
#include "evx/net/http_message.h"
#include "evx/net/http_responder.h"
#include "exchange/exchange_host.h"
#include "rest/rest_router.h"
#include "rest/rest_routes.h"
#include "websocket/websocket_door.h"

namespace evx::mock_kalshi::testing {

// A directory that is gone with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Catches the one answer of a request.
class CapturingSink final : public net::HttpResponseSink {
 public:
  void Complete(net::HttpRequestKey key, net::HttpResponse response) override;
  void CompleteAll(std::vector<net::HttpCompletion>& completions) override;
  void Abandon(net::HttpRequestKey key) override;
  net::HttpResponse Wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<net::HttpResponse> response_;
};

// An account with a key.
struct Trader {
  AccountId account;
  std::string key_id;
  std::optional<kalshi::PrivateKey> key;
};

struct Answer {
  int status = 0;
  std::string text;
  nlohmann::json json;       // Null when there is no body.
  bool is_withheld = false;  // The connection ended instead.
};

// A whole exchange behind its REST routes, without sockets: real sequencer, journal (unless
// ephemeral), read model and signatures, on a manual wall clock and a virtual exchange clock.
class ExchangeFixture {
 public:
  static constexpr std::int64_t kStartSeconds = 1'785'934'800;  // 2026-08-05T13:00:00Z

  // `websocket` is told of every record; it must outlive this.
  explicit ExchangeFixture(std::string data_dir = "", Faults faults = Faults::kOff,
                           QuirksMode quirks = QuirksMode::kOff,
                           WebSocketDoor* websocket = nullptr);
  ~ExchangeFixture();

  // Stops the exchange, calls `meanwhile` and starts it again on the same data.
  void Restart(const std::function<void()>& meanwhile = {});

  Trader AddTrader(std::string_view name, Money deposit,
                   venue::UsageTier tier = venue::UsageTier::kPrestige);
  // An active market of its own event and series.
  MarketId AddMarket(std::string_view ticker,
                     std::string_view price_level_structure = "linear_cent",
                     absl::Duration open_for = absl::Hours(1));

  Answer Get(const Trader& trader, std::string_view target);
  // Without a key.
  Answer Get(std::string_view target) {
    return SendRaw(net::HttpRequest(net::HttpMethod::kGet, target, ""));
  }
  Answer Send(const Trader& trader, net::HttpMethod method, std::string_view target,
              const nlohmann::json& body = nullptr);
  Answer SendRaw(net::HttpRequest request);
  Answer SendThrough(const RestRouter& router, net::HttpRequest request);
  // A signed request, to be changed before SendRaw.
  net::HttpRequest Signed(const Trader& trader, net::HttpMethod method, std::string_view target,
                          std::string_view body = "");

  // POST of a good till canceled order.
  Answer Create(const Trader& trader, std::string_view ticker, std::string_view side,
                std::string_view price, std::string_view count, const nlohmann::json& more = {});

  // Moves exchange time and wall time and waits until the timers have run.
  void AdvanceBy(absl::Duration duration);

  Outcome Execute(venue::Command command) { return host().sequencer().Execute(std::move(command)); }
  ExchangeHost& host() { return *host_; }
  const RestRouter& router() const { return *router_; }
  MockKalshiConfig& config() { return config_; }
  std::uint64_t StateHash();
  absl::Status CheckInvariants();

 private:
  void Start();

  MockKalshiConfig config_;
  ManualClock wall_;
  WebSocketDoor* const websocket_;
  std::unique_ptr<ExchangeHost> host_;
  std::unique_ptr<RestRouter> router_;
};

}  // namespace evx::mock_kalshi::testing
