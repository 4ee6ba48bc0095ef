#include "evx/service/options.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/service/version.h"
#include "option_text.h"

namespace evx::service {
namespace {

constexpr std::size_t kConfigBytesMax = 1 << 20;
constexpr std::size_t kSecretBytesMax = 64 << 10;
// Faults repeat at most this much of a value.
constexpr std::size_t kShownBytesMax = 200;

std::string Shown(std::string_view text) {
  if (text.size() <= kShownBytesMax) return std::string(text);
  return std::string(text.substr(0, kShownBytesMax)) + "...";
}

std::string IntegerBounds(std::int64_t min, std::int64_t max) {
  const bool has_min = min != std::numeric_limits<std::int64_t>::min();
  const bool has_max = max != std::numeric_limits<std::int64_t>::max();
  if (has_min && has_max) return absl::StrFormat("%d..%d", min, max);
  if (has_min) return absl::StrFormat("at least %d", min);
  if (has_max) return absl::StrFormat("at most %d", max);
  return "";
}

std::string NumberBounds(double min, double max) {
  const bool has_min = min != std::numeric_limits<double>::lowest();
  const bool has_max = max != std::numeric_limits<double>::max();
  if (has_min && has_max) return absl::StrFormat("%g..%g", min, max);
  if (has_min) return absl::StrFormat("at least %g", min);
  if (has_max) return absl::StrFormat("at most %g", max);
  return "";
}

absl::Status OutsideBounds(const std::string& text, const std::string& bounds) {
  return InvalidArgument(absl::StrFormat("%s is outside its bounds %s", Shown(text), bounds));
}

absl::StatusOr<bool> ParseBool(const std::string& text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return InvalidArgument(absl::StrFormat("%s is neither true nor false", Shown(text)));
}

absl::Status CheckText(const std::string& text) {
  if (text.find('\0') != std::string::npos) return InvalidArgument("holds a zero byte");
  if (HoldsPassword(text)) {
    return InvalidArgument(
        "holds a password; secrets come from files, see the options ending in _file");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SplitList(const std::string& text) {
  std::vector<std::string> items;
  if (text.find_first_not_of(' ') == std::string::npos) return items;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.empty()) {
      return InvalidArgument(absl::StrFormat("%s has an empty item", Shown(text)));
    }
    items.emplace_back(item);
    if (comma == std::string_view::npos) return items;
    rest = rest.substr(comma + 1);
  }
}

absl::Status CheckPath(const std::string& path, PathKind kind) {
  if (kind == PathKind::kAny || path.empty()) return absl::OkStatus();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return InvalidArgument(absl::StrFormat("%s: %s", Shown(path), std::strerror(errno)));
  }
  const bool is_directory = S_ISDIR(info.st_mode);
  if (is_directory != (kind == PathKind::kExistingDirectory)) {
    return InvalidArgument(
        absl::StrFormat("%s is %s", Shown(path), is_directory ? "a directory" : "no directory"));
  }
  return absl::OkStatus();
}

std::string BoundsOf(PathKind kind, bool required) {
  switch (kind) {
    case PathKind::kAny:
      return required ? "required" : "";
    case PathKind::kExistingFile:
      return required ? "required, existing file" : "existing file";
    case PathKind::kExistingDirectory:
      return required ? "required, existing directory" : "existing directory";
  }
  return "";
}

}  // namespace

// A value that some source gives for an option, not yet parsed.
struct Options::Given {
  Entry* entry = nullptr;
  ValueSource source = ValueSource::kDefault;
  std::string text;
  std::string place;  // for faults: "flag --http_port", "variable EVX_HTTP_PORT", "x.conf line 3"
};

std::string_view ToString(ValueSource source) {
  switch (source) {
    case ValueSource::kDefault:
      return "default";
    case ValueSource::kFile:
      return "file";
    case ValueSource::kEnvironment:
      return "environment";
    case ValueSource::kFlag:
      return "flag";
  }
  return "default";
}

Environment ProcessEnvironment() {
  return [](const std::string& variable) -> std::optional<std::string> {
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

absl::Status ReadSecretFile(const std::string& path, std::string& secret) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return InvalidArgument(absl::StrFormat("%s: %s", Shown(path), std::strerror(errno)));
  }
  if ((info.st_mode & S_IRWXO) != 0) {
    return InvalidArgument(
        absl::StrFormat("%s is open to every user; run chmod 0400 on it", Shown(path)));
  }
  EVX_ASSIGN_OR_RETURN(secret, ReadSmallFile(path, kSecretBytesMax));
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return InvalidArgument(absl::StrFormat("%s is empty", Shown(path)));
  return absl::OkStatus();
}

Options::Options(ProgramInfo program) : program_(std::move(program)) {
  AddPath("config", &config_path_,
          {.help = "File with further options, one `name = value` a line.",
           .kind = PathKind::kExistingFile});
}

void Options::AddEntry(Entry entry) {
  EVX_CHECK(IsOptionName(entry.name));
  EVX_CHECK(!entry.help.empty());
  EVX_CHECK(Find(entry.name) == nullptr);
  for (const std::string& flag : entry.flags) {
    EVX_CHECK(IsOptionName(flag));
    EVX_CHECK(Find(flag) == nullptr);
  }
  entry.default_text = entry.format();
  entries_.push_back(std::move(entry));
}

void Options::AddInteger(std::string_view name, std::int64_t value, IntegerOption option,
                         std::function<void(std::int64_t)> set, std::function<std::int64_t()> get) {
  EVX_CHECK(option.min <= value && value <= option.max);
  const std::string bounds = IntegerBounds(option.min, option.max);
  AddEntry({.name = std::string(name),
            .help = std::move(option.help),
            .flags = std::move(option.flags),
            .variables = std::move(option.variables),
            .kind = "INTEGER",
            .bounds = bounds,
            .parse =
                [=, min = option.min, max = option.max](const std::string& text) {
                  std::int64_t parsed = 0;
                  if (!absl::SimpleAtoi(ToAbsl(text), &parsed)) {
                    return InvalidArgument(absl::StrFormat("%s is not an integer", Shown(text)));
                  }
                  if (parsed < min || parsed > max) return OutsideBounds(text, bounds);
                  set(parsed);
                  return absl::OkStatus();
                },
            .format = [=] { return absl::StrFormat("%d", get()); }});
}

void Options::Add(std::string_view name, double* target, NumberOption option) {
  EVX_CHECK(option.min <= *target && *target <= option.max);
  const std::string bounds = NumberBounds(option.min, option.max);
  AddEntry({.name = std::string(name),
            .help = std::move(option.help),
            .flags = std::move(option.flags),
            .variables = std::move(option.variables),
            .kind = "NUMBER",
            .bounds = bounds,
            .parse =
                [=, min = option.min, max = option.max](const std::string& text) {
                  double parsed = 0;
                  if (!absl::SimpleAtod(ToAbsl(text), &parsed) || !std::isfinite(parsed)) {
                    return InvalidArgument(absl::StrFormat("%s is not a number", Shown(text)));
                  }
                  if (parsed < min || parsed > max) return OutsideBounds(text, bounds);
                  *target = parsed;
                  return absl::OkStatus();
                },
            .format = [=] { return absl::StrFormat("%g", *target); }});
}

void Options::Add(std::string_view name, bool* target, BoolOption option) {
  AddEntry({.name = std::string(name),
            .help = std::move(option.help),
            .flags = std::move(option.flags),
            .variables = std::move(option.variables),
            .kind = "",
            .bounds = "",
            .is_bool = true,
            .parse =
                [=](const std::string& text) {
                  EVX_ASSIGN_OR_RETURN(*target, ParseBool(text));
                  return absl::OkStatus();
                },
            .format = [=] { return std::string(*target ? "true" : "false"); }});
}

void Options::Add(std::string_view name, absl::Duration* target, DurationOption option) {
  EVX_CHECK(option.min <= *target && *target <= option.max);
  const std::string bounds =
      absl::FormatDuration(option.min) + ".." + absl::FormatDuration(option.max);
  AddEntry({.name = std::string(name),
            .help = std::move(option.help),
            .flags = std::move(option.flags),
            .variables = std::move(option.variables),
            .kind = "DURATION",
            .bounds = bounds,
            .parse =
                [=, min = option.min, max = option.max](const std::string& text) {
                  absl::Duration parsed;
                  if (!absl::ParseDuration(ToAbsl(text), &parsed)) {
                    return InvalidArgument(
                        absl::StrFormat("%s is not a duration such as 5s or 250ms", Shown(text)));
                  }
                  if (parsed < min || parsed > max) return OutsideBounds(text, bounds);
                  *target = parsed;
                  return absl::OkStatus();
                },
            .format = [=] { return absl::FormatDuration(*target); }});
}

void Options::Add(std::string_view name, std::string* target, TextOption option) {
  AddEntry({.name = std::string(name),
            .help = std::move(option.help),
            .flags = std::move(option.flags),
            .variables = std::move(option.variables),
            .kind = "TEXT",
            .bounds = option.required ? "required" : "",
            .parse = [=, bytes_max = option.bytes_max](const std::string& text) -> absl::Status {
              EVX_RETURN_IF_ERROR(CheckText(text));
              if (text.size() > bytes_max) {
                return InvalidArgument(absl::StrFormat("has more than %d bytes", bytes_max));
              }
              *target = text;
              return absl::OkStatus();
            },
            .format = [=] { return *target; },
            .required = option.required});
}

void Options::Add(std::string_view name, std::vector<std::string>* target, ListOption option) {
  AddEntry({.name = std::string(name),
            .help = std::move(option.help),
            .flags = std::move(option.flags),
            .variables = std::move(option.variables),
            .kind = "TEXT,TEXT",
            .bounds = option.required ? "required" : "",
            .parse = [=, count_max = option.count_max](const std::string& text) -> absl::Status {
              EVX_RETURN_IF_ERROR(CheckText(text));
              EVX_ASSIGN_OR_RETURN(std::vector<std::string> items, SplitList(text));
              if (items.size() > count_max) {
                return InvalidArgument(absl::StrFormat("has more than %d items", count_max));
              }
              *target = std::move(items);
              return absl::OkStatus();
            },
            .format = [=] { return absl::StrJoin(*target, ","); },
            .required = option.required});
}

void Options::AddPath(std::string_view name, std::string* target, PathOption option) {
  AddEntry({.name = std::string(name),
            .help = std::move(option.help),
            .flags = std::move(option.flags),
            .variables = std::move(option.variables),
            .kind = option.kind == PathKind::kExistingDirectory ? "DIRECTORY" : "FILE",
            .bounds = BoundsOf(option.kind, option.required),
            .parse = [=, kind = option.kind](const std::string& text) -> absl::Status {
              EVX_RETURN_IF_ERROR(CheckText(text));
              EVX_RETURN_IF_ERROR(CheckPath(text, kind));
              *target = text;
              return absl::OkStatus();
            },
            .format = [=] { return *target; },
            .required = option.required});
}

void Options::AddSecret(std::string_view name, std::string* target, SecretOption option) {
  AddEntry({.name = std::string(name) + "_file",
            .help = std::move(option.help),
            .kind = "FILE",
            .bounds = "existing file, not open to every user",
            .parse = [=](const std::string& text) { return ReadSecretFile(text, *target); },
            .format = [=] { return std::string(target->empty() ? "" : "***"); },
            .required = option.required});
}

void Options::AddChoice(std::string_view name, std::string help, std::vector<std::string> choices,
                        std::vector<std::string> flags, std::vector<std::string> variables,
                        std::function<void(std::size_t)> set, std::function<std::size_t()> get) {
  EVX_CHECK(get() < choices.size());
  AddEntry({.name = std::string(name),
            .help = std::move(help),
            .flags = std::move(flags),
            .variables = std::move(variables),
            .kind = "CHOICE",
            .bounds = absl::StrJoin(choices, ", "),
            .parse =
                [=](const std::string& text) {
                  const auto found = std::find(choices.begin(), choices.end(), text);
                  if (found == choices.end()) {
                    return InvalidArgument(absl::StrFormat("%s is none of %s", Shown(text),
                                                           absl::StrJoin(choices, ", ")));
                  }
                  set(static_cast<std::size_t>(found - choices.begin()));
                  return absl::OkStatus();
                },
            .format = [=] { return choices[get()]; }});
}

void Options::AddArguments(std::vector<std::string>* target, std::string usage,
                           std::size_t count_max) {
  EVX_CHECK(arguments_ == nullptr);
  arguments_ = target;
  arguments_usage_ = std::move(usage);
  arguments_max_ = count_max;
}

void Options::AddCheck(std::function<absl::Status()> check) { checks_.push_back(std::move(check)); }

Options::Entry* Options::Find(std::string_view name) {
  for (Entry& entry : entries_) {
    if (entry.name == name) return &entry;
    if (std::find(entry.flags.begin(), entry.flags.end(), name) != entry.flags.end()) return &entry;
  }
  return nullptr;
}

std::string Options::UnknownName(std::string_view name) const {
  std::vector<std::string> names = {"help", "help_markdown", "version"};
  for (const Entry& entry : entries_) {
    names.push_back(entry.name);
    names.insert(names.end(), entry.flags.begin(), entry.flags.end());
  }
  const std::string nearest = NearestName(name, names);
  if (nearest.empty()) return "there is no such option; --help lists them";
  return absl::StrFormat("there is no such option; did you mean --%s?", nearest);
}

void Options::ReadFlags(const std::vector<std::string>& arguments, ParseResult& result,
                        std::vector<Given>& given) {
  bool flags_ended = false;
  for (std::size_t position = 0; position < arguments.size(); ++position) {
    const std::string& argument = arguments[position];
    if (!flags_ended && argument == "--") {
      flags_ended = true;
    } else if (!flags_ended && argument == "-h") {
      result.action = ParseAction::kHelp;
    } else if (!flags_ended && argument.starts_with("--")) {
      ReadFlag(arguments, position, result, given);
    } else if (arguments_ == nullptr || arguments_->size() >= arguments_max_) {
      result.faults.push_back(absl::StrFormat("argument %s: not expected here", Shown(argument)));
    } else {
      arguments_->push_back(argument);
    }
  }
}

void Options::ReadFlag(const std::vector<std::string>& arguments, std::size_t& position,
                       ParseResult& result, std::vector<Given>& given) {
  const std::string& argument = arguments[position];
  const std::size_t equals = argument.find('=');
  std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
  std::replace(name.begin(), name.end(), '-', '_');
  if (equals == std::string::npos) {
    if (name == "help") result.action = ParseAction::kHelp;
    if (name == "help_markdown") result.action = ParseAction::kHelpMarkdown;
    if (name == "version") result.action = ParseAction::kVersion;
    if (name == "help" || name == "help_markdown" || name == "version") return;
  }

  Entry* entry = Find(name);
  bool negated = false;
  if (entry == nullptr && equals == std::string::npos && name.starts_with("no_")) {
    entry = Find(std::string_view(name).substr(3));
    negated = entry != nullptr && entry->is_bool;
    if (!negated) entry = nullptr;
  }
  const std::string place = absl::StrFormat("flag --%s", Shown(name));
  if (entry == nullptr) {
    result.faults.push_back(absl::StrFormat("%s: %s", place, UnknownName(name)));
    return;
  }

  std::string value;
  if (equals != std::string::npos) {
    value = argument.substr(equals + 1);
  } else if (entry->is_bool) {
    value = negated ? "false" : "true";
  } else if (position + 1 < arguments.size() && !arguments[position + 1].starts_with("--")) {
    value = arguments[++position];
  } else {
    result.faults.push_back(absl::StrFormat("%s: needs a value", place));
    return;
  }
  given.push_back({entry, ValueSource::kFlag, std::move(value), place});
}

void Options::ReadEnvironment(const Environment& environment, std::vector<Given>& given) {
  for (Entry& entry : entries_) {
    std::vector<std::string> variables = {VariableOf(entry.name)};
    variables.insert(variables.end(), entry.variables.begin(), entry.variables.end());
    for (const std::string& variable : variables) {
      const std::optional<std::string> value = environment(variable);
      if (!value || value->empty()) continue;
      given.push_back({&entry, ValueSource::kEnvironment, *value, "variable " + variable});
      break;
    }
  }
}

void Options::ReadFile(const std::string& path, ParseResult& result, std::vector<Given>& given) {
  const absl::StatusOr<std::string> text = ReadSmallFile(path, kConfigBytesMax);
  if (!text.ok()) {
    result.faults.push_back("config: " + MessageOf(text.status()));
    return;
  }
  for (FileLine& line : ParseConfigText(*text)) {
    const std::string place = absl::StrFormat("%s line %d", path, line.number);
    if (!line.fault.empty()) {
      result.faults.push_back(absl::StrFormat("%s: %s", place, line.fault));
      continue;
    }
    Entry* entry = Find(line.name);
    if (entry == nullptr || entry->name == "config") {
      result.faults.push_back(
          absl::StrFormat("%s: %s: %s", place, Shown(line.name), UnknownName(line.name)));
      continue;
    }
    const bool repeated = std::any_of(given.begin(), given.end(), [entry](const Given& other) {
      return other.entry == entry && other.source == ValueSource::kFile;
    });
    if (repeated) {
      result.faults.push_back(absl::StrFormat("%s: %s is set twice", place, entry->name));
      continue;
    }
    given.push_back({entry, ValueSource::kFile, std::move(line.value),
                     absl::StrFormat("%s: %s", place, entry->name)});
  }
}

void Options::Apply(const std::vector<Given>& given, ParseResult& result) {
  for (Entry& entry : entries_) {
    // The strongest source wins, and of one source the last value.
    const Given* chosen = nullptr;
    for (const Given& candidate : given) {
      if (candidate.entry == &entry && (chosen == nullptr || candidate.source >= chosen->source)) {
        chosen = &candidate;
      }
    }
    if (chosen != nullptr) {
      entry.source = chosen->source;
      const absl::Status status = entry.parse(chosen->text);
      if (!status.ok()) {
        result.faults.push_back(absl::StrFormat("%s: %s", chosen->place, MessageOf(status)));
        continue;
      }
    }
    if (entry.required && entry.format().empty()) {
      result.faults.push_back(
          absl::StrFormat("--%s (or %s) is required", entry.name, VariableOf(entry.name)));
    }
  }
}

ParseResult Options::Parse(const std::vector<std::string>& arguments,
                           const Environment& environment) {
  ParseResult result;
  std::vector<Given> given;
  ReadFlags(arguments, result, given);
  if (result.action != ParseAction::kRun) return result;
  ReadEnvironment(environment, given);

  std::string config_path;
  ValueSource config_source = ValueSource::kDefault;
  for (const Given& candidate : given) {
    if (candidate.entry->name == "config" && candidate.source >= config_source) {
      config_path = candidate.text;
      config_source = candidate.source;
    }
  }
  if (!config_path.empty() && CheckPath(config_path, PathKind::kExistingFile).ok()) {
    ReadFile(config_path, result, given);
  }
  Apply(given, result);
  for (const auto& check : checks_) {
    const absl::Status status = check();
    if (!status.ok()) result.faults.push_back(MessageOf(status));
  }
  return result;
}

std::optional<int> Options::ParseForMain(int argc, const char* const* argv) {
  const ParseResult result =
      Parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), ProcessEnvironment());
  switch (result.action) {
    case ParseAction::kRun:
      break;
    case ParseAction::kHelp:
      std::printf("%s", Help().c_str());
      return EXIT_SUCCESS;
    case ParseAction::kHelpMarkdown:
      std::printf("%s", HelpMarkdown().c_str());
      return EXIT_SUCCESS;
    case ParseAction::kVersion:
      std::printf("%s %.*s\n", program_.name.c_str(), static_cast<int>(BuildDescription().size()),
                  BuildDescription().data());
      return EXIT_SUCCESS;
  }
  if (result.faults.empty()) return std::nullopt;
  std::fprintf(stderr, "%s: %zu fault%s in the options:\n", program_.name.c_str(),
               result.faults.size(), result.faults.size() == 1 ? "" : "s");
  for (const std::string& fault : result.faults) std::fprintf(stderr, "  %s\n", fault.c_str());
  return kExitBadOptions;
}

}  // namespace evx::service
