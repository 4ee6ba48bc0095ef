#pragma once

#include "authenticator.h"
#include "catalogue_facts.h"
#include "evx/core/clock.h"
#include "evx/net/http_responder.h"
#include "exchange_clock.h"
#include "history.h"
#include "rate_limiter.h"
#include "read_model.h"
#include "sequencer.h"
#include "wire_id.h"

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
  // Replies of completions; used on the release thread only, sent by a release hook.
  net::HttpResponseBatch& replies;
};

}  // namespace evx::mock_kalshi
