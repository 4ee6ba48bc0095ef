#include "rest/rest_router.h"

#include <algorithm>
#include <utility>

#include "evx/core/check.h"
#include "evx/kalshi/query.h"
#include "evx/telemetry/log.h"
#include "exchange/request_id.h"
#include "rest/rest_faults.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::size_t kSegmentCountMax = 16;

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }

// Splits at '/', without the leading one and a trailing one; at most kSegmentCountMax pieces.
std::size_t Split(std::string_view path, std::array<std::string_view, kSegmentCountMax>& segments) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return 0;
  std::size_t count = 0;
  while (count < kSegmentCountMax) {
    const std::size_t slash = path.find('/');
    segments[count++] = path.substr(0, slash);
    if (slash == std::string_view::npos) return count;
    path.remove_prefix(slash + 1);
  }
  return kSegmentCountMax;
}

// Replaces each segment by its decoded text, which `storage` keeps. False: one cannot be decoded.
bool Decode(std::span<std::string_view> segments, std::vector<std::string>& storage) {
  storage.reserve(segments.size());
  for (std::string_view& segment : segments) {
    auto text = kalshi::DecodePathSegment(segment);
    if (!text) return false;
    segment = storage.emplace_back(*std::move(text));
  }
  return true;
}

void AddAllowed(net::HttpMethod method, std::string& methods) {
  const std::string_view name = net::ToString(method);
  if (methods.find(name) != std::string::npos) return;
  if (!methods.empty()) methods += ", ";
  methods += name;
  if (method == net::HttpMethod::kGet) methods += ", HEAD";
}

// Counts the signed requests of this thread's present round; false: there are too many.
bool HasPlaceInRound(std::uint64_t round) {
  if (round == 0) return true;  // Not from a server.
  thread_local std::uint64_t present = 0;
  thread_local std::uint32_t count = 0;
  if (round != present) {
    present = round;
    count = 0;
  }
  return ++count <= RestRouter::kSignedRoundMax;
}

net::HttpResponse ErrorResponse(const kalshi::Error& error) {
  net::HttpResponse response;
  response.status = error.http_status;
  response.body = kalshi::ErrorBody(error);
  return response;
}

net::HttpResponse JsonResponse(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  if (body.empty()) response.content_type.clear();
  response.body = std::move(body);
  return response;
}

// 405 names the methods that the path has; without any the path is unknown.
void RefuseUnrouted(const std::string& allowed_methods, RestReply reply) {
  const bool is_known = !allowed_methods.empty();
  net::HttpResponse response = ErrorResponse(
      kalshi::MakeError(is_known ? kalshi::error::kMethodNotAllowed : kalshi::error::kNotFound));
  if (is_known) response.headers.push_back({"Allow", allowed_methods});
  reply.Send(std::move(response));
}

}  // namespace

AuditMeta RestRequest::Audit() const {
  AuditMeta meta;
  meta.door = door;
  if (principal) meta.key_id = principal->key_id;
  meta.remote_address = InlineString<64>(http.remote_address().substr(0, 64));
  meta.request_id = NextRequestId();
  meta.trace_id = trace.trace_id.bytes();
  return meta;
}

void RestReply::Json(int status, std::string body) {
  responder_.Send(JsonResponse(status, std::move(body)));
}

void RestReply::Error(const kalshi::Error& error) { responder_.Send(ErrorResponse(error)); }

void RestReply::JsonLater(net::HttpResponseBatch& batch, int status, std::string body) {
  batch.Add(std::move(responder_), JsonResponse(status, std::move(body)));
}

void RestReply::ErrorLater(net::HttpResponseBatch& batch, const kalshi::Error& error) {
  batch.Add(std::move(responder_), ErrorResponse(error));
}

void RestRouter::Add(Route route) {
  std::array<std::string_view, kSegmentCountMax> segments;
  const std::size_t count = Split(route.pattern, segments);
  EVX_CHECK(count < kSegmentCountMax);
  if (by_length_.size() <= count) by_length_.resize(count + 1);
  auto& candidates = by_length_[count];
  segments_.emplace_back(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(count));
  routes_.push_back(std::move(route));
  candidates.push_back(routes_.size() - 1);
  // Literal segments win over parameters.
  std::stable_sort(candidates.begin(), candidates.end(), [this](std::size_t a, std::size_t b) {
    return std::lexicographical_compare(
        segments_[a].begin(), segments_[a].end(), segments_[b].begin(), segments_[b].end(),
        [](std::string_view x, std::string_view y) { return !IsParameter(x) && IsParameter(y); });
  });
}

RestRouter::Match RestRouter::Find(net::HttpMethod method, Segments segments) const {
  Match match;
  const std::size_t count = segments.size();
  if (count >= by_length_.size()) return match;
  const net::HttpMethod wanted = method == net::HttpMethod::kHead ? net::HttpMethod::kGet : method;
  for (const std::size_t index : by_length_[count]) {
    const auto& pattern = segments_[index];
    std::size_t parameter_count = 0;
    bool fits = true;
    for (std::size_t i = 0; i < count && fits; ++i) {
      if (IsParameter(pattern[i])) {
        fits = !segments[i].empty() && parameter_count < kPathParameterCountMax;
        if (fits) match.parameters[parameter_count++] = segments[i];
      } else {
        fits = pattern[i] == segments[i];
      }
    }
    if (!fits) continue;
    if (routes_[index].method != wanted) {
      AddAllowed(routes_[index].method, match.allowed_methods);
      continue;
    }
    match.route = &routes_[index];
    match.parameter_count = parameter_count;
    return match;
  }
  return match;
}

RestRouter::Match RestRouter::Locate(const net::HttpRequest& http,
                                     std::vector<std::string>& decoded) const {
  std::array<std::string_view, kSegmentCountMax> segments;
  const std::size_t count = Split(http.path(), segments);
  const bool is_readable = http.path().find('%') == std::string_view::npos ||
                           Decode(std::span(segments.data(), count), decoded);
  return is_readable ? Find(http.method(), std::span(segments.data(), count)) : Match();
}

void RestRouter::Handle(net::HttpRequest& http, net::HttpResponder responder) const {
  RestReply reply(std::move(responder));
  std::vector<std::string> decoded;
  const Match match = Locate(http, decoded);
  if (match.route == nullptr) {
    RefuseUnrouted(match.allowed_methods, std::move(reply));
    return;
  }
  const Route& route = *match.route;
  RestRequest request{http, std::span(match.parameters.data(), match.parameter_count), std::nullopt,
                      telemetry::TraceFromHeader(http.Header("traceparent")), dependencies_.door};
  const telemetry::ScopedLogTrace log_trace(request.trace.trace_id);
  if (!Admit(route, request, reply)) return;
  if (route.has_faults && dependencies_.faults != nullptr && dependencies_.faults->active()) {
    const bool is_write = route.method != net::HttpMethod::kGet;
    const RequestFault fault = dependencies_.faults->OnRequest(
        FaultDoor::kRest, request.principal ? request.account() : AccountId(),
        static_cast<std::uint64_t>(http.connection_id()), is_write);
    if (fault.any()) return HandleFaulty(request, fault, std::move(reply));
  }
  route.handler(request, std::move(reply));
}

bool RestRouter::Admit(const Route& route, RestRequest& request, RestReply& reply) const {
  const net::HttpRequest& http = request.http;
  const bool has_key = http.HasHeader(kalshi::kAccessKeyHeader);
  const bool needs_key =
      route.auth == AuthRule::kRequired || (route.auth == AuthRule::kOptional && has_key);
  if (!needs_key) return true;
  if (!HasPlaceInRound(http.round()) && http.method() != net::HttpMethod::kDelete) {
    reply.Error(kalshi::MakeError(kalshi::error::kTooManyRequests));
    return false;
  }
  auto result =
      dependencies_.authenticator.Authenticate({http.SingleHeader(kalshi::kAccessKeyHeader),
                                                http.SingleHeader(kalshi::kAccessTimestampHeader),
                                                http.SingleHeader(kalshi::kAccessSignatureHeader)},
                                               http.method_text(), http.path());
  if (!result.principal) {
    reply.Error(result.error);
    return false;
  }
  request.principal = result.principal;
  if (route.scope != 0 && !result.principal->HasScope(static_cast<venue::KeyScope>(route.scope))) {
    reply.Error(kalshi::MakeError(kalshi::error::kPermissionDenied, "key lacks the scope"));
    return false;
  }
  return route.cost <= 0 || Charge(request, route.bucket, route.cost, reply);
}

// The request waits for its time with everything that Handle found out; the route is found again,
// since its parameters point into the request.
void RestRouter::HandleFaulty(RestRequest& request, const RequestFault& fault,
                              RestReply reply) const {
  FaultInjector& faults = *dependencies_.faults;
  faults.delays().Post(fault.hold, [this, &faults, fault, http = std::move(request.http),
                                    principal = request.principal, trace = request.trace,
                                    door = request.door, responder = reply.Release()]() mutable {
    if (fault.refuses()) return RefuseAsFault(fault, std::move(responder));
    std::vector<std::string> decoded;
    const Match match = Locate(http, decoded);
    RestRequest again{http, std::span(match.parameters.data(), match.parameter_count),
                      std::move(principal), trace, door};
    const telemetry::ScopedLogTrace log_trace(trace.trace_id);
    match.route->handler(again, RestReply(SpoiledBy(fault, std::move(responder), faults)));
  });
}

bool RestRouter::Charge(const RestRequest& request, RateBucket bucket, std::int64_t cost,
                        RestReply& reply) const {
  const Principal& principal = *request.principal;
  if (dependencies_.rate_limiter.Charge(principal.account, principal.tier, bucket, cost,
                                        dependencies_.wall.Now())) {
    return true;
  }
  reply.Error(kalshi::MakeError(kalshi::error::kTooManyRequests));
  return false;
}

}  // namespace evx::mock_kalshi
