#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.h"
#include "evx/fix/session.h"
#include "exchange/exchange_context.h"
#include "fix/fix_feed.h"

namespace evx::mock_kalshi {

// The FIX listeners: one port for each kind of session.
class FixDoor {
 public:
  // Everything passed outlives the door; the feed also outlives the exchange.
  static absl::StatusOr<std::unique_ptr<FixDoor>> Start(const MockKalshiConfig& config,
                                                        const ExchangeContext& context,
                                                        FixFeed& feed);
  ~FixDoor();

  std::uint16_t port(fix::SessionKind kind) const;
  // By the CompID of the server.
  std::map<std::string, std::uint16_t> ports() const;

  struct Stats {
    std::uint64_t sessions = 0;  // Logged on now.
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t refused_logons = 0;
  };
  Stats stats() const;

  // Ends every session with a Logout and closes.
  void Drain(absl::Duration timeout);

 private:
  struct Impl;
  explicit FixDoor(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace evx::mock_kalshi
