#include "frame_digest.h"

#include "evx/core/bytes.h"

namespace evx::market_data {

void FrameDigest::Add(const recording::Frame& frame) {
  head_.clear();
  ByteWriter writer(head_);
  writer.Put(frame.received);
  writer.U32(frame.connection);
  writer.U32(static_cast<std::uint32_t>(frame.bytes.size()));
  hash_.Update(head_);
  hash_.Update(frame.bytes);
  ++frame_count_;
  raw_bytes_ += frame.bytes.size();
}

}  // namespace evx::market_data
