#include "evx/kafka/acknowledgements.h"

#include "evx/core/check.h"

namespace evx::kafka {

void Acknowledgements::Acknowledge(std::uint64_t number) {
  EVX_CHECK(number >= first_pending_ && number <= last());
  std::uint8_t& state = pending_[number - first_pending_];
  EVX_CHECK(state == 0);
  state = 1;
  while (!pending_.empty() && pending_.front() == 1) {
    pending_.pop_front();
    ++first_pending_;
  }
}

}  // namespace evx::kafka
