#include "evx/core/hash.h"

#include <xxhash.h>

#include "evx/core/check.h"

namespace evx {

std::uint64_t Xxh64(std::string_view bytes) { return XXH64(bytes.data(), bytes.size(), 0); }

Hash128 Xxh3(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

Xxh64Stream::Xxh64Stream() : state_(XXH64_createState()) {
  EVX_CHECK(state_ != nullptr);
  XXH64_reset(static_cast<XXH64_state_t*>(state_), 0);
}

Xxh64Stream::~Xxh64Stream() { XXH64_freeState(static_cast<XXH64_state_t*>(state_)); }

void Xxh64Stream::Update(std::string_view bytes) {
  XXH64_update(static_cast<XXH64_state_t*>(state_), bytes.data(), bytes.size());
}

std::uint64_t Xxh64Stream::Digest() const {
  return XXH64_digest(static_cast<const XXH64_state_t*>(state_));
}

}  // namespace evx
