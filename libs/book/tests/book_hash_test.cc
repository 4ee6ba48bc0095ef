#include <catch2/catch.hpp>

#include "evx/book/book.h"
#include "evx/core/testing/literals.h"

namespace evx::book {
namespace {

using namespace evx::testing;

// The values are those of the Python in README.md.
TEST_CASE("Book hash: is the one that other languages compute", "[book]") {
  Book book;
  CHECK(HashBook("KXBTC-T1", book) == 0x7b74'0e31'7ae5'ad82);
  REQUIRE(book.Reset(std::vector<Level>{{55_c, Quantity::FromCentis(250)}, {56_c, 10_x}},
                     std::vector<Level>{{57_c, 1_x}})
              .ok());
  CHECK(HashBook("KXBTC-T1", book) == 0x8b8c'4e5f'1c07'f41a);
}

TEST_CASE("Book hash: market, side, price and quantity all count", "[book]") {
  const std::vector<Level> level = {{50_c, 1_x}};
  const std::uint64_t hash = HashLevels("M", level, {});
  CHECK(HashLevels("N", level, {}) != hash);
  CHECK(HashLevels("M", {}, level) != hash);
  CHECK(HashLevels("M", std::vector<Level>{{51_c, 1_x}}, {}) != hash);
  CHECK(HashLevels("M", std::vector<Level>{{50_c, 2_x}}, {}) != hash);
}

}  // namespace
}  // namespace evx::book
