#pragma once

#include <string_view>

#include "evx/venue/reject_reason.h"
#include "evx/venue/types.h"

// How FIX answers each refusal and names each cancel: the one place that knows the venue's texts.
// Source: the venue's FIX notes, section 4.

namespace evx::mock_kalshi {

// A new order that the exchange refused.
struct FixOrderRefusal {
  std::string_view text;
  int reason = 99;  // OrdRejReason.
  // The venue reports these as accepted and then canceled.
  bool is_accepted_then_canceled = false;
};
FixOrderRefusal FixOrderRefusalOf(venue::RejectReason reason);

// A cancel or replace that the exchange refused.
struct FixCancelRefusal {
  std::string_view text;
  int reason = 99;  // CxlRejReason.
};
FixCancelRefusal FixCancelRefusalOf(venue::RejectReason reason);

// An order group request that was refused.
std::string_view FixGroupRefusalOf(venue::RejectReason reason);

// Text of the report; empty where the venue has none. `is_taker`: the order came with this command.
std::string_view FixCancelText(venue::CancelReason reason, bool is_taker);
// With UseExpiredOrdStatus these are reported as Expired.
bool IsFixExpiry(venue::CancelReason reason);

}  // namespace evx::mock_kalshi
