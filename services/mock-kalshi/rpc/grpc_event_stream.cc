#include "rpc/grpc_event_stream.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rpc/grpc_conversions.h"
#include "rpc/grpc_errors.h"
#include "rpc/grpc_events.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;

// Records that one message may hold, and the size at which it is sent before that.
constexpr std::size_t kRecordCountMax = 512;
constexpr std::size_t kMessageBytes = 256 * 1024;

// Exactly one of these owns the next step at any time: a write under way, the log (waiting), or the
// thread that runs Pump. A stream that waits is ended by whoever takes it from the log.
class EventStream final : public grpc::ServerWriteReactor<pb::StreamEventsResponse>,
                          public EventLog::Waiter {
 public:
  EventStream(const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
              std::optional<GrpcCaller> caller, const pb::StreamEventsRequest& request)
      : context_(context),
        gate_(gate),
        log_(log),
        caller_(std::move(caller)),
        include_progress_(request.include_progress()) {
    if (caller_) filter_.account = caller_->account();
    filter_.tickers = {request.market_tickers().begin(), request.market_tickers().end()};
    next_ = request.start_sequence_number() > 0
                ? SequenceNumber(static_cast<std::uint64_t>(request.start_sequence_number()))
                : log_.next();
    // The client learns at once that the stream is open and where it stands.
    response_.set_through_sequence_number(static_cast<std::int64_t>(next_.value()) - 1);
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    Pump();
  }

  void OnReadable() override { Pump(); }

  void OnCancel() override {
    canceled_.store(true);
    if (log_.StopWaiting(*this)) Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { delete this; }

 private:
  void Pump() {
    response_.Clear();
    for (;;) {
      if (canceled_.load()) return Finish(grpc::Status::CANCELLED);
      if (log_.closed()) {
        return Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the exchange is stopping"));
      }
      if (caller_ && !gate_.IsStillGood(*caller_)) {
        return Finish(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the key was revoked"));
      }
      if (!log_.Read(next_, kRecordCountMax, records_)) return CutOff();
      if (records_.empty()) break;
      Encode();
      if (response_.records_size() > 0) return StartWrite(&response_);
    }
    if (include_progress_ && response_.through_sequence_number() > 0) {
      return StartWrite(&response_);
    }
    log_.Wait(next_, *this);
    // A cancel that came in between found nobody waiting.
    if (canceled_.load() && log_.StopWaiting(*this)) Finish(grpc::Status::CANCELLED);
  }

  void Encode() {
    std::size_t bytes = 0;
    for (const EventLog::Record& record : records_) {
      events::v1::ExchangeRecord& out = *response_.add_records();
      AppendVisibleEvents(context_, filter_, *record.events, out);
      if (out.events_size() == 0) {
        response_.mutable_records()->RemoveLast();
      } else {
        out.set_sequence_number(static_cast<std::int64_t>(record.sequence_number.value()));
        *out.mutable_create_time() = ToProto(record.time);
        if (IsOwn(record)) out.set_trace_id(record.trace_id.ToHex());
        bytes += out.ByteSizeLong();
      }
      next_ = SequenceNumber(record.sequence_number.value() + 1);
      if (bytes >= kMessageBytes) break;
    }
    response_.set_through_sequence_number(static_cast<std::int64_t>(next_.value()) - 1);
  }

  // Others must not learn that two commands had one sender.
  bool IsOwn(const EventLog::Record& record) const {
    if (!caller_ || !record.trace_id || record.key_id.empty()) return false;
    return context_.read_model.Read([&](const ReadModel::State& state) {
      const auto key = state.keys.find(record.key_id.view());
      return key != state.keys.end() && key->second.account == caller_->account();
    });
  }

  void CutOff() {
    const std::uint64_t first = log_.first_available().value();
    pb::Refusal refusal;
    refusal.set_code(static_cast<int>(absl::StatusCode::kOutOfRange));
    refusal.set_message("sequence number " + std::to_string(next_.value()) +
                        " is no longer kept; the first available is " + std::to_string(first));
    refusal.set_first_available_sequence_number(static_cast<std::int64_t>(first));
    Finish(ToGrpcStatus(refusal));
  }

  const ExchangeContext& context_;
  const GrpcGate& gate_;
  EventLog& log_;
  const std::optional<GrpcCaller> caller_;
  const bool include_progress_;
  EventFilter filter_;
  SequenceNumber next_;
  std::vector<EventLog::Record> records_;
  pb::StreamEventsResponse response_;
  std::atomic<bool> canceled_ = false;
};

}  // namespace

grpc::ServerWriteReactor<pb::StreamEventsResponse>* OpenEventStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
    std::optional<GrpcCaller> caller, const pb::StreamEventsRequest& request) {
  return new EventStream(context, gate, log, std::move(caller), request);
}

}  // namespace evx::mock_kalshi
