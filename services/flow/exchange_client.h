#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/kalshi/signing.h"
#include "evx/ops/v1/operator_service.grpc.pb.h"

// The exchange as flow sees it: gRPC, signed.

namespace evx::flow {

// A key of an account. Signs calls; a signature is used again for a few seconds, since it covers
// the method and the time only.
class Signer {
 public:
  Signer(std::string key_id, kalshi::PrivateKey key)
      : key_id_(std::move(key_id)), key_(std::move(key)) {}

  // Adds the access metadata for "/package.Service/Method". Thread-safe.
  void Sign(grpc::ClientContext& call, const std::string& path) const;
  const std::string& key_id() const { return key_id_; }

 private:
  struct Signed {
    Timestamp time;
    kalshi::RequestSignature signature;
  };
  const std::string key_id_;
  const kalshi::PrivateKey key_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Signed> signed_;
};

// The keys in a credentials file: those of its `accounts`, or the one of the file itself.
absl::StatusOr<std::vector<std::shared_ptr<Signer>>> LoadSigners(const std::string& path);

// One OrderStream of one account. Commands are written by one thread; answers arrive on a thread of
// the stream. Wait until nothing is under way before reading what they changed.
class OrderStreamClient {
 public:
  using OnAnswer = std::function<void(const exchange::v1::OrderStreamResponse&)>;

  OrderStreamClient(exchange::v1::ExchangeService::Stub& stub, const Signer& signer,
                    OnAnswer on_answer);
  ~OrderStreamClient();

  // False once the stream has ended.
  bool Send(const exchange::v1::OrderStreamRequest& request);
  // Waits until every command sent was answered; the stream's error if it ended.
  absl::Status WaitForAnswers();

 private:
  void Run();

  const OnAnswer on_answer_;
  grpc::ClientContext call_;
  std::unique_ptr<
      grpc::ClientReaderWriter<exchange::v1::OrderStreamRequest, exchange::v1::OrderStreamResponse>>
      stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t under_way_ = 0;
  bool ended_ = false;
  absl::Status status_;
  std::thread thread_;
};

// Follows the public events of one market from now on.
class EventFollower {
 public:
  using OnResponse = std::function<void(const exchange::v1::StreamEventsResponse&)>;

  // Returns once the exchange has opened the stream: nothing that is done afterwards is missed.
  static absl::StatusOr<std::unique_ptr<EventFollower>> Start(
      exchange::v1::ExchangeService::Stub& stub, const Signer& signer,
      const std::string& market_ticker, OnResponse on_response);
  ~EventFollower();

 private:
  explicit EventFollower(OnResponse on_response) : on_response_(std::move(on_response)) {}

  const OnResponse on_response_;
  grpc::ClientContext call_;
  std::unique_ptr<grpc::ClientReader<exchange::v1::StreamEventsResponse>> stream_;
  std::thread thread_;
};

// Stubs of both services.
struct ExchangeStubs {
  std::unique_ptr<exchange::v1::ExchangeService::Stub> exchange;
  std::unique_ptr<ops::v1::OperatorService::Stub> operations;
};
absl::StatusOr<ExchangeStubs> ConnectTo(const std::string& exchange_addr,
                                        const std::string& operator_addr);

// The services by their full names.
inline constexpr char kExchangeService[] = "evx.exchange.v1.ExchangeService";
inline constexpr char kOperatorService[] = "evx.ops.v1.OperatorService";

// One signed call: CallSigned(signer, kExchangeService, "GetBalance", [&](auto* call) { return
// stub.GetBalance(call, request, &response); }).
absl::Status CallSigned(const Signer& signer, const std::string& service, const std::string& method,
                        const std::function<grpc::Status(grpc::ClientContext*)>& call);

}  // namespace evx::flow
