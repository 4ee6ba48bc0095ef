#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Passwords: argon2id (RFC 9106), kept as its encoded text "$argon2id$v=19$m=...$salt$hash".

namespace evx::gateway {

// What a hash costs. The defaults are RFC 9106's second recommendation but for the lanes, which are
// one because a verification has one thread: about 0.15 s and 64 MiB.
struct PasswordCost {
  std::uint32_t memory_kib = 64 * 1024;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 1;
};
inline constexpr std::size_t kPasswordSaltBytes = 16;
inline constexpr std::size_t kPasswordHashBytes = 32;
// Longer ones are refused before they are hashed; shorter ones are no passwords.
inline constexpr std::size_t kPasswordBytesMin = 10;
inline constexpr std::size_t kPasswordBytesMax = 128;

// Hashes and verifies, each taking the full cost: on a worker, never on an I/O thread. Thread-safe.
class PasswordHasher {
 public:
  explicit PasswordHasher(PasswordCost cost = {});

  // INVALID_ARGUMENT names value and limit of a password that is too short or too long.
  static absl::Status Check(std::string_view password);
  absl::StatusOr<std::string> Hash(std::string_view password) const;

  // `hash` as Hash made it, or empty: there is no such user, or it has no password. Takes as long
  // either way, compares in constant time, and is false for what is empty or too long.
  bool Verify(std::string_view password, const std::string& hash) const;

 private:
  const PasswordCost cost_;
  // Of a random password that nobody knows: what an unknown user is compared with.
  std::string nobody_;
};

}  // namespace evx::gateway
