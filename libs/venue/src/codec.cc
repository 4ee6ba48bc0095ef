#include "evx/venue/codec.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"

namespace evx::venue {
namespace {

using codec_internal::HasCentis;
using codec_internal::HasFields;
using codec_internal::HasMicros;
using codec_internal::HasNanos;
using codec_internal::HasValue;
using codec_internal::HasView;

// Number of enumerators: values from there on are damage.
template <class E>
constexpr std::uint8_t kEnumeratorCount = 0;
template <>
constexpr std::uint8_t kEnumeratorCount<BookSide> = 2;
template <>
constexpr std::uint8_t kEnumeratorCount<TimeInForce> = 3;
template <>
constexpr std::uint8_t kEnumeratorCount<SelfTradePrevention> = 2;
template <>
constexpr std::uint8_t kEnumeratorCount<AmendOrder::ExpirationChange> = 3;
template <>
constexpr std::uint8_t kEnumeratorCount<MarketStatus> =
    static_cast<std::uint8_t>(MarketStatus::kFinalized) + 1;
template <>
constexpr std::uint8_t kEnumeratorCount<MarketResult> =
    static_cast<std::uint8_t>(MarketResult::kScalar) + 1;
template <>
constexpr std::uint8_t kEnumeratorCount<FeeType> =
    static_cast<std::uint8_t>(FeeType::kQuadraticWithComboMakerFees) + 1;
template <>
constexpr std::uint8_t kEnumeratorCount<CollateralReturn> =
    static_cast<std::uint8_t>(CollateralReturn::kMutuallyExclusive) + 1;
template <>
constexpr std::uint8_t kEnumeratorCount<CancelReason> =
    static_cast<std::uint8_t>(CancelReason::kPriceGridChanged) + 1;
template <>
constexpr std::uint8_t kEnumeratorCount<PostingKind> =
    static_cast<std::uint8_t>(PostingKind::kReversal) + 1;
template <>
constexpr std::uint8_t kEnumeratorCount<UsageTier> =
    static_cast<std::uint8_t>(UsageTier::kUnlimited) + 1;
template <>
constexpr std::uint8_t kEnumeratorCount<RejectReason> =
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

template <class Variant>
absl::StatusOr<Variant> DecodeAlternative(std::string_view what,
                                          const codec_internal::RecordView& record) {
  std::optional<absl::StatusOr<Variant>> result;
  const auto decode = [&]<std::size_t index>(std::integral_constant<std::size_t, index>) {
    if (record.type != index) return false;
    std::variant_alternative_t<index, Variant> value;
    const absl::Status status = codec_internal::DecodeFields(record.fields, value);
    if (status.ok()) {
      result.emplace(std::move(value));
    } else {
      result.emplace(status);
    }
    return true;
  };
  const bool known = [&]<std::size_t... indexes>(std::index_sequence<indexes...>) {
    return (decode(std::integral_constant<std::size_t, indexes>{}) || ...);
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>{});
  if (!known) return codec_internal::UnknownType(what, record.type);
  return *std::move(result);
}

}  // namespace

namespace codec_internal {

template <class T>
absl::Status DecodeFields(std::string_view bytes, T& out) {
  FieldReader reader(bytes);
  T::VisitFields(out, [&reader](std::string_view name, auto& field) { reader.Read(name, field); });
  if (reader.fault().empty()) return absl::OkStatus();
  return DataLoss(
      absl::StrFormat("field %s of a record of %d bytes is damaged", reader.fault(), bytes.size()));
}

absl::StatusOr<RecordView> TakeRecord(std::string_view& bytes) {
  constexpr std::size_t kHeaderSize = 5;
  if (bytes.size() < kHeaderSize) return DataLoss("a record ends inside its header");
  RecordView record;
  record.type = static_cast<std::uint8_t>(bytes[0]);
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data() + 1, sizeof size);
  if (bytes.size() - kHeaderSize < size) {
    return DataLoss(
        absl::StrFormat("a record of %d bytes has only %d left", size, bytes.size() - kHeaderSize));
  }
  record.fields = bytes.substr(kHeaderSize, size);
  bytes.remove_prefix(kHeaderSize + size);
  return record;
}

absl::Status UnknownType(std::string_view what, std::uint8_t type) {
  return DataLoss(absl::StrFormat("%s type %d is not known to this version", what, type));
}

// Makes DecodeFields for every alternative; never called.
template <class... Ts>
void InstantiateDecodeFields(std::variant<Ts...>* value) {
  static_cast<void>(
      std::initializer_list<absl::Status>{DecodeFields({}, *std::get_if<Ts>(value))...});
}
template void InstantiateDecodeFields(Command*);
template void InstantiateDecodeFields(Event*);

}  // namespace codec_internal

void EventBuffer::Grow(std::size_t extra) {
  constexpr std::size_t kCapacityMin = 4096;
  const std::size_t capacity = std::max({kCapacityMin, 2 * capacity_, size_ + extra});
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

absl::StatusOr<std::vector<Event>> DecodeEvents(std::string_view bytes) {
  std::vector<Event> events;
  while (!bytes.empty()) {
    EVX_ASSIGN_OR_RETURN(const codec_internal::RecordView record,
                         codec_internal::TakeRecord(bytes));
    EVX_ASSIGN_OR_RETURN(Event event, DecodeAlternative<Event>("event", record));
    events.push_back(std::move(event));
  }
  return events;
}

void EncodeCommand(const Command& command, std::string& out) {
  constexpr std::size_t kHeaderSize = 5;
  std::visit(
      [&out, &command](const auto& c) {
        const std::size_t start = out.size();
        out.resize(start + kHeaderSize + codec_internal::SizeBound(c));
        char* const begin = out.data() + start;
        char* const fields = begin + kHeaderSize;
        char* const end = codec_internal::Put(fields, c);
        codec_internal::PutInteger(begin, static_cast<std::uint8_t>(command.index()));
        codec_internal::PutInteger(begin + 1, static_cast<std::uint32_t>(end - fields));
        out.resize(start + static_cast<std::size_t>(end - begin));
      },
      command);
}

absl::StatusOr<Command> DecodeCommand(std::string_view bytes) {
  EVX_ASSIGN_OR_RETURN(const codec_internal::RecordView record, codec_internal::TakeRecord(bytes));
  if (!bytes.empty()) return DataLoss("bytes after the command");
  return DecodeAlternative<Command>("command", record);
}

}  // namespace evx::venue
