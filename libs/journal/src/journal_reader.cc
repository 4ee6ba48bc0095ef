#include "evx/journal/journal_reader.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "tail_scan.h"

namespace evx::journal {
namespace {

constexpr std::size_t kReadBytesMin = 16u << 10;
constexpr std::size_t kReadBytesMax = 1u << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<JournalReader>> JournalReader::Open(FileSystem& file_system,
                                                                   std::string directory,
                                                                   SequenceNumber from,
                                                                   const DurableSequence* durable) {
  EVX_CHECK(from.value() >= 1);
  std::unique_ptr<JournalReader> reader(
      new JournalReader(file_system, std::move(directory), from, durable));
  EVX_RETURN_IF_ERROR(reader->Start());
  return reader;
}

JournalReader::JournalReader(FileSystem& file_system, std::string directory, SequenceNumber from,
                             const DurableSequence* durable)
    : file_system_(file_system), directory_(std::move(directory)), from_(from), durable_(durable) {}

absl::Status JournalReader::Start() {
  EVX_RETURN_IF_ERROR(ListSegments());
  if (segments_.empty()) return absl::OkStatus();
  auto after = std::upper_bound(segments_.begin(), segments_.end(), from_);
  if (after == segments_.begin()) {
    return absl::OutOfRangeError(ToAbsl(absl::StrFormat(
        "journal %s begins with record %d, record %d was asked for: older ones have been deleted",
        directory_, segments_.front().value(), from_.value())));
  }
  return OpenSegment(*(after - 1));
}

absl::Status JournalReader::ListSegments() {
  auto names = file_system_.List(directory_);
  if (!names.ok()) {
    if (names.status().code() == absl::StatusCode::kNotFound) return absl::OkStatus();
    return names.status();
  }
  segments_.clear();
  for (const std::string& name : *names) {
    if (const auto first = ParseSegmentName(name)) segments_.push_back(*first);
  }
  const auto next = std::upper_bound(segments_.begin(), segments_.end(),
                                     header_ ? header_->first_sequence : SequenceNumber(0));
  segment_end_ = header_ && next != segments_.end() ? *next : SequenceNumber(0);
  return absl::OkStatus();
}

absl::Status JournalReader::OpenSegment(SequenceNumber first) {
  const std::string path = directory_ + "/" + SegmentName(first);
  EVX_ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system_.Open(path, OpenMode::kRead));
  std::string block(kSegmentHeaderBytes, '\0');
  EVX_ASSIGN_OR_RETURN(const std::size_t size, file->Read(0, block));
  block.resize(size);
  auto decoded = DecodeSegmentHeader(block);
  if (!decoded.ok()) {
    return absl::Status(decoded.status().code(),
                        ToAbsl(absl::StrFormat("%s: %s", path, MessageOf(decoded.status()))));
  }
  if (decoded->first_sequence != first) {
    return DataLoss(absl::StrFormat("%s: its header says that it begins with record %d", path,
                                    decoded->first_sequence.value()));
  }
  if (header_ && (decoded->shard != header_->shard || decoded->id_key != header_->id_key)) {
    return DataLoss(absl::StrFormat("%s: belongs to another journal than %s", path, path_));
  }
  header_ = *decoded;
  file_ = std::move(file);
  path_ = path;
  next_ = first;
  buffer_size_ = buffer_position_ = 0;
  buffer_offset_ = kSegmentHeaderBytes;
  buffer_durable_ = 0;
  read_bytes_ = kReadBytesMin;
  const auto next = std::upper_bound(segments_.begin(), segments_.end(), first);
  segment_end_ = next == segments_.end() ? SequenceNumber(0) : *next;
  return absl::OkStatus();
}

ReadResult JournalReader::Next(RecordView& record) {
  if (!status_.ok()) return ReadResult::kError;
  if (at_end_) return ReadResult::kEnd;
  if (!header_) {
    if (durable_ == nullptr) {
      status_ = FinishAtEnd().status();
    } else if (durable_->Get() >= from_) {
      // The journal was empty when this reader was made.
      status_ = Start();
    }
    if (!status_.ok()) return ReadResult::kError;
    if (!header_) return ReadResult::kEnd;
  }
  while (true) {
    if (durable_ != nullptr && next_.value() > buffer_durable_) {
      const SequenceNumber durable = durable_->Get();
      if (next_ > durable) return ReadResult::kEnd;
      // The buffer may have been read before this record was written.
      buffer_offset_ += buffer_position_;
      buffer_size_ = buffer_position_ = 0;
      buffer_durable_ = durable.value();
    }
    std::size_t size = 0;
    DecodeResult result = DecodeResult::kBad;
    if (next_ != segment_end_) {
      const auto rest = [&] {
        return std::string_view(buffer_.get() + buffer_position_, buffer_size_ - buffer_position_);
      };
      result = DecodeRecord(rest(), header_->salt, record, size);
      for (int i = 0; i < 2 && result == DecodeResult::kNeedMore; ++i) {
        status_ = Fill(size);
        if (!status_.ok()) return ReadResult::kError;
        result = DecodeRecord(rest(), header_->salt, record, size);
      }
    }
    if (result == DecodeResult::kOk && record.sequence == next_) {
      record_offset_ = buffer_offset_ + buffer_position_;
      record_bytes_ = size;
      buffer_position_ += size;
      next_ = SequenceNumber(next_.value() + 1);
      if (record.sequence < from_) continue;
      return ReadResult::kRecord;
    }
    const absl::StatusOr<bool> again = HandleBadRecord();
    if (!again.ok()) status_ = again.status();
    if (!status_.ok()) return ReadResult::kError;
    if (!*again) return ReadResult::kEnd;
  }
}

// Makes at least `bytes` bytes available at the reader's place, or all that the file has.
absl::Status JournalReader::Fill(std::size_t bytes) {
  const std::size_t kept = buffer_size_ - buffer_position_;
  if (kept >= bytes) return absl::OkStatus();
  const std::size_t wanted = std::max(bytes, read_bytes_);
  if (wanted > buffer_capacity_) {
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (kept > 0) std::memcpy(larger.get(), buffer_.get() + buffer_position_, kept);
    buffer_ = std::move(larger);
    buffer_capacity_ = wanted;
  } else if (kept > 0) {
    std::memmove(buffer_.get(), buffer_.get() + buffer_position_, kept);
  }
  buffer_offset_ += buffer_position_;
  buffer_position_ = 0;
  buffer_size_ = kept;
  EVX_ASSIGN_OR_RETURN(const std::size_t read,
                       file_->Read(buffer_offset_ + kept, {buffer_.get() + kept, wanted - kept}));
  buffer_size_ += read;
  // A follower that keeps up reads little at a time; one that catches up reads much.
  read_bytes_ = kept == 0 && durable_ != nullptr && durable_->Get() <= next_
                    ? kReadBytesMin
                    : std::min(2 * read_bytes_, kReadBytesMax);
  return absl::OkStatus();
}

absl::StatusOr<bool> JournalReader::HandleBadRecord() {
  EVX_RETURN_IF_ERROR(ListSegments());
  if (segment_end_ == next_) {
    EVX_RETURN_IF_ERROR(OpenSegment(next_));
    return true;
  }
  if (!std::binary_search(segments_.begin(), segments_.end(), header_->first_sequence)) {
    return absl::OutOfRangeError(ToAbsl(absl::StrFormat(
        "%s was deleted before record %d was read: the reader's place was not registered with "
        "retention",
        path_, next_.value())));
  }
  if (durable_ != nullptr) return Damaged("an acknowledged record cannot be read");
  if (segment_end_) {
    return Damaged(
        absl::StrFormat("the record is damaged or missing, the next segment begins with "
                        "record %d",
                        segment_end_.value()));
  }
  return FinishAtEnd();
}

absl::StatusOr<bool> JournalReader::FinishAtEnd() {
  end_.next_sequence = next_;
  end_.last_header = header_;
  end_.last_path = path_;
  if (header_) {
    const std::uint64_t place = buffer_offset_ + buffer_position_;
    end_.last_good_bytes = place;
    EVX_ASSIGN_OR_RETURN(const std::uint64_t size, file_->Size());
    std::string rest(size > place ? size - place : 0, '\0');
    EVX_ASSIGN_OR_RETURN(const std::size_t read, file_->Read(place, rest));
    rest.resize(read);
    const TailFinding finding = ScanTail(rest, place, next_, header_->salt);
    if (finding.kind == TailKind::kDamaged) {
      // A writer beside this reader may have written the record since the buffer was read.
      rest.resize(std::min<std::uint64_t>(size - place, kRecordBytesMax));
      EVX_ASSIGN_OR_RETURN(const std::size_t reread, file_->Read(place, rest));
      RecordView record;
      std::size_t record_size = 0;
      if (DecodeRecord(std::string_view(rest).substr(0, reread), header_->salt, record,
                       record_size) == DecodeResult::kOk &&
          record.sequence == next_) {
        buffer_offset_ = place;
        buffer_size_ = buffer_position_ = 0;
        return true;
      }
      return Damaged(finding.later_sequence
                         ? absl::StrFormat("the record is damaged, good record %d is behind it",
                                           finding.later_sequence.value())
                         : "the record was written completely and is damaged now");
    }
    end_.torn_bytes = finding.torn_bytes;
  }
  if (next_ < from_) {
    return DataLoss(absl::StrFormat(
        "journal %s ends before record %d, but record %d was asked for: segments are missing; "
        "bring them back from a copy",
        directory_, next_.value(), from_.value()));
  }
  at_end_ = true;
  return false;
}

absl::Status JournalReader::Damaged(std::string_view what) const {
  return DataLoss(absl::StrFormat(
      "%s: offset %d, record %d: %s; bring the file back from a copy, or give up this record and "
      "all later ones with: evx-journal truncate --data_dir=%s --from_sequence=%d",
      path_, buffer_offset_ + buffer_position_, next_.value(), what, directory_, next_.value()));
}

}  // namespace evx::journal
