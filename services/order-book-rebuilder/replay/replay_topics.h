#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/kafka/producer.h"
#include "evx/market_data/market_pipeline.h"
#include "evx/market_data/message_sink.h"
#include "evx/market_data/pipeline_probe.h"
#include "replay/replay_books.h"
#include "replay/replay_counters.h"
#include "replay/replay_player.h"

namespace evx::order_book_rebuilder {

// A replay into the topics evx.replay.book.v1 and evx.replay.trades.v1, as the messages that
// market-data-server would have made of the frames, each with the replay's id.
//
// The producer takes no topic without the prefix evx.replay., whatever asks it to: nothing of a
// replay can get into a topic of the live plane. What a pipeline tells beside books and trades is
// logged, or left out.
//
// Each market's numbers count from 1 on, and go on over seeks and other films of the same replay
// id: the books that were told are in doubt then, and snapshots of those known follow.
//
// Nothing blocks. Not thread-safe.
class ReplayTopics final : public market_data::MessageSink {
 public:
  static constexpr std::string_view kPrefix = "evx.replay.";
  static constexpr std::string_view kBooks = "evx.replay.book.v1";
  static constexpr std::string_view kTrades = "evx.replay.trades.v1";
  static_assert(kBooks.starts_with(kPrefix) && kTrades.starts_with(kPrefix));
  // The film waits while more than this has not been acknowledged.
  static constexpr std::size_t kWaitingBytesMax = std::size_t{16} << 20;
  static constexpr std::uint64_t kWaitingMessagesMax = 50'000;

  struct Options {
    std::string brokers;
    std::string replay_id;  // Not empty.
  };

  // OK also when no broker can be reached yet. `clock` and `counters` outlive it.
  static absl::StatusOr<std::unique_ptr<ReplayTopics>> Open(const Options& options,
                                                            const Clock& clock,
                                                            ReplayCounters& counters);

  // The frames that come next do not follow those before. Every book that was told is in doubt.
  void Interrupt() { pipeline_.Interrupt(); }
  // And those that are known as of the next frame are told.
  void Begin(const ReplayBooks& books);
  // A snapshot, a delta or a trade; others are left out.
  void Give(const ReplayFrame& frame);

  // Takes in what was acknowledged meanwhile, and tells what there was no room for before.
  void Turn();
  // Whether the next frame has to wait.
  bool HoldsUp() const;
  // Messages that the brokers have not acknowledged.
  std::uint64_t waiting_count() const { return producer_->pending(); }
  // Why nothing is acknowledged at present; FAILED_PRECONDITION: nothing will be.
  absl::Status status() const { return producer_->status(); }
  // What waits, as far as it goes in that time.
  absl::Status Flush(absl::Duration timeout) { return producer_->Flush(timeout); }

  // market_data::MessageSink, for the pipeline.
  bool Publish(market_data::Topic topic, std::string_view key, std::int64_t sequence,
               const google::protobuf::MessageLite& message, Timestamp received) override;

 private:
  ReplayTopics(const Options& options, const Clock& clock, ReplayCounters& counters,
               std::unique_ptr<kafka::Producer> producer);

  bool Send(std::string_view topic, std::string_view key,
            const google::protobuf::MessageLite& message);
  void Want(std::string_view ticker);
  // Of a frame that cannot be read.
  void TellUnreadable(const ReplayFrame& frame, std::string_view why);

  ReplayCounters& counters_;
  const std::unique_ptr<kafka::Producer> producer_;
  std::uint64_t counted_ = 0;              // Of the acknowledged ones.
  std::deque<std::size_t> waiting_sizes_;  // Of those that were not acknowledged, oldest first.
  std::size_t waiting_bytes_ = 0;          // Their sum.
  bool was_refused_ = false;               // There was no room for a message; the pipeline knows.
  std::string payload_;                    // Scratch.
  std::unordered_set<std::string, TextHash, std::equal_to<>> tickers_;  // That the pipeline has.
  market_data::PipelineProbe probe_;
  market_data::MarketPipeline pipeline_;
};

}  // namespace evx::order_book_rebuilder
