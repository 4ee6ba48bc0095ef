#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/kalshi/terms.h"

namespace evx::kalshi {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

// Appends one JSON document to a string. Keeps no state of its own: whether a comma is due shows
// in the last character, so documents can be nested through functions that take the writer.
// Names must need no escaping.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  std::string& out() { return out_; }

  // A value stands at the start, after Key(), or after Item() inside an array.
  void BeginObject() { out_.push_back('{'); }
  void EndObject() { out_.push_back('}'); }
  void BeginArray() { out_.push_back('['); }
  void EndArray() { out_.push_back(']'); }
  void Item() {
    if (out_.back() != '[') out_.push_back(',');
  }
  void Key(std::string_view name) {
    if (out_.back() != '{') out_.push_back(',');
    out_.push_back('"');
    out_.append(name);
    out_.append("\":", 2);
  }
  // A name that is data.
  void EscapedKey(std::string_view name) {
    if (out_.back() != '{') out_.push_back(',');
    AppendJsonString(out_, name);
    out_.push_back(':');
  }

  void Text(std::string_view value) { AppendJsonString(out_, value); }
  void Integer(std::int64_t value) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out_.append(text, static_cast<std::size_t>(end - text));
  }
  void Null() { out_.append("null", 4); }

  void String(std::string_view name, std::string_view value) {
    Key(name);
    Text(value);
  }
  // Left out when absent.
  void StringIf(std::string_view name, const std::optional<std::string>& value) {
    if (value) String(name, *value);
  }
  void StringOrNull(std::string_view name, const std::optional<std::string>& value) {
    Key(name);
    if (value) {
      Text(*value);
    } else {
      Null();
    }
  }
  void Int(std::string_view name, std::int64_t value) {
    Key(name);
    Integer(value);
  }
  void Bool(std::string_view name, bool value) {
    Key(name);
    out_.append(value ? "true" : "false");
  }
  template <class E>
  void Enum(std::string_view name, E value) {
    Key(name);
    Quoted([&] { out_.append(ToWire(value)); });
  }

  void PriceField(std::string_view name, Price value);
  void PriceOrNull(std::string_view name, const std::optional<Price>& value);
  void Money4(std::string_view name, Money value);
  void Money6(std::string_view name, Money value);
  void Count(std::string_view name, Quantity value);
  // RFC 3339 with microseconds.
  void Time(std::string_view name, Timestamp value);
  void TimeIf(std::string_view name, Timestamp value) {
    if (value) Time(name, value);
  }
  void TimeOrNull(std::string_view name, Timestamp value);
  // value / 10^6 as a JSON number without trailing zeros.
  void Micros(std::string_view name, std::int64_t value);
  // JSON text written as it is; null when empty.
  void Raw(std::string_view name, std::string_view json) {
    Key(name);
    if (json.empty()) {
      Null();
    } else {
      out_.append(json);
    }
  }

  template <class List, class Write>
  void Array(std::string_view name, const List& list, Write write) {
    Key(name);
    BeginArray();
    for (const auto& item : list) {
      Item();
      write(item);
    }
    EndArray();
  }
  template <class List>
  void Strings(std::string_view name, const List& list) {
    Array(name, list, [this](const auto& item) { Text(item); });
  }

 private:
  template <class Write>
  void Quoted(Write write) {
    out_.push_back('"');
    write();
    out_.push_back('"');
  }
  std::string& out_;
};

}  // namespace evx::kalshi
