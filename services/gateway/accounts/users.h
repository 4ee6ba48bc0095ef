#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "accounts/password.h"
#include "accounts/session.h"
#include "evx/core/clock.h"
#include "evx/postgres/pool.h"

namespace evx::gateway {

// Schema of this service in PostgreSQL.
inline constexpr std::string_view kSchema = "gateway";

struct User {
  std::int64_t id = 0;
  std::string name;
  Role role = Role::kViewer;
  bool is_disabled = false;
  bool has_password = false;
  Timestamp created_at;
  Timestamp updated_at;
};

// The users of the gateway and their one-time links: tables gateway.users and gateway.links.
//
// A name is 1 to kNameSizeMax of a-z 0-9 . _ -, and begins with a letter: it is also the name of a
// file and of an account. A user is never deleted, since history names it; it can be disabled.
//
// A link is a token of 256 random bits of which only the SHA-256 is kept. It signs its user in
// once; then it is gone.
//
// Thread-safe. Every call waits for PostgreSQL; while it is away: UNAVAILABLE, which names it.
class Users {
 public:
  static constexpr std::size_t kNameSizeMax = 32;
  // More are refused with RESOURCE_EXHAUSTED.
  static constexpr int kUsersMax = 10'000;
  static constexpr int kLinksPerUserMax = 16;
  static constexpr std::size_t kLinkTokenSize = 64;

  struct Draft {
    std::string name;
    Role role = Role::kViewer;
    std::string password;  // Empty: none, sign-in by link only.
  };
  struct Change {
    std::optional<Role> role;
    std::optional<bool> is_disabled;
    std::optional<std::string> password;
  };

  // References must outlive it.
  Users(postgres::Pool& pool, const PasswordHasher& hasher, const Clock& clock);

  // Makes the tables where they are missing.
  absl::Status Migrate();

  // INVALID_ARGUMENT names the field; ALREADY_EXISTS.
  absl::StatusOr<User> Create(const Draft& draft);
  // NOT_FOUND; FAILED_PRECONDITION when no administrator would be left who may sign in. One
  // transaction. The caller ends the sessions that the change makes wrong.
  absl::StatusOr<User> Update(std::string_view name, const Change& change);
  absl::StatusOr<User> Find(std::string_view name);
  // By name, those after `after`.
  absl::StatusOr<std::vector<User>> List(std::string_view after, int limit);
  // The user, if the password is the user's and the user may sign in; otherwise UNAUTHENTICATED,
  // with one message and after one time for every cause.
  absl::StatusOr<User> Authenticate(std::string_view name, std::string_view password);

  // The token of a new link. RESOURCE_EXHAUSTED: the user has kLinksPerUserMax that are good.
  absl::StatusOr<std::string> IssueLink(std::int64_t user_id, absl::Duration time_to_live);
  // Uses a link up. UNAUTHENTICATED, with one message: never was, was used, has expired, or its
  // user is disabled.
  absl::StatusOr<User> RedeemLink(std::string_view token);
  // Whom RedeemLink would sign in; the link stays as it is.
  absl::StatusOr<User> PeekLink(std::string_view token);

 private:
  // The user that `sql` finds for the hash of the token and the present.
  absl::StatusOr<User> UserOfLink(std::string_view sql, std::string_view token);

  postgres::Pool& pool_;
  const PasswordHasher& hasher_;
  const Clock& clock_;
};

// INVALID_ARGUMENT says what a name takes.
absl::Status CheckUserName(std::string_view name);

}  // namespace evx::gateway
