#pragma once

#include "evx/feed/command.h"
#include "pipeline/topics.h"

// The channels that clients ask for with the commands of evx/feed/command.h: book, trades, tickers,
// or all three without a word for them.

namespace evx::market_data {

// A set of channels; bit number is the Topic.
using feed::ChannelMask;
inline constexpr ChannelMask kEveryChannel = (1 << kStreamCount) - 1;
constexpr ChannelMask MaskOf(Topic channel) {
  return static_cast<ChannelMask>(1 << static_cast<unsigned>(channel));
}

const feed::Grammar& FeedGrammar();

}  // namespace evx::market_data
