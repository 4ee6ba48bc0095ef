#include "xml_reader.h"

#include <algorithm>

#include "evx/core/status.h"

namespace evx::fix {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

}  // namespace

absl::StatusOr<XmlReader::Tag> XmlReader::Next() {
  const auto fault = [this] {
    return InvalidArgument("not a data dictionary at: " + std::string(rest_.substr(0, 40)));
  };
  for (;;) {
    const std::size_t begin = rest_.find('<');
    if (begin == std::string_view::npos) return Tag();
    rest_.remove_prefix(begin);
    if (!rest_.starts_with("<!--") && !rest_.starts_with("<?")) break;
    const std::string_view last = rest_.starts_with("<?") ? "?>" : "-->";
    const std::size_t end = rest_.find(last);
    if (end == std::string_view::npos) return fault();
    rest_.remove_prefix(end + last.size());
  }
  const std::size_t end = rest_.find('>');
  if (end == std::string_view::npos) return fault();
  std::string_view inside = rest_.substr(1, end - 1);
  Tag tag;
  tag.kind = Tag::Kind::kOpen;
  if (inside.starts_with('/')) {
    tag.kind = Tag::Kind::kClose;
    inside.remove_prefix(1);
  } else if (inside.ends_with('/')) {
    tag.kind = Tag::Kind::kEmpty;
    inside.remove_suffix(1);
  }
  std::size_t at = std::min(inside.find_first_of(kBlank), inside.size());
  tag.name = inside.substr(0, at);
  if (tag.name.empty()) return fault();
  while ((at = inside.find_first_not_of(kBlank, at)) != std::string_view::npos) {
    const std::size_t equals = inside.find('=', at);
    if (equals == std::string_view::npos || equals + 1 >= inside.size()) return fault();
    const char quote = inside[equals + 1];
    const std::size_t close = inside.find(quote, equals + 2);
    if ((quote != '\'' && quote != '"') || close == std::string_view::npos) return fault();
    tag.attributes.emplace(inside.substr(at, equals - at),
                           inside.substr(equals + 2, close - equals - 2));
    at = close + 1;
  }
  rest_.remove_prefix(end + 1);
  return tag;
}

}  // namespace evx::fix
