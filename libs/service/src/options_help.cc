#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "evx/service/options.h"
#include "option_text.h"

// What --help and --help_markdown print.

namespace evx::service {
namespace {

std::string CodeList(const std::vector<std::string>& texts, std::string_view prefix) {
  return absl::StrJoin(texts, ", ", [prefix](std::string* out, const std::string& text) {
    out->append(absl::StrFormat("`%s%s`", prefix, text));
  });
}

// A cell of a Markdown table cannot hold a bare '|'.
std::string Cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

}  // namespace

std::string Options::Help() const {
  std::string out = absl::StrFormat(
      "Usage: %s [options]%s%s\n%s\n\nOptions, each also a variable "
      "EVX_<NAME> or a line of --config:\n",
      program_.name, arguments_usage_.empty() ? "" : " ", arguments_usage_, program_.summary);
  for (const Entry& entry : entries_) {
    out += absl::StrFormat("  --%s%s%s\n", entry.name, entry.kind.empty() ? "" : " ", entry.kind);
    std::string facts;
    const auto add = [&facts](std::string_view label, const std::string& text) {
      if (!text.empty()) facts += absl::StrFormat("%s%s%s", facts.empty() ? "" : "; ", label, text);
    };
    add("default ", entry.default_text);
    add("", entry.bounds);
    add("also --", absl::StrJoin(entry.flags, ", --"));
    add("also ", absl::StrJoin(entry.variables, ", "));
    out += absl::StrFormat("      %s%s\n", entry.help,
                           facts.empty() ? "" : absl::StrFormat(" (%s)", facts));
  }
  out +=
      "  --help, --help_markdown, --version\n      Print this, the same as a table, the version.\n";
  return out;
}

std::string Options::HelpMarkdown() const {
  std::string out =
      "| flag | variable | default | bounds | help |\n| --- | --- | --- | --- | --- |\n";
  for (const Entry& entry : entries_) {
    std::vector<std::string> flags = {entry.name};
    flags.insert(flags.end(), entry.flags.begin(), entry.flags.end());
    std::vector<std::string> variables = {VariableOf(entry.name)};
    variables.insert(variables.end(), entry.variables.begin(), entry.variables.end());
    const std::string value =
        entry.default_text.empty() ? "" : absl::StrFormat("`%s`", entry.default_text);
    out +=
        absl::StrFormat("| %s | %s | %s | %s | %s |\n", CodeList(flags, "--"),
                        CodeList(variables, ""), Cell(value), Cell(entry.bounds), Cell(entry.help));
  }
  return out;
}

std::vector<ResolvedOption> Options::Resolved() const {
  std::vector<ResolvedOption> resolved;
  resolved.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    resolved.push_back({entry.name, entry.format(), entry.source});
  }
  return resolved;
}

}  // namespace evx::service
