#include "stream/stream_hub.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::gateway {
namespace {

constexpr std::string_view kTooSlow = "too slow";

// Whether there is such a stream only where there is such a market.
bool IsOfKnownMarket(StreamKind kind) {
  return kind == StreamKind::kBook || kind == StreamKind::kTrades;
}

bool IsOfReplay(StreamKind kind) {
  return kind == StreamKind::kReplayBook || kind == StreamKind::kReplayTrades;
}

}  // namespace

StreamHub::StreamHub(Options options) : options_(std::move(options)) {}

StreamHub::~StreamHub() { EVX_CHECK(clients_.empty()); }

// ---- Clients

StreamClient& StreamHub::Add(StreamSink& sink) {
  auto client = std::make_unique<StreamClient>(sink);
  StreamClient& added = *client;
  clients_.emplace(&added, std::move(client));
  return added;
}

void StreamHub::Remove(StreamClient& client, std::int64_t now) {
  const std::vector<Stream*> streams(client.streams.begin(), client.streams.end());
  for (Stream* const stream : streams) Leave(client, *stream, now);
  clients_.erase(&client);
}

absl::Status StreamHub::Subscribe(StreamClient& client, std::string_view name, std::int64_t epoch,
                                  std::int64_t sequence, std::int64_t now) {
  const auto parsed = ParseStreamName(name);
  if (!parsed) return NotFound(absl::StrFormat("there is no stream \"%s\"", name));
  if (IsOfKnownMarket(parsed->kind)) {
    const std::optional<bool> is_known = options_.knows(parsed->ticker);
    if (!is_known) return Unavailable("which markets there are is not known yet");
    if (!*is_known) return NotFound(absl::StrFormat("there is no market \"%s\"", parsed->ticker));
  }
  if (client.streams.size() >= kSubscriptionsMax) {
    return ResourceExhausted(
        absl::StrFormat("this client has %d streams, more are not given", kSubscriptionsMax));
  }
  Stream* const stream = FindOrMake(name, *parsed);
  if (stream == nullptr) {
    return ResourceExhausted(absl::StrFormat("there are %d streams already", kStreamsMax));
  }
  if (client.streams.insert(stream).second) {
    stream->subscribers.push_back(&client);
    ++subscription_count_;
  }
  client.waiting.erase(stream);
  if (!stream->is_kept()) {
    stream->SetKept(true);
    options_.on_wanted(stream->name());
  }
  Begin(client, *stream, epoch, sequence, now);
  return absl::OkStatus();
}

void StreamHub::Unsubscribe(StreamClient& client, std::string_view name, std::int64_t now) {
  const auto found = streams_.find(name);
  if (found == streams_.end() || client.streams.count(found->second.get()) == 0) return;
  Leave(client, *found->second, now);
}

void StreamHub::Leave(StreamClient& client, Stream& stream, std::int64_t now) {
  client.streams.erase(&stream);
  client.waiting.erase(&stream);
  auto& subscribers = stream.subscribers;
  const auto found = std::find(subscribers.begin(), subscribers.end(), &client);
  EVX_CHECK(found != subscribers.end());
  *found = subscribers.back();
  subscribers.pop_back();
  --subscription_count_;
  if (!subscribers.empty()) return;
  // A name that a client made up leaves nothing behind.
  if (IsOfReplay(stream.kind()) && stream.sequence() == 0 && !stream.is_scheduled) {
    options_.on_unwanted(stream.name());
    streams_.erase(streams_.find(stream.name()));
    return;
  }
  stream.left_nanos = now;
  if (!std::exchange(stream.is_left_noted, true)) left_.emplace_back(now, stream.name());
}

void StreamHub::Begin(StreamClient& client, Stream& stream, std::int64_t epoch,
                      std::int64_t sequence, std::int64_t now) {
  if (!stream.Covers(epoch, sequence)) return SendState(client, stream, now);
  if (client.gate.is_full() && !stream.policy().is_lossless) {
    client.waiting.insert(&stream);
    return;
  }
  ++counters_.resumed;
  std::int64_t next = std::max(sequence + 1, stream.first_kept());
  while (next <= stream.sequence() && Send(client, stream.KeptFrame(next), now)) ++next;
}

void StreamHub::OnTick(StreamClient& client, std::int64_t now) {
  if (client.is_cut) return;
  if (!client.gate.OnTick(client.sink.unsent_bytes(), now)) return Cut(client, kTooSlow);
  const std::vector<Stream*> waiting(client.waiting.begin(), client.waiting.end());
  for (Stream* const stream : waiting) {
    if (client.is_cut || client.gate.is_full()) return;
    if (stream->has_state()) SendState(client, *stream, now);
  }
}

// ---- Streams

Stream* StreamHub::FindOrMake(std::string_view name, const StreamName& parsed) {
  if (const auto found = streams_.find(name); found != streams_.end()) return found->second.get();
  if (streams_.size() >= kStreamsMax) return nullptr;
  auto stream = std::make_unique<Stream>(std::string(name), parsed, options_.epoch + made_count_++);
  return streams_.emplace(std::string(name), std::move(stream)).first->second.get();
}

void StreamHub::Publish(const std::vector<StreamNews>& news, std::int64_t now) {
  for (const StreamNews& item : news) {
    const auto parsed = ParseStreamName(item.stream);
    Stream* const stream = parsed ? FindOrMake(item.stream, *parsed) : nullptr;
    if (stream == nullptr) {
      ++counters_.news_dropped;
      continue;
    }
    ++counters_.news_taken;
    if (const auto* const state = std::get_if<v1::InitialState>(&item.news)) {
      const Frame* const frame = stream->Set(*state);
      if (frame != nullptr) Tell(*stream, *frame, /*is_state=*/true, now);
      continue;
    }
    stream->Apply(std::get<v1::ServerMessage>(item.news));
    if (stream->has_news() && !stream->is_touched) {
      stream->is_touched = true;
      touched_.push_back(stream);
    }
  }
  for (Stream* const stream : touched_) {
    stream->is_touched = false;
    Flush(*stream, now);
  }
  touched_.clear();
}

void StreamHub::Flush(Stream& stream, std::int64_t now) {
  if (stream.is_scheduled || !stream.has_news()) return;
  if (stream.window_end() > now) {
    stream.is_scheduled = true;
    due_.emplace(stream.window_end(), &stream);
    return;
  }
  const Frame* const frame = stream.TakeNews(now);
  if (frame != nullptr) Tell(stream, *frame, /*is_state=*/false, now);
}

void StreamHub::Turn(std::int64_t now) {
  while (!due_.empty() && due_.top().first <= now) {
    Stream& stream = *due_.top().second;
    due_.pop();
    stream.is_scheduled = false;
    Flush(stream, now);
  }
  while (!left_.empty() && left_.front().first + kKeepNanos <= now) {
    const auto [left_nanos, name] = std::move(left_.front());
    left_.pop_front();
    const auto found = streams_.find(name);
    if (found == streams_.end()) continue;
    Stream& stream = *found->second;
    stream.is_left_noted = false;
    if (!stream.subscribers.empty()) continue;
    if (stream.left_nanos != left_nanos) {  // Somebody was there meanwhile.
      stream.is_left_noted = true;
      left_.emplace_back(stream.left_nanos, name);
      continue;
    }
    stream.SetKept(false);
    options_.on_unwanted(name);
    // Its source tells nothing more, so what is known of it is soon wrong.
    if (stream.kind() == StreamKind::kPortfolio) streams_.erase(found);
  }
}

std::optional<std::int64_t> StreamHub::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.top().first;
}

// ---- Sending

void StreamHub::Tell(Stream& stream, const Frame& frame, bool is_state, std::int64_t now) {
  ++counters_.frames_told;
  for (StreamClient* const client : stream.subscribers) {
    if (client->is_cut) continue;
    if (client->gate.is_full() && !stream.policy().is_lossless) {
      ++counters_.frames_spared;
      client->waiting.insert(&stream);
      continue;
    }
    if (!client->waiting.empty()) {
      if (is_state) {
        client->waiting.erase(&stream);
      } else if (client->waiting.count(&stream) != 0) {
        ++counters_.frames_spared;
        continue;
      }
    }
    if (is_state) ++counters_.states_sent;
    Send(*client, frame, now);
  }
}

void StreamHub::SendState(StreamClient& client, Stream& stream, std::int64_t now) {
  const bool must_wait = client.gate.is_full() && !stream.policy().is_lossless;
  if (!stream.has_state() || must_wait) {
    client.waiting.insert(&stream);
    return;
  }
  client.waiting.erase(&stream);
  ++counters_.states_sent;
  Send(client, stream.StateFrame(), now);
}

bool StreamHub::Send(StreamClient& client, const Frame& frame, std::int64_t now) {
  if (client.is_cut) return false;
  if (!client.sink.Send(frame)) {
    Cut(client, kTooSlow);
    return false;
  }
  ++counters_.frames_sent;
  client.gate.OnSent(client.sink.unsent_bytes(), now);
  return true;
}

void StreamHub::Cut(StreamClient& client, std::string_view reason) {
  client.is_cut = true;
  ++counters_.cut;
  client.sink.Cut(reason);
}

}  // namespace evx::gateway
