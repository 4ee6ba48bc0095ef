#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/kalshi/requests.h"
#include "json_reader.h"

namespace evx::kalshi {

// Reads one request from an ObjectReader. A member of the wrong type is the object's error; a
// member without meaning is a refusal here, the first of which sticks and which a type error
// outranks: the venue decodes the whole body before it looks at its meaning.
class RequestReader {
 public:
  explicit RequestReader(ObjectReader& object) : object_(object) {}

  ObjectReader& object() { return object_; }

  // Text that must be there; its absence is `missing`.
  std::string Required(std::string_view name, const ErrorCode& missing);
  // Words of orders: absence and other words are invalid_order.
  template <class E>
  E RequiredWord(std::string_view name) {
    const auto word = object_.String(name);
    if (!word) {
      Refuse(error::kInvalidOrder, name, "is required");
      return E{};
    }
    return Word<E>(name, *word);
  }
  template <class E>
  E OptionalWord(std::string_view name, E otherwise) {
    const auto word = object_.String(name);
    return word && !word->empty() ? Word<E>(name, *word) : otherwise;
  }

  std::optional<Price> OptionalPrice(std::string_view name);
  // Above 0, or 0 too when `zero` says so.
  std::optional<Quantity> OptionalCount(std::string_view name, bool zero = false);
  Price RequiredPrice(std::string_view name);
  Quantity RequiredCount(std::string_view name);

  std::optional<std::string> ClientOrderId(std::string_view name);
  std::optional<SubaccountNumber> Subaccount(std::string_view name = "subaccount");
  SubaccountNumber RequiredSubaccount(std::string_view name);
  std::optional<std::int32_t> ExchangeIndex();
  // Seconds since the epoch; nothing when absent, the zero timestamp for 0.
  std::optional<Timestamp> Seconds(std::string_view name);
  // An id of the UUID form.
  std::optional<std::string> Uuid(std::string_view name);
  // Absent and empty lists give the full scopes.
  ApiKeyScopes Scopes();

  void Refuse(const ErrorCode& code, std::string_view name, std::string_view fault);
  const std::optional<Error>& refusal() const { return refusal_; }
  // The error to answer with, if any.
  std::optional<Error> fault() const {
    return object_.ok() ? refusal_ : std::optional<Error>(object_.error());
  }

 private:
  template <class E>
  E Word(std::string_view name, std::string_view word) {
    const auto value = FromWire<E>(word);
    if (!value) Refuse(error::kInvalidOrder, name, "has no meaning here: " + std::string(word));
    return value.value_or(E{});
  }

  ObjectReader& object_;
  std::optional<Error> refusal_;
};

// Decodes `body` with `read`, which makes a T from a RequestReader.
template <class T, class Read>
Decoded<T> DecodeRequest(std::string_view body, Read read) {
  const auto root = JsonDocument::Shared().ParseObject(body);
  if (!root.ok()) return root.error();
  ObjectReader object = *root;
  RequestReader reader(object);
  T request = read(reader);
  if (auto fault = reader.fault()) return *std::move(fault);
  return request;
}

// Decodes the members of `name` one by one with `read`; a refused item stands in its place.
template <class T, class Read>
std::vector<Decoded<T>> ReadBatch(RequestReader& reader, std::string_view name, Read read) {
  std::vector<Decoded<T>> items;
  const bool present = reader.object().Objects(name, kBatchSizeMax, [&](ObjectReader& object) {
    RequestReader item(object);
    T request = read(item);
    if (item.refusal()) {
      items.emplace_back(*item.refusal());
    } else {
      items.emplace_back(std::move(request));
    }
  });
  if (!present) reader.Refuse(error::kMissingParameters, name, "is required");
  if (present && items.empty()) reader.Refuse(error::kInvalidParameters, name, "is empty");
  return items;
}

// One item of a batch cancel.
CancelOrderItem ReadCancelOrderItem(RequestReader& reader);

}  // namespace evx::kalshi
