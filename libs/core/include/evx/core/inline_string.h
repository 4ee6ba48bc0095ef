#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "evx/core/check.h"

namespace evx {

// Text of at most `Max` bytes held in place: no allocation, trivially copyable. Longer text is a
// fault of the program; input is checked before it gets here.
template <std::size_t Max>
class InlineString {
  static_assert(Max <= 255);

 public:
  static constexpr std::size_t kMaxSize = Max;

  constexpr InlineString() = default;
  explicit InlineString(std::string_view text) : size_(static_cast<std::uint8_t>(text.size())) {
    EVX_CHECK(text.size() <= Max);
    Copy(text.data(), text.size());
  }

  std::string_view view() const { return {data_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  friend bool operator==(const InlineString& a, const InlineString& b) {
    return a.view() == b.view();
  }
  friend auto operator<=>(const InlineString& a, const InlineString& b) {
    return a.view() <=> b.view();
  }

 private:
  // In steps of fixed size, the last of which may overlap the one before: a copy of unknown size is
  // a call or a slow string instruction.
  template <std::size_t step>
  void CopyInSteps(const char* text, std::size_t size) {
    for (std::size_t at = 0; at + step < size; at += step) {
      std::memcpy(data_.data() + at, text + at, step);
    }
    std::memcpy(data_.data() + size - step, text + size - step, step);
  }
  void Copy(const char* text, std::size_t size) {
    if (size >= 16) {
      CopyInSteps<16>(text, size);
    } else if (size >= 4) {
      CopyInSteps<4>(text, size);
    } else {
      for (std::size_t at = 0; at < size; ++at) data_[at] = text[at];
    }
  }

  // Text first: copied whole in steps of 16 bytes, the same steps find it again.
  std::array<char, Max> data_{};
  std::uint8_t size_ = 0;
};

}  // namespace evx
