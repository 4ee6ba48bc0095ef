#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/bytes.h"

// The columns of a block: 64-bit integers, and bytes. Each integer column is written in the
// smallest of three forms: the numbers, their differences, or the places of the numbers in a table
// of the distinct ones, most frequent first. The numbers of a form are cut into planes, one for
// each byte of the largest, and each plane is compressed by itself, because bytes of one weight
// resemble one another.

namespace evx::recording {

// What a decoder may still take. Counts come from bytes that may be damaged.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes) : left_(bytes) {}
  bool Take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::size_t left_;
};

void EncodeIntegers(std::span<const std::int64_t> values, std::string& out);

// `count` numbers. Makes the reader fail when the bytes are damaged or the budget is used up.
std::vector<std::int64_t> DecodeIntegers(ByteReader& in, std::size_t count, MemoryBudget& budget);

void EncodeBytes(std::string_view bytes, std::string& out);
std::string DecodeBytes(ByteReader& in, MemoryBudget& budget);

}  // namespace evx::recording
