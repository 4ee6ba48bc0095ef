#include <array>
#include <charconv>

#include "absl/strings/str_format.h"
#include "evx/core/decimal.h"
#include "evx/venue/codec.h"

namespace evx::venue {
namespace {

std::string_view Name(BookSide side) { return side == BookSide::kBid ? "Bid" : "Ask"; }

std::string_view Name(TimeInForce time_in_force) {
  switch (time_in_force) {
    case TimeInForce::kGoodTillCanceled:
      return "GoodTillCanceled";
    case TimeInForce::kImmediateOrCancel:
      return "ImmediateOrCancel";
    case TimeInForce::kFillOrKill:
      return "FillOrKill";
  }
  return "";
}

std::string_view Name(SelfTradePrevention prevention) {
  return prevention == SelfTradePrevention::kMaker ? "Maker" : "TakerAtCross";
}

std::string_view Name(AmendOrder::ExpirationChange change) {
  switch (change) {
    case AmendOrder::ExpirationChange::kKeep:
      return "Keep";
    case AmendOrder::ExpirationChange::kClear:
      return "Clear";
    case AmendOrder::ExpirationChange::kSet:
      return "Set";
  }
  return "";
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

template <class T>
void AppendValue(std::string& out, const T& value);

template <class T>
void AppendFields(std::string& out, const T& value) {
  out += '{';
  bool first = true;
  T::VisitFields(value, [&](std::string_view name, const auto& field) {
    if (!first) out += ' ';
    first = false;
    out += name;
    out += '=';
    AppendValue(out, field);
  });
  out += '}';
}

template <class T>
void AppendValue(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    AppendQuoted(out, value);
  } else if constexpr (codec_internal::HasView<T>) {
    AppendQuoted(out, value.view());
  } else if constexpr (codec_internal::HasFields<T>) {
    AppendFields(out, value);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    out += value ? FormatRfc3339(value) : "-";
  } else if constexpr (std::is_same_v<T, Price>) {
    AppendDecimal(out, value.micros(), 6, 4);
  } else if constexpr (std::is_same_v<T, Money>) {
    AppendDecimal(out, value.micros(), 6, 6);
  } else if constexpr (std::is_same_v<T, Quantity>) {
    AppendDecimal(out, value.centis(), 2, 2);
  } else if constexpr (codec_internal::HasValue<T>) {
    out += std::to_string(value.value());
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    out += Name(value);
  } else {
    out += std::to_string(value);
  }
}

// "evx::venue::CreateOrder" out of the compiler's own name of this function.
template <class T>
constexpr std::string_view TypeName() {
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("T = ") + 4);
  name = name.substr(0, name.find_first_of(";]"));
  name.remove_prefix(name.rfind(':') + 1);
  return name;
}
static_assert(TypeName<CreateOrder>() == "CreateOrder");

template <class Variant>
struct Names;
template <class... Ts>
struct Names<std::variant<Ts...>> {
  static constexpr std::array<std::string_view, sizeof...(Ts)> kAll = {TypeName<Ts>()...};
};

template <class Variant>
std::string_view NameAt(std::size_t index) {
  constexpr auto& names = Names<Variant>::kAll;
  return index < names.size() ? names[index] : std::string_view();
}

template <class Variant>
std::string VariantToText(const Variant& value) {
  std::string out(NameAt<Variant>(value.index()));
  std::visit([&out](const auto& v) { AppendFields(out, v); }, value);
  return out;
}

}  // namespace

std::string_view CommandName(std::size_t index) { return NameAt<Command>(index); }
std::string_view EventName(std::size_t index) { return NameAt<Event>(index); }
std::string_view Name(const Command& command) { return CommandName(command.index()); }
std::string_view Name(const Event& event) { return EventName(event.index()); }
std::string ToText(const Command& command) { return VariantToText(command); }
std::string ToText(const Event& event) { return VariantToText(event); }

}  // namespace evx::venue
