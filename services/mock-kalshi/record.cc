#include "record.h"

#include <cstring>

#include "evx/core/bytes.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::uint8_t kMetaVersion = 1;

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
  ByteWriter writer(out);
  writer.U8(kMetaVersion);
  writer.U8(static_cast<std::uint8_t>(meta.door));
  writer.U64(meta.request_id);
  writer.U8(static_cast<std::uint8_t>(meta.key_id.size()));
  writer.Bytes(meta.key_id.view());
  writer.U8(static_cast<std::uint8_t>(meta.remote_address.size()));
  writer.Bytes(meta.remote_address.view());
  writer.Bytes({reinterpret_cast<const char*>(meta.trace_id.data()), meta.trace_id.size()});
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
