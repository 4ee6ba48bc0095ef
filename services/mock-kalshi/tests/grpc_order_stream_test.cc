#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "grpc_fixture.h"

namespace evx::mock_kalshi::testing {

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

TEST_CASE("OrderStream: answers that wait for each other go out at the start of a connection",
          "[grpc]") {
  constexpr int kConnections = 20;
  constexpr int kCount = 50;
  for (int n = 0; n < kConnections; ++n) {
    Venue venue;
    grpc::ClientContext call;
    venue.Sign(call, venue.alice(), "OrderStream");
    const auto stream = venue.exchange->OrderStream(&call);
    pb::OrderStreamRequest request;
    for (int i = 1; i <= kCount; ++i) {
      request.set_request_id(i);
      *request.mutable_create_order() =
          AnOrder(common_pb::BOOK_SIDE_BID, 1, 1, "o-" + std::to_string(i));
      // All of them in one packet.
      REQUIRE(stream->Write(request, grpc::WriteOptions().set_buffer_hint()));
    }
    stream->WritesDone();
    pb::OrderStreamResponse response;
    int count = 0;
    while (stream->Read(&response)) ++count;
    REQUIRE(stream->Finish().ok());
    REQUIRE(count == kCount);
  }
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

TEST_CASE("OrderBatchStream: commands of many messages are answered in order, several at a time",
          "[grpc]") {
  Venue venue;
  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "OrderBatchStream");
  const auto stream = venue.exchange->OrderBatchStream(&call);
  constexpr int kBatchCount = 60;
  constexpr int kCount = kBatchCount * 64;
  std::thread writer([&] {
    for (int i = 0; i < kBatchCount; ++i) {
      pb::OrderBatchStreamRequest request;
      for (int j = 1; j <= 64; ++j) {
        pb::OrderStreamRequest& command = *request.add_commands();
        command.set_request_id(i * 64 + j);
        *command.mutable_create_order() = AnOrder(common_pb::BOOK_SIDE_BID, 1 + j % 20, 1,
                                                  "b-" + std::to_string(command.request_id()));
      }
      if (!stream->Write(request)) break;
    }
    stream->WritesDone();
  });
  pb::OrderBatchStreamResponse response;
  std::int64_t last_sequence = 0;
  int count = 0;
  int message_count = 0;
  bool in_order = true;
  while (stream->Read(&response)) {
    ++message_count;
    for (const pb::OrderStreamResponse& answer : response.answers()) {
      ++count;
      in_order = in_order && answer.request_id() == count && answer.has_create_order() &&
                 answer.sequence_number() > last_sequence;
      last_sequence = answer.sequence_number();
    }
  }
  writer.join();
  const grpc::Status status = stream->Finish();
  INFO(status.error_message());
  CHECK(status.ok());
  CHECK(count == kCount);
  CHECK(message_count < kCount);
  CHECK(in_order);
}

TEST_CASE("OrderBatchStream: a refused command spoils no other, too many end the stream",
          "[grpc]") {
  Venue venue;
  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "OrderBatchStream");
  const auto stream = venue.exchange->OrderBatchStream(&call);
  pb::OrderBatchStreamRequest request;
  request.add_commands()->set_request_id(1);
  pb::OrderStreamRequest& good = *request.add_commands();
  good.set_request_id(2);
  *good.mutable_create_order() = AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "small");
  REQUIRE(stream->Write(request));
  std::map<std::int64_t, pb::OrderStreamResponse> answers;
  pb::OrderBatchStreamResponse response;
  while (answers.size() < 2) {
    REQUIRE(stream->Read(&response));
    for (const pb::OrderStreamResponse& answer : response.answers()) {
      answers[answer.request_id()] = answer;
    }
  }
  CHECK(answers[1].refusal().code() == static_cast<int>(absl::StatusCode::kInvalidArgument));
  CHECK(answers[2].has_create_order());
  for (int i = 0; i < 1'025; ++i) request.add_commands();
  REQUIRE(stream->Write(request));
  CHECK_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "commands: 1027 in one message, at most 1024");
}

TEST_CASE("OrderStream faults: commands keep their order and each has its answer", "[grpc]") {
  Venue venue(Faults::kAllowed);
  FaultProfile profile;
  profile.seed = 2;
  profile.jitter = absl::Milliseconds(2);
  profile.unavailable_rate = 300'000;
  profile.unavailable_executed_rate = 300'000;
  REQUIRE(venue.faults().Set({FaultDoor::kGrpc, AccountId()}, profile).ok());
  constexpr int kCount = 40;
  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "OrderStream");
  auto stream = venue.exchange->OrderStream(&call);
  for (int i = 1; i <= kCount; ++i) {
    pb::OrderStreamRequest request;
    request.set_request_id(i);
    *request.mutable_create_order() =
        AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "s-" + std::to_string(i));
    REQUIRE(stream->Write(request));
  }
  stream->WritesDone();
  std::set<std::int64_t> answered;
  int refused = 0;
  std::int64_t last_sequence_number = 0;
  pb::OrderStreamResponse response;
  while (stream->Read(&response)) {
    answered.insert(response.request_id());
    if (response.has_refusal()) {
      ++refused;
      continue;
    }
    CHECK(response.sequence_number() > last_sequence_number);
    last_sequence_number = response.sequence_number();
  }
  CHECK(stream->Finish().ok());
  CHECK(answered.size() == kCount);
  const auto log = venue.faults().Log(0, 1'000);
  const auto faulty = std::count_if(log.begin(), log.end(), [](const FaultLogEntry& entry) {
    return entry.kind != FaultKind::kDelay;
  });
  CHECK(refused == faulty);
  CHECK(refused > 10);
}

}  // namespace evx::mock_kalshi::testing
