#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

// The one way a program declares and reads its options.
//
//   struct Config {
//     std::uint16_t http_port = 8888;
//     absl::Duration interval = absl::Seconds(3);
//     void Declare(service::Options& options) {
//       options.Add("http_port", &http_port, {.help = "Port of the ops endpoints.",
//                                             .flags = {"port"}});
//       options.Add("interval", &interval, {.help = "Time between quotes.",
//                                           .min = absl::Milliseconds(100)});
//     }
//   };
//
// An option is bound to a variable whose value at declaration is the default. Its value comes from,
// in this order: flag (`--http_port=1`, `--http_port 1`; '-' and '_' mean the same; the last one
// wins), environment (EVX_HTTP_PORT, then the declared further variables; an empty variable counts
// as absent), file (`--config FILE`), default. Nothing else in the program reads the environment.
//
// The file holds one `name = value` or `name: value` a line, with `#` comments and optional quotes,
// so a flat YAML file works too.
//
// Every fault of every source is reported at once. Secrets come from files only: declare them with
// AddSecret; a text value that holds a password is a fault. Declaring a name twice, an invalid
// name, a missing help or a default outside its bounds is a bug and aborts. Not thread-safe; bound
// variables must outlive the object and are written by Parse only.

namespace evx::service {

struct IntegerOption {
  std::string help;  // one sentence
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> flags = {};      // further names of the flag, without dashes
  std::vector<std::string> variables = {};  // further environment variables, in full
};

struct NumberOption {
  std::string help;
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  std::vector<std::string> flags = {};
  std::vector<std::string> variables = {};
};

// `--name`, `--name=true|false`, `--no_name`.
struct BoolOption {
  std::string help;
  std::vector<std::string> flags = {};
  std::vector<std::string> variables = {};
};

// Written `5s`, `250ms`, `1h30m`.
struct DurationOption {
  std::string help;
  absl::Duration min = absl::ZeroDuration();
  absl::Duration max = absl::Hours(24 * 366);
  std::vector<std::string> flags = {};
  std::vector<std::string> variables = {};
};

struct TextOption {
  std::string help;
  bool required = false;  // empty is a fault
  std::size_t bytes_max = 4096;
  std::vector<std::string> flags = {};
  std::vector<std::string> variables = {};
};

// Comma-separated; spaces around an item are dropped, empty items refused.
struct ListOption {
  std::string help;
  bool required = false;
  std::size_t count_max = 1024;
  std::vector<std::string> flags = {};
  std::vector<std::string> variables = {};
};

enum class PathKind : std::uint8_t { kAny, kExistingFile, kExistingDirectory };

struct PathOption {
  std::string help;
  PathKind kind = PathKind::kAny;
  bool required = false;
  std::vector<std::string> flags = {};
  std::vector<std::string> variables = {};
};

struct SecretOption {
  std::string help;
  bool required = false;
};

template <class Enum>
struct EnumOption {
  std::string help;
  std::vector<std::pair<std::string, Enum>> values;
  std::vector<std::string> flags = {};
  std::vector<std::string> variables = {};
};

enum class ValueSource : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };
std::string_view ToString(ValueSource source);

// What the command line asks for; kRun unless one of the three information flags was given.
enum class ParseAction : std::uint8_t { kRun, kHelp, kHelpMarkdown, kVersion };

struct ParseResult {
  ParseAction action = ParseAction::kRun;
  // One line each, naming source, value and bound. Empty means that every value is good.
  std::vector<std::string> faults;
};

// An option after Parse, as it is logged at start: secrets are masked.
struct ResolvedOption {
  std::string name;
  std::string value;
  ValueSource source = ValueSource::kDefault;
};

using Environment = std::function<std::optional<std::string>(const std::string& variable)>;
Environment ProcessEnvironment();

struct ProgramInfo {
  std::string name;     // "market-maker"
  std::string summary;  // one or two sentences for --help
};

class Options {
 public:
  explicit Options(ProgramInfo program);
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) void Add(std::string_view name, Integer* target,
                                                  IntegerOption option);
  void Add(std::string_view name, double* target, NumberOption option);
  void Add(std::string_view name, bool* target, BoolOption option);
  void Add(std::string_view name, absl::Duration* target, DurationOption option);
  void Add(std::string_view name, std::string* target, TextOption option);
  void Add(std::string_view name, std::vector<std::string>* target, ListOption option);
  template <class Enum>
  requires std::is_enum_v<Enum>
  void Add(std::string_view name, Enum* target, EnumOption<Enum> option);
  void AddPath(std::string_view name, std::string* target, PathOption option);

  // Declares `--<name>_file`, whose content, without the newline at its end, becomes the value. The
  // file must not be readable by others than owner and group and hold at most 64 KiB.
  void AddSecret(std::string_view name, std::string* target, SecretOption option);

  // Arguments that are no flags, for tools: at most `count_max`; `usage` shows in --help
  // ("verify DIRECTORY"). Without this call such an argument is a fault.
  void AddArguments(std::vector<std::string>* target, std::string usage, std::size_t count_max);

  // A rule over several options; runs in Parse after all values are set, also when there are other
  // faults. Its message names the options.
  void AddCheck(std::function<absl::Status()> check);

  // Sets the bound variables. `arguments` without the program's name.
  ParseResult Parse(const std::vector<std::string>& arguments, const Environment& environment);

  // Parse for a main function: prints help, version (stdout) or the faults (stderr). Returns the
  // exit code when the program must end: 0 after information, kExitBadOptions after faults.
  std::optional<int> ParseForMain(int argc, const char* const* argv);

  std::string Help() const;
  // The options as a Markdown table, which the README of the program repeats to the letter:
  // | flag | variable | default | bounds | help |
  std::string HelpMarkdown() const;
  std::vector<ResolvedOption> Resolved() const;
  const ProgramInfo& program() const { return program_; }

 private:
  struct Entry {
    std::string name;
    std::string help;
    std::vector<std::string> flags = {};
    std::vector<std::string> variables = {};
    std::string kind;    // "INTEGER", "FILE", ...
    std::string bounds;  // "0..65535"; empty when there are none
    bool is_bool = false;
    // Sets the variable from text. The message tells what is wrong with the value.
    std::function<absl::Status(const std::string& text)> parse;
    // The variable as text; secrets masked.
    std::function<std::string()> format;
    std::string default_text = {};
    ValueSource source = ValueSource::kDefault;
    bool required = false;
  };
  struct Given;

  void AddInteger(std::string_view name, std::int64_t value, IntegerOption option,
                  std::function<void(std::int64_t)> set, std::function<std::int64_t()> get);
  void AddChoice(std::string_view name, std::string help, std::vector<std::string> choices,
                 std::vector<std::string> flags, std::vector<std::string> variables,
                 std::function<void(std::size_t)> set, std::function<std::size_t()> get);
  void AddEntry(Entry entry);
  Entry* Find(std::string_view name);
  std::string UnknownName(std::string_view name) const;
  void ReadFlags(const std::vector<std::string>& arguments, ParseResult& result,
                 std::vector<Given>& given);
  void ReadFlag(const std::vector<std::string>& arguments, std::size_t& position,
                ParseResult& result, std::vector<Given>& given);
  void ReadEnvironment(const Environment& environment, std::vector<Given>& given);
  void ReadFile(const std::string& path, ParseResult& result, std::vector<Given>& given);
  void Apply(const std::vector<Given>& given, ParseResult& result);

  const ProgramInfo program_;
  std::vector<Entry> entries_;
  std::vector<std::function<absl::Status()>> checks_;
  std::string config_path_;
  std::vector<std::string>* arguments_ = nullptr;
  std::string arguments_usage_;
  std::size_t arguments_max_ = 0;
};

inline constexpr int kExitBadOptions = 2;

// Reads a file that holds a secret, under the rules of AddSecret.
absl::Status ReadSecretFile(const std::string& path, std::string& secret);

template <std::integral Integer>
requires(!std::same_as<Integer, bool>) void Options::Add(std::string_view name, Integer* target,
                                                         IntegerOption option) {
  using Limits = std::numeric_limits<Integer>;
  if (std::cmp_less(option.min, Limits::min())) option.min = Limits::min();
  if (std::cmp_greater(option.max, Limits::max())) option.max = Limits::max();
  AddInteger(
      name, static_cast<std::int64_t>(*target), std::move(option),
      [target](std::int64_t value) { *target = static_cast<Integer>(value); },
      [target] { return static_cast<std::int64_t>(*target); });
}

template <class Enum>
requires std::is_enum_v<Enum>
void Options::Add(std::string_view name, Enum* target, EnumOption<Enum> option) {
  std::vector<std::string> choices;
  std::vector<Enum> values;
  for (auto& [text, value] : option.values) {
    choices.push_back(text);
    values.push_back(value);
  }
  AddChoice(
      name, std::move(option.help), std::move(choices), std::move(option.flags),
      std::move(option.variables), [target, values](std::size_t index) { *target = values[index]; },
      [target, values] {
        std::size_t index = 0;
        while (index < values.size() && values[index] != *target) ++index;
        return index;
      });
}

}  // namespace evx::service
