#include "accounts/start_link.h"

#include <unistd.h>

#include "absl/strings/ascii.h"
#include "accounts/secrets.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::gateway {
namespace {

// Empty when there is no such file.
std::string ReadToken(const std::string& path) {
  return std::string(ToStd(absl::StripAsciiWhitespace(ReadSecretFile(path).value_or(""))));
}

// The user of the link; made, as an administrator, when there is nobody.
absl::StatusOr<User> FirstAdmin(Users& users, const std::string& name) {
  EVX_ASSIGN_OR_RETURN(const std::vector<User> some, users.List("", 1));
  if (!some.empty()) return users.Find(name);
  absl::StatusOr<User> created = users.Create({.name = name, .role = Role::kAdmin});
  // Another gateway of this start was faster.
  if (absl::IsAlreadyExists(created.status())) return users.Find(name);
  if (created.ok()) {
    telemetry::Log(telemetry::kInfo, "The first administrator was made.", {{"user_name", name}});
  }
  return created;
}

}  // namespace

absl::Status PrepareStartLink(Users& users, const StartLinkOptions& options) {
  const absl::StatusOr<User> user = FirstAdmin(users, options.user_name);
  if (absl::IsNotFound(user.status()) ||
      (user.ok() && (user->is_disabled || user->role != Role::kAdmin))) {
    ::unlink(options.file.c_str());
    return absl::OkStatus();
  }
  EVX_RETURN_IF_ERROR(user.status());
  if (const std::string token = ReadToken(options.file); !token.empty()) {
    const absl::Status status = users.PeekLink(token).status();
    if (!absl::IsUnauthenticated(status)) return status;
  }
  EVX_ASSIGN_OR_RETURN(const std::string token, users.IssueLink(user->id, options.time_to_live));
  return WriteSecretFile(options.file, token + "\n");
}

void ForgetStartLink(const StartLinkOptions& options, std::string_view token) {
  if (SecretsEqual(ReadToken(options.file), token)) ::unlink(options.file.c_str());
}

}  // namespace evx::gateway
