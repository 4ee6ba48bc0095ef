#include "json_reader.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"
#include "evx/kalshi/number.h"

namespace evx::kalshi {
namespace {

// Documents larger than this leave their memory behind with the thread no longer.
constexpr std::size_t kSharedBytesMax = std::size_t{1} << 20;
constexpr std::size_t kCapacityMin = 4096;

}  // namespace

std::optional<simdjson::dom::element> ObjectReader::Find(std::string_view name) const {
  const auto found = std::find_if(fields_.rbegin(), fields_.rend(),
                                  [name](const Field& field) { return field.name == name; });
  if (found == fields_.rend() || found->value.is_null()) return std::nullopt;
  return found->value;
}

void ObjectReader::Fail(std::string_view name, std::string_view fault) {
  if (error_) return;
  error_ = absl::StrCat(ToAbsl(path_), ToAbsl(name), " ", ToAbsl(fault));
}

std::optional<std::string_view> ObjectReader::String(std::string_view name) {
  const auto element = Find(name);
  if (!element) return std::nullopt;
  std::string_view text;
  if (element->get_string().get(text) != simdjson::SUCCESS) {
    Fail(name, "must be a string");
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> ObjectReader::NonEmpty(std::string_view name) {
  const auto text = String(name);
  if (!text || text->empty()) return std::nullopt;
  return std::string(*text);
}

std::optional<std::string_view> ObjectReader::DecimalString(std::string_view name) {
  const auto text = String(name);
  if (!text) return std::nullopt;
  if (!IsDecimalText(*text)) {
    Fail(name, "must be a decimal number in a string");
    return std::nullopt;
  }
  return text;
}

std::optional<std::int64_t> ObjectReader::Integer(std::string_view name, std::int64_t min,
                                                  std::int64_t max) {
  const auto element = Find(name);
  if (!element) return std::nullopt;
  std::int64_t value = 0;
  if (element->type() != simdjson::dom::element_type::INT64 ||
      element->get_int64().get(value) != simdjson::SUCCESS) {
    Fail(name, "must be an integer");
    return std::nullopt;
  }
  if (value < min || value > max) {
    Fail(name, absl::StrCat("is ", value, ", outside ", min, " to ", max));
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> ObjectReader::NumberMicros(std::string_view name) {
  const auto element = Find(name);
  if (!element) return std::nullopt;
  double value = 0;
  if (!element->is_number() || element->get_double().get(value) != simdjson::SUCCESS ||
      !(std::abs(value) < 1e12)) {
    Fail(name, "must be a number");
    return std::nullopt;
  }
  return std::llround(value * 1e6);
}

std::optional<bool> ObjectReader::Boolean(std::string_view name) {
  const auto element = Find(name);
  if (!element) return std::nullopt;
  bool value = false;
  if (element->get_bool().get(value) != simdjson::SUCCESS) {
    Fail(name, "must be true or false");
    return std::nullopt;
  }
  return value;
}

Timestamp ObjectReader::Time(std::string_view name) {
  const auto text = String(name);
  if (!text || text->empty()) return {};
  const auto time = ParseRfc3339(*text);
  if (!time.ok()) {
    Fail(name, "must be an RFC 3339 time");
    return {};
  }
  return *time;
}

std::string_view ObjectReader::Text(std::string_view name) {
  const auto text = String(name);
  if (!text) Fail(name, "is missing");
  return text.value_or("");
}

std::optional<Price> ObjectReader::PriceIf(std::string_view name) {
  const auto text = DecimalString(name);
  if (!text) return std::nullopt;
  const auto price = ParsePrice(*text);
  if (!price) Fail(name, "must be a price from 0 to 1 in steps of 0.0001");
  return price;
}

std::optional<Money> ObjectReader::MoneyIf(std::string_view name) {
  const auto text = DecimalString(name);
  if (!text) return std::nullopt;
  const auto money = ParseMoney(*text);
  if (!money) Fail(name, "must be dollars with at most 6 digits after the point");
  return money;
}

std::optional<Quantity> ObjectReader::CountIf(std::string_view name) {
  const auto text = DecimalString(name);
  if (!text) return std::nullopt;
  const auto count = ParseCount(*text);
  if (!count) Fail(name, "must be a count with at most 2 digits after the point");
  return count;
}

Price ObjectReader::PriceOf(std::string_view name) {
  const auto value = PriceIf(name);
  if (!value) Fail(name, "is missing");
  return value.value_or(Price());
}

Money ObjectReader::MoneyOf(std::string_view name) {
  const auto value = MoneyIf(name);
  if (!value) Fail(name, "is missing");
  return value.value_or(Money());
}

Quantity ObjectReader::CountOf(std::string_view name) {
  const auto value = CountIf(name);
  if (!value) Fail(name, "is missing");
  return value.value_or(Quantity());
}

std::optional<ObjectReader> ObjectReader::TryObject(std::string_view name) {
  const auto element = Find(name);
  simdjson::dom::object object;
  if (!element || element->get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  return ObjectReader(object, absl::StrCat(ToAbsl(path_), ToAbsl(name), "."));
}

std::optional<ObjectReader> ObjectReader::Object(std::string_view name) {
  auto object = TryObject(name);
  if (!object && Find(name)) Fail(name, "must be an object");
  return object;
}

bool ObjectReader::Elements(std::string_view name, std::size_t size_max,
                            const std::function<void(simdjson::dom::element)>& read) {
  const auto element = Find(name);
  if (!element) return false;
  simdjson::dom::array array;
  if (element->get_array().get(array) != simdjson::SUCCESS) {
    Fail(name, "must be an array");
    return true;
  }
  std::size_t size = 0;
  for (const auto item : array) {
    if (++size > size_max) {
      Fail(name, absl::StrCat("has more than ", size_max, " elements"));
      return true;
    }
    read(item);
    if (!ok()) return true;
  }
  return true;
}

bool ObjectReader::Objects(std::string_view name, std::size_t size_max,
                           const std::function<void(ObjectReader&)>& read) {
  std::size_t index = 0;
  return Elements(name, size_max, [&](simdjson::dom::element element) {
    const auto path = absl::StrCat(ToAbsl(path_), ToAbsl(name), "[", index++, "]");
    simdjson::dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) {
      if (!error_) error_ = path + " must be an object";
      return;
    }
    ObjectReader reader(object, path + ".");
    read(reader);
    if (!reader.ok() && !error_) error_ = reader.fault();
  });
}

bool ObjectReader::Strings(std::string_view name, std::size_t size_max,
                           const std::function<void(std::string_view)>& read) {
  return Elements(name, size_max, [&](simdjson::dom::element element) {
    std::string_view text;
    if (element.get_string().get(text) != simdjson::SUCCESS) {
      Fail(name, "must be an array of strings");
      return;
    }
    read(text);
  });
}

std::string ObjectReader::Json(std::string_view name) {
  const auto element = Find(name);
  if (!element) return {};
  return simdjson::minify(*element);
}

JsonDocument::JsonDocument() : parser_(kJsonBytesMax) {}

JsonDocument& JsonDocument::Shared() {
  thread_local JsonDocument document;
  return document;
}

Decoded<ObjectReader> JsonDocument::ParseObject(std::string_view body) {
  if (body.empty()) return MakeError(error::kBadRequest, "the body is empty");
  if (parser_.capacity() > kSharedBytesMax && body.size() <= kSharedBytesMax) {
    parser_ = simdjson::dom::parser(kJsonBytesMax);
  }
  if (parser_.max_depth() != kJsonDepthMax) {
    const std::size_t capacity = std::max<std::size_t>(body.size(), kCapacityMin);
    if (const auto fault = parser_.allocate(capacity, kJsonDepthMax)) {
      return MakeError(error::kBadRequest, simdjson::error_message(fault));
    }
  }
  simdjson::dom::element root;
  if (const auto fault = parser_.parse(body.data(), body.size()).get(root)) {
    return MakeError(error::kBadRequest, simdjson::error_message(fault));
  }
  simdjson::dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS) {
    return MakeError(error::kBadRequest, "the body must be a JSON object");
  }
  return ObjectReader(object, "");
}

}  // namespace evx::kalshi
