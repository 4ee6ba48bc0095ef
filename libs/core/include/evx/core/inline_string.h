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
    if (!text.empty()) std::memcpy(data_.data(), text.data(), text.size());
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
  std::uint8_t size_ = 0;
  std::array<char, Max> data_{};
};

}  // namespace evx
