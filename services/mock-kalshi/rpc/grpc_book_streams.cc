#include "rpc/grpc_book_streams.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "evx/core/check.h"
#include "evx/venue/codec.h"
#include "rpc/grpc_conversions.h"
#include "rpc/grpc_log_stream.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;

template <class Levels>
void PutLevels(const Levels& levels,
               google::protobuf::RepeatedPtrField<common::v1::PriceLevel>& out) {
  for (const auto& [price, quantity] : levels) {
    common::v1::PriceLevel& level = *out.Add();
    level.set_price_micros(price.micros());
    level.set_quantity_centis(quantity.centis());
  }
}

// First a snapshot of each market, as many a message as fit; then their changes. A snapshot says
// what changes it holds already, so that no change is sent twice.
class BookStream final : public LogStream<pb::StreamBooksResponse> {
 public:
  BookStream(const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
             std::optional<GrpcCaller> opener, std::vector<MarketId> markets)
      : LogStream(gate, log, std::move(opener)), context_(context), markets_(std::move(markets)) {
    BeginAnew();
    Begin();
  }

 private:
  struct Followed {
    std::string ticker;
    SequenceNumber through;  // What was sent of it stands as after this command.
  };

  bool BeginAnew() override {
    snapshot_count_ = 0;
    return true;
  }

  bool Prepare(pb::StreamBooksResponse& response) override {
    if (snapshot_count_ == markets_.size()) return false;
    std::size_t bytes = 0;
    context_.read_model.Read([&](const ReadModel::State& state) {
      // What happens after the first snapshot is followed; later snapshots are ahead of that.
      if (snapshot_count_ == 0) next_ = SequenceNumber(state.sequence_number.value() + 1);
      while (snapshot_count_ < markets_.size() && bytes < kStreamMessageBytes) {
        const MarketState& market = state.At(markets_[snapshot_count_++]);
        pb::BookUpdate& update = *response.add_updates();
        update.set_market_ticker(market.ticker);
        PutLevels(market.book.bids, *update.mutable_snapshot()->mutable_bids());
        PutLevels(market.book.asks, *update.mutable_snapshot()->mutable_asks());
        followed_[market.market] = {market.ticker, state.sequence_number};
        bytes += update.ByteSizeLong();
      }
      response.set_sequence_number(static_cast<std::int64_t>(state.sequence_number.value()));
    });
    return true;
  }

  bool Take(const std::vector<EventLog::Record>& records,
            pb::StreamBooksResponse& response) override {
    for (const EventLog::Record& record : records) {
      const absl::Status status = venue::VisitEventsOf<venue::BookChanged, venue::BookCleared>(
          *record.events, [&](const auto& event) { Add(event, record.sequence_number, response); });
      EVX_CHECK(status.ok());  // The bytes come from our own encoder.
      next_ = SequenceNumber(record.sequence_number.value() + 1);
      if (response.updates_size() >= kUpdateCountMax) break;
    }
    response.set_sequence_number(static_cast<std::int64_t>(next_.value()) - 1);
    return response.updates_size() > 0;
  }

  // Null when the event is of no book that is followed, or is in its snapshot.
  pb::BookUpdate* UpdateOf(MarketId market, SequenceNumber sequence_number,
                           pb::StreamBooksResponse& response) {
    const auto followed = followed_.find(market);
    if (followed == followed_.end() || sequence_number <= followed->second.through) return nullptr;
    pb::BookUpdate* update = response.add_updates();
    update->set_market_ticker(followed->second.ticker);
    return update;
  }

  void Add(const venue::BookChanged& event, SequenceNumber sequence_number,
           pb::StreamBooksResponse& response) {
    pb::BookUpdate* const update = UpdateOf(event.market, sequence_number, response);
    if (update == nullptr) return;
    pb::BookChange& change = *update->mutable_change();
    change.set_side(ToProto(event.side));
    change.set_price_micros(event.price.micros());
    change.set_delta_centis(event.delta.centis());
    change.set_quantity_centis(event.quantity_after.centis());
  }
  void Add(const venue::BookCleared& event, SequenceNumber sequence_number,
           pb::StreamBooksResponse& response) {
    pb::BookUpdate* const update = UpdateOf(event.market, sequence_number, response);
    if (update != nullptr) update->mutable_snapshot();
  }

  // Of some 64 bytes each.
  static constexpr int kUpdateCountMax = static_cast<int>(kStreamMessageBytes / 64);

  const ExchangeContext& context_;
  const std::vector<MarketId> markets_;
  std::size_t snapshot_count_ = 0;  // Of markets_, sent so far.
  absl::flat_hash_map<MarketId, Followed> followed_;
};

class TradeStream final : public LogStream<pb::StreamTradesResponse> {
 public:
  TradeStream(const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
              std::optional<GrpcCaller> opener, std::vector<MarketId> markets, SequenceNumber start)
      : LogStream(gate, log, std::move(opener)),
        context_(context),
        markets_(markets.begin(), markets.end()) {
    next_ = start ? start : log.next();
    // The client learns at once that the stream is open and where it stands.
    response_.set_through_sequence_number(static_cast<std::int64_t>(next_.value()) - 1);
    StartWrite(&response_);
  }

 private:
  bool Take(const std::vector<EventLog::Record>& records,
            pb::StreamTradesResponse& response) override {
    for (const EventLog::Record& record : records) {
      const absl::Status status = venue::VisitEventsOf<venue::TradeExecuted>(
          *record.events, [&](const auto& event) { Add(event, record, response); });
      EVX_CHECK(status.ok());  // The bytes come from our own encoder.
      next_ = SequenceNumber(record.sequence_number.value() + 1);
      if (response.trades_size() >= kTradeCountMax) break;
    }
    response.set_through_sequence_number(static_cast<std::int64_t>(next_.value()) - 1);
    return response.trades_size() > 0;
  }

  void Add(const venue::TradeExecuted& event, const EventLog::Record& record,
           pb::StreamTradesResponse& response) const {
    if (!markets_.empty() && !markets_.contains(event.market)) return;
    const TradeRow row{event.trade_id,        event.market,     event.price,
                       event.quantity,        event.taker_side, event.taker_order_id,
                       event.maker_order_id,  /*busted=*/false, record.time,
                       record.sequence_number};
    context_.read_model.Read([&](const ReadModel::State& state) {
      *response.add_trades() = ToProto(row, state.At(event.market).ticker, context_.wire_ids);
    });
  }

  // Of some 128 bytes each.
  static constexpr int kTradeCountMax = static_cast<int>(kStreamMessageBytes / 128);

  const ExchangeContext& context_;
  const absl::flat_hash_set<MarketId> markets_;
};

}  // namespace

grpc::ServerWriteReactor<pb::StreamBooksResponse>* OpenBookStream(const ExchangeContext& context,
                                                                  const GrpcGate& gate,
                                                                  EventLog& log,
                                                                  std::optional<GrpcCaller> caller,
                                                                  std::vector<MarketId> markets) {
  return new BookStream(context, gate, log, std::move(caller), std::move(markets));
}

grpc::ServerWriteReactor<pb::StreamTradesResponse>* OpenTradeStream(
    const ExchangeContext& context, const GrpcGate& gate, EventLog& log,
    std::optional<GrpcCaller> caller, std::vector<MarketId> markets, SequenceNumber start) {
  return new TradeStream(context, gate, log, std::move(caller), std::move(markets), start);
}

}  // namespace evx::mock_kalshi
