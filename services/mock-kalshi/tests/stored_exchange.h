#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "evx/postgres/connection.h"
#include "exchange_fixture.h"
#include "postgres/postgres_follower.h"

namespace evx::mock_kalshi::testing {

using namespace evx::testing;  // NOLINT: literals

inline constexpr absl::Duration kPatience = absl::Seconds(60);

// Polls until the condition holds.
template <class Condition>
void WaitUntil(const Condition& condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) REQUIRE(absl::Now() < deadline);
}

// An exchange that stores its history in a database.
class StoredExchange {
 public:
  explicit StoredExchange(const std::string& url) : exchange(directory.path()) { Use(url); }

  // From now on with this database; "" for none.
  void Use(const std::string& url) {
    url_ = url;
    const std::string path = directory.path() + "/url";
    std::ofstream(path) << url << "\n";
    exchange.config().postgres_url_file = url.empty() ? "" : path;
    exchange.config().journal_sync = JournalSync::kNone;
    exchange.Restart();
  }

  const PostgresFollower& follower() { return *exchange.host().history().follower(); }
  bool CatchUp() {
    return follower().WaitForStored(exchange.host().sequencer().released(), kPatience);
  }
  postgres::Result Query(const std::string& sql) {
    const auto connection = postgres::Connection::Connect({.url = url_});
    REQUIRE(connection.ok());
    auto result = (*connection)->Query(sql);
    INFO(result.status());
    REQUIRE(result.ok());
    return *std::move(result);
  }
  std::int64_t Number(const std::string& sql) {
    const postgres::Result result = Query(sql);
    REQUIRE(result.row_count() == 1);
    return result.Integer(0, 0).value_or(-1);
  }
  const std::string& url() const { return url_; }

  const TemporaryDirectory directory;
  ExchangeFixture exchange;

 private:
  std::string url_;
};

// Two traders doing everything at random in some markets.
class Crowd {
 public:
  Crowd(ExchangeFixture& exchange, std::uint64_t seed, absl::Duration open_for = absl::Hours(1))
      : exchange_(exchange), random_(seed) {
    a_ = exchange.AddTrader("a", 100'000_usd).account;
    b_ = exchange.AddTrader("b", 100'000_usd).account;
    for (const char* ticker : {"RAIN", "SNOW", "WIND"}) {
      markets_.push_back(exchange.AddMarket(ticker, "linear_cent", open_for));
    }
  }

  std::vector<AccountId> accounts() const { return {a_, b_}; }
  const std::vector<MarketId>& markets() const { return markets_; }

  void Act(int count) {
    for (int i = 0; i < count; ++i) ActOnce();
  }

  void SettleAll() {
    exchange_.AdvanceBy(absl::Hours(2));
    for (const MarketId market : markets_) {
      REQUIRE(!exchange_
                   .Execute(venue::DetermineMarket{
                       market, venue::MarketResult::kYes, Price::FromMicros(1'000'000), {}})
                   .result.reject);
      exchange_.Execute(venue::SettleMarket{market});  // Unless its timer was faster.
    }
  }

 private:
  void ActOnce() {
    if (random_() % 12 == 0) return ActOnGroup();
    const std::uint64_t kind = random_() % 10;
    if (kind < 6 || orders_.empty()) return Create();
    const auto& [order_id, create] = orders_[random_() % orders_.size()];
    if (kind < 8) {
      exchange_.Execute(venue::CancelOrder{create.account, order_id});
    } else if (kind == 8) {
      exchange_.Execute(
          venue::DecreaseOrder{create.account, -1, order_id, true, Quantity::FromContracts(1)});
    } else {
      venue::AmendOrder amend;
      amend.account = create.account;
      amend.order_id = order_id;
      amend.market = create.market;
      amend.side = create.side;
      amend.price_micros = static_cast<std::int64_t>(30 + random_() % 40) * 10'000;
      amend.total_quantity = Quantity::FromContracts(static_cast<std::int64_t>(1 + random_() % 9));
      exchange_.Execute(amend);
    }
    if (random_() % 20 == 0) exchange_.AdvanceBy(absl::Seconds(10));
  }

  void ActOnGroup() {
    const Quantity limit = Quantity::FromContracts(static_cast<std::int64_t>(1 + random_() % 50));
    if (groups_.size() < 3) {
      const AccountId account = random_() % 2 == 0 ? a_ : b_;
      const Outcome outcome = exchange_.Execute(venue::CreateOrderGroup{account, 0, limit});
      groups_.push_back({account, outcome.result.order_group});
      return;
    }
    const std::size_t index = random_() % groups_.size();
    const auto [account, group] = groups_[index];
    switch (random_() % 4) {
      case 0:
        exchange_.Execute(venue::UpdateOrderGroupLimit{account, group, limit});
        return;
      case 1:
        exchange_.Execute(venue::TriggerOrderGroup{account, group});
        return;
      case 2:
        exchange_.Execute(venue::ResetOrderGroup{account, group});
        return;
      default:
        exchange_.Execute(venue::DeleteOrderGroup{account, group});
        groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(index));
    }
  }

  void Create() {
    venue::CreateOrder order;
    order.account = random_() % 2 == 0 ? a_ : b_;
    order.market = markets_[random_() % markets_.size()];
    order.side = random_() % 2 == 0 ? BookSide::kBid : BookSide::kAsk;
    order.price_micros = static_cast<std::int64_t>(30 + random_() % 40) * 10'000;
    order.quantity = Quantity::FromContracts(static_cast<std::int64_t>(1 + random_() % 9));
    if (!groups_.empty() && random_() % 4 == 0) {
      std::tie(order.account, order.order_group) = groups_[random_() % groups_.size()];
    }
    if (random_() % 5 == 0) order.time_in_force = venue::TimeInForce::kImmediateOrCancel;
    const Outcome outcome = exchange_.Execute(order);
    if (!outcome.result.reject) orders_.push_back({outcome.result.order_id, order});
  }

  ExchangeFixture& exchange_;
  std::mt19937_64 random_;
  AccountId a_;
  AccountId b_;
  std::vector<MarketId> markets_;
  std::vector<std::pair<OrderId, venue::CreateOrder>> orders_;
  std::vector<std::pair<AccountId, OrderGroupId>> groups_;
};

}  // namespace evx::mock_kalshi::testing
