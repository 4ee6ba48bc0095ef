#include "event_digest.h"

#include "event_table.h"

namespace evx::market_data {

void EventDigest::Add(const recording::Block& block, std::size_t frame) {
  rows_.clear();
  AppendEventRows(block, frame, rows_);
  hash_.Update(rows_);
}

}  // namespace evx::market_data
