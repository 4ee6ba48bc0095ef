#include "evx/postgres/copy_buffer.h"

#include <array>
#include <cstring>
#include <type_traits>

#include "evx/core/check.h"

namespace evx::postgres {
namespace {

// Signature, flags, length of the header extension.
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

// Big endian, as PostgreSQL sends integers.
template <class Integer>
void Store(char* out, Integer value) {
  auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  for (std::size_t i = sizeof bits; i > 0; --i) {
    out[i - 1] = static_cast<char>(bits & 0xff);
    if constexpr (sizeof bits > 1) bits >>= 8;
  }
}

}  // namespace

CopyBuffer::CopyBuffer(std::string_view table, std::initializer_list<std::string_view> columns)
    : bytes_(kHeader), column_count_(static_cast<int>(columns.size())) {
  statement_.append("COPY ").append(table).append(" (");
  const char* separator = "";
  for (const std::string_view column : columns) {
    statement_.append(separator).append(column);
    separator = ", ";
  }
  statement_.append(") FROM STDIN (FORMAT binary)");
}

CopyBuffer& CopyBuffer::Row() {
  EVX_CHECK(IsComplete());
  std::array<char, 2> bytes;
  Store(bytes.data(), static_cast<std::int16_t>(column_count_));
  bytes_.append(bytes.data(), bytes.size());
  value_count_ = column_count_;
  ++row_count_;
  return *this;
}

void CopyBuffer::CountValue() {
  EVX_CHECK(value_count_ > 0);
  --value_count_;
}

template <class Integer>
CopyBuffer& CopyBuffer::Value(Integer value) {
  CountValue();
  std::array<char, 4 + sizeof(Integer)> bytes;
  Store(bytes.data(), static_cast<std::int32_t>(sizeof(Integer)));
  Store(bytes.data() + 4, value);
  bytes_.append(bytes.data(), bytes.size());
  return *this;
}

CopyBuffer& CopyBuffer::Int64(std::int64_t value) { return Value(value); }
CopyBuffer& CopyBuffer::Int32(std::int32_t value) { return Value(value); }
CopyBuffer& CopyBuffer::Int16(std::int16_t value) { return Value(value); }
CopyBuffer& CopyBuffer::Bool(bool value) { return Value(static_cast<std::int8_t>(value)); }

CopyBuffer& CopyBuffer::Text(std::string_view value) {
  CountValue();
  std::array<char, 4> size;
  Store(size.data(), static_cast<std::int32_t>(value.size()));
  bytes_.append(size.data(), size.size());
  bytes_.append(value);
  return *this;
}

CopyBuffer& CopyBuffer::Null() {
  CountValue();
  std::array<char, 4> size;
  Store(size.data(), std::int32_t{-1});
  bytes_.append(size.data(), size.size());
  return *this;
}

void CopyBuffer::Clear() {
  bytes_.resize(kHeader.size());
  value_count_ = 0;
  row_count_ = 0;
}

}  // namespace evx::postgres
