#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/topics.h"

// What WebSocket clients ask for, as JSON text in either format:
//
//   {"id":1,"command":"subscribe","subjects":["all:tickers","A-1","B-2:book"]}
//   {"id":2,"command":"unsubscribe","subjects":["all:tickers"]}
//   {"id":3,"command":"list"}
//
// A subject is a market, or `all` of them, with a channel behind a colon, or without one for all
// three: book, trades, tickers. `id` is 1 or more and comes back in the answer; without one it is
// 0.

namespace evx::market_data {

// A set of channels; bit number is the Topic.
using ChannelMask = std::uint8_t;
inline constexpr ChannelMask kEveryChannel = (1 << kStreamCount) - 1;
constexpr ChannelMask MaskOf(Topic channel) {
  return static_cast<ChannelMask>(1 << static_cast<unsigned>(channel));
}
// "book"
std::string_view ChannelName(Topic channel);

enum class FeedVerb : std::uint8_t { kSubscribe, kUnsubscribe, kList };

struct FeedSubject {
  std::string ticker;  // Empty: all markets.
  ChannelMask channels = kEveryChannel;
  friend bool operator==(const FeedSubject&, const FeedSubject&) = default;
};

struct FeedCommand {
  FeedVerb verb = FeedVerb::kList;
  std::vector<FeedSubject> subjects;
};

struct DecodedCommand {
  std::int64_t id = 0;  // 0 where it could not be read.
  // InvalidArgument names the field, its value and what is allowed.
  absl::StatusOr<FeedCommand> command;
};

inline constexpr std::size_t kCommandSubjectsMax = 1'000;
inline constexpr std::size_t kSubjectBytesMax = 128;

DecodedCommand DecodeFeedCommand(std::string_view text);

// A value of a client as errors show it: printable, at most 64 bytes of it.
std::string Shown(std::string_view value);

}  // namespace evx::market_data
