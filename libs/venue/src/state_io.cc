#include "state_io.h"

#include "absl/strings/str_format.h"
#include "evx/core/hash.h"

namespace evx::venue {
namespace {

struct BlockHeader {
  std::uint32_t size = 0;
  std::uint64_t hash = 0;
};
constexpr std::size_t kBlockHeaderSize = 12;

}  // namespace

void StateWriter::Flush() {
  if (block_.empty()) return;
  char header[kBlockHeaderSize];
  char* const out = codec_internal::PutInteger(header, static_cast<std::uint32_t>(block_.size()));
  codec_internal::PutInteger(out, Xxh64(block_));
  sink_({header, sizeof header});
  sink_(block_);
  block_.clear();
}

void StateReader::Fail(std::string_view what) {
  if (!status_.ok()) return;
  status_ = DataLoss(absl::StrFormat("snapshot: %s", what));
  rest_ = {};
}

bool StateReader::Fill(char* out, std::size_t size) {
  while (size > 0) {
    const std::size_t read = source_(out, size);
    if (read == 0 || read > size) return false;
    out += read;
    size -= read;
  }
  return true;
}

bool StateReader::LoadBlock() {
  char bytes[kBlockHeaderSize];
  if (!Fill(bytes, sizeof bytes)) {
    Fail("ends too early");
    return false;
  }
  BlockHeader header;
  std::memcpy(&header.size, bytes, sizeof header.size);
  std::memcpy(&header.hash, bytes + sizeof header.size, sizeof header.hash);
  if (header.size == 0 || header.size > kBlockSizeMax) {
    Fail("a block has an impossible size");
    return false;
  }
  block_.resize(header.size);
  if (!Fill(block_.data(), block_.size())) {
    Fail("ends inside a block");
    return false;
  }
  if (Xxh64(block_) != header.hash) {
    Fail("a block differs from its checksum");
    return false;
  }
  rest_ = block_;
  return true;
}

bool StateReader::Take(std::string_view& fields) {
  if (!ok()) return false;
  if (rest_.empty() && !LoadBlock()) return false;
  std::uint32_t size = 0;
  if (rest_.size() < sizeof size) {
    Fail("a record ends inside its length");
    return false;
  }
  std::memcpy(&size, rest_.data(), sizeof size);
  rest_.remove_prefix(sizeof size);
  if (rest_.size() < size) {
    Fail("a record ends beyond its block");
    return false;
  }
  fields = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool StateReader::AtEnd() {
  char byte = 0;
  return ok() && rest_.empty() && source_(&byte, 1) == 0;
}

}  // namespace evx::venue
