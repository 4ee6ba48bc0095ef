#include "exchange/wire_id.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

namespace evx::mock_kalshi {
namespace {

WireIdCodec::Key AKey(std::uint8_t first) {
  WireIdCodec::Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(first + i);
  return key;
}

TEST_CASE("WireId: every number survives a round trip and looks like a UUID of version 8",
          "[mock-kalshi]") {
  const WireIdCodec codec(AKey(1));
  const std::uint64_t number =
      GENERATE(0ULL, 1ULL, 524'287ULL, 524'288ULL, UINT64_MAX, 42ULL << 40);
  const std::string text = codec.Encode(WireIdKind::kOrder, number);
  REQUIRE(text.size() == 36);
  CHECK(text[14] == '8');
  CHECK(std::string("89ab").find(text[19]) != std::string::npos);
  CHECK(codec.Decode(WireIdKind::kOrder, text) == number);
}

TEST_CASE("WireId: neighboring numbers share no visible pattern and never collide",
          "[mock-kalshi]") {
  const WireIdCodec codec(AKey(1));
  std::set<std::string> prefixes;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    prefixes.insert(codec.Encode(OrderId(i)).substr(0, 13));
  }
  CHECK(prefixes.size() > 9'990);
}

TEST_CASE("WireId: another key, kind, shard or a changed digit decodes to nothing",
          "[mock-kalshi]") {
  const WireIdCodec codec(AKey(1));
  const std::string text = codec.Encode(OrderId(77));
  CHECK_FALSE(WireIdCodec(AKey(2)).DecodeOrder(text));
  CHECK_FALSE(WireIdCodec(AKey(1), 1).DecodeOrder(text));
  CHECK_FALSE(codec.DecodeTrade(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '0' ? '1' : '0';
    CHECK_FALSE(codec.DecodeOrder(changed));
  }
}

TEST_CASE("WireId: hostile text decodes to nothing", "[mock-kalshi]") {
  const WireIdCodec codec(AKey(1));
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    std::string text(random() % 64, '\0');
    for (char& c : text) c = static_cast<char>(random());
    CHECK_FALSE(codec.DecodeOrder(text));
  }
  CHECK_FALSE(codec.DecodeOrder("not-a-uuid"));
}

}  // namespace
}  // namespace evx::mock_kalshi
