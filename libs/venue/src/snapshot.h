#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "exchange_state.h"

namespace evx::venue {

void SaveState(const ExchangeState& state, const std::function<void(std::string_view)>& sink);

// Into a new state; timers are the caller's to set. DataLoss when the bytes are not a sound state,
// FailedPrecondition when it is beyond the options; the state is then unusable.
absl::Status LoadState(const std::function<std::size_t(char*, std::size_t)>& source,
                       ExchangeState& state);

void DescribeState(const ExchangeState& state, EventBuffer& events,
                   const std::function<void()>& flush);

absl::Status CheckState(const ExchangeState& state);

}  // namespace evx::venue
