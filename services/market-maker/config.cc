#include "config.h"

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::market_maker {

void MarketMakerConfig::Declare(service::Options& options) {
  options.Add("exchange_url", &exchange_url,
              {.help = "Base URL of the REST API, ending in /trade-api/v2."});
  options.AddPath("credentials", &credentials,
                  {.help = "JSON file with key_id and private_key_path.",
                   .kind = service::PathKind::kExistingFile,
                   .required = true});
  options.AddPath("markets_file", &markets_file,
                  {.help = "JSON file with the settings of each market; read again at SIGHUP. "
                           "Without it one market is quoted by the options below.",
                   .kind = service::PathKind::kExistingFile});
  options.Add("ticker", &market.ticker,
              {.help = "Market to quote.", .variables = {"MARKET_MAKER_TICKER"}});
  options.Add("mode", &market.mode,
              {.help = "How quotes are placed.",
               .values = {{"triangle", QuoteMode::kTriangle}, {"model", QuoteMode::kModel}}});
  options.Add("interval_ms", &interval_ms,
              {.help = "Milliseconds between two quotes of a market.",
               .min = 100,
               .max = 10'000,
               .variables = {"MARKET_MAKER_INTERVAL_MS"}});
  options.Add("price_min", &price_min,
              {.help = "Lowest price of the triangle, in cents.",
               .min = 1,
               .max = 99,
               .variables = {"MARKET_MAKER_PRICE_MIN"}});
  options.Add("price_max", &price_max,
              {.help = "Highest price of the triangle, in cents.",
               .min = 1,
               .max = 99,
               .variables = {"MARKET_MAKER_PRICE_MAX"}});
  options.Add("spread", &spread,
              {.help = "Cents between bid and ask of the triangle.",
               .min = 2,
               .max = 98,
               .variables = {"MARKET_MAKER_SPREAD"}});
  options.Add("quantity", &quantity,
              {.help = "Contracts quoted on each side.",
               .min = 1,
               .max = 1'000'000,
               .variables = {"MARKET_MAKER_QUANTITY"}});
  options.Add(
      "position_max", &market.position_max_contracts,
      {.help = "Contracts held at most, either way (mode model).", .min = 1, .max = 100'000'000});
  options.Add("min_edge", &market.min_edge_cents,
              {.help = "Cents that a quote keeps of the believed price after the maker's fee (mode "
                       "model).",
               .min = 0,
               .max = 20});
  options.Add("quote_lifetime", &quote_lifetime,
              {.help = "Expiration of a quote, renewed before it is half used up.",
               .min = absl::Seconds(4),
               .max = absl::Seconds(15)});
  options.Add("group_limit", &group_limit,
              {.help = "Contracts that may trade in 15 seconds before all quotes are pulled.",
               .min = 1,
               .max = 1'000'000});
  options.AddCheck([this] {
    if (price_max - price_min < spread) {
      return InvalidArgument(
          absl::StrFormat("--price_max (%d) must be at least --spread (%d) above --price_min (%d)",
                          price_max, spread, price_min));
    }
    return absl::OkStatus();
  });
}

MarketSettings MarketMakerConfig::SingleMarket() const {
  MarketSettings settings = market;
  settings.price_min = Price::FromCents(price_min);
  settings.price_max = Price::FromCents(price_max);
  settings.spread_cents = spread;
  settings.quantity = Quantity::FromContracts(quantity);
  settings.interval = absl::Milliseconds(interval_ms);
  return settings;
}

}  // namespace evx::market_maker
