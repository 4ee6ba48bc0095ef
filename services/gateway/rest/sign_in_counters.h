#pragma once

#include <atomic>
#include <cstdint>

#include "rest/rest_error.h"

namespace evx::gateway {

// How sign-ins ended; read by scrapes at any time.
struct SignInCounters {
  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<std::uint64_t> malformed = 0;
  std::atomic<std::uint64_t> wrong_password = 0;  // Or no such user, or a disabled one.
  std::atomic<std::uint64_t> bad_link = 0;        // Unknown, used or expired.
  std::atomic<std::uint64_t> foreign_origin = 0;
  std::atomic<std::uint64_t> rate_limited = 0;
  std::atomic<std::uint64_t> unavailable = 0;  // Redis, PostgreSQL, or no room for one more.

  void Refused(const RestError& error) {
    switch (error.status) {
      case 401:
        ++(error.reason == "BadLink" ? bad_link : wrong_password);
        return;
      case 403:
        ++foreign_origin;
        return;
      case 429:
        ++rate_limited;
        return;
      default:
        ++(error.status >= 500 ? unavailable : malformed);
    }
  }
};

}  // namespace evx::gateway
