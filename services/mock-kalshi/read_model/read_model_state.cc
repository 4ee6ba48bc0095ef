// Look-ups in the read model's state.

#include "read_model/read_model.h"

namespace evx::mock_kalshi {
namespace {

template <class T>
T FindValue(const TextMap<T>& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? T{} : found->second;
}

}  // namespace

std::optional<Price> MarketState::BestBid() const {
  return book.bids.empty() ? std::nullopt : std::optional(book.bids.begin()->first);
}

std::optional<Price> MarketState::BestAsk() const {
  return book.asks.empty() ? std::nullopt : std::optional(book.asks.begin()->first);
}

const SeriesState* ReadModel::State::FindSeries(std::string_view ticker) const {
  const SeriesId id = FindValue(series_by_ticker, ticker);
  return id ? &At(id) : nullptr;
}

const EventState* ReadModel::State::FindEvent(std::string_view ticker) const {
  const EventId id = FindValue(events_by_ticker, ticker);
  return id ? &At(id) : nullptr;
}

const MarketState* ReadModel::State::FindMarket(std::string_view ticker) const {
  const MarketId id = FindValue(markets_by_ticker, ticker);
  return id ? &At(id) : nullptr;
}

const AccountState* ReadModel::State::FindAccount(AccountId id) const {
  if (!id || id.value() > accounts.size()) return nullptr;
  return &accounts[id.value() - 1];
}

const OrderRow* ReadModel::State::FindOpenOrder(OrderId order_id) const {
  const auto found = open_orders.find(order_id);
  return found == open_orders.end() ? nullptr : found->second;
}

venue::FeeTerms ReadModel::State::FeeTermsOf(MarketId market) const {
  const EventState& event = At(At(market).event);
  return event.fee_override ? *event.fee_override : At(event.series).fee_terms;
}

}  // namespace evx::mock_kalshi
