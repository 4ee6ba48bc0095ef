#include "evx/market_data/wire_message.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "evx/core/testing/seed.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

const int kRoundCount = std::getenv("EVX_SANITIZED") != nullptr ? 20'000 : 200'000;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Below(std::uint64_t bound) { return engine_() % bound; }
  bool OneIn(std::uint64_t count) { return Below(count) == 0; }
  // Of all lengths that a varint can have, with the ends of the range.
  std::int64_t Number() {
    switch (Below(8)) {
      case 0:
        return std::numeric_limits<std::int64_t>::min();
      case 1:
        return std::numeric_limits<std::int64_t>::max();
      case 2:
        return -static_cast<std::int64_t>(engine_() >> (1 + Below(63)));
      default:
        return static_cast<std::int64_t>(engine_() >> (1 + Below(63)));
    }
  }
  std::string Text() {
    std::string text(Below(40), '\0');
    for (char& c : text) c = static_cast<char>(Below(0x80));
    if (!text.empty() && OneIn(50)) text[0] = static_cast<char>(0x80 + Below(0x80));  // No UTF-8.
    if (OneIn(50)) text += "\u00e9";
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

void FillEnvelope(Random& random, pb::Envelope& envelope) {
  if (random.OneIn(2)) envelope.set_source(random.Text());
  if (random.OneIn(2)) envelope.set_schema_version(static_cast<std::int32_t>(random.Number()));
  if (random.OneIn(2)) envelope.set_sequence(random.Number());
  if (random.OneIn(2)) envelope.set_source_subscription(random.Number());
  if (random.OneIn(2)) envelope.set_source_sequence(random.Number());
  if (random.OneIn(2)) envelope.set_received_ns(random.Number());
  if (random.OneIn(2)) envelope.set_published_ns(random.Number());
  if (random.OneIn(2)) envelope.set_trace_id(random.Text());
  if (random.OneIn(4)) envelope.set_replay_id(random.Text());
}

void FillDelta(Random& random, pb::BookDelta& delta) {
  delta.set_side(static_cast<common::v1::BookSide>(random.Below(4)));
  if (random.OneIn(2)) delta.set_price_micros(random.Number());
  if (random.OneIn(2)) delta.set_delta_centis(random.Number());
  if (random.OneIn(2)) delta.set_quantity_centis(random.Number());
  if (random.OneIn(2)) delta.set_event_time_ns(random.Number());
}

void FillSnapshot(Random& random, pb::BookSnapshot& snapshot) {
  snapshot.set_cause(static_cast<pb::SnapshotCause>(random.Below(4)));
  for (std::uint64_t n = random.Below(6); n > 0; --n) {
    auto& level = random.OneIn(2) ? *snapshot.add_bids() : *snapshot.add_asks();
    if (!random.OneIn(8)) level.set_price_micros(random.Number());
    if (!random.OneIn(8)) level.set_quantity_centis(random.Number());
  }
  if (random.OneIn(2)) snapshot.set_book_hash(static_cast<std::uint64_t>(random.Number()));
}

pb::BookMessage AMessage(Random& random) {
  pb::BookMessage message;
  if (!random.OneIn(8)) FillEnvelope(random, *message.mutable_envelope());
  if (!random.OneIn(8)) message.set_market_ticker(random.Text());
  switch (random.Below(8)) {
    case 0:
      message.mutable_gap()->set_cause(static_cast<pb::GapCause>(random.Below(9)));
      break;
    case 1:
      break;
    case 2:
    case 3:
    case 4:
      FillSnapshot(random, *message.mutable_snapshot());
      break;
    default:
      FillDelta(random, *message.mutable_delta());
      break;
  }
  return message;
}

void Damage(Random& random, std::string& bytes) {
  for (std::uint64_t n = random.Below(4); n > 0 && !bytes.empty(); --n) {
    const std::uint64_t place = random.Below(bytes.size());
    switch (random.Below(5)) {
      case 0:
        bytes[place] = static_cast<char>(random.Below(256));
        break;
      case 1:
        bytes[place] = static_cast<char>(bytes[place] ^ 1 << random.Below(8));
        break;
      case 2:
        bytes.insert(place, 1, static_cast<char>(random.Below(256)));
        break;
      case 3:
        bytes.erase(place, 1 + random.Below(4));
        break;
      default:  // Fields that come again.
        bytes += bytes.substr(place);
        break;
    }
  }
}

// ReadPlain says no, or what the generated class says.
void CheckAgainstParsed(const std::string& bytes, bool& is_plain) {
  WireMessage plain, reference;
  plain.bids.resize(3);  // What was there is gone.
  plain.market_ticker = "left over";
  is_plain = ReadPlain(bytes, plain);
  if (!is_plain) return;
  pb::BookMessage parsed;
  REQUIRE(parsed.ParseFromString(bytes));
  ReadParsed(parsed, reference);
  REQUIRE(plain == reference);
}

TEST_CASE("ReadPlain: what it reads is what the generated class reads", "[market_data]") {
  const std::uint32_t seed = evx::testing::TestSeed("ReadPlain");
  google::protobuf::SetLogHandler(nullptr);
  Random random(seed);
  int whole_count = 0;
  int damaged_count = 0;
  for (int i = 0; i < kRoundCount; ++i) {
    std::string bytes = AMessage(random).SerializeAsString();
    bool is_plain = false;
    CheckAgainstParsed(bytes, is_plain);
    whole_count += is_plain ? 1 : 0;
    Damage(random, bytes);
    CheckAgainstParsed(bytes, is_plain);
    damaged_count += is_plain ? 1 : 0;
  }
  CHECK(whole_count > kRoundCount / 4);
  CHECK(damaged_count > kRoundCount / 20);
}

TEST_CASE("ReadPlain: leaves to the generated class what it would read otherwise",
          "[market_data]") {
  pb::BookMessage message;
  message.mutable_envelope()->set_sequence(7);
  message.set_market_ticker("M");
  message.mutable_delta()->set_price_micros(100);
  const std::string plain = message.SerializeAsString();
  WireMessage read;
  REQUIRE(ReadPlain(plain, read));
  CHECK(read.sequence == 7);
  CHECK(read.price_micros == 100);

  pb::BookMessage second;
  second.mutable_envelope()->set_received_ns(1);
  CHECK_FALSE(ReadPlain(plain + second.SerializeAsString(), read));  // Merged.
  second.Clear();
  second.mutable_snapshot();
  CHECK_FALSE(ReadPlain(plain + second.SerializeAsString(), read));  // Replaces the delta.
  CHECK_FALSE(ReadPlain(plain + "\x78\x01", read));                  // An unknown field.
  CHECK_FALSE(ReadPlain(plain + "\x10\x01", read));                  // Another wire type.
  CHECK_FALSE(ReadPlain(plain + "\x12\x01\xff", read));              // No UTF-8.
  CHECK_FALSE(ReadPlain(plain.substr(0, plain.size() - 1), read));   // Cut off.
  CHECK_FALSE(ReadPlain(std::string_view("\x1a\x02\x08\x80", 4), read));
  // A varint of more than 64 bits, which is cut.
  CHECK_FALSE(ReadPlain("\x1a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", read));
  // A side of more than 32 bits, too.
  CHECK_FALSE(ReadPlain("\x1a\x06\x08\x81\x80\x80\x80\x10", read));
  CHECK(ReadPlain("", read));
  CHECK(read == WireMessage());
}

}  // namespace
}  // namespace evx::market_data
