#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "accounts/accounts.h"
#include "door/request_handler.h"
#include "evx/core/clock.h"
#include "evx/gateway/v1/system_views.pb.h"
#include "evx/net/http_message.h"
#include "evx/net/http_responder.h"
#include "rest/environments.h"
#include "rest/rest_error.h"
#include "rest/sign_in_counters.h"
#include "rest/work_queue.h"

namespace evx::gateway {

// What the REST API asks of the rest of the gateway.
struct RestSources {
  // Every service, as UPDATE_HEALTH tells it. Any thread.
  std::function<v1::Health()> health;
  // Does a command; called on the I/O thread, like RequestHandler::Handle.
  std::function<void(const Session&, const v1::ClientMessage&, AnswerFunction)> command;
  // Runs a task on the I/O thread; false: the server has gone.
  std::function<bool(std::function<void()>)> post;
};

// The REST API under /api/v1, and /openapi.yaml, which describes all of it.
//
// What may wait (Redis, PostgreSQL, the cost of a password) is done on workers: those of passwords
// are apart, so that a flood of sign-ins holds up nobody else. More than kWaitingMax requests get
// 503.
//
// Who asks is told by the cookie. A request that changes something also shows the session's CSRF
// token in X-Evx-Csrf and, if a browser sends it, comes from an allowed origin; its body is JSON of
// at most kBodyBytesMax.
class RestApi {
 public:
  static constexpr std::string_view kPathPrefix = "/api/";
  static constexpr std::string_view kOpenApiPath = "/openapi.yaml";
  static constexpr std::string_view kCsrfHeader = "X-Evx-Csrf";
  static constexpr std::size_t kBodyBytesMax = 64 * 1024;
  static constexpr std::size_t kWaitingMax = 256;
  static constexpr std::size_t kPasswordsWaitingMax = 16;

  struct Options {
    std::vector<std::string> allowed_origins;
    // Peers whose X-Forwarded-For is believed.
    std::vector<std::string> trusted_proxies;
    // The cookie is for HTTPS only.
    bool is_secure = false;
    std::string mode;
    std::string venue;
    // Where people may go instead, and the name of this stack among them; both may be empty.
    std::vector<Environment> environments;
    std::string environment;
  };

  // References must outlive it.
  RestApi(Options options, Accounts& accounts, RestSources sources, SignInCounters& sign_ins,
          const Clock& clock);

  // On an I/O thread; does not wait.
  void Handle(net::HttpRequest& request, net::HttpResponder responder);

 private:
  using Respond = std::function<void(net::HttpResponse)>;
  struct Call;
  struct Route;

  static const std::vector<Route>& Routes();
  // The route of the path and the method; `call` gets what stands for {...}. Otherwise the answer.
  static const Route* FindRoute(Call& call, net::HttpResponse& refusal);

  // On a worker, from here on.
  void Run(const Route& route, Call& call);
  std::optional<RestError> Check(const Route& route, Call& call);
  std::optional<RestError> CheckPage(const Route& route, const Call& call) const;

  // session_routes.cc. What answers later gives nothing back.
  std::optional<net::HttpResponse> SignIn(Call& call);
  net::HttpResponse RefuseSignIn(const RestError& error);
  std::optional<net::HttpResponse> GetSession(Call& call);
  std::optional<net::HttpResponse> SignOut(Call& call);
  std::optional<net::HttpResponse> ListSessions(Call& call);
  std::optional<net::HttpResponse> EndSessions(Call& call);
  std::optional<net::HttpResponse> EndSession(Call& call);
  // Fails with `error`. An empty name: by link, counted for the address only.
  absl::StatusOr<User> UserOf(const Call& call, const std::string& user_name,
                              const std::string& secret, RestError& error);
  // user_routes.cc
  std::optional<net::HttpResponse> ListUsers(Call& call);
  std::optional<net::HttpResponse> CreateUser(Call& call);
  std::optional<net::HttpResponse> ChangeUser(Call& call);
  std::optional<net::HttpResponse> IssueLink(Call& call);
  // system_routes.cc
  std::optional<net::HttpResponse> RunCommand(Call& call);
  std::optional<net::HttpResponse> GetHealth(Call& call);
  std::optional<net::HttpResponse> GetStatus(Call& call);
  std::optional<net::HttpResponse> ListEnvironments(Call& call);
  std::optional<net::HttpResponse> RefuseSpeech(Call& call);
  std::optional<net::HttpResponse> GetOpenApi(Call& call);

  // Who is told what was done, or refused.
  void Audit(const Call& call, std::string_view action, std::string detail_json,
             std::string_view refusal_reason = "");
  std::string RemoteAddressOf(const net::HttpRequest& request) const;
  std::string SetCookie(std::string_view token, absl::Duration lifetime) const;

  const Options options_;
  Accounts& accounts_;
  const RestSources sources_;
  SignInCounters& sign_ins_;
  const Clock& clock_;
  const Timestamp started_at_;
  // The last members: their work uses the others.
  WorkQueue workers_{{.thread_count = 2, .waiting_max = kWaitingMax}};
  WorkQueue password_workers_{{.thread_count = 1, .waiting_max = kPasswordsWaitingMax}};
};

}  // namespace evx::gateway
