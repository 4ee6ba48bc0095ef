#include "market_settings.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::market_maker {
namespace {

using Json = nlohmann::json;

// An integer member within min..max; `value` stays as it is when it is absent.
absl::Status ReadInteger(const Json& market, const std::string& ticker, const char* name,
                         std::int64_t min, std::int64_t max, std::int64_t& value) {
  const auto member = market.find(name);
  if (member == market.end()) return absl::OkStatus();
  if (!member->is_number_integer()) {
    return InvalidArgument(absl::StrFormat("market %s: %s must be an integer", ticker, name));
  }
  const auto number = member->get<std::int64_t>();
  if (number < min || number > max) {
    return InvalidArgument(
        absl::StrFormat("market %s: %s is %d, not within %d..%d", ticker, name, number, min, max));
  }
  value = number;
  return absl::OkStatus();
}

absl::StatusOr<MarketSettings> ParseMarket(const Json& market, const MarketSettings& defaults) {
  MarketSettings settings = defaults;
  const auto ticker = market.is_object() ? market.find("ticker") : market.end();
  if (!market.is_object() || ticker == market.end() || !ticker->is_string()) {
    return InvalidArgument("every market must be an object with a ticker");
  }
  settings.ticker = ticker->get<std::string>();
  if (const auto mode = market.find("mode"); mode != market.end()) {
    if (*mode == "triangle") {
      settings.mode = QuoteMode::kTriangle;
    } else if (*mode == "model") {
      settings.mode = QuoteMode::kModel;
    } else {
      return InvalidArgument(absl::StrFormat("market %s: mode is %s, not triangle or model",
                                             settings.ticker, mode->dump()));
    }
  }
  std::int64_t interval_ms = absl::ToInt64Milliseconds(settings.interval);
  std::int64_t price_min = settings.price_min.micros() / 10'000;
  std::int64_t price_max = settings.price_max.micros() / 10'000;
  std::int64_t quantity = settings.quantity.centis() / 100;
  const std::string& name = settings.ticker;
  EVX_RETURN_IF_ERROR(ReadInteger(market, name, "interval_ms", 100, 10'000, interval_ms));
  EVX_RETURN_IF_ERROR(ReadInteger(market, name, "price_min", 1, 99, price_min));
  EVX_RETURN_IF_ERROR(ReadInteger(market, name, "price_max", 1, 99, price_max));
  EVX_RETURN_IF_ERROR(ReadInteger(market, name, "spread", 2, 98, settings.spread_cents));
  EVX_RETURN_IF_ERROR(ReadInteger(market, name, "quantity", 1, 1'000'000, quantity));
  EVX_RETURN_IF_ERROR(
      ReadInteger(market, name, "position_max", 1, 100'000'000, settings.position_max_contracts));
  EVX_RETURN_IF_ERROR(ReadInteger(market, name, "min_edge", 0, 20, settings.min_edge_cents));
  if (price_max - price_min < settings.spread_cents) {
    return InvalidArgument(absl::StrFormat(
        "market %s: price_max (%d) must be at least spread (%d) above price_min (%d)", name,
        price_max, settings.spread_cents, price_min));
  }
  settings.interval = absl::Milliseconds(interval_ms);
  settings.price_min = Price::FromCents(price_min);
  settings.price_max = Price::FromCents(price_max);
  settings.quantity = Quantity::FromContracts(quantity);
  return settings;
}

}  // namespace

absl::StatusOr<std::vector<MarketSettings>> ParseMarkets(std::string_view text,
                                                         const MarketSettings& defaults) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object() || !json.contains("markets") ||
      !json["markets"].is_array()) {
    return InvalidArgument("the markets file must be a JSON object with an array \"markets\"");
  }
  if (json["markets"].size() > kMarketCountMax) {
    return InvalidArgument(
        absl::StrFormat("%d markets, more than %d", json["markets"].size(), kMarketCountMax));
  }
  std::vector<MarketSettings> markets;
  std::set<std::string> tickers;
  for (const Json& market : json["markets"]) {
    EVX_ASSIGN_OR_RETURN(MarketSettings settings, ParseMarket(market, defaults));
    if (!tickers.insert(settings.ticker).second) {
      return InvalidArgument(absl::StrFormat("market %s is listed twice", settings.ticker));
    }
    markets.push_back(std::move(settings));
  }
  return markets;
}

absl::StatusOr<std::vector<MarketSettings>> ReadMarketsFile(const std::string& path,
                                                            const MarketSettings& defaults) {
  std::ifstream file(path);
  if (!file) return NotFound(absl::StrFormat("--markets_file %s cannot be read", path));
  std::ostringstream text;
  text << file.rdbuf();
  auto markets = ParseMarkets(text.str(), defaults);
  if (markets.ok()) return markets;
  return InvalidArgument(path + ": " + MessageOf(markets.status()));
}

}  // namespace evx::market_maker
