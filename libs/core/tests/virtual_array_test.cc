#include "evx/core/virtual_array.h"

#include <catch2/catch.hpp>

namespace evx {
namespace {

TEST_CASE("VirtualArray: elements start as zero and keep their address", "[core]") {
  // 8 TiB of addresses would be too many on some machines; 8 GiB cost nothing until touched.
  VirtualArray<std::uint64_t> array(1'000'000'000, PageSize::kSmall);
  CHECK(array.count() == 1'000'000'000);
  CHECK(array[999'999'999] == 0);
  std::uint64_t* const element = &array[5];
  array[5] = 7;
  VirtualArray<std::uint64_t> moved = std::move(array);
  CHECK(&moved[5] == element);
  CHECK(moved[5] == 7);
}

}  // namespace
}  // namespace evx
