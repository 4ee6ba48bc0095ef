#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/status.h"
#include "evx/venue/commands.h"
#include "evx/venue/events.h"

// Commands and events as bytes, made from the field lists of their structs.
//
//   record   [u8 type][u32 length][fields]      type: index of the alternative in its variant
//   fields   in the order of EVX_FIELDS, without tags or padding:
//            integers, ids, Money, Quantity, Price (micro-dollars), Timestamp (nanoseconds)
//                                fixed width, little endian
//            bool, enum          u8
//            InlineString        u8 length, bytes
//            std::string         u32 length, bytes
//            nested struct       its fields in place (it can never grow)
//
// The length lets versions differ: fields that a longer record has beyond the known ones are
// skipped, fields that a shorter record lacks keep their defaults. Equal values have equal bytes.
// Decoding checks every bound and every enumerator: damaged bytes are DATA_LOSS, never a crash.

namespace evx::venue {

namespace codec_internal {

template <class T>
concept HasFields = requires(T& t) {
  T::VisitFields(t, [](std::string_view, auto&) {});
};
template <class T>
concept HasNanos = requires(const T& t) {
  t.nanos();
};
template <class T>
concept HasMicros = requires(const T& t) {
  t.micros();
}
&&!HasNanos<T>;
template <class T>
concept HasCentis = requires(const T& t) {
  t.centis();
};
template <class T>
concept HasValue = requires(const T& t) {
  typename T::Value;
  t.value();
};
template <class T>
concept HasView = requires(const T& t) {
  t.view();
};

template <class T, class Variant>
struct IndexOf;
template <class T, class... Ts>
struct IndexOf<T, std::variant<Ts...>> {
  static constexpr std::size_t value = [] {
    std::size_t index = 0;
    static_cast<void>(((std::is_same_v<T, Ts> ? true : (++index, false)) || ...));
    return index;
  }();
  static_assert(value < sizeof...(Ts), "not an alternative of the variant");
  static_assert(sizeof...(Ts) <= 256);
};

// An InlineString that Put copies whole, whatever its length: a copy of fixed size is a few moves
// where one of unknown size is a loop that takes longer than all the rest of a record. What it
// writes too much is overwritten by what follows, or is not part of the record.
template <class T>
concept IsCopiedWhole = HasView<T> && T::kMaxSize <= 64;

// Upper bound of the bytes that Put touches for the fields.
template <class T>
std::size_t SizeBound(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return 4 + value.size();
  } else if constexpr (IsCopiedWhole<T>) {
    return 1 + T::kMaxSize;
  } else if constexpr (HasView<T>) {
    return 1 + value.size();
  } else if constexpr (HasFields<T>) {
    std::size_t size = 0;
    T::VisitFields(value, [&size](std::string_view, const auto& f) { size += SizeBound(f); });
    return size;
  } else {
    return sizeof(T);
  }
}

template <class Integer>
char* PutInteger(char* out, Integer value) {
  static_assert(std::is_integral_v<Integer>);
  std::memcpy(out, &value, sizeof value);  // x86-64 and AArch64 are little endian.
  return out + sizeof value;
}

template <class T>
char* Put(char* out, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    out = PutInteger(out, static_cast<std::uint32_t>(value.size()));
    if (!value.empty()) std::memcpy(out, value.data(), value.size());
    return out + value.size();
  } else if constexpr (HasView<T>) {
    const std::string_view text = value.view();
    out = PutInteger(out, static_cast<std::uint8_t>(text.size()));
    if constexpr (IsCopiedWhole<T>) {
      std::memcpy(out, text.data(), T::kMaxSize);
    } else if (!text.empty()) {
      std::memcpy(out, text.data(), text.size());
    }
    return out + text.size();
  } else if constexpr (HasFields<T>) {
    T::VisitFields(value, [&out](std::string_view, const auto& f) { out = Put(out, f); });
    return out;
  } else if constexpr (HasNanos<T>) {
    return PutInteger(out, value.nanos());
  } else if constexpr (HasMicros<T>) {
    return PutInteger(out, value.micros());
  } else if constexpr (HasCentis<T>) {
    return PutInteger(out, value.centis());
  } else if constexpr (HasValue<T>) {
    return PutInteger(out, value.value());
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(sizeof(T) == 1);
    return PutInteger(out, static_cast<std::uint8_t>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return PutInteger(out, static_cast<std::uint8_t>(value));
  } else {
    return PutInteger(out, value);
  }
}

// Decodes the fields of one record; defined for every alternative of Command and Event.
template <class T>
absl::Status DecodeFields(std::string_view bytes, T& out);

struct RecordView {
  std::uint8_t type = 0;
  std::string_view fields;
};
// Takes the next record off the front of `bytes`, which is not empty.
absl::StatusOr<RecordView> TakeRecord(std::string_view& bytes);
absl::Status UnknownType(std::string_view what, std::uint8_t type);

// Decodes one event and shows it to the visitor; does nothing with a type that is not wanted.
template <class Visitor, class E, bool is_wanted>
absl::Status VisitEvent(std::string_view fields, Visitor& visitor) {
  if constexpr (is_wanted) {
    E event;
    const absl::Status status = DecodeFields(fields, event);
    if (!status.ok()) return status;
    visitor(std::as_const(event));
  }
  return absl::OkStatus();
}

// Its VisitEvent for every alternative of Event, by index.
template <class Visitor, class... Wanted, class... Es>
constexpr auto VisitEventTable(const std::variant<Es...>*) {
  using Step = absl::Status (*)(std::string_view, Visitor&);
  constexpr auto is_wanted = []<class E>(std::type_identity<E>) {
    return sizeof...(Wanted) == 0 || (std::is_same_v<E, Wanted> || ...);
  };
  return std::array<Step, sizeof...(Es)>{
      &VisitEvent<Visitor, Es, is_wanted(std::type_identity<Es>{})>...};
}

}  // namespace codec_internal

// Where Exchange::Apply puts the events of a command: an append-only run of records that is reused
// from command to command. Grows by doubling and keeps its memory, so nothing is allocated in the
// steady state. Move only.
class EventBuffer {
 public:
  EventBuffer() = default;
  EventBuffer(EventBuffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)),
        event_count_(std::exchange(other.event_count_, 0)) {}
  EventBuffer& operator=(EventBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    event_count_ = std::exchange(other.event_count_, 0);
    return *this;
  }

  // E is an alternative of Event.
  template <class E>
  void Add(const E& event) {
    constexpr std::size_t kHeaderSize = 5;
    Reserve(kHeaderSize + codec_internal::SizeBound(event));
    char* const begin = bytes_.get() + size_;
    char* const fields = begin + kHeaderSize;
    char* const end = codec_internal::Put(fields, event);
    codec_internal::PutInteger(begin,
                               static_cast<std::uint8_t>(codec_internal::IndexOf<E, Event>::value));
    codec_internal::PutInteger(begin + 1, static_cast<std::uint32_t>(end - fields));
    size_ += static_cast<std::size_t>(end - begin);
    ++event_count_;
  }
  void AddEvent(const Event& event) {
    std::visit([this](const auto& e) { Add(e); }, event);
  }

  const char* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  std::string_view bytes() const { return {bytes_.get(), size_}; }
  std::size_t event_count() const { return event_count_; }
  bool empty() const { return size_ == 0; }
  // Forgets the events, keeps the memory.
  void clear() { size_ = event_count_ = 0; }

 private:
  void Reserve(std::size_t extra) {
    if (capacity_ - size_ < extra) [[unlikely]]
      Grow(extra);
  }
  void Grow(std::size_t extra);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t event_count_ = 0;
};

// Calls `visitor` with each event of `bytes` (what an EventBuffer holds) that is of one of the
// `Wanted` types, as its own struct, in order; others are passed over without being decoded. The
// struct is valid during the call. Stops at the first damaged record with DATA_LOSS.
template <class... Wanted, class Visitor>
absl::Status VisitEventsOf(std::string_view bytes, Visitor&& visitor) {
  static constexpr auto kSteps =
      codec_internal::VisitEventTable<std::remove_reference_t<Visitor>, Wanted...>(
          static_cast<const Event*>(nullptr));
  while (!bytes.empty()) {
    EVX_ASSIGN_OR_RETURN(const codec_internal::RecordView record,
                         codec_internal::TakeRecord(bytes));
    if (record.type >= kSteps.size()) return codec_internal::UnknownType("event", record.type);
    EVX_RETURN_IF_ERROR(kSteps[record.type](record.fields, visitor));
  }
  return absl::OkStatus();
}

// The same for events of every type: a visitor that forgets one does not compile.
template <class Visitor>
absl::Status VisitEvents(std::string_view bytes, Visitor&& visitor) {
  return VisitEventsOf<>(bytes, std::forward<Visitor>(visitor));
}

// A command may cause any number of events: a close cancels every order of its market. A record
// takes only so many bytes of them, so that journal, followers and streams need bounded memory; the
// rest follows in records of ContinueEvents.
inline constexpr std::size_t kRecordEventBytesMax = 256 * 1024;

// Takes the events of the next record off the front of `events`: all of them if they fit, else as
// many as do. Events that belong together stay together (a cancel and its change of the book, a
// trade and its fills), in a longer record if need be. What it takes depends on the bytes alone, so
// that a replay cuts as the first run did. O(1) when all fit.
std::string_view TakeRecordEvents(std::string_view& events);

// All events of `bytes`; for tools and tests.
absl::StatusOr<std::vector<Event>> DecodeEvents(std::string_view bytes);

// Upper bound of the bytes of the record of `command`.
std::size_t CommandBytesMax(const Command& command);
// Writes the record of `command` to `out`, which has room for CommandBytesMax; the record's size.
std::size_t EncodeCommand(const Command& command, char* out);
// Appends the record of `command` to `out`.
void EncodeCommand(const Command& command, std::string& out);
// `bytes` is exactly one record.
absl::StatusOr<Command> DecodeCommand(std::string_view bytes);

// Whether that is ContinueEvents; false for bytes that are no record.
bool IsContinueEvents(std::string_view command);

// "CreateOrder", "OrderAccepted": the name of the alternative.
std::string_view Name(const Command& command);
std::string_view Name(const Event& event);
// By index in the variant; empty when there is none.
std::string_view CommandName(std::size_t index);
std::string_view EventName(std::size_t index);

// "OrderAccepted{order_id=7 account=1 ... price=0.5600 quantity=10.00}", for people.
std::string ToText(const Command& command);
std::string ToText(const Event& event);

}  // namespace evx::venue
