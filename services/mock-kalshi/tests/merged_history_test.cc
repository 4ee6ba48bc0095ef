#include "read_model/merged_history.h"

#include <catch2/catch.hpp>
#include <set>

#include "evx/postgres/testing/postgres_server.h"
#include "postgres/postgres_writer.h"

namespace evx::mock_kalshi {
namespace {

constexpr AccountId kAccount(1);
constexpr MarketId kMarket(1);

// Memory and database side by side, filled by hand.
class TwoStores {
 public:
  TwoStores()
      : url_(postgres::testing::SharedPostgres().CreateDatabase()),
        writer_(*PostgresWriter::Open({.url = url_})),
        pool_({.connect = {.url = url_}}),
        postgres_(pool_),
        memory_(1'000),
        merged_(memory_, postgres_, [this] { return place_.stored; }) {
    memory_.StartBehind(SequenceNumber(1), Timestamp::FromSeconds(1));
    place_.stored = SequenceNumber(0);
    AddRecord(/*trade_count=*/0);
    Store();
  }

  // One record with some trades of one fill each, in memory and for the next Store.
  void AddRecord(int trade_count) {
    FinishedRows rows;
    const SequenceNumber sequence(++sequence_);
    const Timestamp time = Timestamp::FromSeconds(static_cast<std::int64_t>(sequence_));
    if (batch_.empty()) batch_.first = sequence;
    batch_.last = sequence;
    batch_.last_time = time;
    ++batch_.record_count;
    for (int i = 0; i < trade_count; ++i) {
      const TradeId trade_id(++trade_);
      FillRow fill;
      fill.trade_id = trade_id;
      fill.account = kAccount;
      fill.market = kMarket;
      fill.time = time;
      fill.sequence_number = sequence;
      rows.fills.push_back(fill);
      batch_.fills.push_back(fill);
    }
    memory_.Add(rows);
  }

  // One record with a trade of two accounts; which of its fills is written first differs.
  void AddWholeTrade(MarketId market) {
    FinishedRows rows;
    TradeRow trade;
    trade.trade_id = TradeId(++trade_);
    trade.market = market;
    trade.sequence_number = SequenceNumber(++sequence_);
    trade.time = Timestamp::FromSeconds(static_cast<std::int64_t>(sequence_));
    rows.trades.push_back(trade);
    for (const bool is_first : {true, false}) {
      FillRow fill;
      fill.trade_id = trade.trade_id;
      fill.market = market;
      fill.time = trade.time;
      fill.sequence_number = trade.sequence_number;
      fill.is_taker = is_first == (trade_ % 3 == 0);
      fill.account = AccountId(fill.is_taker ? 2 : 1);
      rows.fills.push_back(fill);
    }
    if (batch_.empty()) batch_.first = trade.sequence_number;
    batch_.last = trade.sequence_number;
    batch_.last_time = trade.time;
    ++batch_.record_count;
    batch_.trades.push_back(trade);
    batch_.fills.insert(batch_.fills.end(), rows.fills.begin(), rows.fills.end());
    memory_.Add(rows);
  }

  void Store() {
    const auto place = writer_->Write(batch_, place_, CommitMode::kDurable);
    REQUIRE(place.ok());
    place_ = *place;
    batch_.Clear();
  }

  std::vector<std::uint64_t> Page(std::optional<TradeId> before, std::uint32_t limit) {
    const auto rows = merged_.ListFills({.account = kAccount, .before = before, .limit = limit});
    REQUIRE(rows.ok());
    std::vector<std::uint64_t> ids;
    for (const FillRow& row : *rows) ids.push_back(row.trade_id.value());
    return ids;
  }

  MemoryHistory& memory() { return memory_; }
  const MergedHistory& merged() { return merged_; }

 private:
  const std::string url_;
  std::unique_ptr<PostgresWriter> writer_;
  postgres::Pool pool_;
  PostgresHistory postgres_;
  MemoryHistory memory_;
  MergedHistory merged_;
  FollowerPlace place_;
  RowBatch batch_;
  std::uint64_t sequence_ = 0;
  std::uint64_t trade_ = 0;
};

TEST_CASE("MergedHistory: pages go through every row once while rows are added", "[postgres]") {
  TwoStores stores;
  for (int i = 0; i < 50; ++i) stores.AddRecord(3);
  stores.Store();
  std::set<std::uint64_t> seen;
  std::optional<TradeId> before;
  for (;;) {
    const auto page = stores.Page(before, 7);
    for (const std::uint64_t id : page) CHECK(seen.insert(id).second);
    if (page.size() < 7) break;
    before = TradeId(page.back());
    stores.AddRecord(2);
    if (seen.size() % 2 == 0) stores.Store();
  }
  CHECK(seen.size() == 150);
}

TEST_CASE("MergedHistory: fills of all accounts are those of both sides, whatever is where",
          "[postgres]") {
  // Memory knows what came after its start, and gives the oldest away beyond 1,000 rows.
  const int trade_count = GENERATE(30, 700);
  const auto market = GENERATE(std::optional<MarketId>(), std::optional(MarketId(2)));
  using Place = std::pair<std::uint64_t, bool>;  // A trade, and whether it is its taker's.
  TwoStores stores;
  std::vector<Place> expected;
  for (int i = 1; i <= trade_count; ++i) {
    const MarketId traded(i % 4 == 0 ? 2 : 1);
    stores.AddWholeTrade(traded);
    if (i == trade_count * 2 / 3) stores.Store();
    if (market && traded != *market) continue;
    expected.insert(expected.begin(), {{i, true}, {i, false}});
  }
  for (const std::uint32_t limit : {1u, 7u, 100u, 2'000u}) {
    for (const int before : {1, 150, 201, 203, 702}) {
      FillQuery query;
      if (market) query.markets = {*market};
      query.limit = limit;
      query.before = TradeId(static_cast<std::uint64_t>(before));
      const auto page = stores.merged().ListFills(query);
      REQUIRE(page.ok());
      std::vector<Place> seen;
      for (const FillRow& row : *page) {
        seen.emplace_back(row.trade_id.value(), row.is_taker);
        CHECK(row.account == AccountId(row.is_taker ? 2 : 1));
      }
      std::vector<Place> wanted;
      for (const Place& place : expected) {
        if (place.first < query.before->value() && wanted.size() < limit) wanted.push_back(place);
      }
      CHECK(seen == wanted);
    }
  }
  // Trade 10 and record 11 belong together: record 1 has no trade.
  FillQuery moment;
  moment.min_time = moment.max_time = Timestamp::FromSeconds(11);
  const auto of_a_moment = stores.merged().ListFills(moment);
  REQUIRE(of_a_moment.ok());
  REQUIRE(of_a_moment->size() == 2);
  CHECK(of_a_moment->front().trade_id == TradeId(10));
}

TEST_CASE("MergedHistory: rows that are not stored yet come first, none twice", "[postgres]") {
  TwoStores stores;
  stores.AddRecord(5);
  stores.Store();
  stores.AddRecord(5);
  CHECK(stores.Page(std::nullopt, 100) ==
        std::vector<std::uint64_t>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  stores.Store();
  CHECK(stores.Page(std::nullopt, 4) == std::vector<std::uint64_t>{10, 9, 8, 7});
  CHECK(stores.Page(TradeId(7), 4) == std::vector<std::uint64_t>{6, 5, 4, 3});
}

TEST_CASE("MergedHistory: rows that fit in neither store are admitted, not passed over",
          "[postgres]") {
  TwoStores stores;
  stores.AddRecord(5);
  stores.Store();
  for (int i = 0; i < 300; ++i) stores.AddRecord(5);
  // 1,500 rows are not stored, memory holds 1,000.
  CHECK(stores.Page(std::nullopt, 100).size() == 100);
  const auto beyond =
      stores.merged().ListFills({.account = kAccount, .before = TradeId(400), .limit = 100});
  CHECK(absl::IsUnavailable(beyond.status()));
  stores.Store();
  CHECK(stores.Page(TradeId(400), 100).size() == 100);
}

}  // namespace
}  // namespace evx::mock_kalshi
