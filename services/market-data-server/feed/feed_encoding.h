#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "feed/committed_markets.h"
#include "feed/feed_batch.h"

// Messages of the topics as WebSocket clients get them.
//
// Protobuf: a FeedFrame (proto/evx/marketdata/v1/market_feed.proto), which is a head and the
// message itself. JSON: one object with the fields of the message under their names there, those of
// the envelope among them, and `type`: book_delta, book_snapshot, book_gap, trade or ticker. Levels
// are [price_micros, quantity_centis], sides "bid" and "ask", book_hash 16 hex digits, causes the
// words of the metrics.

namespace evx::market_data {

// What stands before a message of this size in its FeedFrame.
std::string FrameHead(Topic channel, std::size_t payload_size);

// `payload` is a message of the channel's topic. Empty when it cannot be read.
std::string FrameJson(Topic channel, std::string_view payload);

// The top of a book as an object of the same kind: `type` is "top", with bid_price_micros,
// bid_size_centis, ask_price_micros and ask_size_centis (no bid: 0, no ask: 1,000,000, with
// nothing) or, while the book is in doubt, with `is_in_doubt` true alone.
std::string TopJson(std::string_view ticker, const MarketTop& top);

}  // namespace evx::market_data
