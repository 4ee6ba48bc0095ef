#include "accounts/operator_key.h"

#include <utility>

#include "evx/core/status.h"
#include "evx/rpc/channel.h"
#include "evx/telemetry/log.h"

namespace evx::gateway {

absl::StatusOr<std::unique_ptr<OperatorKey>> OperatorKey::Load(std::string path,
                                                               const Clock& clock) {
  EVX_ASSIGN_OR_RETURN(ExchangeCredentials credentials, LoadCredentials(path));
  return std::unique_ptr<OperatorKey>(
      new OperatorKey(std::move(path), std::move(credentials), clock));
}

OperatorKey::OperatorKey(std::string path, ExchangeCredentials credentials, const Clock& clock)
    : path_(std::move(path)),
      clock_(clock),
      credentials_(std::make_shared<const ExchangeCredentials>(std::move(credentials))) {}

std::string OperatorKey::PathOf(std::string_view method) {
  return "/evx.ops.v1.OperatorService/" + std::string(method);
}

grpc::Status OperatorKey::Send(const std::string& path, absl::Duration timeout,
                               const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  for (bool was_refused = false;;) {
    const auto key = Get();
    grpc::ClientContext context;
    SignCall(context, *key, path, clock_);
    rpc::SetDeadline(context, timeout);
    grpc::Status status = call(context);
    if (status.error_code() != grpc::StatusCode::UNAUTHENTICATED ||
        std::exchange(was_refused, true) || !ReadAgain(*key)) {
      return status;
    }
  }
}

std::shared_ptr<const ExchangeCredentials> OperatorKey::Get() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

bool OperatorKey::ReadAgain(const ExchangeCredentials& refused) {
  const std::lock_guard lock(mutex_);
  if (credentials_->key_id != refused.key_id) return true;  // Another call was faster.
  absl::StatusOr<ExchangeCredentials> read = LoadCredentials(path_);
  if (!read.ok() || read->key_id == refused.key_id) return false;
  telemetry::Log(telemetry::kInfo, "The exchange has another operator's key.",
                 {{"key_id", read->key_id}});
  credentials_ = std::make_shared<const ExchangeCredentials>(*std::move(read));
  return true;
}

}  // namespace evx::gateway
