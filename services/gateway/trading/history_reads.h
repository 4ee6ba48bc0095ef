#pragma once

#include "evx/gateway/v1/gateway_messages.pb.h"
#include "trading/exchange_link.h"

namespace evx::gateway {

// Whether a request asks for what is the own: fills, past orders, settlements, worth, order groups.
bool IsOwnHistory(const v1::ClientMessage& request);

// The answer to such a request, from the exchange with the user's key; waits for it. A Refusal
// where the request is malformed or the exchange says no.
v1::ServerMessage ReadOwnHistory(const v1::ClientMessage& request, ExchangeLink& link,
                                 const CallSigner& signer);

}  // namespace evx::gateway
