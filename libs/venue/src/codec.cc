#include "evx/venue/codec.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "field_reader.h"

namespace evx::venue {
namespace {

constexpr std::size_t kRecordHeaderSize = 5;

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

// Whether a record may begin with an event of this type: everything that belongs to what came
// before has been said.
template <class... First>
constexpr auto MakeStepBegins() {
  std::array<bool, std::variant_size_v<Event>> begins{};
  ((begins[codec_internal::IndexOf<First, Event>::value] = true), ...);
  return begins;
}
constexpr auto kBeginsStep = MakeStepBegins<TradeExecuted, OrderCanceled, PositionSettled,
                                            MarketStatusChanged, BalanceChanged>();

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
  if (bytes.size() < kRecordHeaderSize) return DataLoss("a record ends inside its header");
  RecordView record;
  record.type = static_cast<std::uint8_t>(bytes[0]);
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data() + 1, sizeof size);
  if (bytes.size() - kRecordHeaderSize < size) {
    return DataLoss(absl::StrFormat("a record of %d bytes has only %d left", size,
                                    bytes.size() - kRecordHeaderSize));
  }
  record.fields = bytes.substr(kRecordHeaderSize, size);
  bytes.remove_prefix(kRecordHeaderSize + size);
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

std::string_view TakeRecordEvents(std::string_view& events) {
  const std::string_view all = events;
  std::size_t taken = all.size();
  if (all.size() > kRecordEventBytesMax) {
    std::size_t cut = 0;  // The last place where a record may begin.
    while (!events.empty()) {
      const std::size_t place = all.size() - events.size();
      const auto record = codec_internal::TakeRecord(events);
      EVX_CHECK(record.ok() && record->type < kBeginsStep.size());
      if (kBeginsStep[record->type]) cut = place;
      if (cut > 0 && all.size() - events.size() > kRecordEventBytesMax) {
        taken = cut;
        break;
      }
    }
  }
  events = all.substr(taken);
  return all.substr(0, taken);
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

std::size_t CommandBytesMax(const Command& command) {
  return kRecordHeaderSize +
         std::visit([](const auto& c) { return codec_internal::SizeBound(c); }, command);
}

std::size_t EncodeCommand(const Command& command, char* out) {
  char* const fields = out + kRecordHeaderSize;
  char* const end =
      std::visit([fields](const auto& c) { return codec_internal::Put(fields, c); }, command);
  codec_internal::PutInteger(out, static_cast<std::uint8_t>(command.index()));
  codec_internal::PutInteger(out + 1, static_cast<std::uint32_t>(end - fields));
  return static_cast<std::size_t>(end - out);
}

void EncodeCommand(const Command& command, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + CommandBytesMax(command));
  out.resize(start + EncodeCommand(command, out.data() + start));
}

absl::StatusOr<Command> DecodeCommand(std::string_view bytes) {
  EVX_ASSIGN_OR_RETURN(const codec_internal::RecordView record, codec_internal::TakeRecord(bytes));
  if (!bytes.empty()) return DataLoss("bytes after the command");
  return DecodeAlternative<Command>("command", record);
}

bool IsContinueEvents(std::string_view command) {
  constexpr std::size_t kType = codec_internal::IndexOf<ContinueEvents, Command>::value;
  return !command.empty() && static_cast<std::uint8_t>(command[0]) == kType;
}

}  // namespace evx::venue
