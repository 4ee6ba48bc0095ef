#pragma once

#include "access/authenticator.h"
#include "access/rate_limiter.h"
#include "catalogue/catalogue_facts.h"
#include "evx/core/clock.h"
#include "evx/net/http_responder.h"
#include "exchange/exchange_clock.h"
#include "exchange/sequencer.h"
#include "exchange/wire_id.h"
#include "faults/fault_injector.h"
#include "faults/quirks.h"
#include "read_model/history.h"
#include "read_model/read_model.h"

namespace evx::mock_kalshi {

// What every door works with. All parts outlive the doors; all are thread-safe.
struct ExchangeContext {
  Sequencer& sequencer;
  const ReadModel& read_model;
  const History& history;
  const CandleHistory& candles;
  const ExchangeClock& clock;  // Exchange time.
  const Clock& wall;
  const WireIdCodec& wire_ids;
  const CatalogueFacts& catalogue_facts;
  Authenticator& authenticator;
  RateLimiter& rate_limiter;
  FaultInjector& faults;
  const Quirks quirks;
  // Replies of completions; used on the release thread only, sent by a release hook.
  net::HttpResponseBatch& replies;
};

}  // namespace evx::mock_kalshi
