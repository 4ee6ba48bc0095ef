#include "catalogue/scripted_market.h"

#include <catch2/catch.hpp>

#include "catalogue/bootstrap.h"
#include "exchange/exchange_host.h"

using namespace evx;
using namespace evx::mock_kalshi;

namespace {

// A new exchange in memory with the script at work and one client.
struct Exchange {
  Exchange() : clock(*ParseRfc3339("2026-11-21T12:05:00Z")) {
    config.ephemeral = true;
    config.clock = ExchangeClock::Mode::kVirtual;
    config.clock_start = "2026-11-21T12:05:00Z";
    host = *ExchangeHost::Start(config, {clock, [](const absl::Status&) {}, {}}, {&script});
    REQUIRE(Bootstrap(config, host->sequencer(), host->clock().Now()).ok());
    REQUIRE(script.Start(host->context()).ok());
    client = Execute(venue::OpenAccount{}).account;
    Execute(venue::Deposit{client, 0, Money::FromDollars(100'000)});
    market = host->read_model().Read(
        [](const ReadModel::State& state) { return state.FindMarket("FIX_TEST")->market; });
  }
  ~Exchange() { host->Stop(); }

  venue::CommandResult Execute(venue::Command command) {
    const Outcome outcome = host->sequencer().Execute(std::move(command));
    REQUIRE(outcome.status.ok());
    REQUIRE_FALSE(outcome.result.reject.has_value());
    return outcome.result;
  }
  venue::CommandResult Create(BookSide side, int cents, int contracts) {
    venue::CreateOrder order;
    order.account = client;
    order.market = market;
    order.side = side;
    order.price_micros = Price::FromCents(cents).micros();
    order.quantity = Quantity::FromContracts(contracts);
    const venue::CommandResult result = Execute(order);
    // The script's commands stand in the queue before this one.
    Execute(venue::AdvanceTime{});
    return result;
  }
  Quantity Resting(OrderId order_id) const {
    return host->read_model().Read([order_id](const ReadModel::State& state) {
      const OrderRow* order = state.FindOpenOrder(order_id);
      return order == nullptr ? Quantity() : order->remaining;
    });
  }
  std::size_t TradeCount() const {
    TradeQuery query;
    query.limit = 1'000;
    return host->context().history.ListTrades(query)->size();
  }

  MockKalshiConfig config;
  ManualClock clock;
  ScriptedMarket script;
  std::unique_ptr<ExchangeHost> host;
  AccountId client;
  MarketId market;
};

}  // namespace

TEST_CASE("ScriptedMarket: the price of an order says how it is filled", "[mock_kalshi]") {
  Exchange exchange;
  struct Case {
    BookSide side;
    int cents;
    int contracts;
    int resting;
    std::size_t trades;
  };
  const Case cases[] = {{BookSide::kBid, 50, 10, 0, 1}, {BookSide::kAsk, 50, 7, 0, 1},
                        {BookSide::kBid, 45, 3, 0, 3},  {BookSide::kAsk, 55, 100, 0, 20},
                        {BookSide::kBid, 40, 11, 6, 1}, {BookSide::kAsk, 60, 1, 1, 0},
                        {BookSide::kBid, 30, 5, 5, 0}};
  for (const Case& c : cases) {
    INFO(c.cents << " cents, " << c.contracts << " contracts");
    const std::size_t before = exchange.TradeCount();
    const auto created = exchange.Create(c.side, c.cents, c.contracts);
    CHECK(exchange.Resting(created.order_id) == Quantity::FromContracts(c.resting));
    CHECK(exchange.TradeCount() - before == c.trades);
    exchange.Execute(venue::CancelAllOrders{exchange.client});
  }
}

TEST_CASE("ScriptedMarket: what takers take is quoted again", "[mock_kalshi]") {
  Exchange exchange;
  for (int i = 0; i < 3; ++i) {
    CHECK(exchange.Create(BookSide::kBid, 95, 100).filled == Quantity::FromContracts(100));
    const Quantity offered = exchange.host->read_model().Read([&](const ReadModel::State& state) {
      return state.At(exchange.market).book.asks.at(Price::FromCents(95));
    });
    CHECK(offered == Quantity::FromContracts(100'000));
  }
}
