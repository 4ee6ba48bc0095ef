#include "evx/recording/block.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace evx::recording {
namespace {

Block BlockOf(const std::vector<std::string>& frames) {
  BlockEncoder encoder;
  std::int64_t ms = 1786408242441;
  for (const std::string& frame : frames) {
    REQUIRE(encoder.Add({Timestamp::FromMillis(ms++), 3, frame}).ok());
  }
  auto block = Block::Decode(encoder.Finish());
  REQUIRE(block.ok());
  return *std::move(block);
}

constexpr char kDelta[] =
    R"({"type":"orderbook_delta","sid":1,"seq":539255,"msg":{"market_ticker":"M-1",)"
    R"("market_id":"1dee1a13-e9cd-4995-9567-3950dbc5d446","price_dollars":"0.3700",)"
    R"("delta_fp":"-0.10","side":"no","ts":"2026-08-11T00:30:42.44562Z","ts_ms":1786408242445}})";
constexpr char kTrade[] =
    R"({"type":"trade","sid":2,"seq":7,"msg":{"trade_id":"e51f22d0-de6e-74b1-d8b9-160897adf76f",)"
    R"("market_ticker":"M-1","yes_price_dollars":"0.3600","no_price_dollars":"0.6400",)"
    R"("count_fp":"7.50","taker_side":"no","ts":1786408292,"ts_ms":1786408292775}})";
constexpr char kSnapshot[] =
    R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"M-2",)"
    R"("yes_dollars_fp":[["0.0100","344.78"],["0.0200","200.00"]]}})";

}  // namespace

TEST_CASE("Block: events are read from the columns", "[recording]") {
  const Block block = BlockOf({kDelta, kTrade, kSnapshot, "{\"type\":\"ok\",\"id\":1}", "ping"});
  const Event delta = block.EventOf(0);
  CHECK(delta.kind == EventKind::kDelta);
  CHECK(delta.received == Timestamp::FromMillis(1786408242441));
  CHECK(delta.connection == 3);
  CHECK(delta.sid == 1);
  CHECK(delta.seq == 539255);
  CHECK(delta.ts_ms == 1786408242445);
  CHECK(delta.market_ticker == "M-1");
  CHECK(delta.price_micros == 370'000);
  CHECK(delta.quantity_centis == -10);
  CHECK(delta.side == ContractSide::kNo);
  const Event trade = block.EventOf(1);
  CHECK(trade.kind == EventKind::kTrade);
  CHECK(trade.price_micros == 360'000);
  CHECK(trade.quantity_centis == 750);
  CHECK(trade.side == ContractSide::kNo);
  CHECK(block.EventOf(2).kind == EventKind::kSnapshot);
  CHECK(block.LevelsOf(2, ContractSide::kYes) ==
        std::vector<EventLevel>{{10'000, 34'478}, {20'000, 20'000}});
  CHECK(block.LevelsOf(2, ContractSide::kNo).empty());
  CHECK(block.EventOf(3).kind == EventKind::kOther);
  CHECK(block.EventOf(4).kind == EventKind::kOther);
}

TEST_CASE("Block: blanks between the members do not hide an event", "[recording]") {
  const Block block = BlockOf(
      {R"({ "type" : "orderbook_delta", "seq" : 4, "msg" : { "market_ticker" : "M", )"
       R"("extra":{"side":"no","market_ticker":"X"},"side":"yes","price_dollars":"0.5","delta_fp":"2"}})"});
  const Event event = block.EventOf(0);
  CHECK(event.kind == EventKind::kDelta);
  CHECK(event.market_ticker == "M");
  CHECK(event.side == ContractSide::kYes);
  CHECK(event.price_micros == 500'000);
  CHECK(event.quantity_centis == 200);
}

TEST_CASE("Block: a delta without its members is no delta", "[recording]") {
  const Block block = BlockOf({
      R"({"type":"orderbook_delta","msg":{"market_ticker":"M","side":"yes"}})",
      R"({"type":"orderbook_delta","msg":{"market_ticker":"M","side":"up","price_dollars":"0.5","delta_fp":"2"}})",
  });
  CHECK(block.EventOf(0).kind == EventKind::kOther);
  CHECK(block.EventOf(1).kind == EventKind::kOther);
}

TEST_CASE("Block: two book sides of equal length come back", "[recording]") {
  const std::string frame = R"({"a":[["0.1","1"]],"b":[["0.2","2"]]})";
  const Block block = BlockOf({frame, frame});
  std::string again;
  block.AppendFrame(1, again);
  CHECK(again == frame);
}

TEST_CASE("BlockEncoder: a frame that is too long is refused, a full block says so",
          "[recording]") {
  BlockEncoder encoder;
  CHECK(encoder.Add({Timestamp(), 0, std::string(kFrameBytesMax + 1, 'x')}).code() ==
        absl::StatusCode::kInvalidArgument);
  const std::string large(kFrameBytesMax, 'x');
  for (std::size_t i = 0; i < kBlockRawBytesMax / kFrameBytesMax; ++i) {
    REQUIRE(encoder.Add({Timestamp(), 0, large}).ok());
  }
  CHECK(encoder.Add({Timestamp(), 0, "x"}).code() == absl::StatusCode::kResourceExhausted);
  CHECK(Block::Decode(encoder.Finish())->frame_count() == kBlockRawBytesMax / kFrameBytesMax);
  CHECK(encoder.frame_count() == 0);
  CHECK(encoder.Add({Timestamp(), 0, "x"}).ok());
}

TEST_CASE("BlockEncoder: shapes beyond the limit are stored as they are", "[recording]") {
  std::vector<std::string> frames;
  for (std::size_t i = 0; i < kTemplatesMax + 10; ++i) {
    frames.push_back("{\"k" + std::to_string(i) + "\":1}");
  }
  const Block block = BlockOf(frames);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    std::string again;
    block.AppendFrame(i, again);
    CHECK(again == frames[i]);
  }
}

}  // namespace evx::recording
