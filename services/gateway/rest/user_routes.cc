// Who may sign in, kept by administrators; everybody keeps the own password.

#include <utility>

#include "absl/strings/numbers.h"
#include "evx/core/status.h"
#include "rest/body_reader.h"
#include "rest/rest_api.h"
#include "rest/rest_call.h"

namespace evx::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kUserNameBytesMax = 256;
constexpr std::size_t kRoleBytesMax = 16;
constexpr int kPageDefault = 100;
constexpr int kPageMax = 1'000;
constexpr std::string_view kRoles = "viewer, trader or admin";

Json UserJson(const User& user) {
  return {{"user_name", user.name},
          {"role", std::string(ToString(user.role))},
          {"is_disabled", user.is_disabled},
          {"has_password", user.has_password},
          {"created_at", FormatRfc3339(user.created_at)},
          {"updated_at", FormatRfc3339(user.updated_at)}};
}

// The role in a body; at fault when it is none.
std::optional<Role> ReadRole(BodyReader& body) {
  const auto text = body.Text("role", kRoleBytesMax);
  if (!text) return std::nullopt;
  const auto role = ParseRole(*text);
  if (!role) body.Fail(BadField("role", text, kRoles));
  return role;
}

void ReadPassword(BodyReader& body, std::optional<std::string>& password) {
  password = body.Text("password", kPasswordBytesMax, /*is_secret=*/true);
  if (password && !PasswordHasher::Check(*password).ok()) {
    body.Fail(BadField(
        "password", std::nullopt,
        std::to_string(kPasswordBytesMin) + " to " + std::to_string(kPasswordBytesMax) + " bytes"));
  }
}

// The value of a parameter; nothing: it is not there. Names of users need no escapes.
std::optional<std::string_view> Parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) {
      return part.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<net::HttpResponse> RestApi::ListUsers(Call& call) {
  int limit = kPageDefault;
  if (const auto text = Parameter(call.request.query(), "limit")) {
    if (!absl::SimpleAtoi(ToAbsl(*text), &limit) || limit < 1 || limit > kPageMax) {
      return ToResponse(BadField("limit", std::string(*text), "1 to " + std::to_string(kPageMax)));
    }
  }
  const std::string_view after = Parameter(call.request.query(), "after").value_or("");
  if (!after.empty() && !CheckUserName(after).ok()) {
    return ToResponse(BadField("after", std::string(after), "the name of a user"));
  }
  const auto users = accounts_.users().List(after, limit);
  if (!users.ok()) return ToResponse(ErrorOf(users.status()));
  Json list = Json::array();
  for (const User& user : *users) list.push_back(UserJson(user));
  const bool is_full = users->size() == static_cast<std::size_t>(limit);
  return JsonAnswer(200, {{"users", list}, {"next_after", is_full ? users->back().name : ""}});
}

std::optional<net::HttpResponse> RestApi::CreateUser(Call& call) {
  BodyReader body(call.request.body());
  Users::Draft draft;
  draft.name = body.Text("user_name", kUserNameBytesMax).value_or("");
  if (const absl::Status status = CheckUserName(draft.name); !status.ok()) {
    body.Fail(
        BadField("user_name", draft.name, "1 to 32 of a-z, 0-9, '.', '_', '-', a letter first"));
  }
  const auto role = ReadRole(body);
  if (!role) body.Fail(BadField("role", std::nullopt, kRoles));
  draft.role = role.value_or(Role::kViewer);
  std::optional<std::string> password;
  ReadPassword(body, password);
  draft.password = password.value_or("");
  if (const auto& error = body.Finish()) return ToResponse(*error);
  const auto user = accounts_.users().Create(draft);
  if (!user.ok()) return ToResponse(ErrorOf(user.status()));
  Audit(call, "CreateUser", UserJson(*user).dump());
  return JsonAnswer(201, UserJson(*user));
}

std::optional<net::HttpResponse> RestApi::ChangeUser(Call& call) {
  const bool is_self = call.argument == call.session.user_name;
  const bool is_admin = MayActAs(call.session.role, Role::kAdmin);
  BodyReader body(call.request.body());
  Users::Change change;
  change.role = ReadRole(body);
  change.is_disabled = body.Bool("is_disabled");
  ReadPassword(body, change.password);
  const auto current = body.Text("current_password", kPasswordBytesMax, /*is_secret=*/true);
  if (!change.role && !change.is_disabled && !change.password) {
    body.Fail({400, "BadField", "the body has role, is_disabled or password"});
  }
  if (const auto& error = body.Finish()) return ToResponse(*error);
  if (!is_admin && (!is_self || change.role || change.is_disabled)) {
    RestError error{403, "RoleRequired", "who is no admin may change the own password only"};
    Audit(call, "ChangeUser", Detail("user_name", call.argument), error.reason);
    return ToResponse(error);
  }
  // Who finds a browser open does not get the account for good.
  if (is_self && change.password) {
    const auto self = accounts_.users().Find(call.argument);
    if (!self.ok()) return ToResponse(ErrorOf(self.status()));
    if (self->has_password) {
      RestError error;
      if (!UserOf(call, call.argument, current.value_or(""), error).ok()) {
        if (error.status == 401) {
          error = {403, "WrongPassword", "current_password is wrong", false, "current_password"};
          Audit(call, "ChangeUser", Detail("user_name", call.argument), error.reason);
        }
        return ToResponse(error);
      }
    }
  }
  const auto user = accounts_.users().Update(call.argument, change);
  if (!user.ok()) return ToResponse(ErrorOf(user.status()));
  Audit(call, "ChangeUser", UserJson(*user).dump());
  accounts_.MendStartLink();
  // Sessions say what was true when they began.
  const bool keeps_this = is_self && !change.role && !change.is_disabled;
  const auto ended =
      accounts_.sessions().RevokeAll(user->id, keeps_this ? call.session.id : std::string());
  if (!ended.ok()) return ToResponse(ErrorOf(ended.status()));
  return JsonAnswer(200, UserJson(*user));
}

std::optional<net::HttpResponse> RestApi::IssueLink(Call& call) {
  const auto user = accounts_.users().Find(call.argument);
  if (!user.ok()) return ToResponse(ErrorOf(user.status()));
  if (user->is_disabled) {
    return ToResponse({409, "NotNow", "user " + user->name + " is disabled"});
  }
  const Timestamp expires_at = clock_.Now() + accounts_.link_lifetime();
  const auto token = accounts_.users().IssueLink(user->id, accounts_.link_lifetime());
  if (!token.ok()) {
    RestError error = ErrorOf(token.status());
    if (error.reason == "Full") error.status = 409;
    return ToResponse(error);
  }
  Audit(call, "IssueLink", Detail("user_name", user->name));
  return JsonAnswer(201, {{"user_name", user->name},
                          {"link_token", *token},
                          {"expires_at", FormatRfc3339(expires_at)}});
}

}  // namespace evx::gateway
