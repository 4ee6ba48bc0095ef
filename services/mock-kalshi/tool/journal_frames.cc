#include "tool/journal_frames.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/journal/tool.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/websocket_messages.h"
#include "evx/recording/frame_log.h"
#include "evx/venue/codec.h"
#include "exchange/wire_id.h"

namespace evx::mock_kalshi {
namespace {

constexpr int kBookSid = 1;
constexpr int kTradeSid = 2;
// Bytes that are collected before they are written.
constexpr std::size_t kOutputBytes = 1u << 20;

// Turns the events of records into lines.
class FrameMaker {
 public:
  FrameMaker(const journal::SegmentHeader& header, std::ostream& out)
      : wire_ids_(header.id_key, static_cast<std::uint8_t>(header.shard)), out_(out) {}

  absl::Status OnRecord(const journal::RecordView& record) {
    time_ = record.time;
    if (!venue::IsContinueEvents(record.command)) cleared_.clear();
    closed_.clear();
    EVX_RETURN_IF_ERROR(
        (venue::VisitEventsOf<venue::MarketPut, venue::MarketStatusChanged, venue::BookChanged,
                              venue::BookCleared, venue::TradeExecuted>(record.events, *this)));
    // A close that cancels no order empties the book too.
    for (const MarketId market : closed_) {
      if (std::find(cleared_.begin(), cleared_.end(), market) == cleared_.end()) Clear(market);
    }
    if (lines_.size() >= kOutputBytes) Flush();
    return absl::OkStatus();
  }

  void Flush() {
    out_ << lines_;
    lines_.clear();
  }

  void operator()(const venue::MarketPut& e) {
    if (!e.is_new) return;
    tickers_.insert_or_assign(e.market, std::string(e.ticker.view()));
    AddEmptyBook(e.market);
  }
  void operator()(const venue::MarketStatusChanged& e) {
    if (e.status == venue::MarketStatus::kClosed) closed_.push_back(e.market);
  }
  void operator()(const venue::BookCleared& e) { Clear(e.market); }

  void operator()(const venue::BookChanged& e) {
    const bool is_ask = e.side == BookSide::kAsk;
    kalshi::OrderbookDelta delta;
    delta.market_ticker = tickers_.at(e.market);
    delta.market_id = wire_ids_.Encode(e.market);
    delta.price = is_ask ? e.price.Complement() : e.price;
    delta.delta = e.delta;
    delta.side = is_ask ? ContractSide::kNo : ContractSide::kYes;
    delta.time = time_;
    Add("orderbook_delta", kBookSid, ++book_seq_, kalshi::EncodeJson(delta));
  }

  void operator()(const venue::TradeExecuted& e) {
    kalshi::TradeUpdate trade;
    trade.trade_id = wire_ids_.Encode(e.trade_id);
    trade.market_ticker = tickers_.at(e.market);
    trade.yes_price = e.price;
    trade.count = e.quantity;
    trade.taker_side = e.taker_side;
    trade.time = time_;
    Add("trade", kTradeSid, ++trade_seq_, kalshi::EncodeJson(trade));
  }

 private:
  void Clear(MarketId market) {
    cleared_.push_back(market);
    AddEmptyBook(market);
  }

  void AddEmptyBook(MarketId market) {
    kalshi::OrderbookSnapshot snapshot;
    snapshot.market_ticker = tickers_.at(market);
    snapshot.market_id = wire_ids_.Encode(market);
    Add("orderbook_snapshot", kBookSid, ++book_seq_, kalshi::EncodeJson(snapshot));
  }

  void Add(std::string_view type, int sid, std::uint64_t seq, std::string_view msg) {
    const std::string frame =
        absl::StrFormat(R"({"type":"%s","sid":%d,"seq":%d,"msg":%s})", type, sid, seq, msg);
    recording::AppendFrameLogLine({.received = time_, .bytes = frame}, lines_);
  }

  WireIdCodec wire_ids_;
  std::ostream& out_;
  Timestamp time_;
  absl::flat_hash_map<MarketId, std::string> tickers_;
  // Of the command whose records are being read; of the record.
  std::vector<MarketId> cleared_;
  std::vector<MarketId> closed_;
  std::uint64_t book_seq_ = 0;
  std::uint64_t trade_seq_ = 0;
  std::string lines_;
};

}  // namespace

absl::Status PrintFrames(const JournalToolConfig& config, std::ostream& out) {
  if (config.from != JournalToolConfig().from) {
    return InvalidArgument("--from: frames begin with the first record");
  }
  journal::FileSystem& file_system = journal::PosixFileSystem();
  EVX_ASSIGN_OR_RETURN(const journal::VerifyReport verified,
                       journal::VerifyJournal(file_system, config.data_dir));
  if (verified.segments.empty()) return NotFound("no journal in " + config.data_dir);
  const journal::SegmentHeader& header = verified.segments.front().header;
  if (header.first_sequence != SequenceNumber(1)) {
    return FailedPrecondition(
        absl::StrFormat("the journal begins with record %d; the books before it are not known",
                        header.first_sequence.value()));
  }
  FrameMaker maker(header, out);
  absl::Status status;
  const auto visit = [&](const journal::RecordView& record, const std::string& path,
                         std::uint64_t offset) {
    status = maker.OnRecord(record);
    if (status.ok()) return true;
    status = DataLoss(absl::StrFormat("%s: offset %d: record %d: %s", path, offset,
                                      record.sequence.value(), MessageOf(status)));
    return false;
  };
  EVX_RETURN_IF_ERROR(journal::VisitRecords(file_system, config.data_dir, SequenceNumber(1),
                                            SequenceNumber(static_cast<std::uint64_t>(config.to)),
                                            visit));
  EVX_RETURN_IF_ERROR(status);
  maker.Flush();
  if (!out.flush()) return Unavailable("the output cannot be written");
  return absl::OkStatus();
}

}  // namespace evx::mock_kalshi
