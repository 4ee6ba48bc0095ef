#include "evx/kalshi/cursor.h"

#include "base64.h"
#include "evx/core/check.h"
#include "evx/core/hash.h"

namespace evx::kalshi {
namespace {

constexpr char kVersion = 1;
// Version, kind, two integers, the key, and the low bytes of a hash of all that.
constexpr std::size_t kHeaderBytes = 2 + 2 * sizeof(std::int64_t);
constexpr std::size_t kChecksumBytes = 4;

void AppendLittleEndian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t ReadLittleEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::uint64_t Checksum(std::string_view bytes) { return Xxh64(bytes) & 0xffff'ffff; }

}  // namespace

std::string FormatCursor(const Cursor& cursor) {
  EVX_CHECK(cursor.key.size() <= Cursor::kKeyBytesMax);
  std::string bytes;
  bytes.reserve(kHeaderBytes + cursor.key.size() + kChecksumBytes);
  bytes.push_back(kVersion);
  bytes.push_back(static_cast<char>(cursor.kind));
  AppendLittleEndian(bytes, static_cast<std::uint64_t>(cursor.position), 8);
  AppendLittleEndian(bytes, static_cast<std::uint64_t>(cursor.second_position), 8);
  bytes.append(cursor.key);
  AppendLittleEndian(bytes, Checksum(bytes), kChecksumBytes);
  return EncodeBase64Url(bytes);
}

std::optional<Cursor> ParseCursor(std::string_view text, std::uint8_t kind) {
  constexpr std::size_t kBytesMax = kHeaderBytes + Cursor::kKeyBytesMax + kChecksumBytes;
  if (text.size() > kBytesMax * 4 / 3 + 4) return std::nullopt;
  const auto decoded = DecodeBase64Url(text);
  if (!decoded || decoded->size() < kHeaderBytes + kChecksumBytes || decoded->size() > kBytesMax) {
    return std::nullopt;
  }
  const std::string_view bytes = *decoded;
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (ReadLittleEndian(bytes.substr(body.size())) != Checksum(body)) return std::nullopt;
  if (body[0] != kVersion || static_cast<std::uint8_t>(body[1]) != kind) return std::nullopt;
  Cursor cursor;
  cursor.kind = kind;
  cursor.position = static_cast<std::int64_t>(ReadLittleEndian(body.substr(2, 8)));
  cursor.second_position = static_cast<std::int64_t>(ReadLittleEndian(body.substr(10, 8)));
  cursor.key = body.substr(kHeaderBytes);
  return cursor;
}

}  // namespace evx::kalshi
