#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "evx/core/testing/benchmark.h"
#include "evx/recording/block.h"

namespace evx::recording {
namespace {

using evx::testing::SplitMix64;

struct Stored {
  Timestamp received;
  std::uint32_t connection;
  std::string bytes;
};

// Pieces that a cutter may take for something else than they are.
const std::vector<std::string> kPieces = {"0",
                                          "-0",
                                          "00",
                                          "01",
                                          "1e5",
                                          "1E+05",
                                          "-",
                                          "--1",
                                          "1.",
                                          ".5",
                                          "0.5000",
                                          "-0.00",
                                          "-0.10",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "99999999999999999999999999",
                                          "1.0000000001",
                                          "123456789012345678",
                                          "1234567890123456789",
                                          "0.123456789",
                                          "true",
                                          "false",
                                          "null",
                                          "2026-08-11T00:31:32.30908Z",
                                          "2026-08-11T00:31:32.309080Z",
                                          "2026-08-11T00:31:32Z",
                                          "2026-08-11T00:31:32.Z",
                                          "2026-02-30T00:00:00Z",
                                          "2026-08-11T00:31:60Z",
                                          "1969-12-31T00:00:00Z",
                                          "2026-08-11T00:31:32.1234567Z",
                                          "2026-08-11T00:31:32+00:00",
                                          "9999-12-31T23:59:59.999999Z",
                                          "2026-00-11T00:31:32Z",
                                          "2026-08-11T24:00:00Z",
                                          "2026-08-11T00:31:32.000Z",
                                          "1dee1a13-e9cd-4995-9567-3950dbc5d446",
                                          "1DEE1a13-e9cd-4995-9567-3950dbc5d446",
                                          "1dee1a13-e9cd-4995-9567-3950dbc5d44",
                                          "KXGOLD15M-26AUG102045-45",
                                          "",
                                          " ",
                                          "\\\"",
                                          "\\\\",
                                          "\\u0000",
                                          "\\",
                                          "\xc3\xa9",
                                          "\xff",
                                          "a:b",
                                          "[[\"",
                                          "yes",
                                          "no"};

const std::vector<std::string> kSyntax = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          ",",
                                          ":",
                                          "\"",
                                          " ",
                                          "\t",
                                          "\n",
                                          "[[\"",
                                          "\"],[\"",
                                          "\",\"",
                                          "\"]]",
                                          "\"seq\":",
                                          "\"msg\" : {",
                                          "\"type\":\"trade\",",
                                          "\"\\\"k\":"};

std::string RandomValue(SplitMix64& random) {
  std::string text = kPieces[random.Below(static_cast<std::uint32_t>(kPieces.size()))];
  return random.Below(2) == 0 ? text : '"' + text + '"';
}

std::string RandomLevels(SplitMix64& random) {
  std::string text = "[";
  const std::uint32_t count = random.Below(5);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) text += random.Below(40) == 0 ? ", " : ",";
    text += "[\"0." + std::to_string(1000 + random.Below(9000)) + "\",\"" +
            std::to_string(random.Below(3000)) + (random.Below(40) == 0 ? "" : ".50") + "\"]";
  }
  return text + "]";
}

// A JSON object of a few shapes, with blanks here and there.
std::string RandomObject(SplitMix64& random) {
  const auto blank = [&] { return random.Below(30) == 0 ? std::string(" ") : std::string(); };
  std::string text = "{";
  const std::uint32_t count = 1 + random.Below(8);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) text += "," + blank();
    text += "\"m" + std::to_string(random.Below(3)) + "\"" + blank() + ":" + blank();
    text += random.Below(6) == 0 ? RandomLevels(random) : RandomValue(random);
  }
  return text + "}" + blank();
}

std::string RandomFrame(SplitMix64& random) {
  std::string text;
  switch (random.Below(4)) {
    case 0:  // Any bytes.
      for (std::uint32_t i = random.Below(40); i > 0; --i) {
        text.push_back(static_cast<char>(random.Below(256)));
      }
      return text;
    case 1:  // Pieces of JSON in any order.
      for (std::uint32_t i = random.Below(20); i > 0; --i) {
        text += random.Below(2) == 0
                    ? RandomValue(random)
                    : kSyntax[random.Below(static_cast<std::uint32_t>(kSyntax.size()))];
      }
      return text;
    case 2:
      return RandomObject(random);
    default: {  // A delta of the venue, at times with a byte changed.
      const std::int64_t ms = 1786408292309 + random.Below(100000);
      text =
          "{\"type\":\"orderbook_delta\",\"sid\":1,\"seq\":" + std::to_string(random.Below(999)) +
          ",\"msg\":{\"market_ticker\":\"M-" + std::to_string(random.Below(3)) +
          "\",\"price_dollars\":\"0." + std::to_string(1000 + random.Below(9000)) +
          "\",\"delta_fp\":\"-" + std::to_string(random.Below(50)) +
          ".25\",\"side\":\"yes\",\"ts_ms\":" + std::to_string(ms) + "}}";
      if (random.Below(4) == 0) {
        text[random.Below(static_cast<std::uint32_t>(text.size()))] =
            static_cast<char>(random.Below(256));
      }
      return text;
    }
  }
}

void CheckRoundTrip(const std::vector<Stored>& frames) {
  BlockEncoder encoder;
  for (const Stored& frame : frames) {
    REQUIRE(encoder.Add({frame.received, frame.connection, frame.bytes}).ok());
  }
  const absl::StatusOr<Block> block = Block::Decode(encoder.Finish());
  REQUIRE(block.ok());
  REQUIRE(block->frame_count() == frames.size());
  std::string again;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    again.clear();
    block->AppendFrame(i, again);
    if (again != frames[i].bytes)
      FAIL_CHECK("<" << frames[i].bytes << "> became <" << again << ">");
    CHECK(block->received(i) == frames[i].received);
    CHECK(block->connection(i) == frames[i].connection);
    (void)block->EventOf(i);
    (void)block->LevelsOf(i, ContractSide::kYes);
  }
}

}  // namespace

TEST_CASE("Block: any frame comes back byte for byte", "[recording]") {
  const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u);
  CAPTURE(seed);
  SplitMix64 random(seed);
  for (int block = 0; block < 40; ++block) {
    std::vector<Stored> frames;
    std::int64_t nanos = random.Below(3) == 0 ? 0 : 1786408292309000000;
    const std::int64_t unit = block % 2 == 0 ? 1'000'000 : 1;
    for (std::uint32_t i = random.Below(200); i > 0; --i) {
      nanos += unit * (static_cast<std::int64_t>(random.Below(1000)) - 100);
      frames.push_back({Timestamp::FromNanos(nanos), random.Below(3), RandomFrame(random)});
    }
    CheckRoundTrip(frames);
  }
}

TEST_CASE("Block: each odd value comes back between quotes and bare", "[recording]") {
  std::vector<Stored> frames;
  for (const std::string& piece : kPieces) {
    for (const std::string& other : kPieces) {
      frames.push_back({Timestamp(), 0, "{\"a\":\"" + piece + "\",\"b\":" + other + "}"});
    }
  }
  CheckRoundTrip(frames);
}

TEST_CASE("Block: damaged bytes are refused or give some frames, never a crash", "[recording]") {
  const std::uint64_t seed = GENERATE(11u, 12u, 13u, 14u);
  CAPTURE(seed);
  SplitMix64 random(seed);
  BlockEncoder encoder;
  for (int i = 0; i < 60; ++i) {
    REQUIRE(encoder.Add({Timestamp::FromMillis(i), 0, RandomFrame(random)}).ok());
  }
  const std::string sound = encoder.Finish();
  for (std::size_t size = 0; size < sound.size(); ++size) {
    CHECK_FALSE(Block::Decode(std::string_view(sound).substr(0, size)).ok());
  }
  std::string out;
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = sound;
    for (std::uint32_t n = 1 + random.Below(3); n > 0; --n) {
      damaged[random.Below(static_cast<std::uint32_t>(damaged.size()))] =
          static_cast<char>(random.Below(256));
    }
    const auto block = Block::Decode(damaged);
    if (!block.ok()) continue;
    for (std::size_t frame = 0; frame < block->frame_count(); ++frame) {
      out.clear();
      block->AppendFrame(frame, out);
      (void)block->EventOf(frame);
      (void)block->LevelsOf(frame, ContractSide::kNo);
    }
  }
}

}  // namespace evx::recording
