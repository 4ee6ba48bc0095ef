#include "rest/body_reader.h"

#include <utility>

namespace evx::gateway {
namespace {

using Json = nlohmann::json;

}  // namespace

BodyReader::BodyReader(std::string_view text)
    : body_(Json::parse(text, nullptr, /*allow_exceptions=*/false)) {
  if (body_.is_object()) return;
  body_ = Json::object();
  Fail({400, "BadJson", "the body is not one JSON object"});
}

const Json* BodyReader::Take(std::string_view name) {
  taken_.emplace(name);
  const auto member = body_.find(std::string(name));
  return member == body_.end() || member->is_null() ? nullptr : &*member;
}

std::optional<std::string> BodyReader::Text(std::string_view name, std::size_t bytes_max,
                                            bool is_secret) {
  const Json* const member = Take(name);
  if (member == nullptr) return std::nullopt;
  if (!member->is_string()) {
    Fail(BadField(name, std::nullopt, "a text"));
    return std::nullopt;
  }
  std::string text = member->get<std::string>();
  if (text.size() > bytes_max) {
    Fail(BadField(name, is_secret ? std::nullopt : std::optional(std::move(text)),
                  "at most " + std::to_string(bytes_max) + " bytes"));
    return std::nullopt;
  }
  return text;
}

std::optional<bool> BodyReader::Bool(std::string_view name) {
  const Json* const member = Take(name);
  if (member == nullptr) return std::nullopt;
  if (!member->is_boolean()) {
    Fail(BadField(name, std::nullopt, "true or false"));
    return std::nullopt;
  }
  return member->get<bool>();
}

void BodyReader::Fail(RestError error) {
  if (!error_) error_ = std::move(error);
}

const std::optional<RestError>& BodyReader::Finish() {
  for (const auto& [name, value] : body_.items()) {
    if (!taken_.contains(name)) {
      Fail({400, "BadField", "there is no field of this name", false, name});
    }
  }
  return error_;
}

}  // namespace evx::gateway
