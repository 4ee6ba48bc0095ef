#include "exchange_fixture.h"

#include <chrono>
#include <cstdlib>
#include <utility>

namespace evx::mock_kalshi::testing {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "evx-exchange-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void CapturingSink::Complete(net::HttpRequestKey, net::HttpResponse response) {
  const std::lock_guard lock(mutex_);
  response_ = std::move(response);
  changed_.notify_one();
}

void CapturingSink::CompleteAll(std::vector<net::HttpCompletion>& completions) {
  for (net::HttpCompletion& completion : completions) {
    Complete(completion.key, std::move(completion.response));
  }
  completions.clear();
}

void CapturingSink::Abandon(net::HttpRequestKey key) {
  net::HttpResponse response;
  response.status = 500;
  Complete(key, std::move(response));
}

net::HttpResponse CapturingSink::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return response_.has_value(); });
  return *std::move(response_);
}

ExchangeFixture::ExchangeFixture(std::string data_dir, Faults faults, QuirksMode quirks,
                                 WebSocketDoor* websocket)
    : wall_(Timestamp::FromSeconds(kStartSeconds)), websocket_(websocket) {
  config_.ephemeral = data_dir.empty();
  config_.data_dir = std::move(data_dir);
  config_.clock = ExchangeClock::Mode::kVirtual;
  config_.journal_segment_bytes = 1 << 20;
  config_.faults = faults;
  config_.quirks = quirks;
  config_.history_rows = 100'000;
  Start();
}

ExchangeFixture::~ExchangeFixture() {
  router_.reset();
  host_.reset();
}

void ExchangeFixture::Start() {
  ExchangeHost::Dependencies dependencies{wall_, [](const absl::Status&) {}, {}};
  std::vector<RecordListener*> listeners;
  if (websocket_ != nullptr) {
    dependencies.row_observer = &websocket_->encoder();
    dependencies.on_release = [this] { websocket_->OnRelease(); };
    listeners.push_back(&websocket_->encoder());
  }
  auto host = ExchangeHost::Start(config_, std::move(dependencies), listeners);
  INFO(host.status());
  REQUIRE(host.ok());
  host_ = *std::move(host);
  const ExchangeContext& context = host_->context();
  if (websocket_ != nullptr) websocket_->Connect(context);
  router_ = std::make_unique<RestRouter>(RestRouter::Dependencies{
      context.authenticator, context.rate_limiter, context.wall, Door::kRest, &context.faults});
  AddExchangeRoutes(*router_, context, config_.schedule);
  AddSeriesRoutes(*router_, context);
  AddEventRoutes(*router_, context);
  AddMarketRoutes(*router_, context);
  AddCandlestickRoutes(*router_, context);
  AddHistoricalRoutes(*router_, context);
  AddDiscoveryRoutes(*router_, context);
  AddUnsupportedRoutes(*router_, context);
  AddEvxRoutes(*router_, context);
  AddOrderRoutes(*router_, context);
  AddOrderReadRoutes(*router_, context);
  AddOrderGroupRoutes(*router_, context);
  AddPortfolioRoutes(*router_, context);
  AddFundsRoutes(*router_, context);
  AddAccountRoutes(*router_, context);
  AddLegacyOrderRoutes(*router_, context, config_.legacy_orders);
}

void ExchangeFixture::Restart(const std::function<void()>& meanwhile) {
  router_.reset();
  host_.reset();
  if (meanwhile) meanwhile();
  Start();
}

Trader ExchangeFixture::AddTrader(std::string_view name, Money deposit, venue::UsageTier tier) {
  Trader trader;
  auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  REQUIRE(key.ok());
  trader.key = *std::move(key);
  trader.key_id = kalshi::NewKeyId();
  const Outcome opened = Execute(venue::OpenAccount{InlineString<64>(name), 100, tier});
  REQUIRE(opened.status.ok());
  trader.account = opened.result.account;
  venue::RegisterKey registration;
  registration.account = trader.account;
  registration.key_id = venue::UuidText(trader.key_id);
  registration.public_key_pem = trader.key->public_key().ToPem();
  REQUIRE(!Execute(registration).result.reject);
  if (deposit > Money()) {
    REQUIRE(!Execute(venue::Deposit{trader.account, 0, deposit}).result.reject);
  }
  return trader;
}

MarketId ExchangeFixture::AddMarket(std::string_view ticker, std::string_view price_level_structure,
                                    absl::Duration open_for) {
  const std::string series_ticker = "S" + std::string(ticker);
  const std::string event_ticker = "E" + std::string(ticker);
  venue::PutSeries series;
  series.ticker = venue::Ticker(series_ticker);
  const Outcome put_series = Execute(series);
  REQUIRE(!put_series.result.reject);
  venue::PutEvent event;
  event.ticker = venue::Ticker(event_ticker);
  event.series = put_series.result.series;
  const Outcome put_event = Execute(event);
  REQUIRE(!put_event.result.reject);
  venue::PutMarket market;
  market.ticker = venue::Ticker(ticker);
  market.event = put_event.result.event;
  market.price_level_structure = decltype(market.price_level_structure)(price_level_structure);
  market.open_time = host_->clock().Now();
  market.close_time = host_->clock().Now() + open_for;
  const Outcome put_market = Execute(market);
  REQUIRE(!put_market.result.reject);
  return put_market.result.market;
}

net::HttpRequest ExchangeFixture::Signed(const Trader& trader, net::HttpMethod method,
                                         std::string_view target, std::string_view body) {
  net::HttpRequest request(method, target, body);
  const kalshi::RequestSignature signature =
      kalshi::SignRequest(*trader.key, trader.key_id, wall_.Now(), net::ToString(method), target);
  request.AddHeader(kalshi::kAccessKeyHeader, signature.key_id);
  request.AddHeader(kalshi::kAccessTimestampHeader, signature.timestamp_ms);
  request.AddHeader(kalshi::kAccessSignatureHeader, signature.signature);
  if (!body.empty()) request.AddHeader("Content-Type", "application/json");
  return request;
}

Answer ExchangeFixture::SendRaw(net::HttpRequest request) {
  return SendThrough(*router_, std::move(request));
}

Answer ExchangeFixture::SendThrough(const RestRouter& router, net::HttpRequest request) {
  const auto sink = std::make_shared<CapturingSink>();
  router.Handle(request, net::HttpResponder(sink, {}));
  const net::HttpResponse response = sink->Wait();
  Answer answer;
  answer.status = response.status;
  answer.text = response.body;
  answer.is_withheld = response.withheld;
  if (response.content_type == "application/json" && !response.body.empty()) {
    answer.json = nlohmann::json::parse(response.body);
  }
  return answer;
}

Answer ExchangeFixture::Send(const Trader& trader, net::HttpMethod method, std::string_view target,
                             const nlohmann::json& body) {
  const std::string text = body.is_null() ? "" : body.dump();
  return SendRaw(Signed(trader, method, target, text));
}

Answer ExchangeFixture::Get(const Trader& trader, std::string_view target) {
  return Send(trader, net::HttpMethod::kGet, target);
}

Answer ExchangeFixture::Create(const Trader& trader, std::string_view ticker, std::string_view side,
                               std::string_view price, std::string_view count,
                               const nlohmann::json& more) {
  nlohmann::json body = {{"ticker", ticker},
                         {"side", side},
                         {"price", price},
                         {"count", count},
                         {"time_in_force", "good_till_canceled"},
                         {"self_trade_prevention_type", "taker_at_cross"}};
  if (!more.is_null()) body.update(more);
  return Send(trader, net::HttpMethod::kPost, "/trade-api/v2/portfolio/events/orders", body);
}

void ExchangeFixture::AdvanceBy(absl::Duration duration) {
  wall_.AdvanceBy(duration);
  host_->clock().AdvanceTo(host_->clock().Now() + duration);
  // On a slow disk the journal may be behind for a moment.
  Outcome outcome;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  do {
    outcome = Execute(venue::AdvanceTime{});
  } while (absl::IsResourceExhausted(outcome.status) &&
           std::chrono::steady_clock::now() < deadline);
  INFO(outcome.status);
  REQUIRE(outcome.status.ok());
}

std::uint64_t ExchangeFixture::StateHash() {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<std::uint64_t> hash;
  REQUIRE(host_->sequencer()
              .Ask([&](const venue::Exchange& exchange) {
                const std::uint64_t value = exchange.StateHash();
                return [&, value] {
                  const std::lock_guard lock(mutex);
                  hash = value;
                  changed.notify_one();
                };
              })
              .ok());
  std::unique_lock lock(mutex);
  changed.wait(lock, [&hash] { return hash.has_value(); });
  return *hash;
}

absl::Status ExchangeFixture::CheckInvariants() {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<absl::Status> status;
  REQUIRE(host_->sequencer()
              .Ask([&](const venue::Exchange& exchange) {
                const absl::Status value = exchange.CheckInvariants();
                return [&, value] {
                  const std::lock_guard lock(mutex);
                  status = value;
                  changed.notify_one();
                };
              })
              .ok());
  std::unique_lock lock(mutex);
  changed.wait(lock, [&status] { return status.has_value(); });
  return *status;
}

}  // namespace evx::mock_kalshi::testing
