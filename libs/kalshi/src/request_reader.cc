#include "request_reader.h"

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"
#include "evx/kalshi/number.h"

namespace evx::kalshi {
namespace {

// The year 2255: nanoseconds still fit in 64 bits.
constexpr std::int64_t kSecondsMax = 9'000'000'000;

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace

void RequestReader::Refuse(const ErrorCode& code, std::string_view name, std::string_view fault) {
  if (refusal_) return;
  refusal_ = MakeError(code, ToStd(absl::StrCat(ToAbsl(name), " ", ToAbsl(fault))));
}

std::string RequestReader::Required(std::string_view name, const ErrorCode& missing) {
  auto text = object_.NonEmpty(name);
  if (!text) Refuse(missing, name, "is required");
  return std::move(text).value_or("");
}

std::optional<Price> RequestReader::OptionalPrice(std::string_view name) {
  const auto text = object_.DecimalString(name);
  if (!text) return std::nullopt;
  const auto price = ParsePrice(*text);
  if (!price) Refuse(error::kInvalidPrice, name, "must be from 0 to 1 in steps of 0.0001");
  return price;
}

std::optional<Quantity> RequestReader::OptionalCount(std::string_view name, bool zero) {
  const auto text = object_.DecimalString(name);
  if (!text) return std::nullopt;
  const auto count = ParseCount(*text);
  if (count && (*count > Quantity() || (zero && count->is_zero()))) return count;
  Refuse(error::kInvalidOrderSize, name,
         absl::StrCat("must be above 0 and at most ", ToAbsl(FormatCount(kCountMax)),
                      " in steps of 0.01"));
  return Quantity();
}

Price RequestReader::RequiredPrice(std::string_view name) {
  const auto price = OptionalPrice(name);
  if (!price) Refuse(error::kInvalidOrder, name, "is required");
  return price.value_or(Price());
}

Quantity RequestReader::RequiredCount(std::string_view name) {
  const auto count = OptionalCount(name);
  if (!count) Refuse(error::kInvalidOrder, name, "is required");
  return count.value_or(Quantity());
}

std::optional<std::string> RequestReader::ClientOrderId(std::string_view name) {
  auto id = object_.NonEmpty(name);
  if (id && !IsClientOrderId(*id)) {
    Refuse(error::kInvalidOrder, name,
           absl::StrCat("must be at most ", kClientOrderIdBytesMax,
                        " letters, digits or one of -_:+=/."));
  }
  return id;
}

std::optional<SubaccountNumber> RequestReader::Subaccount(std::string_view name) {
  const auto number = object_.Integer(name);
  if (!number) return std::nullopt;
  if (*number < 0 || *number > kSubaccountNumberMax) {
    Refuse(error::kInvalidParameters, name,
           absl::StrCat("is ", *number, ", outside 0 to ", kSubaccountNumberMax));
    return std::nullopt;
  }
  return static_cast<SubaccountNumber>(*number);
}

SubaccountNumber RequestReader::RequiredSubaccount(std::string_view name) {
  const auto number = Subaccount(name);
  if (!number) Refuse(error::kMissingParameters, name, "is required");
  return number.value_or(0);
}

std::optional<std::int32_t> RequestReader::ExchangeIndex() {
  const auto index = object_.Integer("exchange_index");
  if (!index) return std::nullopt;
  if (*index < kExchangeIndexAuto || *index > kExchangeIndexMax) {
    Refuse(
        error::kInvalidParameters, "exchange_index",
        absl::StrCat("is ", *index, ", outside ", kExchangeIndexAuto, " to ", kExchangeIndexMax));
    return std::nullopt;
  }
  return static_cast<std::int32_t>(*index);
}

std::optional<Timestamp> RequestReader::Seconds(std::string_view name) {
  const auto seconds = object_.Integer(name);
  if (!seconds) return std::nullopt;
  if (*seconds < 0 || *seconds > kSecondsMax) {
    Refuse(error::kInvalidOrder, name, "is not a time in seconds since 1970");
    return std::nullopt;
  }
  return Timestamp::FromSeconds(*seconds);
}

std::optional<std::string> RequestReader::Uuid(std::string_view name) {
  auto id = object_.NonEmpty(name);
  if (id && !IsUuid(*id)) object_.Fail(name, "must be a UUID");
  return id;
}

ApiKeyScopes RequestReader::Scopes() {
  ApiKeyScopes scopes;
  object_.Strings("scopes", 2 * kApiKeyScopeCount, [&](std::string_view word) {
    if (const auto scope = FromWire<ApiKeyScope>(word)) {
      scopes.Add(*scope);
    } else {
      Refuse(error::kInvalidParameters, "scopes", "names no scope: " + std::string(word));
    }
  });
  if (scopes.empty()) return ApiKeyScopes::Full();
  if (scopes.Has(ApiKeyScope::kWrite) && !scopes.Has(ApiKeyScope::kRead)) {
    Refuse(error::kInvalidParameters, "scopes", "must include read when they include write");
  }
  return scopes;
}

CancelOrderItem ReadCancelOrderItem(RequestReader& reader) {
  CancelOrderItem item;
  item.order_id = reader.Required("order_id", error::kMissingParameters);
  item.subaccount = reader.Subaccount();
  item.exchange_index = reader.ExchangeIndex();
  item.market_ticker = reader.object().NonEmpty("market_ticker");
  return item;
}

}  // namespace evx::kalshi
