#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "evx/core/testing/literals.h"
#include "evx/core/testing/seed.h"
#include "evx/ledger/testing/exclusive_event.h"

namespace evx::ledger {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;
using evx::testing::operator""_usd;
using testing::ExclusiveEvent;

std::string Bytes(const Ledger& ledger) {
  std::string bytes;
  ByteWriter writer(bytes);
  ledger.Save(writer);
  return bytes;
}

// Positions with collateral return, a resting order, a free row and a settled market.
void Populate(ExclusiveEvent& venue, OrderReserve& resting) {
  OrderReserve canceled;
  EVX_CHECK(venue.Reserve(MarketId(4), BookSide::kBid, 10_c, 1_x, canceled).ok());
  venue.BuyNo(MarketId(1), 60_c, 3_x);
  venue.BuyNo(MarketId(2), 70_c, 2_x);
  EVX_CHECK(venue.Reserve(MarketId(3), BookSide::kBid, 30_c, 5_x, resting).ok());
  venue.ledger().Release(canceled, 1_x);
  std::vector<SettlementEntry> entries;
  EVX_CHECK(!venue.ledger().Settle(MarketId(4), 0_c, entries, venue.postings()));
}

TEST_CASE("Snapshot: a loaded ledger is equal and goes on equally", "[ledger]") {
  ExclusiveEvent venue(100_usd, 4);
  OrderReserve order;
  Populate(venue, order);
  const std::string bytes = Bytes(venue.ledger());
  Ledger loaded;
  ByteReader reader(bytes);
  REQUIRE(loaded.Load(reader).ok());
  CHECK(reader.AtEnd());
  CHECK(Bytes(loaded) == bytes);
  CHECK(loaded.StateHash() == venue.ledger().StateHash());
  CHECK(loaded.collateral_returned(venue.account(), venue.event()) == venue.returned());

  OrderReserve other = order;
  venue.ledger().Release(order, 5_x);
  loaded.Release(other, 5_x);
  CHECK(Bytes(loaded) == Bytes(venue.ledger()));
}

TEST_CASE("Snapshot: an order record comes back", "[ledger]") {
  ExclusiveEvent venue(100_usd);
  OrderReserve order;
  REQUIRE(venue.Reserve(MarketId(3), BookSide::kAsk, 30_c, 5_x, order).ok());
  std::string bytes;
  ByteWriter writer(bytes);
  Save(order, writer);
  CHECK(bytes.size() == 65);
  ByteReader reader(bytes);
  CHECK(LoadOrderReserve(reader) == order);
  CHECK(reader.AtEnd());
}

TEST_CASE("Snapshot: cut or damaged bytes are refused, never a crash", "[ledger]") {
  ExclusiveEvent venue(100_usd, 4);
  OrderReserve order;
  Populate(venue, order);
  const std::string bytes = Bytes(venue.ledger());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Ledger loaded;
    ByteReader reader(std::string_view(bytes).substr(0, size));
    CHECK_FALSE(loaded.Load(reader).ok());
  }
  std::mt19937 random(evx::testing::TestSeed("Snapshot"));
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = bytes;
    const std::size_t flips = 1 + random() % 4;
    for (std::size_t flip = 0; flip < flips; ++flip) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << (random() % 8));
    }
    Ledger loaded;
    ByteReader reader(damaged);
    if (loaded.Load(reader).ok()) {
      // Some fields are only statistics; whatever is accepted is sound.
      CHECK(loaded.CheckInvariants().ok());
    }
  }
}

}  // namespace
}  // namespace evx::ledger
