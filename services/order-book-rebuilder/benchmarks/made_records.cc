#include "benchmarks/made_records.h"

#include <algorithm>
#include <map>
#include <random>

#include "evx/book/book.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "fold/book_message.h"

namespace evx::order_book_rebuilder {
namespace {

namespace pb = marketdata::v1;

constexpr int kDeltasPerSnapshot = 10;
constexpr int kLevelCount = 30;
constexpr std::int64_t kStartNanos = 1'800'000'000'000'000'000;

struct Market {
  std::string ticker;
  std::int64_t sequence = 0;
  int delta_count = 0;
  std::map<std::int64_t, std::int64_t> levels[2];  // By micro-dollars.
};

pb::BookMessage AMessage(const Market& market, std::int64_t nanos) {
  pb::BookMessage message;
  message.mutable_envelope()->set_source("mock-kalshi");
  message.mutable_envelope()->set_schema_version(kSchemaVersion);
  message.mutable_envelope()->set_sequence(market.sequence);
  message.mutable_envelope()->set_source_subscription(1);
  message.mutable_envelope()->set_source_sequence(nanos % 1'000'000);
  message.mutable_envelope()->set_received_ns(nanos);
  message.mutable_envelope()->set_published_ns(nanos + 20'000);
  message.mutable_envelope()->set_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
  message.set_market_ticker(market.ticker);
  return message;
}

pb::BookMessage Snapshot(const Market& market, pb::SnapshotCause cause, std::int64_t nanos) {
  pb::BookMessage message = AMessage(market, nanos);
  pb::BookSnapshot& snapshot = *message.mutable_snapshot();
  snapshot.set_cause(cause);
  std::vector<book::Level> levels[2];
  for (const int side : {0, 1}) {
    for (const auto& [micros, centis] : market.levels[side]) {
      levels[side].push_back({Price::FromMicros(micros), Quantity::FromCentis(centis)});
    }
    if (side == 0) std::reverse(levels[side].begin(), levels[side].end());
    for (const book::Level& level : levels[side]) {
      auto* const out = side == 0 ? snapshot.add_bids() : snapshot.add_asks();
      out->set_price_micros(level.price.micros());
      out->set_quantity_centis(level.quantity.centis());
    }
  }
  snapshot.set_book_hash(book::HashLevels(market.ticker, levels[0], levels[1]));
  return message;
}

}  // namespace

std::string MadeTicker(int market) { return "KXBENCHMARK-26NOV21-B" + std::to_string(market); }

Records MakeRecords(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<Market> markets(kMadeMarketCount);
  Records records;
  const auto add = [&](const Market& market, const pb::BookMessage& message) {
    records.Add(market.ticker, message.SerializeAsString());
  };
  for (std::int64_t nanos = kStartNanos; records.size() < count; nanos += 5'000) {
    const auto number = static_cast<int>(random() % kMadeMarketCount);
    Market& market = markets[static_cast<std::size_t>(number)];
    if (market.sequence++ == 0) {
      market.ticker = MadeTicker(number);
      add(market, Snapshot(market, pb::SNAPSHOT_CAUSE_VENUE, nanos));
      continue;
    }
    const auto side = static_cast<int>(random() % 2);
    const std::int64_t micros = (side == 0 ? 20 : 20 + kLevelCount) * 10'000 +
                                static_cast<std::int64_t>(random() % kLevelCount) * 10'000;
    std::int64_t& level = market.levels[side][micros];
    const std::int64_t before = level;
    level = random() % 4 == 0 ? 0 : 100 + static_cast<std::int64_t>(random() % 100'000);
    if (level == before) level += 100;
    pb::BookMessage message = AMessage(market, nanos);
    pb::BookDelta& delta = *message.mutable_delta();
    delta.set_side(side == 0 ? common::v1::BOOK_SIDE_BID : common::v1::BOOK_SIDE_ASK);
    delta.set_price_micros(micros);
    delta.set_delta_centis(level - before);
    delta.set_quantity_centis(level);
    delta.set_event_time_ns(nanos - 400'000);
    add(market, message);
    if (level == 0) market.levels[side].erase(micros);
    if (++market.delta_count % kDeltasPerSnapshot == 0) {
      add(market, Snapshot(market, pb::SNAPSHOT_CAUSE_PERIODIC, nanos));
    }
  }
  return records;
}

}  // namespace evx::order_book_rebuilder
