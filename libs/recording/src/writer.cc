#include "evx/recording/writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "segment_files.h"
#include "tail.h"

namespace evx::recording {
namespace {

constexpr std::int64_t kHourNanos = 3'600'000'000'000;
// Of a segment that is read to its end.
constexpr std::uint64_t kEveryFrame = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view kLockName = "/lock";
// Bytes of the tail that Append collects before it writes.
constexpr std::size_t kTailBufferBytes = 256u << 10;

absl::Status DiskError(std::string_view what, const std::string& path) {
  return Unavailable(absl::StrFormat("%s %s: %s", ToAbsl(what), path, std::strerror(errno)));
}

// A file that grows at its end.
class AppendFile {
 public:
  AppendFile() = default;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile() { Close(); }

  absl::Status Open(const std::string& path) {
    Close();
    path_ = path;
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return fd_ < 0 ? DiskError("cannot open", path) : absl::OkStatus();
  }
  absl::Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return DiskError("cannot write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return absl::OkStatus();
  }
  absl::Status Sync() {
    return ::fdatasync(fd_) == 0 ? absl::OkStatus() : DiskError("cannot sync", path_);
  }
  absl::Status Truncate(std::size_t size) {
    return ::ftruncate(fd_, static_cast<off_t>(size)) == 0 ? absl::OkStatus()
                                                           : DiskError("cannot cut", path_);
  }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
  std::string path_;
};

// Held by the one writer of a folder, until its process ends.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }

  absl::Status Take(const std::string& folder) {
    const std::string path = folder + std::string(kLockName);
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) return DiskError("cannot open", path);
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
    if (errno != EWOULDBLOCK) return DiskError("cannot lock", path);
    return FailedPrecondition(folder + " is written by another recorder");
  }

 private:
  int fd_ = -1;
};

absl::Status SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : DiskError("cannot sync", folder);
  if (fd >= 0) ::close(fd);
  return status;
}

Timestamp HourOf(Timestamp time) {
  return Timestamp::FromNanos(time.nanos() / kHourNanos * kHourNanos);
}

// Whether the crash came before the segment had its header, so before its first frame.
bool IsHeaderTorn(const std::string& stem) {
  std::error_code error;
  const auto size = std::filesystem::file_size(WithSuffix(stem, kSegmentSuffix), error);
  return !error && size < EncodeSegmentHeader(Timestamp()).size();
}

}  // namespace

struct RecordingWriter::State {
  std::string folder;
  FolderLock lock;
  AppendFile segment;
  AppendFile tail;
  // Of the open segment, without suffix; empty before the first.
  std::string stem;
  Timestamp hour;
  BlockEncoder encoder;
  // Number of the open block's first frame.
  std::uint64_t first_frame = 0;
  std::string tail_buffer;
  absl::Status failure;

  absl::Status OpenSegment(Timestamp new_hour);
  absl::Status TakeUp(const std::string& newest);
  absl::Status Add(const Frame& frame);
  absl::Status WriteTail();
  // When every frame of it is in a block.
  absl::Status EmptyTail();
  absl::Status Seal();
  // Remembers the first failure.
  absl::Status Keep(absl::Status status) {
    if (!status.ok() && failure.ok()) failure = status;
    return status;
  }
};

absl::Status RecordingWriter::State::OpenSegment(Timestamp new_hour) {
  // An hour that is over has no tail.
  if (!stem.empty()) ::unlink(WithSuffix(stem, kTailSuffix).c_str());
  // "2026-08-11T00" of "2026-08-11T00:00:00.000000Z".
  stem = folder + "/" + FormatRfc3339(new_hour).substr(0, 13);
  EVX_RETURN_IF_ERROR(segment.Open(WithSuffix(stem, kSegmentSuffix)));
  EVX_RETURN_IF_ERROR(tail.Open(WithSuffix(stem, kTailSuffix)));
  EVX_RETURN_IF_ERROR(segment.Truncate(0));
  EVX_RETURN_IF_ERROR(tail.Truncate(0));
  EVX_RETURN_IF_ERROR(segment.Write(EncodeSegmentHeader(new_hour)));
  EVX_RETURN_IF_ERROR(segment.Sync());
  EVX_RETURN_IF_ERROR(SyncFolder(folder));
  hour = new_hour;
  first_frame = 0;
  return absl::OkStatus();
}

absl::Status RecordingWriter::State::TakeUp(const std::string& newest) {
  stem = newest;
  const std::string path = WithSuffix(stem, kSegmentSuffix);
  const std::string bytes = ReadFile(path);
  const absl::StatusOr<SegmentScan> scan = ScanSegment(bytes);
  if (!scan.ok()) return DataLoss(path + ": " + MessageOf(scan.status()));
  const std::string tail_bytes = ReadFile(WithSuffix(stem, kTailSuffix));
  const Tail open = ReadTail(tail_bytes, scan->frame_count);
  EVX_RETURN_IF_ERROR(segment.Open(path));
  EVX_RETURN_IF_ERROR(tail.Open(WithSuffix(stem, kTailSuffix)));
  // A tail that begins later was emptied after a block was synced that is not sound any more: that
  // is damage, which is kept for whoever repairs it.
  if (open.first_number == scan->frame_count) {
    EVX_RETURN_IF_ERROR(segment.Truncate(scan->sound_size));
  }
  // Where the crash came before the tail was emptied, the last block may have frames that the tail
  // never got: kept, it would have a gap before the frames that follow, which nobody reads beyond.
  EVX_RETURN_IF_ERROR(open.frames.empty() ? EmptyTail() : tail.Truncate(open.sound_size));
  hour = scan->hour;
  first_frame = open.first_number;
  for (const Frame& frame : open.frames) EVX_RETURN_IF_ERROR(encoder.Add(frame));
  return absl::OkStatus();
}

absl::Status RecordingWriter::State::WriteTail() {
  EVX_RETURN_IF_ERROR(tail.Write(tail_buffer));
  tail_buffer.clear();
  return absl::OkStatus();
}

absl::Status RecordingWriter::State::EmptyTail() {
  EVX_RETURN_IF_ERROR(segment.Sync());
  return tail.Truncate(0);
}

absl::Status RecordingWriter::State::Seal() {
  if (encoder.frame_count() == 0) return absl::OkStatus();
  const std::uint64_t count = encoder.frame_count();
  const absl::StatusOr<std::string> block = EncodeSegmentBlock(first_frame, encoder.Finish());
  if (!block.ok()) return block.status();
  EVX_RETURN_IF_ERROR(segment.Write(*block));
  tail_buffer.clear();
  EVX_RETURN_IF_ERROR(EmptyTail());
  first_frame += count;
  return absl::OkStatus();
}

absl::Status RecordingWriter::State::Add(const Frame& frame) {
  const Timestamp frame_hour = HourOf(frame.received);
  if (stem.empty() || frame_hour > hour) {
    EVX_RETURN_IF_ERROR(Seal());
    EVX_RETURN_IF_ERROR(OpenSegment(frame_hour));
  }
  absl::Status added = encoder.Add(frame);
  if (added.code() == absl::StatusCode::kResourceExhausted) {
    EVX_RETURN_IF_ERROR(Seal());
    added = encoder.Add(frame);
  }
  EVX_RETURN_IF_ERROR(added);
  AppendTailRecord(first_frame + encoder.frame_count() - 1, frame, tail_buffer);
  if (tail_buffer.size() >= kTailBufferBytes) return WriteTail();
  return absl::OkStatus();
}

RecordingWriter::RecordingWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordingWriter::~RecordingWriter() = default;

absl::StatusOr<std::unique_ptr<RecordingWriter>> RecordingWriter::Open(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Unavailable("cannot make folder " + folder + ": " + error.message());
  auto state = std::make_unique<State>();
  state->folder = folder;
  EVX_RETURN_IF_ERROR(state->lock.Take(folder));
  EVX_ASSIGN_OR_RETURN(std::vector<std::string> stems, FindSegments(folder));
  // It goes, so that the segment before it is taken up and never begun anew by a clock that went
  // back.
  while (!stems.empty() && IsHeaderTorn(stems.back())) {
    std::filesystem::remove(WithSuffix(stems.back(), kTailSuffix), error);
    std::filesystem::remove(WithSuffix(stems.back(), kSegmentSuffix), error);
    if (error) return Unavailable("cannot remove " + stems.back() + ": " + error.message());
    stems.pop_back();
  }
  if (!stems.empty()) EVX_RETURN_IF_ERROR(state->TakeUp(stems.back()));
  return std::unique_ptr<RecordingWriter>(new RecordingWriter(std::move(state)));
}

absl::Status RecordingWriter::Append(const Frame& frame) {
  EVX_RETURN_IF_ERROR(state_->failure);
  if (frame.bytes.size() > kFrameBytesMax) {
    return InvalidArgument(
        absl::StrFormat("frame of %d bytes is longer than %d", frame.bytes.size(), kFrameBytesMax));
  }
  return state_->Keep(state_->Add(frame));
}

absl::Status RecordingWriter::Flush() {
  EVX_RETURN_IF_ERROR(state_->failure);
  if (state_->stem.empty()) return absl::OkStatus();
  EVX_RETURN_IF_ERROR(state_->Keep(state_->WriteTail()));
  return state_->Keep(state_->tail.Sync());
}

absl::Status RecordingWriter::Seal() {
  EVX_RETURN_IF_ERROR(state_->failure);
  return state_->Keep(state_->Seal());
}

struct RecordingReader::State {
  std::string folder;
  ReadOptions options;
  std::vector<std::string> stems;
  std::size_t next_stem = 0;
  std::uint64_t block_first = 0;  // Number of the first frame of the block that came last.
  // Of the segment that is being read.
  std::string path;
  std::string bytes;
  std::string tail_bytes;
  SegmentScan scan;
  std::size_t next_block = 0;
  bool has_tail = false;         // Not read yet.
  std::uint64_t next_frame = 0;  // The number that follows what was read or passed over.
  std::uint64_t frame_end = 0;   // Numbers from here on are not read.
  std::uint64_t hole_count = 0;
  ReadReport report;

  bool MayHaveWanted(const BlockIndex& index) const {
    return index.received_max >= options.from && index.received_min < options.until &&
           (options.market_ticker.empty() || index.Has(options.market_ticker));
  }
  void NameDamage(std::size_t offset) {
    report.damages.push_back(absl::StrFormat("%s: damaged block at offset %d", path, offset));
  }
  // What comes now has this number.
  void Reach(std::uint64_t frame) {
    if (frame != next_frame) ++hole_count;
    next_frame = frame;
  }
  void OpenSegment(const std::string& stem);
  absl::StatusOr<std::optional<Block>> ReadOpenBlock();
};

void RecordingReader::State::OpenSegment(const std::string& stem) {
  path = WithSuffix(stem, kSegmentSuffix);
  // The tail first: what a writer moves into a block meanwhile is in both, never in none.
  tail_bytes = ReadFile(WithSuffix(stem, kTailSuffix));
  bytes = ReadFile(path);
  scan = SegmentScan();
  next_block = 0;
  next_frame = 0;
  frame_end = options.end && SegmentName(stem) == options.end->segment ? options.end->frame_count
                                                                       : kEveryFrame;
  has_tail = false;
  ++report.segment_count;
  report.stored_bytes += bytes.size() + tail_bytes.size();
  // Its last write may have been interrupted. An older one was taken up, or ended as a whole.
  const bool is_newest = next_stem == stems.size();
  absl::StatusOr<SegmentScan> scanned = ScanSegment(bytes);
  if (!scanned.ok()) {
    if (bytes.empty() && is_newest) return;
    ++hole_count;
    report.damages.push_back(path + ": " + MessageOf(scanned.status()));
    return;
  }
  scan = *std::move(scanned);
  has_tail = true;
  if (scan.sound_size < bytes.size()) {
    if (is_newest) {
      report.torn_bytes = bytes.size() - scan.sound_size;
    } else {
      scan.damaged_offsets.push_back(scan.sound_size);
    }
  }
  for (const std::size_t offset : scan.damaged_offsets) NameDamage(offset);
  report.block_count += scan.blocks.size() + scan.damaged_offsets.size();
}

absl::StatusOr<std::optional<Block>> RecordingReader::State::ReadOpenBlock() {
  has_tail = false;
  if (next_frame >= frame_end) return std::nullopt;
  Tail open = ReadTail(tail_bytes, scan.frame_count);
  const std::uint64_t readable = frame_end - std::min(frame_end, open.first_number);
  if (open.frames.size() > readable) open.frames.resize(readable);
  report.open_frame_count += open.frames.size();
  if (open.frames.empty()) {
    // Damage behind the last block that is sound.
    const bool ends_sound =
        scan.damaged_offsets.empty() ||
        (!scan.blocks.empty() && scan.damaged_offsets.back() < scan.blocks.back().offset);
    if (!ends_sound) ++hole_count;
    return std::nullopt;
  }
  Reach(open.first_number);
  block_first = open.first_number;
  BlockEncoder encoder;
  for (const Frame& frame : open.frames) EVX_RETURN_IF_ERROR(encoder.Add(frame));
  EVX_ASSIGN_OR_RETURN(Block block, Block::Decode(encoder.Finish()));
  return std::optional<Block>(std::move(block));
}

RecordingReader::RecordingReader(std::string folder, ReadOptions options)
    : state_(std::make_unique<State>()) {
  state_->folder = std::move(folder);
  state_->options = std::move(options);
  state_->stems = FindSegments(state_->folder).value_or(std::vector<std::string>());
  const std::optional<RecordingEnd>& end = state_->options.end;
  if (end) {
    std::erase_if(state_->stems,
                  [&](const std::string& stem) { return SegmentName(stem) > end->segment; });
  }
}
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;
RecordingReader::~RecordingReader() = default;

std::uint64_t RecordingReader::hole_count() const { return state_->hole_count; }

const ReadReport& RecordingReader::report() const { return state_->report; }

bool RecordingReader::IsWanted(const Block& block, std::size_t frame) const {
  const ReadOptions& options = state_->options;
  const Timestamp received = block.received(frame);
  if (received < options.from || received >= options.until) return false;
  if (state_->block_first + frame >= state_->frame_end) return false;
  return options.market_ticker.empty() ||
         block.EventOf(frame).market_ticker == options.market_ticker;
}

absl::StatusOr<std::optional<Block>> RecordingReader::Next() {
  State& state = *state_;
  while (true) {
    while (state.next_block < state.scan.blocks.size()) {
      const BlockPlace& place = state.scan.blocks[state.next_block++];
      if (place.index.first_frame >= state.frame_end) break;
      state.Reach(place.index.first_frame);
      state.next_frame += place.index.frame_count;
      if (!state.MayHaveWanted(place.index)) continue;
      absl::StatusOr<Block> block = Block::Decode(
          std::string_view(state.bytes).substr(place.payload_offset, place.payload_size));
      state.block_first = place.index.first_frame;
      if (block.ok()) return std::optional<Block>(*std::move(block));
      ++state.hole_count;
      state.NameDamage(place.offset);
    }
    if (state.has_tail) {
      EVX_ASSIGN_OR_RETURN(std::optional<Block> open, state.ReadOpenBlock());
      if (open) return open;
    }
    if (state.next_stem == state.stems.size()) return std::nullopt;
    state.OpenSegment(state.stems[state.next_stem++]);
  }
}

absl::StatusOr<ReadReport> ReadRecording(
    const std::string& folder, const ReadOptions& options,
    const std::function<void(const Block& block, std::size_t frame)>& visit) {
  RecordingReader reader(folder, options);
  std::uint64_t frame_count = 0;
  while (true) {
    EVX_ASSIGN_OR_RETURN(const std::optional<Block> block, reader.Next());
    if (!block) break;
    for (std::size_t i = 0; i < block->frame_count(); ++i) {
      if (!reader.IsWanted(*block, i)) continue;
      ++frame_count;
      visit(*block, i);
    }
  }
  ReadReport report = reader.report();
  report.frame_count = frame_count;
  return report;
}

absl::StatusOr<int> RemoveSegmentsBefore(const std::string& folder, Timestamp oldest) {
  EVX_ASSIGN_OR_RETURN(std::vector<std::string> stems, FindSegments(folder));
  if (!stems.empty()) stems.pop_back();
  int removed = 0;
  for (const std::string& stem : stems) {
    const absl::StatusOr<Timestamp> begin =
        ParseRfc3339(std::string(SegmentName(stem)) + ":00:00Z");
    if (!begin.ok() || begin->nanos() + kHourNanos > oldest.nanos()) continue;
    std::error_code error;
    std::filesystem::remove(WithSuffix(stem, kTailSuffix), error);
    std::filesystem::remove(WithSuffix(stem, kSegmentSuffix), error);
    if (error) return Unavailable("cannot remove " + stem + ": " + error.message());
    ++removed;
  }
  return removed;
}

}  // namespace evx::recording
