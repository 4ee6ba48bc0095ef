#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "evx/kalshi/number.h"
#include "evx/kalshi/terms.h"
#include "frame_reader.h"

namespace evx::kalshi {
namespace {

// More might not fit into 64 bits.
constexpr int kDigitsMax = 18;
constexpr std::int64_t kMillisMax = std::numeric_limits<std::int64_t>::max() / 1'000'000;

// Goes through the text. A read that fails gives false and leaves the place open.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool at_end() const { return at_ == end_; }
  bool Skip(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  // A text that stands for itself.
  bool Text(std::string_view& text) {
    if (!Skip('"')) return false;
    const auto left = static_cast<std::size_t>(end_ - at_);
    const auto* const quote = static_cast<const char*>(std::memchr(at_, '"', left));
    if (quote == nullptr) return false;
    text = {at_, static_cast<std::size_t>(quote - at_)};
    at_ = quote + 1;
    // Without branches, so that the compiler looks at many characters at once.
    bool is_bad = false;
    for (const char c : text) is_bad |= (c < ' ') | (c > '~') | (c == '\\');
    return !is_bad;
  }
  // At least 0.
  bool Integer(std::int64_t& value) {
    const char* const begin = at_;
    value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - begin == kDigitsMax) return false;
      value = value * 10 + (*at_ - '0');
    }
    return at_ != begin && (*begin != '0' || at_ - begin == 1);
  }

 private:
  const char* at_;
  const char* const end_;
};

// Which members were there, by their bits.
class Seen {
 public:
  // False: it was there before.
  bool Add(unsigned bit) {
    if ((bits_ & bit) != 0) return false;
    bits_ |= bit;
    return true;
  }
  bool HasAll(unsigned bits) const { return (bits_ & bits) == bits; }

 private:
  unsigned bits_ = 0;
};

// Calls `member` with each name, behind its colon, up to the closing brace.
template <class Member>
bool ReadObject(Cursor& in, Member member) {
  if (!in.Skip('{')) return false;
  std::string_view name;
  do {
    if (!in.Text(name) || !in.Skip(':') || !member(name)) return false;
  } while (in.Skip(','));
  return in.Skip('}');
}

bool ReadMillis(Cursor& in, Timestamp& time) {
  std::int64_t millis = 0;
  if (!in.Integer(millis) || millis > kMillisMax) return false;
  time = Timestamp::FromMillis(millis);
  return true;
}

template <class Value>
bool Take(const std::optional<Value>& found, Value& value) {
  if (!found) return false;
  value = *found;
  return true;
}

bool ReadDelta(Cursor& in, OrderbookDelta& delta) {
  enum : unsigned {
    kTicker = 1,
    kId = 2,
    kPrice = 4,
    kChange = 8,
    kSide = 16,
    kText = 32,
    kMs = 64
  };
  Seen seen;
  std::string_view text;
  const bool is_read = ReadObject(in, [&](std::string_view name) {
    if (name == "ts_ms") return seen.Add(kMs) && ReadMillis(in, delta.time);
    if (!in.Text(text)) return false;
    if (name == "market_ticker") {
      delta.market_ticker = text;
      return !text.empty() && seen.Add(kTicker);
    }
    if (name == "market_id") {
      delta.market_id = text;
      return seen.Add(kId);
    }
    if (name == "price_dollars") return seen.Add(kPrice) && Take(ParsePrice(text), delta.price);
    if (name == "delta_fp") return seen.Add(kChange) && Take(ParseCount(text), delta.delta);
    if (name == "side") return seen.Add(kSide) && Take(FromWire<ContractSide>(text), delta.side);
    return name == "ts" && seen.Add(kText);  // Repeats ts_ms.
  });
  return is_read && seen.HasAll(kTicker | kPrice | kChange | kSide);
}

}  // namespace

bool ReadPlainDelta(std::string_view text, WebSocketFrame& frame) {
  enum : unsigned { kType = 1, kSid = 2, kSeq = 4, kSent = 8, kMsg = 16 };
  if (text.ends_with('\n')) text.remove_suffix(1);
  Cursor in(text);
  Seen seen;
  std::int64_t seq = 0;
  std::string_view type;
  const bool is_read = ReadObject(in, [&](std::string_view name) {
    if (name == "type") return in.Text(type) && type == "orderbook_delta" && seen.Add(kType);
    if (name == "sid") return in.Integer(frame.sid) && seen.Add(kSid);
    if (name == "seq") return in.Integer(seq) && seen.Add(kSeq);
    if (name == "sending_ts_ms") return ReadMillis(in, frame.sending_time) && seen.Add(kSent);
    return name == "msg" && seen.Add(kMsg) && ReadDelta(in, frame.body.emplace<OrderbookDelta>());
  });
  frame.seq = static_cast<std::uint64_t>(seq);
  return is_read && in.at_end() && seen.HasAll(kType | kMsg);
}

}  // namespace evx::kalshi
