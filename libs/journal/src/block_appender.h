#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "evx/journal/file_system.h"

namespace evx::journal {

// Appends runs of bytes of any length to a file that is open for direct access: in whole blocks,
// from aligned memory. The last block of every run is filled up with zeros, and written again, with
// what follows, by the next run. Not thread-safe; memory is the buffer alone.
class BlockAppender {
 public:
  // `run_bytes`: longer runs take more than one write.
  explicit BlockAppender(std::size_t run_bytes);

  // Goes on in `file`, which must stay open, at `offset`: a multiple of kDirectBlockBytes.
  void Start(File& file, std::uint64_t offset);
  std::uint64_t offset() const { return offset_; }

  enum class Durability : std::uint8_t { kWritten, kDurable };
  // After a failure nothing was appended, though any part may have been written: after
  // RESOURCE_EXHAUSTED it may be repeated.
  absl::Status Append(std::string_view bytes, Durability durability);

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  using AlignedMemory = std::unique_ptr<char[], Free>;
  static AlignedMemory MakeMemory(std::size_t bytes);

  const std::size_t buffer_bytes_;  // A multiple of the block size.
  const AlignedMemory buffer_;
  const AlignedMemory last_block_;  // Up to offset_.
  File* file_ = nullptr;
  std::uint64_t offset_ = 0;
};

}  // namespace evx::journal
