#include "store/partition.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/journal/snapshot_store.h"

namespace evx::order_book_rebuilder {
namespace {

// Of the payload of a checkpoint. One of another version is passed over: Kafka has it all.
constexpr std::uint32_t kFormatVersion = 2;
constexpr std::size_t kWriteBytes = 256u << 10;

// A fold's changes, kept for the past and told to the present.
class ToBoth final : public FoldListener {
 public:
  ToBoth(const MarketFold& fold, MarketHistory& history, BookListener& listener)
      : fold_(fold), history_(history), listener_(listener) {}

  void OnDelta(const BookUpdate& update, Timestamp time) override {
    history_.OnDelta(update, time);
    listener_.OnDelta(fold_, update);
  }
  void OnReset(Timestamp time) override {
    history_.OnReset(time);
    listener_.OnState(fold_);
  }
  void OnDoubt(Doubt doubt, Timestamp time) override {
    history_.OnDoubt(doubt, time);
    listener_.OnState(fold_);
  }

 private:
  const MarketFold& fold_;
  MarketHistory& history_;
  BookListener& listener_;
};

}  // namespace

void BookStatistics::Add(const BookStatistics& other) {
  counters.Add(other.counters);
  market_count += other.market_count;
  doubtful_market_count += other.doubtful_market_count;
  crossed_market_count += other.crossed_market_count;
  level_count += other.level_count;
  history_bytes += other.history_bytes;
}

double BookStatistics::DeltaShare() const {
  const std::uint64_t all =
      counters.deltas + counters.periodic_snapshots + counters.venue_snapshots + counters.gaps;
  return all == 0 ? 0 : static_cast<double>(counters.deltas) / static_cast<double>(all);
}

std::unique_ptr<Partition> Partition::Open(journal::FileSystem& file_system, Options options,
                                           std::function<void(const absl::Status&)> warn) {
  std::unique_ptr<Partition> partition;
  const journal::SnapshotStore store(file_system, options.directory);
  const auto load = [&](journal::SnapshotReader& reader) -> absl::Status {
    const journal::SnapshotInfo& info = reader.info();
    if (info.rules_version != kFormatVersion || info.payload_bytes > kCheckpointBytesMax) {
      return FailedPrecondition(absl::StrFormat(
          "%s: format %d with %d bytes, this release reads format %d with at most %d", info.path,
          info.rules_version, info.payload_bytes, kFormatVersion, kCheckpointBytesMax));
    }
    std::string payload(info.payload_bytes, '\0');
    EVX_RETURN_IF_ERROR(reader.Read(payload));
    partition.reset(new Partition(file_system, options, warn));
    return partition->Load(payload, info.state_hash);
  };
  bool is_loaded = false;
  if (const absl::Status made = file_system.CreateDirectories(options.directory); !made.ok()) {
    warn(made);
  } else if (const auto loaded = store.LoadNewest(load, warn); !loaded.ok()) {
    warn(loaded.status());
  } else {
    is_loaded = loaded->has_value();
  }
  if (!is_loaded) partition.reset(new Partition(file_system, std::move(options), std::move(warn)));
  partition->OpenHistory(partition->history_end_);
  return partition;
}

// Without a checkpoint all of the past is dropped: it is made again from what Kafka holds.
void Partition::OpenHistory(BlockLog::Place end) {
  BlockLog::Options options;
  options.directory = options_.directory + "/history";
  options.segment_bytes = options_.history_segment_bytes;
  options.bytes_max = options_.history_bytes_max;
  options.retention = options_.history_retention;
  auto log = BlockLog::Open(file_system_, std::move(options), end);
  if (!log.ok()) warn_(log.status());
  const std::lock_guard lock(mutex_);
  history_ = log.ok() ? *std::move(log) : nullptr;
}

// --- The applying thread ------------------------------------------------------------------------

Partition::Market* Partition::Find(std::string_view ticker) const {
  const auto found = index_.find(ticker);
  return found == index_.end() ? nullptr : found->second;
}

Partition::Market* Partition::FindOrMake(std::string_view ticker) {
  if (Market* const found = Find(ticker)) return found;
  if (markets_.size() >= options_.market_count_max) return nullptr;
  auto market = std::make_unique<Market>(std::string(ticker));
  Market* const made = market.get();
  index_[made->fold.ticker()] = made;
  markets_.emplace(made->fold.ticker(), std::move(market));
  return made;
}

absl::Status Partition::Apply(std::int64_t offset, std::string_view ticker,
                              const BookUpdate& update) {
  if (offset < next_offset_) return absl::OkStatus();
  next_offset_ = offset + 1;
  newest_time_ = std::max(newest_time_, update.time);
  const std::lock_guard lock(mutex_);
  Market* const market = FindOrMake(ticker);
  if (market == nullptr) {
    return ResourceExhausted(
        absl::StrFormat("market %s is one more than the %d of a partition: raise --markets_max",
                        std::string(ticker), options_.market_count_max));
  }
  market->history.Prefetch();
  if (update.kind == BookUpdateKind::kDelta) {
    market->fold.book().Prefetch(update.side, update.price);
  }
  if (listener_ == nullptr || !read_up()) {
    market->fold.Apply(update, &market->history);
  } else {
    ToBoth both(market->fold, market->history, *listener_);
    market->fold.Apply(update, &both);
  }
  KeepClosed(*market);
  return absl::OkStatus();
}

void Partition::KeepClosed(Market& market) {
  if (!market.history.has_closed()) return;
  for (const MarketHistory::Closed& closed : market.history.TakeClosed()) {
    Keep(market.fold.ticker(), closed.block, closed.end_time);
  }
}

void Partition::Keep(std::string_view ticker, const HistoryBlock& block, Timestamp end_time) {
  if (history_ == nullptr) return;
  const absl::Status kept = history_->Append(ticker, block, end_time);
  if (!kept.ok() && !is_history_failing_) warn_(kept);
  is_history_failing_ = !kept.ok();
}

void Partition::Watch(BookListener* listener, std::int32_t number) {
  listener_ = listener;
  number_ = number;
  if (read_up() && listener_ != nullptr) listener_->OnPartition(number_, Tickers());
}

void Partition::SetReadUp() {
  if (read_up_.exchange(true, std::memory_order_acq_rel)) return;
  if (listener_ != nullptr) listener_->OnPartition(number_, Tickers());
}

void Partition::Skip(std::int64_t next_offset) {
  next_offset_ = std::max(next_offset_, next_offset);
}

void Partition::Forget() {
  const Timestamp oldest = newest_time_ + -options_.forget_after;
  const std::lock_guard lock(mutex_);
  for (auto item = markets_.begin(); item != markets_.end();) {
    const MarketFold& fold = item->second->fold;
    const book::Book& levels = fold.book().levels();
    if (fold.book_time() >= oldest || fold.doubt() != Doubt::kNone ||
        levels.level_count(BookSide::kBid) + levels.level_count(BookSide::kAsk) > 0) {
      ++item;
      continue;
    }
    Keep(item->first, item->second->history.open_block(), newest_time_);
    forgotten_.Add(fold.counters());
    index_.erase(item->first);
    item = markets_.erase(item);
  }
}

// --- Checkpoint ---------------------------------------------------------------------------------

std::uint64_t Partition::Digest() const {
  std::uint64_t digest = 0;
  for (const auto& [ticker, market] : markets_) {
    digest += HashBook(ticker, market->fold.book().levels());
  }
  return digest;
}

absl::Status Partition::Store(Timestamp now) {
  if (next_offset_ == stored_offset_) return absl::OkStatus();
  Forget();
  if (history_ == nullptr) return FailedPrecondition("the history could not be opened");
  BlockLog::Place history_end;
  {
    const std::lock_guard lock(mutex_);
    EVX_RETURN_IF_ERROR(history_->RemoveOld());
  }
  EVX_ASSIGN_OR_RETURN(history_end, history_->Sync());
  const journal::SnapshotStore store(file_system_, options_.directory);
  journal::SnapshotInfo info;
  info.sequence = SequenceNumber(static_cast<std::uint64_t>(next_offset_));
  info.rules_version = kFormatVersion;
  info.created_time = now;
  EVX_ASSIGN_OR_RETURN(const auto file, store.Begin(info));
  std::string bytes;
  ByteWriter writer(bytes);
  writer.I64(next_offset_);
  writer.Put(newest_time_);
  writer.U64(history_end.segment);
  writer.U64(history_end.bytes);
  forgotten_.Encode(writer);
  writer.U32(static_cast<std::uint32_t>(markets_.size()));
  for (const auto& [ticker, market] : markets_) {
    writer.Text(ticker);
    market->fold.Encode(writer);
    market->history.Encode(writer);
    if (bytes.size() < kWriteBytes) continue;
    EVX_RETURN_IF_ERROR(file->Write(bytes));
    bytes.clear();
  }
  EVX_RETURN_IF_ERROR(file->Write(bytes));
  EVX_RETURN_IF_ERROR(file->Finish(Digest()));
  stored_offset_ = next_offset_;
  return store.Prune();
}

absl::Status Partition::Load(std::string_view payload, std::uint64_t digest) {
  ByteReader reader(payload);
  next_offset_ = stored_offset_ = reader.I64();
  reader.Get(newest_time_);
  history_end_.segment = reader.U64();
  history_end_.bytes = reader.U64();
  forgotten_.Decode(reader);
  const std::uint32_t count = reader.U32();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    std::string ticker(reader.Text());
    auto market = std::make_unique<Market>(ticker);
    market->fold.Decode(reader);
    market->history.Decode(reader);
    index_[market->fold.ticker()] = market.get();
    markets_.emplace(std::move(ticker), std::move(market));
  }
  if (!reader.AtEnd() || markets_.size() != count || next_offset_ < 0) {
    return DataLoss("the checkpoint's payload cannot be read");
  }
  if (Digest() != digest) return DataLoss("the checkpoint's books do not give its digest");
  return absl::OkStatus();
}

absl::Status Partition::Discard() {
  {
    const std::lock_guard lock(mutex_);
    index_.clear();
    markets_.clear();
    forgotten_ = FoldCounters();
  }
  next_offset_ = stored_offset_ = 0;
  newest_time_ = Timestamp();
  EVX_ASSIGN_OR_RETURN(const auto names, file_system_.List(options_.directory));
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".snapshot")) continue;
    EVX_RETURN_IF_ERROR(file_system_.Remove(options_.directory + "/" + name));
  }
  EVX_RETURN_IF_ERROR(file_system_.SyncDirectory(options_.directory));
  OpenHistory({});
  return absl::OkStatus();
}

// --- Readers ------------------------------------------------------------------------------------

bool Partition::Read(std::string_view ticker,
                     const std::function<void(const MarketFold&)>& read) const {
  const std::lock_guard lock(mutex_);
  const Market* const market = Find(ticker);
  if (market == nullptr) return false;
  read(market->fold);
  return true;
}

absl::StatusOr<PastBook> Partition::ReadAt(std::string_view ticker, Timestamp at) const {
  HistoryBlock block;
  std::optional<BlockLog::Found> found;
  {
    const std::lock_guard lock(mutex_);
    const Market* const market = Find(ticker);
    const HistoryBlock* const open = market == nullptr ? nullptr : &market->history.open_block();
    if (open != nullptr && open->first_time && open->first_time <= at) {
      block = *open;
    } else {
      if (history_ != nullptr) found = history_->Find(ticker, at);
      if (!found) return NotFound("no book of this market is kept of that instant");
    }
  }
  if (found) {
    EVX_ASSIGN_OR_RETURN(block, BlockLog::Read(*found));
  }
  auto past = block.BookAt(at);
  if (!past) return DataLoss("the changes of that time are damaged");
  return *std::move(past);
}

void Partition::AppendTickers(std::string_view prefix, std::string_view after,
                              std::size_t count_max, std::vector<std::string>& out) const {
  const std::lock_guard lock(mutex_);
  auto market = after < prefix ? markets_.lower_bound(prefix) : markets_.upper_bound(after);
  for (; count_max > 0 && market != markets_.end(); ++market, --count_max) {
    if (!std::string_view(market->first).starts_with(prefix)) break;
    out.push_back(market->first);
  }
}

std::vector<std::string> Partition::Tickers() const {
  std::vector<std::string> tickers;
  const std::lock_guard lock(mutex_);
  tickers.reserve(markets_.size());
  for (const auto& [ticker, market] : markets_) tickers.push_back(ticker);
  return tickers;
}

BookStatistics Partition::Statistics() const {
  BookStatistics sum;
  const std::lock_guard lock(mutex_);
  sum.counters = forgotten_;
  sum.market_count = markets_.size();
  if (history_ != nullptr) sum.history_bytes = history_->bytes();
  for (const auto& [ticker, market] : markets_) {
    const MarketFold& fold = market->fold;
    sum.counters.Add(fold.counters());
    const book::Book& levels = fold.book().levels();
    sum.doubtful_market_count += fold.doubt() != Doubt::kNone ? 1 : 0;
    sum.crossed_market_count += levels.is_crossed() ? 1 : 0;
    sum.level_count += levels.level_count(BookSide::kBid) + levels.level_count(BookSide::kAsk);
  }
  return sum;
}

}  // namespace evx::order_book_rebuilder
