#include "grpc_door.h"

#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "event_log.h"
#include "evx/core/check.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/exchange/v1/operator_service.grpc.pb.h"
#include "evx/kalshi/signing.h"
#include "evx/rpc/channel.h"
#include "exchange_host.h"
#include "grpc_errors.h"
#include "grpc_gate.h"
#include "rest_router.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;
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
  Venue() {
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
    exchange = pb::ExchangeService::NewStub(Channel(door_->port()));
    operations = pb::OperatorService::NewStub(Channel(door_->operator_port()));
    List();
  }
  ~Venue() {
    door_->Drain(absl::Seconds(1));
    host_->Stop();
  }

  // Signs a call of `service`/`method` as the member.
  void Sign(grpc::ClientContext& call, const Member& member, const std::string& method,
            const std::string& service = "ExchangeService") const {
    const std::string path = "/evx.exchange.v1." + service + "/" + method;
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

  const Member& alice() const { return *alice_; }
  const Member& bob() const { return *bob_; }
  const Member& operator_member() const { return *operator_; }
  ExchangeHost& host() { return *host_; }

  std::unique_ptr<pb::ExchangeService::Stub> exchange;
  std::unique_ptr<pb::OperatorService::Stub> operations;

 private:
  static std::shared_ptr<grpc::Channel> Channel(std::uint16_t port) {
    rpc::ChannelOptions options;
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
    const auto call_operator = [this](const std::string& method, auto stub_call) {
      grpc::ClientContext call;
      Sign(call, *operator_, method, "OperatorService");
      const grpc::Status status = stub_call(call);
      INFO(status.error_message());
      REQUIRE(status.ok());
    };
    pb::PutSeriesRequest series;
    series.set_series_ticker("TEST");
    pb::PutSeriesResponse series_response;
    call_operator("PutSeries", [&](auto& call) {
      return operations->PutSeries(&call, series, &series_response);
    });
    pb::PutEventRequest event;
    event.set_event_ticker("TEST-1");
    event.set_series_ticker("TEST");
    pb::PutEventResponse event_response;
    call_operator("PutEvent",
                  [&](auto& call) { return operations->PutEvent(&call, event, &event_response); });
    pb::PutMarketRequest market;
    market.set_market_ticker("TEST-1-A");
    market.set_event_ticker("TEST-1");
    market.set_settlement_timer_seconds(60);
    market.mutable_open_time()->set_seconds(1'785'931'200);
    market.mutable_close_time()->set_seconds(1'785'931'200 + 3'600);
    pb::PutMarketResponse market_response;
    call_operator("PutMarket", [&](auto& call) {
      return operations->PutMarket(&call, market, &market_response);
    });
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

pb::CreateOrderRequest AnOrder(common_pb::BookSide side, std::int64_t price_cents,
                               std::int64_t contracts, const std::string& client_order_id) {
  pb::CreateOrderRequest request;
  request.set_market_ticker("TEST-1-A");
  request.set_side(side);
  request.set_price_micros(price_cents * 10'000);
  request.set_quantity_centis(contracts * 100);
  request.set_client_order_id(client_order_id);
  return request;
}

}  // namespace

TEST_CASE("GrpcDoor: an order is accepted, matched and read back", "[grpc]") {
  Venue venue;
  pb::CreateOrderResponse resting;
  REQUIRE(
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "a-1"), resting).ok());
  CHECK(resting.remaining_quantity_centis() == 1'000);
  pb::CreateOrderResponse taking;
  REQUIRE(venue.Create(venue.bob(), AnOrder(common_pb::BOOK_SIDE_ASK, 40, 4, "b-1"), taking).ok());
  CHECK(taking.filled_quantity_centis() == 400);
  CHECK(taking.sequence_number() == resting.sequence_number() + 1);

  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "GetOrder");
  pb::GetOrderRequest request;
  request.set_order_id(resting.order_id());
  pb::GetOrderResponse response;
  REQUIRE(venue.exchange->GetOrder(&call, request, &response).ok());
  CHECK(response.order().remaining_quantity_centis() == 600);
  CHECK(response.order().client_order_id() == "a-1");

  grpc::ClientContext book_call;
  rpc::SetDeadline(book_call, absl::Seconds(20));
  pb::GetOrderBookRequest book;
  book.set_market_ticker("TEST-1-A");
  pb::GetOrderBookResponse levels;
  REQUIRE(venue.exchange->GetOrderBook(&book_call, book, &levels).ok());
  REQUIRE(levels.bids_size() == 1);
  CHECK(levels.bids(0).quantity_centis() == 600);
}

TEST_CASE("GrpcDoor: a repeated client order id names the first order", "[grpc]") {
  Venue venue;
  pb::CreateOrderResponse first;
  REQUIRE(
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "same"), first).ok());
  pb::CreateOrderResponse second;
  const grpc::Status status =
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 41, 1, "same"), second);
  CHECK(status.error_code() == grpc::StatusCode::ALREADY_EXISTS);
  pb::Refusal refusal;
  REQUIRE(refusal.ParseFromString(status.error_details()));
  CHECK(refusal.order_id() == first.order_id());
  CHECK(refusal.reason() == "DuplicateClientOrderId");
}

TEST_CASE("GrpcDoor: calls without a good signature and orders of others are refused", "[grpc]") {
  Venue venue;
  const auto order = AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "x");
  pb::CreateOrderResponse response;
  grpc::ClientContext unsigned_call;
  rpc::SetDeadline(unsigned_call, absl::Seconds(20));
  CHECK(venue.exchange->CreateOrder(&unsigned_call, order, &response).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
  grpc::ClientContext other_method;
  venue.Sign(other_method, venue.alice(), "CancelOrder");
  CHECK(venue.exchange->CreateOrder(&other_method, order, &response).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);

  REQUIRE(venue.Create(venue.alice(), order, response).ok());
  grpc::ClientContext cancel_call;
  venue.Sign(cancel_call, venue.bob(), "CancelOrder");
  pb::CancelOrderRequest cancel;
  cancel.set_order_id(response.order_id());
  pb::CancelOrderResponse canceled;
  CHECK(venue.exchange->CancelOrder(&cancel_call, cancel, &canceled).error_code() ==
        grpc::StatusCode::NOT_FOUND);

  grpc::ClientContext operator_call;
  venue.Sign(operator_call, venue.alice(), "GetClock", "OperatorService");
  pb::GetClockResponse clock;
  CHECK(venue.operations->GetClock(&operator_call, {}, &clock).error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
}

TEST_CASE("OrderStream: pipelined commands are answered in order with rising numbers", "[grpc]") {
  Venue venue;
  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "OrderStream");
  const auto stream = venue.exchange->OrderStream(&call);
  constexpr int kCount = 3'000;  // More than may be under way.
  std::thread writer([&] {
    for (int i = 1; i <= kCount; ++i) {
      pb::OrderStreamRequest request;
      request.set_request_id(i);
      *request.mutable_create_order() =
          AnOrder(common_pb::BOOK_SIDE_BID, 1 + i % 20, 1, "o-" + std::to_string(i));
      if (!stream->Write(request)) break;
    }
    stream->WritesDone();
  });
  pb::OrderStreamResponse response;
  std::int64_t last_sequence = 0;
  int count = 0;
  bool in_order = true;
  while (stream->Read(&response)) {
    ++count;
    in_order = in_order && response.request_id() == count && response.has_create_order() &&
               response.sequence_number() > last_sequence;
    last_sequence = response.sequence_number();
  }
  writer.join();
  const grpc::Status status = stream->Finish();
  INFO(status.error_message());
  CHECK(status.ok());
  CHECK(count == kCount);
  CHECK(in_order);
}

TEST_CASE("OrderStream: a refused command is answered and the stream goes on", "[grpc]") {
  Venue venue;
  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "OrderStream");
  const auto stream = venue.exchange->OrderStream(&call);
  pb::OrderStreamRequest request;
  request.set_request_id(1);
  REQUIRE(stream->Write(request));
  pb::OrderStreamResponse response;
  REQUIRE(stream->Read(&response));
  CHECK(response.refusal().code() == static_cast<int>(absl::StatusCode::kInvalidArgument));
  CHECK(response.sequence_number() == 0);
  request.set_request_id(2);
  *request.mutable_create_order() = AnOrder(common_pb::BOOK_SIDE_BID, 40, 1'000'000, "big");
  REQUIRE(stream->Write(request));
  REQUIRE(stream->Read(&response));
  CHECK(response.refusal().reason() == "InsufficientBalance");
  CHECK(response.sequence_number() > 0);
  request.set_request_id(3);
  *request.mutable_create_order() = AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "small");
  REQUIRE(stream->Write(request));
  REQUIRE(stream->Read(&response));
  REQUIRE(response.has_create_order());
  request.set_request_id(4);
  request.mutable_cancel_order()->set_order_id(response.create_order().order_id());
  REQUIRE(stream->Write(request));
  REQUIRE(stream->Read(&response));
  CHECK(response.cancel_order().reduced_by_centis() == 100);
  stream->WritesDone();
  CHECK(stream->Finish().ok());
}

TEST_CASE("Audit: no request of one door has the id of a request of another", "[grpc]") {
  net::HttpRequest http(net::HttpMethod::kGet, "/");
  const RestRequest rest{http, {}, std::nullopt, {}};
  GrpcCaller grpc;
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 100; ++i) {
    ids.insert(rest.Audit().request_id);
    GrpcGate::NextRequest(grpc);
    ids.insert(grpc.meta.request_id);
  }
  CHECK(ids.size() == 200);
}

TEST_CASE("StreamEvents: public events and the reader's own, from a number on", "[grpc]") {
  Venue venue;
  pb::CreateOrderResponse resting;
  REQUIRE(
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "a-1"), resting).ok());
  pb::CreateOrderResponse taking;
  REQUIRE(venue.Create(venue.bob(), AnOrder(common_pb::BOOK_SIDE_ASK, 40, 4, "b-1"), taking).ok());

  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "StreamEvents");
  pb::StreamEventsRequest request;
  request.set_start_sequence_number(resting.sequence_number());
  const auto stream = venue.exchange->StreamEvents(&call, request);
  std::vector<events::v1::ExchangeRecord> records;
  pb::StreamEventsResponse response;
  while (response.through_sequence_number() < taking.sequence_number()) {
    REQUIRE(stream->Read(&response));
    records.insert(records.end(), response.records().begin(), response.records().end());
  }
  REQUIRE(records.size() == 2);
  CHECK(records[0].sequence_number() == resting.sequence_number());
  int own_fills = 0;
  int trades = 0;
  for (const auto& event : records[1].events()) {
    if (event.has_order_filled()) ++own_fills;
    if (event.has_trade_executed()) ++trades;
    if (event.has_book_changed()) {
      CHECK(event.book_changed().quantity_centis() == 600);
      CHECK(event.book_changed().order_id() == resting.order_id());
    }
  }
  CHECK(own_fills == 1);
  CHECK(trades == 1);
  call.TryCancel();
}

TEST_CASE("StreamEvents: the sender of a command sees its trace id, nobody else does", "[grpc]") {
  const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  Venue venue;
  pb::CreateOrderResponse resting;
  REQUIRE(
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "a-1"), resting).ok());
  pb::CreateOrderResponse taking;
  grpc::ClientContext create;
  venue.Sign(create, venue.bob(), "CreateOrder");
  create.AddMetadata("traceparent", "00-" + trace_id + "-00f067aa0ba902b7-01");
  REQUIRE(
      venue.exchange->CreateOrder(&create, AnOrder(common_pb::BOOK_SIDE_ASK, 40, 4, "b-1"), &taking)
          .ok());
  const auto trace_id_seen_by = [&](const Member& member) {
    grpc::ClientContext call;
    venue.Sign(call, member, "StreamEvents");
    pb::StreamEventsRequest request;
    request.set_start_sequence_number(taking.sequence_number());
    const auto stream = venue.exchange->StreamEvents(&call, request);
    pb::StreamEventsResponse response;
    while (response.records_size() == 0) REQUIRE(stream->Read(&response));
    call.TryCancel();
    return response.records(0).trace_id();
  };
  CHECK(trace_id_seen_by(venue.bob()) == trace_id);
  CHECK(trace_id_seen_by(venue.alice()).empty());
}

TEST_CASE("StreamEvents: a number that is no longer kept is refused with the first kept one",
          "[grpc]") {
  Venue venue;
  pb::CreateOrderResponse order;
  REQUIRE(
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "a-1"), order).ok());
  // A log that keeps two records.
  ReplyThread replies;
  EventLog log({.record_count_max = 2}, replies);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    log.OnRecord({SequenceNumber(i), Timestamp(), "", "", ""});
  }
  std::vector<EventLog::Record> records;
  CHECK_FALSE(log.Read(SequenceNumber(3), 10, records));
  CHECK(log.first_available() == SequenceNumber(4));
  CHECK(log.Read(SequenceNumber(4), 10, records));
  CHECK(records.size() == 2);
  CHECK(log.Read(SequenceNumber(6), 10, records));
  CHECK(records.empty());
}

TEST_CASE("OperatorService: the clock moves, the market closes, is determined and paid", "[grpc]") {
  Venue venue;
  pb::CreateOrderResponse response;
  REQUIRE(
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "a"), response).ok());
  REQUIRE(venue.Create(venue.bob(), AnOrder(common_pb::BOOK_SIDE_ASK, 40, 10, "b"), response).ok());
  const auto as_operator = [&venue](const std::string& method, auto call_method) {
    grpc::ClientContext call;
    venue.Sign(call, venue.operator_member(), method, "OperatorService");
    const grpc::Status status = call_method(call);
    INFO(method << ": " << status.error_message());
    CHECK(status.ok());
  };
  pb::AdvanceClockRequest advance;
  advance.mutable_target_time()->set_seconds(1'785'931'200 + 3'600);
  pb::AdvanceClockResponse advanced;
  as_operator("AdvanceClock", [&](auto& call) {
    return venue.operations->AdvanceClock(&call, advance, &advanced);
  });
  CHECK(advanced.exchange_time().seconds() == 1'785'931'200 + 3'600);
  pb::DetermineMarketRequest determine;
  determine.set_market_ticker("TEST-1-A");
  determine.set_result(common_pb::MARKET_RESULT_YES);
  pb::DetermineMarketResponse determined;
  as_operator("DetermineMarket", [&](auto& call) {
    return venue.operations->DetermineMarket(&call, determine, &determined);
  });
  pb::SettleMarketRequest settle;
  settle.set_market_ticker("TEST-1-A");
  pb::SettleMarketResponse settled;
  as_operator("SettleMarket",
              [&](auto& call) { return venue.operations->SettleMarket(&call, settle, &settled); });
  pb::GetStateHashResponse hash;
  as_operator("GetStateHash",
              [&](auto& call) { return venue.operations->GetStateHash(&call, {}, &hash); });
  CHECK(hash.state_hash().size() == 16);

  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "GetBalance");
  pb::GetBalanceResponse balance;
  REQUIRE(venue.exchange->GetBalance(&call, {}, &balance).ok());
  CHECK(balance.hold_micros() == 0);
  CHECK(balance.cash_micros() == 1'006'000'000);  // 10 x $0.60 won; makers pay no fee here.
}

TEST_CASE("GrpcErrors: each kind of refusal has its status code", "[grpc]") {
  using venue::RejectReason;
  CHECK(GrpcCodeOf(RejectReason::kDuplicateClientOrderId) == absl::StatusCode::kAlreadyExists);
  CHECK(GrpcCodeOf(RejectReason::kPostOnlyWouldCross) == absl::StatusCode::kFailedPrecondition);
  CHECK(GrpcCodeOf(RejectReason::kInvalidPrice) == absl::StatusCode::kInvalidArgument);
  CHECK(GrpcCodeOf(RejectReason::kUnknownOrder) == absl::StatusCode::kNotFound);
  CHECK(GrpcCodeOf(RejectReason::kTradingPaused) == absl::StatusCode::kUnavailable);
  CHECK(GrpcCodeOf(RejectReason::kOpenOrderCountAtMax) == absl::StatusCode::kResourceExhausted);
  const auto over = ToRefusal(kalshi::MakeError(kalshi::error::kTooManyRequests));
  CHECK(ToGrpcStatus(over).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(over.is_retryable());
}

}  // namespace evx::mock_kalshi
