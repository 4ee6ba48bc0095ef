#include "evx/fix/session_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::fix {
namespace {

// File: records of [u32 size][u32 check][u8 kind][fields]; little endian. `check` is FNV-1a over
// what follows it, which tells a torn end from a whole record.
constexpr std::size_t kRecordHeader = 8;
constexpr std::size_t kRecordBytesMax = 16UL << 20;
// A file below this is never rewritten.
constexpr std::size_t kRewriteBytesMin = 4UL << 20;

template <class Integer>
void Put(Integer value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
bool Take(std::string_view& bytes, Integer& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return true;
}

std::uint32_t CheckOf(std::string_view bytes) {
  std::uint32_t hash = 2'166'136'261;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619;
  return hash;
}

// Appends one record made by `fill`.
template <class Fill>
void AppendRecord(std::uint8_t kind, std::string& out, Fill fill) {
  const std::size_t begin = out.size();
  out.append(kRecordHeader, '\0');
  Put(kind, out);
  fill(out);
  const std::string_view content = std::string_view(out).substr(begin + kRecordHeader);
  const auto size = static_cast<std::uint32_t>(content.size());
  const std::uint32_t check = CheckOf(content);
  std::memcpy(out.data() + begin, &size, sizeof size);
  std::memcpy(out.data() + begin + sizeof size, &check, sizeof check);
}

absl::Status Failed(std::string_view what, const std::string& path) {
  return Unavailable("cannot " + std::string(what) + " " + path + ": " + std::strerror(errno));
}

}  // namespace

SessionStore::~SessionStore() {
  if (fd_ >= 0) ::close(fd_);
}

absl::StatusOr<std::unique_ptr<SessionStore>> SessionStore::Open(std::string path) {
  auto store = std::make_unique<SessionStore>();
  store->path_ = std::move(path);
  store->fd_ = ::open(store->path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (store->fd_ < 0) return Failed("open", store->path_);
  std::string bytes;
  char piece[64 * 1024];
  for (;;) {
    const ssize_t size = ::read(store->fd_, piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed("read", store->path_);
    if (size == 0) break;
    bytes.append(piece, static_cast<std::size_t>(size));
  }
  std::string_view rest = bytes;
  while (rest.size() >= kRecordHeader) {
    std::string_view header = rest;
    std::uint32_t size = 0;
    std::uint32_t check = 0;
    Take(header, size);
    Take(header, check);
    if (size == 0 || size > kRecordBytesMax || header.size() < size) break;
    const std::string_view content = header.substr(0, size);
    if (CheckOf(content) != check || !store->Apply(content)) break;
    rest.remove_prefix(kRecordHeader + size);
  }
  store->Trim();
  store->saved_next_in_ = store->next_in_;
  store->saved_next_out_ = store->next_out_;
  store->file_bytes_ = bytes.size() - rest.size();
  const auto end = static_cast<off_t>(store->file_bytes_);
  if (::ftruncate(store->fd_, end) != 0 || ::lseek(store->fd_, end, SEEK_SET) != end) {
    return Failed("cut", store->path_);
  }
  return store;
}

bool SessionStore::Apply(std::string_view record) {
  std::uint8_t kind = 0;
  if (!Take(record, kind)) return false;
  switch (static_cast<RecordKind>(kind)) {
    case RecordKind::kNumbers:
      return Take(record, next_in_) && Take(record, next_out_);
    case RecordKind::kMessage: {
      StoredMessage message;
      std::int64_t nanos = 0;
      std::uint32_t type_size = 0;
      if (!Take(record, message.sequence_number) || !Take(record, nanos) ||
          !Take(record, type_size) || record.size() < type_size) {
        return false;
      }
      message.sending_time = Timestamp::FromNanos(nanos);
      message.type = record.substr(0, type_size);
      message.body = record.substr(type_size);
      message_bytes_ += message.body.size();
      next_out_ = message.sequence_number + 1;
      messages_.push_back(std::move(message));
      return true;
    }
    case RecordKind::kReset:
      next_in_ = next_out_ = 1;
      messages_.clear();
      message_bytes_ = 0;
      return true;
    case RecordKind::kNote: {
      std::uint8_t note = 0;
      if (!Take(record, note) || note >= kNoteKindCount) return false;
      notes_[note] = record;
      return true;
    }
  }
  return false;
}

void SessionStore::AppendNumbers(std::uint64_t next_in, std::string& out) {
  saved_next_in_ = next_in;
  saved_next_out_ = next_out_;
  AppendRecord(static_cast<std::uint8_t>(RecordKind::kNumbers), out, [this](std::string& o) {
    Put(saved_next_in_, o);
    Put(saved_next_out_, o);
  });
}

void SessionStore::AppendStored(const StoredMessage& message, std::string& out) {
  AppendRecord(static_cast<std::uint8_t>(RecordKind::kMessage), out, [&message](std::string& o) {
    Put(message.sequence_number, o);
    Put(message.sending_time.nanos(), o);
    Put(static_cast<std::uint32_t>(message.type.size()), o);
    o.append(message.type);
    o.append(message.body);
  });
}

std::uint64_t SessionStore::Add(Timestamp sending_time, std::string_view type,
                                std::string_view body) {
  StoredMessage message{next_out_, sending_time, std::string(type), std::string(body)};
  if (fd_ >= 0) AppendStored(message, unwritten_);
  message_bytes_ += message.body.size();
  messages_.push_back(std::move(message));
  Trim();
  return next_out_++;
}

void SessionStore::Reset() {
  next_in_ = next_out_ = saved_next_in_ = saved_next_out_ = 1;
  messages_.clear();
  message_bytes_ = 0;
  if (fd_ < 0) return;
  AppendRecord(static_cast<std::uint8_t>(RecordKind::kReset), unwritten_, [](std::string&) {});
}

void SessionStore::Trim() {
  while (messages_.size() > kMessageCountMax || message_bytes_ > kMessageBytesMax) {
    message_bytes_ -= messages_.front().body.size();
    messages_.pop_front();
  }
}

void SessionStore::Expire(Timestamp now, absl::Duration retention) {
  while (!messages_.empty() && now - messages_.front().sending_time > retention) {
    message_bytes_ -= messages_.front().body.size();
    messages_.pop_front();
  }
}

void SessionStore::ForEach(std::uint64_t first, std::uint64_t last,
                           const std::function<void(const StoredMessage&)>& visit) const {
  auto at = std::lower_bound(messages_.begin(), messages_.end(), first,
                             [](const StoredMessage& message, std::uint64_t number) {
                               return message.sequence_number < number;
                             });
  for (; at != messages_.end() && at->sequence_number <= last; ++at) visit(*at);
}

void SessionStore::SetNote(std::uint8_t kind, std::string value) {
  EVX_CHECK(kind < kNoteKindCount);
  if (notes_[kind] == value) return;
  notes_[kind] = std::move(value);
  if (fd_ < 0) return;
  AppendRecord(static_cast<std::uint8_t>(RecordKind::kNote), unwritten_, [&](std::string& o) {
    Put(kind, o);
    o.append(notes_[kind]);
  });
}

const std::string& SessionStore::note(std::uint8_t kind) const {
  EVX_CHECK(kind < kNoteKindCount);
  return notes_[kind];
}

absl::Status SessionStore::WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd_, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return absl::OkStatus();
}

bool SessionStore::has_changes() const {
  return fd_ >= 0 &&
         (!unwritten_.empty() || next_in_ != saved_next_in_ || next_out_ != saved_next_out_);
}

absl::Status SessionStore::Flush(std::uint64_t next_in_max) {
  if (fd_ < 0) return absl::OkStatus();
  const std::uint64_t next_in = std::min(next_in_, next_in_max);
  if (next_in != saved_next_in_ || next_out_ != saved_next_out_) {
    AppendNumbers(next_in, unwritten_);
  }
  if (unwritten_.empty()) return absl::OkStatus();
  const absl::Status written = WriteAll(unwritten_);
  if (!written.ok()) {
    // Part of it may be there: a record that is torn must not stand before whole ones.
    (void)!::ftruncate(fd_, static_cast<off_t>(file_bytes_));
    ::lseek(fd_, static_cast<off_t>(file_bytes_), SEEK_SET);
    return written;
  }
  file_bytes_ += unwritten_.size();
  unwritten_.clear();
  const std::size_t live_bytes = message_bytes_ + messages_.size() * 64;
  if (file_bytes_ > kRewriteBytesMin && file_bytes_ > 2 * live_bytes + kRewriteBytesMin) {
    return Rewrite();
  }
  return absl::OkStatus();
}

absl::Status SessionStore::Rewrite() {
  std::string bytes;
  for (const StoredMessage& message : messages_) AppendStored(message, bytes);
  for (std::uint8_t kind = 0; kind < kNoteKindCount; ++kind) {
    if (notes_[kind].empty()) continue;
    AppendRecord(static_cast<std::uint8_t>(RecordKind::kNote), bytes, [&](std::string& o) {
      Put(kind, o);
      o.append(notes_[kind]);
    });
  }
  AppendNumbers(saved_next_in_, bytes);
  const std::string aside = path_ + ".new";
  const int fd = ::open(aside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("open", aside);
  const int old = std::exchange(fd_, fd);
  const absl::Status written = WriteAll(bytes);
  if (!written.ok() || std::rename(aside.c_str(), path_.c_str()) != 0) {
    ::close(std::exchange(fd_, old));
    return written.ok() ? Failed("rename", aside) : written;
  }
  ::close(old);
  file_bytes_ = bytes.size();
  return absl::OkStatus();
}

}  // namespace evx::fix
