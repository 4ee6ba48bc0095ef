#include <grpcpp/alarm.h>

#include <atomic>
#include <chrono>
#include <map>
#include <utility>

#include "evx/venue/exchange.h"
#include "read_model/order_reads.h"
#include "rpc/grpc_book_streams.h"
#include "rpc/grpc_errors.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;

constexpr std::size_t kOrderCountMax = 1'000;
constexpr auto kInterval = std::chrono::milliseconds(250);

// Looks at the exchange every interval in which something has happened. Places are asked of the
// exchange itself, between two commands, and sent once everything that it could see is durable.
//
// One of these owns the next step at any time: the alarm, a query, or a write under way. A canceled
// stream ends with its next step.
class QueuePositionStream final
    : public grpc::ServerWriteReactor<pb::StreamQueuePositionsResponse> {
 public:
  QueuePositionStream(const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
                      ReplyThread& replies, GrpcCaller caller, OrderQuery orders)
      : context_(context),
        gate_(gate),
        log_(log),
        replies_(replies),
        caller_(std::move(caller)),
        orders_(std::move(orders)) {
    orders_.limit = kOrderCountMax + 1;
    Look();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    Wait();
  }
  void OnCancel() override { canceled_.store(true); }
  void OnDone() override { delete this; }

 private:
  struct Place {
    MarketId market;
    Quantity ahead;
  };
  // Newest order first.
  using Places = std::map<OrderId, Place, std::greater<>>;

  void Wait() {
    alarm_.Set(std::chrono::system_clock::now() + kInterval, [this](bool) { Look(); });
  }

  void Look() {
    if (canceled_.load()) return Finish(grpc::Status::CANCELLED);
    if (log_.closed()) {
      return Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the exchange is stopping"));
    }
    if (!gate_.IsStillGood(caller_)) {
      return Finish(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the key was revoked"));
    }
    const SequenceNumber next = log_.next();
    if (has_sent_ && next == seen_) return Wait();
    seen_ = next;
    std::vector<OrderRow> rows = LiveOrders(context_, orders_);
    if (rows.size() > kOrderCountMax) {
      return Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                 "more than 1000 orders rest: name markets or a subaccount"));
    }
    const absl::Status queued =
        context_.sequencer.Ask([this, rows = std::move(rows)](const venue::Exchange& exchange) {
          Places places;
          for (const OrderRow& row : rows) {
            if (const auto ahead = exchange.QueuePosition(row.order_id)) {
              places[row.order_id] = {row.market, *ahead};
            }
          }
          return [this, places = std::move(places),
                  sequence_number = exchange.sequence_number()]() mutable {
            replies_.Post([this, places = std::move(places), sequence_number]() mutable {
              Send(std::move(places), sequence_number);
            });
          };
        });
    // The queue is full: the next look may find a place.
    if (!queued.ok()) {
      seen_ = SequenceNumber();
      Wait();
    }
  }

  void Send(Places places, SequenceNumber sequence_number) {
    if (canceled_.load()) return Finish(grpc::Status::CANCELLED);
    response_.Clear();
    response_.set_sequence_number(static_cast<std::int64_t>(sequence_number.value()));
    context_.read_model.Read([&](const ReadModel::State& state) {
      for (const auto& [order_id, place] : places) {
        const auto before = places_.find(order_id);
        if (before != places_.end() && before->second.ahead == place.ahead) continue;
        pb::QueuePosition& out = *response_.add_queue_positions();
        out.set_order_id(context_.wire_ids.Encode(order_id));
        out.set_market_ticker(state.At(place.market).ticker);
        out.set_quantity_ahead_centis(place.ahead.centis());
      }
    });
    for (const auto& [order_id, place] : places_) {
      if (!places.contains(order_id)) {
        response_.add_gone_order_ids(context_.wire_ids.Encode(order_id));
      }
    }
    places_ = std::move(places);
    const bool is_first = !std::exchange(has_sent_, true);
    if (!is_first && response_.queue_positions_size() == 0 &&
        response_.gone_order_ids_size() == 0) {
      return Wait();
    }
    StartWrite(&response_);
  }

  const ExchangeContext& context_;
  const GrpcGate& gate_;
  EventLog& log_;
  ReplyThread& replies_;
  const GrpcCaller caller_;
  OrderQuery orders_;
  grpc::Alarm alarm_;
  SequenceNumber seen_;  // Where the log was at the last look.
  bool has_sent_ = false;
  Places places_;  // As sent.
  pb::StreamQueuePositionsResponse response_;
  std::atomic<bool> canceled_ = false;
};

}  // namespace

grpc::ServerWriteReactor<pb::StreamQueuePositionsResponse>* OpenQueuePositionStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log, ReplyThread& replies,
    GrpcCaller caller, OrderQuery orders) {
  return new QueuePositionStream(context, gate, log, replies, std::move(caller), std::move(orders));
}

}  // namespace evx::mock_kalshi
