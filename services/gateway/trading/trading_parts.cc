#include "trading/trading_parts.h"

#include "evx/core/status.h"

namespace evx::gateway {
namespace {

class AuditLogWriter final : public CommandAudit {
 public:
  explicit AuditLogWriter(AuditLog& log) : log_(log) {}

  absl::Status CanWrite() const override { return log_.CanWrite(); }
  absl::Status Write(AuditEntry entry) override { return log_.Write(std::move(entry)); }
  absl::StatusOr<std::optional<AuditEntry>> Find(std::int64_t user_id,
                                                 std::string_view command_id) override {
    return log_.Find(user_id, command_id);
  }

 private:
  AuditLog& log_;
};

}  // namespace

std::unique_ptr<CommandAudit> AuditTo(AuditLog& log) {
  return std::make_unique<AuditLogWriter>(log);
}

absl::StatusOr<std::shared_ptr<const CallSigner>> UserSigner::Get() {
  const std::lock_guard lock(mutex_);
  if (signer_ == nullptr) {
    EVX_ASSIGN_OR_RETURN(ExchangeCredentials credentials, parts_.credentials(session_));
    signer_ = std::make_shared<const CallSigner>(std::move(credentials), parts_.clock);
  }
  return signer_;
}

void UserSigner::Forget() {
  {
    const std::lock_guard lock(mutex_);
    signer_.reset();
  }
  parts_.forget_credentials(session_);
}

}  // namespace evx::gateway
