#include "postgres/postgres_follower.h"

#include <signal.h>
#include <sys/types.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "evx/postgres/testing/postgres_server.h"
#include "postgres/postgres_history.h"
#include "stored_exchange.h"
#include "tool/journal_audit.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using postgres::testing::PostgresServer;
using postgres::testing::SharedPostgres;
using testing::Crowd;
using testing::ExchangeFixture;
using testing::kPatience;
using testing::StoredExchange;

constexpr std::uint32_t kAll = 10'000;

std::string Text(const OrderRow& r) {
  return absl::StrFormat(
      "order %d a%d/%d m%d %d %d %d %d %d %d p%d i%d f%d r%d %d %d %d %d %s %d %d seq %d",
      r.order_id.value(), r.account.value(), r.subaccount, r.market.value(),
      static_cast<int>(r.side), static_cast<int>(r.time_in_force),
      static_cast<int>(r.self_trade_prevention), r.post_only, static_cast<int>(r.status),
      static_cast<int>(r.cancel_reason), r.price.micros(), r.initial_quantity.centis(),
      r.filled.centis(), r.remaining.centis(), r.taker_fill_cost.micros(),
      r.maker_fill_cost.micros(), r.taker_fees.micros(), r.maker_fees.micros(),
      std::string(r.client_order_id.view()), r.create_time.nanos(), r.update_time.nanos(),
      r.sequence_number.value());
}
std::string Text(const FillRow& r) {
  return absl::StrFormat(
      "fill %d %d a%d m%d %d %d p%d q%d fee %d t%d seq %d", r.trade_id.value(), r.order_id.value(),
      r.account.value(), r.market.value(), static_cast<int>(r.side), r.is_taker, r.price.micros(),
      r.quantity.centis(), r.fee.micros(), r.time.nanos(), r.sequence_number.value());
}
std::string Text(const TradeRow& r) {
  return absl::StrFormat("trade %d m%d p%d q%d %d %d %d %d t%d seq %d", r.trade_id.value(),
                         r.market.value(), r.price.micros(), r.quantity.centis(),
                         static_cast<int>(r.taker_side), r.taker_order_id.value(),
                         r.maker_order_id.value(), r.busted, r.time.nanos(),
                         r.sequence_number.value());
}
std::string Text(const SettlementRow& r) {
  return absl::StrFormat("settlement %d a%d m%d %d %d p%d %d %d %d %d t%d", r.settlement_id,
                         r.account.value(), r.market.value(), static_cast<int>(r.result),
                         r.settlement_value.micros(), r.position.centis(), r.yes_cost.micros(),
                         r.no_cost.micros(), r.revenue.micros(), r.fee.micros(), r.time.nanos());
}
std::string Text(const TransferRow& r) {
  return absl::StrFormat("transfer %d %d a%d %d t%d", r.transfer.value(), static_cast<int>(r.kind),
                         r.account.value(), r.amount.micros(), r.time.nanos());
}

template <class Row>
std::vector<std::string> Texts(const absl::StatusOr<std::vector<Row>>& rows) {
  INFO(rows.status());
  REQUIRE(rows.ok());
  std::vector<std::string> texts;
  for (const Row& row : *rows) texts.push_back(Text(row));
  return texts;
}

// Everything that an exchange has in memory must be in the database, row by row. The exchange has
// run without a restart, so its memory has all of it.
void CheckEqual(StoredExchange& stored, const Crowd& crowd) {
  const History& memory = stored.exchange.host().history().memory();
  postgres::Pool pool({.connect = {.url = stored.url()}});
  const PostgresHistory database(pool);
  for (const AccountId account : crowd.accounts()) {
    const OrderQuery orders{.account = account, .limit = kAll};
    const FillQuery fills{.account = account, .limit = kAll};
    const SettlementQuery settlements{.account = account, .limit = kAll};
    const TransferQuery transfers{.account = account, .limit = kAll};
    CHECK(Texts(database.ListOrders(orders)) == Texts(memory.ListOrders(orders)));
    CHECK(Texts(database.ListFills(fills)) == Texts(memory.ListFills(fills)));
    CHECK(Texts(database.ListSettlements(settlements)) ==
          Texts(memory.ListSettlements(settlements)));
    CHECK(Texts(database.ListTransfers(transfers)) == Texts(memory.ListTransfers(transfers)));
    CHECK(database.ListClosedPositions({.account = account})->size() ==
          memory.ListClosedPositions({.account = account})->size());
  }
  CHECK(Texts(database.ListTrades({.limit = kAll})) == Texts(memory.ListTrades({.limit = kAll})));
}

// What the live state says must be in the database too, and the books must balance.
void CheckLive(StoredExchange& stored) {
  CHECK(stored.Number("SELECT COALESCE(sum(amount_micros), 0)::BIGINT "
                      "FROM exchange.ledger_entries") == 0);
  CHECK(stored.Number("SELECT count(*) FROM (SELECT sequence_number, line / 2, "
                      "sum(amount_micros) FROM exchange.ledger_entries GROUP BY 1, 2 "
                      "HAVING sum(amount_micros) <> 0 OR count(*) <> 2) unbalanced") == 0);
  CHECK(stored.Number("SELECT count(*) FROM exchange.ledger_entries e LEFT JOIN "
                      "exchange.ledger_accounts a USING (ledger_account_id) "
                      "WHERE a.ledger_account_id IS NULL") == 0);
  stored.exchange.host().read_model().Read([&](const ReadModel::State& state) {
    std::size_t open_order_count = 0;
    for (const AccountState& account : state.accounts) {
      for (const auto& [number, subaccount] : account.subaccounts) {
        const std::string where = absl::StrFormat(" WHERE account_id = %d AND subaccount = %d",
                                                  account.account.value(), number);
        CHECK(stored.Number("SELECT cash_micros FROM exchange.subaccounts" + where) ==
              subaccount.cash.micros());
        CHECK(stored.Number("SELECT hold_micros FROM exchange.subaccounts" + where) ==
              subaccount.hold.micros());
        CHECK(stored.Number("SELECT COALESCE(sum(amount_micros), 0)::BIGINT "
                            "FROM exchange.ledger_entries JOIN exchange.ledger_accounts "
                            "USING (ledger_account_id)" +
                            where) == subaccount.cash.micros());
      }
      for (const auto& [key, position] : account.positions) {
        CHECK(stored.Number(absl::StrFormat(
                  "SELECT position_centis FROM exchange.positions WHERE account_id = %d "
                  "AND market_id = %d AND subaccount = %d",
                  account.account.value(), key.first.value(), key.second)) ==
              position.position.centis());
      }
      open_order_count += account.open_orders.size();
      CHECK(stored.Number(absl::StrFormat("SELECT count(*) FROM exchange.order_groups "
                                          "WHERE account_id = %d AND delete_time_ns = 0",
                                          account.account.value())) ==
            static_cast<std::int64_t>(account.order_groups.size()));
      for (const auto& [id, group] : account.order_groups) {
        CHECK(stored.Number(absl::StrFormat(
                  "SELECT count(*) FROM exchange.order_groups WHERE order_group_id = %d "
                  "AND account_id = %d AND subaccount = %d AND limit_centis = %d "
                  "AND triggered = %s AND delete_time_ns = 0",
                  id.value(), group.account.value(), group.subaccount, group.limit.centis(),
                  group.triggered ? "TRUE" : "FALSE")) == 1);
      }
    }
    CHECK(stored.Number("SELECT count(*) FROM exchange.orders WHERE order_status = 0") ==
          static_cast<std::int64_t>(open_order_count));
    for (const MarketState& market : state.markets) {
      CHECK(stored.Number("SELECT market_status FROM exchange.markets WHERE market_id = " +
                          std::to_string(market.market.value())) ==
            static_cast<std::int64_t>(market.status));
      for (const auto& [price, quantity] : market.book.bids) {
        CHECK(stored.Number(absl::StrFormat(
                  "SELECT sum(remaining_quantity_centis)::BIGINT FROM exchange.orders "
                  "WHERE order_status = 0 AND market_id = %d AND book_side = 0 "
                  "AND price_micros = %d",
                  market.market.value(), price.micros())) == quantity.centis());
      }
    }
  });
}

std::vector<std::string> CandleTexts(const absl::StatusOr<std::vector<CandleRow>>& rows) {
  REQUIRE(rows.ok());
  std::vector<std::string> texts;
  for (const CandleRow& r : *rows) {
    texts.push_back(absl::StrFormat(
        "%d bid %d %d %d %d ask %d %d %d %d trade %d %d value %d previous %d volume %d oi %d",
        r.end_period_seconds, r.yes_bid.open.micros(), r.yes_bid.high.micros(),
        r.yes_bid.low.micros(), r.yes_bid.close.micros(), r.yes_ask.open.micros(),
        r.yes_ask.high.micros(), r.yes_ask.low.micros(), r.yes_ask.close.micros(),
        r.trade ? r.trade->open.micros() : -1, r.trade ? r.trade->close.micros() : -1,
        r.trade_value.micros(), r.previous ? r.previous->micros() : -1, r.volume.centis(),
        r.open_interest.centis()));
  }
  return texts;
}

void CheckCandles(StoredExchange& stored, const Crowd& crowd) {
  postgres::Pool pool({.connect = {.url = stored.url()}});
  const PostgresHistory database(pool);
  for (const MarketId market : crowd.markets()) {
    for (const std::int64_t period : kCandlePeriodMinutes) {
      CandleQuery query;
      query.market = market;
      query.period_minutes = period;
      query.max_end_seconds = 2 * ExchangeFixture::kStartSeconds;
      const auto known = database.ReadCandles(query);
      REQUIRE(known.ok());
      CHECK(CandleTexts(FillCandles(query, known->rows, known->until)) ==
            CandleTexts(stored.exchange.host().history().candle_store().ListCandles(query)));
    }
  }
}

TEST_CASE("PostgresFollower: rows equal what the events say", "[postgres]") {
  StoredExchange stored(SharedPostgres().CreateDatabase());
  Crowd crowd(stored.exchange, 20260805);
  crowd.Act(600);
  REQUIRE(stored.CatchUp());
  CheckEqual(stored, crowd);
  CheckLive(stored);
  CheckCandles(stored, crowd);
  crowd.SettleAll();
  REQUIRE(stored.CatchUp());
  CheckEqual(stored, crowd);
  CheckLive(stored);
  CHECK(stored.Number("SELECT count(*) FROM exchange.settlements") > 0);
  CHECK(stored.Number("SELECT count(*) FROM exchange.marks WHERE position_value_micros > 0") > 0);
  CHECK(stored.Number("SELECT count(*) FROM exchange.catalogue_history "
                      "WHERE change = 'MarketStatusChanged'") > 0);
  CHECK(stored.Number("SELECT count(*) FROM exchange.order_groups WHERE delete_time_ns > 0") > 0);
  CHECK(stored.Number("SELECT count(*) FROM exchange.order_group_history "
                      "WHERE change = 'OrderGroupTriggered'") > 0);
}

TEST_CASE("PostgresHistory: marks are listed from the one that stood at the start, page by page",
          "[postgres]") {
  StoredExchange stored(SharedPostgres().CreateDatabase());
  const AccountId account = stored.exchange.AddTrader("a", 1'000_usd).account;
  // A deposit in each of six minutes; nothing in the two minutes after the third.
  std::vector<std::int64_t> cash_usd;
  for (int i = 0; i < 6; ++i) {
    stored.exchange.Execute(venue::Deposit{account, 0, 1_usd});
    stored.exchange.AdvanceBy(absl::Minutes(i == 2 ? 3 : 1));
    cash_usd.push_back(1'001 + i);
  }
  REQUIRE(stored.CatchUp());
  postgres::Pool pool({.connect = {.url = stored.url()}});
  const PostgresHistory database(pool);
  const auto list = [&](MarkQuery query) {
    query.account = account;
    const auto rows = database.ListMarks(query);
    INFO(rows.status());
    REQUIRE(rows.ok());
    return *rows;
  };
  const auto cash_of = [](const std::vector<MarkRow>& rows) {
    std::vector<std::int64_t> dollars;
    for (const MarkRow& row : rows) dollars.push_back(row.cash.micros() / 1'000'000);
    return dollars;
  };
  const std::vector<MarkRow> all = list({});
  REQUIRE(cash_of(all) == cash_usd);
  CHECK(all[3].time - all[2].time == absl::Minutes(3));
  // The third mark still stood two minutes later.
  const std::vector<MarkRow> later = list({.min_time = all[2].time + absl::Minutes(2)});
  CHECK(cash_of(later) == std::vector<std::int64_t>{1'003, 1'004, 1'005, 1'006});
  CHECK(cash_of(list({.min_time = all[1].time, .max_time = all[2].time})) ==
        std::vector<std::int64_t>{1'002, 1'003});
  CHECK(cash_of(list({.min_time = all[1].time, .after = all[3].time, .limit = 1})) ==
        std::vector<std::int64_t>{1'005});
  CHECK(list({.subaccount = 1}).empty());
}

TEST_CASE("PostgresFollower: a busted trade is marked and its cash goes back", "[postgres]") {
  StoredExchange stored(SharedPostgres().CreateDatabase());
  Crowd crowd(stored.exchange, 3);
  crowd.Act(200);
  const History& memory = stored.exchange.host().history().memory();
  const auto trades = *memory.ListTrades({});
  REQUIRE(!trades.empty());
  venue::BustTrade bust;
  bust.trade_id = trades.back().trade_id;
  bust.market = trades.back().market;
  bust.price = trades.back().price;
  bust.quantity = trades.back().quantity;
  const std::vector<FillRow> fills = *memory.FindFills(bust.trade_id);
  for (const FillRow& fill : fills) {
    (fill.is_taker ? bust.taker : bust.maker) = {fill.account, fill.subaccount, fill.side,
                                                 fill.order_id, fill.fee};
  }
  const Outcome outcome = stored.exchange.Execute(bust);
  REQUIRE(!outcome.result.reject);
  REQUIRE(stored.CatchUp());
  CheckEqual(stored, crowd);
  CheckLive(stored);
  CHECK(stored.Number("SELECT count(*) FROM exchange.trades WHERE busted") == 1);
  // The statements of both sides show it as reversals, 8, of that command.
  CHECK(stored.Number(absl::StrFormat(
            "SELECT count(DISTINCT account_id) FROM exchange.ledger_entries JOIN "
            "exchange.ledger_accounts USING (ledger_account_id) WHERE posting_kind = 8 AND "
            "sequence_number = %d AND account_id IN (%d, %d)",
            outcome.sequence_number.value(), bust.taker.account.value(),
            bust.maker.account.value())) == 2);
}

TEST_CASE("PostgresFollower: a restart of the exchange goes on behind the last stored record",
          "[postgres]") {
  StoredExchange stored(SharedPostgres().CreateDatabase());
  Crowd crowd(stored.exchange, 11);
  for (int round = 0; round < 3; ++round) {
    crowd.Act(150);
    stored.exchange.Restart();
  }
  REQUIRE(stored.CatchUp());
  CheckLive(stored);
  CheckCandles(stored, crowd);
  // The journal alone, folded once more into an empty database, says the same.
  const std::int64_t row_count = stored.Number("SELECT count(*) FROM exchange.ledger_entries") +
                                 stored.Number("SELECT count(*) FROM exchange.orders") +
                                 stored.Number("SELECT count(*) FROM exchange.fills");
  stored.Use(SharedPostgres().CreateDatabase());
  REQUIRE(stored.CatchUp());
  CheckEqual(stored, crowd);
  CHECK(row_count == stored.Number("SELECT count(*) FROM exchange.ledger_entries") +
                         stored.Number("SELECT count(*) FROM exchange.orders") +
                         stored.Number("SELECT count(*) FROM exchange.fills"));
}

TEST_CASE("PostgresFollower: killing PostgreSQL at random instants loses and doubles nothing",
          "[postgres]") {
  PostgresServer server;
  StoredExchange stored(server.CreateDatabase());
  Crowd crowd(stored.exchange, 5);
  std::mt19937_64 random(77);
  for (int round = 0; round < 5; ++round) {
    crowd.Act(static_cast<int>(50 + random() % 200));
    server.Kill();
    crowd.Act(static_cast<int>(random() % 100));
    server.Start();
  }
  REQUIRE(stored.CatchUp());
  CheckEqual(stored, crowd);
  CheckLive(stored);
  CheckCandles(stored, crowd);
}

// From now on only commits that wait for the disk reach it.
void StopBackgroundWriters(const postgres::ConnectOptions& connect) {
  const auto connection = postgres::Connection::Connect(connect);
  REQUIRE(connection.ok());
  const auto writers = (*connection)
                           ->Query(
                               "SELECT pid FROM pg_stat_activity WHERE backend_type IN "
                               "('walwriter', 'background writer', 'checkpointer')");
  REQUIRE(writers.ok());
  REQUIRE(writers->row_count() == 3);
  for (int i = 0; i < writers->row_count(); ++i) {
    REQUIRE(kill(static_cast<pid_t>(writers->Integer(i, 0).value_or(0)), SIGSTOP) == 0);
  }
}

TEST_CASE("PostgresFollower: batches that a killed PostgreSQL had not on disk are stored again",
          "[postgres]") {
  // Behind a durable commit, or with nothing on disk yet.
  const int kill_after = GENERATE(5, PostgresFollower::kSoonCommitCountMax + 4);
  CAPTURE(kill_after);
  StoredExchange stored("");
  const AccountId account = stored.exchange.AddTrader("a", 10'000_usd).account;
  const MarketId market = stored.exchange.AddMarket("RAIN");
  // No time passes, so no minute ends a batch early.
  for (int i = 0; i < 600; ++i) {
    venue::CreateOrder order;
    order.account = account;
    order.market = market;
    order.price_micros = 300'000;
    order.quantity = Quantity::FromContracts(1);
    REQUIRE(!stored.exchange.Execute(order).result.reject);
  }
  const SequenceNumber last = stored.exchange.host().sequencer().released();

  PostgresServer server({.settings = "-c autovacuum=off"});
  PostgresFollower::Options options;
  options.connect = {.url = server.CreateDatabase()};
  StopBackgroundWriters(options.connect);
  options.journal_directory = stored.directory.path();
  options.batch_record_count_max = 30;
  options.retry_interval_first = absl::Milliseconds(10);
  journal::DurableSequence durable(last);
  journal::FollowerCursors cursors;
  std::atomic<int> batch_count = 0;
  std::promise<void> killed;
  SequenceNumber stored_when_killed;
  PostgresFollower::Observer observer;
  observer.on_batch = [&](std::uint64_t, absl::Duration) {
    if (++batch_count != kill_after) return;
    stored_when_killed = *cursors.Lowest();
    server.Kill();
    killed.set_value();
  };
  PostgresFollower follower(options, journal::PosixFileSystem(), durable, cursors, observer);
  follower.Start();
  killed.get_future().wait();
  // The cursor, which lets segments go, has not moved with what is lost now.
  const auto batch_records = static_cast<std::uint64_t>(options.batch_record_count_max);
  const bool has_durable = kill_after > PostgresFollower::kSoonCommitCountMax;
  CHECK(stored_when_killed.value() ==
        (has_durable ? (PostgresFollower::kSoonCommitCountMax + 1) * batch_records : 0));
  server.Start();
  REQUIRE(follower.WaitForStored(last, kPatience));
  // What was lost was written twice.
  CHECK(batch_count > static_cast<int>((last.value() + batch_records - 1) / batch_records));
  const auto report =
      AuditPostgres(journal::PosixFileSystem(), stored.directory.path(), options.connect);
  INFO(report.status());
  REQUIRE(report.ok());
  CHECK(report->last == last);
}

TEST_CASE(
    "PostgresFollower: while PostgreSQL is away trading goes on, recent history is served, "
    "older pages name the cause",
    "[postgres]") {
  PostgresServer server;
  StoredExchange stored(server.CreateDatabase());
  Crowd crowd(stored.exchange, 9);
  crowd.Act(100);
  REQUIRE(stored.CatchUp());
  const std::size_t fill_count =
      stored.exchange.host()
          .context()
          .history.ListFills({.account = crowd.accounts().front(), .limit = kAll})
          ->size();
  stored.exchange.config().snapshot_interval = 50;
  stored.exchange.Restart();
  crowd.Act(200);  // With a snapshot, behind which memory begins after the next restart.
  REQUIRE(stored.CatchUp());
  stored.exchange.Restart();
  server.Kill();
  crowd.Act(200);
  const History& history = stored.exchange.host().context().history;
  const FillQuery newest{.account = crowd.accounts().front(), .limit = 3};
  const auto page = history.ListFills(newest);
  INFO(page.status());
  REQUIRE(page.ok());
  CHECK(page->size() == 3);
  const FillQuery all{.account = crowd.accounts().front(), .limit = kAll};
  const auto away = history.ListFills(all);
  CHECK(absl::IsUnavailable(away.status()));
  CHECK(std::string(away.status().message()).find("postgres") != std::string::npos);
  testing::WaitUntil([&] { return !stored.follower().status().ok(); });
  server.Start();
  REQUIRE(stored.CatchUp());
  // Readers look for the server again after a moment.
  auto back = history.ListFills(all);
  testing::WaitUntil([&] { return (back = history.ListFills(all)).ok(); });
  CHECK(back->size() > fill_count);
  CheckLive(stored);
}

TEST_CASE(
    "PostgresFollower: an empty database is filled from the newest snapshot when the "
    "journal's start is gone",
    "[postgres]") {
  StoredExchange stored("");
  stored.exchange.config().snapshot_interval = 2'000;
  stored.exchange.Restart();
  Crowd crowd(stored.exchange, 21);
  const std::string first = stored.directory.path() + "/00000000000000000001.journal";
  for (int round = 0; round < 40 && std::filesystem::exists(first); ++round) crowd.Act(1'000);
  REQUIRE_FALSE(std::filesystem::exists(first));
  crowd.Act(100);
  stored.Use(SharedPostgres().CreateDatabase());
  REQUIRE(stored.CatchUp());
  CHECK(stored.Number("SELECT base_sequence_number FROM exchange.follower") > 0);
  CheckLive(stored);
  crowd.Act(300);
  crowd.SettleAll();
  REQUIRE(stored.CatchUp());
  CheckLive(stored);
  CHECK(stored.Number("SELECT count(*) FROM exchange.ledger_entries WHERE posting_kind = 100") > 0);
}

nlohmann::json MarketNumbers(StoredExchange& stored) {
  nlohmann::json numbers;
  for (const char* ticker : {"RAIN", "SNOW", "WIND"}) {
    const auto market = stored.exchange.Get(std::string("/trade-api/v2/markets/") + ticker).json;
    for (const char* field :
         {"volume_fp", "volume_24h_fp", "previous_price_dollars", "previous_yes_bid_dollars",
          "previous_yes_ask_dollars", "last_price_dollars", "open_interest_fp"}) {
      REQUIRE(market["market"].contains(field));
      numbers[ticker][field] = market["market"][field];
    }
  }
  return numbers;
}

TEST_CASE("PostgresFollower: a restart behind a snapshot keeps each market's last day",
          "[postgres]") {
  StoredExchange stored(SharedPostgres().CreateDatabase());
  stored.exchange.config().snapshot_interval = 500;
  stored.exchange.Restart();
  Crowd crowd(stored.exchange, 17, absl::Hours(24 * 30));
  // Each market trades on some of 40 hours.
  for (int hour = 0; hour < 40; ++hour) {
    if (hour % 4 != 1) crowd.Act(40);
    stored.exchange.AdvanceBy(absl::Minutes(60));
  }
  crowd.Act(20);
  REQUIRE(stored.CatchUp());
  const nlohmann::json before = MarketNumbers(stored);
  CHECK(before["RAIN"]["volume_24h_fp"] != before["RAIN"]["volume_fp"]);
  CHECK(before["RAIN"]["previous_price_dollars"] != "0.0000");
  stored.exchange.Restart();
  REQUIRE(stored.exchange.host().history().memory().complete_since() > SequenceNumber(1));
  REQUIRE(stored.CatchUp());
  // They are read once the follower has its place.
  testing::WaitUntil([&] { return MarketNumbers(stored) == before; });
  // And they go on as if nothing had been.
  stored.exchange.AdvanceBy(absl::Hours(48));
  CHECK(MarketNumbers(stored)["RAIN"]["volume_24h_fp"] == "0.00");
}

TEST_CASE("PostgresFollower: the history of another journal is left alone", "[postgres]") {
  const std::string url = SharedPostgres().CreateDatabase();
  StoredExchange first(url);
  first.exchange.AddTrader("a", 10_usd);
  REQUIRE(first.CatchUp());
  StoredExchange second(url);
  second.exchange.AddTrader("b", 10_usd);
  testing::WaitUntil([&] { return absl::IsFailedPrecondition(second.follower().status()); });
  CHECK_FALSE(second.follower().WaitForStored(SequenceNumber(1), absl::Milliseconds(500)));
  CHECK(second.Number("SELECT count(*) FROM exchange.accounts WHERE name = 'b'") == 0);
}

}  // namespace
}  // namespace evx::mock_kalshi
