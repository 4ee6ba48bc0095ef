#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <random>

#include "evx/journal/tool.h"
#include "exchange_fixture.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using testing::ExchangeFixture;
using testing::TemporaryDirectory;

// Random orders and cancels of two traders in one market.
void Trade(ExchangeFixture& exchange, const testing::Trader& a, const testing::Trader& b,
           MarketId market, int count, std::mt19937_64& random) {
  std::vector<std::pair<AccountId, OrderId>> created;
  for (int i = 0; i < count; ++i) {
    const AccountId account = random() % 2 == 0 ? a.account : b.account;
    if (!created.empty() && random() % 3 == 0) {
      const auto& [owner, order_id] = created[random() % created.size()];
      exchange.Execute(venue::CancelOrder{owner, order_id});
      continue;
    }
    venue::CreateOrder order;
    order.account = account;
    order.market = market;
    order.side = random() % 2 == 0 ? BookSide::kBid : BookSide::kAsk;
    order.price_micros = static_cast<std::int64_t>(40 + random() % 20) * 10'000;
    order.quantity = Quantity::FromCentis(static_cast<std::int64_t>(1 + random() % 1'000));
    const Outcome outcome = exchange.Execute(order);
    if (!outcome.result.reject) created.push_back({account, outcome.result.order_id});
  }
}

TEST_CASE("Recovery: a restarted exchange has the same state, balances and orders",
          "[mock-kalshi]") {
  const TemporaryDirectory directory;
  ExchangeFixture exchange(directory.path());
  const auto a = exchange.AddTrader("a", 1000_usd);
  const auto b = exchange.AddTrader("b", 1000_usd);
  const MarketId market = exchange.AddMarket("RAIN");
  std::mt19937_64 random(20260805);
  Trade(exchange, a, b, market, 300, random);
  const std::uint64_t hash = exchange.StateHash();
  const auto orders = exchange.Get(a, "/trade-api/v2/portfolio/orders?status=resting").text;
  const auto positions = exchange.Get(a, "/trade-api/v2/portfolio/positions").text;
  const auto market_before = exchange.host().read_model().Read([&](const auto& state) {
    return std::tuple(state.At(market).volume, state.At(market).last_price,
                      state.At(market).open_interest, state.At(market).book.bids,
                      state.At(market).book.asks);
  });

  exchange.Restart();

  CHECK(exchange.StateHash() == hash);
  CHECK(exchange.Get(a, "/trade-api/v2/portfolio/orders?status=resting").text == orders);
  CHECK(exchange.Get(a, "/trade-api/v2/portfolio/positions").text == positions);
  CHECK(exchange.CheckInvariants().ok());
  Trade(exchange, a, b, market, 100, random);
  CHECK(exchange.CheckInvariants().ok());
  CHECK(exchange.host().read_model().Read([&](const auto& state) {
    return state.At(market).volume;
  }) >= std::get<0>(market_before));
}

TEST_CASE("Recovery: a snapshot and the journal behind it give the state of the journal alone",
          "[mock-kalshi]") {
  const TemporaryDirectory directory;
  ExchangeFixture exchange(directory.path());
  exchange.config().snapshot_interval = 100;
  exchange.Restart();
  const auto a = exchange.AddTrader("a", 1000_usd);
  const auto b = exchange.AddTrader("b", 1000_usd);
  const MarketId market = exchange.AddMarket("RAIN");
  std::mt19937_64 random(7);
  Trade(exchange, a, b, market, 450, random);
  const std::uint64_t hash = exchange.StateHash();
  const auto orders = exchange.Get(a, "/trade-api/v2/portfolio/orders?status=resting").text;
  exchange.Restart();
  CHECK(exchange.StateHash() == hash);
  CHECK(exchange.Get(a, "/trade-api/v2/portfolio/orders?status=resting").text == orders);
  bool has_snapshot = false;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    has_snapshot = has_snapshot || entry.path().extension() == ".snapshot";
  }
  CHECK(has_snapshot);
}

TEST_CASE("Recovery: wire ids given before a restart name the same orders after it",
          "[mock-kalshi]") {
  const TemporaryDirectory directory;
  ExchangeFixture exchange(directory.path());
  const auto trader = exchange.AddTrader("a", 1000_usd);
  exchange.AddMarket("RAIN");
  const auto created = exchange.Create(trader, "RAIN", "bid", "0.40", "10");
  exchange.Restart();
  const std::string path =
      "/trade-api/v2/portfolio/events/orders/" + created.json["order_id"].get<std::string>();
  CHECK(exchange.Send(trader, net::HttpMethod::kDelete, path).status == 200);
}

TEST_CASE("Recovery: a duplicate client order id is refused after a restart too", "[mock-kalshi]") {
  const TemporaryDirectory directory;
  ExchangeFixture exchange(directory.path());
  const auto trader = exchange.AddTrader("a", 1000_usd);
  exchange.AddMarket("RAIN");
  const nlohmann::json id = {{"client_order_id", "once"}};
  REQUIRE(exchange.Create(trader, "RAIN", "bid", "0.40", "10", id).status == 201);
  exchange.Restart();
  CHECK(exchange.Create(trader, "RAIN", "bid", "0.40", "10", id).status == 409);
}

// Orders enough for several records when they are canceled at once.
constexpr int kManyOrders = 30'000;

void RestManyOrders(ExchangeFixture& exchange, const testing::Trader& trader, MarketId market) {
  venue::CreateOrder order;
  order.account = trader.account;
  order.market = market;
  order.price_micros = 10'000;
  order.quantity = 1_x;
  std::atomic<int> accepted = 0;
  while (accepted < kManyOrders) {  // A journal whose writer is behind refuses some of them.
    std::vector<Sequencer::Submission> orders;
    for (int left = std::min(5'000, kManyOrders - accepted); left > 0; --left) {
      orders.push_back({order, [&accepted](const Outcome& outcome) {
                          if (outcome.status.ok()) ++accepted;
                        }});
    }
    REQUIRE(exchange.host().sequencer().SubmitAll(std::move(orders), {}).ok());
    exchange.Execute(venue::AdvanceTime{});  // They are all done.
  }
}

std::size_t OpenOrderCount(ExchangeFixture& exchange) {
  return exchange.host().read_model().Read(
      [](const ReadModel::State& state) { return state.open_orders.size(); });
}

TEST_CASE("Recovery: a close with more cancels than a record holds takes several and comes back",
          "[mock-kalshi]") {
  const TemporaryDirectory directory;
  ExchangeFixture exchange(directory.path());
  exchange.config().journal_segment_bytes = 1 << 20;
  exchange.Restart();
  const auto trader = exchange.AddTrader("a", 1000_usd);
  const MarketId market = exchange.AddMarket("RAIN");
  RestManyOrders(exchange, trader, market);
  REQUIRE(OpenOrderCount(exchange) == kManyOrders);
  const SequenceNumber before = exchange.host().sequencer().released();

  const Outcome closed = exchange.Execute(
      venue::SetMarketCloseTime{market, Timestamp::FromSeconds(ExchangeFixture::kStartSeconds)});
  REQUIRE(closed.status.ok());
  CHECK_FALSE(closed.result.reject);
  CHECK(closed.sequence_number.value() > before.value() + 3);
  CHECK(closed.sequence_number == exchange.host().sequencer().released());
  CHECK(OpenOrderCount(exchange) == 0);
  CHECK(exchange.CheckInvariants().ok());

  const std::uint64_t hash = exchange.StateHash();
  exchange.Restart();
  CHECK(exchange.StateHash() == hash);
  CHECK(OpenOrderCount(exchange) == 0);
}

TEST_CASE("Recovery: what a crash left out of a command's records is written at the next start",
          "[mock-kalshi]") {
  const TemporaryDirectory directory;
  ExchangeFixture exchange(directory.path());
  const auto trader = exchange.AddTrader("a", 1000_usd);
  const MarketId market = exchange.AddMarket("RAIN");
  RestManyOrders(exchange, trader, market);
  const SequenceNumber before = exchange.host().sequencer().released();
  const SequenceNumber last =
      exchange.Execute(venue::CancelAllOrders{.account = trader.account}).sequence_number;
  REQUIRE(last.value() > before.value() + 3);
  const std::uint64_t hash = exchange.StateHash();

  for (std::uint64_t kept = before.value() + 1; kept < last.value(); ++kept) {
    exchange.Restart([&] {
      const auto cut = journal::TruncateJournal(journal::PosixFileSystem(), directory.path(),
                                                SequenceNumber(kept + 1));
      REQUIRE(cut.ok());
    });
    CHECK(exchange.StateHash() == hash);
    CHECK(OpenOrderCount(exchange) == 0);
    CHECK(exchange.host().sequencer().released() == last);
  }
}

}  // namespace
}  // namespace evx::mock_kalshi
