#include "evx/kalshi/signing.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "signing_vectors.h"

namespace evx::kalshi {
namespace {

constexpr std::string_view kMethod = "GET";
constexpr std::string_view kPath = "/trade-api/v2/portfolio/balance";
constexpr std::string_view kMillis = "1703123456789";

bool VerifiesText(const PublicKey& key, std::string_view signature_base64) {
  const auto signature = DecodeBase64(signature_base64);
  return signature && key.Verify(vectors::kText, *signature);
}

TEST_CASE("Signing: signatures of another implementation verify", "[kalshi]") {
  for (const char* pem : {vectors::kRsaPublicPem, vectors::kRsaPublicPkcs1Pem}) {
    const auto key = PublicKey::FromPem(pem);
    REQUIRE(key.ok());
    CHECK(key->type() == ApiKeyType::kRsa);
    CHECK(VerifiesText(*key, vectors::kRsaSignature));
  }
  const auto ed25519 = PublicKey::FromPem(vectors::kEd25519PublicPem);
  REQUIRE(ed25519.ok());
  CHECK(ed25519->type() == ApiKeyType::kEd25519);
  CHECK(VerifiesText(*ed25519, vectors::kEd25519Signature));
}

TEST_CASE("Signing: only PSS with SHA-256 and a salt of 32 bytes is accepted", "[kalshi]") {
  const auto key = PublicKey::FromPem(vectors::kRsaPublicPem);
  REQUIRE(key.ok());
  CHECK_FALSE(VerifiesText(*key, vectors::kRsaSignatureMaxSalt));
  CHECK_FALSE(VerifiesText(*key, vectors::kRsaSignatureNoSalt));
  CHECK_FALSE(VerifiesText(*key, vectors::kRsaSignaturePkcs1));
  CHECK_FALSE(VerifiesText(*key, vectors::kRsaSignatureSha512));
  CHECK_FALSE(VerifiesText(*key, vectors::kEd25519Signature));
  CHECK_FALSE(VerifiesText(*key, ""));
}

TEST_CASE("Signing: the signed text is time, method and path without the query", "[kalshi]") {
  CHECK(SignedText(kMillis, kMethod, kPath) == vectors::kText);
  CHECK(SignedText(kMillis, kMethod, std::string(kPath) + "?subaccount=1") == vectors::kText);
}

TEST_CASE("Signing: a changed method, path, time or bit does not verify", "[kalshi]") {
  const auto type = GENERATE(ApiKeyType::kRsa, ApiKeyType::kEd25519);
  const auto key = PrivateKey::Generate(type);
  REQUIRE(key.ok());
  const auto request = SignRequest(*key, "id", Timestamp::FromMillis(1703123456789), "POST", "/a");
  const auto verify = [&](std::string_view ms, std::string_view method, std::string_view path,
                          std::string_view signature) {
    return VerifyRequest(key->public_key(), ms, method, path, signature);
  };
  CHECK(verify(request.timestamp_ms, "POST", "/a", request.signature));
  CHECK(verify(request.timestamp_ms, "POST", "/a?b=c", request.signature));
  CHECK_FALSE(verify("1703123456780", "POST", "/a", request.signature));
  CHECK_FALSE(verify(request.timestamp_ms, "GET", "/a", request.signature));
  CHECK_FALSE(verify(request.timestamp_ms, "POST", "/b", request.signature));

  auto raw = *DecodeBase64(request.signature);
  for (std::size_t i = 0; i < raw.size(); i += 17) {
    auto flipped = raw;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    CHECK_FALSE(verify(request.timestamp_ms, "POST", "/a", EncodeBase64(flipped)));
  }
  CHECK_FALSE(verify(request.timestamp_ms, "POST", "/a", EncodeBase64(raw.substr(1))));
  CHECK_FALSE(verify(request.timestamp_ms, "POST", "/a", EncodeBase64(raw + '\0')));
  const auto other = PrivateKey::Generate(type);
  CHECK_FALSE(
      VerifyRequest(other->public_key(), request.timestamp_ms, "POST", "/a", request.signature));
}

TEST_CASE("Signing: an RSA signature without its leading zero byte does not verify", "[kalshi]") {
  const auto key = PrivateKey::Generate(ApiKeyType::kRsa);
  REQUIRE(key.ok());
  // Every signature is another one; one in 256 begins with zero.
  std::string signature;
  for (int i = 0; i < 100'000 && (signature.empty() || signature[0] != '\0'); ++i) {
    signature = key->Sign("text");
  }
  REQUIRE(signature[0] == '\0');
  CHECK(key->public_key().Verify("text", signature));
  CHECK_FALSE(key->public_key().Verify("text", signature.substr(1)));
}

TEST_CASE("Signing: keys survive PEM in the venue's formats", "[kalshi]") {
  const auto rsa = PrivateKey::FromPem(vectors::kRsaPrivatePkcs1Pem);
  REQUIRE(rsa.ok());
  CHECK(rsa->ToPem() == vectors::kRsaPrivatePkcs1Pem);
  CHECK(rsa->public_key().ToPem() == vectors::kRsaPublicPem);
  CHECK(rsa->Sign("x").size() == 256);

  const auto ed25519 = PrivateKey::FromPem(vectors::kEd25519PrivatePem);
  REQUIRE(ed25519.ok());
  CHECK(ed25519->ToPem() == vectors::kEd25519PrivatePem);
  CHECK(EncodeBase64(ed25519->Sign(vectors::kText)) == vectors::kEd25519Signature);

  const auto generated = PrivateKey::Generate(ApiKeyType::kRsa);
  REQUIRE(generated.ok());
  CHECK(generated->ToPem().starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
  CHECK(PrivateKey::FromPem(generated->ToPem())->ToPem() == generated->ToPem());
}

TEST_CASE("Signing: what is no usable key is refused", "[kalshi]") {
  std::string broken = vectors::kRsaPublicPem;
  broken[100] = '!';
  for (const std::string& pem :
       {std::string(), std::string("not a key"), broken, std::string(vectors::kRsa1024PublicPem),
        std::string(vectors::kEcPublicPem), std::string(vectors::kRsaPrivatePkcs1Pem),
        std::string(kPemBytesMax + 1, 'A')}) {
    CHECK(PublicKey::FromPem(pem).status().code() == absl::StatusCode::kInvalidArgument);
  }
  for (const std::string& pem : {std::string(), std::string(vectors::kRsaPublicPem),
                                 std::string(vectors::kRsaEncryptedPem)}) {
    CHECK(PrivateKey::FromPem(pem).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("Signing: one key verifies on many threads at once", "[kalshi]") {
  const auto key = PublicKey::FromPem(vectors::kRsaPublicPem);
  const auto ed25519 = PublicKey::FromPem(vectors::kEd25519PublicPem);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        wrong += !VerifiesText(*key, vectors::kRsaSignature);
        wrong += VerifiesText(*key, vectors::kRsaSignatureNoSalt);
        wrong += !VerifiesText(*ed25519, vectors::kEd25519Signature);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("Base64: round trips and known texts", "[kalshi]") {
  CHECK(EncodeBase64("") == "");
  CHECK(EncodeBase64("f") == "Zg==");
  CHECK(EncodeBase64("fo") == "Zm8=");
  CHECK(EncodeBase64("foo") == "Zm9v");
  CHECK(EncodeBase64("\xfb\xff\xbf") == "+/+/");
  for (std::size_t size = 0; size < 70; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * 37 + size));
    CHECK(DecodeBase64(EncodeBase64(bytes)) == bytes);
  }
}

TEST_CASE("Base64: only the standard alphabet with exact padding is taken", "[kalshi]") {
  const auto text = GENERATE("Zg", "Zg=", "Zg===", "Z===", "Zh==", "Zm9=", "Z m9v", "Zm9v\n",
                             "-_-_", "====", "Zg==Zg==", "Zm\0v");
  CHECK_FALSE(DecodeBase64(text).has_value());
}

TEST_CASE("Signing: timestamps are plain digits", "[kalshi]") {
  CHECK(ParseTimestampMs("1703123456789") == Timestamp::FromMillis(1703123456789));
  CHECK(ParseTimestampMs("0").has_value());
  for (const char* text :
       {"", "-1", "-0", "+1", " 1", "1 ", "1.5", "1e3", "17031234567890123", "9999999999999999"}) {
    CHECK_FALSE(ParseTimestampMs(text).has_value());
  }
}

TEST_CASE("Signing: the window is closed on both ends", "[kalshi]") {
  const AuthWindow window{absl::Seconds(15), absl::Seconds(30)};
  const Timestamp now = Timestamp::FromSeconds(1'000'000);
  CHECK(IsWithinWindow(now, now, window));
  CHECK(IsWithinWindow(Timestamp::FromSeconds(1'000'030), now, window));
  CHECK(IsWithinWindow(Timestamp::FromSeconds(999'985), now, window));
  CHECK_FALSE(IsWithinWindow(Timestamp::FromMillis(1'000'030'001), now, window));
  CHECK_FALSE(IsWithinWindow(Timestamp::FromMillis(999'984'999), now, window));
}

TEST_CASE("Signing: key ids are distinct UUIDs of version 4", "[kalshi]") {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewKeyId();
    CHECK(id.size() == 36);
    CHECK(id[14] == '4');
    CHECK(std::string_view("89ab").find(id[19]) != std::string_view::npos);
    ids.insert(id);
  }
  CHECK(ids.size() == 1000);
}

}  // namespace
}  // namespace evx::kalshi
