#include "store/block_log.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "evx/core/bytes.h"
#include "evx/core/status.h"
#include "evx/journal/crc32c.h"
#include "fold/book_message.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr std::string_view kSuffix = ".history";
constexpr std::size_t kHeadBytes = 32;
constexpr std::size_t kCheckedOffset = 8;
constexpr std::uint32_t kMagic = 0x42585645;  // "EVXB"
constexpr std::uint32_t kBlockBytesMax = 4u << 20;

struct Head {
  std::uint32_t bytes = 0;
  std::uint32_t crc = 0;
  std::uint32_t ticker_bytes = 0;
  Timestamp first_time;
  Timestamp end_time;
};

// Nothing when these bytes are no head.
std::optional<Head> DecodeHead(std::string_view bytes) {
  ByteReader reader(bytes);
  Head head;
  head.bytes = reader.U32();
  head.crc = reader.U32();
  head.ticker_bytes = reader.U32();
  const std::uint32_t magic = reader.U32();
  reader.Get(head.first_time);
  reader.Get(head.end_time);
  if (!reader.ok() || magic != kMagic || head.bytes > kBlockBytesMax ||
      head.ticker_bytes > head.bytes || head.ticker_bytes > kTickerSizeMax) {
    return std::nullopt;
  }
  return head;
}

std::string EncodeBlock(std::string_view ticker, const HistoryBlock& block, Timestamp end_time) {
  std::string checked;
  ByteWriter writer(checked);
  writer.U32(static_cast<std::uint32_t>(ticker.size()));
  writer.U32(kMagic);
  writer.Put(block.first_time);
  writer.Put(end_time);
  writer.Bytes(ticker);
  block.Encode(writer);
  std::string bytes;
  ByteWriter head(bytes);
  head.U32(static_cast<std::uint32_t>(kCheckedOffset + checked.size() - kHeadBytes));
  head.U32(journal::Crc32c(checked));
  head.Bytes(checked);
  return bytes;
}

absl::StatusOr<std::string> ReadBytes(journal::File& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  EVX_ASSIGN_OR_RETURN(const std::size_t read, file.Read(offset, bytes));
  bytes.resize(read);
  return bytes;
}

std::optional<std::uint64_t> NumberOf(const std::string& name) {
  std::uint64_t number = 0;
  if (!name.ends_with(kSuffix) ||
      !absl::SimpleAtoi(name.substr(0, name.size() - kSuffix.size()), &number)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

// --- Opening ------------------------------------------------------------------------------------

std::string BlockLog::PathOf(std::uint64_t number) const {
  return absl::StrFormat("%s/%010d%s", options_.directory, number, std::string(kSuffix));
}

absl::StatusOr<std::unique_ptr<BlockLog>> BlockLog::Open(journal::FileSystem& file_system,
                                                         Options options, Place end) {
  EVX_RETURN_IF_ERROR(file_system.CreateDirectories(options.directory));
  std::unique_ptr<BlockLog> log(new BlockLog(file_system, std::move(options)));
  EVX_ASSIGN_OR_RETURN(const auto names, file_system.List(log->options_.directory));
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> number = NumberOf(name);
    if (!number) continue;
    if (*number > end.segment) {
      EVX_RETURN_IF_ERROR(file_system.Remove(log->PathOf(*number)));
      continue;
    }
    EVX_RETURN_IF_ERROR(log->OpenSegment(
        *number, *number == end.segment ? end.bytes : std::numeric_limits<std::uint64_t>::max()));
  }
  EVX_RETURN_IF_ERROR(file_system.SyncDirectory(log->options_.directory));
  log->next_segment_ = end.segment + 1;
  return log;
}

absl::Status BlockLog::OpenSegment(std::uint64_t number, std::uint64_t bytes_max) {
  Segment segment;
  segment.number = number;
  EVX_ASSIGN_OR_RETURN(segment.file,
                       file_system_.Open(PathOf(number), journal::OpenMode::kReadWrite));
  EVX_ASSIGN_OR_RETURN(const std::uint64_t size, segment.file->Size());
  const std::uint64_t file_bytes = std::min(size, bytes_max);
  for (bool found = true; found;) {
    EVX_ASSIGN_OR_RETURN(found, IndexNext(segment, file_bytes));
  }
  if (file_bytes < size) EVX_RETURN_IF_ERROR(segment.file->Truncate(file_bytes));
  bytes_ += segment.bytes;
  newest_time_ = std::max(newest_time_, segment.last_time);
  segments_.push_back(std::move(segment));
  return absl::OkStatus();
}

absl::StatusOr<bool> BlockLog::IndexNext(Segment& segment, std::uint64_t file_bytes) {
  if (file_bytes - segment.bytes < kHeadBytes) return false;
  EVX_ASSIGN_OR_RETURN(const std::string bytes,
                       ReadBytes(*segment.file, segment.bytes, kHeadBytes + kTickerSizeMax));
  const std::optional<Head> head = DecodeHead(bytes);
  if (!head || head->bytes > file_bytes - segment.bytes - kHeadBytes) return false;
  const std::uint32_t block_bytes = static_cast<std::uint32_t>(kHeadBytes) + head->bytes;
  index_[bytes.substr(kHeadBytes, head->ticker_bytes)].push_back(
      {head->first_time.nanos(), head->end_time.nanos(), segment.number, segment.bytes,
       block_bytes});
  segment.bytes += block_bytes;
  segment.last_time = std::max(segment.last_time, head->end_time);
  return true;
}

// --- Growing ------------------------------------------------------------------------------------

absl::Status BlockLog::StartSegment() {
  Segment segment;
  segment.number = next_segment_;
  EVX_ASSIGN_OR_RETURN(segment.file,
                       file_system_.Open(PathOf(segment.number), journal::OpenMode::kCreate));
  ++next_segment_;
  segments_.push_back(std::move(segment));
  return absl::OkStatus();
}

absl::Status BlockLog::Append(std::string_view ticker, const HistoryBlock& block,
                              Timestamp end_time) {
  const std::string bytes = EncodeBlock(ticker, block, end_time);
  if (bytes.size() > kBlockBytesMax) {
    return InvalidArgument(
        absl::StrFormat("a block of %d bytes is larger than %d", bytes.size(), kBlockBytesMax));
  }
  if (segments_.empty() || segments_.back().bytes >= options_.segment_bytes) {
    EVX_RETURN_IF_ERROR(StartSegment());
  }
  Segment& segment = segments_.back();
  segment.is_synced = false;
  EVX_RETURN_IF_ERROR(segment.file->Write(segment.bytes, bytes));
  index_[std::string(ticker)].push_back({block.first_time.nanos(), end_time.nanos(), segment.number,
                                         segment.bytes, static_cast<std::uint32_t>(bytes.size())});
  segment.bytes += bytes.size();
  segment.last_time = std::max(segment.last_time, end_time);
  bytes_ += bytes.size();
  newest_time_ = std::max(newest_time_, end_time);
  return absl::OkStatus();
}

absl::StatusOr<BlockLog::Place> BlockLog::Sync() {
  for (Segment& segment : segments_) {
    if (segment.is_synced) continue;
    EVX_RETURN_IF_ERROR(segment.file->Sync());
    segment.is_synced = true;
  }
  EVX_RETURN_IF_ERROR(file_system_.SyncDirectory(options_.directory));
  if (segments_.empty()) return Place{next_segment_ - 1, 0};
  return Place{segments_.back().number, segments_.back().bytes};
}

absl::Status BlockLog::RemoveOld() {
  while (segments_.size() > 1 &&
         (bytes_ > options_.bytes_max ||
          segments_.front().last_time + options_.retention < newest_time_)) {
    const std::uint64_t number = segments_.front().number;
    EVX_RETURN_IF_ERROR(file_system_.Remove(PathOf(number)));
    bytes_ -= segments_.front().bytes;
    segments_.pop_front();
    for (auto item = index_.begin(); item != index_.end();) {
      auto& entries = item->second;
      while (!entries.empty() && entries.front().segment <= number) entries.pop_front();
      item = entries.empty() ? index_.erase(item) : std::next(item);
    }
  }
  return absl::OkStatus();
}

// --- Reading ------------------------------------------------------------------------------------

std::optional<BlockLog::Found> BlockLog::Find(std::string_view ticker, Timestamp at) const {
  const auto entries = index_.find(ticker);
  if (entries == index_.end()) return std::nullopt;
  const auto behind = std::upper_bound(
      entries->second.begin(), entries->second.end(), at.nanos(),
      [](std::int64_t nanos, const Entry& entry) { return nanos < entry.first_nanos; });
  if (behind == entries->second.begin()) return std::nullopt;
  const Entry& entry = *std::prev(behind);
  if (at.nanos() >= entry.end_nanos) return std::nullopt;
  const auto segment = std::lower_bound(
      segments_.begin(), segments_.end(), entry.segment,
      [](const Segment& one, std::uint64_t number) { return one.number < number; });
  return Found{segment->file, entry.offset, entry.bytes};
}

absl::StatusOr<HistoryBlock> BlockLog::Read(const Found& found) {
  EVX_ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(*found.file, found.offset, found.bytes));
  const std::optional<Head> head = DecodeHead(bytes);
  HistoryBlock block;
  if (head && bytes.size() == kHeadBytes + head->bytes &&
      journal::Crc32c(std::string_view(bytes).substr(kCheckedOffset)) == head->crc) {
    ByteReader reader(std::string_view(bytes).substr(kHeadBytes + head->ticker_bytes));
    block.Decode(reader);
    if (reader.AtEnd()) return block;
  }
  return DataLoss(absl::StrFormat("the block at offset %d is damaged", found.offset));
}

}  // namespace evx::order_book_rebuilder
