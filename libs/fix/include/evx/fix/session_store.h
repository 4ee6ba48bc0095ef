#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"

namespace evx::fix {

// What a session must know beyond one connection: the next sequence numbers, the application
// messages sent within the retention period (for a resend) and whatever the owner wants to keep
// beside them.
//
// In memory, or in a file too: then every change is appended to it by the next Flush, and a killed
// process finds all that was flushed. The file is not forced to the disk: after a power failure a
// client may have to reset its sequence numbers. It is rewritten when more than half of it is old.
//
// Bounded by retention, kMessageCountMax and kMessageBytesMax; the oldest messages go first and are
// answered with a gap fill. Not thread-safe.
class SessionStore {
 public:
  static constexpr std::size_t kMessageCountMax = 1'000'000;
  static constexpr std::size_t kMessageBytesMax = 256UL << 20;

  struct StoredMessage {
    std::uint64_t sequence_number = 0;
    Timestamp sending_time;
    std::string type;
    std::string body;
  };

  // In memory.
  SessionStore() = default;
  // Reads the file, or makes it. Unavailable names the path; a torn end is cut.
  static absl::StatusOr<std::unique_ptr<SessionStore>> Open(std::string path);
  ~SessionStore();
  SessionStore(const SessionStore&) = delete;
  SessionStore& operator=(const SessionStore&) = delete;

  std::uint64_t next_in() const { return next_in_; }
  std::uint64_t next_out() const { return next_out_; }
  void set_next_in(std::uint64_t number) { next_in_ = number; }
  // For messages that are not kept.
  void set_next_out(std::uint64_t number) { next_out_ = number; }
  // Keeps an application message under next_out() and counts that up; the number it has.
  std::uint64_t Add(Timestamp sending_time, std::string_view type, std::string_view body);
  // Both numbers are 1 again and no message is kept. Notes stay.
  void Reset();

  // Drops messages older than the period.
  void Expire(Timestamp now, absl::Duration retention);
  // Messages of first..last that are kept, in order.
  void ForEach(std::uint64_t first, std::uint64_t last,
               const std::function<void(const StoredMessage&)>& visit) const;
  const std::deque<StoredMessage>& messages() const { return messages_; }

  // A value of the owner; the last one is kept.
  void SetNote(std::uint8_t kind, std::string value);
  const std::string& note(std::uint8_t kind) const;

  // Whether Flush would write anything.
  bool has_changes() const;
  // Writes what has changed. Errors name the path; what failed is written with the next call.
  // The next incoming number is written as `next_in_max` at most: a message whose effect is not
  // durable yet must be asked for again after a crash.
  absl::Status Flush(std::uint64_t next_in_max = UINT64_MAX);

 private:
  static constexpr std::size_t kNoteKindCount = 8;

  enum class RecordKind : std::uint8_t { kNumbers = 1, kMessage = 2, kReset = 3, kNote = 4 };

  void AppendNumbers(std::uint64_t next_in, std::string& out);
  static void AppendStored(const StoredMessage& message, std::string& out);
  bool Apply(std::string_view record);
  void Trim();
  absl::Status Rewrite();
  absl::Status WriteAll(std::string_view bytes);

  std::uint64_t next_in_ = 1;
  std::uint64_t next_out_ = 1;
  std::deque<StoredMessage> messages_;
  std::size_t message_bytes_ = 0;
  std::string notes_[kNoteKindCount];

  std::string path_;
  int fd_ = -1;
  std::string unwritten_;
  // As the file has them.
  std::uint64_t saved_next_in_ = 1;
  std::uint64_t saved_next_out_ = 1;
  std::size_t file_bytes_ = 0;
};

}  // namespace evx::fix
