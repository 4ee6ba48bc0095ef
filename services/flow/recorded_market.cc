#include "recorded_market.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "evx/core/price_grid.h"
#include "evx/core/status.h"
#include "evx/kalshi/websocket_frames.h"
#include "evx/recording/writer.h"

namespace evx::flow {
namespace {

using recording::Block;
using recording::Event;
using recording::EventKind;

LevelKey LevelOf(ContractSide side, std::int64_t price_micros) {
  if (side == ContractSide::kYes) return {BookSide::kBid, price_micros};
  return {BookSide::kAsk, Price::kDollarMicros - price_micros};
}

absl::Status DamageOf(const std::string& folder, const recording::ReadReport& report) {
  if (report.damages.empty()) return absl::OkStatus();
  return DataLoss("recording " + folder + ": " + report.damages.front());
}

class SessionReader {
 public:
  explicit SessionReader(std::string_view ticker) {
    recording_.market_ticker = ticker;
    recording_.event_ticker = ticker.substr(0, ticker.rfind('-'));
    recording_.series_ticker = ticker.substr(0, ticker.find('-'));
    recording_.result = RecordedResult::kScalar;
    recording_.settlement_value_micros = Price::kDollarMicros / 2;
  }

  void Add(const Block& block, std::size_t frame) {
    const Event event = block.EventOf(frame);
    if (recording_.frames.size() >= kSessionFramesMax) {
      is_too_long_ = true;
      return;
    }
    if (!IsNew(event)) return;
    switch (event.kind) {
      case EventKind::kSnapshot:
        return AddSnapshot(block, frame);
      case EventKind::kDelta:
        AddPrice(event.price_micros);
        return AddAt(event.ts_ms,
                     DeltaFrame{LevelOf(event.side, event.price_micros), event.quantity_centis});
      case EventKind::kTrade:
        AddPrice(event.price_micros);
        if (!is_settled_) recording_.settlement_value_micros = event.price_micros;
        return AddAt(event.ts_ms,
                     TradeFrame{event.side == ContractSide::kYes ? BookSide::kBid : BookSide::kAsk,
                                event.price_micros, event.quantity_centis});
      case EventKind::kLifecycle:
        return AddLifecycle(block, frame);
      case EventKind::kTicker:
      case EventKind::kOther:
        return;
    }
  }

  absl::StatusOr<Recording> Finish() && {
    if (is_too_long_) {
      return ResourceExhausted(absl::StrFormat("market %s has more than %d frames",
                                               recording_.market_ticker, kSessionFramesMax));
    }
    if (!has_snapshot_ || first_ms_ == 0) {
      return DataLoss("no book of market " + recording_.market_ticker + " was recorded");
    }
    // Snapshots before the first time.
    for (Frame& frame : recording_.frames) {
      if (frame.time_ms != 0) break;
      frame.time_ms = first_ms_ - 1;
    }
    if (recording_.open_time_ms == 0) recording_.open_time_ms = first_ms_ - 1;
    recording_.close_time_ms = std::max(recording_.close_time_ms, last_ms_);
    if (recording_.price_level_structure.empty()) {
      recording_.price_level_structure = CoarsestStructure();
    }
    return std::move(recording_);
  }

 private:
  bool IsNew(const Event& event) {
    if (event.seq == 0) return true;
    return std::exchange(last_seqs_[{event.connection, event.sid}], event.seq) != event.seq;
  }

  template <class Body>
  void AddAt(std::int64_t time_ms, Body body) {
    if (time_ms == 0) time_ms = now_ms_;
    now_ms_ = time_ms;
    if (first_ms_ == 0 || (time_ms != 0 && time_ms < first_ms_)) first_ms_ = time_ms;
    last_ms_ = std::max(last_ms_, time_ms);
    recording_.frames.push_back({time_ms, std::move(body)});
  }

  void AddSnapshot(const Block& block, std::size_t frame) {
    SnapshotFrame snapshot;
    for (const ContractSide side : {ContractSide::kYes, ContractSide::kNo}) {
      for (const recording::EventLevel& level : block.LevelsOf(frame, side)) {
        AddPrice(level.price_micros);
        snapshot.levels.emplace_back(LevelOf(side, level.price_micros), level.quantity_centis);
      }
    }
    has_snapshot_ = true;
    recording_.frames.push_back({now_ms_, std::move(snapshot)});
  }

  void AddLifecycle(const Block& block, std::size_t frame) {
    std::string bytes;
    block.AppendFrame(frame, bytes);
    const auto decoded = kalshi::DecodeWebSocketFrame(bytes);
    const auto* update =
        decoded.ok() ? std::get_if<kalshi::MarketLifecycleUpdate>(&decoded->body) : nullptr;
    if (update == nullptr) return;
    if (update->open_time) recording_.open_time_ms = update->open_time.millis();
    if (update->close_time) recording_.close_time_ms = update->close_time.millis();
    if (update->price_level_structure) {
      recording_.price_level_structure = *update->price_level_structure;
    }
    if (!update->result) return;
    is_settled_ = true;
    recording_.result = *update->result == "yes"  ? RecordedResult::kYes
                        : *update->result == "no" ? RecordedResult::kNo
                                                  : RecordedResult::kScalar;
    if (update->settlement_value) {
      recording_.settlement_value_micros = update->settlement_value->micros();
    } else if (recording_.result != RecordedResult::kScalar) {
      recording_.settlement_value_micros =
          recording_.result == RecordedResult::kYes ? Price::kDollarMicros : 0;
    }
  }

  void AddPrice(std::int64_t price_micros) { prices_.insert(price_micros); }

  // Where none has all prices, the finest: orders at the others are refused, and counted.
  std::string CoarsestStructure() const {
    std::string chosen;
    std::pair<bool, PriceGrid::TickIndex> best;  // Whether prices are missing, or a finer one is.
    for (const std::string_view name : PriceLevelStructureNames()) {
      const auto grid = PriceGrid::FromStructure(name);
      if (!grid.ok()) continue;
      const bool has_all = std::all_of(prices_.begin(), prices_.end(), [&grid](std::int64_t price) {
        return Price::IsValid(price) && grid->Contains(Price::FromMicros(price));
      });
      const std::pair rank(
          !has_all, has_all ? grid->tick_count() : PriceGrid::kTickCountMax - grid->tick_count());
      if (!chosen.empty() && best <= rank) continue;
      chosen = name;
      best = rank;
    }
    return chosen;
  }

  Recording recording_;
  std::set<std::int64_t> prices_;  // At most 10,000: prices have a granularity.
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> last_seqs_;  // By subscription.
  std::int64_t now_ms_ = 0;
  std::int64_t first_ms_ = 0;
  std::int64_t last_ms_ = 0;
  bool has_snapshot_ = false;
  bool is_settled_ = false;
  bool is_too_long_ = false;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> ListRecordedMarkets(const std::string& folder) {
  std::set<std::string, std::less<>> tickers;
  EVX_ASSIGN_OR_RETURN(
      const recording::ReadReport report,
      recording::ReadRecording(folder, {}, [&tickers](const Block& block, std::size_t frame) {
        const Event event = block.EventOf(frame);
        if (event.kind != EventKind::kSnapshot || event.market_ticker.empty()) return;
        if (!tickers.contains(event.market_ticker)) tickers.emplace(event.market_ticker);
      }));
  EVX_RETURN_IF_ERROR(DamageOf(folder, report));
  if (report.segment_count == 0) return NotFound("no recording in " + folder);
  return std::vector<std::string>(tickers.begin(), tickers.end());
}

absl::StatusOr<Recording> ReadRecordedMarket(const std::string& folder,
                                             std::string_view market_ticker) {
  SessionReader reader(market_ticker);
  recording::ReadOptions options;
  options.market_ticker = market_ticker;
  EVX_ASSIGN_OR_RETURN(
      const recording::ReadReport report,
      recording::ReadRecording(folder, options, [&reader](const Block& block, std::size_t frame) {
        reader.Add(block, frame);
      }));
  EVX_RETURN_IF_ERROR(DamageOf(folder, report));
  return std::move(reader).Finish();
}

}  // namespace evx::flow
