#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "accounts/users.h"

namespace evx::gateway {

// The link of the first administrator, by which somebody who has just started the stack gets in.
//
// Its token lies in <data_dir>/start_link (0400), where scripts/up reads it and prints
// http://127.0.0.1:8080/#/link/<token>: behind the '#' it reaches no server and no log. The browser
// sends it once in the body of POST /api/v1/session.
struct StartLinkOptions {
  std::string file;       // <data_dir>/start_link
  std::string user_name;  // The administrator, who is made when there are no users at all.
  absl::Duration time_to_live = absl::Hours(24);
};

// Sees to it that the file holds a link that can be used: what it holds, if that is good, otherwise
// a new one. To be called at each start, and again when a new link is wanted (SIGHUP). When the
// user was disabled or has another role than administrator there is no link, and the file goes.
absl::Status PrepareStartLink(Users& users, const StartLinkOptions& options);

// Takes the file away when it holds `token`, which was used.
void ForgetStartLink(const StartLinkOptions& options, std::string_view token);

}  // namespace evx::gateway
