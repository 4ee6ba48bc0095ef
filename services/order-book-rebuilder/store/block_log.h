#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/text_map.h"
#include "evx/journal/file_system.h"
#include "store/market_history.h"

namespace evx::order_book_rebuilder {

// The closed blocks of a partition's markets, on disk: segments that only grow, and an index in
// memory, 40 bytes a block. A segment, `<number, 10 digits>.history`, is a row of blocks, little
// endian:
//
//    0  u32 bytes of the block behind this head     16  i64 first time, ns
//    4  u32 CRC32C of everything behind it          24  i64 end time, ns
//    8  u32 bytes of the ticker                     32  ticker, HistoryBlock::Encode
//   12  u32 magic
//
// Nothing is synced before Sync, which gives the place that the owner keeps with its own state:
// what lies behind it when the log is opened again is cut off, for the owner will write it again.
//
// One thread changes it; Find and Read may be called by others at the same time if the owner keeps
// Find apart from changes.
class BlockLog {
 public:
  struct Options {
    std::string directory;
    std::uint64_t segment_bytes = 64u << 20;
    // The oldest segments go when all have more bytes, or when their last block ends so long before
    // the newest one.
    std::uint64_t bytes_max = std::uint64_t{1} << 30;
    absl::Duration retention = absl::Hours(24 * 7);
  };
  // Behind the last byte.
  struct Place {
    std::uint64_t segment = 0;
    std::uint64_t bytes = 0;
  };

  // Cuts off what lies behind `end`, and indexes the rest. A block that is damaged in its head ends
  // the log there.
  static absl::StatusOr<std::unique_ptr<BlockLog>> Open(journal::FileSystem& file_system,
                                                        Options options, Place end);
  BlockLog(const BlockLog&) = delete;
  BlockLog& operator=(const BlockLog&) = delete;

  // A block that holds until `end_time`, which is when the market's next one begins.
  absl::Status Append(std::string_view ticker, const HistoryBlock& block, Timestamp end_time);
  // Removes what is too old or too much.
  absl::Status RemoveOld();
  // All of it is on disk. Find may be called at the same time.
  absl::StatusOr<Place> Sync();

  // Where a block is, for Read.
  struct Found {
    std::shared_ptr<journal::File> file;
    std::uint64_t offset = 0;
    std::uint32_t bytes = 0;
  };
  // The block that holds at this instant. Nothing when none does.
  std::optional<Found> Find(std::string_view ticker, Timestamp at) const;
  // DATA_LOSS when it is damaged. Any thread.
  static absl::StatusOr<HistoryBlock> Read(const Found& found);

  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    Timestamp last_time;
    std::shared_ptr<journal::File> file;
    bool is_synced = true;
  };
  struct Entry {
    std::int64_t first_nanos = 0;
    std::int64_t end_nanos = 0;
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    std::uint32_t bytes = 0;
  };

  BlockLog(journal::FileSystem& file_system, Options options)
      : file_system_(file_system), options_(std::move(options)) {}
  std::string PathOf(std::uint64_t number) const;
  // Up to `bytes_max` of a segment; what is behind is cut off.
  absl::Status OpenSegment(std::uint64_t number, std::uint64_t bytes_max);
  // Adds the block at the segment's end to the index. False: there is none.
  absl::StatusOr<bool> IndexNext(Segment& segment, std::uint64_t file_bytes);
  absl::Status StartSegment();

  journal::FileSystem& file_system_;
  const Options options_;
  std::deque<Segment> segments_;  // By number.
  std::uint64_t next_segment_ = 1;
  TextMap<std::deque<Entry>> index_;
  std::uint64_t bytes_ = 0;
  Timestamp newest_time_;
};

}  // namespace evx::order_book_rebuilder
