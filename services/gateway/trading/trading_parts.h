#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "accounts/audit_log.h"
#include "accounts/exchange_credentials.h"
#include "accounts/session.h"
#include "evx/core/clock.h"
#include "stream/stream_publisher.h"
#include "trading/exchange_link.h"

// What trading needs of the rest of the gateway.

namespace evx::gateway {

class TradingProbe;

// Where commands are written down: AuditLog says what each does.
class CommandAudit {
 public:
  virtual ~CommandAudit() = default;
  virtual absl::Status CanWrite() const = 0;
  virtual absl::Status Write(AuditEntry entry) = 0;
  virtual absl::StatusOr<std::optional<AuditEntry>> Find(std::int64_t user_id,
                                                         std::string_view command_id) = 0;
};

// AuditLog as such; it must outlive this.
std::unique_ptr<CommandAudit> AuditTo(AuditLog& log);

// The account of a user at the exchange: ExchangeKeys::For. May wait.
using CredentialsFunction = std::function<absl::StatusOr<ExchangeCredentials>(const Session&)>;
// The exchange does not know them: ExchangeKeys::Forget.
using ForgetCredentials = std::function<void(const Session&)>;

// All must outlive whoever has it.
struct TradingParts {
  ExchangeLink& link;
  CredentialsFunction credentials;
  CommandAudit& audit;
  StreamPublisher& publisher;
  TradingProbe& probe;
  const Clock& clock;
  // How long a command of which it is not known what became of it is asked about.
  absl::Duration resolve_timeout = absl::Seconds(10);
  ForgetCredentials forget_credentials = [](const Session&) {};
};

// The key of one user, asked for once it is needed. Thread-safe.
class UserSigner {
 public:
  UserSigner(Session session, const TradingParts& parts)
      : session_(std::move(session)), parts_(parts) {}

  // Waits for the exchange until the key is there.
  absl::StatusOr<std::shared_ptr<const CallSigner>> Get();
  // The exchange does not know the key: the next Get sees to it that it does. Who has a signer
  // still keeps it.
  void Forget();

 private:
  const Session session_;
  const TradingParts& parts_;
  std::mutex mutex_;
  std::shared_ptr<const CallSigner> signer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::gateway
