#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "evx/core/status.h"

// Where large state is streamed to and from (snapshots of up to several GiB), so that the code
// that knows the state does not know files. Not thread-safe. Callers hand over pieces of some
// kilobytes; implementations may buffer, so Write is cheap for small ones too.

namespace evx {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all of `bytes` or fails; after a failure the sink takes nothing more.
  virtual absl::Status Write(std::string_view bytes) = 0;
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills all of `out`. OUT_OF_RANGE when fewer bytes are left, DATA_LOSS when they are damaged.
  virtual absl::Status Read(std::span<char> out) = 0;
};

// In memory, for tests and small states.
class StringSink final : public ByteSink {
 public:
  absl::Status Write(std::string_view bytes) override {
    bytes_.append(bytes);
    return absl::OkStatus();
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads `bytes`, which must outlive it.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string_view bytes) : rest_(bytes) {}
  absl::Status Read(std::span<char> out) override {
    if (out.size() > rest_.size()) {
      return absl::OutOfRangeError("read beyond the end of the bytes");
    }
    rest_.copy(out.data(), out.size());
    rest_.remove_prefix(out.size());
    return absl::OkStatus();
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace evx
