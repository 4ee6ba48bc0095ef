#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config.h"
#include "sequencer.h"

namespace evx::mock_kalshi {

// What programs need to act as an account.
struct DemoCredentials {
  std::string name;  // "demo", "market-maker", "flow", "operator".
  std::string key_id;
  std::string private_key_pem;
  std::string private_key_path;  // Empty when nothing was written (ephemeral without a directory).
};

// The first commands of a new exchange: the accounts operator (the first account of every
// exchange), demo, market-maker and flow with a key and funds each, and the catalogue. All of them
// are ordinary commands in the journal. With --demo_key_dir the private keys are written there,
// 0400, and beside each `<name>.json` with key_id and private_key_path; an exchange that is not new
// keeps what is there. Returns the credentials by name.
absl::StatusOr<std::map<std::string, DemoCredentials>> Bootstrap(const MockKalshiConfig& config,
                                                                 Sequencer& sequencer,
                                                                 Timestamp now);

}  // namespace evx::mock_kalshi
