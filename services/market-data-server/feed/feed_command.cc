#include "feed/feed_command.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::market_data {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownBytesMax = 64;
constexpr std::string_view kAllMarkets = "all";
constexpr Topic kChannels[] = {Topic::kBook, Topic::kTrades, Topic::kTickers};

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

absl::StatusOr<FeedVerb> DecodeVerb(const Json& body) {
  const auto command = body.find("command");
  if (command == body.end()) {
    return InvalidArgument("command is missing; it must be subscribe, unsubscribe or list");
  }
  if (*command == "subscribe") return FeedVerb::kSubscribe;
  if (*command == "unsubscribe") return FeedVerb::kUnsubscribe;
  if (*command == "list") return FeedVerb::kList;
  return InvalidArgument(absl::StrCat("command is ", ShownJson(*command),
                                      "; it must be subscribe, unsubscribe or list"));
}

absl::StatusOr<FeedSubject> DecodeSubject(std::size_t index, const Json& value) {
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
  FeedSubject subject;
  if (market != kAllMarkets) subject.ticker = market;
  if (colon == std::string_view::npos) return subject;
  for (const Topic channel : kChannels) {
    if (text.substr(colon + 1) != ChannelName(channel)) continue;
    subject.channels = MaskOf(channel);
    return subject;
  }
  return InvalidArgument(
      absl::StrCat(name, " is ", Shown(text), "; its channel must be book, trades or tickers"));
}

absl::StatusOr<std::vector<FeedSubject>> DecodeSubjects(const Json& body) {
  const auto list = body.find("subjects");
  if (list == body.end()) return InvalidArgument("subjects is missing; it must be a list");
  if (!list->is_array()) {
    return InvalidArgument(absl::StrCat("subjects is ", ShownJson(*list), "; it must be a list"));
  }
  if (list->empty() || list->size() > kCommandSubjectsMax) {
    return InvalidArgument(absl::StrFormat("subjects has %d items; 1 to %d are allowed",
                                           list->size(), kCommandSubjectsMax));
  }
  std::vector<FeedSubject> subjects;
  for (std::size_t i = 0; i < list->size(); ++i) {
    EVX_ASSIGN_OR_RETURN(FeedSubject subject, DecodeSubject(i, (*list)[i]));
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

absl::StatusOr<FeedCommand> DecodeBody(const Json& body) {
  FeedCommand command;
  EVX_ASSIGN_OR_RETURN(command.verb, DecodeVerb(body));
  const bool takes_subjects = command.verb != FeedVerb::kList;
  for (const auto& [name, value] : body.items()) {
    if (name == "id" || name == "command" || (takes_subjects && name == "subjects")) continue;
    return InvalidArgument(absl::StrCat(
        "field ", Shown(name), " is unknown; ",
        takes_subjects ? "id, command and subjects" : "id and command", " are allowed"));
  }
  if (!takes_subjects) return command;
  EVX_ASSIGN_OR_RETURN(command.subjects, DecodeSubjects(body));
  return command;
}

}  // namespace

std::string_view ChannelName(Topic channel) {
  switch (channel) {
    case Topic::kBook:
      return "book";
    case Topic::kTrades:
      return "trades";
    case Topic::kTickers:
      return "tickers";
    case Topic::kErrors:
    case Topic::kNumbers:
      break;
  }
  EVX_CHECK(false);
}

DecodedCommand DecodeFeedCommand(std::string_view text) {
  const Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) {
    return {0, InvalidArgument(
                   absl::StrCat("message is ", Shown(text), "; it must be an object of JSON"))};
  }
  const absl::StatusOr<std::int64_t> id = DecodeId(body);
  if (!id.ok()) return {0, id.status()};
  return {*id, DecodeBody(body)};
}

std::string Shown(std::string_view value) {
  std::string shown(value.substr(0, kShownBytesMax));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  if (value.size() > kShownBytesMax) shown += "...";
  return shown;
}

}  // namespace evx::market_data
