#include "operator/operator_routes.h"

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

std::string_view TierText(venue::UsageTier tier) {
  return kTiers[static_cast<std::size_t>(tier)].text;
}

void ReadTier(JsonFields& fields, std::optional<venue::UsageTier>& tier) {
  std::string name;
  fields.Text("tier", name);
  if (name.empty()) return;
  for (const TierName& known : kTiers) {
    if (known.text == name) tier = known.tier;
  }
  if (!tier) {
    fields.Fail("tier", "\"" + name.substr(0, 64) +
                            "\" is none of basic, advanced, expert, premier, paragon, prime, "
                            "prestige, unlimited");
  }
}

void ReadFees(JsonFields& fields, const char* type_name, const char* multiplier_name,
              FeeEdit& fees) {
  std::optional<kalshi::FeeType> type;
  fields.Word(type_name, type);
  if (type) {
    switch (*type) {
      case kalshi::FeeType::kQuadratic:
        fees.fee_type = venue::FeeType::kQuadratic;
        break;
      case kalshi::FeeType::kQuadraticWithMakerFees:
        fees.fee_type = venue::FeeType::kQuadraticWithMakerFees;
        break;
      case kalshi::FeeType::kQuadraticWithComboMakerFees:
        fees.fee_type = venue::FeeType::kQuadraticWithComboMakerFees;
        break;
      case kalshi::FeeType::kFlat:
        fields.Fail(type_name, "has no published formula: flat");
        break;
    }
  }
  fields.Millionths(multiplier_name, fees.multiplier_millionths);
}

}  // namespace evx::mock_kalshi
