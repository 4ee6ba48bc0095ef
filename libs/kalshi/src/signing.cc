#include "evx/kalshi/signing.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>
#include <charconv>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::kalshi {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using PkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

constexpr std::size_t kSha256Bytes = 32;
constexpr int kPssSaltBytes = 32;
constexpr std::size_t kTimestampDigitsMax = 16;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL 3.0 looks an algorithm up by name each time it is not handed a fetched one.
const EVP_MD* Sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVX_CHECK(md != nullptr);
  return md;
}

std::array<unsigned char, kSha256Bytes> Digest(std::string_view text) {
  thread_local const DigestContextPtr context(EVP_MD_CTX_new());
  std::array<unsigned char, kSha256Bytes> digest;
  unsigned int size = 0;
  EVX_CHECK(EVP_DigestInit_ex2(context.get(), Sha256(), nullptr) == 1);
  EVX_CHECK(EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1);
  EVX_CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1);
  return digest;
}

BioPtr ReadOnlyBio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// Encrypted keys are refused instead of asking on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

absl::StatusOr<ApiKeyType> TypeOf(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return ApiKeyType::kEd25519;
  if (EVP_PKEY_is_a(key, "RSA") != 1) return InvalidArgument("the key is neither RSA nor Ed25519");
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
    return InvalidArgument(ToStd(absl::StrCat("the RSA key has ", bits, " bits; allowed are ",
                                              kRsaBitsMin, " to ", kRsaBitsMax)));
  }
  return ApiKeyType::kRsa;
}

absl::Status CheckPemSize(std::string_view pem) {
  if (pem.size() <= kPemBytesMax) return absl::OkStatus();
  return InvalidArgument(
      ToStd(absl::StrCat("the PEM text has ", pem.size(), " bytes; allowed are ", kPemBytesMax)));
}

void SetPss(EVP_PKEY_CTX* context) {
  EVX_CHECK(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
  EVX_CHECK(EVP_PKEY_CTX_set_signature_md(context, Sha256()) == 1);
  EVX_CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(context, Sha256()) == 1);
  EVX_CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, kPssSaltBytes) == 1);
}

}  // namespace

// A key with operations prepared: setting one up costs a third of a verification, copying a
// prepared one next to nothing. The prepared contexts are only ever copied.
struct PublicKey::Impl {
  ApiKeyType type = ApiKeyType::kRsa;
  PkeyPtr key;
  PkeyContextPtr rsa_verify;
  DigestContextPtr ed25519_verify;

  static absl::StatusOr<std::shared_ptr<const Impl>> Make(PkeyPtr key) {
    auto impl = std::make_shared<Impl>();
    EVX_ASSIGN_OR_RETURN(impl->type, TypeOf(key.get()));
    impl->key = std::move(key);
    if (impl->type == ApiKeyType::kRsa) {
      impl->rsa_verify.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, impl->key.get(), nullptr));
      EVX_CHECK(EVP_PKEY_verify_init(impl->rsa_verify.get()) == 1);
      SetPss(impl->rsa_verify.get());
    } else {
      impl->ed25519_verify.reset(EVP_MD_CTX_new());
      EVX_CHECK(EVP_DigestVerifyInit(impl->ed25519_verify.get(), nullptr, nullptr, nullptr,
                                     impl->key.get()) == 1);
    }
    return std::shared_ptr<const Impl>(std::move(impl));
  }
};

absl::StatusOr<PublicKey> PublicKey::FromPem(std::string_view pem) {
  EVX_RETURN_IF_ERROR(CheckPemSize(pem));
  // Reads SPKI and PKCS#1 alike.
  PkeyPtr key(PEM_read_bio_PUBKEY(ReadOnlyBio(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) return InvalidArgument("the text is not a public key in PEM format");
  EVX_ASSIGN_OR_RETURN(auto impl, Impl::Make(std::move(key)));
  return PublicKey(std::move(impl));
}

ApiKeyType PublicKey::type() const { return impl_->type; }

bool PublicKey::Verify(std::string_view text, std::string_view signature) const {
  // RFC 8017 section 8.1.2 step 1; OpenSSL takes an RSA signature without its leading zero bytes.
  if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get()))) {
    return false;
  }
  bool ok = false;
  if (impl_->type == ApiKeyType::kRsa) {
    const auto digest = Digest(text);
    const PkeyContextPtr context(EVP_PKEY_CTX_dup(impl_->rsa_verify.get()));
    ok = context != nullptr && EVP_PKEY_verify(context.get(), Bytes(signature), signature.size(),
                                               digest.data(), digest.size()) == 1;
  } else {
    const DigestContextPtr context(EVP_MD_CTX_new());
    ok = EVP_MD_CTX_copy_ex(context.get(), impl_->ed25519_verify.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                          text.size()) == 1;
  }
  if (!ok) ERR_clear_error();
  return ok;
}

std::string PublicKey::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EVX_CHECK(PEM_write_bio_PUBKEY(bio.get(), impl_->key.get()) == 1);
  return Contents(bio.get());
}

PrivateKey::PrivateKey(std::shared_ptr<const PublicKey::Impl> impl)
    : impl_(impl), public_key_(std::move(impl)) {}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(std::string_view pem) {
  EVX_RETURN_IF_ERROR(CheckPemSize(pem));
  PkeyPtr key(PEM_read_bio_PrivateKey(ReadOnlyBio(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) return InvalidArgument("the text is not a private key in PEM format");
  EVX_ASSIGN_OR_RETURN(auto impl, PublicKey::Impl::Make(std::move(key)));
  return PrivateKey(std::move(impl));
}

absl::StatusOr<PrivateKey> PrivateKey::Generate(ApiKeyType type) {
  PkeyPtr key(type == ApiKeyType::kRsa
                  ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kRsaBits})
                  : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) return Internal("OpenSSL could not generate a key");
  EVX_ASSIGN_OR_RETURN(auto impl, PublicKey::Impl::Make(std::move(key)));
  return PrivateKey(std::move(impl));
}

ApiKeyType PrivateKey::type() const { return impl_->type; }

std::string PrivateKey::Sign(std::string_view text) const {
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get())), '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(signature.data());
  std::size_t size = signature.size();
  if (impl_->type == ApiKeyType::kRsa) {
    const auto digest = Digest(text);
    const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, impl_->key.get(), nullptr));
    EVX_CHECK(EVP_PKEY_sign_init(context.get()) == 1);
    SetPss(context.get());
    EVX_CHECK(EVP_PKEY_sign(context.get(), bytes, &size, digest.data(), digest.size()) == 1);
  } else {
    const DigestContextPtr context(EVP_MD_CTX_new());
    EVX_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) == 1);
    EVX_CHECK(EVP_DigestSign(context.get(), bytes, &size, Bytes(text), text.size()) == 1);
  }
  signature.resize(size);
  return signature;
}

std::string PrivateKey::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const int written = impl_->type == ApiKeyType::kRsa
                          ? PEM_write_bio_PrivateKey_traditional(
                                bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr)
                          : PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr,
                                                          nullptr, 0, nullptr, nullptr);
  EVX_CHECK(written == 1);
  return Contents(bio.get());
}

std::string SignedText(std::string_view timestamp_ms, std::string_view method,
                       std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  std::string text;
  text.reserve(timestamp_ms.size() + method.size() + path.size());
  text.append(timestamp_ms).append(method).append(path);
  return text;
}

RequestSignature SignRequest(const PrivateKey& key, std::string_view key_id, Timestamp now,
                             std::string_view method, std::string_view target) {
  RequestSignature request;
  request.key_id = key_id;
  request.timestamp_ms = std::to_string(now.millis());
  request.signature = EncodeBase64(key.Sign(SignedText(request.timestamp_ms, method, target)));
  return request;
}

bool VerifyRequest(const PublicKey& key, std::string_view timestamp_ms, std::string_view method,
                   std::string_view target, std::string_view signature_base64) {
  const auto signature = DecodeBase64(signature_base64);
  return signature && key.Verify(SignedText(timestamp_ms, method, target), *signature);
}

std::optional<Timestamp> ParseTimestampMs(std::string_view text) {
  if (text.empty() || text.size() > kTimestampDigitsMax) return std::nullopt;
  // Beyond this many milliseconds nanoseconds leave 64 bits.
  constexpr std::int64_t kMillisMax = INT64_MAX / 1'000'000;
  std::int64_t millis = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (millis < 0 || millis > kMillisMax || text[0] == '-') return std::nullopt;
  return Timestamp::FromMillis(millis);
}

bool IsWithinWindow(Timestamp request, Timestamp now, const AuthWindow& window) {
  return request - now <= window.future && now - request <= window.past;
}

std::string NewKeyId() {
  std::array<unsigned char, 16> bytes;
  EVX_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[bytes[i] >> 4]);
    text.push_back(kHex[bytes[i] & 15]);
  }
  return text;
}

}  // namespace evx::kalshi
