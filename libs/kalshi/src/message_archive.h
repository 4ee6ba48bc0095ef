#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "evx/kalshi/messages.h"
#include "evx/kalshi/number.h"
#include "json_reader.h"
#include "json_writer.h"

// The two archives that the lists of members run over. Every message has one function
//
//   template <class Archive, Is<Message> M> void Members(Archive& a, M& m)
//
// which names its members once, for both directions. The suffix of a method says what becomes of
// an absent value: If leaves the member out, OrNull writes null. Echo members repeat others for
// clients of older shapes; they are written and not read.
//
// Bodies of early 2026 are read too: where "<name>_fp" or "<name>_dollars" is absent, the integer
// of contracts or cents under "<name>" counts, and for prices "<name>_fixed".

namespace evx::kalshi {

// Elements of one list in a response; more are a fault.
inline constexpr std::size_t kListSizeMax = 100'000;

// M is Expected or const Expected: a list of members takes both.
template <class M, class Expected>
concept Is = std::is_same_v<std::remove_const_t<M>, Expected>;

class MessageWriter {
 public:
  explicit MessageWriter(JsonWriter& json) : json_(json) {}

  void Text(std::string_view name, std::string_view value) { json_.String(name, value); }
  void TextIf(std::string_view name, const std::optional<std::string>& value) {
    json_.StringIf(name, value);
  }
  void TextOrNull(std::string_view name, const std::optional<std::string>& value) {
    json_.StringOrNull(name, value);
  }
  template <class E>
  void Word(std::string_view name, E value) {
    json_.Enum(name, value);
  }
  template <class E>
  void WordIf(std::string_view name, const std::optional<E>& value) {
    if (value) json_.Enum(name, *value);
  }
  template <class E>
  void WordOrNull(std::string_view name, const std::optional<E>& value) {
    value ? json_.Enum(name, *value) : Null(name);
  }
  template <class E>
  void Words(std::string_view name, const std::vector<E>& values) {
    json_.Array(name, values, [this](E value) { json_.Text(ToWire(value)); });
  }
  template <class Integer>
  void Int(std::string_view name, Integer value) {
    json_.Int(name, static_cast<std::int64_t>(value));
  }
  template <class Integer>
  void IntIf(std::string_view name, const std::optional<Integer>& value) {
    if (value) Int(name, *value);
  }
  template <class Integer>
  void IntOrNull(std::string_view name, const std::optional<Integer>& value) {
    value ? Int(name, *value) : Null(name);
  }
  void Bool(std::string_view name, bool value) { json_.Bool(name, value); }
  // Left out when false.
  void BoolIf(std::string_view name, bool value) {
    if (value) json_.Bool(name, value);
  }
  void BoolIf(std::string_view name, const std::optional<bool>& value) {
    if (value) json_.Bool(name, *value);
  }

  void DollarPrice(std::string_view name, Price value) { json_.PriceField(name, value); }
  void DollarPriceIf(std::string_view name, const std::optional<Price>& value) {
    if (value) json_.PriceField(name, *value);
  }
  void DollarPriceOrNull(std::string_view name, const std::optional<Price>& value) {
    json_.PriceOrNull(name, value);
  }
  // Dollars with 4 and with 6 digits.
  void Money4(std::string_view name, Money value) { json_.Money4(name, value); }
  void Money4If(std::string_view name, const std::optional<Money>& value) {
    if (value) json_.Money4(name, *value);
  }
  void Money4OrNull(std::string_view name, const std::optional<Money>& value) {
    value ? json_.Money4(name, *value) : Null(name);
  }
  void Money6(std::string_view name, Money value) { json_.Money6(name, value); }
  // Integers of cents, the fraction cut off.
  void Cents(std::string_view name, Money value) { json_.Int(name, ToCentsTruncated(value)); }
  void CentsOrNull(std::string_view name, const std::optional<Money>& value) {
    value ? Cents(name, *value) : Null(name);
  }
  void Count(std::string_view name, Quantity value) { json_.Count(name, value); }
  void CountIf(std::string_view name, const std::optional<Quantity>& value) {
    if (value) json_.Count(name, *value);
  }
  // Read as zero where absent: members that bodies of early 2026 do not have.
  void CountOrZero(std::string_view name, Quantity value) { json_.Count(name, value); }
  void Money6OrZero(std::string_view name, Money value) { json_.Money6(name, value); }
  void CountOrNull(std::string_view name, const std::optional<Quantity>& value) {
    value ? json_.Count(name, *value) : Null(name);
  }
  // JSON number of value / 10^6.
  void Micros(std::string_view name, std::int64_t value) { json_.Micros(name, value); }
  void MicrosIf(std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) json_.Micros(name, *value);
  }
  void MicrosOrNull(std::string_view name, const std::optional<std::int64_t>& value) {
    value ? json_.Micros(name, *value) : Null(name);
  }

  void Time(std::string_view name, Timestamp value) { json_.Time(name, value); }
  void TimeIf(std::string_view name, Timestamp value) { json_.TimeIf(name, value); }
  void TimeOrNull(std::string_view name, Timestamp value) { json_.TimeOrNull(name, value); }
  void Seconds(std::string_view name, Timestamp value) { json_.Int(name, value.seconds()); }
  void SecondsIf(std::string_view name, Timestamp value) {
    if (value) Seconds(name, value);
  }
  void SecondsOrNull(std::string_view name, Timestamp value) {
    value ? Seconds(name, value) : Null(name);
  }
  void Millis(std::string_view name, Timestamp value) { json_.Int(name, value.millis()); }
  void MillisIf(std::string_view name, Timestamp value) {
    if (value) Millis(name, value);
  }
  void MillisOrNull(std::string_view name, Timestamp value) {
    value ? Millis(name, value) : Null(name);
  }

  // JSON text; left out when empty.
  void JsonIf(std::string_view name, std::string_view json) {
    if (!json.empty()) json_.Raw(name, json);
  }
  void Json(std::string_view name, std::string_view json) {
    json_.Raw(name, json.empty() ? "{}" : json);
  }
  void Texts(std::string_view name, const std::vector<std::string>& values) {
    json_.Strings(name, values);
  }
  template <class M>
  void Object(std::string_view name, const M& value) {
    json_.Key(name);
    Value(value);
  }
  template <class M>
  void ObjectIf(std::string_view name, const std::optional<M>& value) {
    if (value) Object(name, *value);
  }
  template <class M>
  void ObjectOrNull(std::string_view name, const std::optional<M>& value) {
    value ? Object(name, *value) : Null(name);
  }
  template <class M>
  void List(std::string_view name, const std::vector<M>& values) {
    json_.Array(name, values, [this](const M& value) { Value(value); });
  }
  template <class M>
  void ListIf(std::string_view name, const std::vector<M>& values) {
    if (!values.empty()) List(name, values);
  }
  template <class M>
  void Value(const M& value) {
    json_.BeginObject();
    Members(*this, value);
    json_.EndObject();
  }

  void EchoText(std::string_view name, std::string_view value) { json_.String(name, value); }
  template <class E>
  void EchoWord(std::string_view name, E value) {
    json_.Enum(name, value);
  }
  void EchoPrice(std::string_view name, Price value) { json_.PriceField(name, value); }
  void EchoInt(std::string_view name, std::int64_t value) { json_.Int(name, value); }
  void EchoTime(std::string_view name, Timestamp value) { json_.Time(name, value); }
  void EchoTimeIf(std::string_view name, Timestamp value) { json_.TimeIf(name, value); }
  void EchoBool(std::string_view name, bool value) { json_.Bool(name, value); }

  JsonWriter& json() { return json_; }

 private:
  void Null(std::string_view name) {
    json_.Key(name);
    json_.Null();
  }
  JsonWriter& json_;
};

class MessageReader {
 public:
  explicit MessageReader(ObjectReader& object) : object_(object) {}

  void Text(std::string_view name, std::string& value) {
    value = object_.String(name).value_or("");
  }
  void TextIf(std::string_view name, std::optional<std::string>& value) {
    if (const auto text = object_.String(name)) value = std::string(*text);
  }
  void TextOrNull(std::string_view name, std::optional<std::string>& value) { TextIf(name, value); }
  template <class E>
  void Word(std::string_view name, E& value) {
    if (const auto word = object_.Enum<E>(name)) value = *word;
  }
  template <class E>
  void WordIf(std::string_view name, std::optional<E>& value) {
    value = object_.Enum<E>(name);
  }
  template <class E>
  void WordOrNull(std::string_view name, std::optional<E>& value) {
    value = object_.Enum<E>(name);
  }
  template <class E>
  void Words(std::string_view name, std::vector<E>& values) {
    object_.Strings(name, kListSizeMax, [&](std::string_view word) {
      if (const auto value = FromWire<E>(word)) values.push_back(*value);
    });
  }
  template <class Integer>
  void Int(std::string_view name, Integer& value) {
    const auto number = object_.Integer(name, std::numeric_limits<Integer>::min(),
                                        std::numeric_limits<Integer>::max());
    if (number) value = static_cast<Integer>(*number);
  }
  template <class Integer>
  void IntIf(std::string_view name, std::optional<Integer>& value) {
    const auto number = object_.Integer(name, std::numeric_limits<Integer>::min(),
                                        std::numeric_limits<Integer>::max());
    if (number) value = static_cast<Integer>(*number);
  }
  template <class Integer>
  void IntOrNull(std::string_view name, std::optional<Integer>& value) {
    IntIf(name, value);
  }
  void Bool(std::string_view name, bool& value) {
    if (const auto flag = object_.Boolean(name)) value = *flag;
  }
  void BoolIf(std::string_view name, bool& value) { Bool(name, value); }
  void BoolIf(std::string_view name, std::optional<bool>& value) { value = object_.Boolean(name); }

  void DollarPrice(std::string_view name, Price& value) {
    if (const auto older = ReadOlderPrice(name)) {
      value = *older;
    } else {
      value = object_.PriceOf(name);
    }
  }
  void DollarPriceIf(std::string_view name, std::optional<Price>& value) {
    value = object_.PriceIf(name);
  }
  void DollarPriceOrNull(std::string_view name, std::optional<Price>& value) {
    value = object_.PriceIf(name);
  }
  void Money4(std::string_view name, Money& value) {
    if (const auto older = ReadOlderCents(name)) {
      value = *older;
    } else {
      value = object_.MoneyOf(name);
    }
  }
  void Money4If(std::string_view name, std::optional<Money>& value) {
    value = object_.MoneyIf(name);
  }
  void Money4OrNull(std::string_view name, std::optional<Money>& value) {
    value = object_.MoneyIf(name);
  }
  void Money6(std::string_view name, Money& value) { Money4(name, value); }
  void Cents(std::string_view name, Money& value) { value = ReadCents(name).value_or(Money()); }
  void CentsOrNull(std::string_view name, std::optional<Money>& value) { value = ReadCents(name); }
  void Count(std::string_view name, Quantity& value) {
    if (const auto older = ReadOlderCount(name)) {
      value = *older;
    } else {
      value = object_.CountOf(name);
    }
  }
  void CountIf(std::string_view name, std::optional<Quantity>& value) {
    value = object_.CountIf(name);
    if (!value) value = ReadOlderCount(name);
  }
  void CountOrZero(std::string_view name, Quantity& value) {
    value = object_.CountIf(name).value_or(Quantity());
  }
  void Money6OrZero(std::string_view name, Money& value) {
    value = object_.MoneyIf(name).value_or(Money());
  }
  void CountOrNull(std::string_view name, std::optional<Quantity>& value) { CountIf(name, value); }
  void Micros(std::string_view name, std::int64_t& value) {
    value = object_.NumberMicros(name).value_or(value);
  }
  void MicrosIf(std::string_view name, std::optional<std::int64_t>& value) {
    value = object_.NumberMicros(name);
  }
  void MicrosOrNull(std::string_view name, std::optional<std::int64_t>& value) {
    value = object_.NumberMicros(name);
  }

  void Time(std::string_view name, Timestamp& value) { value = object_.Time(name); }
  void TimeIf(std::string_view name, Timestamp& value) { value = object_.Time(name); }
  void TimeOrNull(std::string_view name, Timestamp& value) { value = object_.Time(name); }
  void Seconds(std::string_view name, Timestamp& value) { value = ReadEpoch(name, 1'000'000'000); }
  void SecondsIf(std::string_view name, Timestamp& value) { Seconds(name, value); }
  void SecondsOrNull(std::string_view name, Timestamp& value) { Seconds(name, value); }
  void Millis(std::string_view name, Timestamp& value) { value = ReadEpoch(name, 1'000'000); }
  void MillisIf(std::string_view name, Timestamp& value) { Millis(name, value); }
  void MillisOrNull(std::string_view name, Timestamp& value) { Millis(name, value); }

  void JsonIf(std::string_view name, std::string& json) { json = object_.Json(name); }
  void Json(std::string_view name, std::string& json) { json = object_.Json(name); }
  void Texts(std::string_view name, std::vector<std::string>& values) {
    object_.Strings(name, kListSizeMax, [&](std::string_view text) { values.emplace_back(text); });
  }
  template <class M>
  void Object(std::string_view name, M& value) {
    auto object = object_.Object(name);
    if (!object) {
      object_.Fail(name, "is missing");
      return;
    }
    Read(*object, value);
    object_.Take(*object);
  }
  template <class M>
  void ObjectOrNull(std::string_view name, std::optional<M>& value) {
    auto object = object_.Object(name);
    if (!object) return;
    Read(*object, value.emplace());
    object_.Take(*object);
  }
  template <class M>
  void ObjectIf(std::string_view name, std::optional<M>& value) {
    ObjectOrNull(name, value);
  }
  template <class M>
  void List(std::string_view name, std::vector<M>& values) {
    object_.Objects(name, kListSizeMax,
                    [&](ObjectReader& object) { Read(object, values.emplace_back()); });
  }
  template <class M>
  void ListIf(std::string_view name, std::vector<M>& values) {
    List(name, values);
  }

  void EchoText(std::string_view, std::string_view) {}
  template <class E>
  void EchoWord(std::string_view, E) {}
  void EchoPrice(std::string_view, Price) {}
  void EchoInt(std::string_view, std::int64_t) {}
  void EchoTime(std::string_view, Timestamp) {}
  void EchoTimeIf(std::string_view, Timestamp) {}
  void EchoBool(std::string_view, bool) {}

  ObjectReader& object() { return object_; }

 private:
  template <class M>
  static void Read(ObjectReader& object, M& value) {
    MessageReader reader(object);
    Members(reader, value);
  }
  std::optional<Money> ReadCents(std::string_view name) {
    constexpr std::int64_t kCentsMax = INT64_MAX / 10'000;
    const auto cents = object_.Integer(name, -kCentsMax, kCentsMax);
    if (!cents) return std::nullopt;
    return Money::FromCents(*cents);
  }
  // Values of the older members, where the present one is absent.
  std::optional<std::string_view> OlderName(std::string_view name, std::string_view suffix) const {
    if (!name.ends_with(suffix) || object_.Has(name)) return std::nullopt;
    return name.substr(0, name.size() - suffix.size());
  }
  std::optional<Quantity> ReadOlderCount(std::string_view name) {
    const auto older = OlderName(name, "_fp");
    if (!older) return std::nullopt;
    const std::int64_t contracts_max = kCountMax.centis() / 100;
    const auto contracts = object_.Integer(*older, -contracts_max, contracts_max);
    if (!contracts) return std::nullopt;
    return Quantity::FromContracts(*contracts);
  }
  std::optional<Money> ReadOlderCents(std::string_view name) {
    const auto older = OlderName(name, "_dollars");
    return older ? ReadCents(*older) : std::nullopt;
  }
  std::optional<Price> ReadOlderPrice(std::string_view name) {
    const auto older = OlderName(name, "_dollars");
    return older ? object_.PriceIf(std::string(*older) + "_fixed") : std::nullopt;
  }
  Timestamp ReadEpoch(std::string_view name, std::int64_t unit_nanos) {
    const auto units = object_.Integer(name, 0, INT64_MAX / unit_nanos);
    return Timestamp::FromNanos(units.value_or(0) * unit_nanos);
  }
  ObjectReader& object_;
};

// Early bodies have the contract and the action of an order instead of its side of the book.
inline void ReadOlderDirection(ObjectReader& object, OrderAction action, BookSide& side) {
  if (object.Has("book_side")) return;
  if (const auto contract = object.Enum<ContractSide>("side")) {
    side = ToBookSide(action, *contract);
  }
}

template <class Archive, Is<EmptyResponse> M>
void Members(Archive&, M&) {}

template <class Message>
void AppendJson(std::string& out, const Message& message) {
  JsonWriter json(out);
  MessageWriter(json).Value(message);
}

template <class Message>
absl::StatusOr<Message> DecodeJson(std::string_view body) {
  return DecodeResponse<Message>(body, [](ObjectReader& object) {
    Message message;
    MessageReader reader(object);
    Members(reader, message);
    return message;
  });
}

// Makes the two directions of a message part of this file's object.
#define EVX_KALSHI_MESSAGE(Message)                                \
  template void AppendJson<Message>(std::string&, const Message&); \
  template absl::StatusOr<Message> DecodeJson<Message>(std::string_view)

}  // namespace evx::kalshi
