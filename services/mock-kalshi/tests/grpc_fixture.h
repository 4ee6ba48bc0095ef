#pragma once

#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/exchange/v1/book_service.grpc.pb.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/kalshi/signing.h"
#include "evx/net/testing/test_certificate.h"
#include "evx/ops/v1/operator_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "exchange/exchange_host.h"
#include "rpc/grpc_door.h"

namespace evx::mock_kalshi::testing {

namespace pb = exchange::v1;
namespace ops_pb = ops::v1;
namespace common_pb = common::v1;

// A participant with a key and cash.
struct Member {
  std::string key_id;
  kalshi::PrivateKey key;
  AccountId account;
};

// An exchange on the virtual clock with one open market, behind its gRPC door.
class Venue {
 public:
  static constexpr std::int64_t kStartSeconds = 1'785'931'200;  // 2026-08-05T12:00:00Z

  explicit Venue(Faults faults) : Venue({}, faults) {}
  // TLS at the public port.
  explicit Venue(const net::testing::TestCertificate& certificate)
      : Venue({}, Faults::kOff, &certificate) {}
  explicit Venue(EventLog::Options remembered = {}, Faults faults = Faults::kOff,
                 const net::testing::TestCertificate* certificate = nullptr)
      : feed_(remembered) {
    if (certificate != nullptr) {
      config_.tls_certificate_file = certificate->certificate_file();
      config_.tls_private_key_file = certificate->private_key_file();
    }
    config_.faults = faults;
    config_.ephemeral = true;
    config_.clock = ExchangeClock::Mode::kVirtual;
    config_.clock_start = "2026-08-05T12:00:00Z";
    config_.grpc_port = 0;
    config_.operator_grpc_port = 0;
    auto host =
        ExchangeHost::Start(config_, {wall_, [](const absl::Status&) {}, {}}, {&feed_.listener()});
    EVX_CHECK(host.ok());
    host_ = *std::move(host);
    operator_ = Join("operator");
    alice_ = Join("alice");
    bob_ = Join("bob");
    auto door = GrpcDoor::Start(config_, host_->context(), host_->clock(), feed_);
    EVX_CHECK(door.ok());
    door_ = *std::move(door);
    door_->SetServing(true);
    const auto channel = Channel(door_->port(), config_.tls_certificate_file);
    exchange = pb::ExchangeService::NewStub(channel);
    books = pb::BookService::NewStub(channel);
    operations = ops_pb::OperatorService::NewStub(Channel(door_->operator_port()));
    List();
  }
  ~Venue() {
    door_->Drain(absl::Seconds(1));
    host_->Stop();
  }

  // Signs a call of `service`/`method` as the member.
  void Sign(grpc::ClientContext& call, const Member& member, const std::string& method,
            const std::string& service = "evx.exchange.v1.ExchangeService") const {
    const std::string path = "/" + service + "/" + method;
    const auto signed_request =
        kalshi::SignRequest(member.key, member.key_id, wall_.Now(), "POST", path);
    call.AddMetadata("kalshi-access-key", signed_request.key_id);
    call.AddMetadata("kalshi-access-timestamp", signed_request.timestamp_ms);
    call.AddMetadata("kalshi-access-signature", signed_request.signature);
    rpc::SetDeadline(call, absl::Seconds(20));
  }

  grpc::Status Create(const Member& member, const pb::CreateOrderRequest& request,
                      pb::CreateOrderResponse& response) const {
    grpc::ClientContext call;
    Sign(call, member, "CreateOrder");
    return exchange->CreateOrder(&call, request, &response);
  }

  // A call of the operator's, signed by `member`. The method's name is the request's without its
  // last word.
  template <class Request, class Response>
  grpc::Status OperateAs(const Member& member,
                         grpc::Status (ops_pb::OperatorService::Stub::*method)(grpc::ClientContext*,
                                                                               const Request&,
                                                                               Response*),
                         const Request& request, Response* response = nullptr) const {
    const std::string name = Request::descriptor()->name();
    grpc::ClientContext call;
    Sign(call, member, name.substr(0, name.size() - std::string_view("Request").size()),
         "evx.ops.v1.OperatorService");
    Response ignored;
    return (operations.get()->*method)(&call, request, response == nullptr ? &ignored : response);
  }
  template <class Request, class Response>
  grpc::Status Operate(grpc::Status (ops_pb::OperatorService::Stub::*method)(grpc::ClientContext*,
                                                                             const Request&,
                                                                             Response*),
                       const Request& request, Response* response = nullptr) const {
    return OperateAs(*operator_, method, request, response);
  }

  // A market of the listed event that is open for an hour.
  static ops_pb::PutMarketRequest AMarket(const std::string& ticker) {
    ops_pb::PutMarketRequest market;
    market.set_market_ticker(ticker);
    market.set_event_ticker("TEST-1");
    market.set_settlement_timer_seconds(60);
    market.mutable_open_time()->set_seconds(kStartSeconds);
    market.mutable_close_time()->set_seconds(kStartSeconds + 3'600);
    return market;
  }

  std::uint16_t port() const { return door_->port(); }
  FaultInjector& faults() { return host_->faults(); }
  const Member& alice() const { return *alice_; }
  const Member& bob() const { return *bob_; }
  const Member& operator_member() const { return *operator_; }
  ExchangeHost& host() { return *host_; }

  std::unique_ptr<pb::ExchangeService::Stub> exchange;
  std::unique_ptr<pb::BookService::Stub> books;
  std::unique_ptr<ops_pb::OperatorService::Stub> operations;

 private:
  static std::shared_ptr<grpc::Channel> Channel(std::uint16_t port,
                                                const std::string& ca_file = "") {
    rpc::ChannelOptions options;
    options.ca_file = ca_file;
    options.address = "127.0.0.1:" + std::to_string(port);
    auto channel = rpc::MakeChannel(options);
    EVX_CHECK(channel.ok());
    return *channel;
  }

  Member Join(std::string_view name) {
    auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
    EVX_CHECK(key.ok());
    venue::OpenAccount open;
    open.name = InlineString<64>(name);
    open.tier = venue::UsageTier::kUnlimited;
    Member member{kalshi::NewKeyId(), *std::move(key),
                  host_->sequencer().Execute(open).result.account};
    venue::RegisterKey register_key;
    register_key.account = member.account;
    register_key.key_id = venue::UuidText(member.key_id);
    register_key.public_key_pem = member.key.public_key().ToPem();
    host_->sequencer().Execute(register_key);
    host_->sequencer().Execute(venue::Deposit{member.account, 0, Money::FromDollars(1'000)});
    return member;
  }

  // Through the operator's own door.
  void List() {
    ops_pb::PutSeriesRequest series;
    series.set_series_ticker("TEST");
    REQUIRE(Operate(&ops_pb::OperatorService::Stub::PutSeries, series).ok());
    ops_pb::PutEventRequest event;
    event.set_event_ticker("TEST-1");
    event.set_series_ticker("TEST");
    REQUIRE(Operate(&ops_pb::OperatorService::Stub::PutEvent, event).ok());
    REQUIRE(Operate(&ops_pb::OperatorService::Stub::PutMarket, AMarket("TEST-1-A")).ok());
  }

  SystemClock wall_;
  MockKalshiConfig config_;
  GrpcFeed feed_;
  std::unique_ptr<ExchangeHost> host_;
  std::optional<Member> operator_;
  std::optional<Member> alice_;
  std::optional<Member> bob_;
  std::unique_ptr<GrpcDoor> door_;
};

inline pb::CreateOrderRequest AnOrder(common_pb::BookSide side, std::int64_t price_cents,
                                      std::int64_t contracts, const std::string& client_order_id) {
  pb::CreateOrderRequest request;
  request.set_market_ticker("TEST-1-A");
  request.set_side(side);
  request.set_price_micros(price_cents * 10'000);
  request.set_quantity_centis(contracts * 100);
  request.set_client_order_id(client_order_id);
  return request;
}

}  // namespace evx::mock_kalshi::testing
