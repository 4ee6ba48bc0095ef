#include "accounts/session.h"

#include "evx/core/check.h"

namespace evx::gateway {

std::string_view ToString(Role role) {
  switch (role) {
    case Role::kViewer:
      return "viewer";
    case Role::kTrader:
      return "trader";
    case Role::kAdmin:
      return "admin";
  }
  EVX_CHECK(false);
}

std::optional<Role> ParseRole(std::string_view text) {
  for (const Role role : {Role::kViewer, Role::kTrader, Role::kAdmin}) {
    if (ToString(role) == text) return role;
  }
  return std::nullopt;
}

}  // namespace evx::gateway
