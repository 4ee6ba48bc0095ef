#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace evx {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

// A map by text that can be asked with a std::string_view without making a string. The packaged
// Abseil's maps take only their own string_view.
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

}  // namespace evx
