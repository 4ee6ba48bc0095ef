#include "cache/value_cache.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "evx/core/monotonic_clock.h"
#include "evx/telemetry/log.h"
#include "feed/feed_encoding.h"

namespace evx::market_data {
namespace {

// A value is looked at so often within its time to live, and written again when it is older than
// the time between: before half of its life is over.
constexpr int kScansPerLife = 4;

}  // namespace

ValueCache::ValueCache(Options options, CommittedMarkets& markets,
                       std::function<bool(std::string_view)> vouches, Probe& probe)
    : options_(std::move(options)),
      markets_(markets),
      vouches_(std::move(vouches)),
      probe_(probe),
      client_(options_.redis),
      thread_([this] { Run(); }) {}

ValueCache::~ValueCache() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  stopping_.notify_one();
  thread_.join();
}

// --- Marks --------------------------------------------------------------------------------------

void ValueCache::SetMark(MarketIndex market, std::uint8_t bits) {
  if (bits_.size() <= market) bits_.resize(std::size_t{market} + 1);
  if (bits_[market] == 0) marked_.push_back(market);
  bits_[market] |= bits;
}

void ValueCache::OnCommitted(const FeedBatch& batch) {
  const std::lock_guard lock(mutex_);
  for (const FeedMessage& message : batch.messages) {
    if (message.channel == Topic::kTickers) SetMark(message.market, kTicker);
    if (message.channel == Topic::kBook && !message.is_proof) SetMark(message.market, kTop);
  }
}

std::vector<ValueCache::Mark> ValueCache::TakeMarks() {
  std::vector<Mark> marks;
  const std::lock_guard lock(mutex_);
  while (!marked_.empty() && marks.size() < kMarketsPerRoundMax) {
    const MarketIndex market = marked_.front();
    marked_.pop_front();
    marks.push_back({market, std::exchange(bits_[market], std::uint8_t{0})});
  }
  return marks;
}

void ValueCache::MarkOlder(std::int64_t nanos) {
  std::vector<MarketIndex> older;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    const Known& known = known_[i];
    if (known.ticker.empty() || known.written_nanos >= nanos || !vouches_(known.ticker)) continue;
    older.push_back(static_cast<MarketIndex>(i));
  }
  const std::lock_guard lock(mutex_);
  for (const MarketIndex market : older) SetMark(market, kTop | kTicker | kAgain);
}

// --- The thread ---------------------------------------------------------------------------------

void ValueCache::Run() {
  while (WaitForRound()) Round();
}

bool ValueCache::WaitForRound() {
  std::unique_lock lock(mutex_);
  stopping_.wait_for(lock, std::chrono::nanoseconds(absl::ToInt64Nanoseconds(options_.interval)),
                     [this] { return is_stopped_; });
  return !is_stopped_;
}

void ValueCache::Round() {
  const std::int64_t now = MonotonicNanos();
  if (is_failing_) TryAgain(now);
  if (now >= next_scan_nanos_) {
    const std::int64_t interval = absl::ToInt64Nanoseconds(options_.time_to_live) / kScansPerLife;
    MarkOlder(now - interval);
    next_scan_nanos_ = now + interval;
  }
  std::vector<Value> values;
  for (const Mark& mark : TakeMarks()) AddValues(mark, now, values);
  if (values.empty()) return;
  const absl::Status status = is_failing_ ? this->status() : Write(values);
  if (status.ok()) {
    probe_.CacheWritten(values.size());
    return;
  }
  is_failing_ = true;
  probe_.CacheDropped(values.size());
  SetStatus(status);
}

void ValueCache::TryAgain(std::int64_t now) {
  const absl::Status status = client_.Ping();
  if (status.ok()) {
    is_failing_ = false;
    MarkOlder(now);  // Redis may have lost everything.
  }
  // Between two attempts to connect the client does not know why the last one failed.
  if (!absl::IsUnavailable(status)) SetStatus(status);
}

void ValueCache::AddValues(const Mark& mark, std::int64_t now, std::vector<Value>& values) {
  if (known_.size() <= mark.market) known_.resize(std::size_t{mark.market} + 1);
  Known& known = known_[mark.market];
  if (known.ticker.empty()) known.ticker = markets_.TickerOf(mark.market);
  const bool is_again = (mark.bits & kAgain) != 0;
  if (is_again) known.written_nanos = now;
  if ((mark.bits & kTop) != 0) {
    auto top = markets_.TopOf(mark.market);
    if (top && (is_again || !known.top || !known.top->HasSameLevels(*top))) {
      values.push_back({std::string(kTopPrefix) + known.ticker, TopJson(known.ticker, *top)});
      known.top = std::move(top);
    }
  }
  if ((mark.bits & kTicker) != 0) {
    const auto value = markets_.ValueOf(mark.market, Topic::kTickers, FeedFormat::kJson);
    if (value != nullptr)
      values.push_back({std::string(kTickerPrefix) + known.ticker, value->frame});
  }
}

absl::Status ValueCache::Write(const std::vector<Value>& values) {
  static_assert(2 * kMarketsPerRoundMax <= redis::Client::kEntryCountMax);
  std::vector<redis::Client::Entry> entries;
  entries.reserve(values.size());
  for (const Value& value : values) entries.push_back({value.key, value.text});
  return client_.SetAll(entries, options_.time_to_live);
}

absl::Status ValueCache::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void ValueCache::SetStatus(absl::Status status) {
  const std::lock_guard lock(mutex_);
  if (status_.ok() && !status.ok()) {
    telemetry::Log(telemetry::kWarning, "Tops and tickers are not cached.", {{"status", status}});
  } else if (!status_.ok() && status.ok()) {
    telemetry::Log(telemetry::kInfo, "Tops and tickers are cached again.", {});
  }
  status_ = std::move(status);
}

}  // namespace evx::market_data
