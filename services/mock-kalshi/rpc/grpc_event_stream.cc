#include "rpc/grpc_event_stream.h"

#include <utility>
#include <vector>

#include "rpc/grpc_conversions.h"
#include "rpc/grpc_events.h"
#include "rpc/grpc_log_stream.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;

class EventStream final : public LogStream<pb::StreamEventsResponse> {
 public:
  EventStream(const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
              std::optional<GrpcCaller> opener, const pb::StreamEventsRequest& request)
      : LogStream(gate, log, std::move(opener)),
        context_(context),
        include_progress_(request.include_progress()) {
    if (caller()) filter_.account = caller()->account();
    filter_.tickers = {request.market_tickers().begin(), request.market_tickers().end()};
    next_ = request.start_sequence_number() > 0
                ? SequenceNumber(static_cast<std::uint64_t>(request.start_sequence_number()))
                : log.next();
    // The client learns at once that the stream is open and where it stands.
    response_.set_through_sequence_number(static_cast<std::int64_t>(next_.value()) - 1);
    StartWrite(&response_);
  }

 private:
  bool Take(const std::vector<EventLog::Record>& records,
            pb::StreamEventsResponse& response) override {
    std::size_t bytes = 0;
    for (const EventLog::Record& record : records) {
      events::v1::ExchangeRecord& out = *response.add_records();
      AppendVisibleEvents(context_, filter_, *record.events, out);
      if (out.events_size() == 0) {
        response.mutable_records()->RemoveLast();
      } else {
        out.set_sequence_number(static_cast<std::int64_t>(record.sequence_number.value()));
        *out.mutable_create_time() = ToProto(record.time);
        if (IsOwn(record)) out.set_trace_id(record.trace_id.ToHex());
        bytes += out.ByteSizeLong();
      }
      next_ = SequenceNumber(record.sequence_number.value() + 1);
      if (bytes >= kStreamMessageBytes) break;
    }
    response.set_through_sequence_number(static_cast<std::int64_t>(next_.value()) - 1);
    return response.records_size() > 0;
  }

  bool SendsProgress(const pb::StreamEventsResponse& response) const override {
    return include_progress_ && response.through_sequence_number() > 0;
  }

  // Others must not learn that two commands had one sender.
  bool IsOwn(const EventLog::Record& record) const {
    if (!caller() || !record.trace_id || record.key_id.empty()) return false;
    return context_.read_model.Read([&](const ReadModel::State& state) {
      const auto key = state.keys.find(record.key_id.view());
      return key != state.keys.end() && key->second.account == caller()->account();
    });
  }

  const ExchangeContext& context_;
  const bool include_progress_;
  EventFilter filter_;
};

}  // namespace

grpc::ServerWriteReactor<pb::StreamEventsResponse>* OpenEventStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
    std::optional<GrpcCaller> caller, const pb::StreamEventsRequest& request) {
  return new EventStream(context, gate, log, std::move(caller), request);
}

}  // namespace evx::mock_kalshi
