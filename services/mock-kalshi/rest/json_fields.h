#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/kalshi/terms.h"

namespace evx::mock_kalshi {

// Typed reading of the members of one JSON object: facts of the catalogue, bodies of the operator
// API. A member that is absent or null leaves the value as it is; one of another type, or out of
// range, is a fault that names it. The first fault sticks: read everything, then look at status().
class JsonFields {
 public:
  // `what` begins every fault: "facts.title must be a string".
  JsonFields(std::string_view text, std::string what);
  JsonFields(nlohmann::json object, std::string what);

  bool Has(const char* name) const { return Find(name) != nullptr; }

  void Text(const char* name, std::string& value, std::size_t size_max = kTextSizeMax);
  void Text(const char* name, std::optional<std::string>& value);
  void Texts(const char* name, std::vector<std::string>& values);
  void Flag(const char* name, bool& value);
  void Flag(const char* name, std::optional<bool>& value);
  void Integer(const char* name, std::int64_t& value, std::int64_t min = INT64_MIN,
               std::int64_t max = INT64_MAX);
  void Integer(const char* name, std::optional<std::int64_t>& value);
  // A JSON number as micro units, rounded to the nearest.
  void Micros(const char* name, std::optional<std::int64_t>& micros);
  // A JSON number or a decimal string as millionths, exact to 6 digits.
  void Millionths(const char* name, std::optional<std::int64_t>& millionths);
  // RFC 3339 text or Unix seconds.
  void Time(const char* name, Timestamp& value);
  void Time(const char* name, std::optional<Timestamp>& value);
  // Decimal strings of dollars.
  void Dollars(const char* name, std::optional<Money>& value);
  void DollarPrice(const char* name, std::optional<Price>& value);
  // A nested object as JSON text.
  void Object(const char* name, std::string& text);
  void Object(const char* name, std::optional<std::string>& text);
  const nlohmann::json* Array(const char* name);
  template <class Enum>
  void Word(const char* name, std::optional<Enum>& value) {
    std::string word;
    Text(name, word);
    if (word.empty()) return;
    value = kalshi::FromWire<Enum>(word);
    if (!value) Fail(name, "has no meaning here: " + word);
  }

  void Fail(const char* name, std::string_view fault);
  void Require(const char* name) {
    if (!Has(name)) Fail(name, "is missing");
  }
  // Members that nobody asked for are a fault, so that a misspelt name is not silently ignored.
  void RefuseOthers();

  absl::Status status() const;

 private:
  static constexpr std::size_t kTextSizeMax = 64 * 1024;
  const nlohmann::json* Find(const char* name) const;

  nlohmann::json object_;
  std::string what_;
  std::string fault_;
  mutable std::set<std::string, std::less<>> known_;
};

}  // namespace evx::mock_kalshi
