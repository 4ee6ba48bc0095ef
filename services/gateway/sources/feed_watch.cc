#include "sources/feed_watch.h"

namespace evx::gateway {

bool FeedWatch::Take(const v1::Health& health) {
  for (const v1::ServiceHealth& service : health.services()) {
    if (service.service() != kService) continue;
    const bool is_down = service.state() == v1::SERVICE_STATE_DOWN;
    was_up_ = was_up_ || !is_down;
    down_rounds_ = is_down && was_up_ ? down_rounds_ + 1 : 0;
  }
  return down_rounds_ < kDownRounds;
}

}  // namespace evx::gateway
