#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "evx/venue/codec.h"
#include "field_reader.h"

namespace evx::venue {

// The stream of a snapshot: blocks [u32 size][u64 XXH64 of the content][content], the content
// being records [u32 length][fields] as in codec.h. A record lies in one block. The checksum is
// compared before anything of a block is used, so that damage is found before it can do harm.

class StateWriter {
 public:
  static constexpr std::size_t kBlockSize = 64 * 1024;

  explicit StateWriter(const std::function<void(std::string_view)>& sink) : sink_(sink) {}

  // T lists its fields with EVX_FIELDS.
  template <class T>
  void Add(const T& record) {
    constexpr std::size_t kLengthSize = 4;
    const std::size_t start = block_.size();
    block_.resize(start + kLengthSize + codec_internal::SizeBound(record));
    char* const fields = block_.data() + start + kLengthSize;
    char* const end = codec_internal::Put(fields, record);
    codec_internal::PutInteger(block_.data() + start, static_cast<std::uint32_t>(end - fields));
    block_.resize(static_cast<std::size_t>(end - block_.data()));
    if (block_.size() >= kBlockSize) Flush();
  }
  void Flush();

 private:
  const std::function<void(std::string_view)>& sink_;
  std::string block_;
};

// After the first fault every read gives a default record; status() says what it was.
class StateReader {
 public:
  // A record is at most this long, and so is a block.
  static constexpr std::size_t kBlockSizeMax = 16 * 1024 * 1024;

  explicit StateReader(const std::function<std::size_t(char*, std::size_t)>& source)
      : source_(source) {}

  template <class T>
  T Read() {
    T record;
    std::string_view fields;
    if (!Take(fields)) return record;
    codec_internal::FieldReader reader(fields);
    T::VisitFields(record,
                   [&reader](std::string_view name, auto& field) { reader.Read(name, field); });
    if (!reader.fault().empty()) Fail(reader.fault());
    return record;
  }

  // Makes the reader fail: a record was read that the state cannot have.
  void Fail(std::string_view what);
  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }
  // Nothing is left, neither of the block nor of the source.
  bool AtEnd();

 private:
  bool Take(std::string_view& fields);
  bool LoadBlock();
  bool Fill(char* out, std::size_t size);

  const std::function<std::size_t(char*, std::size_t)>& source_;
  std::string block_;
  std::string_view rest_;
  absl::Status status_;
};

}  // namespace evx::venue
