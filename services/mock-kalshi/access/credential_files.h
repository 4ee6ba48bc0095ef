#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "catalogue/bootstrap.h"
#include "evx/kalshi/terms.h"

namespace evx::mock_kalshi {

// The folder of --demo_key_dir, or nothing at all when that is empty.
class CredentialFiles {
 public:
  // Creates the folder (0700) where it is missing.
  static absl::StatusOr<CredentialFiles> Open(const std::string& directory);

  // What the folder holds under that name; otherwise a new key of the type, written there.
  absl::StatusOr<DemoCredentials> LoadOrCreate(std::string_view name, kalshi::ApiKeyType type);

  // <name>.json over several credentials: the first one's key_id and private_key_path, and all of
  // them in `accounts`.
  absl::Status WriteGroup(std::string_view name, const std::vector<DemoCredentials>& members);

 private:
  explicit CredentialFiles(std::string directory) : directory_(std::move(directory)) {}
  absl::StatusOr<DemoCredentials> Load(std::string_view name) const;
  std::string PathOf(std::string_view name, std::string_view extension) const;

  std::string directory_;  // Absolute; empty: nothing is read or written.
};

}  // namespace evx::mock_kalshi
