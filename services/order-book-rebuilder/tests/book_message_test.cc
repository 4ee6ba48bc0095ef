#include "fold/book_message.h"

#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "evx/core/testing/seed.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "tests/update_builder.h"

namespace evx::order_book_rebuilder {
namespace {

namespace pb = marketdata::v1;

pb::BookMessage AMessage(std::int64_t sequence) {
  pb::BookMessage message;
  message.mutable_envelope()->set_source("mock-kalshi");
  message.mutable_envelope()->set_schema_version(kSchemaVersion);
  message.mutable_envelope()->set_sequence(sequence);
  message.mutable_envelope()->set_received_ns(TimeOf(sequence).nanos());
  message.mutable_envelope()->set_published_ns(TimeOf(sequence).nanos() + 5);
  message.set_market_ticker(kTestTicker);
  return message;
}

pb::BookMessage ADelta() {
  pb::BookMessage message = AMessage(7);
  message.mutable_delta()->set_side(common::v1::BOOK_SIDE_ASK);
  message.mutable_delta()->set_price_micros(410'000);
  message.mutable_delta()->set_delta_centis(-300);
  message.mutable_delta()->set_quantity_centis(200);
  message.mutable_delta()->set_event_time_ns(EventTimeOf(7).nanos());
  return message;
}

pb::BookMessage ASnapshot() {
  pb::BookMessage message = AMessage(8);
  pb::BookSnapshot& snapshot = *message.mutable_snapshot();
  snapshot.set_cause(pb::SNAPSHOT_CAUSE_VENUE);
  const BookUpdate update = VenueSnapshot(8,
                                          {{Price::FromCents(40), Quantity::FromContracts(1)},
                                           {Price::FromCents(39), Quantity::FromContracts(2)}},
                                          {{Price::FromCents(41), Quantity::FromContracts(3)}});
  const auto add = [](const std::vector<book::Level>& levels, auto& out) {
    for (const book::Level& level : levels) {
      out.Add()->set_price_micros(level.price.micros());
      out.rbegin()->set_quantity_centis(level.quantity.centis());
    }
  };
  add(update.bids, *snapshot.mutable_bids());
  add(update.asks, *snapshot.mutable_asks());
  snapshot.set_book_hash(update.book_hash);
  return message;
}

// The payload lives until the next call.
absl::Status Read(BookMessageReader& reader, const pb::BookMessage& message) {
  static std::string payload;
  payload = message.SerializeAsString();
  return reader.Read(message.market_ticker(), payload);
}

TEST_CASE("BookMessageReader: reads deltas, snapshots and gaps", "[rebuilder]") {
  BookMessageReader reader;
  REQUIRE(Read(reader, ASnapshot()).ok());
  CHECK(reader.ticker() == kTestTicker);
  CHECK(reader.update().kind == BookUpdateKind::kVenueSnapshot);
  CHECK(reader.update().bids.size() == 2);
  REQUIRE(Read(reader, ADelta()).ok());
  CHECK(reader.update().kind == BookUpdateKind::kDelta);
  CHECK(reader.update().sequence == 7);
  CHECK(reader.update().side == BookSide::kAsk);
  CHECK(reader.update().price == Price::FromCents(41));
  CHECK(reader.update().change == Quantity::FromContracts(-3));
  CHECK(reader.update().quantity == Quantity::FromContracts(2));
  CHECK(reader.update().time == TimeOf(7));
  CHECK(reader.update().event_time == EventTimeOf(7));
  CHECK(reader.update().bids.empty());
  pb::BookMessage gap = AMessage(9);
  gap.mutable_gap()->set_cause(pb::GAP_CAUSE_RESTARTED);
  REQUIRE(Read(reader, gap).ok());
  CHECK(reader.update().kind == BookUpdateKind::kGap);
}

TEST_CASE("BookMessageReader: without a time of receipt it is that of publication", "[rebuilder]") {
  pb::BookMessage message = ADelta();
  message.mutable_envelope()->clear_received_ns();
  message.mutable_delta()->clear_event_time_ns();
  BookMessageReader reader;
  REQUIRE(Read(reader, message).ok());
  CHECK(reader.update().time.nanos() == TimeOf(7).nanos() + 5);
  CHECK(reader.update().event_time == reader.update().time);
}

struct Fault {
  const char* text;  // In the message of the error.
  bool is_snapshot = false;
  bool knows_number = true;
  std::function<void(pb::BookMessage&)> spoil;
};

TEST_CASE("BookMessageReader: an error names field, value and limit", "[rebuilder]") {
  const Fault faults[] = {
      {"envelope.schema_version is 2, it must be 1", false, false,
       [](auto& m) { m.mutable_envelope()->set_schema_version(2); }},
      {"envelope.replay_id is 'monday'", false, false,
       [](auto& m) { m.mutable_envelope()->set_replay_id("monday"); }},
      {"market_ticker is ''", false, false, [](auto& m) { m.clear_market_ticker(); }},
      {"market_ticker is 'A\"B'", false, false, [](auto& m) { m.set_market_ticker("A\"B"); }},
      {"envelope.sequence is 0, it must be above 0", false, false,
       [](auto& m) { m.mutable_envelope()->set_sequence(0); }},
      {"envelope.published_ns is 0", false, false,
       [](auto& m) {
         m.mutable_envelope()->clear_received_ns();
         m.mutable_envelope()->clear_published_ns();
       }},
      {"update is absent", false, true, [](auto& m) { m.clear_delta(); }},
      {"delta.side is 0", false, true, [](auto& m) { m.mutable_delta()->clear_side(); }},
      {"delta.price_micros is 1000000", false, true,
       [](auto& m) { m.mutable_delta()->set_price_micros(1'000'000); }},
      {"delta.price_micros is 410001", false, true,
       [](auto& m) { m.mutable_delta()->set_price_micros(410'001); }},
      {"delta.quantity_centis is -1, it must be 0 to 1000000000000000000", false, true,
       [](auto& m) { m.mutable_delta()->set_quantity_centis(-1); }},
      {"delta.delta_centis is 0", false, true,
       [](auto& m) { m.mutable_delta()->set_delta_centis(0); }},
      {"delta.delta_centis is -9223372036854775808", false, true,
       [](auto& m) {
         m.mutable_delta()->set_delta_centis(std::numeric_limits<std::int64_t>::min());
       }},
      {"snapshot.cause is 0", true, true, [](auto& m) { m.mutable_snapshot()->clear_cause(); }},
      {"snapshot.bids.price_micros is 400000, it must be below 400000", true, true,
       [](auto& m) { m.mutable_snapshot()->mutable_bids(1)->set_price_micros(400'000); }},
      {"snapshot.asks.quantity_centis is 0", true, true,
       [](auto& m) { m.mutable_snapshot()->mutable_asks(0)->set_quantity_centis(0); }},
      {"snapshot.book_hash is ", true, true,
       [](auto& m) { m.mutable_snapshot()->mutable_asks(0)->set_quantity_centis(7); }},
      {"gap.cause is 0", false, true, [](auto& m) { m.mutable_gap(); }},
  };
  BookMessageReader reader;
  for (const Fault& fault : faults) {
    pb::BookMessage message = fault.is_snapshot ? ASnapshot() : ADelta();
    fault.spoil(message);
    const absl::Status status = Read(reader, message);
    INFO(fault.text << " in " << status);
    CHECK(absl::IsInvalidArgument(status));
    CHECK(status.message().find(fault.text) != absl::string_view::npos);
    CHECK(reader.update().kind == BookUpdateKind::kUnreadable);
    CHECK((reader.update().sequence > 0) == fault.knows_number);
  }
  CHECK(absl::IsInvalidArgument(reader.Read("other", ADelta().SerializeAsString())));
  CHECK(reader.update().sequence == 0);
  CHECK(absl::IsInvalidArgument(reader.Read(kTestTicker, "no protobuf")));
}

TEST_CASE("BookMessageReader: takes messages of a replay where that is asked for", "[rebuilder]") {
  pb::BookMessage message = ADelta();
  message.mutable_envelope()->set_replay_id("r-1");
  BookMessageReader live;
  CHECK(absl::IsInvalidArgument(Read(live, message)));
  BookMessageReader reader(/*accepts_replay=*/true);
  REQUIRE(Read(reader, message).ok());
  CHECK(reader.update().sequence == 7);
}

TEST_CASE("BookMessageReader: damaged bytes give an error or a message that a fold can take",
          "[rebuilder]") {
  std::mt19937_64 random(evx::testing::TestSeed("BookMessageReader"));
  BookMessageReader reader;
  const std::string originals[] = {ADelta().SerializeAsString(), ASnapshot().SerializeAsString()};
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes = originals[random() % 2];
    for (std::uint64_t n = random() % 4; n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    if (!reader.Read(kTestTicker, bytes).ok()) continue;
    std::string encoded;
    ByteWriter writer(encoded);
    reader.update().Encode(writer);
    ByteReader stored(encoded);
    BookUpdate update;
    update.Decode(stored);
    CHECK(stored.AtEnd());
  }
}

}  // namespace
}  // namespace evx::order_book_rebuilder
