// Signing in and out, and what sessions there are.

#include <utility>

#include "accounts/secrets.h"
#include "door/handshake.h"
#include "evx/core/status.h"
#include "rest/body_reader.h"
#include "rest/rest_api.h"
#include "rest/rest_call.h"

namespace evx::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kUserNameBytesMax = 256;

Json SessionJson(const Session& session) {
  return {{"session_id", session.id},
          {"user_name", session.user_name},
          {"role", std::string(ToString(session.role))},
          {"expires_at", FormatRfc3339(session.expires_at)},
          {"csrf_token", session.csrf_token}};
}

}  // namespace

std::string RestApi::SetCookie(std::string_view token, absl::Duration lifetime) const {
  return std::string(kSessionCookie) + "=" + std::string(token) +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" +
         std::to_string(absl::ToInt64Seconds(lifetime)) + (options_.is_secure ? "; Secure" : "");
}

// What fails is counted for the name and for the address; every cause but the wait gets one answer.
absl::StatusOr<User> RestApi::UserOf(const Call& call, const std::string& user_name,
                                     const std::string& secret, RestError& error) {
  const absl::Duration wait =
      accounts_.limiter().Begin(user_name, call.remote_address, clock_.Now());
  if (wait > absl::ZeroDuration()) {
    error = {429, "TooManyAttempts",
             "too many sign-ins have failed; the next one is possible in " +
                 absl::FormatDuration(absl::Ceil(wait, absl::Seconds(1))),
             true};
    error.retry_after = wait;
    return ResourceExhausted(error.message);
  }
  const bool is_link = user_name.empty();
  absl::StatusOr<User> user = is_link ? accounts_.users().PeekLink(secret)
                                      : accounts_.users().Authenticate(user_name, secret);
  // An attempt that could not be judged was none.
  if (!absl::IsUnauthenticated(user.status())) {
    accounts_.limiter().Succeeded(user_name, call.remote_address);
  }
  error = ErrorOf(user.status());
  if (error.status == 401) error.reason = is_link ? "BadLink" : "WrongPassword";
  return user;
}

net::HttpResponse RestApi::RefuseSignIn(const RestError& error) {
  sign_ins_.Refused(error);
  return ToResponse(error);
}

std::optional<net::HttpResponse> RestApi::SignIn(Call& call) {
  BodyReader body(call.request.body());
  const auto link_token = body.Text("link_token", Users::kLinkTokenSize, /*is_secret=*/true);
  const auto user_name = body.Text("user_name", kUserNameBytesMax);
  const auto password = body.Text("password", kPasswordBytesMax, /*is_secret=*/true);
  if (link_token.has_value() == (user_name.has_value() || password.has_value()) ||
      user_name.has_value() != password.has_value() || (user_name && user_name->empty())) {
    body.Fail({400, "BadField", "the body has user_name and password, or link_token"});
  }
  if (const auto& error = body.Finish()) return RefuseSignIn(*error);
  RestError error;
  const absl::StatusOr<User> user =
      UserOf(call, user_name.value_or(""), link_token ? *link_token : *password, error);
  const std::string detail = Detail("by", link_token ? "link" : "password");
  if (!user.ok()) {
    call.session.user_name = user_name ? user_name->substr(0, Users::kNameSizeMax) : "";
    if (error.status == 401) Audit(call, "SignIn", detail, error.reason);
    return RefuseSignIn(error);
  }
  // A session that was open in this browser ends: nobody stays signed in behind another one's back.
  const auto previous = accounts_.sessions().Find(CookieOf(call.request, kSessionCookie));
  if (previous.ok()) accounts_.sessions().Revoke(previous->user_id, previous->id).IgnoreError();
  const auto begun =
      accounts_.sessions().Begin({user->id, user->name, user->role, call.remote_address,
                                  std::string(call.request.SingleHeader("User-Agent"))});
  if (!begun.ok()) return RefuseSignIn(ErrorOf(begun.status()));
  call.session = begun->session;
  if (link_token) {
    // Last, so that no link is used up without a session; of two at the same time one gets it.
    if (const auto redeemed = accounts_.users().RedeemLink(*link_token); !redeemed.ok()) {
      accounts_.sessions().Revoke(user->id, begun->session.id).IgnoreError();
      error = ErrorOf(redeemed.status());
      if (error.status == 401) error.reason = "BadLink";
      Audit(call, "SignIn", detail, error.reason);
      return RefuseSignIn(error);
    }
    accounts_.ForgetStartLink(*link_token);
  }
  Audit(call, "SignIn", detail);
  ++sign_ins_.accepted;
  net::HttpResponse response = JsonAnswer(201, SessionJson(begun->session));
  response.headers.push_back({"Set-Cookie", SetCookie(begun->token, accounts_.session_lifetime())});
  return response;
}

std::optional<net::HttpResponse> RestApi::GetSession(Call& call) {
  return JsonAnswer(200, SessionJson(call.session));
}

std::optional<net::HttpResponse> RestApi::SignOut(Call& call) {
  const absl::Status status = accounts_.sessions().Revoke(call.session.user_id, call.session.id);
  Audit(call, "SignOut", "{}");
  // It is over here in any case, so the browser may forget it.
  net::HttpResponse response =
      status.ok() || absl::IsNotFound(status) ? NoContent() : ToResponse(ErrorOf(status));
  response.headers.push_back({"Set-Cookie", SetCookie("", absl::ZeroDuration())});
  return response;
}

std::optional<net::HttpResponse> RestApi::ListSessions(Call& call) {
  const auto list = accounts_.sessions().List(call.session.user_id);
  if (!list.ok()) return ToResponse(ErrorOf(list.status()));
  Json sessions = Json::array();
  for (const Sessions::Listed& listed : *list) {
    sessions.push_back({{"session_id", listed.session.id},
                        {"is_current", listed.session.id == call.session.id},
                        {"begun_at", FormatRfc3339(listed.begun_at)},
                        {"expires_at", FormatRfc3339(listed.session.expires_at)},
                        {"remote_address", listed.remote_address},
                        {"user_agent", listed.user_agent}});
  }
  return JsonAnswer(200, {{"sessions", sessions}});
}

std::optional<net::HttpResponse> RestApi::EndSessions(Call& call) {
  const auto count = accounts_.sessions().RevokeAll(call.session.user_id, call.session.id);
  Audit(call, "EndSessions", "{}");
  if (!count.ok()) return ToResponse(ErrorOf(count.status()));
  return JsonAnswer(200, {{"ended_count", *count}});
}

std::optional<net::HttpResponse> RestApi::EndSession(Call& call) {
  const absl::Status status = accounts_.sessions().Revoke(call.session.user_id, call.argument);
  if (absl::IsNotFound(status)) return ToResponse(ErrorOf(status));
  Audit(call, "EndSession", Detail("session_id", call.argument));
  if (!status.ok()) return ToResponse(ErrorOf(status));
  return NoContent();
}

}  // namespace evx::gateway
