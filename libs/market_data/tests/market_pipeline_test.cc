#include "evx/market_data/market_pipeline.h"

#include <catch2/catch.hpp>
#include <string>

#include "evx/market_data/testing/pipeline_fixture.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;
using common::v1::BOOK_SIDE_ASK;
using common::v1::BOOK_SIDE_BID;

TEST_CASE("MarketPipeline: the first snapshot and deltas become numbered messages",
          "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A"});
  f.Snapshot("A", {{40, 300}}, {{55, 200}});
  f.Delta("A", ContractSide::kYes, 41, 100);
  f.Delta("A", ContractSide::kNo, 55, -200);

  REQUIRE(f.sink.books.size() == 3);
  const pb::BookMessage& snapshot = f.sink.books[0];
  CHECK(snapshot.market_ticker() == "A");
  CHECK(snapshot.envelope().source() == "test");
  CHECK(snapshot.envelope().schema_version() == 1);
  CHECK(snapshot.envelope().sequence() == 1);
  CHECK(snapshot.envelope().source_subscription() == 3);
  CHECK(snapshot.envelope().source_sequence() == 1);
  CHECK(snapshot.envelope().received_ns() == 1'000'000'010'000);
  CHECK(snapshot.envelope().published_ns() == 1'000'000'010'000);
  CHECK(snapshot.snapshot().cause() == pb::SNAPSHOT_CAUSE_VENUE);
  REQUIRE(snapshot.snapshot().bids_size() == 1);
  REQUIRE(snapshot.snapshot().asks_size() == 1);
  CHECK(snapshot.snapshot().bids(0).price_micros() == 400'000);
  CHECK(snapshot.snapshot().asks(0).price_micros() == 450'000);  // A NO bid at 0.55.
  CHECK(snapshot.snapshot().asks(0).quantity_centis() == 200);

  CHECK(f.sink.books[1].envelope().sequence() == 2);
  CHECK(f.sink.books[1].delta().side() == BOOK_SIDE_BID);
  CHECK(f.sink.books[1].delta().price_micros() == 410'000);
  CHECK(f.sink.books[1].delta().delta_centis() == 100);
  CHECK(f.sink.books[1].delta().quantity_centis() == 100);
  CHECK(f.sink.books[1].delta().event_time_ns() == 5'000'000);
  CHECK(f.sink.books[2].envelope().sequence() == 3);
  CHECK(f.sink.books[2].delta().side() == BOOK_SIDE_ASK);
  CHECK(f.sink.books[2].delta().quantity_centis() == 0);
  CHECK(f.sink.sequences == std::vector<std::int64_t>{1, 2, 3});
  CHECK(f.sink.keys == std::vector<std::string>{"A", "A", "A"});
}

TEST_CASE("MarketPipeline: every n-th delta is followed by a snapshot of its number",
          "[market_data]") {
  testing::PipelineFixture<> f(/*deltas_per_snapshot=*/3);
  f.pipeline.AddMarkets({"A"});
  f.Snapshot("A", {}, {});
  for (int i = 0; i < 7; ++i) f.Delta("A", ContractSide::kYes, 40, 100);

  std::vector<std::int64_t> periodic;
  for (const pb::BookMessage& message : f.sink.books) {
    if (message.has_snapshot() && message.snapshot().cause() == pb::SNAPSHOT_CAUSE_PERIODIC) {
      periodic.push_back(message.envelope().sequence());
    }
  }
  CHECK(periodic == std::vector<std::int64_t>{4, 7});
  CHECK(f.sink.books.size() == 10);
  CHECK(f.sink.books.back().envelope().sequence() == 8);
}

TEST_CASE("MarketPipeline: what changes nothing is dropped and counted", "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A"});
  f.Snapshot("A", {{40, 300}}, {});
  f.Snapshot("A", {{40, 300}}, {});
  f.Delta("A", ContractSide::kYes, 40, 0);
  f.Delta("B", ContractSide::kYes, 40, 100);
  f.Delta("A", ContractSide::kYes, 40, 100, /*is_in_doubt=*/true);
  CHECK(f.sink.books.size() == 1);
  CHECK(f.probe.dropped(DropReason::kSameSnapshot) == 1);
  CHECK(f.probe.dropped(DropReason::kNoChange) == 1);
  CHECK(f.probe.dropped(DropReason::kUnknownMarket) == 1);
  CHECK(f.probe.dropped(DropReason::kInDoubt) == 1);
}

TEST_CASE("MarketPipeline: a gap is told once and ends with a snapshot, also of an equal book",
          "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A", "B"});
  f.Snapshot("A", {{40, 300}}, {});
  f.Gap({"A", "B"});
  f.Gap({"A", "B"}, kalshi_client::GapCause::kDisconnected);
  f.Delta("A", ContractSide::kYes, 41, 100);
  f.Snapshot("A", {{40, 300}}, {});

  REQUIRE(f.sink.books.size() == 3);  // B had no book that could be in doubt.
  CHECK(f.sink.books[1].gap().cause() == pb::GAP_CAUSE_SEQUENCE);
  CHECK(f.sink.books[1].gap().expected_source_sequence() == 2);
  CHECK(f.sink.books[1].gap().received_source_sequence() == 4);
  CHECK(f.sink.books[1].envelope().sequence() == 2);
  CHECK(f.sink.books[2].snapshot().cause() == pb::SNAPSHOT_CAUSE_VENUE);
  CHECK(f.sink.books[2].envelope().sequence() == 3);
  CHECK(f.pipeline.proven_count() == 1);
}

TEST_CASE("MarketPipeline: a change that does not fit puts the book in doubt", "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A"});
  f.Snapshot("A", {{40, 300}}, {});
  f.pipeline.OnFrame(0, f.clock.Now(), "the frame");
  f.Delta("A", ContractSide::kYes, 40, -301);
  REQUIRE(f.sink.books.size() == 2);
  CHECK(f.sink.books[1].gap().cause() == pb::GAP_CAUSE_INCONSISTENT);
  REQUIRE(f.sink.errors.size() == 1);
  CHECK(f.sink.errors[0].kind() == "inconsistent_book");
  CHECK(f.sink.errors[0].market_ticker() == "A");
  CHECK(f.sink.errors[0].payload() == "the frame");
  CHECK(f.sink.errors[0].trace_id().size() == 32);
  CHECK(f.pipeline.TakeSuspects() == std::vector<std::string>{"A"});
  CHECK(f.pipeline.TakeSuspects().empty());
  f.Snapshot("A", {{40, 300}}, {});
  CHECK(f.sink.books.back().envelope().sequence() == 3);
}

TEST_CASE("MarketPipeline: a restart goes on with the numbers and tells who must doubt",
          "[market_data]") {
  testing::PipelineFixture<> f;
  TextMap<StreamPlaces> places;
  places["A"] = {{41, 5, 9}, true};
  places["B"] = {{17, 0, 0}, false};  // Its last message is a gap.
  f.pipeline.Restore(places);
  REQUIRE(f.sink.books.size() == 1);
  CHECK(f.sink.books[0].market_ticker() == "A");
  CHECK(f.sink.books[0].envelope().sequence() == 42);
  CHECK(f.sink.books[0].gap().cause() == pb::GAP_CAUSE_RESTARTED);

  f.pipeline.AddMarkets({"A", "B", "C"});
  f.Snapshot("A", {{40, 300}}, {});
  f.Snapshot("B", {{40, 300}}, {});
  f.Snapshot("C", {{40, 300}}, {});
  REQUIRE(f.sink.books.size() == 4);
  CHECK(f.sink.books[1].envelope().sequence() == 43);
  CHECK(f.sink.books[2].envelope().sequence() == 18);
  CHECK(f.sink.books[3].envelope().sequence() == 1);

  kalshi::TradeUpdate trade;
  trade.market_ticker = "A";
  trade.trade_id = "t";
  f.pipeline.OnTrade(f.Position(), trade);
  kalshi::TickerUpdate ticker;
  ticker.market_ticker = "A";
  f.pipeline.OnTicker(f.Position(), ticker);
  CHECK(f.sink.trades.at(0).envelope().sequence() == 6);
  CHECK(f.sink.tickers.at(0).envelope().sequence() == 10);
}

TEST_CASE("MarketPipeline: without room books go on and are told as gap and snapshot",
          "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A", "B"});
  f.Snapshot("A", {{40, 300}}, {});
  f.Snapshot("B", {{40, 300}}, {});
  f.sink.is_full = true;
  f.Delta("A", ContractSide::kYes, 41, 100);
  f.Delta("A", ContractSide::kYes, 42, 100);
  f.pipeline.Restate();  // Still no room.
  CHECK(f.sink.books.size() == 2);
  CHECK(f.probe.dropped(DropReason::kNoRoom) == 2);
  f.sink.is_full = false;
  f.Delta("A", ContractSide::kYes, 43, 100);  // Not before it is told what happened.
  CHECK(f.sink.books.size() == 2);
  f.pipeline.Restate();
  f.pipeline.Restate();
  f.Delta("A", ContractSide::kYes, 43, 100);

  REQUIRE(f.sink.books.size() == 5);
  CHECK(f.sink.books[2].gap().cause() == pb::GAP_CAUSE_OVERFLOW);
  CHECK(f.sink.books[2].envelope().sequence() == 2);
  CHECK(f.sink.books[3].envelope().sequence() == 3);
  CHECK(f.sink.books[3].snapshot().bids_size() == 4);
  CHECK(f.sink.books[4].envelope().sequence() == 4);
  CHECK(f.sink.books[4].delta().quantity_centis() == 200);
}

TEST_CASE("MarketPipeline: a market that is no longer followed is told to be in doubt",
          "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"OPEN", "CLOSED"});
  f.Snapshot("OPEN", {{40, 300}}, {});
  f.Snapshot("CLOSED", {}, {});
  f.pipeline.RemoveMarkets({"OPEN", "CLOSED", "OTHER"});
  REQUIRE(f.sink.books.size() == 3);
  CHECK(f.sink.books[2].market_ticker() == "OPEN");
  CHECK(f.sink.books[2].gap().cause() == pb::GAP_CAUSE_ENDED);
  CHECK(f.pipeline.market_count() == 0);
  f.Delta("OPEN", ContractSide::kYes, 41, 100);
  CHECK(f.sink.books.size() == 3);

  f.pipeline.AddMarkets({"OPEN"});
  f.Snapshot("OPEN", {{40, 300}}, {});
  CHECK(f.sink.books.back().envelope().sequence() == 3);
}

TEST_CASE("MarketPipeline: a ticker is told when more than its time has changed", "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A"});
  kalshi::TickerUpdate ticker;
  ticker.market_ticker = "A";
  ticker.yes_bid = Price::FromCents(40);
  ticker.yes_ask = Price::FromCents(45);
  ticker.time = Timestamp::FromMillis(1);
  f.pipeline.OnTicker(f.Position(), ticker);
  ticker.time = Timestamp::FromMillis(2);
  f.pipeline.OnTicker(f.Position(), ticker);
  ticker.volume = Quantity::FromContracts(1);
  f.pipeline.OnTicker(f.Position(), ticker);
  REQUIRE(f.sink.tickers.size() == 2);
  CHECK(f.sink.tickers[0].bid_price_micros() == 400'000);
  CHECK(f.sink.tickers[1].volume_centis() == 100);
  CHECK(f.sink.tickers[1].envelope().sequence() == 2);
  CHECK(f.probe.dropped(DropReason::kSameTicker) == 1);
}

TEST_CASE("MarketPipeline: errors are told with their frame, and so many a second",
          "[market_data]") {
  testing::PipelineFixture<> f;
  for (int i = 0; i < 3 * MarketPipeline::kErrorsPerSecondMax; ++i) {
    f.pipeline.OnFrame(0, f.clock.Now(), "\xff{");
    kalshi_client::FeedFault fault;
    fault.detail = "at byte 0: \xff";
    f.pipeline.OnFault(fault);
  }
  REQUIRE(f.sink.errors.size() == MarketPipeline::kErrorsPerSecondMax);
  CHECK(f.sink.errors[0].kind() == "unreadable");
  CHECK(f.sink.errors[0].detail() == "at byte 0: ?");
  CHECK(f.sink.errors[0].payload() == "\xff{");
  f.clock.AdvanceBy(absl::Seconds(1));
  f.pipeline.ReportError("kind", "detail", "A");
  CHECK(f.sink.errors.size() == MarketPipeline::kErrorsPerSecondMax + 1);
}

TEST_CASE("MarketPipeline: trades that were missed are an error, because nothing repeats them",
          "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A"});
  f.Snapshot("A", {{40, 300}}, {});
  kalshi_client::FeedGap gap;
  gap.channel = kalshi::Channel::kTrade;
  gap.expected_seq = 5;
  gap.received_seq = 7;
  f.pipeline.OnGapBegan(gap);
  CHECK(f.sink.books.size() == 1);
  REQUIRE(f.sink.errors.size() == 1);
  CHECK(f.sink.errors[0].kind() == "lost_updates");
  CHECK(f.sink.errors[0].detail() == "channel trade: number 7 came instead of 5");
  gap.cause = kalshi_client::GapCause::kDisconnected;
  f.pipeline.OnGapBegan(gap);
  CHECK(f.sink.errors.at(1).detail() == "channel trade: disconnected");
}

TEST_CASE("MarketPipeline: each frame has a trace id of its own", "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A"});
  f.pipeline.OnFrame(0, f.clock.Now(), "1");
  f.Snapshot("A", {{40, 300}}, {});
  f.pipeline.OnFrame(0, f.clock.Now(), "2");
  f.Delta("A", ContractSide::kYes, 41, 100);
  CHECK(f.sink.books[0].envelope().trace_id().size() == 32);
  CHECK(f.sink.books[0].envelope().trace_id() != f.sink.books[1].envelope().trace_id());
}

TEST_CASE("MarketPipeline: markets are listed by prefix, page by page", "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"KXB-2", "KXA-1", "KXB-1", "KXC-1"});
  f.Snapshot("KXB-1", {{40, 300}, {39, 100}}, {});
  const auto names = [](const std::vector<MarketView>& views) {
    std::string text;
    for (const MarketView& view : views) text += view.ticker + " ";
    return text;
  };
  CHECK(names(f.pipeline.ListMarkets("", "", 3)) == "KXA-1 KXB-1 KXB-2 ");
  CHECK(names(f.pipeline.ListMarkets("", "KXB-2", 3)) == "KXC-1 ");
  CHECK(names(f.pipeline.ListMarkets("KXB", "", 9)) == "KXB-1 KXB-2 ");
  CHECK(names(f.pipeline.ListMarkets("KXB", "KXB-1", 9)) == "KXB-2 ");
  const auto view = f.pipeline.FindMarket("KXB-1");
  REQUIRE(view);
  CHECK(view->is_proven);
  CHECK(view->bid_count == 2);
  CHECK(view->best_bid->price == Price::FromCents(40));
  CHECK(!f.pipeline.FindMarket("NONE"));
  const auto book = f.pipeline.FindBook("KXB-1", 1);
  REQUIRE(book);
  CHECK(book->bids.size() == 1);
  CHECK(book->hash == f.sink.books[0].snapshot().book_hash());
}

TEST_CASE("MarketPipeline: news of markets on the lifecycle channel are noticed", "[market_data]") {
  testing::PipelineFixture<> f;
  kalshi::MarketLifecycleUpdate update;
  update.event_type = kalshi::MarketLifecycleEvent::kMetadataUpdated;
  f.pipeline.OnMarketLifecycle(f.Position(), update);
  CHECK(!f.pipeline.TakeCatalogueChange());
  update.event_type = kalshi::MarketLifecycleEvent::kActivated;
  f.pipeline.OnMarketLifecycle(f.Position(), update);
  CHECK(f.pipeline.TakeCatalogueChange());
  CHECK(!f.pipeline.TakeCatalogueChange());
}

TEST_CASE("MarketPipeline: an interruption is a gap of every trusted book, told once",
          "[market_data]") {
  testing::PipelineFixture<> f;
  f.pipeline.AddMarkets({"A", "B", "C"});
  f.Snapshot("A", {{40, 300}}, {});
  f.Snapshot("B", {}, {});
  f.pipeline.Interrupt();
  f.pipeline.Interrupt();
  REQUIRE(f.sink.books.size() == 4);
  CHECK(f.sink.books[2].market_ticker() == "A");
  CHECK(f.sink.books[3].market_ticker() == "B");
  for (const std::size_t place : {2, 3}) {
    CHECK(f.sink.books[place].gap().cause() == pb::GAP_CAUSE_RESTARTED);
    CHECK(f.sink.books[place].envelope().sequence() == 2);
  }
  // Deltas do not count before the next snapshot, which is told even if the book is the same.
  f.Delta("A", ContractSide::kYes, 41, 100);
  CHECK(f.sink.books.size() == 4);
  f.Snapshot("A", {{40, 300}}, {});
  REQUIRE(f.sink.books.size() == 5);
  CHECK(f.sink.books[4].snapshot().cause() == pb::SNAPSHOT_CAUSE_VENUE);
  CHECK(f.sink.books[4].envelope().sequence() == 3);
  f.Delta("A", ContractSide::kYes, 41, 100);
  CHECK(f.sink.books.size() == 6);
}

TEST_CASE("MarketPipeline: an error is handed on also where there is no room", "[market_data]") {
  const ManualClock clock{Timestamp::FromSeconds(1'000)};
  testing::LogSink sink;
  sink.is_full = true;
  PipelineProbe probe;
  PipelineOptions options;
  std::vector<std::string> kinds;
  options.on_error = [&kinds](const pb::ErrorMessage& error) { kinds.push_back(error.kind()); };
  MarketPipeline pipeline(options, sink, clock, probe);
  pipeline.ReportError("market_list", "away", {});
  CHECK(kinds == std::vector<std::string>{"market_list"});
  CHECK(sink.errors.empty());
}

TEST_CASE("MarketPipeline: every message of a replay says so", "[market_data]") {
  const ManualClock clock{Timestamp::FromSeconds(1'000)};
  testing::LogSink sink;
  PipelineProbe probe;
  PipelineOptions options;
  options.replay_id = "replay-7";
  MarketPipeline pipeline(options, sink, clock, probe);
  pipeline.AddMarkets({"A"});
  kalshi::OrderbookSnapshot snapshot;
  snapshot.market_ticker = "A";
  pipeline.OnSnapshot({}, snapshot);
  kalshi::TradeUpdate trade;
  trade.market_ticker = "A";
  pipeline.OnTrade({}, trade);
  pipeline.Interrupt();
  REQUIRE(sink.books.size() == 2);
  REQUIRE(sink.trades.size() == 1);
  CHECK(sink.books[0].envelope().replay_id() == "replay-7");
  CHECK(sink.books[1].envelope().replay_id() == "replay-7");
  CHECK(sink.trades[0].envelope().replay_id() == "replay-7");
  // A feed tells it of a server, which may have been started anew.
  pipeline.OnReplay("replay-8");
  pipeline.OnSnapshot({}, snapshot);
  CHECK(sink.books.back().envelope().replay_id() == "replay-8");
}

}  // namespace
}  // namespace evx::market_data
