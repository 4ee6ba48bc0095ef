#include "websocket/feed_hub.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "evx/core/check.h"
#include "websocket/feed_session.h"

namespace evx::mock_kalshi {
namespace {

using kalshi::Channel;

// First values that one turn of the thread sends, over all sessions.
constexpr std::size_t kFirstValuesPerTurn = 64;
constexpr std::size_t kFirstValuesPerSession = 16;

void Increase(std::atomic<std::uint64_t>& counter, std::uint64_t count) {
  counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
}

bool IsPrivate(Channel channel) {
  return channel == Channel::kFill || channel == Channel::kMarketPositions ||
         channel == Channel::kUserOrders || channel == Channel::kOrderGroupUpdates;
}

template <class Items, class Match>
void EraseOne(Items& items, Match match) {
  const auto found = std::find_if(items.begin(), items.end(), match);
  if (found == items.end()) return;
  *found = items.back();
  items.pop_back();
}

}  // namespace

std::uint64_t FeedHub::Add(FeedSession& session) {
  services_.demand.sessions.fetch_add(1);
  sessions_[++last_session_id_] = &session;
  accounts_[session.account()].push_back(&session);
  return last_session_id_;
}

void FeedHub::Remove(FeedSession& session, std::uint64_t id) {
  services_.demand.sessions.fetch_sub(1);
  sessions_.erase(id);
  std::erase(ended_, &session);
  const auto found = accounts_.find(session.account());
  EVX_CHECK(found != accounts_.end());
  EraseOne(found->second, [&](FeedSession* other) { return other == &session; });
  if (found->second.empty()) accounts_.erase(found);
}

void FeedHub::SendHeld(std::uint64_t session_id) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return;
  UpdateSendingTime();
  found->second->SendHeld();
  RemoveEnded();
}

void FeedHub::Cut(std::uint64_t session_id) {
  const auto found = sessions_.find(session_id);
  if (found != sessions_.end()) found->second->Cut();
}

FeedHub::ChannelSubscribers* FeedHub::ListsOf(Channel channel) {
  if (channel == Channel::kOrderbookDelta) return &books_;
  if (channel == Channel::kTicker) return &tickers_;
  if (channel == Channel::kTrade) return &trades_;
  return nullptr;
}

DemandFilter* FeedHub::DemandOf(Channel channel) {
  if (channel == Channel::kOrderbookDelta) return &services_.demand.books;
  if (channel == Channel::kTicker) return &services_.demand.tickers;
  if (channel == Channel::kTrade) return &services_.demand.trades;
  return nullptr;
}

FeedHub::Subscribers* FeedHub::EveryMarketOf(Channel channel) {
  if (channel == Channel::kMarketLifecycle) return &lifecycles_;
  if (channel == Channel::kMultivariateMarketLifecycle) return &multivariate_lifecycles_;
  ChannelSubscribers* const lists = ListsOf(channel);
  return lists == nullptr ? nullptr : &lists->every_market;
}

void FeedHub::Add(FeedSession& session, Subscription& subscription) {
  counters_.subscriptions.fetch_add(1, std::memory_order_relaxed);
  const Channel channel = subscription.channel;
  FeedDemand& demand = services_.demand;
  if (subscription.use_yes_price) demand.yes_prices.fetch_add(1);
  if (IsPrivate(channel)) demand.accounts.Add(session.account().value(), 1);
  if (channel == Channel::kOrderbookDelta) demand.owners.Add(session.account().value(), 1);
  if (DemandFilter* const filter = DemandOf(channel); filter && subscription.every_market) {
    filter->AddEvery(1);
  }
  Subscribers* const every = EveryMarketOf(channel);
  if (every == nullptr) return;
  if (DemandOf(channel) == nullptr) demand.lifecycles.fetch_add(1);
  if (DemandOf(channel) == nullptr || subscription.every_market) {
    every->push_back({&session, &subscription, SequenceNumber()});
  }
}

void FeedHub::Remove(FeedSession& session, Subscription& subscription) {
  counters_.subscriptions.fetch_sub(1, std::memory_order_relaxed);
  const Channel channel = subscription.channel;
  FeedDemand& demand = services_.demand;
  if (subscription.use_yes_price) demand.yes_prices.fetch_sub(1);
  if (IsPrivate(channel)) demand.accounts.Add(session.account().value(), -1);
  if (channel == Channel::kOrderbookDelta) demand.owners.Add(session.account().value(), -1);
  if (DemandFilter* const filter = DemandOf(channel); filter && subscription.every_market) {
    filter->AddEvery(-1);
  }
  while (!subscription.markets.empty()) {
    RemoveMarket(subscription, subscription.markets.begin()->first);
  }
  Subscribers* const every = EveryMarketOf(channel);
  if (every == nullptr) return;
  if (DemandOf(channel) == nullptr) demand.lifecycles.fetch_sub(1);
  EraseOne(*every, [&](const Subscriber& other) { return other.subscription == &subscription; });
}

void FeedHub::CoverEveryMarket(FeedSession& session, Subscription& subscription) {
  subscription.every_market = true;
  subscription.every_from = SequenceNumber(std::numeric_limits<std::uint64_t>::max());
  ChannelSubscribers* const lists = ListsOf(subscription.channel);
  if (lists == nullptr) return;
  DemandOf(subscription.channel)->AddEvery(1);
  lists->every_market.push_back({&session, &subscription, SequenceNumber()});
}

bool FeedHub::AddMarket(FeedSession& session, Subscription& subscription, MarketId market,
                        SequenceNumber from) {
  const auto [place, is_new] = subscription.markets.try_emplace(market, 0);
  if (!is_new) return false;
  ChannelSubscribers* const lists = ListsOf(subscription.channel);
  if (lists == nullptr) return true;
  DemandOf(subscription.channel)->Add(market.value(), 1);
  Subscribers& subscribers = lists->by_market[market];
  place->second = static_cast<std::uint32_t>(subscribers.size());
  subscribers.push_back({&session, &subscription, from});
  return true;
}

bool FeedHub::RemoveMarket(Subscription& subscription, MarketId market) {
  const auto place = subscription.markets.find(market);
  if (place == subscription.markets.end()) return false;
  if (ChannelSubscribers* const lists = ListsOf(subscription.channel)) {
    DemandOf(subscription.channel)->Add(market.value(), -1);
    const auto found = lists->by_market.find(market);
    Subscribers& subscribers = found->second;
    Subscriber& hole = subscribers[place->second];
    EVX_CHECK(hole.subscription == &subscription);
    hole = subscribers.back();
    hole.subscription->markets[market] = place->second;
    subscribers.pop_back();
    if (subscribers.empty()) lists->by_market.erase(found);
  }
  subscription.markets.erase(market);
  return true;
}

void FeedHub::SetFrom(const Subscription& subscription, MarketId market, SequenceNumber from) {
  const auto place = subscription.markets.find(market);
  if (place == subscription.markets.end()) return;
  ListsOf(subscription.channel)->by_market[market][place->second].from = from;
}

// ---- Delivery

void FeedHub::Deliver(const FeedBatch& batch) {
  for (const FeedMessage& message : batch.messages) {
    UpdateSendingTime();
    switch (message.kind) {
      case FeedKind::kOrderbookDelta:
        DeliverDelta(batch, message);
        break;
      case FeedKind::kOrderbookSnapshot:
        DeliverToMarket(batch, message, books_);
        break;
      case FeedKind::kSnapshotReply:
        DeliverSnapshotReply(batch, message);
        break;
      case FeedKind::kTicker:
        DeliverToMarket(batch, message, tickers_);
        break;
      case FeedKind::kTrade:
        DeliverToMarket(batch, message, trades_);
        break;
      case FeedKind::kFill:
        DeliverToAccount(batch, message, Channel::kFill);
        break;
      case FeedKind::kMarketPosition:
        DeliverToAccount(batch, message, Channel::kMarketPositions);
        break;
      case FeedKind::kUserOrder:
        DeliverToAccount(batch, message, Channel::kUserOrders);
        break;
      case FeedKind::kOrderGroupUpdate:
        DeliverToAccount(batch, message, Channel::kOrderGroupUpdates);
        break;
      case FeedKind::kMarketLifecycle:
      case FeedKind::kEventLifecycle:
      case FeedKind::kEventFeeUpdate:
        DeliverTo(lifecycles_, batch, message);
        break;
      case FeedKind::kMultivariateLifecycle:
      case FeedKind::kMultivariateEventLifecycle:
        DeliverTo(multivariate_lifecycles_, batch, message);
        break;
      case FeedKind::kKeyRevoked:
      case FeedKind::kAccountDisabled:
        EndAccess(batch, message);
        break;
    }
  }
  RemoveEnded();
}

void FeedHub::DeliverDelta(const FeedBatch& batch, const FeedMessage& message) {
  const auto found = books_.by_market.find(message.market);
  if (found == books_.by_market.end()) return;
  const std::string_view tail = batch.At(message.tail);
  const std::string_view yes_tail = batch.At(message.yes_tail);
  const std::string_view own_members = batch.At(message.own_members);
  for (const Subscriber& subscriber : found->second) {
    if (message.sequence_number <= subscriber.from) continue;
    FeedSession& session = *subscriber.session;
    const std::string_view body = subscriber.subscription->use_yes_price ? yes_tail : tail;
    if (own_members.empty() || session.account() != message.account ||
        !session.MaySee(message.subaccount)) {
      session.Send(*subscriber.subscription, FeedKind::kOrderbookDelta, body);
      continue;
    }
    constexpr std::string_view kEnd = "}}";
    own_tail_.assign(body.substr(0, body.size() - kEnd.size())).append(own_members).append(kEnd);
    session.Send(*subscriber.subscription, FeedKind::kOrderbookDelta, own_tail_);
  }
  Increase(counters_.messages, found->second.size());
}

void FeedHub::DeliverToMarket(const FeedBatch& batch, const FeedMessage& message,
                              const ChannelSubscribers& lists) {
  const auto found = lists.by_market.find(message.market);
  if (found != lists.by_market.end()) DeliverTo(found->second, batch, message);
  if (!lists.every_market.empty()) DeliverToEvery(lists.every_market, batch, message);
}

void FeedHub::DeliverToEvery(const Subscribers& subscribers, const FeedBatch& batch,
                             const FeedMessage& message) {
  const std::string_view tail = batch.At(message.tail);
  for (const Subscriber& subscriber : subscribers) {
    Subscription& subscription = *subscriber.subscription;
    if (message.sequence_number <= subscription.every_from) continue;
    // Markets that were named before the others came are served by their own lists.
    if (!subscription.markets.empty() && subscription.markets.contains(message.market)) continue;
    subscriber.session->Send(subscription, message.kind, tail);
  }
  Increase(counters_.messages, subscribers.size());
}

void FeedHub::DeliverTo(const Subscribers& subscribers, const FeedBatch& batch,
                        const FeedMessage& message) {
  const std::string_view tail = batch.At(message.tail);
  for (const Subscriber& subscriber : subscribers) {
    if (message.sequence_number <= subscriber.from ||
        message.sequence_number <= subscriber.subscription->from) {
      continue;
    }
    subscriber.session->Send(*subscriber.subscription, message.kind, tail);
  }
  Increase(counters_.messages, subscribers.size());
}

void FeedHub::DeliverToAccount(const FeedBatch& batch, const FeedMessage& message,
                               Channel channel) {
  const auto found = accounts_.find(message.account);
  if (found == accounts_.end()) return;
  for (FeedSession* const session : found->second) {
    Subscription* const subscription = session->Find(channel);
    if (subscription == nullptr || message.sequence_number <= subscription->from) continue;
    if (!session->MaySee(message.subaccount)) continue;
    if (message.market && !subscription->markets.contains(message.market) &&
        (!subscription->every_market || message.sequence_number <= subscription->every_from)) {
      continue;
    }
    session->Send(*subscription, message.kind, batch.At(message.tail));
    Increase(counters_.messages, 1);
  }
}

void FeedHub::DeliverSnapshotReply(const FeedBatch& batch, const FeedMessage& message) {
  const SnapshotTarget& target = batch.targets[message.target];
  if (target.thread != thread_) return;
  const auto found = sessions_.find(target.session_id);
  if (found == sessions_.end()) return;
  found->second->SendSnapshotReply(target.sid, target.command_id, batch.At(message.tail));
}

void FeedHub::EndAccess(const FeedBatch& batch, const FeedMessage& message) {
  const auto found = accounts_.find(message.account);
  if (found == accounts_.end()) return;
  const std::string_view key_id = batch.At(message.tail);
  for (FeedSession* const session : found->second) {
    if (message.kind == FeedKind::kAccountDisabled || session->key_id() == key_id) {
      session->EndAccess();
    }
  }
}

void FeedHub::RemoveEnded() {
  while (!ended_.empty()) {
    FeedSession* const session = ended_.back();
    ended_.pop_back();
    session->RemoveEnded();
  }
}

void FeedHub::EndAll() {
  UpdateSendingTime();
  for (const auto& [id, session] : sessions_) session->EndSubscriptions();
  RemoveEnded();
}

// ---- First values

void FeedHub::QueueFirstValues(FeedSession& session) {
  if (std::find(first_values_.begin(), first_values_.end(), session.id()) == first_values_.end()) {
    first_values_.push_back(session.id());
  }
  if (!first_values_posted_) SendFirstValues();
}

void FeedHub::SendFirstValues() {
  UpdateSendingTime();
  std::size_t left = kFirstValuesPerTurn;
  while (left > 0 && !first_values_.empty()) {
    const std::uint64_t id = first_values_.front();
    first_values_.pop_front();
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) continue;
    left -= std::min(left, kFirstValuesPerSession);
    if (found->second->SendFirstValues(kFirstValuesPerSession)) first_values_.push_back(id);
  }
  RemoveEnded();
  if (first_values_.empty() || first_values_posted_) return;
  first_values_posted_ = true;
  services_.post([this] {
    first_values_posted_ = false;
    SendFirstValues();
  });
}

}  // namespace evx::mock_kalshi
