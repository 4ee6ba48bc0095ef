#include "trading/trading_plane.h"

#include <utility>

#include "evx/core/status.h"

namespace evx::gateway {

absl::StatusOr<std::unique_ptr<TradingPlane>> TradingPlane::Start(const Options& options,
                                                                  AuditLog& audit,
                                                                  StreamPublisher& publisher,
                                                                  TradingProbe& probe,
                                                                  const Clock& clock) {
  std::unique_ptr<TradingPlane> plane(new TradingPlane());
  EVX_ASSIGN_OR_RETURN(plane->link_, ExchangeLink::Open(options.exchange_addr));
  plane->audit_ = AuditTo(audit);
  if (!options.operator_credentials_file.empty()) {
    EVX_ASSIGN_OR_RETURN(plane->operator_key_,
                         OperatorKey::Load(options.operator_credentials_file, clock));
    ExchangeKeys::Options keys;
    keys.operator_addr = options.operator_addr;
    keys.directory = options.key_directory;
    keys.deposit = options.deposit;
    EVX_ASSIGN_OR_RETURN(plane->keys_, ExchangeKeys::Open(std::move(keys), *plane->operator_key_));
    EVX_ASSIGN_OR_RETURN(
        plane->operator_calls_,
        OperatorCalls::Open(options.operator_addr, *plane->operator_key_, *plane->audit_, clock));
  }
  const auto credentials =
      [keys = plane->keys_.get()](const Session& session) -> absl::StatusOr<ExchangeCredentials> {
    if (keys != nullptr) return keys->For(session);
    return Unavailable(
        "nobody has an account without the operator's key: "
        "--operator_credentials_file names it");
  };
  TradingParts parts{*plane->link_, credentials, *plane->audit_, publisher, probe, clock};
  if (plane->keys_ != nullptr) {
    parts.forget_credentials = [keys = plane->keys_.get()](const Session& session) {
      keys->Forget(session.user_name);
    };
  }
  plane->desk_ = std::make_unique<TradingDesk>(parts, plane->operator_calls_.get());
  return plane;
}

bool TradingPlane::Handle(const Session& session, const v1::ClientMessage& request,
                          AnswerFunction& answer) {
  if (!TradingDesk::Takes(request)) return false;
  desk_->Handle(session, request, std::move(answer));
  return true;
}

}  // namespace evx::gateway
