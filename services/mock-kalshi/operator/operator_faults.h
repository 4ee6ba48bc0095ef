#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/kalshi/decoded.h"
#include "exchange/exchange_context.h"
#include "faults/fault_injector.h"
#include "operator/operator_commands.h"

// What the operator does with faults, in the words of no door. Takes effect at once and concerns
// doors only: nothing of it is a command of the exchange. Thread-safe.

namespace evx::mock_kalshi {

// A door, an account, or an account at a door.
struct FaultTargetName {
  std::string door;  // Empty: all.
  std::optional<AccountName> account;
};

struct FaultEdit {
  FaultTargetName target;
  FaultProfile profile;
};

// Replaces the profile of the target; the error names the member, its value and the limit, or says
// that the exchange was started without --faults=allowed.
std::optional<kalshi::Error> SetFaults(const FaultEdit& edit, const ExchangeContext& context);
// Of the target, or with none named all profiles and the log.
std::optional<kalshi::Error> ClearFaults(const FaultTargetName& target,
                                         const ExchangeContext& context);

// Most entries of one answer.
inline constexpr std::int64_t kFaultLogPageSizeMax = 10'000;
struct FaultLogQuery {
  std::int64_t after_number = 0;
  std::int64_t page_size = 0;  // 0: the maximum.
};
kalshi::Decoded<std::vector<FaultLogEntry>> ReadFaultLog(const FaultLogQuery& query,
                                                         const ExchangeContext& context);

}  // namespace evx::mock_kalshi
