#include "feed/feed_hub.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "feed/feed_encoding.h"

namespace evx::market_data {
namespace {

constexpr Topic kChannels[] = {Topic::kBook, Topic::kTrades, Topic::kTickers};
constexpr std::int64_t kSecond = 1'000'000'000;

std::size_t Index(Topic channel) { return static_cast<std::size_t>(channel); }

std::uint8_t DueBit(Topic channel) {
  return static_cast<std::uint8_t>(MaskOf(channel) << kStreamCount);
}

std::uint8_t& BitsOf(FeedClient& client, MarketIndex market) {
  if (client.markets.size() <= market) client.markets.resize(std::size_t{market} + 1);
  return client.markets[market];
}

std::uint64_t KeyOf(MarketIndex market, Topic channel) {
  return std::uint64_t{market} << 8 | static_cast<std::uint64_t>(channel);
}

void Erase(std::vector<FeedClient*>& clients, FeedClient* client) {
  const auto found = std::find(clients.begin(), clients.end(), client);
  EVX_CHECK(found != clients.end());
  *found = clients.back();
  clients.pop_back();
}

std::string_view CodeOf(const absl::Status& status) {
  if (absl::IsNotFound(status)) return "unknown_market";
  if (absl::IsResourceExhausted(status)) return "too_many";
  return "bad_command";
}

}  // namespace

FeedHub::FeedHub(CommittedMarkets& markets, std::function<bool(std::string_view)> knows,
                 Probe& probe)
    : committed_(markets), knows_(std::move(knows)), probe_(probe) {}

FeedHub::~FeedHub() { EVX_CHECK(clients_.empty()); }

FeedClient& FeedHub::Add(net::WebSocket& socket, FeedFormat format) {
  auto client = std::make_unique<FeedClient>(socket, format);
  FeedClient& added = *client;
  clients_.emplace(&added, std::move(client));
  probe_.SetClients(clients_.size());
  return added;
}

void FeedHub::Remove(FeedClient& client) {
  for (const Topic channel : kChannels) {
    if ((client.every & MaskOf(channel)) != 0) Erase(every_[Index(channel)], &client);
    for (MarketIndex market = 0; market < client.markets.size(); ++market) {
      if ((client.markets[market] & MaskOf(channel)) == 0) continue;
      Erase(markets_[market].subscribers[Index(channel)], &client);
    }
  }
  if (client.is_busy) busy_.erase(std::find(busy_.begin(), busy_.end(), &client));
  clients_.erase(&client);
  probe_.SetClients(clients_.size());
}

// ---- Commands

void FeedHub::OnMessage(FeedClient& client, std::string_view message, bool is_text,
                        std::int64_t now) {
  if (client.is_ending) return;
  if (now - client.command_second >= kSecond) {
    client.command_second = now;
    client.commands_in_second = 0;
  }
  if (++client.commands_in_second > kCommandsPerSecondMax) {
    return Cut(client, CutReason::kCommands,
               absl::StrFormat("more than %d commands within a second", kCommandsPerSecondMax));
  }
  if (!is_text) {
    return AnswerError(client, 0, InvalidArgument("message is binary; it must be a text"));
  }
  const feed::DecodedCommand decoded = feed::DecodeCommand(FeedGrammar(), message);
  if (!decoded.command.ok()) return AnswerError(client, decoded.id, decoded.command.status());
  const feed::Command& command = *decoded.command;
  if (command.verb == feed::Verb::kList) return AnswerList(client, decoded.id);
  if (command.verb == feed::Verb::kUnsubscribe) {
    Unsubscribe(client, command.subjects);
    return AnswerCount(client, "unsubscribed", decoded.id);
  }
  const absl::Status status = CheckSubjects(client, command.subjects);
  if (!status.ok()) return AnswerError(client, decoded.id, status);
  // The answer comes before the first values.
  Subscribe(client, command.subjects);
  AnswerCount(client, "subscribed", decoded.id);
}

absl::Status FeedHub::CheckSubjects(const FeedClient& client,
                                    const std::vector<feed::Subject>& subjects) const {
  std::size_t named_count = client.named_count;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const feed::Subject& subject = subjects[i];
    if (subject.ticker.empty()) continue;
    if (!knows_(subject.ticker)) {
      return NotFound(absl::StrFormat("subjects[%d] is %s; no such market is followed here", i,
                                      feed::Shown(subject.ticker)));
    }
    const MarketIndex market = committed_.IndexOf(subject.ticker);
    for (const Topic channel : kChannels) {
      if ((subject.channels & MaskOf(channel)) == 0) continue;
      const bool is_named =
          market < client.markets.size() && (client.markets[market] & MaskOf(channel)) != 0;
      if (!is_named) ++named_count;
    }
    if (named_count > kNamedMax) {
      return ResourceExhausted(
          absl::StrFormat("subjects[%d] is %s; a client may name %d channels of markets, or all", i,
                          feed::Shown(subject.ticker), kNamedMax));
    }
  }
  return absl::OkStatus();
}

FeedHub::Market& FeedHub::MarketAt(MarketIndex index) {
  if (markets_.size() <= index) markets_.resize(std::size_t{index} + 1);
  return markets_[index];
}

void FeedHub::Subscribe(FeedClient& client, const std::vector<feed::Subject>& subjects) {
  for (const feed::Subject& subject : subjects) {
    const bool is_every = subject.ticker.empty();
    const MarketIndex market = is_every ? 0 : committed_.IndexOf(subject.ticker);
    for (const Topic channel : kChannels) {
      if ((subject.channels & MaskOf(channel)) == 0) continue;
      if (is_every) {
        SubscribeEvery(client, channel);
      } else {
        SubscribeNamed(client, market, channel);
      }
    }
  }
}

void FeedHub::SubscribeEvery(FeedClient& client, Topic channel) {
  if ((client.every & MaskOf(channel)) != 0) return;
  const auto count = static_cast<MarketIndex>(committed_.market_count());
  for (MarketIndex market = 0; market < count; ++market) {
    if (!Covers(client, market, channel)) MakeDue(client, market, channel);
  }
  client.every |= MaskOf(channel);
  every_[Index(channel)].push_back(&client);
}

void FeedHub::SubscribeNamed(FeedClient& client, MarketIndex market, Topic channel) {
  if ((BitsOf(client, market) & MaskOf(channel)) != 0) return;
  if (!Covers(client, market, channel)) MakeDue(client, market, channel);
  BitsOf(client, market) |= MaskOf(channel);
  ++client.named_count;
  MarketAt(market).subscribers[Index(channel)].push_back(&client);
}

void FeedHub::Unsubscribe(FeedClient& client, const std::vector<feed::Subject>& subjects) {
  for (const feed::Subject& subject : subjects) {
    for (const Topic channel : kChannels) {
      if ((subject.channels & MaskOf(channel)) == 0) continue;
      if (!subject.ticker.empty()) {
        if (knows_(subject.ticker)) {
          UnsubscribeNamed(client, committed_.IndexOf(subject.ticker), channel);
        }
      } else if ((client.every & MaskOf(channel)) != 0) {
        client.every &= static_cast<ChannelMask>(~MaskOf(channel));
        Erase(every_[Index(channel)], &client);
      }
    }
  }
}

void FeedHub::UnsubscribeNamed(FeedClient& client, MarketIndex market, Topic channel) {
  if ((BitsOf(client, market) & MaskOf(channel)) == 0) return;
  BitsOf(client, market) &= static_cast<std::uint8_t>(~MaskOf(channel));
  --client.named_count;
  Erase(MarketAt(market).subscribers[Index(channel)], &client);
}

void FeedHub::AnswerCount(FeedClient& client, std::string_view type, std::int64_t id) {
  Answer(client, absl::StrCat("{\"type\":\"", ToAbsl(type), "\",\"id\":", id,
                              ",\"named_count\":", client.named_count, "}"));
}

void FeedHub::AnswerList(FeedClient& client, std::int64_t id) {
  std::string text = absl::StrCat("{\"type\":\"subscriptions\",\"id\":", id, ",\"subjects\":[");
  bool is_first = true;
  const auto add = [&](const feed::Subject& subject) {
    for (const std::string& name : feed::NamesOf(FeedGrammar(), subject)) {
      if (!std::exchange(is_first, false)) text += ',';
      feed::AppendJsonText(text, name);
    }
  };
  add({"", true, client.every});
  for (MarketIndex market = 0; market < client.markets.size(); ++market) {
    const ChannelMask named = client.markets[market] & kEveryChannel;
    if (named != 0) add({committed_.TickerOf(market), false, named});
  }
  text += "]}";
  Answer(client, text);
}

void FeedHub::AnswerError(FeedClient& client, std::int64_t id, const absl::Status& status) {
  std::string text = absl::StrCat("{\"type\":\"error\",\"id\":", id, ",\"code\":\"",
                                  ToAbsl(CodeOf(status)), "\",\"message\":");
  feed::AppendJsonText(text, MessageOf(status));
  text += '}';
  Answer(client, text);
}

void FeedHub::Answer(FeedClient& client, std::string_view text) {
  if (client.is_ending || client.socket.SendText(text)) return;
  Cut(client, CutReason::kCommands, "answers are not taken");
}

// ---- Delivery

bool FeedHub::Covers(const FeedClient& client, MarketIndex market, Topic channel) {
  if ((client.every & MaskOf(channel)) != 0) return true;
  return market < client.markets.size() && (client.markets[market] & MaskOf(channel)) != 0;
}

bool FeedHub::IsDue(const FeedClient& client, MarketIndex market, Topic channel) {
  return market < client.markets.size() && (client.markets[market] & DueBit(channel)) != 0;
}

void FeedHub::MakeDue(FeedClient& client, MarketIndex market, Topic channel) {
  if (channel == Topic::kTrades || IsDue(client, market, channel)) return;
  BitsOf(client, market) |= DueBit(channel);
  client.due.push_back({market, channel});
  MakeBusy(client);
}

void FeedHub::MakeBusy(FeedClient& client) {
  if (client.is_busy || client.gate.is_full() || client.is_ending) return;
  client.is_busy = true;
  busy_.push_back(&client);
}

void FeedHub::Deliver(const FeedBatch& batch, std::int64_t now) {
  for (const FeedMessage& message : batch.messages) {
    Market& market = MarketAt(message.market);
    market.delivered[Index(message.channel)] = message.sequence;
    Encoded encoded;
    encoded.payload = batch.PayloadOf(message);
    for (FeedClient* const client : every_[Index(message.channel)]) {
      Offer(*client, message, encoded, now);
    }
    for (FeedClient* const client : market.subscribers[Index(message.channel)]) {
      if ((client->every & MaskOf(message.channel)) == 0) Offer(*client, message, encoded, now);
    }
  }
}

bool FeedHub::IsBehind(FeedClient& client, const FeedMessage& message) {
  if (client.ahead.empty()) return false;
  const auto found = client.ahead.find(KeyOf(message.market, message.channel));
  if (found == client.ahead.end()) return false;
  if (message.sequence < found->second) return true;
  if (message.sequence == found->second) return !message.is_proof;
  client.ahead.erase(found);
  return false;
}

void FeedHub::Offer(FeedClient& client, const FeedMessage& message, Encoded& encoded,
                    std::int64_t now) {
  if (client.is_ending) return;
  if (message.channel == Topic::kTrades) {
    if (client.gate.is_full() || !client.trades.empty()) return AddTrade(client, message, encoded);
  } else {
    if (IsDue(client, message.market, message.channel)) return probe_.ClientConflated();
    if (IsBehind(client, message)) return;
    if (client.gate.is_full()) {
      MakeDue(client, message.market, message.channel);
      return probe_.ClientConflated();
    }
  }
  if (client.format == FeedFormat::kJson) {
    if (encoded.json.empty()) encoded.json = FrameJson(message.channel, encoded.payload);
    return Send(client, encoded.json, {}, now);
  }
  if (encoded.head.empty()) encoded.head = FrameHead(message.channel, encoded.payload.size());
  Send(client, encoded.head, encoded.payload, now);
}

void FeedHub::AddTrade(FeedClient& client, const FeedMessage& message, Encoded& encoded) {
  FeedClient::Frame& frame = encoded.frames[static_cast<std::size_t>(client.format)];
  if (frame == nullptr) {
    frame = std::make_shared<const std::string>(
        client.format == FeedFormat::kJson
            ? FrameJson(message.channel, encoded.payload)
            : FrameHead(message.channel, encoded.payload.size()).append(encoded.payload));
  }
  client.trade_bytes += frame->size();
  client.trades.push_back(frame);
  if (client.trades.size() <= kWaitingTradesMax && client.trade_bytes <= kWaitingTradeBytesMax) {
    return;
  }
  Cut(client, CutReason::kTrades,
      absl::StrFormat("more than %d trades or %d bytes of them wait", kWaitingTradesMax,
                      kWaitingTradeBytesMax));
}

void FeedHub::Lose() {
  const auto count = static_cast<MarketIndex>(committed_.market_count());
  for (const auto& [pointer, owner] : clients_) {
    FeedClient& client = *owner;
    if (client.is_ending) continue;
    for (MarketIndex market = 0; market < count; ++market) {
      for (const Topic channel : kChannels) {
        if (!Covers(client, market, channel)) continue;
        if (channel == Topic::kTrades) {
          Cut(client, CutReason::kOverload, "trades were lost because the server is overloaded");
          break;
        }
        MakeDue(client, market, channel);
      }
      if (client.is_ending) break;
    }
  }
}

bool FeedHub::Turn(std::int64_t now) {
  int left = kValuesPerTurn;
  while (left > 0 && !busy_.empty()) {
    FeedClient& client = *busy_.front();
    busy_.pop_front();
    client.is_busy = false;
    left -= std::max(1, SendWaiting(client, std::min(left, kValuesPerClient), now));
    if (!client.due.empty() || !client.trades.empty()) MakeBusy(client);
  }
  return !busy_.empty();
}

int FeedHub::SendWaiting(FeedClient& client, int count_max, std::int64_t now) {
  int count = 0;
  for (; count < count_max && !client.gate.is_full() && !client.is_ending; ++count) {
    if (!client.trades.empty()) {
      const FeedClient::Frame frame = std::move(client.trades.front());
      client.trades.pop_front();
      client.trade_bytes -= frame->size();
      Send(client, *frame, {}, now);
    } else if (!client.due.empty()) {
      const FeedClient::Due due = client.due.front();
      client.due.pop_front();
      BitsOf(client, due.market) &= static_cast<std::uint8_t>(~DueBit(due.channel));
      if (Covers(client, due.market, due.channel)) SendValue(client, due, now);
    } else {
      break;
    }
  }
  return count;
}

void FeedHub::SendValue(FeedClient& client, const FeedClient::Due& due, std::int64_t now) {
  const auto value = committed_.ValueOf(due.market, due.channel, client.format);
  if (value == nullptr) return;
  if (value->sequence > MarketAt(due.market).delivered[Index(due.channel)]) {
    client.ahead[KeyOf(due.market, due.channel)] = value->sequence;
  }
  Send(client, value->frame, {}, now);
}

void FeedHub::Send(FeedClient& client, std::string_view head, std::string_view tail,
                   std::int64_t now) {
  const bool is_sent = client.format == FeedFormat::kJson ? client.socket.SendText(head, tail)
                                                          : client.socket.SendBinary(head, tail);
  if (!is_sent) {
    // There is room, so the connection is ending already.
    client.is_ending = true;
    return;
  }
  probe_.ClientMessage();
  client.gate.OnSent(client.socket.unsent_bytes(), now);
}

void FeedHub::OnTick(FeedClient& client, std::int64_t now) {
  if (!client.gate.is_full() || client.is_ending) return;
  if (!client.gate.OnTick(client.socket.unsent_bytes(), now)) {
    Cut(client, CutReason::kSlow,
        absl::StrFormat("too slow: more than %d bytes waited for %d s",
                        feed::SendGate::kResumeBytes, feed::SendGate::kFullNanosMax / kSecond));
  } else if (!client.gate.is_full() && (!client.due.empty() || !client.trades.empty())) {
    MakeBusy(client);
  }
}

void FeedHub::Cut(FeedClient& client, CutReason reason, std::string_view detail) {
  if (std::exchange(client.is_ending, true)) return;
  client.due.clear();
  client.trades.clear();
  probe_.ClientCut(reason);
  client.socket.Close(reason == CutReason::kOverload ? net::WebSocketCloseCode::kTryAgainLater
                                                     : net::WebSocketCloseCode::kPolicyViolation,
                      detail);
}

}  // namespace evx::market_data
