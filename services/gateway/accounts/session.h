#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evx/core/clock.h"

// Who is at the other end, as every part of the gateway sees it.

namespace evx::gateway {

// What a user may do; each may do what those before it may.
enum class Role : std::uint8_t {
  kViewer,  // look
  kTrader,  // also trade with the own account
  kAdmin,   // also operate the exchange and keep the users
};
// "viewer", "trader", "admin": as in PostgreSQL, in JSON and in refusals.
std::string_view ToString(Role role);
std::optional<Role> ParseRole(std::string_view text);

// Whether a user with `role` may do what `needed` may.
constexpr bool MayActAs(Role role, Role needed) { return role >= needed; }

// A sign-in of a user. A value: what it says was true when it was looked up, and Sessions tells its
// listeners when it is not true any more.
struct Session {
  // Names the session; no secret: it is shown to its user and written into the audit log.
  std::string id;
  std::string user_name;
  std::int64_t user_id = 0;
  Role role = Role::kViewer;
  // What a request that changes something must show besides the cookie.
  std::string csrf_token;
  // The session is over then, however much it is used.
  Timestamp expires_at;
};

}  // namespace evx::gateway
