#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "recording.h"

// Sessions from the frames that market-data-server has recorded (libs/recording).

namespace evx::flow {

// Frames of one session; a longer one is refused.
inline constexpr std::size_t kSessionFramesMax = 20'000'000;

// The markets of a recording that can be played, sorted: those with a snapshot of their book.
// NOT_FOUND when there is no recording, DATA_LOSS when a part of it is damaged. Cost: a pass over
// all of it, about a microsecond a frame.
absl::StatusOr<std::vector<std::string>> ListRecordedMarkets(const std::string& folder);

// One market as a session, from its first frame to its last. A frame that came twice counts once; a
// snapshot, which has no time of its own, has that of the frame before.
//
// What books and trades do not tell is taken from the lifecycle messages of the recording, and
// where there are none: event and series are the ticker's beginnings; the market is open from its
// first frame to its last; its prices are of the coarsest structure that has all that occur; and it
// settles at the price of its last trade, or at half a dollar.
//
// DATA_LOSS when a part of the recording is damaged or has no snapshot of the market,
// RESOURCE_EXHAUSTED beyond kSessionFramesMax. The session is in memory, about 60 bytes a frame.
absl::StatusOr<Recording> ReadRecordedMarket(const std::string& folder,
                                             std::string_view market_ticker);

}  // namespace evx::flow
