#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rest/rest_error.h"

namespace evx::gateway {

// Takes the members of a JSON object one by one and keeps the first fault: an object with members
// that nobody has asked for has one too.
class BodyReader {
 public:
  // `text` is the body of a request.
  explicit BodyReader(std::string_view text);

  // Nothing when the member is absent or at fault. A text longer than `bytes_max` is at fault; the
  // value of a secret is in no message.
  std::optional<std::string> Text(std::string_view name, std::size_t bytes_max,
                                  bool is_secret = false);
  std::optional<bool> Bool(std::string_view name);
  bool Has(std::string_view name) const { return body_.contains(std::string(name)); }
  void Fail(RestError error);

  // To be asked behind the last member.
  const std::optional<RestError>& Finish();

 private:
  const nlohmann::json* Take(std::string_view name);

  nlohmann::json body_;
  std::set<std::string, std::less<>> taken_;
  std::optional<RestError> error_;
};

}  // namespace evx::gateway
