#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exchange/event_log.h"
#include "grpc_fixture.h"
#include "rest/rest_router.h"
#include "rpc/grpc_errors.h"
#include "rpc/grpc_gate.h"

namespace evx::mock_kalshi::testing {

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

TEST_CASE("ListSettlements: each position that was paid, newest first, page by page", "[grpc]") {
  using Operator = ops_pb::OperatorService::Stub;
  Venue venue;
  REQUIRE(venue.Operate(&Operator::PutMarket, Venue::AMarket("TEST-1-B")).ok());
  for (const std::string ticker : {"TEST-1-A", "TEST-1-B"}) {
    auto bid = AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "bid-" + ticker);
    auto ask = AnOrder(common_pb::BOOK_SIDE_ASK, 40, 10, "ask-" + ticker);
    bid.set_market_ticker(ticker);
    ask.set_market_ticker(ticker);
    pb::CreateOrderResponse order;
    REQUIRE(venue.Create(venue.alice(), bid, order).ok());
    REQUIRE(venue.Create(venue.bob(), ask, order).ok());
    ops_pb::CloseMarketRequest close;
    close.set_market_ticker(ticker);
    REQUIRE(venue.Operate(&Operator::CloseMarket, close).ok());
    ops_pb::DetermineMarketRequest determine;
    determine.set_market_ticker(ticker);
    determine.set_result(common_pb::MARKET_RESULT_YES);
    REQUIRE(venue.Operate(&Operator::DetermineMarket, determine).ok());
    ops_pb::SettleMarketRequest settle;
    settle.set_market_ticker(ticker);
    REQUIRE(venue.Operate(&Operator::SettleMarket, settle).ok());
  }
  const auto list = [&venue](const Member& member, const pb::ListSettlementsRequest& request) {
    grpc::ClientContext call;
    venue.Sign(call, member, "ListSettlements");
    pb::ListSettlementsResponse response;
    REQUIRE(venue.exchange->ListSettlements(&call, request, &response).ok());
    return response;
  };
  pb::ListSettlementsRequest request;
  request.set_page_size(1);
  const pb::ListSettlementsResponse newest = list(venue.alice(), request);
  REQUIRE(newest.settlements_size() == 1);
  CHECK(newest.settlements(0).market_ticker() == "TEST-1-B");
  CHECK(newest.settlements(0).result() == common_pb::MARKET_RESULT_YES);
  CHECK(newest.settlements(0).settlement_value_micros() == 1'000'000);
  CHECK(newest.settlements(0).position_centis() == 1'000);
  CHECK(newest.settlements(0).revenue_micros() == 10'000'000);
  CHECK(newest.settlements(0).create_time().seconds() >= Venue::kStartSeconds);
  request.set_page_token(newest.next_page_token());
  const pb::ListSettlementsResponse older = list(venue.alice(), request);
  REQUIRE(older.settlements_size() == 1);
  CHECK(older.settlements(0).market_ticker() == "TEST-1-A");
  CHECK(older.settlements(0).sequence_number() < newest.settlements(0).sequence_number());
  request.set_page_token(older.next_page_token());
  CHECK(list(venue.alice(), request).settlements().empty());
  pb::ListSettlementsRequest of_market;
  of_market.set_market_ticker("TEST-1-A");
  const pb::ListSettlementsResponse bobs = list(venue.bob(), of_market);
  REQUIRE(bobs.settlements_size() == 1);
  CHECK(bobs.settlements(0).position_centis() == -1'000);
  CHECK(bobs.settlements(0).revenue_micros() == 0);
}

TEST_CASE("ListEquityMarks: malformed requests, and an exchange without PostgreSQL, are told so",
          "[grpc]") {
  Venue venue;
  const auto list = [&venue](const pb::ListEquityMarksRequest& request) {
    grpc::ClientContext call;
    venue.Sign(call, venue.alice(), "ListEquityMarks");
    pb::ListEquityMarksResponse response;
    return venue.exchange->ListEquityMarks(&call, request, &response);
  };
  const grpc::Status absent = list({});
  CHECK(absent.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(absent.error_message().find("--postgres_url_file") != std::string::npos);
  pb::ListEquityMarksRequest too_many;
  too_many.set_page_size(10'001);
  CHECK(list(too_many).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  pb::ListEquityMarksRequest too_early;
  too_early.mutable_start_time()->set_seconds(-1);
  CHECK(list(too_early).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  pb::ListEquityMarksRequest not_ours;
  not_ours.set_page_token("yesterday");
  CHECK(list(not_ours).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
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

TEST_CASE("StreamEvents: lists say from which number on they can be followed", "[grpc]") {
  Venue venue;
  pb::CreateOrderResponse first;
  REQUIRE(venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "a"), first).ok());
  grpc::ClientContext orders_call;
  venue.Sign(orders_call, venue.alice(), "ListOrders");
  pb::ListOrdersResponse orders;
  REQUIRE(venue.exchange->ListOrders(&orders_call, {}, &orders).ok());
  CHECK(orders.sequence_number() == first.sequence_number());
  grpc::ClientContext positions_call;
  venue.Sign(positions_call, venue.alice(), "ListPositions");
  pb::ListPositionsResponse positions;
  REQUIRE(venue.exchange->ListPositions(&positions_call, {}, &positions).ok());
  CHECK(positions.sequence_number() == first.sequence_number());
  grpc::ClientContext balance_call;
  venue.Sign(balance_call, venue.alice(), "GetBalance");
  pb::GetBalanceResponse balance;
  REQUIRE(venue.exchange->GetBalance(&balance_call, {}, &balance).ok());
  CHECK(balance.sequence_number() == first.sequence_number());

  grpc::ClientContext amend_call;
  venue.Sign(amend_call, venue.alice(), "AmendOrder");
  pb::AmendOrderRequest amend;
  amend.set_order_id(first.order_id());
  amend.set_price_micros(410'000);
  amend.set_total_quantity_centis(1'000);
  amend.mutable_expiration_time()->set_seconds(Venue::kStartSeconds + 600);
  pb::AmendOrderResponse amended;
  REQUIRE(venue.exchange->AmendOrder(&amend_call, amend, &amended).ok());
  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "StreamEvents");
  pb::StreamEventsRequest request;
  request.set_start_sequence_number(orders.sequence_number() + 1);
  const auto stream = venue.exchange->StreamEvents(&call, request);
  pb::StreamEventsResponse response;
  while (response.records().empty()) REQUIRE(stream->Read(&response));
  call.TryCancel();
  const auto& events = response.records(0).events();
  const auto seen = std::find_if(events.begin(), events.end(),
                                 [](const auto& event) { return event.has_order_amended(); });
  REQUIRE(seen != events.end());
  CHECK(seen->order_amended().expiration_time().seconds() == Venue::kStartSeconds + 600);
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

TEST_CASE("EventLog: who was canceled does not wait, who waits is called once", "[grpc]") {
  struct Reader final : EventLog::Waiter {
    void OnReadable() override { ++calls; }
    std::atomic<int> calls = 0;
  };
  Reader canceled_before;
  Reader canceled_later;
  Reader reader;
  const std::atomic<bool> no = false;
  const std::atomic<bool> yes = true;
  {
    std::unique_ptr<EventLog> log;
    ReplyThread replies;
    log = std::make_unique<EventLog>(EventLog::Options(), replies);
    CHECK_FALSE(log->Wait(SequenceNumber(1), canceled_before, yes));
    CHECK_FALSE(log->StopWaiting(canceled_before));
    CHECK(log->Wait(SequenceNumber(1), canceled_later, no));
    CHECK(log->StopWaiting(canceled_later));
    CHECK(log->Wait(SequenceNumber(1), reader, no));
    for (std::uint64_t i = 1; i <= 5; ++i) {
      log->OnRecord({SequenceNumber(i), Timestamp(), "", "", ""});
    }
  }
  CHECK(canceled_before.calls == 0);
  CHECK(canceled_later.calls == 0);
  CHECK(reader.calls == 1);
}

TEST_CASE("gRPC faults: a refused call leaves no order, a spoiled answer leaves one", "[grpc]") {
  Venue venue(Faults::kAllowed);
  const auto fail = [&venue](std::int64_t FaultProfile::*rate, const char* id) {
    FaultProfile profile;
    profile.*rate = FaultProfile::kRateMax;
    profile.latency = absl::Milliseconds(1);
    profile.answer_latency = absl::Milliseconds(1);
    REQUIRE(venue.faults().Set({FaultDoor::kGrpc, venue.alice().account}, profile).ok());
    pb::CreateOrderResponse order;
    const grpc::Status status =
        venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, id), order);
    venue.faults().ClearAll();
    return status;
  };
  const auto order_count = [&venue] {
    grpc::ClientContext call;
    venue.Sign(call, venue.alice(), "ListOrders");
    pb::ListOrdersResponse orders;
    REQUIRE(venue.exchange->ListOrders(&call, {}, &orders).ok());
    return orders.orders_size();
  };
  CHECK(fail(&FaultProfile::too_many_requests_rate, "f-1").error_code() ==
        grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(fail(&FaultProfile::unavailable_rate, "f-2").error_code() == grpc::StatusCode::UNAVAILABLE);
  const grpc::Status cut = fail(&FaultProfile::disconnect_rate, "f-3");
  CHECK(cut.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(cut.error_details().empty());
  CHECK(order_count() == 0);
  CHECK(fail(&FaultProfile::unavailable_executed_rate, "f-4").error_code() ==
        grpc::StatusCode::UNAVAILABLE);
  CHECK(order_count() == 1);
  CHECK(fail(&FaultProfile::disconnect_executed_rate, "f-5").error_code() ==
        grpc::StatusCode::UNAVAILABLE);
  CHECK(order_count() == 2);
}

TEST_CASE("Operator faults: both doors set, list and clear the same", "[grpc]") {
  Venue venue(Faults::kAllowed);
  using Stub = ops_pb::OperatorService::Stub;
  ops_pb::SetFaultsRequest set;
  set.mutable_target()->set_door("grpc");
  set.mutable_target()->mutable_account()->set_account_name("alice");
  set.mutable_profile()->set_latency_micros(1'500);
  set.mutable_profile()->set_drop_millionths(250'000);
  set.mutable_profile()->set_to_message(9);
  REQUIRE(venue.Operate(&Stub::SetFaults, set).ok());
  ops_pb::ListFaultsResponse list;
  REQUIRE(venue.Operate(&Stub::ListFaults, ops_pb::ListFaultsRequest(), &list).ok());
  REQUIRE(list.profiles_size() == 1);
  CHECK(list.allowed());
  CHECK(list.profiles(0).account_id() == venue.alice().account.value());
  CHECK(list.profiles(0).profile().latency_micros() == 1'500);
  CHECK(list.profiles(0).profile().unavailable_status() == 503);
  CHECK(list.profiles(0).profile().to_message() == 9);
  set.mutable_profile()->set_jitter_micros(60'500'000);
  const grpc::Status wrong = venue.Operate(&Stub::SetFaults, set);
  CHECK(wrong.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(wrong.error_message().find("jitter_ms 60500 is outside 0 to 60000") != std::string::npos);
  ops_pb::ClearFaultsRequest clear;
  *clear.mutable_target() = set.target();
  CHECK(venue.Operate(&Stub::ClearFaults, clear).ok());
  CHECK(venue.Operate(&Stub::ClearFaults, clear).error_code() == grpc::StatusCode::NOT_FOUND);
  ops_pb::ListFaultLogRequest log;
  log.set_page_size(10'001);
  CHECK(venue.Operate(&Stub::ListFaultLog, log).error_code() == grpc::StatusCode::INVALID_ARGUMENT);

  Venue strict;
  set.mutable_profile()->set_jitter_micros(0);
  const grpc::Status refused = strict.Operate(&Stub::SetFaults, set);
  CHECK(refused.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(refused.error_message().find("--faults=allowed") != std::string::npos);
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

}  // namespace evx::mock_kalshi::testing
