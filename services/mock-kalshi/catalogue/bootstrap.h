#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config.h"
#include "exchange/sequencer.h"

namespace evx::mock_kalshi {

// What programs need to act as an account.
struct DemoCredentials {
  std::string name;  // "operator", "demo", "market-maker", "flow-1" .. "flow-8".
  std::string key_id;
  std::string private_key_pem;
  std::string private_key_path;  // Empty when nothing was written (ephemeral without a directory).
};

// Accounts of synthetic and recorded participants.
inline constexpr int kFlowAccountCount = 8;

// The first commands of a new exchange: the accounts operator (the first account of every
// exchange), demo, market-maker and flow-1.. with a key and funds each, and, unless the catalogue
// is `empty`, the markets that are always open; the rest of the catalogue is CatalogueRoller's. All
// of them are ordinary commands in the journal.
//
// With --demo_key_dir the private keys are written there as <name>.pem, 0400, and beside each
// <name>.json with key_id and private_key_path (absolute); flow.json names the flow accounts'
// credentials in `accounts` and repeats the first. Keys that lie there already are used again, so
// that clients keep working when the data directory was emptied. The demo key is RSA, as the
// venue's clients expect it, the others are Ed25519; see --ephemeral_key_type.
//
// Returns the credentials by name.
absl::StatusOr<std::map<std::string, DemoCredentials>> Bootstrap(const MockKalshiConfig& config,
                                                                 Sequencer& sequencer,
                                                                 Timestamp now);

}  // namespace evx::mock_kalshi
