#include "exchange/record.h"

#include <cstring>

#include "evx/core/bytes.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::uint8_t kMetaVersion = 1;
constexpr std::size_t kMetaBytesMax =
    2 + sizeof(AuditMeta::request_id) + 1 + decltype(AuditMeta::key_id)::kMaxSize + 1 +
    decltype(AuditMeta::remote_address)::kMaxSize + sizeof(AuditMeta::trace_id);

}  // namespace

std::string_view Name(Door door) {
  switch (door) {
    case Door::kInternal:
      return "internal";
    case Door::kRest:
      return "rest";
    case Door::kGrpc:
      return "grpc";
    case Door::kOperator:
      return "operator";
    case Door::kFix:
      return "fix";
  }
  return "unknown";
}

void EncodeAuditMeta(const AuditMeta& meta, std::string& out) {
  // Once for every command: copies of fixed size, each overwriting what the one before wrote beyond
  // its text.
  std::array<char, kMetaBytesMax> bytes;
  char* end = bytes.data();
  *end++ = static_cast<char>(kMetaVersion);
  *end++ = static_cast<char>(meta.door);
  std::memcpy(end, &meta.request_id, sizeof meta.request_id);
  end += sizeof meta.request_id;
  const auto put = [&end]<std::size_t max>(const InlineString<max>& text) {
    *end++ = static_cast<char>(text.size());
    std::memcpy(end, text.view().data(), max);
    end += text.size();
  };
  put(meta.key_id);
  put(meta.remote_address);
  std::memcpy(end, meta.trace_id.data(), meta.trace_id.size());
  end += meta.trace_id.size();
  out.append(bytes.data(), static_cast<std::size_t>(end - bytes.data()));
}

absl::StatusOr<AuditMeta> DecodeAuditMeta(std::string_view bytes) {
  ByteReader reader(bytes);
  AuditMeta meta;
  if (reader.U8() != kMetaVersion) return DataLoss("audit meta has an unknown version");
  meta.door = reader.Enum(Door::kFix);
  meta.request_id = reader.U64();
  const std::string_view key_id = reader.Bytes(reader.U8());
  const std::string_view remote_address = reader.Bytes(reader.U8());
  const std::string_view trace_id = reader.Bytes(meta.trace_id.size());
  if (!reader.AtEnd() || key_id.size() > decltype(meta.key_id)::kMaxSize ||
      remote_address.size() > decltype(meta.remote_address)::kMaxSize) {
    return DataLoss("audit meta is cut short or too long");
  }
  meta.key_id = venue::UuidText(key_id);
  meta.remote_address = decltype(meta.remote_address)(remote_address);
  std::memcpy(meta.trace_id.data(), trace_id.data(), trace_id.size());
  return meta;
}

}  // namespace evx::mock_kalshi
