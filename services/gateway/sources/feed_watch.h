#pragma once

#include <string_view>

#include "evx/gateway/v1/system_views.pb.h"

namespace evx::gateway {

// Whether somebody publishes market data, by what health says of its server. Not thread-safe.
class FeedWatch {
 public:
  static constexpr std::string_view kService = "market-data-server";
  // Rounds in which it is down until nobody does: a standby takes over within three seconds.
  static constexpr int kDownRounds = 4;

  // One round of health. A server that was never seen up says nothing: its address may be wrong.
  bool Take(const v1::Health& health);

 private:
  bool was_up_ = false;
  int down_rounds_ = 0;
};

}  // namespace evx::gateway
