#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "evx/venue/codec.h"

namespace evx::venue::codec_internal {

// Number of enumerators: values from there on are damage.
template <class E>
inline constexpr std::uint8_t kEnumeratorCount = 0;
template <>
inline constexpr std::uint8_t kEnumeratorCount<BookSide> = 2;
template <>
inline constexpr std::uint8_t kEnumeratorCount<TimeInForce> = 3;
template <>
inline constexpr std::uint8_t kEnumeratorCount<SelfTradePrevention> = 2;
template <>
inline constexpr std::uint8_t kEnumeratorCount<AmendOrder::ExpirationChange> = 3;
template <>
inline constexpr std::uint8_t kEnumeratorCount<MarketStatus> =
    static_cast<std::uint8_t>(MarketStatus::kFinalized) + 1;
template <>
inline constexpr std::uint8_t kEnumeratorCount<MarketResult> =
    static_cast<std::uint8_t>(MarketResult::kScalar) + 1;
template <>
inline constexpr std::uint8_t kEnumeratorCount<FeeType> =
    static_cast<std::uint8_t>(FeeType::kQuadraticWithComboMakerFees) + 1;
template <>
inline constexpr std::uint8_t kEnumeratorCount<CollateralReturn> =
    static_cast<std::uint8_t>(CollateralReturn::kMutuallyExclusive) + 1;
template <>
inline constexpr std::uint8_t kEnumeratorCount<CancelReason> =
    static_cast<std::uint8_t>(CancelReason::kPriceGridChanged) + 1;
template <>
inline constexpr std::uint8_t kEnumeratorCount<PostingKind> =
    static_cast<std::uint8_t>(PostingKind::kReversal) + 1;
template <>
inline constexpr std::uint8_t kEnumeratorCount<Schedule> = 2;
template <>
inline constexpr std::uint8_t kEnumeratorCount<UsageTier> =
    static_cast<std::uint8_t>(UsageTier::kUnlimited) + 1;
template <>
inline constexpr std::uint8_t kEnumeratorCount<RejectReason> =
    static_cast<std::uint8_t>(RejectReason::kAlreadyBusted) + 1;

// Reads fields off the front of a record. After a fault nothing is read any more.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  // Leaves `out` alone when the record ended before this field.
  template <class T>
  void Read(std::string_view name, T& out) {
    if (!fault_.empty()) return;
    if constexpr (HasFields<T>) {
      T::VisitFields(out, [this](std::string_view inner, auto& f) { Read(inner, f); });
    } else {
      if (rest_.empty()) return;
      if (!TryRead(out)) fault_ = name;
    }
  }

  // The field at fault; empty when there is none.
  std::string_view fault() const { return fault_; }

 private:
  template <class Integer>
  bool TryReadInteger(Integer& out) {
    if (rest_.size() < sizeof out) return false;
    std::memcpy(&out, rest_.data(), sizeof out);
    rest_.remove_prefix(sizeof out);
    return true;
  }

  bool TryReadText(std::size_t size, std::string_view& out) {
    if (rest_.size() < size) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  template <class T>
  bool TryRead(T& out) {
    if constexpr (std::is_same_v<T, std::string>) {
      std::uint32_t size = 0;
      std::string_view text;
      if (!TryReadInteger(size) || !TryReadText(size, text)) return false;
      out.assign(text);
      return true;
    } else if constexpr (HasView<T>) {
      std::uint8_t size = 0;
      std::string_view text;
      if (!TryReadInteger(size) || size > T::kMaxSize || !TryReadText(size, text)) return false;
      out = T(text);
      return true;
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(kEnumeratorCount<T> > 0);
      std::uint8_t value = 0;
      if (!TryReadInteger(value) || value >= kEnumeratorCount<T>) return false;
      out = static_cast<T>(value);
      return true;
    } else if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t value = 0;
      if (!TryReadInteger(value) || value > 1) return false;
      out = value == 1;
      return true;
    } else if constexpr (HasValue<T>) {
      typename T::Value value = 0;
      if (!TryReadInteger(value)) return false;
      out = T(value);
      return true;
    } else if constexpr (std::is_integral_v<T>) {
      return TryReadInteger(out);
    } else {
      std::int64_t value = 0;
      if (!TryReadInteger(value)) return false;
      return Assign(value, out);
    }
  }

  template <class T>
  bool Assign(std::int64_t value, T& out) {
    if constexpr (HasNanos<T>) {
      out = T::FromNanos(value);
    } else if constexpr (HasCentis<T>) {
      out = T::FromCentis(value);
    } else if constexpr (std::is_same_v<T, Price>) {
      if (!Price::IsValid(value)) return false;
      out = Price::FromMicros(value);
    } else {
      static_assert(HasMicros<T>);
      out = T::FromMicros(value);
    }
    return true;
  }

  std::string_view rest_;
  std::string_view fault_;
};

}  // namespace evx::venue::codec_internal
