#include "accounts/exchange_keys.h"

#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "accounts/secrets.h"
#include "evx/core/status.h"
#include "evx/core/text_map.h"
#include "evx/ops/v1/operator_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"
#include "evx/telemetry/log.h"

namespace evx::gateway {
namespace {

namespace pb = ops::v1;
using Json = nlohmann::json;

// Enough for the mass cancels of an emergency.
constexpr pb::UsageTier kTier = pb::USAGE_TIER_PREMIER;

std::string AccountName(const Session& session) { return "gateway/" + session.user_name; }

// One user's. Locked while the exchange is asked.
struct UserKey {
  std::mutex mutex;
  std::optional<ExchangeCredentials> credentials;
};

}  // namespace

struct ExchangeKeys::Impl {
  Impl(Options options_in, OperatorKey& operator_in, const std::shared_ptr<grpc::Channel>& channel)
      : options(std::move(options_in)),
        operator_key(operator_in),
        stub(pb::OperatorService::NewStub(channel)) {}

  std::string PathOf(const Session& session, std::string_view extension) const {
    return (std::filesystem::path(options.directory) / (session.user_name + std::string(extension)))
        .string();
  }

  std::shared_ptr<UserKey> KeyOf(const std::string& user_name) {
    const std::lock_guard lock(mutex);
    std::shared_ptr<UserKey>& key = keys[user_name];
    if (key == nullptr) key = std::make_shared<UserKey>();
    return key;
  }

  // One call in the name of the operator.
  template <class Request, class Response>
  absl::Status Call(std::string_view method,
                    grpc::Status (pb::OperatorService::Stub::*call)(grpc::ClientContext*,
                                                                    const Request&, Response*),
                    const Request& request, Response& response) const {
    const absl::Status status = rpc::FromGrpc(operator_key.Send(
        OperatorKey::PathOf(method), options.call_timeout, [&](grpc::ClientContext& context) {
          return (stub.get()->*call)(&context, request, &response);
        }));
    if (status.ok()) return status;
    const std::string text =
        std::string(method) + " at the exchange's operator: " + MessageOf(status);
    // A call that was not answered in time is to be repeated, like one that was not taken.
    return absl::IsDeadlineExceeded(status) ? Unavailable(text)
                                            : absl::Status(status.code(), ToAbsl(text));
  }

  // The account with this key or of this name; nothing: there is none.
  absl::StatusOr<std::optional<pb::Account>> FindAccount(const pb::AccountName& name) const {
    pb::GetAccountRequest request;
    *request.mutable_account() = name;
    pb::GetAccountResponse response;
    const absl::Status status =
        Call("GetAccount", &pb::OperatorService::Stub::GetAccount, request, response);
    if (absl::IsNotFound(status)) return std::optional<pb::Account>();
    EVX_RETURN_IF_ERROR(status);
    return std::optional<pb::Account>(response.account());
  }

  // What the files of the user say; NOT_FOUND: nothing, or nothing whole.
  struct Kept {
    ExchangeCredentials credentials;
    bool is_funded = false;
  };
  absl::StatusOr<Kept> Load(const Session& session) const;
  absl::StatusOr<Kept> Make(const Session& session) const;
  absl::Status Describe(const Session& session, const std::string& key_id, bool is_funded) const;
  absl::Status Provide(const Session& session, Kept& kept) const;
  absl::Status PayIn(const Session& session, const pb::Account& account,
                     const std::string& key_id) const;

  const Options options;
  OperatorKey& operator_key;
  const std::unique_ptr<pb::OperatorService::Stub> stub;
  std::mutex mutex;
  TextMap<std::shared_ptr<UserKey>> keys;  // As many as users.
};

absl::StatusOr<ExchangeKeys::Impl::Kept> ExchangeKeys::Impl::Load(const Session& session) const {
  const std::string path = PathOf(session, ".json");
  EVX_ASSIGN_OR_RETURN(const std::string text, ReadSecretFile(path));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  EVX_ASSIGN_OR_RETURN(ExchangeCredentials credentials, LoadCredentials(path));
  return Kept{std::move(credentials), json.value("is_funded", false)};
}

// The key first and then the file that names it: the latter is never there without the former.
absl::StatusOr<ExchangeKeys::Impl::Kept> ExchangeKeys::Impl::Make(const Session& session) const {
  EVX_ASSIGN_OR_RETURN(kalshi::PrivateKey key,
                       kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519));
  Kept kept{{kalshi::NewKeyId(), std::move(key)}};
  EVX_RETURN_IF_ERROR(WriteSecretFile(PathOf(session, ".pem"), kept.credentials.key.ToPem()));
  EVX_RETURN_IF_ERROR(Describe(session, kept.credentials.key_id, false));
  return kept;
}

absl::Status ExchangeKeys::Impl::Describe(const Session& session, const std::string& key_id,
                                          bool is_funded) const {
  const Json json = {{"key_id", key_id},
                     {"private_key_path", session.user_name + ".pem"},
                     {"account_name", AccountName(session)},
                     {"is_funded", is_funded}};
  return WriteSecretFile(PathOf(session, ".json"), json.dump(2) + "\n");
}

absl::Status ExchangeKeys::Impl::PayIn(const Session& session, const pb::Account& account,
                                       const std::string& key_id) const {
  // The key was never handed out before this moment, so nothing but a deposit that was cut off can
  // have brought cash.
  if (account.cash_micros() == 0) {
    pb::DepositRequest request;
    request.mutable_account()->set_account_id(account.account_id());
    request.set_amount_micros(options.deposit.micros());
    pb::DepositResponse response;
    EVX_RETURN_IF_ERROR(Call("Deposit", &pb::OperatorService::Stub::Deposit, request, response));
  }
  return Describe(session, key_id, true);
}

absl::Status ExchangeKeys::Impl::Provide(const Session& session, Kept& kept) const {
  const std::string& key_id = kept.credentials.key_id;
  pb::AccountName by_key;
  by_key.set_key_id(key_id);
  EVX_ASSIGN_OR_RETURN(std::optional<pb::Account> account, FindAccount(by_key));
  if (account && kept.is_funded) return absl::OkStatus();
  if (!account) {
    // An exchange that has forgotten the key has forgotten the deposit.
    if (kept.is_funded) EVX_RETURN_IF_ERROR(Describe(session, key_id, false));
    pb::AccountName by_name;
    by_name.set_account_name(AccountName(session));
    EVX_ASSIGN_OR_RETURN(account, FindAccount(by_name));
    if (!account) {
      pb::OpenAccountRequest request;
      request.set_account_name(AccountName(session));
      request.set_tier(kTier);
      pb::OpenAccountResponse response;
      EVX_RETURN_IF_ERROR(
          Call("OpenAccount", &pb::OperatorService::Stub::OpenAccount, request, response));
      account.emplace();
      account->set_account_id(response.account_id());
    }
    pb::RegisterKeyRequest request;
    request.mutable_account()->set_account_id(account->account_id());
    request.set_key_id(key_id);
    request.set_key_name("gateway");
    request.set_public_key(kept.credentials.key.public_key().ToPem());
    pb::RegisterKeyResponse response;
    EVX_RETURN_IF_ERROR(
        Call("RegisterKey", &pb::OperatorService::Stub::RegisterKey, request, response));
  }
  EVX_RETURN_IF_ERROR(PayIn(session, *account, key_id));
  telemetry::Log(telemetry::kInfo, "A user has an account at the exchange.",
                 {{"user_name", session.user_name}, {"account_id", account->account_id()}});
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ExchangeKeys>> ExchangeKeys::Open(Options options,
                                                                 OperatorKey& operator_key) {
  EVX_RETURN_IF_ERROR(MakeSecretDirectory(options.directory));
  EVX_ASSIGN_OR_RETURN(const auto channel, rpc::MakeChannel({.address = options.operator_addr}));
  return std::unique_ptr<ExchangeKeys>(
      new ExchangeKeys(std::make_unique<Impl>(std::move(options), operator_key, channel)));
}

ExchangeKeys::ExchangeKeys(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ExchangeKeys::~ExchangeKeys() = default;

absl::StatusOr<ExchangeCredentials> ExchangeKeys::For(const Session& session) {
  if (!MayActAs(session.role, Role::kTrader)) {
    return absl::PermissionDeniedError("role viewer does not trade; trader is needed");
  }
  const std::shared_ptr<UserKey> key = impl_->KeyOf(session.user_name);
  const std::lock_guard lock(key->mutex);
  if (!key->credentials) {
    absl::StatusOr<Impl::Kept> kept = impl_->Load(session);
    if (absl::IsNotFound(kept.status())) kept = impl_->Make(session);
    EVX_RETURN_IF_ERROR(kept.status());
    EVX_RETURN_IF_ERROR(impl_->Provide(session, *kept));
    key->credentials = std::move(kept->credentials);
  }
  return *key->credentials;
}

void ExchangeKeys::Forget(std::string_view user_name) {
  const std::shared_ptr<UserKey> key = impl_->KeyOf(std::string(user_name));
  const std::lock_guard lock(key->mutex);
  key->credentials.reset();
}

}  // namespace evx::gateway
