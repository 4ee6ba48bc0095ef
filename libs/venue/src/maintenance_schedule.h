#pragma once

#include "evx/core/clock.h"

// The venue's weekly maintenance: no trading on Thursdays 03:00-05:00 Eastern. Source: the venue's
// trading hours. United States rules for daylight saving time as since 2007 (second Sunday of March
// to first Sunday of November), computed here because a pure library reads no time zone files.

namespace evx::venue {

// Whether `time` lies in a maintenance window; its start is inside, its end is not.
bool IsMaintenance(Timestamp time);

// The first start or end of a window after `time`.
Timestamp NextMaintenanceBoundary(Timestamp time);

}  // namespace evx::venue
