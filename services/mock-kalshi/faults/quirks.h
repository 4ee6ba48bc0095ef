#pragma once

#include "absl/time/time.h"

namespace evx::mock_kalshi {

// Behavior of the live venue that clients report and its documents do not promise; README.md lists
// each. Spans of exchange time; zero: not there.
struct Quirks {
  // An order can be read through REST this long after it was created. Its acknowledgement, fills
  // and cancels come at once.
  absl::Duration order_read_lag;
  // Positions read through REST lack what happened this recently.
  absl::Duration position_read_lag;

  // What --quirks=on means.
  static constexpr Quirks Venue() { return {absl::Milliseconds(100), absl::Milliseconds(500)}; }
};

}  // namespace evx::mock_kalshi
