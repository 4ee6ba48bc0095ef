#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "accounts/session.h"
#include "evx/gateway/v1/gateway_messages.pb.h"

namespace evx::gateway {

// What the gateway says to one request: a message of which only `payload` is set; the door adds the
// request's id. Any thread, once, at any time, also when the client has gone.
using AnswerFunction = std::function<void(v1::ServerMessage answer)>;

// Does what clients ask for. Subscribe, Unsubscribe and Ping are the door's own; all other requests
// come here, with a role that was not checked.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // On the I/O thread, which serves everybody: it must not wait. `request` lives for the call.
  // Every request is answered; one that is not known, with a Refusal.
  virtual void Handle(const Session& session, const v1::ClientMessage& request,
                      AnswerFunction answer) = 0;
};

// Keeps the portfolios of users as streams PortfolioStream(user_id). On the I/O thread: nothing
// here may wait.
class PortfolioSource {
 public:
  virtual ~PortfolioSource() = default;

  // Somebody looks at the portfolio of this user, who is a trader: a state follows, and changes
  // behind it until Close. Also called again for each further socket of the user. UNAVAILABLE: too
  // many others have theirs open.
  virtual absl::Status Open(const Session& session) = 0;
  // Nobody has looked at it for a minute.
  virtual void Close(std::int64_t user_id) = 0;
};

// An answer that says no. `reason` is a stable name: "UnknownMarket", "RoleRequired".
v1::ServerMessage RefusalOf(std::string_view reason, std::string_view message,
                            bool is_retryable = false);

}  // namespace evx::gateway
