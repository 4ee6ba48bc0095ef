#include "rest/rest_support.h"

namespace evx::mock_kalshi {

kalshi::Decoded<SubaccountNumber> ResolveSubaccount(const Principal& principal,
                                                    std::optional<SubaccountNumber> requested) {
  if (principal.subaccount < 0) return requested.value_or(0);
  const auto locked = static_cast<SubaccountNumber>(principal.subaccount);
  if (requested.value_or(locked) != locked) {
    return kalshi::MakeError(kalshi::error::kPermissionDenied,
                             "the key is restricted to another subaccount");
  }
  return locked;
}

kalshi::Decoded<std::optional<SubaccountNumber>> FilterSubaccount(
    const Principal& principal, std::optional<SubaccountNumber> requested) {
  if (principal.subaccount < 0) return requested;
  const auto resolved = ResolveSubaccount(principal, requested);
  if (!resolved.ok()) return resolved.error();
  return std::optional(*resolved);
}

bool MayUse(const Principal& principal, SubaccountNumber subaccount) {
  return principal.subaccount < 0 || principal.subaccount == subaccount;
}

std::optional<Timestamp> IfSet(Timestamp time) { return time ? std::optional(time) : std::nullopt; }

std::string TickerOf(const ExchangeContext& context, MarketId market) {
  return context.read_model.Read(
      [market](const ReadModel::State& state) { return state.At(market).ticker; });
}

std::vector<MarketId> MarketsOf(const ExchangeContext& context,
                                const std::vector<std::string>& tickers,
                                const std::vector<std::string>& event_tickers) {
  return context.read_model.Read([&](const ReadModel::State& state) {
    std::vector<MarketId> markets;
    for (const std::string& ticker : tickers) {
      if (const MarketState* market = state.FindMarket(ticker)) markets.push_back(market->market);
    }
    for (const std::string& ticker : event_tickers) {
      if (const EventState* event = state.FindEvent(ticker)) {
        markets.insert(markets.end(), event->markets.begin(), event->markets.end());
      }
    }
    return markets;
  });
}

std::optional<kalshi::Error> CheckExchangeIndex(std::optional<std::int32_t> exchange_index) {
  if (exchange_index.value_or(0) <= 0) return std::nullopt;
  return kalshi::MakeError(kalshi::error::kMarketNotFound);
}

kalshi::Decoded<MarketId> FindMarketForOrder(const ExchangeContext& context,
                                             std::string_view ticker,
                                             std::optional<std::int32_t> exchange_index) {
  if (const auto wrong = CheckExchangeIndex(exchange_index)) return *wrong;
  const MarketId market = context.read_model.Read([ticker](const ReadModel::State& state) {
    const MarketState* found = state.FindMarket(ticker);
    return found == nullptr ? MarketId() : found->market;
  });
  if (!market) return kalshi::MakeError(kalshi::error::kMarketNotFound);
  return market;
}

}  // namespace evx::mock_kalshi
