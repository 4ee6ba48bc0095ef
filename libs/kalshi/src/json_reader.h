#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/terms.h"

namespace evx::kalshi {

// Largest body that is parsed; doors cut requests off below it.
inline constexpr std::size_t kJsonBytesMax = std::size_t{32} << 20;
// Deepest nesting that is parsed; the venue's messages need 5.
inline constexpr std::size_t kJsonDepthMax = 64;

// Typed access to the members of one JSON object, strict as the venue is: a member of another type
// than asked for is an error that names it, unknown members are ignored, null is the same as
// absent, and of members with one name the last counts. The first error sticks: read everything,
// then look at error().
//
// Values point into the document; it must outlive them.
class ObjectReader {
 public:
  ObjectReader(simdjson::dom::object object, std::string path) : path_(std::move(path)) {
    fields_.reserve(object.size());
    for (const auto field : object) fields_.push_back({field.key, field.value});
  }

  // Present and not null.
  bool Has(std::string_view name) const { return Find(name).has_value(); }
  std::optional<std::string_view> String(std::string_view name);
  // Copy of String(); absent when empty too, as the venue's own encoders leave empty text out.
  std::optional<std::string> NonEmpty(std::string_view name);
  // A string that holds a plain decimal number of any size.
  std::optional<std::string_view> DecimalString(std::string_view name);
  // A JSON number without fraction or exponent, within min..max.
  std::optional<std::int64_t> Integer(std::string_view name, std::int64_t min = INT64_MIN,
                                      std::int64_t max = INT64_MAX);
  // JSON number of any kind, as micro units rounded to the nearest; for multipliers.
  std::optional<std::int64_t> NumberMicros(std::string_view name);
  std::optional<bool> Boolean(std::string_view name);
  bool Flag(std::string_view name) { return Boolean(name).value_or(false); }
  // RFC 3339; the zero timestamp when absent.
  Timestamp Time(std::string_view name);
  // A word of the vocabulary. Another word is an error.
  template <class E>
  std::optional<E> Enum(std::string_view name) {
    const auto word = String(name);
    if (!word) return std::nullopt;
    const auto value = FromWire<E>(*word);
    if (!value) Fail(name, "has no meaning here: " + std::string(*word));
    return value;
  }

  // Required values of responses: absence is an error and gives the zero value.
  std::string_view Text(std::string_view name);
  Price PriceOf(std::string_view name);
  Money MoneyOf(std::string_view name);
  Quantity CountOf(std::string_view name);
  // Optional forms.
  std::optional<Price> PriceIf(std::string_view name);
  std::optional<Money> MoneyIf(std::string_view name);
  std::optional<Quantity> CountIf(std::string_view name);

  std::optional<ObjectReader> Object(std::string_view name);
  // As Object, but another type is the same as absence.
  std::optional<ObjectReader> TryObject(std::string_view name);
  // Calls `read` for every element, which must be objects, up to `size_max` of them. Errors of the
  // elements become errors here. False when the member is absent.
  bool Objects(std::string_view name, std::size_t size_max,
               const std::function<void(ObjectReader&)>& read);
  bool Strings(std::string_view name, std::size_t size_max,
               const std::function<void(std::string_view)>& read);
  // Every element of an array of any type. False when the member is absent.
  bool Elements(std::string_view name, std::size_t size_max,
                const std::function<void(simdjson::dom::element)>& read);
  // The member as compact JSON text; empty when absent.
  std::string Json(std::string_view name);

  // Takes over the first error of a nested object.
  void Take(const ObjectReader& nested) {
    if (!error_) error_ = nested.error_;
  }
  // Records an error unless there is one: "<path>.<name> <fault>".
  void Fail(std::string_view name, std::string_view fault);
  bool ok() const { return !error_; }
  // The venue's answer to a body that cannot be read: form 2 with the fault as details.
  Error error() const { return MakeError(error::kBadRequest, *error_); }
  const std::optional<std::string>& fault() const { return error_; }

 private:
  struct Field {
    std::string_view name;
    simdjson::dom::element value;
  };
  std::optional<simdjson::dom::element> Find(std::string_view name) const;

  // Of the document, gone through once: every member is looked for by its name.
  std::vector<Field> fields_;
  std::string path_;
  std::optional<std::string> error_;
};

// One parsed document. Not thread-safe; Shared() gives each thread its own, whose memory is kept
// between documents, for the hot path.
class JsonDocument {
 public:
  JsonDocument();
  static JsonDocument& Shared();

  // The document must be one JSON object; anything else is the venue's flat 400. What the result
  // gives out is valid until the next call.
  Decoded<ObjectReader> ParseObject(std::string_view body);

 private:
  simdjson::dom::parser parser_;
};

// Reads a response with `read`, which fills a T from an ObjectReader. A fault is INVALID_ARGUMENT
// that names the member.
template <class T, class Read>
absl::StatusOr<T> DecodeResponse(std::string_view body, Read read) {
  auto root = JsonDocument::Shared().ParseObject(body);
  if (!root.ok()) return ToStatus(root.error());
  ObjectReader reader = *root;
  T value = read(reader);
  if (!reader.ok()) return ToStatus(reader.error());
  return value;
}

}  // namespace evx::kalshi
