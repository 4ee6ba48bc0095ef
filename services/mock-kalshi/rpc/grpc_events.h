#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "evx/core/ids.h"
#include "evx/events/v1/exchange_events.pb.h"
#include "exchange/exchange_context.h"

namespace evx::mock_kalshi {

// Which events a reader may see.
struct EventFilter {
  AccountId account;              // Whose own events are shown; 0: nobody's.
  std::set<std::string> tickers;  // Public events of these markets only; empty: of all.
};

// Appends the visible ones of `events` (venue::EventBuffer) to the record. Tickers are looked up in
// the read model, which has seen every released record.
void AppendVisibleEvents(const ExchangeContext& context, const EventFilter& filter,
                         std::string_view events, events::v1::ExchangeRecord& record);

}  // namespace evx::mock_kalshi
