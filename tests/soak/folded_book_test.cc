#include "folded_book.h"

#include <catch2/catch.hpp>

namespace evx::soak {
namespace {

constexpr const char* kSnapshot =
    R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A","market_id":"x",)"
    R"("yes_dollars_fp":[["0.0100","300.00"],["0.2200","1.50"]],)"
    R"("no_dollars_fp":[["0.7000","2.00"]]}})";

std::string Delta(const char* side, const char* price, const char* change) {
  return std::string(R"({"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"A",)") +
         R"("price_dollars":")" + price + R"(","delta_fp":")" + change + R"(","side":")" + side +
         R"("}})";
}

TEST_CASE("FoldedBook: a snapshot is read best first, bids for NO as asks") {
  FoldedBook book;
  REQUIRE(book.ApplySnapshot(kSnapshot));
  CHECK(book.Describe() == "bid 220000 150, bid 10000 30000, ask 300000 200");
  REQUIRE(book.ApplySnapshot(R"({"type":"orderbook_snapshot","msg":{"market_ticker":"A"}})"));
  CHECK(book.level_count() == 0);
}

TEST_CASE("FoldedBook: deltas add, change and remove levels in their places") {
  FoldedBook book;
  REQUIRE(book.ApplySnapshot(kSnapshot));
  CHECK(book.ApplyDelta(Delta("yes", "0.1000", "5.00")));
  CHECK(book.ApplyDelta(Delta("yes", "0.2200", "-1.50")));
  CHECK(book.ApplyDelta(Delta("no", "0.7000", "0.25")));
  CHECK(book.ApplyDelta(Delta("no", "0.7100", "1.00")));
  CHECK(book.Describe() == "bid 100000 500, bid 10000 30000, ask 290000 100, ask 300000 225");
}

TEST_CASE("FoldedBook: what no book allows is noticed") {
  FoldedBook book;
  REQUIRE(book.ApplySnapshot(kSnapshot));
  CHECK_FALSE(book.ApplyDelta(Delta("yes", "0.2200", "-1.51")));
  CHECK_FALSE(book.ApplyDelta(Delta("yes", "0.3000", "-1.00")));
  CHECK_FALSE(book.ApplyDelta(Delta("both", "0.2200", "1.00")));
  CHECK_FALSE(book.ApplyDelta(Delta("no", "", "1.00")));
  CHECK_FALSE(book.ApplySnapshot(R"({"msg":{"yes_dollars_fp":[["0.0100"]]}})"));
  CHECK_FALSE(book.ApplySnapshot(R"({"msg":{"yes_dollars_fp":[["0.0100","0.00"]]}})"));
}

TEST_CASE("FoldedBook: the hash is the documented one") {
  FoldedBook book;
  CHECK(book.Hash("A") == 0x13099d40d095b684);
  REQUIRE(book.ApplySnapshot(kSnapshot));
  CHECK(book.Hash("A") == 0xa43bb0ae42809496);
  CHECK(book.Hash("B") != book.Hash("A"));
}

}  // namespace
}  // namespace evx::soak
