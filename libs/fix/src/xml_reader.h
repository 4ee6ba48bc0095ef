#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace evx::fix {

// As much XML as a data dictionary needs: elements with attributes and comments; no text, no
// entities, no DTD. Reads one tag after the other.
class XmlReader {
 public:
  struct Tag {
    enum class Kind : std::uint8_t { kOpen, kClose, kEmpty, kEnd };
    Kind kind = Kind::kEnd;
    std::string name;
    std::map<std::string, std::string, std::less<>> attributes;

    std::string_view Get(std::string_view attribute) const {
      const auto found = attributes.find(attribute);
      return found == attributes.end() ? std::string_view() : std::string_view(found->second);
    }
  };

  explicit XmlReader(std::string_view text) : rest_(text) {}

  // kEnd when nothing is left. InvalidArgument quotes what cannot be read.
  absl::StatusOr<Tag> Next();

 private:
  std::string_view rest_;
};

}  // namespace evx::fix
