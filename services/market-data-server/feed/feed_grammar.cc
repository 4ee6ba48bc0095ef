#include "feed/feed_grammar.h"

namespace evx::market_data {

const feed::Grammar& FeedGrammar() {
  // In the order of Topic.
  static const feed::Grammar grammar = {.channels = {"book", "trades", "tickers"},
                                        .default_channels = kEveryChannel};
  return grammar;
}

}  // namespace evx::market_data
