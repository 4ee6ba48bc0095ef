#include "option_text.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::service {
namespace {

constexpr std::size_t kHintDistanceMax = 3;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// The value part of a line: quotes are taken off, an unquoted " #" starts a comment.
void ReadValue(std::string_view text, FileLine& line) {
  text = Trim(text);
  if (!text.empty() && (text[0] == '"' || text[0] == '\'')) {
    const std::size_t end = text.find(text[0], 1);
    const std::string_view rest =
        end == std::string_view::npos ? std::string_view() : Trim(text.substr(end + 1));
    if (end == std::string_view::npos || (!rest.empty() && rest[0] != '#')) {
      line.fault = "the quote does not end the value";
      return;
    }
    line.value = text.substr(1, end - 1);
    return;
  }
  if (text.starts_with('#')) return;
  const std::size_t comment = std::min(text.find(" #"), text.find("\t#"));
  line.value = Trim(text.substr(0, comment));
}

}  // namespace

bool IsOptionName(std::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string VariableOf(std::string_view name) {
  std::string variable = "EVX_";
  for (const char c : name) {
    variable.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  return variable;
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string NearestName(std::string_view name, const std::vector<std::string>& names) {
  // A longer text is nobody's slip of the finger, and the distance costs size times size.
  constexpr std::size_t kNameBytesMax = 100;
  if (name.size() > kNameBytesMax) return "";
  std::string nearest;
  std::size_t distance_min = std::min(kHintDistanceMax, name.size() / 2) + 1;
  for (const std::string& candidate : names) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance < distance_min) {
      distance_min = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

bool HoldsPassword(std::string_view text) {
  if (text.find("password=") != std::string_view::npos) return true;
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = text.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  return at != std::string_view::npos &&
         authority.substr(0, at).find(':') != std::string_view::npos;
}

std::vector<FileLine> ParseConfigText(std::string_view text) {
  std::vector<FileLine> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view raw = Trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (raw.empty() || raw[0] == '#' || raw == "---") continue;
    FileLine& line = lines.emplace_back();
    line.number = number;
    const std::size_t split = raw.find_first_of("=:");
    if (split == std::string_view::npos) {
      line.fault = "is not `name = value`";
      continue;
    }
    line.name = Trim(raw.substr(0, split));
    std::replace(line.name.begin(), line.name.end(), '-', '_');
    ReadValue(raw.substr(split + 1), line);
  }
  return lines;
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (!file) return NotFound(absl::StrFormat("cannot read %s: %s", path, std::strerror(errno)));
  std::string content(bytes_max + 1, '\0');
  const std::size_t read = std::fread(content.data(), 1, content.size(), file.get());
  if (std::ferror(file.get()) != 0) {
    return Unavailable(absl::StrFormat("cannot read %s: %s", path, std::strerror(errno)));
  }
  if (read > bytes_max) {
    return InvalidArgument(absl::StrFormat("%s has more than %d bytes", path, bytes_max));
  }
  content.resize(read);
  return content;
}

}  // namespace evx::service
