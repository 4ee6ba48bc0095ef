#include "accounts/exchange_keys.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/status.h"
#include "evx/ops/v1/operator_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/server.h"
#include "evx/rpc/status.h"
#include "temporary_folder.h"

namespace evx::gateway {
namespace {

namespace pb = ops::v1;

// The exchange's operator as far as accounts go, which can do a step and lose its answer, or not do
// it at all.
class FakeOperator final : public pb::OperatorService::Service {
 public:
  struct Account {
    std::string name;
    std::vector<std::string> key_ids;
    std::string public_key;
    std::int64_t cash_micros = 0;
    int deposit_count = 0;
  };

  explicit FakeOperator(kalshi::PublicKey key) : key_(std::move(key)) {}

  grpc::Status GetAccount(grpc::ServerContext* context, const pb::GetAccountRequest* request,
                          pb::GetAccountResponse* response) override {
    return Step(*context, "GetAccount", [&] {
      const std::size_t index = IndexOf(request->account());
      if (index == accounts_.size()) return NotFound("no account");
      response->mutable_account()->set_account_id(static_cast<std::int64_t>(index) + 1);
      response->mutable_account()->set_cash_micros(accounts_[index].cash_micros);
      return absl::OkStatus();
    });
  }
  grpc::Status OpenAccount(grpc::ServerContext* context, const pb::OpenAccountRequest* request,
                           pb::OpenAccountResponse* response) override {
    return Step(*context, "OpenAccount", [&] {
      accounts_.push_back({request->account_name()});
      response->set_account_id(static_cast<std::int64_t>(accounts_.size()));
      return absl::OkStatus();
    });
  }
  grpc::Status RegisterKey(grpc::ServerContext* context, const pb::RegisterKeyRequest* request,
                           pb::RegisterKeyResponse* /*response*/) override {
    return Step(*context, "RegisterKey", [&] {
      const std::size_t index = IndexOf(request->account());
      if (index == accounts_.size()) return NotFound("no account");
      accounts_[index].key_ids.push_back(request->key_id());
      accounts_[index].public_key = request->public_key();
      return absl::OkStatus();
    });
  }
  grpc::Status Deposit(grpc::ServerContext* context, const pb::DepositRequest* request,
                       pb::DepositResponse* /*response*/) override {
    return Step(*context, "Deposit", [&] {
      const std::size_t index = IndexOf(request->account());
      if (index == accounts_.size()) return NotFound("no account");
      accounts_[index].cash_micros += request->amount_micros();
      ++accounts_[index].deposit_count;
      return absl::OkStatus();
    });
  }

  void SetKey(kalshi::PublicKey key) {
    const std::lock_guard lock(mutex_);
    key_ = std::move(key);
  }

  // After so many calls one is not done, or is done and its answer lost; -1: none.
  void SetFault(int calls_until_fault, bool is_done) {
    const std::lock_guard lock(mutex_);
    calls_until_fault_ = calls_until_fault;
    is_done_in_fault_ = is_done;
  }
  void ForgetAccounts() {
    const std::lock_guard lock(mutex_);
    accounts_.clear();
  }
  void TakeCash() {
    const std::lock_guard lock(mutex_);
    for (Account& account : accounts_) account.cash_micros = 0;
  }
  std::vector<Account> accounts() {
    const std::lock_guard lock(mutex_);
    return accounts_;
  }
  std::vector<std::string> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  std::size_t IndexOf(const pb::AccountName& name) const {
    if (name.has_account_id()) return static_cast<std::size_t>(name.account_id()) - 1;
    std::size_t i = 0;
    for (; i < accounts_.size(); ++i) {
      const auto& keys = accounts_[i].key_ids;
      if (name.has_account_name() && accounts_[i].name == name.account_name()) break;
      if (name.has_key_id() && std::count(keys.begin(), keys.end(), name.key_id()) > 0) break;
    }
    return i;
  }

  template <class Do>
  grpc::Status Step(const grpc::ServerContext& context, const std::string& method, Do&& run) {
    const std::lock_guard lock(mutex_);
    const std::string signature(rpc::MetadataOf(context, "kalshi-access-signature"));
    const std::string time(rpc::MetadataOf(context, "kalshi-access-timestamp"));
    if (!kalshi::VerifyRequest(key_, time, "POST", "/evx.ops.v1.OperatorService/" + method,
                               signature)) {
      return rpc::ToGrpc(Unauthenticated("bad signature"));
    }
    calls_.push_back(method);
    const bool is_fault = calls_until_fault_ == 0;
    if (calls_until_fault_ >= 0) --calls_until_fault_;
    if (is_fault && !is_done_in_fault_) return rpc::ToGrpc(Unavailable("gone"));
    const absl::Status status = run();
    return rpc::ToGrpc(is_fault ? Unavailable("gone") : status);
  }

  std::mutex mutex_;
  kalshi::PublicKey key_;
  std::vector<Account> accounts_;
  std::vector<std::string> calls_;
  int calls_until_fault_ = -1;
  bool is_done_in_fault_ = false;
};

struct Fixture {
  Fixture() {
    service = std::make_unique<FakeOperator>(WriteOperatorKey("operator"));
    operator_key = *OperatorKey::Load(folder.File("operator.json"), clock);
    server = *rpc::Server::Start({}, {service.get()});
    options = {.operator_addr = "127.0.0.1:" + std::to_string(server->port()),
               .directory = folder.File("data/keys"),
               .deposit = Money::FromMicros(5'000'000)};
  }
  // A new one, in the operator's file.
  kalshi::PublicKey WriteOperatorKey(const std::string& key_id) {
    const auto key = *kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
    std::ofstream(folder.File("operator.pem")) << key.ToPem();
    std::ofstream(folder.File("operator.json"))
        << R"({"key_id": ")" << key_id << R"(", "private_key_path": "operator.pem"})";
    return key.public_key();
  }
  std::unique_ptr<ExchangeKeys> Open() {
    auto keys = ExchangeKeys::Open(options, *operator_key);
    REQUIRE(keys.ok());
    return *std::move(keys);
  }
  void CheckOneOfEach(const ExchangeCredentials& credentials) const {
    const auto accounts = service->accounts();
    REQUIRE(accounts.size() == 1);
    const FakeOperator::Account& account = accounts[0];
    CHECK(account.name == "gateway/ann");
    CHECK(account.key_ids == std::vector<std::string>{credentials.key_id});
    CHECK(account.public_key == credentials.key.public_key().ToPem());
    CHECK(account.deposit_count == 1);
    CHECK(account.cash_micros == 5'000'000);
  }

  TemporaryFolder folder;
  SystemClock clock;
  std::unique_ptr<OperatorKey> operator_key;
  std::unique_ptr<FakeOperator> service;
  std::unique_ptr<rpc::Server> server;
  ExchangeKeys::Options options;
};

const Session kAnn = {.id = "s", .user_name = "ann", .user_id = 7, .role = Role::kTrader};

TEST_CASE("ExchangeKeys: the first use makes account, key and deposit, the next ones nothing",
          "[gateway]") {
  Fixture f;
  const auto keys = f.Open();
  const auto first = keys->For(kAnn);
  REQUIRE(first.ok());
  f.CheckOneOfEach(*first);
  const std::size_t calls = f.service->calls().size();
  CHECK(keys->For(kAnn)->key_id == first->key_id);
  CHECK(f.service->calls().size() == calls);

  const auto again = f.Open()->For(kAnn);
  REQUIRE(again.ok());
  CHECK(again->key_id == first->key_id);
  CHECK(again->key.ToPem() == first->key.ToPem());
  f.CheckOneOfEach(*again);
}

TEST_CASE("ExchangeKeys: the key is a file that only we can read", "[gateway]") {
  Fixture f;
  REQUIRE(f.Open()->For(kAnn).ok());
  struct stat facts {};
  REQUIRE(stat(f.folder.File("data/keys").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0700);
  for (const char* name : {"data/keys/ann.pem", "data/keys/ann.json"}) {
    REQUIRE(stat(f.folder.File(name).c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0400);
  }
}

TEST_CASE("ExchangeKeys: killed at any step, the next start ends with one of each", "[gateway]") {
  const bool is_done = GENERATE(false, true);
  const int step = GENERATE(range(0, 6));
  Fixture f;
  f.service->SetFault(step, is_done);
  const absl::Status fault = f.Open()->For(kAnn).status();
  // GetAccount twice, OpenAccount, RegisterKey, Deposit: five calls.
  if (step < 5) {
    CHECK(absl::IsUnavailable(fault));
    CHECK(std::string(fault.message()).find("exchange") != std::string::npos);
  }
  f.service->SetFault(-1, is_done);
  const auto credentials = f.Open()->For(kAnn);
  REQUIRE(credentials.ok());
  f.CheckOneOfEach(*credentials);
}

TEST_CASE("ExchangeKeys: killed between its two files, a key is made anew", "[gateway]") {
  Fixture f;
  REQUIRE(f.Open()->For(kAnn).ok());
  std::filesystem::remove(f.folder.File("data/keys/ann.json"));
  f.service->ForgetAccounts();
  const auto credentials = f.Open()->For(kAnn);
  REQUIRE(credentials.ok());
  f.CheckOneOfEach(*credentials);
}

TEST_CASE("ExchangeKeys: an exchange that has forgotten everything gets it again", "[gateway]") {
  Fixture f;
  const auto before = f.Open()->For(kAnn);
  REQUIRE(before.ok());
  f.service->ForgetAccounts();
  const auto after = f.Open()->For(kAnn);
  REQUIRE(after.ok());
  CHECK(after->key_id == before->key_id);
  f.CheckOneOfEach(*after);
}

TEST_CASE("ExchangeKeys: an exchange that forgets while we run is asked again when told so",
          "[gateway]") {
  Fixture f;
  const auto keys = f.Open();
  REQUIRE(keys->For(kAnn).ok());
  f.service->ForgetAccounts();
  REQUIRE(keys->For(kAnn).ok());
  CHECK(f.service->accounts().empty());
  keys->Forget("ann");
  f.CheckOneOfEach(*keys->For(kAnn));
}

TEST_CASE(
    "ExchangeKeys: an exchange that begins anew has another operator, whose file is read again",
    "[gateway]") {
  Fixture f;
  const auto keys = f.Open();
  REQUIRE(keys->For(kAnn).ok());
  f.service->ForgetAccounts();
  f.service->SetKey(f.WriteOperatorKey("operator-2"));
  keys->Forget("ann");
  const auto credentials = keys->For(kAnn);
  REQUIRE(credentials.ok());
  f.CheckOneOfEach(*credentials);
  // With the same file the refusal is the end: no call is repeated for ever.
  f.service->SetKey(kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519)->public_key());
  keys->Forget("ann");
  CHECK(absl::IsUnauthenticated(keys->For(kAnn).status()));
}

TEST_CASE("ExchangeKeys: who has lost all cash gets no second deposit", "[gateway]") {
  Fixture f;
  REQUIRE(f.Open()->For(kAnn).ok());
  f.service->TakeCash();
  REQUIRE(f.Open()->For(kAnn).ok());
  CHECK(f.service->accounts()[0].deposit_count == 1);
}

TEST_CASE("ExchangeKeys: calls for one user at the same time make one account", "[gateway]") {
  Fixture f;
  const auto keys = f.Open();
  std::vector<std::thread> threads;
  std::vector<std::string> key_ids(4);
  for (std::string& key_id : key_ids) {
    threads.emplace_back([&] { key_id = keys->For(kAnn)->key_id; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(key_ids == std::vector<std::string>(4, key_ids[0]));
  f.CheckOneOfEach(*keys->For(kAnn));
}

TEST_CASE("ExchangeKeys: a viewer gets no account", "[gateway]") {
  Fixture f;
  Session viewer = kAnn;
  viewer.role = Role::kViewer;
  CHECK(absl::IsPermissionDenied(f.Open()->For(viewer).status()));
  CHECK(f.service->calls().empty());
}

TEST_CASE("ExchangeKeys: an exchange that is away is named and asked again later", "[gateway]") {
  Fixture f;
  const auto keys = f.Open();
  f.server.reset();
  const absl::Status away = keys->For(kAnn).status();
  CHECK(absl::IsUnavailable(away));
  CHECK(std::string(away.message()).find("exchange") != std::string::npos);
}

}  // namespace
}  // namespace evx::gateway
