#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/exchange/v1/book_service.grpc.pb.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/rpc/server.h"

namespace evx::gateway::testing {

namespace exchange_pb = exchange::v1;

// The exchange's gRPC door with one account behind it, and the faults that a network has. Takes
// every order, fills none.
class FakeExchange final : public exchange_pb::ExchangeService::Service,
                           public exchange_pb::BookService::Service {
 public:
  FakeExchange() {
    auto server = rpc::Server::Start({}, {static_cast<exchange_pb::ExchangeService::Service*>(this),
                                          static_cast<exchange_pb::BookService::Service*>(this)});
    EVX_CHECK(server.ok());
    server_ = *std::move(server);
    server_->SetServing(true);
  }
  ~FakeExchange() override { Stop(); }
  // Ends every call and answers none from now on.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
    }
    changed_.notify_all();
    server_->Drain(absl::ZeroDuration());
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  // The order stream breaks after it has carried out so many more commands and answered none of
  // them; -1: it does not.
  std::atomic<int> breaks_after{-1};
  // Calls and streams of a key that is not known are refused.
  std::atomic<bool> knows_key{true};
  // Commands that arrived, of all kinds, over a stream and as calls.
  std::atomic<int> stream_command_count{0};
  std::atomic<int> call_count{0};
  // The order stream answers nothing while it is true.
  void Hold(bool is_held) {
    {
      const std::lock_guard lock(mutex_);
      is_held_ = is_held;
    }
    changed_.notify_all();
  }
  // Event streams behind this number are refused as too old.
  void ForgetThrough(std::int64_t sequence_number) {
    const std::lock_guard lock(mutex_);
    forgotten_through_ = sequence_number;
  }
  // Ends the event streams that are open.
  void BreakEventStreams() {
    {
      const std::lock_guard lock(mutex_);
      ++event_stream_breaks_;
    }
    changed_.notify_all();
  }

  std::vector<exchange_pb::Order> Resting() const {
    const std::lock_guard lock(mutex_);
    std::vector<exchange_pb::Order> orders;
    for (const auto& [id, order] : orders_) {
      if (order.status() == exchange_pb::ORDER_STATUS_RESTING) orders.push_back(order);
    }
    return orders;
  }
  std::size_t order_count() const {
    const std::lock_guard lock(mutex_);
    return orders_.size();
  }
  void SetPosition(const std::string& ticker, std::int64_t centis) {
    const std::lock_guard lock(mutex_);
    positions_[ticker] = centis;
  }
  void Quote(std::int64_t bid_micros, std::int64_t ask_micros) {
    const std::lock_guard lock(mutex_);
    bid_micros_ = bid_micros;
    ask_micros_ = ask_micros;
  }

  grpc::Status OrderStream(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<exchange_pb::OrderStreamResponse, exchange_pb::OrderStreamRequest>*
          stream) override {
    if (!knows_key) return UnknownKey();
    exchange_pb::OrderStreamRequest request;
    while (stream->Read(&request)) {
      ++stream_command_count;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !is_held_ || is_stopped_; });
        if (is_stopped_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping");
      }
      exchange_pb::OrderStreamResponse response;
      response.set_request_id(request.request_id());
      CarryOut(request, response);
      if (breaks_after >= 0 && breaks_after-- == 0) {
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken");
      }
      if (breaks_after >= 0) continue;
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  grpc::Status CreateOrder(grpc::ServerContext*, const exchange_pb::CreateOrderRequest* request,
                           exchange_pb::CreateOrderResponse* response) override {
    return CarryOutCall([&](auto& command) { *command.mutable_create_order() = *request; },
                        [&](auto& answer) { *response = answer.create_order(); });
  }
  grpc::Status AmendOrder(grpc::ServerContext*, const exchange_pb::AmendOrderRequest* request,
                          exchange_pb::AmendOrderResponse* response) override {
    return CarryOutCall([&](auto& command) { *command.mutable_amend_order() = *request; },
                        [&](auto& answer) { *response = answer.amend_order(); });
  }
  grpc::Status CancelOrder(grpc::ServerContext*, const exchange_pb::CancelOrderRequest* request,
                           exchange_pb::CancelOrderResponse* response) override {
    return CarryOutCall([&](auto& command) { *command.mutable_cancel_order() = *request; },
                        [&](auto& answer) { *response = answer.cancel_order(); });
  }
  grpc::Status CancelAllOrders(grpc::ServerContext*, const exchange_pb::CancelAllOrdersRequest*,
                               exchange_pb::CancelAllOrdersResponse* response) override {
    return CarryOutCall([&](auto& command) { command.mutable_cancel_all_orders(); },
                        [&](auto& answer) { *response = answer.cancel_all_orders(); });
  }
  grpc::Status GetOrder(grpc::ServerContext*, const exchange_pb::GetOrderRequest* request,
                        exchange_pb::GetOrderResponse* response) override {
    const std::lock_guard lock(mutex_);
    const auto found = orders_.find(request->order_id());
    if (found == orders_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "order not found");
    *response->mutable_order() = found->second;
    return grpc::Status::OK;
  }
  grpc::Status GetMarket(grpc::ServerContext*, const exchange_pb::GetMarketRequest* request,
                         exchange_pb::GetMarketResponse* response) override {
    const std::lock_guard lock(mutex_);
    auto& market = *response->mutable_market();
    market.set_market_ticker(request->market_ticker());
    market.set_price_level_structure("linear_cent");
    if (bid_micros_ > 0) market.mutable_best_bid()->set_price_micros(bid_micros_);
    if (ask_micros_ > 0) market.mutable_best_ask()->set_price_micros(ask_micros_);
    return grpc::Status::OK;
  }
  grpc::Status ListOrders(grpc::ServerContext*, const exchange_pb::ListOrdersRequest* request,
                          exchange_pb::ListOrdersResponse* response) override {
    const std::lock_guard lock(mutex_);
    response->set_sequence_number(sequence_number_);
    for (const auto& [id, order] : orders_) {
      const bool is_resting = order.status() == exchange_pb::ORDER_STATUS_RESTING;
      if (is_resting || request->status() == exchange_pb::ORDER_STATUS_UNSPECIFIED) {
        *response->add_orders() = order;
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status ListPositions(grpc::ServerContext*, const exchange_pb::ListPositionsRequest*,
                             exchange_pb::ListPositionsResponse* response) override {
    const std::lock_guard lock(mutex_);
    response->set_sequence_number(sequence_number_);
    for (const auto& [ticker, centis] : positions_) {
      auto& position = *response->add_positions();
      position.set_market_ticker(ticker);
      position.set_position_centis(centis);
    }
    return grpc::Status::OK;
  }
  grpc::Status GetBalance(grpc::ServerContext*, const exchange_pb::GetBalanceRequest*,
                          exchange_pb::GetBalanceResponse* response) override {
    if (!knows_key) return UnknownKey();
    const std::lock_guard lock(mutex_);
    response->set_sequence_number(sequence_number_);
    response->set_cash_micros(1'000'000'000);
    return grpc::Status::OK;
  }
  grpc::Status ListFills(grpc::ServerContext*, const exchange_pb::ListFillsRequest*,
                         exchange_pb::ListFillsResponse*) override {
    if (!knows_key) return UnknownKey();
    return grpc::Status::OK;
  }
  grpc::Status CreateOrderGroup(grpc::ServerContext*,
                                const exchange_pb::CreateOrderGroupRequest* request,
                                exchange_pb::CreateOrderGroupResponse* response) override {
    ++call_count;
    if (request->limit_centis() <= 0) {
      exchange_pb::Refusal refusal;
      refusal.set_reason("InvalidQuantity");
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "limit", refusal.SerializeAsString());
    }
    const std::lock_guard lock(mutex_);
    auto& group = groups_.emplace_back();
    group.set_order_group_id("g" + std::to_string(groups_.size()));
    group.set_limit_centis(request->limit_centis());
    group.set_triggered(true);
    response->set_order_group_id(group.order_group_id());
    response->set_sequence_number(++sequence_number_);
    return group_answer_;
  }
  grpc::Status ResetOrderGroup(grpc::ServerContext*,
                               const exchange_pb::ResetOrderGroupRequest* request,
                               exchange_pb::ResetOrderGroupResponse* response) override {
    const std::lock_guard lock(mutex_);
    for (auto& group : groups_) {
      if (group.order_group_id() != request->order_group_id()) continue;
      group.set_triggered(false);
      response->set_sequence_number(++sequence_number_);
      return grpc::Status::OK;
    }
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "group not found");
  }
  grpc::Status ListOrderGroups(grpc::ServerContext*, const exchange_pb::ListOrderGroupsRequest*,
                               exchange_pb::ListOrderGroupsResponse* response) override {
    const std::lock_guard lock(mutex_);
    for (const auto& group : groups_) *response->add_order_groups() = group;
    return grpc::Status::OK;
  }
  // What becomes of the answers of groups that were made.
  void AnswerGroupsWith(grpc::Status answer) {
    const std::lock_guard lock(mutex_);
    group_answer_ = std::move(answer);
  }
  grpc::Status StreamEvents(
      grpc::ServerContext* call, const exchange_pb::StreamEventsRequest* request,
      grpc::ServerWriter<exchange_pb::StreamEventsResponse>* writer) override {
    if (!knows_key) return UnknownKey();
    std::unique_lock lock(mutex_);
    const int breaks = event_stream_breaks_;
    if (request->start_sequence_number() <= forgotten_through_) {
      return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "no longer kept");
    }
    std::size_t next = 0;
    while (next < records_.size() &&
           records_[next].sequence_number() < request->start_sequence_number()) {
      ++next;
    }
    for (;;) {
      while (next < records_.size()) {
        exchange_pb::StreamEventsResponse response;
        *response.add_records() = records_[next++];
        response.set_through_sequence_number(response.records(0).sequence_number());
        if (!writer->Write(response)) return grpc::Status::CANCELLED;
      }
      // A canceled call is noticed at the next turn.
      changed_.wait_for(lock, std::chrono::milliseconds(20));
      if (is_stopped_ || call->IsCancelled() || breaks != event_stream_breaks_) {
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "ended");
      }
    }
  }

 private:
  static grpc::Status UnknownKey() {
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "unknown key");
  }
  template <class Put, class Take>
  grpc::Status CarryOutCall(Put put, Take take) {
    ++call_count;
    if (!knows_key) return UnknownKey();
    exchange_pb::OrderStreamRequest request;
    put(request);
    exchange_pb::OrderStreamResponse response;
    CarryOut(request, response);
    if (response.has_refusal()) {
      return grpc::Status(static_cast<grpc::StatusCode>(response.refusal().code()),
                          response.refusal().message(), response.refusal().SerializeAsString());
    }
    take(response);
    return grpc::Status::OK;
  }

  static void Refuse(grpc::StatusCode code, const std::string& reason,
                     exchange_pb::OrderStreamResponse& response) {
    response.mutable_refusal()->set_code(code);
    response.mutable_refusal()->set_reason(reason);
    response.mutable_refusal()->set_message("refused: " + reason);
  }

  void CarryOut(const exchange_pb::OrderStreamRequest& request,
                exchange_pb::OrderStreamResponse& response) {
    {
      const std::lock_guard lock(mutex_);
      response.set_sequence_number(++sequence_number_);
      if (request.has_create_order()) {
        Create(request.create_order(), response);
      } else if (request.has_amend_order()) {
        Amend(request.amend_order(), response);
      } else if (request.has_cancel_order()) {
        Cancel(request.cancel_order(), response);
      } else {
        auto& all = *response.mutable_cancel_all_orders();
        for (auto& [id, order] : orders_) {
          if (order.status() != exchange_pb::ORDER_STATUS_RESTING) continue;
          order.set_status(exchange_pb::ORDER_STATUS_CANCELED);
          order.set_remaining_quantity_centis(0);
          all.set_canceled_order_count(all.canceled_order_count() + 1);
        }
        all.set_sequence_number(sequence_number_);
      }
    }
    changed_.notify_all();
  }
  void Create(const exchange_pb::CreateOrderRequest& create,
              exchange_pb::OrderStreamResponse& response) {
    if (create.price_micros() == 999'999) {
      return Refuse(grpc::StatusCode::INVALID_ARGUMENT, "InvalidPrice", response);
    }
    const auto [known, is_new] =
        by_client_id_.try_emplace(create.client_order_id(), "o" + std::to_string(orders_.size()));
    if (!is_new) {
      Refuse(grpc::StatusCode::ALREADY_EXISTS, "DuplicateClientOrderId", response);
      response.mutable_refusal()->set_order_id(known->second);
      return;
    }
    exchange_pb::Order& order = orders_[known->second];
    order.set_order_id(known->second);
    order.set_client_order_id(create.client_order_id());
    order.set_market_ticker(create.market_ticker());
    order.set_side(create.side());
    order.set_price_micros(create.price_micros());
    order.set_quantity_centis(create.quantity_centis());
    order.set_remaining_quantity_centis(create.quantity_centis());
    order.set_status(exchange_pb::ORDER_STATUS_RESTING);
    order.set_sequence_number(sequence_number_);
    auto& created = *response.mutable_create_order();
    created.set_order_id(known->second);
    created.set_sequence_number(sequence_number_);
    // An order that closes a position is filled for all but one contract.
    if (create.reduce_only()) {
      created.set_filled_quantity_centis(create.quantity_centis() - 100);
      order.set_filled_quantity_centis(created.filled_quantity_centis());
      order.set_status(exchange_pb::ORDER_STATUS_CANCELED);
      order.set_remaining_quantity_centis(0);
      return;
    }
    created.set_remaining_quantity_centis(create.quantity_centis());
    auto& record = records_.emplace_back();
    record.set_sequence_number(sequence_number_);
    auto& accepted = *record.add_events()->mutable_order_accepted();
    accepted.set_order_id(order.order_id());
    accepted.set_quantity_centis(order.quantity_centis());
    accepted.set_market_ticker(order.market_ticker());
  }
  exchange_pb::Order* Find(const std::string& order_id,
                           exchange_pb::OrderStreamResponse& response) {
    const auto found = orders_.find(order_id);
    if (found != orders_.end() && found->second.status() == exchange_pb::ORDER_STATUS_RESTING) {
      return &found->second;
    }
    Refuse(grpc::StatusCode::NOT_FOUND, "UnknownOrder", response);
    return nullptr;
  }
  void Amend(const exchange_pb::AmendOrderRequest& amend,
             exchange_pb::OrderStreamResponse& response) {
    auto* order = Find(amend.order_id(), response);
    if (order == nullptr) return;
    order->set_price_micros(amend.price_micros());
    order->set_remaining_quantity_centis(amend.total_quantity_centis());
    response.mutable_amend_order()->set_order_id(amend.order_id());
    response.mutable_amend_order()->set_remaining_quantity_centis(amend.total_quantity_centis());
  }
  void Cancel(const exchange_pb::CancelOrderRequest& cancel,
              exchange_pb::OrderStreamResponse& response) {
    auto* order = Find(cancel.order_id(), response);
    if (order == nullptr) return;
    response.mutable_cancel_order()->set_order_id(cancel.order_id());
    response.mutable_cancel_order()->set_reduced_by_centis(order->remaining_quantity_centis());
    order->set_remaining_quantity_centis(0);
    order->set_status(exchange_pb::ORDER_STATUS_CANCELED);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopped_ = false;
  bool is_held_ = false;
  int event_stream_breaks_ = 0;
  std::int64_t forgotten_through_ = 0;
  std::int64_t sequence_number_ = 10;
  std::int64_t bid_micros_ = 0;
  std::int64_t ask_micros_ = 0;
  std::vector<exchange_pb::OrderGroup> groups_;
  grpc::Status group_answer_;
  std::map<std::string, exchange_pb::Order> orders_;
  std::map<std::string, std::string> by_client_id_;
  std::map<std::string, std::int64_t> positions_;
  std::vector<events::v1::ExchangeRecord> records_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace evx::gateway::testing
