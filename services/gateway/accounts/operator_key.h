#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "evx/kalshi/signing.h"

namespace evx::gateway {

// What calls to the exchange are signed with.
struct ExchangeCredentials {
  std::string key_id;
  kalshi::PrivateKey key;
};

// Of a credentials file as mock-kalshi writes it (key_id, private_key_path).
absl::StatusOr<ExchangeCredentials> LoadCredentials(const std::string& path);

// The key of the exchange's operator. An exchange that begins with an empty data folder has another
// one, in the same file: who is refused reads it again. Thread-safe.
class OperatorKey {
 public:
  static absl::StatusOr<std::unique_ptr<OperatorKey>> Load(std::string path);

  std::shared_ptr<const ExchangeCredentials> Get() const;
  // The exchange does not know `refused`. True: there is another one now, which may be known.
  bool ReadAgain(const ExchangeCredentials& refused);

 private:
  OperatorKey(std::string path, ExchangeCredentials credentials);

  const std::string path_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ExchangeCredentials> credentials_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::gateway
