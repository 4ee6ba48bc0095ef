#include "evx/feed/send_gate.h"

namespace evx::feed {

void SendGate::OnSent(std::size_t unsent_bytes, std::int64_t now) {
  if (is_full_ || unsent_bytes < kFullBytes) return;
  is_full_ = true;
  full_since_ = now;
}

bool SendGate::OnTick(std::size_t unsent_bytes, std::int64_t now) {
  if (!is_full_) return true;
  if (unsent_bytes > kResumeBytes) return now - full_since_ < kFullNanosMax;
  is_full_ = false;
  return true;
}

}  // namespace evx::feed
