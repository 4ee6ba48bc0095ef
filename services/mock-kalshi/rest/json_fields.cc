#include "rest/json_fields.h"

#include <cmath>
#include <utility>

#include "evx/core/decimal.h"
#include "evx/core/status.h"
#include "evx/kalshi/number.h"

namespace evx::mock_kalshi {
namespace {

using nlohmann::json;

constexpr double kNumberMax = 1e12;
constexpr double kMillion = 1e6;
constexpr int kMillionthsScale = 6;

}  // namespace

JsonFields::JsonFields(std::string_view text, std::string what)
    : JsonFields(json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false),
                 std::move(what)) {}

JsonFields::JsonFields(json object, std::string what)
    : object_(std::move(object)), what_(std::move(what)) {
  if (object_.is_object()) return;
  fault_ = what_ + " must be one JSON object";
  object_ = json::object();
}

const json* JsonFields::Find(const char* name) const {
  known_.insert(name);
  const auto it = object_.find(name);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

void JsonFields::Fail(const char* name, std::string_view fault) {
  if (fault_.empty()) fault_ = what_ + "." + name + " " + std::string(fault);
}

absl::Status JsonFields::status() const {
  return fault_.empty() ? absl::OkStatus() : InvalidArgument(fault_);
}

void JsonFields::RefuseOthers() {
  for (const auto& [name, value] : object_.items()) {
    if (!known_.contains(name)) Fail(name.c_str(), "is not known here");
  }
}

void JsonFields::Text(const char* name, std::string& value, std::size_t size_max) {
  const json* member = Find(name);
  if (member == nullptr) return;
  if (!member->is_string()) return Fail(name, "must be a string");
  const std::string& text = member->get_ref<const std::string&>();
  if (text.size() > size_max) {
    return Fail(name, "is longer than " + std::to_string(size_max) + " bytes");
  }
  value = text;
}

void JsonFields::Text(const char* name, std::optional<std::string>& value) {
  if (Find(name) != nullptr) Text(name, value.emplace());
}

void JsonFields::Texts(const char* name, std::vector<std::string>& values) {
  const json* member = Find(name);
  if (member == nullptr) return;
  if (!member->is_array()) return Fail(name, "must be an array of strings");
  for (const json& item : *member) {
    if (!item.is_string()) return Fail(name, "must be an array of strings");
    values.push_back(item.get<std::string>());
  }
}

void JsonFields::Flag(const char* name, bool& value) {
  const json* member = Find(name);
  if (member == nullptr) return;
  if (!member->is_boolean()) return Fail(name, "must be true or false");
  value = member->get<bool>();
}

void JsonFields::Flag(const char* name, std::optional<bool>& value) {
  if (Find(name) != nullptr) Flag(name, value.emplace());
}

void JsonFields::Integer(const char* name, std::int64_t& value, std::int64_t min,
                         std::int64_t max) {
  const json* member = Find(name);
  if (member == nullptr) return;
  if (!member->is_number_integer()) return Fail(name, "must be an integer");
  const bool is_huge = member->is_number_unsigned() && member->get<std::uint64_t>() > INT64_MAX;
  const std::int64_t number = is_huge ? INT64_MAX : member->get<std::int64_t>();
  if (is_huge || number < min || number > max) {
    return Fail(name, "is outside " + std::to_string(min) + " to " + std::to_string(max));
  }
  value = number;
}

void JsonFields::Integer(const char* name, std::optional<std::int64_t>& value) {
  if (Find(name) != nullptr) Integer(name, value.emplace());
}

void JsonFields::Micros(const char* name, std::optional<std::int64_t>& micros) {
  const json* member = Find(name);
  if (member == nullptr) return;
  if (!member->is_number() || std::fabs(member->get<double>()) > kNumberMax) {
    return Fail(name, "must be a number");
  }
  micros = std::llround(member->get<double>() * kMillion);
}

void JsonFields::Millionths(const char* name, std::optional<std::int64_t>& millionths) {
  const json* member = Find(name);
  if (member == nullptr) return;
  std::optional<std::int64_t> value;
  if (member->is_string()) {
    value = ParseDecimal(member->get_ref<const std::string&>(), kMillionthsScale);
  } else {
    Micros(name, value);
  }
  if (!value) return Fail(name, "must be a decimal number");
  millionths = value;
}

void JsonFields::Time(const char* name, Timestamp& value) {
  constexpr std::int64_t kSecondsMax = INT64_MAX / 1'000'000'000;
  const json* member = Find(name);
  if (member == nullptr) return;
  if (member->is_string()) {
    const std::string& text = member->get_ref<const std::string&>();
    if (text.empty()) return;
    const auto time = ParseRfc3339(text);
    if (!time.ok()) return Fail(name, "must be an RFC 3339 time");
    value = *time;
    return;
  }
  std::int64_t seconds = 0;
  Integer(name, seconds, 0, kSecondsMax);
  value = Timestamp::FromSeconds(seconds);
}

void JsonFields::Time(const char* name, std::optional<Timestamp>& value) {
  if (Find(name) != nullptr) Time(name, value.emplace());
}

void JsonFields::Dollars(const char* name, std::optional<Money>& value) {
  std::string text;
  Text(name, text);
  if (text.empty()) return;
  value = kalshi::ParseMoney(text);
  if (!value) Fail(name, "must be dollars as a decimal string");
}

void JsonFields::DollarPrice(const char* name, std::optional<Price>& value) {
  std::string text;
  Text(name, text);
  if (text.empty()) return;
  value = kalshi::ParsePrice(text);
  if (!value) Fail(name, "must be $0 to $1 as a decimal string");
}

void JsonFields::Object(const char* name, std::string& text) {
  const json* member = Find(name);
  if (member == nullptr) return;
  if (!member->is_object()) return Fail(name, "must be an object");
  text = member->dump(-1, ' ', false, json::error_handler_t::replace);
}

void JsonFields::Object(const char* name, std::optional<std::string>& text) {
  if (Find(name) != nullptr) Object(name, text.emplace());
}

const json* JsonFields::Array(const char* name) {
  const json* member = Find(name);
  if (member == nullptr) return nullptr;
  if (member->is_array()) return member;
  Fail(name, "must be an array");
  return nullptr;
}

}  // namespace evx::mock_kalshi
