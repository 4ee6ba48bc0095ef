#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/kalshi/terms.h"

// Signatures of requests.
//
// A caller signs <timestamp in ms as sent><METHOD><path>, where path is the URL's path from the
// root, percent-encoding as sent, without the query. RSA keys (2048 bit) sign with RSASSA-PSS,
// SHA-256, MGF1-SHA-256 and a salt of 32 bytes, nothing else; Ed25519 keys sign the text itself
// (RFC 8032). The key's type decides, not the request. On the wire a signature is base64 of the
// standard alphabet. Source: rest.md section 2 of the venue's notes.
//
// Keys are parsed once and are then immutable, cheap to copy and thread-safe. Cost on a core that
// does 60,000 raw RSA-2048 operations a second: 54,000 RSA verifications, 11,000 of Ed25519.

namespace evx::kalshi {

// Names of the headers of REST and WebSocket handshakes; gRPC metadata has them in lower case.
inline constexpr std::string_view kAccessKeyHeader = "KALSHI-ACCESS-KEY";
inline constexpr std::string_view kAccessTimestampHeader = "KALSHI-ACCESS-TIMESTAMP";
inline constexpr std::string_view kAccessSignatureHeader = "KALSHI-ACCESS-SIGNATURE";

// Longest PEM text that is parsed.
inline constexpr std::size_t kPemBytesMax = 16'384;
inline constexpr int kRsaBits = 2048;
// RSA keys of other sizes are taken within these limits.
inline constexpr int kRsaBitsMin = 2048;
inline constexpr int kRsaBitsMax = 4096;

class PublicKey {
 public:
  // "PUBLIC KEY" (SPKI) and "RSA PUBLIC KEY" (PKCS#1). INVALID_ARGUMENT for anything else, for
  // other algorithms and for RSA keys outside the size limits.
  static absl::StatusOr<PublicKey> FromPem(std::string_view pem);

  ApiKeyType type() const;
  // `signature`: raw bytes. False for a signature of another scheme, length or salt.
  bool Verify(std::string_view text, std::string_view signature) const;
  // SPKI PEM.
  std::string ToPem() const;

 private:
  friend class PrivateKey;
  struct Impl;
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

class PrivateKey {
 public:
  // PKCS#8 and PKCS#1 ("RSA PRIVATE KEY") without a password.
  static absl::StatusOr<PrivateKey> FromPem(std::string_view pem);
  // RSA takes 50 to 500 ms.
  static absl::StatusOr<PrivateKey> Generate(ApiKeyType type);

  ApiKeyType type() const;
  const PublicKey& public_key() const { return public_key_; }
  // Raw bytes: 256 for RSA-2048, 64 for Ed25519. RSA signatures differ from call to call.
  std::string Sign(std::string_view text) const;
  // As the venue hands keys out: PKCS#1 for RSA, PKCS#8 for Ed25519.
  std::string ToPem() const;

 private:
  PrivateKey(std::shared_ptr<const PublicKey::Impl> impl);
  std::shared_ptr<const PublicKey::Impl> impl_;
  PublicKey public_key_;
};

// Standard alphabet with padding, and nothing else: no white space, no URL alphabet, no stray bits
// in the last character.
std::string EncodeBase64(std::string_view bytes);
std::optional<std::string> DecodeBase64(std::string_view text);

// The text that is signed. A query ("?...") in `target` is cut off.
std::string SignedText(std::string_view timestamp_ms, std::string_view method,
                       std::string_view target);

// The three headers of one request.
struct RequestSignature {
  std::string key_id;
  std::string timestamp_ms;
  std::string signature;
};
RequestSignature SignRequest(const PrivateKey& key, std::string_view key_id, Timestamp now,
                             std::string_view method, std::string_view target);

// True when `signature_base64` is the key's signature of this request. Does not look at the time.
bool VerifyRequest(const PublicKey& key, std::string_view timestamp_ms, std::string_view method,
                   std::string_view target, std::string_view signature_base64);

// How far a request's time may lie from ours. The venue's own window is not published; it was
// seen to take -5 s to +30 s and to refuse -30 s.
struct AuthWindow {
  absl::Duration past = absl::Seconds(15);
  absl::Duration future = absl::Seconds(30);
};
// Digits only, at most 16 of them.
std::optional<Timestamp> ParseTimestampMs(std::string_view text);
bool IsWithinWindow(Timestamp request, Timestamp now, const AuthWindow& window);

// A new random id (UUID version 4): how the venue names keys.
std::string NewKeyId();

}  // namespace evx::kalshi
