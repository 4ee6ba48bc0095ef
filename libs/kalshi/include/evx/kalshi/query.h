#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/kalshi/error_body.h"
#include "evx/kalshi/terms.h"

// The query of a request: "limit=10&cursor=..." behind the '?'.

namespace evx::kalshi {

// Parsed once into decoded names and values. As the venue's server does, a pair whose percent
// encoding is broken is dropped; of a name sent twice the first counts where one value is asked
// for.
class QueryString {
 public:
  // Parameters of one query; more are cut off and make it too_long().
  static constexpr std::size_t kParameterCountMax = 2'100;

  // `query`: without the '?'.
  static QueryString Parse(std::string_view query);

  // Nothing when absent or empty.
  std::optional<std::string_view> Get(std::string_view name) const;
  std::vector<std::string_view> GetAll(std::string_view name) const;
  bool too_long() const { return too_long_; }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
  bool too_long_ = false;
};

// The path and the query of a request target.
struct Target {
  std::string_view path;
  std::string_view query;
};
Target SplitTarget(std::string_view target);

// Percent-decodes one segment of a path; nothing when the encoding is broken. '+' stays.
std::optional<std::string> DecodePathSegment(std::string_view segment);
// Percent-encodes what is not a letter, a digit or one of -_.~ .
std::string EncodeUrl(std::string_view text);

// Reads typed parameters of one operation. The first fault sticks and becomes the venue's form 3
// error. Unknown parameters are ignored, empty ones are the same as absent.
class ParameterReader {
 public:
  ParameterReader(std::string_view operation, const QueryString& query);

  // A page size within min..max; `otherwise` when absent, or 0 where 0 is allowed.
  int Limit(int min, int max, int otherwise);
  std::optional<std::int64_t> Integer(std::string_view name, std::int64_t min, std::int64_t max);
  // "true" or "false", "1" or "0".
  bool Flag(std::string_view name, bool otherwise = false);
  std::optional<bool> OptionalFlag(std::string_view name);
  std::string Text(std::string_view name);
  // Unix seconds; the zero timestamp when absent or 0.
  Timestamp Seconds(std::string_view name);
  Timestamp RequiredSeconds(std::string_view name);
  // Comma-separated; empty items are dropped.
  std::vector<std::string> List(std::string_view name, std::size_t size_max);
  // The parameter repeated.
  std::vector<std::string> Repeated(std::string_view name, std::size_t size_max);
  std::optional<SubaccountNumber> Subaccount();
  // `min`: -1 where routing by ticker may be asked for, 0 where it filters.
  std::optional<std::int32_t> ExchangeIndex(std::int32_t min);
  template <class E>
  std::optional<E> Word(std::string_view name) {
    const auto text = query_.Get(name);
    if (!text) return std::nullopt;
    const auto value = FromWire<E>(*text);
    if (!value) Fail(name, "has no meaning here: " + std::string(*text));
    return value;
  }

  bool Has(std::string_view name) const { return query_.Get(name).has_value(); }
  void Fail(std::string_view name, std::string_view fault);
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string operation_;
  const QueryString& query_;
  std::optional<Error> error_;
};

}  // namespace evx::kalshi
