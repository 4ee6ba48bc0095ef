#pragma once

#include <cstdint>
#include <string_view>

// Hashes that are part of a format: they must never change between versions or machines.

namespace evx {

// XXH64 with seed 0. State hashes, book hashes.
std::uint64_t Xxh64(std::string_view bytes);

// XXH3, 128 bits: the identity of a client order id inside one account. Not for secrets.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const Hash128&, const Hash128&) = default;
  template <class H>
  friend H AbslHashValue(H h, const Hash128& v) {
    return H::combine(std::move(h), v.low, v.high);
  }
};
Hash128 Xxh3(std::string_view bytes, std::uint64_t seed = 0);

// Incremental XXH64 over a stream of bytes.
class Xxh64Stream {
 public:
  Xxh64Stream();
  ~Xxh64Stream();
  Xxh64Stream(const Xxh64Stream&) = delete;
  Xxh64Stream& operator=(const Xxh64Stream&) = delete;
  void Update(std::string_view bytes);
  std::uint64_t Digest() const;

 private:
  void* state_;
};

}  // namespace evx
