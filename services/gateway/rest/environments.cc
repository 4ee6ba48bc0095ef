#include "rest/environments.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::gateway {
namespace {

using nlohmann::json;

constexpr std::size_t kNameBytesMax = 32;
constexpr std::size_t kLabelBytesMax = 64;
constexpr std::size_t kUrlBytesMax = 2'048;
constexpr std::size_t kShownBytesMax = 64;

// A value as it stands in the file, cut short.
std::string Shown(const json& value) {
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  return text;
}

bool IsName(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= kNameBytesMax && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

// The parser has made sure that it is UTF-8.
bool IsLabel(std::string_view text) {
  return !text.empty() && text.size() <= kLabelBytesMax &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

bool IsMode(std::string_view text) { return text == "paper" || text == "live"; }

// The page puts it where a browser goes to: nothing but a place of the web, and no secret in it.
bool IsUrl(std::string_view text) {
  if (text.size() > kUrlBytesMax) return false;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    const std::string_view host = rest.substr(0, rest.find('/'));
    return !host.empty() && host.front() != ':' &&
           std::all_of(rest.begin(), rest.end(), [](char c) {
             return c > ' ' && c < '\x7f' &&
                    std::string_view("@?#\\\"<>").find(c) == std::string_view::npos;
           });
  }
  return false;
}

struct Field {
  const char* name;
  std::string Environment::*value;
  bool (*is_valid)(std::string_view text);
  const char* rule;
};
constexpr Field kFields[] = {
    {"name", &Environment::name, IsName,
     "must be 1 to 32 characters of a-z, 0-9 and -, a letter first"},
    {"label", &Environment::label, IsLabel, "must be 1 to 64 bytes without control characters"},
    {"url", &Environment::url, IsUrl,
     "must be http:// or https:// with a host and at most a path, at most 2048 bytes"},
    {"mode", &Environment::mode, IsMode, "must be paper or live"},
};

absl::StatusOr<Environment> ReadOne(const json& value, const std::string& place) {
  if (!value.is_object()) {
    return InvalidArgument(absl::StrFormat("%s: %s, must be an object", place, Shown(value)));
  }
  Environment out;
  for (const Field& field : kFields) {
    const auto found = value.find(field.name);
    if (found == value.end()) {
      return InvalidArgument(absl::StrFormat("%s.%s is missing", place, field.name));
    }
    const auto* text = found->get_ptr<const std::string*>();
    if (text == nullptr || !field.is_valid(*text)) {
      return InvalidArgument(
          absl::StrFormat("%s.%s: %s, %s", place, field.name, Shown(*found), field.rule));
    }
    out.*field.value = *text;
  }
  for (const auto& [key, unused] : value.items()) {
    const auto is_known = [&key = key](const Field& field) { return key == field.name; };
    if (std::none_of(std::begin(kFields), std::end(kFields), is_known)) {
      return InvalidArgument(absl::StrFormat("%s: there is no member %s", place, Shown(key)));
    }
  }
  return out;
}

absl::Status CheckAll(const std::vector<Environment>& environments, std::string_view current,
                      std::string_view mode) {
  const Environment* here = nullptr;
  for (std::size_t i = 0; i < environments.size(); ++i) {
    const Environment& one = environments[i];
    for (std::size_t k = 0; k < i; ++k) {
      if (environments[k].name == one.name || environments[k].url == one.url) {
        return InvalidArgument(
            absl::StrFormat("environments[%d]: its name or url is that of environments[%d]", i, k));
      }
    }
    if (one.name == current) here = &one;
  }
  if (here == nullptr) {
    return InvalidArgument(absl::StrFormat("--environment is \"%s\", which is none of its names",
                                           std::string(current)));
  }
  if (here->mode != mode) {
    return InvalidArgument(
        absl::StrFormat("the mode of \"%s\" is %s, and --mode of this gateway is %s", here->name,
                        here->mode, std::string(mode)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Environment>> ParseEnvironments(std::string_view text,
                                                           std::string_view current,
                                                           std::string_view mode) {
  if (text.size() > kEnvironmentsBytesMax) {
    return InvalidArgument(
        absl::StrFormat("%d bytes, must be at most %d", text.size(), kEnvironmentsBytesMax));
  }
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return InvalidArgument("it is no JSON");
  if (!root.is_object() || root.size() != 1 || !root.contains("environments") ||
      !root["environments"].is_array()) {
    return InvalidArgument("it must be one object with the array \"environments\"");
  }
  const json& rows = root["environments"];
  if (rows.empty() || rows.size() > kEnvironmentCountMax) {
    return InvalidArgument(absl::StrFormat("environments: %d of them, must be 1 to %d", rows.size(),
                                           kEnvironmentCountMax));
  }
  std::vector<Environment> environments;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EVX_ASSIGN_OR_RETURN(Environment one, ReadOne(rows[i], absl::StrFormat("environments[%d]", i)));
    environments.push_back(std::move(one));
  }
  EVX_RETURN_IF_ERROR(CheckAll(environments, current, mode));
  return environments;
}

absl::StatusOr<std::vector<Environment>> ReadEnvironments(const std::string& file,
                                                          std::string_view current,
                                                          std::string_view mode) {
  if (file.empty()) {
    if (current.empty()) return std::vector<Environment>();
    return InvalidArgument("--environment names one of --environments_file, which is not set");
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(kEnvironmentsBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto environments = ParseEnvironments(text, current, mode);
  if (environments.ok()) return environments;
  return InvalidArgument("--environments_file " + file + ": " + MessageOf(environments.status()));
}

}  // namespace evx::gateway
