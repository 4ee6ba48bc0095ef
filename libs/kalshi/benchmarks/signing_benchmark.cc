// Verifications and signatures a second of one thread, beside what `openssl speed` measures. The
// exchange verifies one signature for every request.

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstdio>
#include <string>

#include "evx/core/testing/benchmark.h"
#include "evx/kalshi/signing.h"

namespace {

using evx::kalshi::ApiKeyType;
using evx::kalshi::PrivateKey;

constexpr std::string_view kTarget = "/trade-api/v2/portfolio/events/orders";

// The loop of `openssl speed rsa2048`: PKCS#1 v1.5 of a 36-byte digest on one prepared context.
double OpensslRsaVerify() {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  unsigned char digest[36] = {1, 2, 3};
  unsigned char signature[256];
  std::size_t size = sizeof signature;
  EVP_PKEY_CTX* sign = EVP_PKEY_CTX_new(key, nullptr);
  EVP_PKEY_sign_init(sign);
  EVP_PKEY_sign(sign, signature, &size, digest, sizeof digest);
  EVP_PKEY_CTX* verify = EVP_PKEY_CTX_new(key, nullptr);
  EVP_PKEY_verify_init(verify);
  const double rate = evx::testing::OperationsPerSecond(
      1.0, [&] { EVP_PKEY_verify(verify, signature, size, digest, sizeof digest); });
  EVP_PKEY_CTX_free(sign);
  EVP_PKEY_CTX_free(verify);
  EVP_PKEY_free(key);
  return rate;
}

}  // namespace

int main() {
  const double reference = OpensslRsaVerify();
  std::printf("openssl rsa2048 verify      %9.0f /s\n", reference);
  for (const ApiKeyType type : {ApiKeyType::kRsa, ApiKeyType::kEd25519}) {
    const auto key = PrivateKey::Generate(type);
    if (!key.ok()) return 1;
    const auto request =
        SignRequest(*key, "id", evx::Timestamp::FromMillis(1703123456789), "POST", kTarget);
    bool ok = true;
    const double verify = evx::testing::OperationsPerSecond(1.0, [&] {
      ok &= VerifyRequest(key->public_key(), request.timestamp_ms, "POST", kTarget,
                          request.signature);
    });
    const double sign = evx::testing::OperationsPerSecond(1.0, [&] {
      SignRequest(*key, "id", evx::Timestamp::FromMillis(1703123456789), "POST", kTarget);
    });
    if (!ok) return 1;
    std::printf("%-8s request verify     %9.0f /s  %.2f of openssl rsa2048\n",
                std::string(evx::kalshi::ToWire(type)).c_str(), verify, verify / reference);
    std::printf("%-8s request sign       %9.0f /s\n",
                std::string(evx::kalshi::ToWire(type)).c_str(), sign);
  }
  return 0;
}
