#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "evx/kalshi/terms.h"

namespace evx::kalshi {

// What an API key may do. A parent scope (read, write) grants its children (read::...).
class ApiKeyScopes {
 public:
  constexpr ApiKeyScopes() = default;
  constexpr ApiKeyScopes(std::initializer_list<ApiKeyScope> scopes) {
    for (const ApiKeyScope scope : scopes) Add(scope);
  }
  // What a key gets when its owner names no scopes: read and write.
  static constexpr ApiKeyScopes Full() { return {ApiKeyScope::kRead, ApiKeyScope::kWrite}; }
  static constexpr ApiKeyScopes FromBits(std::uint8_t bits) {
    ApiKeyScopes scopes;
    scopes.bits_ = bits;
    return scopes;
  }

  constexpr void Add(ApiKeyScope scope) { bits_ |= Bit(scope); }
  // Named itself, without regard to parents.
  constexpr bool Has(ApiKeyScope scope) const { return (bits_ & Bit(scope)) != 0; }
  // Granted, by itself or by its parent.
  bool Allows(ApiKeyScope scope) const;
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint8_t bits() const { return bits_; }
  // In the order of the enum.
  std::vector<ApiKeyScope> List() const;

  friend constexpr bool operator==(ApiKeyScopes, ApiKeyScopes) = default;

 private:
  static constexpr std::uint8_t Bit(ApiKeyScope scope) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(scope));
  }
  std::uint8_t bits_ = 0;
};

}  // namespace evx::kalshi
