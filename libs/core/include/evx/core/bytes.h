#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"

// Fixed-width little-endian bytes: commands, events and snapshots in the journal. No padding, no
// type tags, no varints: the reader asks for exactly what the writer wrote, and a version number at
// the head of each format says what that is. Equal values give equal bytes on every machine.

namespace evx {

static_assert(std::endian::native == std::endian::little, "add byte swaps for this machine");

// Appends to a string owned by the caller, which must outlive the writer. Not thread-safe.
class ByteWriter {
 public:
  // Longest text that Text() takes.
  static constexpr std::size_t kTextSizeMax = 0xffff'ffff;

  explicit ByteWriter(std::string& out) : out_(out) {}

  void U8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void U16(std::uint16_t value) { Raw(value); }
  void U32(std::uint32_t value) { Raw(value); }
  void U64(std::uint64_t value) { Raw(value); }
  void I64(std::int64_t value) { Raw(value); }
  void Bool(bool value) { U8(value ? 1 : 0); }

  void Put(Money value) { I64(value.micros()); }
  void Put(Quantity value) { I64(value.centis()); }
  // Four bytes.
  void Put(Price value) { U32(static_cast<std::uint32_t>(value.micros())); }
  void Put(Timestamp value) { I64(value.nanos()); }
  template <class Tag, class Integer>
  void Put(Id<Tag, Integer> value) {
    Raw(value.value());
  }

  // The bytes alone, without a length.
  void Bytes(std::string_view bytes) { out_.append(bytes); }
  // A length of four bytes, then the bytes.
  void Text(std::string_view text) {
    EVX_CHECK(text.size() <= kTextSizeMax);
    U32(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }

  // Number of bytes in the string so far.
  std::size_t size() const { return out_.size(); }

 private:
  template <class Integer>
  void Raw(Integer value) {
    std::array<char, sizeof(Integer)> bytes;
    std::memcpy(bytes.data(), &value, sizeof(Integer));
    out_.append(bytes.data(), bytes.size());
  }

  std::string& out_;
};

// Reads what ByteWriter wrote, from bytes that may be damaged. A read beyond the end, or of a value
// that its type does not have, makes the reader fail: ok() is false from then on and every further
// read gives zeros, so that a parser may check once at its end. A count read from the bytes must be
// compared with remaining() before memory is taken for it. Not thread-safe; the bytes must outlive
// the reader and every Text() taken from it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t U8() { return Raw<std::uint8_t>(); }
  std::uint16_t U16() { return Raw<std::uint16_t>(); }
  std::uint32_t U32() { return Raw<std::uint32_t>(); }
  std::uint64_t U64() { return Raw<std::uint64_t>(); }
  std::int64_t I64() { return Raw<std::int64_t>(); }
  // Fails on anything but 0 and 1.
  bool Bool() { return Enum<std::uint8_t>(1) != 0; }

  // One byte that must not be above `last`, the largest enumerator.
  template <class E>
  E Enum(E last) {
    const std::uint8_t value = U8();
    if (value > static_cast<std::uint8_t>(last)) {
      Fail();
      return E{};
    }
    return static_cast<E>(value);
  }

  // `value` may be Money, Quantity, Price, Timestamp or an Id; a price must be valid.
  void Get(Money& value) { value = Money::FromMicros(I64()); }
  void Get(Quantity& value) { value = Quantity::FromCentis(I64()); }
  void Get(Price& value) {
    const std::uint32_t micros = U32();
    if (!Price::IsValid(micros)) {
      Fail();
      value = Price();
      return;
    }
    value = Price::FromMicros(micros);
  }
  void Get(Timestamp& value) { value = Timestamp::FromNanos(I64()); }
  template <class Tag, class Integer>
  void Get(Id<Tag, Integer>& value) {
    value = Id<Tag, Integer>(Raw<Integer>());
  }
  // The same as a value: reader.Get<Money>().
  template <class T>
  T Get() {
    T value;
    Get(value);
    return value;
  }

  // The next `size` bytes; empty after a failure.
  std::string_view Bytes(std::size_t size) {
    if (!ok_ || size > bytes_.size()) {
      Fail();
      return {};
    }
    const std::string_view result = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return result;
  }
  std::string_view Text() { return Bytes(U32()); }

  // Makes the reader fail: a value was read that the format does not allow.
  void Fail() {
    ok_ = false;
    bytes_ = {};
  }
  bool ok() const { return ok_; }
  // Bytes left; 0 after a failure.
  std::size_t remaining() const { return bytes_.size(); }
  // Everything was read and nothing failed.
  bool AtEnd() const { return ok_ && bytes_.empty(); }

 private:
  template <class Integer>
  Integer Raw() {
    Integer value = 0;
    if (sizeof(Integer) > bytes_.size()) {
      Fail();
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof(Integer));
    bytes_.remove_prefix(sizeof(Integer));
    return value;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace evx
