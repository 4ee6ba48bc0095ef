#include "evx/journal/snapshot_store.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "block_appender.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/journal/crc32c.h"

namespace evx::journal {
namespace {

constexpr std::string_view kMagic("EVXSNAP\0", 8);
constexpr std::uint32_t kSnapshotFormatVersion = 1;
constexpr std::size_t kHeaderBytes = 4096;
constexpr std::size_t kHeaderCrcOffset = 124;
constexpr std::size_t kChunkHeaderBytes = 8;
constexpr std::size_t kChunkDataBytesMax = 256u << 10;
constexpr char kSuffix[] = ".snapshot";
constexpr char kPartialSuffix[] = ".snapshot-partial";
constexpr std::size_t kSequenceDigits = 20;

template <class T>
void Put(std::string& out, std::size_t offset, T value) {
  std::memcpy(out.data() + offset, &value, sizeof(value));
}

template <class T>
T Get(std::string_view in, std::size_t offset) {
  T value;
  std::memcpy(&value, in.data() + offset, sizeof(value));
  return value;
}

std::string EncodeHeader(const SnapshotInfo& info, std::uint32_t last_crc) {
  std::string block(kHeaderBytes, '\0');
  std::copy(kMagic.begin(), kMagic.end(), block.begin());
  Put<std::uint32_t>(block, 8, kSnapshotFormatVersion);
  Put<std::uint32_t>(block, 12, info.rules_version);
  Put<std::uint32_t>(block, 16, info.shard);
  Put<std::uint32_t>(block, 20, last_crc);
  Put<std::uint64_t>(block, 24, info.sequence.value());
  Put<std::uint64_t>(block, 32, info.state_hash);
  Put<std::uint64_t>(block, 40, info.payload_bytes);
  Put<std::int64_t>(block, 48, info.created_time.nanos());
  Put<std::uint32_t>(block, kHeaderCrcOffset,
                     Crc32c(std::string_view(block).substr(0, kHeaderCrcOffset)));
  return block;
}

absl::StatusOr<std::pair<SnapshotInfo, std::uint32_t>> DecodeHeader(const std::string& path,
                                                                    std::string_view block) {
  if (block.size() < kHeaderBytes || block.substr(0, kMagic.size()) != kMagic ||
      Crc32c(block.substr(0, kHeaderCrcOffset)) != Get<std::uint32_t>(block, kHeaderCrcOffset)) {
    return DataLoss(absl::StrFormat("%s: offset 0: the snapshot's header is damaged", path));
  }
  const auto version = Get<std::uint32_t>(block, 8);
  if (version != kSnapshotFormatVersion) {
    return FailedPrecondition(absl::StrFormat(
        "%s: format version %d, this release reads version %d: start the release that wrote it",
        path, version, kSnapshotFormatVersion));
  }
  SnapshotInfo info;
  info.rules_version = Get<std::uint32_t>(block, 12);
  info.shard = Get<std::uint32_t>(block, 16);
  info.sequence = SequenceNumber(Get<std::uint64_t>(block, 24));
  info.state_hash = Get<std::uint64_t>(block, 32);
  info.payload_bytes = Get<std::uint64_t>(block, 40);
  info.created_time = Timestamp::FromNanos(Get<std::int64_t>(block, 48));
  info.path = path;
  return std::make_pair(info, Get<std::uint32_t>(block, 20));
}

}  // namespace

SnapshotWriter::SnapshotWriter(FileSystem& file_system, std::string directory, SnapshotInfo info,
                               std::string partial_path, std::unique_ptr<File> file)
    : file_system_(file_system),
      directory_(std::move(directory)),
      info_(std::move(info)),
      partial_path_(std::move(partial_path)),
      file_(std::move(file)),
      appender_(std::make_unique<BlockAppender>(kChunkHeaderBytes + kChunkDataBytesMax)),
      chunk_(kChunkHeaderBytes, '\0') {
  appender_->Start(*file_, kHeaderBytes);
  chunk_.reserve(kChunkHeaderBytes + kChunkDataBytesMax);
}

SnapshotWriter::~SnapshotWriter() {
  if (named_) return;
  file_.reset();
  (void)file_system_.Remove(partial_path_);
}

absl::Status SnapshotWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    EVX_RETURN_IF_ERROR(status_);
    const std::size_t room = kChunkHeaderBytes + kChunkDataBytesMax - chunk_.size();
    const std::string_view part = bytes.substr(0, room);
    chunk_.append(part);
    bytes.remove_prefix(part.size());
    if (part.size() == room) status_ = FlushChunk();
  }
  return status_;
}

absl::Status SnapshotWriter::FlushChunk() {
  const std::size_t size = chunk_.size() - kChunkHeaderBytes;
  if (size == 0) return absl::OkStatus();
  crc_ = Crc32c(std::string_view(chunk_).substr(kChunkHeaderBytes), crc_);
  Put<std::uint32_t>(chunk_, 0, static_cast<std::uint32_t>(size));
  Put<std::uint32_t>(chunk_, 4, crc_);
  const std::uint64_t offset = appender_->offset();
  EVX_RETURN_IF_ERROR(appender_->Append(chunk_, BlockAppender::Durability::kWritten));
  EVX_RETURN_IF_ERROR(file_->Flush(offset, chunk_.size()));
  info_.payload_bytes += size;
  chunk_.resize(kChunkHeaderBytes);
  return absl::OkStatus();
}

absl::Status SnapshotWriter::Finish(std::uint64_t state_hash) {
  EVX_CHECK(!named_);
  EVX_RETURN_IF_ERROR(status_);
  status_ = FailedPrecondition("the snapshot has been finished");
  EVX_RETURN_IF_ERROR(FlushChunk());
  info_.state_hash = state_hash;
  EVX_RETURN_IF_ERROR(file_->Truncate(appender_->offset()));
  appender_->Start(*file_, 0);
  EVX_RETURN_IF_ERROR(
      appender_->Append(EncodeHeader(info_, crc_), BlockAppender::Durability::kWritten));
  EVX_RETURN_IF_ERROR(file_->Sync());
  EVX_RETURN_IF_ERROR(file_system_.Rename(
      partial_path_, absl::StrFormat("%s/%020d%s", directory_, info_.sequence.value(), kSuffix)));
  named_ = true;
  return file_system_.SyncDirectory(directory_);
}

SnapshotReader::SnapshotReader(SnapshotInfo info, std::uint32_t last_crc,
                               std::unique_ptr<File> file)
    : info_(std::move(info)), last_crc_(last_crc), file_(std::move(file)), offset_(kHeaderBytes) {}

absl::Status SnapshotReader::Read(std::span<char> out) {
  if (out.size() > bytes_left()) {
    return absl::OutOfRangeError(
        ToAbsl(absl::StrFormat("%s: read beyond the end of the snapshot", info_.path)));
  }
  while (!out.empty()) {
    if (chunk_position_ == chunk_.size()) EVX_RETURN_IF_ERROR(NextChunk());
    const std::size_t size = std::min(out.size(), chunk_.size() - chunk_position_);
    std::memcpy(out.data(), chunk_.data() + chunk_position_, size);
    chunk_position_ += size;
    bytes_read_ += size;
    out = out.subspan(size);
  }
  return absl::OkStatus();
}

absl::Status SnapshotReader::NextChunk() {
  char header[kChunkHeaderBytes];
  EVX_ASSIGN_OR_RETURN(const std::size_t header_bytes, file_->Read(offset_, header));
  if (header_bytes < sizeof(header)) return Damaged("the file is cut short");
  const std::string_view view(header, sizeof(header));
  const std::size_t size = Get<std::uint32_t>(view, 0);
  if (size == 0 || size > kChunkDataBytesMax || size > bytes_left()) {
    return Damaged("the chunk's size is impossible");
  }
  chunk_position_ = 0;
  chunk_.resize(size);
  EVX_ASSIGN_OR_RETURN(const std::size_t bytes, file_->Read(offset_ + sizeof(header), chunk_));
  if (bytes < size) {
    chunk_.clear();
    return Damaged("the file is cut short");
  }
  crc_ = Crc32c(chunk_, crc_);
  const bool is_last = size == bytes_left();
  if (crc_ != Get<std::uint32_t>(view, 4) || (is_last && crc_ != last_crc_)) {
    chunk_.clear();
    return Damaged("the chunk has a wrong CRC");
  }
  offset_ += sizeof(header) + size;
  return absl::OkStatus();
}

absl::Status SnapshotReader::Damaged(std::string_view what) const {
  return DataLoss(absl::StrFormat("%s: offset %d: %s", info_.path, offset_, what));
}

SnapshotStore::SnapshotStore(FileSystem& file_system, std::string directory, int keep)
    : file_system_(file_system), directory_(std::move(directory)), keep_(keep) {
  EVX_CHECK(keep_ >= 1);
}

absl::StatusOr<std::unique_ptr<SnapshotWriter>> SnapshotStore::Begin(
    const SnapshotInfo& info) const {
  std::string path =
      absl::StrFormat("%s/%020d%s", directory_, info.sequence.value(), kPartialSuffix);
  EVX_ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                       file_system_.Open(path, OpenMode::kCreateDirect));
  SnapshotInfo written = info;
  written.payload_bytes = 0;
  return std::unique_ptr<SnapshotWriter>(new SnapshotWriter(
      file_system_, directory_, std::move(written), std::move(path), std::move(file)));
}

absl::StatusOr<std::vector<std::string>> SnapshotStore::PathsNewestFirst() const {
  std::vector<std::string> paths;
  const auto names = file_system_.List(directory_);
  if (names.status().code() == absl::StatusCode::kNotFound) return paths;
  EVX_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    if (name.size() == kSequenceDigits + std::strlen(kSuffix) && absl::EndsWith(name, kSuffix)) {
      paths.push_back(directory_ + "/" + name);
    }
  }
  std::reverse(paths.begin(), paths.end());
  return paths;
}

absl::StatusOr<std::vector<SnapshotInfo>> SnapshotStore::List(const Warn& warn) const {
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> paths, PathsNewestFirst());
  std::vector<SnapshotInfo> infos;
  for (const std::string& path : paths) {
    const auto reader = Open(path);
    if (reader.ok()) {
      infos.push_back((*reader)->info());
    } else {
      warn(reader.status());
    }
  }
  return infos;
}

absl::StatusOr<std::unique_ptr<SnapshotReader>> SnapshotStore::Open(const std::string& path) const {
  EVX_ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system_.Open(path, OpenMode::kRead));
  std::string block(kHeaderBytes, '\0');
  EVX_ASSIGN_OR_RETURN(const std::size_t size, file->Read(0, block));
  block.resize(size);
  EVX_ASSIGN_OR_RETURN(auto header, DecodeHeader(path, block));
  return std::unique_ptr<SnapshotReader>(
      new SnapshotReader(std::move(header.first), header.second, std::move(file)));
}

absl::StatusOr<std::optional<SnapshotInfo>> SnapshotStore::LoadNewest(const Load& load,
                                                                      const Warn& warn) const {
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> paths, PathsNewestFirst());
  for (const std::string& path : paths) {
    const auto reader = Open(path);
    if (!reader.ok()) {
      warn(reader.status());
      continue;
    }
    absl::Status status = load(**reader);
    if (status.ok() && (*reader)->bytes_left() > 0) {
      status = DataLoss(absl::StrFormat("%s: %d bytes of the snapshot were not understood", path,
                                        (*reader)->bytes_left()));
    }
    if (status.ok()) return (*reader)->info();
    warn(status);
  }
  return std::nullopt;
}

absl::Status SnapshotStore::Prune() const {
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> paths, PathsNewestFirst());
  for (std::size_t i = static_cast<std::size_t>(keep_); i < paths.size(); ++i) {
    EVX_RETURN_IF_ERROR(file_system_.Remove(paths[i]));
  }
  const auto names = file_system_.List(directory_);
  if (names.status().code() == absl::StatusCode::kNotFound) return absl::OkStatus();
  EVX_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    if (absl::EndsWith(name, kPartialSuffix)) {
      EVX_RETURN_IF_ERROR(file_system_.Remove(directory_ + "/" + name));
    }
  }
  return absl::OkStatus();
}

}  // namespace evx::journal
