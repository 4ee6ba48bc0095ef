#include "accounts/password.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx::gateway {
namespace {

constexpr PasswordCost kCheap = {.memory_kib = 64, .passes = 1, .lanes = 1};
constexpr char kPassword[] = "correct horse battery";

TEST_CASE("PasswordHasher: a password is verified by its hash, and no other one is", "[gateway]") {
  const PasswordHasher hasher(kCheap);
  const std::string hash = *hasher.Hash(kPassword);
  CHECK(hasher.Verify(kPassword, hash));
  CHECK_FALSE(hasher.Verify("correct horse batterz", hash));
  CHECK_FALSE(hasher.Verify("", hash));
  CHECK_FALSE(hasher.Verify(std::string(kPassword) + '\0', hash));
}

TEST_CASE("PasswordHasher: a hash is argon2id with its cost and a salt of its own", "[gateway]") {
  const PasswordHasher hasher;
  const std::string hash = *hasher.Hash(kPassword);
  CHECK(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
  CHECK(hash.find(kPassword) == std::string::npos);
  const PasswordHasher cheap(kCheap);
  CHECK(*cheap.Hash(kPassword) != *cheap.Hash(kPassword));
  // The cost of a hash is in the hash: a change of the defaults keeps old passwords good.
  CHECK(cheap.Verify(kPassword, hash));
}

TEST_CASE("PasswordHasher: nobody signs in without a hash, whatever the password", "[gateway]") {
  const PasswordHasher hasher(kCheap);
  CHECK_FALSE(hasher.Verify(kPassword, ""));
  CHECK_FALSE(hasher.Verify("", ""));
  CHECK_FALSE(hasher.Verify(std::string(1 << 20, 'a'), ""));
}

TEST_CASE("PasswordHasher: too short and too long passwords are refused by their size",
          "[gateway]") {
  const PasswordHasher hasher(kCheap);
  CHECK(hasher.Hash(std::string(kPasswordBytesMin, 'a')).ok());
  CHECK(hasher.Hash(std::string(kPasswordBytesMax, 'a')).ok());
  const absl::Status low = hasher.Hash(std::string(kPasswordBytesMin - 1, 'a')).status();
  CHECK(absl::IsInvalidArgument(low));
  CHECK(std::string(low.message()) == "password has 9 bytes; it takes 10 to 128");
  CHECK(absl::IsInvalidArgument(hasher.Hash(std::string(kPasswordBytesMax + 1, 'a')).status()));
}

}  // namespace
}  // namespace evx::gateway
