#include "evx/recording/extent.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/core/bytes.h"
#include "evx/core/status.h"
#include "evx/recording/segment.h"
#include "segment_files.h"
#include "tail.h"

namespace evx::recording {
namespace {

// What is known of one segment and its tail.
class SegmentView {
 public:
  explicit SegmentView(std::string stem) : stem_(std::move(stem)) {}

  // Reads what was written since the last time.
  void Update() {
    const std::string tail_bytes = ReadNewBytes();
    if (blocks_end_ == 0) return;  // The header is not sound.
    const Tail open = ReadTail(tail_bytes, frame_count_);
    for (const Frame& frame : open.frames) Widen(frame.received, frame.received);
    frame_count_ = open.first_number + open.frames.size();
    if (tail_end_ == 0 && open.sound_size > 0) tail_first_ = ByteReader(tail_bytes).U64();
    tail_end_ += open.sound_size;
  }

  const std::optional<RecordingSpan>& span() const { return span_; }
  std::uint64_t frame_count() const { return frame_count_; }

 private:
  // Takes in new blocks; the bytes of the tail behind tail_end_. The tail is read first: what a
  // writer moves into a block meanwhile is in both, never in none.
  std::string ReadNewBytes() {
    const std::string segment_path = WithSuffix(stem_, kSegmentSuffix);
    if (FileSize(segment_path) < segment_size_) *this = SegmentView(std::move(stem_));  // Another.
    std::string tail_bytes = ReadTailBytes();
    if (FileSize(segment_path) != segment_size_) ReadBlocks();
    return tail_bytes;
  }

  // The writer empties the tail when it has written a block, at any moment. A tail is told by the
  // number of its first frame, which is read last: then what was read before is of the same one.
  std::string ReadTailBytes() {
    const std::string path = WithSuffix(stem_, kTailSuffix);
    std::string bytes = ReadFile(path, tail_end_);
    if (tail_end_ == 0) return bytes;
    const std::string first = ReadFile(path, 0, sizeof tail_first_);
    if (first.size() == sizeof tail_first_ && ByteReader(first).U64() == tail_first_) return bytes;
    tail_end_ = 0;
    return ReadFile(path);
  }

  void ReadBlocks() {
    // What follows a block is a segment of its own once it has a header.
    const std::string header = blocks_end_ > 0 ? EncodeSegmentHeader(hour_) : std::string();
    const std::string bytes = header + ReadFile(WithSuffix(stem_, kSegmentSuffix), blocks_end_);
    segment_size_ = blocks_end_ + bytes.size() - header.size();
    const absl::StatusOr<SegmentScan> scan = ScanSegment(bytes);
    if (!scan.ok()) return;
    hour_ = scan->hour;
    blocks_end_ += scan->sound_size - header.size();
    for (const BlockPlace& block : scan->blocks) {
      Widen(block.index.received_min, block.index.received_max);
    }
    frame_count_ = std::max(frame_count_, scan->frame_count);
  }

  void Widen(Timestamp first, Timestamp last) {
    if (!span_) span_ = RecordingSpan{first, last};
    span_->first = std::min(span_->first, first);
    span_->last = std::max(span_->last, last);
  }

  std::string stem_;
  Timestamp hour_;
  std::uint64_t segment_size_ = 0;  // Of what was read.
  std::uint64_t blocks_end_ = 0;    // Behind the last sound block; 0: there is no sound header.
  std::uint64_t tail_end_ = 0;      // Behind the last sound record.
  std::uint64_t tail_first_ = 0;    // Number of the tail's first frame, where tail_end_ is not 0.
  std::uint64_t frame_count_ = 0;
  std::optional<RecordingSpan> span_;
};

}  // namespace

struct RecordingObserver::State {
  std::string folder;
  // By stem, those that the last look needed.
  std::map<std::string, SegmentView> views;
};

RecordingObserver::RecordingObserver(std::string folder)
    : state_(std::make_unique<State>(State{std::move(folder), {}})) {}
RecordingObserver::RecordingObserver(RecordingObserver&&) noexcept = default;
RecordingObserver& RecordingObserver::operator=(RecordingObserver&&) noexcept = default;
RecordingObserver::~RecordingObserver() = default;

absl::StatusOr<RecordingExtent> RecordingObserver::Look() {
  std::map<std::string, SegmentView> known = std::exchange(state_->views, {});
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> stems, FindSegments(state_->folder));
  const auto look = [&](const std::string& stem) -> const SegmentView& {
    auto [place, is_new] = state_->views.try_emplace(stem, stem);
    if (!is_new) return place->second;
    if (const auto found = known.find(stem); found != known.end()) place->second = found->second;
    place->second.Update();
    return place->second;
  };
  RecordingExtent extent;
  const auto first = std::find_if(stems.begin(), stems.end(), [&](const std::string& stem) {
    return look(stem).span().has_value();
  });
  if (first == stems.end()) return NotFound("recording " + state_->folder + " has no frame yet");
  const auto last = std::find_if(stems.rbegin(), stems.rend(), [&](const std::string& stem) {
    return look(stem).span().has_value();
  });
  extent.span = *look(*first).span();
  extent.span.last = std::max(extent.span.last, look(*last).span()->last);
  extent.end = {std::string(SegmentName(*last)), look(*last).frame_count()};
  return extent;
}

absl::StatusOr<RecordingExtent> ExtentOf(const std::string& folder) {
  return RecordingObserver(folder).Look();
}

}  // namespace evx::recording
