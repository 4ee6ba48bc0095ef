#include "evx/journal/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace evx::journal {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Table MakeTable() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[0][i] = crc;
  }
  for (std::uint32_t i = 0; i < 256; ++i) {
    for (std::size_t k = 1; k < 8; ++k) {
      table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xff];
    }
  }
  return table;
}

constexpr Table kTable = MakeTable();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t Crc32cHardware(std::string_view bytes,
                                                               std::uint32_t crc) {
  std::uint64_t state = ~crc;
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto state32 = static_cast<std::uint32_t>(state);
  for (; left > 0; --left, ++p) state32 = _mm_crc32_u8(state32, static_cast<std::uint8_t>(*p));
  return ~state32;
}
#endif

using Function = std::uint32_t (*)(std::string_view, std::uint32_t);

Function ChooseFunction() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) return &Crc32cHardware;
#endif
  return &Crc32cSoftware;
}

}  // namespace

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t crc) {
  static const Function function = ChooseFunction();
  return function(bytes, crc);
}

std::uint32_t Crc32cSoftware(std::string_view bytes, std::uint32_t crc) {
  std::uint32_t state = ~crc;
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint32_t low;
    std::uint32_t high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + 4, 4);
    low ^= state;
    state = kTable[7][low & 0xff] ^ kTable[6][(low >> 8) & 0xff] ^ kTable[5][(low >> 16) & 0xff] ^
            kTable[4][low >> 24] ^ kTable[3][high & 0xff] ^ kTable[2][(high >> 8) & 0xff] ^
            kTable[1][(high >> 16) & 0xff] ^ kTable[0][high >> 24];
  }
  for (; left > 0; --left, ++p) {
    state = kTable[0][(state ^ static_cast<std::uint8_t>(*p)) & 0xff] ^ (state >> 8);
  }
  return ~state;
}

}  // namespace evx::journal
