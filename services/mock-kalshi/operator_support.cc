#include "operator_routes.h"

namespace evx::mock_kalshi {
namespace {

struct TierName {
  venue::UsageTier tier;
  std::string_view text;
};
constexpr TierName kTiers[] = {
    {venue::UsageTier::kBasic, "basic"},       {venue::UsageTier::kAdvanced, "advanced"},
    {venue::UsageTier::kExpert, "expert"},     {venue::UsageTier::kPremier, "premier"},
    {venue::UsageTier::kParagon, "paragon"},   {venue::UsageTier::kPrime, "prime"},
    {venue::UsageTier::kPrestige, "prestige"}, {venue::UsageTier::kUnlimited, "unlimited"},
};

}  // namespace

JsonReply Done(const Outcome& outcome, nlohmann::json more) {
  more["sequence_number"] = outcome.sequence_number.value();
  more["time"] = FormatRfc3339(outcome.time);
  return {200, more.dump()};
}

bool IsTickerSize(std::string_view ticker) {
  return !ticker.empty() && ticker.size() <= venue::Ticker::kMaxSize;
}

std::optional<venue::UsageTier> ParseTier(std::string_view name) {
  for (const TierName& known : kTiers) {
    if (known.text == name) return known.tier;
  }
  return std::nullopt;
}

std::string_view TierText(venue::UsageTier tier) {
  return kTiers[static_cast<std::size_t>(tier)].text;
}

void ReadFeeTerms(JsonFields& fields, const char* type_name, const char* multiplier_name,
                  venue::FeeTerms& terms) {
  std::optional<kalshi::FeeType> type;
  fields.Word(type_name, type);
  if (type) {
    switch (*type) {
      case kalshi::FeeType::kQuadratic:
        terms.fee_type = venue::FeeType::kQuadratic;
        break;
      case kalshi::FeeType::kQuadraticWithMakerFees:
        terms.fee_type = venue::FeeType::kQuadraticWithMakerFees;
        break;
      case kalshi::FeeType::kQuadraticWithComboMakerFees:
        terms.fee_type = venue::FeeType::kQuadraticWithComboMakerFees;
        break;
      case kalshi::FeeType::kFlat:
        fields.Fail(type_name, "has no published formula: flat");
        break;
    }
  }
  fields.Millionths(multiplier_name, terms.multiplier_millionths);
}

}  // namespace evx::mock_kalshi
