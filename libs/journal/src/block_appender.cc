#include "block_appender.h"

#include <algorithm>
#include <cstring>

#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::journal {
namespace {

constexpr std::size_t RoundUp(std::size_t bytes) {
  return (bytes + kDirectBlockBytes - 1) / kDirectBlockBytes * kDirectBlockBytes;
}

}  // namespace

BlockAppender::AlignedMemory BlockAppender::MakeMemory(std::size_t bytes) {
  void* const memory = std::aligned_alloc(kDirectBlockBytes, bytes);
  EVX_CHECK(memory != nullptr);
  return AlignedMemory(static_cast<char*>(memory));
}

BlockAppender::BlockAppender(std::size_t run_bytes)
    : buffer_bytes_(RoundUp(run_bytes) + kDirectBlockBytes),
      buffer_(MakeMemory(buffer_bytes_)),
      last_block_(MakeMemory(kDirectBlockBytes)) {}

void BlockAppender::Start(File& file, std::uint64_t offset) {
  EVX_CHECK(offset % kDirectBlockBytes == 0);
  file_ = &file;
  offset_ = offset;
}

absl::Status BlockAppender::Append(std::string_view bytes, Durability durability) {
  std::size_t filled = offset_ % kDirectBlockBytes;
  std::uint64_t place = offset_ - filled;
  std::memcpy(buffer_.get(), last_block_.get(), filled);
  std::string_view rest = bytes;
  while (true) {
    const std::string_view part = rest.substr(0, buffer_bytes_ - filled);
    std::memcpy(buffer_.get() + filled, part.data(), part.size());
    rest.remove_prefix(part.size());
    filled += part.size();
    const std::size_t padded = RoundUp(filled);
    std::memset(buffer_.get() + filled, 0, padded - filled);
    const std::string_view blocks(buffer_.get(), padded);
    EVX_RETURN_IF_ERROR(durability == Durability::kDurable ? file_->WriteDurably(place, blocks)
                                                           : file_->Write(place, blocks));
    if (rest.empty()) break;
    place += filled;
    filled = 0;
  }
  offset_ += bytes.size();
  const std::size_t left = offset_ % kDirectBlockBytes;
  std::memcpy(last_block_.get(), buffer_.get() + filled - left, left);
  return absl::OkStatus();
}

}  // namespace evx::journal
