#pragma once

#include <string>

#include "evx/core/clock.h"
#include "evx/kalshi/messages.h"

namespace evx::kalshi {

// GET /evx/v1/clock, which our exchange has beside the venue's API. Encoded and decoded as
// messages.h says.
struct ClockResponse {
  // "real"; or "virtual": an operator moves exchange time.
  std::string mode;
  Timestamp exchange_time;
  friend bool operator==(const ClockResponse&, const ClockResponse&) = default;
};

}  // namespace evx::kalshi
