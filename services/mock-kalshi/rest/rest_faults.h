#pragma once

#include "evx/net/http_responder.h"
#include "faults/fault_injector.h"

namespace evx::mock_kalshi {

// How the REST door does what a fault says. `faults` outlives every answer.

// Answers a request that the exchange does not see. Needs fault.refuses().
void RefuseAsFault(const RequestFault& fault, net::HttpResponder responder);

// A responder for the request's handler, whose answer reaches `responder` later, spoiled, or both.
net::HttpResponder SpoiledBy(const RequestFault& fault, net::HttpResponder responder,
                             FaultInjector& faults);

}  // namespace evx::mock_kalshi
