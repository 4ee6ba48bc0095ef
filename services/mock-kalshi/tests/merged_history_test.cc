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
