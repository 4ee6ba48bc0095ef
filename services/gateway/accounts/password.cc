#include "accounts/password.h"

#include <argon2.h>

#include <array>

#include "accounts/secrets.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::gateway {

PasswordHasher::PasswordHasher(PasswordCost cost) : cost_(cost) {
  auto hash = Hash(RandomHex(kPasswordHashBytes));
  EVX_CHECK(hash.ok());
  nobody_ = *std::move(hash);
}

absl::Status PasswordHasher::Check(std::string_view password) {
  if (password.size() >= kPasswordBytesMin && password.size() <= kPasswordBytesMax) {
    return absl::OkStatus();
  }
  return InvalidArgument("password has " + std::to_string(password.size()) + " bytes; it takes " +
                         std::to_string(kPasswordBytesMin) + " to " +
                         std::to_string(kPasswordBytesMax));
}

absl::StatusOr<std::string> PasswordHasher::Hash(std::string_view password) const {
  EVX_RETURN_IF_ERROR(Check(password));
  const std::string salt = RandomHex(kPasswordSaltBytes / 2);
  static_assert(kPasswordSaltBytes % 2 == 0);
  std::string encoded(
      argon2_encodedlen(cost_.passes, cost_.memory_kib, cost_.lanes,
                        static_cast<std::uint32_t>(salt.size()), kPasswordHashBytes, Argon2_id),
      '\0');
  const int result = argon2id_hash_encoded(
      cost_.passes, cost_.memory_kib, cost_.lanes, password.data(), password.size(), salt.data(),
      salt.size(), kPasswordHashBytes, encoded.data(), encoded.size());
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return ResourceExhausted(std::string("no memory to hash a password: ") +
                             argon2_error_message(result));
  }
  EVX_CHECK(result == ARGON2_OK);
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool PasswordHasher::Verify(std::string_view password, const std::string& hash) const {
  const bool is_possible = Check(password).ok() && !hash.empty();
  const std::string_view asked =
      password.size() <= kPasswordBytesMax ? password : password.substr(0, kPasswordBytesMax);
  const int result =
      argon2id_verify((is_possible ? hash : nobody_).c_str(), asked.data(), asked.size());
  return is_possible && result == ARGON2_OK;
}

}  // namespace evx::gateway
