#include "evx/journal/crc32c.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace evx::journal {
namespace {

TEST_CASE("Crc32c: the published vectors of RFC 3720 hold", "[journal]") {
  CHECK(Crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(Crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  CHECK(Crc32c("123456789") == 0xe3069283);
  CHECK(Crc32c("") == 0);
}

TEST_CASE("Crc32c: hardware and software agree for every length and alignment", "[journal]") {
  std::mt19937_64 random(1);
  std::string bytes(300, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  const std::string_view all(bytes);
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t size = 0; begin + size <= bytes.size(); ++size) {
      const std::string_view part = all.substr(begin, size);
      REQUIRE(Crc32c(part, 7) == Crc32cSoftware(part, 7));
    }
  }
}

TEST_CASE("Crc32c: parts computed one after the other equal the whole", "[journal]") {
  const std::string_view text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    CHECK(Crc32c(text.substr(split), Crc32c(text.substr(0, split))) == Crc32c(text));
    CHECK(Crc32cSoftware(text.substr(split), Crc32cSoftware(text.substr(0, split))) ==
          Crc32c(text));
  }
}

}  // namespace
}  // namespace evx::journal
