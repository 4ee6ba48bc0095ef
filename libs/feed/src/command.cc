#include "evx/feed/command.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::feed {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownBytesMax = 64;
constexpr std::string_view kAllMarkets = "all";
constexpr char kPrefixEnd = '*';

std::string ShownJson(const Json& value) {
  // Writing it out is recursive, and a client can nest deeply.
  if (value.is_structured()) return value.is_array() ? "a list" : "an object";
  return Shown(value.dump(-1, ' ', true, Json::error_handler_t::replace));
}

absl::StatusOr<std::int64_t> DecodeId(const Json& body) {
  const auto id = body.find("id");
  if (id == body.end()) return 0;
  if (id->is_number_integer() && (id->is_number_unsigned() ? id->get<std::uint64_t>() : 0) > 0) {
    const std::uint64_t value = id->get<std::uint64_t>();
    if (value <= std::uint64_t{1} << 53) return static_cast<std::int64_t>(value);
  }
  return InvalidArgument(
      absl::StrCat("id is ", ShownJson(*id), "; it must be a number from 1 to 2^53"));
}

absl::StatusOr<Verb> DecodeVerb(const Json& body) {
  const auto command = body.find("command");
  if (command == body.end()) {
    return InvalidArgument("command is missing; it must be subscribe, unsubscribe or list");
  }
  if (*command == "subscribe") return Verb::kSubscribe;
  if (*command == "unsubscribe") return Verb::kUnsubscribe;
  if (*command == "list") return Verb::kList;
  return InvalidArgument(absl::StrCat("command is ", ShownJson(*command),
                                      "; it must be subscribe, unsubscribe or list"));
}

// "book, trades or tickers"
std::string Listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

absl::StatusOr<ChannelMask> DecodeChannel(const Grammar& grammar, std::string_view name,
                                          std::string_view text, std::size_t colon) {
  if (colon == std::string_view::npos) return grammar.default_channels;
  for (std::size_t i = 0; i < grammar.channels.size(); ++i) {
    if (text.substr(colon + 1) == grammar.channels[i]) return static_cast<ChannelMask>(1u << i);
  }
  return InvalidArgument(absl::StrCat(ToAbsl(name), " is ", Shown(text), "; its channel must be ",
                                      Listed(grammar.channels)));
}

absl::StatusOr<Subject> DecodeSubject(const Grammar& grammar, std::size_t index,
                                      const Json& value) {
  const std::string name = absl::StrCat("subjects[", index, "]");
  if (!value.is_string()) {
    return InvalidArgument(absl::StrCat(name, " is ", ShownJson(value), "; it must be a text"));
  }
  const std::string_view text = value.get_ref<const std::string&>();
  if (text.size() > kSubjectBytesMax) {
    return InvalidArgument(absl::StrFormat("%s is %s and has %d bytes; at most %d are allowed",
                                           name, Shown(text), text.size(), kSubjectBytesMax));
  }
  const std::size_t colon = text.find(':');
  const std::string_view market = text.substr(0, colon);
  if (market.empty()) {
    return InvalidArgument(
        absl::StrCat(name, " is ", Shown(text), "; it must begin with a market or with all"));
  }
  Subject subject;
  EVX_ASSIGN_OR_RETURN(subject.channels, DecodeChannel(grammar, name, text, colon));
  subject.is_prefix =
      market == kAllMarkets || (grammar.takes_prefixes && market.back() == kPrefixEnd);
  if (market != kAllMarkets) subject.ticker = market.substr(0, market.size() - subject.is_prefix);
  return subject;
}

absl::StatusOr<std::vector<Subject>> DecodeSubjects(const Grammar& grammar, const Json& body) {
  const auto list = body.find("subjects");
  if (list == body.end()) return InvalidArgument("subjects is missing; it must be a list");
  if (!list->is_array()) {
    return InvalidArgument(absl::StrCat("subjects is ", ShownJson(*list), "; it must be a list"));
  }
  if (list->empty() || list->size() > kCommandSubjectsMax) {
    return InvalidArgument(absl::StrFormat("subjects has %d items; 1 to %d are allowed",
                                           list->size(), kCommandSubjectsMax));
  }
  std::vector<Subject> subjects;
  for (std::size_t i = 0; i < list->size(); ++i) {
    EVX_ASSIGN_OR_RETURN(Subject subject, DecodeSubject(grammar, i, (*list)[i]));
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

absl::StatusOr<Command> DecodeBody(const Grammar& grammar, const Json& body) {
  Command command;
  EVX_ASSIGN_OR_RETURN(command.verb, DecodeVerb(body));
  const bool takes_subjects = command.verb != Verb::kList;
  for (const auto& [name, value] : body.items()) {
    if (name == "id" || name == "command" || (takes_subjects && name == "subjects")) continue;
    return InvalidArgument(absl::StrCat(
        "field ", Shown(name), " is unknown; ",
        takes_subjects ? "id, command and subjects" : "id and command", " are allowed"));
  }
  if (!takes_subjects) return command;
  EVX_ASSIGN_OR_RETURN(command.subjects, DecodeSubjects(grammar, body));
  return command;
}

}  // namespace

DecodedCommand DecodeCommand(const Grammar& grammar, std::string_view text) {
  const Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) {
    return {0, InvalidArgument(
                   absl::StrCat("message is ", Shown(text), "; it must be an object of JSON"))};
  }
  const absl::StatusOr<std::int64_t> id = DecodeId(body);
  if (!id.ok()) return {0, id.status()};
  return {*id, DecodeBody(grammar, body)};
}

std::vector<std::string> NamesOf(const Grammar& grammar, const Subject& subject) {
  std::string market = subject.ticker;
  if (subject.is_prefix) market = market.empty() ? std::string(kAllMarkets) : market + kPrefixEnd;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < grammar.channels.size(); ++i) {
    if ((subject.channels >> i & 1) == 0) continue;
    names.push_back(absl::StrCat(market, ":", ToAbsl(grammar.channels[i])));
  }
  return names;
}

std::string Shown(std::string_view value) {
  std::string shown(value.substr(0, kShownBytesMax));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  if (value.size() > kShownBytesMax) shown += "...";
  return shown;
}

void AppendJsonText(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace evx::feed
