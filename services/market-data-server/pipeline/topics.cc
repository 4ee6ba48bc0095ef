#include "pipeline/topics.h"

#include "evx/core/check.h"

namespace evx::market_data {

const char* TopicName(Topic topic) {
  switch (topic) {
    case Topic::kBook:
      return "evx.md.book.v1";
    case Topic::kTrades:
      return "evx.md.trades.v1";
    case Topic::kTickers:
      return "evx.md.tickers.v1";
    case Topic::kErrors:
      return "evx.errors.v1";
    case Topic::kNumbers:
      return "evx.md.numbers.v1";
  }
  EVX_CHECK(false);
}

}  // namespace evx::market_data
