#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/text_map.h"
#include "evx/gateway/v1/market_views.pb.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "evx/rebuild/v1/book_service.pb.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// From the messages of a book topic to the news of book streams: numbers are followed market by
// market as market_data.proto has it. Of a market whose book is not known, or in doubt, the latest
// changes are held; a snapshot, or a book of the rebuilder that they follow, makes it live.
//
// Pure and not thread-safe.
class BookFeed {
 public:
  // Of one market that is not live; the oldest goes first.
  static constexpr std::size_t kHeldMax = 512;

  enum class Plane : std::uint8_t { kLive, kReplay };
  explicit BookFeed(Plane plane) : plane_(plane) {}

  // A message of the topic, in order of its partition. What it says goes behind `news`.
  void Apply(const marketdata::v1::BookMessage& message, std::vector<StreamNews>& news);
  // The rebuilder's book of a market that is not live. False: it does not fit what was held; ask
  // again.
  bool Merge(const rebuild::v1::Book& book, std::vector<StreamNews>& news);
  // Whether somebody publishes changes at present; yes to begin with. Books that are live are told
  // as in doubt while nobody does, unless a change comes all the same.
  void SetFed(bool is_fed, std::vector<StreamNews>& news);
  // Nothing is known of any book any more: another replay begins.
  void Reset(std::vector<StreamNews>& news);

  bool IsLive(std::string_view ticker) const;
  std::size_t gap_count() const { return gap_count_; }

 private:
  struct Market {
    v1::BookHealth health;
    // Held: deltas behind `health.book_sequence()`, of which some may be missing.
    std::deque<marketdata::v1::BookMessage> held;
    std::string replay_id;
  };

  void Snapshot(Market& market, const marketdata::v1::BookMessage& message,
                std::vector<StreamNews>& news);
  void Delta(Market& market, const marketdata::v1::BookMessage& message,
             std::vector<StreamNews>& news);
  void LoseTrack(Market& market, const std::string& ticker, std::vector<StreamNews>& news);
  StreamNews NewsOf(const std::string& ticker, v1::BookUpdate update) const;

  const Plane plane_;
  std::size_t gap_count_ = 0;
  bool is_fed_ = true;
  TextMap<Market> markets_;
};

}  // namespace evx::gateway
