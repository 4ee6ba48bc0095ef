#include "live/live_hub.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "evx/core/check.h"
#include "evx/kafka/message.h"

namespace evx::order_book_rebuilder {
namespace {

// Tickers that are asked for at once.
constexpr std::size_t kPageSize = 1'000;

template <class T>
void Erase(std::vector<T*>& items, T* item) {
  const auto found = std::find(items.begin(), items.end(), item);
  EVX_CHECK(found != items.end());
  *found = items.back();
  items.pop_back();
}

}  // namespace

LiveHub::~LiveHub() { EVX_CHECK(clients_.empty()); }

// ---- Readers

void LiveHub::Add(LiveReader& reader) {
  feed_.AddReader();
  // What was kept may be from a time when nobody read, with changes behind it that are not told.
  states_.clear();
  EVX_CHECK(clients_.emplace(&reader, std::make_unique<Client>(reader)).second);
  counters_.reader_count.fetch_add(1);
}

void LiveHub::Remove(LiveReader& reader) {
  const auto found = clients_.find(&reader);
  EVX_CHECK(found != clients_.end());
  Client& client = *found->second;
  client.is_ending = true;
  for (const auto& [ticker, channels] : client.named) Forget(client, ticker);
  if (!client.prefixes.empty()) Erase(with_prefixes_, &client);
  if (client.is_busy) busy_.erase(std::find(busy_.begin(), busy_.end(), &client));
  left_.push_back(std::move(found->second));
  clients_.erase(found);
  feed_.RemoveReader();
  counters_.reader_count.fetch_sub(1);
}

void LiveHub::Forget(Client& client, const std::string& ticker) {
  const auto found = by_ticker_.find(ticker);
  EVX_CHECK(found != by_ticker_.end());
  Erase(found->second, &client);
  if (found->second.empty()) by_ticker_.erase(found);
}

LiveHub::Client& LiveHub::ClientOf(const LiveReader& reader) {
  const auto found = clients_.find(&reader);
  EVX_CHECK(found != clients_.end());
  return *found->second;
}

const LiveHub::Client& LiveHub::ClientOf(const LiveReader& reader) const {
  return const_cast<LiveHub&>(*this).ClientOf(reader);
}

feed::ChannelMask LiveHub::Covered(const Client& client, std::string_view ticker) {
  const auto found = client.named.find(ticker);
  unsigned channels = found == client.named.end() ? 0 : found->second;
  for (const auto& [prefix, since] : client.prefixes) {
    if (ticker.starts_with(prefix.ticker)) channels |= prefix.channels;
  }
  return static_cast<feed::ChannelMask>(channels);
}

void LiveHub::Subscribe(LiveReader& reader, const feed::Subject& subject) {
  Client& client = ClientOf(reader);
  if (HasSubject(reader, subject)) return;
  if (subject.is_prefix) {
    if (client.prefixes.empty()) with_prefixes_.push_back(&client);
    auto same =
        std::find_if(client.prefixes.begin(), client.prefixes.end(),
                     [&](const Prefix& prefix) { return prefix.subject.ticker == subject.ticker; });
    if (same == client.prefixes.end()) {
      same = client.prefixes.insert(same, {subject});
    }
    same->subject.channels |= subject.channels;
    same->since = feed_.version();
    states_.clear();  // They may be older.
    return MakeAllDue(client, subject.ticker);
  }
  const auto [named, is_new] = client.named.try_emplace(subject.ticker, 0);
  if (is_new) by_ticker_[subject.ticker].push_back(&client);
  named->second |= subject.channels;
  MakeDue(client, subject.ticker);
}

void LiveHub::Unsubscribe(LiveReader& reader, const feed::Subject& subject) {
  Client& client = ClientOf(reader);
  const auto rest = static_cast<feed::ChannelMask>(~subject.channels);
  if (!subject.is_prefix) {
    const auto named = client.named.find(subject.ticker);
    if (named == client.named.end() || (named->second &= rest) != 0) return;
    client.named.erase(named);
    return Forget(client, subject.ticker);
  }
  if (client.prefixes.empty()) return;
  for (auto& [prefix, since] : client.prefixes) {
    if (prefix.ticker == subject.ticker) prefix.channels &= rest;
  }
  std::erase_if(client.prefixes, [](const Prefix& prefix) { return prefix.subject.channels == 0; });
  if (client.prefixes.empty()) Erase(with_prefixes_, &client);
}

void LiveHub::TellAgain(LiveReader& reader, std::string_view ticker) {
  MakeDue(ClientOf(reader), ticker);
}

std::size_t LiveHub::NamedCount(const LiveReader& reader) const {
  return ClientOf(reader).named.size();
}

std::size_t LiveHub::PrefixCount(const LiveReader& reader) const {
  return ClientOf(reader).prefixes.size();
}

bool LiveHub::HasSubject(const LiveReader& reader, const feed::Subject& subject) const {
  const Client& client = ClientOf(reader);
  if (!subject.is_prefix) {
    const auto named = client.named.find(subject.ticker);
    return named != client.named.end() && (~named->second & subject.channels) == 0;
  }
  return std::any_of(client.prefixes.begin(), client.prefixes.end(), [&](const Prefix& prefix) {
    return prefix.subject.ticker == subject.ticker &&
           (~prefix.subject.channels & subject.channels) == 0;
  });
}

std::vector<feed::Subject> LiveHub::SubjectsOf(const LiveReader& reader) const {
  const Client& client = ClientOf(reader);
  std::vector<feed::Subject> subjects;
  for (const auto& [prefix, since] : client.prefixes) subjects.push_back(prefix);
  for (const auto& [ticker, channels] : client.named) subjects.push_back({ticker, false, channels});
  std::sort(subjects.begin(), subjects.end(), [](const auto& a, const auto& b) {
    return a.is_prefix != b.is_prefix ? a.is_prefix : a.ticker < b.ticker;
  });
  return subjects;
}

// ---- Changes

void LiveHub::Deliver(const FeedBatch& batch, std::int64_t now) {
  left_.clear();
  states_.clear();
  for (const FeedEvent& event : batch.events) {
    if (const auto* partition = std::get_if<PartitionChange>(&event.change)) {
      OnPartition(*partition);
    } else if (event.version <= lost_version_) {
      continue;  // What is told since then has it in it.
    } else if (const auto* change = std::get_if<BookChange>(&event.change)) {
      OnChange(event, *change, now);
    } else if (const auto* state = std::get_if<StateChange>(&event.change)) {
      ForEachReader(state->ticker, [&](Client& client) {
        if (!IsBehind(client, state->ticker, event.version)) MakeDue(client, state->ticker);
      });
    }
  }
  delivered_version_ = std::max(delivered_version_, batch.last_version);
  TickFull(now);
}

void LiveHub::TickFull(std::int64_t now) {
  if (now - ticked_nanos_ < BookFeed::kBeatNanos) return;
  ticked_nanos_ = now;
  std::vector<LiveReader*> full;
  for (const auto& [reader, client] : clients_) {
    if (client->gate.is_full()) full.push_back(&client->reader);
  }
  for (LiveReader* const reader : full) {
    if (Has(*reader)) Tick(*reader, now);
  }
}

template <class Visit>
void LiveHub::ForEachReader(const std::string& ticker, const Visit& visit) {
  scratch_.clear();
  const auto named = by_ticker_.find(ticker);
  if (named != by_ticker_.end()) {
    scratch_.insert(scratch_.end(), named->second.begin(), named->second.end());
  }
  for (Client* const client : with_prefixes_) {
    if (client->named.contains(ticker) || Covered(*client, ticker) == 0) continue;
    scratch_.push_back(client);
  }
  // A visit may end a client, or what it has subscribed to.
  for (Client* const client : scratch_) {
    if (!client->is_ending) visit(*client);
  }
}

void LiveHub::OnChange(const FeedEvent& event, const BookChange& change, std::int64_t now) {
  BookNews news(change);
  ForEachReader(change.ticker, [&](Client& client) {
    const feed::ChannelMask channels = Covered(client, change.ticker);
    const bool tells_top = (channels & kTopChannel) != 0 && change.is_top_changed;
    if ((channels & kBookChannel) == 0 && !tells_top) return;
    if (client.due_set.contains(change.ticker)) {
      counters_.spared.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    if (IsBehind(client, change.ticker, event.version)) return;
    if (client.gate.is_full() && client.reader.conflates()) {
      counters_.spared.fetch_add(1, std::memory_order_relaxed);
      return MakeDue(client, change.ticker);
    }
    if ((channels & kBookChannel) != 0) Tell(client, news, NewsDetail::kBook, now);
    if (tells_top) Tell(client, news, NewsDetail::kTop, now);
  });
}

bool LiveHub::IsBehind(Client& client, std::string_view ticker, std::uint64_t version) const {
  for (const auto& [prefix, since] : client.prefixes) {
    if (version <= since && ticker.starts_with(prefix.ticker)) return true;
  }
  if (client.ahead.empty()) return false;
  if (delivered_version_ >= client.ahead_max) {
    client.ahead.clear();
    return false;
  }
  const auto found = client.ahead.find(ticker);
  return found != client.ahead.end() && version <= found->second;
}

void LiveHub::OnPartition(const PartitionChange& change) {
  const std::int32_t count = books_.partition_count();
  for (const auto& [ticker, clients] : by_ticker_) {
    if (count == 0 || kafka::PartitionOf(ticker, count) != change.number) continue;
    for (Client* const client : clients) MakeDue(*client, ticker);
  }
  for (Client* const client : with_prefixes_) {
    for (const std::string& ticker : change.tickers) {
      if (Covered(*client, ticker) != 0) MakeDue(*client, ticker);
    }
  }
}

void LiveHub::Lose() {
  lost_version_ = feed_.version();
  states_.clear();  // They may be older.
  MakeEverythingDue();
}

void LiveHub::MakeAllDue(Client& client, std::string_view prefix) {
  std::string after;
  while (true) {
    const auto tickers = books_.HeldTickers(prefix, after, kPageSize);
    for (const std::string& ticker : tickers) MakeDue(client, ticker);
    if (tickers.size() < kPageSize) return;
    after = tickers.back();
  }
}

void LiveHub::MakeEverythingDue() {
  for (const auto& [reader, client] : clients_) {
    for (const auto& [ticker, channels] : client->named) MakeDue(*client, ticker);
    for (const auto& [prefix, since] : client->prefixes) MakeAllDue(*client, prefix.ticker);
  }
}

void LiveHub::MakeDue(Client& client, std::string_view ticker) {
  if (client.is_ending || client.due_set.contains(ticker)) return;
  client.due.push_back(&*client.due_set.emplace(ticker).first);
  MakeBusy(client);
}

void LiveHub::MakeBusy(Client& client) {
  if (client.is_busy || client.is_ending || client.gate.is_full()) return;
  client.is_busy = true;
  busy_.push_back(&client);
}

// ---- States

bool LiveHub::Turn(std::int64_t now) {
  left_.clear();
  int left = kStatesPerTurn;
  while (left > 0 && !busy_.empty()) {
    Client& client = *busy_.front();
    busy_.pop_front();
    client.is_busy = false;
    left -= std::max(1, TellStates(client, std::min(left, kStatesPerReader), now));
    if (!client.due.empty()) MakeBusy(client);
  }
  return !busy_.empty();
}

int LiveHub::TellStates(Client& client, int count_max, std::int64_t now) {
  int count = 0;
  while (count < count_max && !client.due.empty() && !client.gate.is_full() && !client.is_ending) {
    const std::string ticker = *client.due.front();
    client.due.pop_front();
    client.due_set.erase(ticker);
    const feed::ChannelMask channels = Covered(client, ticker);
    if (channels == 0) continue;
    ++count;
    BookNews& news = StateOf(ticker);
    if (news.state().version > delivered_version_) {
      client.ahead[ticker] = news.state().version;
      client.ahead_max = std::max(client.ahead_max, news.state().version);
    }
    if ((channels & kBookChannel) != 0) Tell(client, news, NewsDetail::kBook, now);
    const bool is_told = (channels & kBookChannel) != 0;
    if (is_told && news.state().presence != BookPresence::kBook) continue;  // The same again.
    if ((channels & kTopChannel) != 0) Tell(client, news, NewsDetail::kTop, now);
  }
  return count;
}

BookNews& LiveHub::StateOf(const std::string& ticker) {
  const auto found = states_.find(ticker);
  if (found != states_.end()) return *found->second;
  if (states_.size() >= kKeptStatesMax) states_.clear();
  return *states_.emplace(ticker, std::make_unique<BookNews>(books_.ReadState(ticker)))
              .first->second;
}

void LiveHub::Tell(Client& client, BookNews& news, NewsDetail detail, std::int64_t now) {
  if (client.is_ending) return;
  counters_.told.fetch_add(1, std::memory_order_relaxed);
  client.reader.Tell(news, detail);
  if (!client.is_ending) client.gate.OnSent(client.reader.unsent_bytes(), now);
}

void LiveHub::Tick(LiveReader& reader, std::int64_t now) {
  const bool is_in_touch = books_.in_touch();
  if (std::exchange(was_in_touch_, is_in_touch) && !is_in_touch) {
    states_.clear();
    MakeEverythingDue();
  }
  Client& client = ClientOf(reader);
  if (client.is_ending) return;
  if (!client.gate.OnTick(reader.unsent_bytes(), now) && reader.conflates()) {
    client.is_ending = true;
    client.due.clear();
    client.due_set.clear();
    counters_.cut.fetch_add(1, std::memory_order_relaxed);
    return reader.OnTooSlow();
  }
  if (!client.due.empty()) MakeBusy(client);
}

void LiveHub::Stop() {
  std::vector<LiveReader*> readers;
  for (const auto& [pointer, client] : clients_) readers.push_back(&client->reader);
  for (LiveReader* const reader : readers) {
    if (reader->OnStopping()) Remove(*reader);
  }
}

}  // namespace evx::order_book_rebuilder
