#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/authenticator.h"
#include "access/rate_limiter.h"
#include "evx/kalshi/error_body.h"
#include "evx/net/http_message.h"
#include "evx/net/http_responder.h"
#include "evx/telemetry/trace_context.h"
#include "exchange/record.h"
#include "faults/fault_injector.h"

namespace evx::mock_kalshi {

// One request on its way to its handler. Valid during the handler's call.
struct RestRequest {
  net::HttpRequest& http;
  // Values of the {names} in the route's pattern, in order, percent-decoded.
  std::span<const std::string_view> path_parameters;
  // Set on routes that need a key, and on others when a valid key was sent.
  std::optional<Principal> principal;
  telemetry::TraceContext trace;
  Door door = Door::kRest;

  AuditMeta Audit() const;
  // The account of a route with AuthRule::kRequired.
  AccountId account() const { return principal->account; }
};

// The duty to answer; may be moved away and used later from any thread.
class RestReply {
 public:
  explicit RestReply(net::HttpResponder responder) : responder_(std::move(responder)) {}
  // The duty itself, for whoever answers in another way.
  net::HttpResponder Release() { return std::move(responder_); }
  // An empty body is none: 204, and 201 or 200 where the contract says so.
  void Json(int status, std::string body);
  void Error(const kalshi::Error& error);
  void Send(net::HttpResponse response) { responder_.Send(std::move(response)); }
  // Instead of an answer: the connection becomes a WebSocket.
  void Accept(const net::HttpRequest& request, std::unique_ptr<net::WebSocketSession> session) {
    responder_.Accept(request, std::move(session));
  }
  // For completions on the release thread: collected and sent together.
  void JsonLater(net::HttpResponseBatch& batch, int status, std::string body);
  void ErrorLater(net::HttpResponseBatch& batch, const kalshi::Error& error);

 private:
  net::HttpResponder responder_;
};

enum class AuthRule : std::uint8_t { kNone, kOptional, kRequired };

struct Route {
  net::HttpMethod method = net::HttpMethod::kGet;
  std::string_view pattern;    // "/trade-api/v2/markets/{ticker}/orderbook"
  std::string_view operation;  // Operation id of the OpenAPI file: "GetMarketOrderbook".
  AuthRule auth = AuthRule::kRequired;
  // Needed of the key; 0: none.
  std::uint16_t scope = 0;
  RateBucket bucket = RateBucket::kRead;
  // Tokens; 0: the handler charges (batches).
  std::int64_t cost = kDefaultCost;
  std::function<void(RestRequest&, RestReply)> handler;
  // Off: the handler must run in the turn of its request, so that nothing may hold it.
  bool has_faults = true;
};

// Finds the route of a request, then checks key, scope and budget in this order, and calls its
// handler, unless a fault that an operator has set keeps it from that. Unknown path: 404
// `not_found`; known path with another method: 405 with the methods there are. A path with a
// trailing slash is the same path, and so is one with characters that need not be percent-encoded;
// the signature is over the path as sent. Built once, then read by all I/O threads.
//
// Checking a signature is most of the work. Of the requests that wait for one I/O thread at the
// same time (net::HttpRequest::round) only kSignedRoundMax are checked; further ones are answered
// 429 at once, but for cancels. So a thread with more work than it can do goes on at full rate, and
// what it accepts has not waited long.
class RestRouter {
 public:
  // About 50 ms of work with RSA-2048 keys, 100 ms with Ed25519.
  static constexpr std::uint32_t kSignedRoundMax = 1'024;

  struct Dependencies {
    Authenticator& authenticator;
    RateLimiter& rate_limiter;
    const Clock& wall;
    Door door = Door::kRest;          // As the audit trail names it.
    FaultInjector* faults = nullptr;  // Null: the door never misbehaves.
  };

  explicit RestRouter(Dependencies dependencies) : dependencies_(dependencies) {}

  void Add(Route route);
  void Handle(net::HttpRequest& request, net::HttpResponder responder) const;
  const std::vector<Route>& routes() const { return routes_; }

  // False (and the reply is sent) when the account's budget does not cover `cost` tokens.
  bool Charge(const RestRequest& request, RateBucket bucket, std::int64_t cost,
              RestReply& reply) const;

 private:
  static constexpr std::size_t kPathParameterCountMax = 4;
  struct Match {
    const Route* route = nullptr;
    std::array<std::string_view, kPathParameterCountMax> parameters;
    std::size_t parameter_count = 0;
    std::string allowed_methods;  // "GET, HEAD"; empty where the path is unknown.
  };
  using Segments = std::span<const std::string_view>;

  // Percent-decoded segments go to `decoded`; the match points there and into the request.
  Match Locate(const net::HttpRequest& http, std::vector<std::string>& decoded) const;
  Match Find(net::HttpMethod method, Segments segments) const;
  // False, with the reply sent, when key, scope or budget do not suffice.
  bool Admit(const Route& route, RestRequest& request, RestReply& reply) const;
  void HandleFaulty(RestRequest& request, const RequestFault& fault, RestReply reply) const;

  const Dependencies dependencies_;
  std::vector<Route> routes_;
  std::vector<std::vector<std::string_view>> segments_;  // Of each route's pattern.
  // Routes by number of segments.
  std::vector<std::vector<std::size_t>> by_length_;
};

}  // namespace evx::mock_kalshi
