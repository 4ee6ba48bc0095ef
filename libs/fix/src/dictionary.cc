#include "evx/fix/dictionary.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "embedded_dictionaries.h"
#include "evx/core/check.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"
#include "evx/core/text_map.h"
#include "xml_reader.h"

namespace evx::fix {
namespace {

constexpr int kTagMax = 32'767;

enum class FieldType : std::uint8_t {
  kText,
  kChar,
  kBoolean,
  kUnsigned,  // Lengths, counts and sequence numbers.
  kInteger,
  kDecimal,
  kTimestamp,
};

FieldType TypeOf(std::string_view name) {
  if (name == "CHAR") return FieldType::kChar;
  if (name == "BOOLEAN") return FieldType::kBoolean;
  if (name == "SEQNUM" || name == "LENGTH" || name == "NUMINGROUP") return FieldType::kUnsigned;
  if (name == "INT") return FieldType::kInteger;
  if (name == "PRICE" || name == "QTY" || name == "AMT") return FieldType::kDecimal;
  if (name == "UTCTIMESTAMP") return FieldType::kTimestamp;
  return FieldType::kText;
}

struct FieldDefinition {
  int tag = 0;
  FieldType type = FieldType::kText;
  std::vector<std::string> values;  // Empty: any.
};

using TagSet = std::bitset<kTagMax + 1>;

struct Group {
  int count_tag = 0;
  int first_tag = 0;  // Begins each entry.
};

struct MessageDefinition {
  TagSet fields;    // Of the message and its groups.
  TagSet repeated;  // Of its groups.
  std::vector<int> required;
  std::vector<Group> groups;
};

bool IsInteger(std::string_view text, bool may_be_negative) {
  if (may_be_negative && text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool HasFormat(FieldType type, std::string_view value) {
  switch (type) {
    case FieldType::kText:
      return true;
    case FieldType::kChar:
      return value.size() == 1;
    case FieldType::kBoolean:
      return value == "Y" || value == "N";
    case FieldType::kUnsigned:
      return IsInteger(value, false);
    case FieldType::kInteger:
      return IsInteger(value, true);
    case FieldType::kDecimal:
      return ParseDecimal(value, 9).has_value();
    case FieldType::kTimestamp:
      return ParseUtcTimestamp(value).has_value();
  }
  return false;
}

}  // namespace

struct Dictionary::Impl {
  std::map<std::string, FieldDefinition, std::less<>> by_name;
  std::vector<const FieldDefinition*> by_tag = std::vector<const FieldDefinition*>(kTagMax + 1);
  MessageDefinition header;  // And trailer.
  TextMap<MessageDefinition> messages;

  absl::Status ReadFields(std::string_view xml);
  absl::Status ReadMessages(std::string_view xml);
  absl::Status AddField(const XmlReader::Tag& tag, bool is_in_group, MessageDefinition& message,
                        int& number);
  std::optional<SessionReject> CheckField(const Field& field, const MessageDefinition& message,
                                          TagSet& seen) const;
};

// The fields come last in a file, so they are read in a pass of their own.
absl::Status Dictionary::Impl::ReadFields(std::string_view xml) {
  XmlReader reader(xml);
  FieldDefinition* last = nullptr;
  for (;;) {
    EVX_ASSIGN_OR_RETURN(const XmlReader::Tag tag, reader.Next());
    if (tag.kind == XmlReader::Tag::Kind::kEnd) return absl::OkStatus();
    if (tag.name == "value" && last != nullptr) last->values.emplace_back(tag.Get("enum"));
    const std::string_view number = tag.Get("number");
    if (tag.name != "field" || number.empty()) continue;
    FieldDefinition field;
    std::from_chars(number.data(), number.data() + number.size(), field.tag);
    if (field.tag <= 0 || field.tag > kTagMax) {
      return InvalidArgument("field number " + std::string(number) + " is not within 1..32767");
    }
    field.type = TypeOf(tag.Get("type"));
    last = &by_name.insert_or_assign(std::string(tag.Get("name")), std::move(field)).first->second;
    by_tag[static_cast<std::size_t>(last->tag)] = last;
  }
}

absl::Status Dictionary::Impl::AddField(const XmlReader::Tag& tag, bool is_in_group,
                                        MessageDefinition& message, int& number) {
  const auto found = by_name.find(tag.Get("name"));
  if (found == by_name.end()) {
    return InvalidArgument("field " + std::string(tag.Get("name")) + " is not defined");
  }
  number = found->second.tag;
  message.fields.set(static_cast<std::size_t>(number));
  if (is_in_group) {
    message.repeated.set(static_cast<std::size_t>(number));
  } else if (tag.Get("required") == "Y") {
    message.required.push_back(number);
  }
  return absl::OkStatus();
}

absl::Status Dictionary::Impl::ReadMessages(std::string_view xml) {
  XmlReader reader(xml);
  MessageDefinition* message = nullptr;
  int depth = 0;        // Of groups.
  int group_count = 0;  // Tag of the group that has no field yet.
  for (;;) {
    EVX_ASSIGN_OR_RETURN(const XmlReader::Tag tag, reader.Next());
    if (tag.kind == XmlReader::Tag::Kind::kEnd) return absl::OkStatus();
    const bool is_close = tag.kind == XmlReader::Tag::Kind::kClose;
    if (tag.name == "header" || tag.name == "trailer") {
      message = is_close || tag.kind == XmlReader::Tag::Kind::kEmpty ? nullptr : &header;
    } else if (tag.name == "message") {
      message = is_close ? nullptr : &messages[std::string(tag.Get("msgtype"))];
    } else if (tag.name == "group" && is_close) {
      --depth;
    } else if (message != nullptr && (tag.name == "group" || tag.name == "field")) {
      int number = 0;
      EVX_RETURN_IF_ERROR(AddField(tag, depth > 0, *message, number));
      if (group_count != 0) message->groups.push_back({std::exchange(group_count, 0), number});
      if (tag.name == "group") {
        ++depth;
        group_count = number;
      }
    }
  }
}

Dictionary::Dictionary(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dictionary::~Dictionary() = default;

const Dictionary& Dictionary::Kalshi() {
  static const std::unique_ptr<Dictionary> dictionary = [] {
    auto read = FromXml(kFIXT11Xml, kFIX50SP2KalshiXml);
    EVX_CHECK(read.ok());
    return *std::move(read);
  }();
  return *dictionary;
}

absl::StatusOr<std::unique_ptr<Dictionary>> Dictionary::FromXml(std::string_view session_xml,
                                                                std::string_view application_xml) {
  auto impl = std::make_unique<Impl>();
  for (const std::string_view xml : {session_xml, application_xml}) {
    EVX_RETURN_IF_ERROR(impl->ReadFields(xml));
  }
  for (const std::string_view xml : {session_xml, application_xml}) {
    EVX_RETURN_IF_ERROR(impl->ReadMessages(xml));
  }
  return std::unique_ptr<Dictionary>(new Dictionary(std::move(impl)));
}

bool Dictionary::IsKnown(std::string_view type) const {
  return impl_->messages.find(type) != impl_->messages.end();
}

std::optional<SessionReject> Dictionary::Impl::CheckField(const Field& field,
                                                          const MessageDefinition& message,
                                                          TagSet& seen) const {
  using Reason = SessionRejectReason;
  if (field.tag == 0) return SessionReject{0, Reason::kInvalidTag, "Invalid tag number"};
  const FieldDefinition* const definition =
      field.tag <= kTagMax ? by_tag[static_cast<std::size_t>(field.tag)] : nullptr;
  if (definition == nullptr)
    return SessionReject{field.tag, Reason::kUndefinedTag, "Undefined tag"};
  const auto tag = static_cast<std::size_t>(field.tag);
  if (!message.fields.test(tag) && !header.fields.test(tag)) {
    return SessionReject{field.tag, Reason::kTagNotDefinedForMessage,
                         "Tag not defined for this message type"};
  }
  if (field.value.empty()) {
    return SessionReject{field.tag, Reason::kTagWithoutValue, "Tag specified without a value"};
  }
  if (seen.test(tag) && !message.repeated.test(tag)) {
    return SessionReject{field.tag, Reason::kTagAppearsTwice, "Tag appears more than once"};
  }
  seen.set(tag);
  if (!HasFormat(definition->type, field.value)) {
    return SessionReject{field.tag, Reason::kIncorrectFormat, "Incorrect data format for value"};
  }
  if (!definition->values.empty() && std::find(definition->values.begin(), definition->values.end(),
                                               field.value) == definition->values.end()) {
    return SessionReject{field.tag, Reason::kValueIncorrect,
                         "Value is incorrect (out of range) for this tag"};
  }
  return std::nullopt;
}

std::optional<SessionReject> Dictionary::Check(const Message& message) const {
  using Reason = SessionRejectReason;
  const auto found = impl_->messages.find(message.type());
  if (found == impl_->messages.end()) {
    return SessionReject{tag::kMsgType, Reason::kInvalidMsgType, "Invalid MsgType"};
  }
  const MessageDefinition& definition = found->second;
  TagSet seen;
  for (const Field& field : message.fields()) {
    if (auto fault = impl_->CheckField(field, definition, seen)) return fault;
  }
  for (const auto* required : {&std::as_const(impl_->header.required), &definition.required}) {
    for (const int number : *required) {
      if (!seen.test(static_cast<std::size_t>(number))) {
        return SessionReject{number, Reason::kRequiredTagMissing, "Required tag missing"};
      }
    }
  }
  for (const Group& group : definition.groups) {
    if (definition.repeated.test(static_cast<std::size_t>(group.count_tag))) continue;
    const auto entries =
        std::count_if(message.fields().begin(), message.fields().end(),
                      [&group](const Field& field) { return field.tag == group.first_tag; });
    const auto count = message.Integer(group.count_tag);
    if (count.value_or(0) == entries) continue;
    // The first field of one group may be a plain field or that of another.
    if (!count && definition.fields.test(static_cast<std::size_t>(group.first_tag)) &&
        !definition.repeated.test(static_cast<std::size_t>(group.first_tag))) {
      continue;
    }
    return SessionReject{group.count_tag, Reason::kGroupCountIncorrect,
                         "Incorrect NumInGroup count for repeating group"};
  }
  return std::nullopt;
}

}  // namespace evx::fix
