#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "catalogue/catalogue_facts.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/websocket_messages.h"
#include "exchange/record.h"
#include "exchange/wire_id.h"
#include "read_model/read_model.h"
#include "websocket/feed_batch.h"
#include "websocket/feed_demand.h"

namespace evx::mock_kalshi {

// Turns released records into the messages of the WebSocket channels, each encoded once, as far as
// anybody subscribes to them. Runs on the release thread, behind the read model: what it publishes
// is durable, and the read model shows it already.
//
// Messages collect until Flush or until a batch has kBatchBytes.
class FeedEncoder final : public RecordListener, public RowObserver {
 public:
  static constexpr std::size_t kBatchBytes = 1 << 20;

  using Publish = std::function<void(std::shared_ptr<const FeedBatch>)>;

  explicit FeedEncoder(const FeedDemand& demand) : demand_(demand) {}

  struct Sources {
    const ReadModel& read_model;
    const WireIdCodec& wire_ids;
    const CatalogueFacts& facts;
  };
  // Nothing is encoded before. At any time, while nobody demands anything.
  void Connect(Sources sources, Publish publish);

  // RowObserver, under the read model's lock.
  void OnRecordBegins(SequenceNumber sequence_number) override;
  void OnOrderChanged(const OrderRow& order) override;
  void OnPositionChanged(const PositionState& position) override;

  void OnRecord(const ReleasedRecord& record) override;
  // The books as they stand at this point of the stream, for one session. On the release thread.
  void AddSnapshots(const SnapshotTarget& target, const std::vector<MarketId>& markets);
  void Flush();

 private:
  class Visitor;
  struct TickerValues {
    Price last_price, bid, ask;
    Quantity bid_size, ask_size, last_trade_size, volume, open_interest;
    friend bool operator==(const TickerValues&, const TickerValues&) = default;
  };

  FeedBatch& batch();
  // Appends `,"msg":` message `}`.
  template <class Message>
  TextRange Encode(const Message& message);
  kalshi::OrderbookDelta& DeltaOf(const MarketState& market);

  const FeedDemand& demand_;
  std::optional<Sources> sources_;
  Publish publish_;
  std::unique_ptr<FeedBatch> batch_;

  // Of the present record.
  bool is_wanted_ = false;
  std::vector<OrderRow> orders_;
  std::vector<PositionState> positions_;

  // Markets whose empty book the present command has published: its events may fill several
  // records.
  std::vector<MarketId> cleared_;

  absl::flat_hash_map<MarketId, kalshi::OrderbookDelta> deltas_;  // With ticker and id filled in.
  // As last published; none of a market whose ticker nobody wanted since.
  absl::flat_hash_map<MarketId, TickerValues> tickers_;
};

}  // namespace evx::mock_kalshi
