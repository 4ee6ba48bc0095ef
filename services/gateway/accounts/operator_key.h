#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "accounts/exchange_credentials.h"
#include "evx/core/clock.h"

namespace evx::gateway {

// The key of the exchange's operator, and calls in the operator's name. Thread-safe.
class OperatorKey {
 public:
  // `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<OperatorKey>> Load(std::string path, const Clock& clock);

  // "/evx.ops.v1.OperatorService/<method>".
  static std::string PathOf(std::string_view method);

  // Makes a call that is signed for this path and must be answered within `timeout`. An exchange
  // that begins with an empty data folder has another operator, in the same file: a call that is
  // refused as unauthenticated is made once more with the key that the file has by then, if it is
  // another one.
  grpc::Status Send(const std::string& path, absl::Duration timeout,
                    const std::function<grpc::Status(grpc::ClientContext&)>& call);

 private:
  OperatorKey(std::string path, ExchangeCredentials credentials, const Clock& clock);

  std::shared_ptr<const ExchangeCredentials> Get() const;
  // True: there is another one than `refused` now.
  bool ReadAgain(const ExchangeCredentials& refused);

  const std::string path_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ExchangeCredentials> credentials_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::gateway
