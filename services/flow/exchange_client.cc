#include "exchange_client.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "evx/core/status.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"

namespace evx::flow {
namespace {

namespace pb = exchange::v1;

// Well inside the window of the exchange.
constexpr absl::Duration kSignatureReuse = absl::Seconds(3);
constexpr absl::Duration kCallTimeout = absl::Seconds(30);
constexpr int kMessageBytesMax = 16 << 20;

std::string PathOf(const std::string& service, const std::string& method) {
  return "/" + service + "/" + method;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound("file " + path + " cannot be read");
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

absl::StatusOr<std::shared_ptr<Signer>> ToSigner(const nlohmann::json& entry,
                                                 const std::filesystem::path& directory) {
  if (!entry.is_object() || !entry.contains("key_id") || !entry["key_id"].is_string() ||
      !entry.contains("private_key_path") || !entry["private_key_path"].is_string()) {
    return InvalidArgument("credentials lack key_id or private_key_path");
  }
  const auto path = directory / entry["private_key_path"].get<std::string>();
  EVX_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path.string()));
  EVX_ASSIGN_OR_RETURN(kalshi::PrivateKey key, kalshi::PrivateKey::FromPem(pem));
  return std::make_shared<Signer>(entry["key_id"].get<std::string>(), std::move(key));
}

}  // namespace

void Signer::Sign(grpc::ClientContext& call, const std::string& path) const {
  const Timestamp now = SystemClock().Now();
  kalshi::RequestSignature signature;
  {
    const std::lock_guard lock(mutex_);
    Signed& entry = signed_[path];
    if (now - entry.time > kSignatureReuse) {
      entry = {now, kalshi::SignRequest(key_, key_id_, now, "POST", path)};
    }
    signature = entry.signature;
  }
  call.AddMetadata("kalshi-access-key", signature.key_id);
  call.AddMetadata("kalshi-access-timestamp", signature.timestamp_ms);
  call.AddMetadata("kalshi-access-signature", signature.signature);
}

absl::StatusOr<std::vector<std::shared_ptr<Signer>>> LoadSigners(const std::string& path) {
  EVX_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::vector<std::shared_ptr<Signer>> signers;
  if (json.is_object() && json.contains("accounts") && json["accounts"].is_array()) {
    for (const auto& account : json["accounts"]) {
      EVX_ASSIGN_OR_RETURN(auto signer, ToSigner(account, directory));
      signers.push_back(std::move(signer));
    }
  }
  if (signers.empty()) {
    EVX_ASSIGN_OR_RETURN(auto signer, ToSigner(json, directory));
    signers.push_back(std::move(signer));
  }
  return signers;
}

OrderStreamClient::OrderStreamClient(pb::ExchangeService::Stub& stub, const Signer& signer,
                                     OnAnswer on_answer)
    : on_answer_(std::move(on_answer)) {
  signer.Sign(call_, PathOf(kExchangeService, "OrderStream"));
  stream_ = stub.OrderStream(&call_);
  thread_ = std::thread([this] { Run(); });
}

OrderStreamClient::~OrderStreamClient() {
  stream_->WritesDone();
  thread_.join();
}

bool OrderStreamClient::Send(const pb::OrderStreamRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    ++under_way_;
  }
  return stream_->Write(request);
}

absl::Status OrderStreamClient::WaitForAnswers() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return under_way_ == 0 || ended_; });
  return ended_ ? status_ : absl::OkStatus();
}

void OrderStreamClient::Run() {
  pb::OrderStreamResponse response;
  while (stream_->Read(&response)) {
    on_answer_(response);
    const std::lock_guard lock(mutex_);
    if (--under_way_ == 0) changed_.notify_one();
  }
  const absl::Status status = rpc::FromGrpc(stream_->Finish());
  const std::lock_guard lock(mutex_);
  ended_ = true;
  status_ = status.ok() ? Unavailable("the order stream has ended") : status;
  changed_.notify_one();
}

absl::StatusOr<std::unique_ptr<EventFollower>> EventFollower::Start(
    pb::ExchangeService::Stub& stub, const Signer& signer, const std::string& market_ticker,
    OnResponse on_response) {
  std::unique_ptr<EventFollower> follower(new EventFollower(std::move(on_response)));
  signer.Sign(follower->call_, PathOf(kExchangeService, "StreamEvents"));
  pb::StreamEventsRequest request;
  request.add_market_tickers(market_ticker);
  request.set_include_progress(true);
  follower->stream_ = stub.StreamEvents(&follower->call_, request);
  pb::StreamEventsResponse first;
  if (!follower->stream_->Read(&first)) return rpc::FromGrpc(follower->stream_->Finish());
  follower->on_response_(first);
  follower->thread_ = std::thread([f = follower.get()] {
    pb::StreamEventsResponse response;
    while (f->stream_->Read(&response)) f->on_response_(response);
    f->stream_->Finish();
  });
  return follower;
}

EventFollower::~EventFollower() {
  call_.TryCancel();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<ExchangeStubs> ConnectTo(const std::string& exchange_addr,
                                        const std::string& operator_addr) {
  rpc::ChannelOptions options;
  options.address = exchange_addr;
  options.message_bytes_max = kMessageBytesMax;
  EVX_ASSIGN_OR_RETURN(const auto exchange, rpc::MakeChannel(options));
  options.address = operator_addr;
  EVX_ASSIGN_OR_RETURN(const auto operations, rpc::MakeChannel(options));
  return ExchangeStubs{pb::ExchangeService::NewStub(exchange),
                       ops::v1::OperatorService::NewStub(operations)};
}

absl::Status CallSigned(const Signer& signer, const std::string& service, const std::string& method,
                        const std::function<grpc::Status(grpc::ClientContext*)>& call) {
  grpc::ClientContext context;
  signer.Sign(context, PathOf(service, method));
  rpc::SetDeadline(context, kCallTimeout);
  const absl::Status status = rpc::FromGrpc(call(&context));
  if (status.ok()) return status;
  return absl::Status(status.code(), ToAbsl(method + ": " + MessageOf(status)));
}

}  // namespace evx::flow
