#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/net/http_message.h"

namespace evx::gateway {

// What a request is refused with:
//
//   {"error": {"reason": "BadField", "message": "user_name takes ...", "is_retryable": false,
//              "field": "user_name", "value": "Ann", "limit": "1 to 32 of a-z ..."}}
//
// `field`, `value` and `limit` are there when one field is to blame; a value that may be a secret
// is left out.
struct RestError {
  int status = 400;
  std::string reason;  // Stable, in capitals of its words.
  std::string message;
  bool is_retryable = false;
  std::string field = {};
  std::optional<std::string> value = {};
  std::string limit = {};
  absl::Duration retry_after = absl::ZeroDuration();  // Zero: the header is not sent.
};

net::HttpResponse ToResponse(const RestError& error);

RestError BadField(std::string_view field, std::optional<std::string> value,
                   std::string_view limit);

// What an operation below could not do, as HTTP says it: the one place that maps them.
RestError ErrorOf(const absl::Status& status);

}  // namespace evx::gateway
