#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

#include "evx/core/testing/benchmark.h"
#include "evx/ledger/ledger.h"

// Processor nanoseconds per ledger operation with 1,000 accounts and 1,000 markets, medians of five
// rounds.

namespace evx::ledger {
namespace {

constexpr std::uint32_t kAccountCount = 1'000;
constexpr std::uint32_t kMarketCount = 1'000;
constexpr std::size_t kRestingCount = 100'000;
constexpr int kOperationCount = 1'000'000;
constexpr int kRoundCount = 5;

class Bench {
 public:
  Bench() : fees_(*FeeTerms::FromSchedule({FeeType::kQuadraticWithMakerFees, {}})) {
    for (std::uint32_t i = 1; i <= kMarketCount; ++i) {
      ledger_.AddEvent(EventId(i), false);
      EVX_CHECK(ledger_.AddMarket(MarketId(i), EventId(i)));
    }
    for (std::uint32_t i = 1; i <= kAccountCount; ++i) {
      owners_.push_back(ledger_.FindSubaccount(ledger_.CreateAccount(BalanceUnit::kCentiCent), 0));
      EVX_CHECK(!ledger_.Deposit(owners_.back(), Money::FromDollars(10'000'000), TransferId(i),
                                 postings_));
    }
    for (std::size_t i = 0; i < kRestingCount; ++i) {
      resting_.push_back(Enter(RandomRequest()));
      ledger_.Rest(resting_.back(), fees_);
    }
  }

  // Reserve, rest, and release of an older order: what a create and a cancel cost.
  double CreateAndCancel() {
    return Time([this] {
      OrderReserve& order = resting_[random_() % resting_.size()];
      ledger_.Release(order, order.open);
      order = Enter(RandomRequest());
      ledger_.Rest(order, fees_);
    });
  }

  // Reserve of an incoming order, the fills of both sides, and a new resting order.
  double Trade() {
    return Time([this] {
      ReserveRequest request = RandomRequest();
      OrderReserve& maker = resting_[random_() % resting_.size()];
      request.market = ledger_.position(maker.position).market;
      request.side = Opposite(maker.side);
      request.limit = maker.limit();
      request.quantity = maker.open;
      OrderReserve taker = Enter(request);
      const Quantity quantity = maker.open;
      const Price price = maker.limit();
      postings_.clear();
      ledger_.ApplyFill(taker, {price, quantity, Liquidity::kTaker, TradeId(1)}, fees_, postings_);
      ledger_.ApplyFill(maker, {price, quantity, Liquidity::kMaker, TradeId(1)}, fees_, postings_);
      maker = Enter(RandomRequest());
      ledger_.Rest(maker, fees_);
    });
  }

  const Ledger& ledger() const { return ledger_; }

 private:
  ReserveRequest RandomRequest() {
    const std::uint64_t r = random_();
    return {.subaccount = owners_[r % kAccountCount],
            .market = MarketId(1 + static_cast<std::uint32_t>((r >> 10) % kMarketCount)),
            .side = (r >> 21) % 2 == 0 ? BookSide::kBid : BookSide::kAsk,
            .limit = Price::FromCents(static_cast<std::int64_t>(1 + (r >> 22) % 99)),
            .quantity = Quantity::FromContracts(static_cast<std::int64_t>(1 + (r >> 30) % 20))};
  }
  OrderReserve Enter(const ReserveRequest& request) {
    OrderReserve order;
    EVX_CHECK(ledger_.Reserve(request, fees_, order).ok());
    return order;
  }
  template <class Operation>
  double Time(const Operation& operation) {
    const double start = evx::testing::ThreadCpuSeconds();
    for (int i = 0; i < kOperationCount; ++i) operation();
    return (evx::testing::ThreadCpuSeconds() - start) * 1e9 / kOperationCount;
  }

  std::mt19937_64 random_{42};
  Ledger ledger_;
  FeeTerms fees_;
  std::vector<SubaccountIndex> owners_;
  std::vector<OrderReserve> resting_;
  std::vector<Posting> postings_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Main() {
  Bench bench;
  std::vector<double> create_cancel;
  std::vector<double> trade;
  for (int i = 0; i < kRoundCount; ++i) create_cancel.push_back(bench.CreateAndCancel());
  std::printf("ledger_create_cancel_ns %.0f rows %u bytes %zu\n", Median(create_cancel),
              bench.ledger().position_count(), bench.ledger().memory_bytes());
  for (int i = 0; i < kRoundCount; ++i) trade.push_back(bench.Trade());
  std::printf("ledger_trade_ns %.0f rows %u bytes %zu\n", Median(trade),
              bench.ledger().position_count(), bench.ledger().memory_bytes());
  EVX_CHECK(bench.ledger().CheckInvariants().ok());
}

}  // namespace
}  // namespace evx::ledger

int main() { evx::ledger::Main(); }
