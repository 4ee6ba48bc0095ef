#include "rest/rest_api.h"

#include <algorithm>
#include <utility>

#include "accounts/secrets.h"
#include "door/handshake.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "rest/rest_call.h"

namespace evx::gateway {
namespace {

constexpr std::string_view kForwardedHeader = "X-Forwarded-For";
constexpr std::size_t kAddressBytesMax = 64;
constexpr std::size_t kArgumentBytesMax = 128;

bool EndsPath(std::string_view text) { return text.find('/') == std::string_view::npos; }

// Whether `path` is of the form `pattern`, whose {...}, one whole segment, takes anything.
bool Matches(std::string_view pattern, std::string_view path, std::string& argument) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path;
  const std::size_t close = pattern.find('}');
  const std::string_view before = pattern.substr(0, open);
  const std::string_view after = pattern.substr(close + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after)) {
    return false;
  }
  const std::string_view value =
      path.substr(before.size(), path.size() - before.size() - after.size());
  if (!EndsPath(value) || value.size() > kArgumentBytesMax) return false;
  argument = value;
  return true;
}

// "application/json", with or without parameters.
bool IsJson(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return net::EqualsIgnoreCase(type, "application/json");
}

RestError TooManyRequests() {
  return {503, "Overloaded",    "too many requests wait; try again", true, {}, {},
          {},  absl::Seconds(1)};
}

}  // namespace

const std::vector<RestApi::Route>& RestApi::Routes() {
  using enum net::HttpMethod;
  using Needs = Route::Needs;
  static const std::vector<Route> kRoutes = {
      {.method = kPost,
       .path = "/api/v1/session",
       .needs = Needs::kOrigin,
       .has_body = true,
       .hashes_password = true,
       .is_audited = true,
       .run = &RestApi::SignIn},
      {.method = kGet, .path = "/api/v1/session", .run = &RestApi::GetSession},
      {.method = kDelete,
       .path = "/api/v1/session",
       .needs = Needs::kCsrf,
       .run = &RestApi::SignOut},
      {.method = kGet, .path = "/api/v1/sessions", .run = &RestApi::ListSessions},
      {.method = kDelete,
       .path = "/api/v1/sessions",
       .needs = Needs::kCsrf,
       .run = &RestApi::EndSessions},
      {.method = kDelete,
       .path = "/api/v1/sessions/{session_id}",
       .needs = Needs::kCsrf,
       .run = &RestApi::EndSession},
      {.method = kGet, .path = "/api/v1/users", .role = Role::kAdmin, .run = &RestApi::ListUsers},
      {.method = kPost,
       .path = "/api/v1/users",
       .needs = Needs::kCsrf,
       .role = Role::kAdmin,
       .has_body = true,
       .hashes_password = true,
       .is_audited = true,
       .run = &RestApi::CreateUser},
      {.method = kPut,
       .path = "/api/v1/users/{user_name}",
       .needs = Needs::kCsrf,
       .has_body = true,
       .hashes_password = true,
       .is_audited = true,
       .run = &RestApi::ChangeUser},
      {.method = kPost,
       .path = "/api/v1/users/{user_name}/links",
       .needs = Needs::kCsrf,
       .role = Role::kAdmin,
       .is_audited = true,
       .run = &RestApi::IssueLink},
      {.method = kPost,
       .path = "/api/v1/command",
       .needs = Needs::kCsrf,
       .has_body = true,
       .run = &RestApi::RunCommand},
      {.method = kGet, .path = "/api/v1/health", .run = &RestApi::GetHealth},
      {.method = kGet, .path = "/api/v1/status", .run = &RestApi::GetStatus},
      {.method = kGet, .path = "/api/v1/environments", .run = &RestApi::ListEnvironments},
      {.method = kGet, .path = "/api/v1/tts", .run = &RestApi::RefuseSpeech},
      {.method = kPut,
       .path = "/api/v1/tts",
       .needs = Needs::kCsrf,
       .has_body = true,
       .run = &RestApi::RefuseSpeech},
      {.method = kGet, .path = kOpenApiPath, .needs = Needs::kNothing, .run = &RestApi::GetOpenApi},
  };
  return kRoutes;
}

RestApi::RestApi(Options options, Accounts& accounts, RestSources sources, SignInCounters& sign_ins,
                 const Clock& clock)
    : options_(std::move(options)),
      accounts_(accounts),
      sources_(std::move(sources)),
      sign_ins_(sign_ins),
      clock_(clock),
      started_at_(clock.Now()) {}

const RestApi::Route* RestApi::FindRoute(Call& call, net::HttpResponse& refusal) {
  // HEAD is GET without a body, which the server leaves out.
  const net::HttpMethod method = call.request.method() == net::HttpMethod::kHead
                                     ? net::HttpMethod::kGet
                                     : call.request.method();
  std::string allowed;
  for (const Route& route : Routes()) {
    if (!Matches(route.path, call.request.path(), call.argument)) continue;
    if (route.method == method) return &route;
    allowed += (allowed.empty() ? "" : ", ") + std::string(net::ToString(route.method));
  }
  if (allowed.empty()) {
    refusal = ToResponse({404, "NotFound", "there is no such path; see /openapi.yaml"});
  } else {
    refusal = ToResponse({405, "WrongMethod", "this path takes " + allowed});
    refusal.headers.push_back({"Allow", allowed});
  }
  return nullptr;
}

void RestApi::Handle(net::HttpRequest& request, net::HttpResponder responder) {
  // A std::function, which the queue keeps, must be copyable.
  const auto call = std::make_shared<Call>();
  const auto shared = std::make_shared<net::HttpResponder>(std::move(responder));
  call->remote_address = RemoteAddressOf(request);
  call->request = std::move(request);
  call->respond = [shared](net::HttpResponse response) { shared->Send(std::move(response)); };
  net::HttpResponse refusal;
  const Route* const route = FindRoute(*call, refusal);
  if (route == nullptr) return call->respond(std::move(refusal));
  WorkQueue& queue = route->hashes_password ? password_workers_ : workers_;
  if (!queue.Add([this, route, call] { Run(*route, *call); })) {
    const RestError error = TooManyRequests();
    if (route->run == &RestApi::SignIn) sign_ins_.Refused(error);
    call->respond(ToResponse(error));
  }
}

void RestApi::Run(const Route& route, Call& call) {
  if (const auto error = Check(route, call)) {
    if (route.run == &RestApi::SignIn) sign_ins_.Refused(*error);
    // Without a session it is anybody's noise.
    if (error->status == 403 && call.session.user_id != 0)
      Audit(call, "Refused", Detail("path", route.path), error->reason);
    return call.respond(ToResponse(*error));
  }
  std::optional<net::HttpResponse> response = (this->*route.run)(call);
  if (response) call.respond(*std::move(response));
}

// --- Checks -------------------------------------------------------------------------------------

std::optional<RestError> RestApi::CheckPage(const Route& route, const Call& call) const {
  if (!IsOriginAllowed(call.request, options_.allowed_origins)) {
    return RestError{403, "ForeignOrigin", "pages of this origin may not use the gateway"};
  }
  if (!route.has_body) return std::nullopt;
  if (call.request.body().size() > kBodyBytesMax) {
    RestError error{413, "BodyTooLarge",
                    "the body has " + std::to_string(call.request.body().size()) +
                        " bytes; it takes " + std::to_string(kBodyBytesMax)};
    error.limit = std::to_string(kBodyBytesMax);
    return error;
  }
  // Not what a form of a foreign page can send without being asked first.
  if (!IsJson(call.request.SingleHeader("Content-Type"))) {
    return RestError{415, "NotJson", "the body must be application/json"};
  }
  return std::nullopt;
}

std::optional<RestError> RestApi::Check(const Route& route, Call& call) {
  using Needs = Route::Needs;
  if (route.needs == Needs::kNothing) return std::nullopt;
  if (route.needs == Needs::kOrigin || route.needs == Needs::kCsrf) {
    if (auto error = CheckPage(route, call)) return error;
  }
  if (route.needs != Needs::kOrigin) {
    absl::StatusOr<Session> session =
        accounts_.sessions().Find(CookieOf(call.request, kSessionCookie));
    if (!session.ok()) return ErrorOf(session.status());
    call.session = *std::move(session);
  }
  if (route.needs == Needs::kCsrf) {
    if (!SecretsEqual(call.request.SingleHeader(kCsrfHeader), call.session.csrf_token)) {
      return RestError{403, "CsrfTokenRequired",
                       std::string(kCsrfHeader) + " is not the token of this session"};
    }
  }
  if (!MayActAs(call.session.role, route.role)) {
    return RestError{403, "RoleRequired",
                     "role " + std::string(ToString(call.session.role)) + " may not do this; " +
                         std::string(ToString(route.role)) + " is needed"};
  }
  if (route.is_audited) {
    if (const absl::Status status = accounts_.audit().CanWrite(); !status.ok()) {
      return ErrorOf(status);
    }
  }
  return std::nullopt;
}

std::string RestApi::RemoteAddressOf(const net::HttpRequest& request) const {
  const std::string_view peer = request.remote_address();
  const auto& trusted = options_.trusted_proxies;
  if (std::find(trusted.begin(), trusted.end(), peer) == trusted.end()) return std::string(peer);
  // The proxy has put the last address there; those before it are what a client says.
  const std::string_view list = request.SingleHeader(kForwardedHeader);
  std::string_view last = list.substr(list.rfind(',') + 1);
  while (!last.empty() && last.front() == ' ') last.remove_prefix(1);
  while (!last.empty() && last.back() == ' ') last.remove_suffix(1);
  return std::string(last.empty() ? peer : last.substr(0, kAddressBytesMax));
}

void RestApi::Audit(const Call& call, std::string_view action, std::string detail_json,
                    std::string_view refusal_reason) {
  AuditEntry entry;
  entry.time = clock_.Now();
  entry.user_id = call.session.user_id;
  entry.user_name = call.session.user_name;
  entry.session_id = call.session.id;
  entry.remote_address = call.remote_address;
  entry.action = action;
  entry.detail_json = std::move(detail_json);
  entry.refusal_reason = refusal_reason;
  const absl::Status status = accounts_.audit().Write(std::move(entry));
  if (!status.ok()) {
    telemetry::Log(telemetry::kWarning, "An audit entry was not taken.",
                   {{"status", status}, {"action", action}});
  }
}

}  // namespace evx::gateway
