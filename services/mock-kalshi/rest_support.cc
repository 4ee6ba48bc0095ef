#include "rest_support.h"

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
