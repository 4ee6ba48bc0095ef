#include "evx/core/inline_string.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx {
namespace {

TEST_CASE("InlineString: holds text of every length", "[core]") {
  std::string text;
  for (std::size_t size = 0; size <= 64; ++size) {
    // At the end of its own allocation, so that a sanitizer sees a read beyond it.
    const std::string copy(text);
    const InlineString<64> held{std::string_view(copy.data(), size)};
    CHECK(held.view() == text);
    CHECK(held.size() == size);
    CHECK(held == InlineString<64>(text));
    text.push_back(static_cast<char>('a' + size % 26));
    CHECK(held < InlineString<64>("zz"));
  }
}

TEST_CASE("InlineString: takes no more than its maximum", "[core]") {
  const InlineString<5> held("12345");
  CHECK(held.view() == "12345");
  CHECK(sizeof held == 6);
}

}  // namespace
}  // namespace evx
