#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "config.h"
#include "evx/core/clock.h"
#include "evx/postgres/lease.h"

namespace evx::market_data {

// Schema of this service in PostgreSQL.
inline constexpr std::string_view kSchema = "market_data";

// The lease of --publisher_id, in which this process takes part under a name of its own. Null
// without --postgres_url_file.
absl::StatusOr<std::unique_ptr<postgres::Lease>> StartPublisherLease(const MarketDataConfig& config,
                                                                     const Clock& clock);

}  // namespace evx::market_data
