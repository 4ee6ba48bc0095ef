#include "tool/journal_audit.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "evx/postgres/testing/postgres_server.h"
#include "stored_exchange.h"
#include "tool/journal_replay.h"
#include "tool/journal_tool.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using postgres::testing::SharedPostgres;
using testing::Crowd;
using testing::StoredExchange;

absl::StatusOr<AuditReport> Audit(StoredExchange& stored) {
  return AuditPostgres(journal::PosixFileSystem(), stored.directory.path(), {.url = stored.url()});
}

TEST_CASE("Audit: passes on what the follower stored", "[postgres]") {
  StoredExchange stored(SharedPostgres().CreateDatabase());
  Crowd crowd(stored.exchange, 31);
  crowd.Act(300);
  REQUIRE(stored.CatchUp());
  const auto open = Audit(stored);
  INFO(open.status());
  REQUIRE(open.ok());
  CHECK(open->row_count > 500);
  crowd.SettleAll();
  REQUIRE(stored.CatchUp());
  const auto settled = Audit(stored);
  INFO(settled.status());
  CHECK(settled.ok());
}

TEST_CASE("Audit: names a planted difference", "[postgres]") {
  struct Plant {
    const char* sql;
    const char* named;
  };
  const auto plant = GENERATE(
      Plant{"UPDATE exchange.fills SET fee_micros = fee_micros + 1 WHERE trade_id = 3 AND is_taker",
            "exchange.fills, row trade_id=3 is_taker=t: fee_micros"},
      Plant{"DELETE FROM exchange.trades WHERE trade_id = 4", "exchange.trades"},
      Plant{"INSERT INTO exchange.trades SELECT trade_id + 1000000, market_id, price_micros, "
            "quantity_centis, taker_side, taker_order_id, maker_order_id, busted, time_ns, "
            "sequence_number FROM exchange.trades WHERE trade_id = 4",
            "trades behind the last"},
      Plant{"UPDATE exchange.orders SET filled_quantity_centis = filled_quantity_centis + 1 "
            "WHERE order_id = 5",
            "filled_quantity_centis"},
      Plant{"DELETE FROM exchange.orders WHERE order_id = 7", "exchange.orders"},
      Plant{"UPDATE exchange.subaccounts SET cash_micros = cash_micros + 100 "
            "WHERE account_id = 1 AND subaccount = 0",
            "exchange.subaccounts"},
      Plant{"UPDATE exchange.ledger_entries SET amount_micros = amount_micros + 1 "
            "WHERE (sequence_number, line) = (SELECT sequence_number, line "
            "FROM exchange.ledger_entries ORDER BY 1 LIMIT 1)",
            "exchange.ledger_entries"},
      Plant{"UPDATE exchange.candles SET volume_centis = volume_centis + 1 "
            "WHERE period_minutes = 60 AND market_id = 1",
            "exchange.candles"},
      Plant{"UPDATE exchange.positions SET realized_pnl_micros = 77 WHERE market_id = 1 "
            "AND account_id = 1",
            "exchange.positions"},
      Plant{"UPDATE exchange.order_groups SET limit_centis = limit_centis + 1",
            "exchange.order_groups"},
      Plant{"DELETE FROM exchange.order_group_history WHERE change = 'OrderGroupCreated'",
            "exchange.order_group_history"});
  CAPTURE(plant.sql);
  StoredExchange stored(SharedPostgres().CreateDatabase());
  Crowd crowd(stored.exchange, 32);
  crowd.Act(150);
  REQUIRE(stored.CatchUp());
  stored.Query(plant.sql);
  const auto report = Audit(stored);
  REQUIRE(absl::IsFailedPrecondition(report.status()));
  CHECK(std::string(report.status().message()).find(plant.named) != std::string::npos);
}

TEST_CASE("Audit: a replay of the journal gives the state hash of the exchange", "[postgres]") {
  StoredExchange stored("");
  Crowd crowd(stored.exchange, 33);
  crowd.Act(200);
  const std::uint64_t hash = stored.exchange.StateHash();
  const auto replayed = ReplayTo(journal::PosixFileSystem(), stored.directory.path(),
                                 stored.exchange.host().sequencer().released());
  INFO(replayed.status());
  REQUIRE(replayed.ok());
  CHECK(replayed->state_hash == hash);
  CHECK(replayed->base == SequenceNumber(0));
}

TEST_CASE("JournalTool: prints the whole life of an order, by number and by wire id",
          "[postgres]") {
  StoredExchange stored("");
  const auto trader = stored.exchange.AddTrader("a", 1'000_usd);
  stored.exchange.AddMarket("RAIN");
  stored.exchange.Create(trader, "RAIN", "bid", "0.30", "1");
  const auto created = stored.exchange.Create(trader, "RAIN", "bid", "0.40", "10");
  const std::string wire_id = created.json["order_id"].get<std::string>();
  stored.exchange.Send(trader, net::HttpMethod::kDelete,
                       "/trade-api/v2/portfolio/events/orders/" + wire_id);
  JournalToolConfig config;
  config.data_dir = stored.directory.path();
  config.order = wire_id;
  std::ostringstream by_id;
  REQUIRE(PrintJournal(config, by_id).ok());
  CHECK(by_id.str().find("OrderAccepted{order_id=2") != std::string::npos);
  CHECK(by_id.str().find("OrderCanceled{order_id=2") != std::string::npos);
  CHECK(by_id.str().find("order_id=1 ") == std::string::npos);
  CHECK(by_id.str().find("key=" + trader.key_id) != std::string::npos);
  config.order = "2";
  std::ostringstream by_number;
  REQUIRE(PrintJournal(config, by_number).ok());
  CHECK(by_number.str() == by_id.str());
  config.order = "nonsense";
  CHECK(absl::IsInvalidArgument(PrintJournal(config, by_number)));
}

}  // namespace
}  // namespace evx::mock_kalshi
