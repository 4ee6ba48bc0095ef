#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "evx/core/text_map.h"
#include "stream/hub_counters.h"
#include "stream/stream.h"
#include "stream/stream_client.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// Every stream and who is subscribed to it. No I/O, no thread and no clock of its own: times are
// MonotonicNanos of the caller.
//
// A stream tells its news to all of its subscribers at the same moments: the first at once, what
// follows within its window together at the window's end (books 50 ms, the table of markets 100 ms;
// the others have no window). Each such message has the stream's next number, is encoded once, and
// is kept for who comes back, as far as the stream's ring goes. A stream to which nobody was
// subscribed for kKeepNanos keeps none and encodes nothing.
//
// A client for which 1 MiB waits is full until it has taken all but 256 KiB of that. Until then it
// is sent nothing of books, markets, health, log and player, and gets their states then; trades and
// portfolio go on. Cut off is who is full for 10 s or has no room for one of those.
//
// Not thread-safe. To give a frame to a client costs a copy into its output.
class StreamHub {
 public:
  static constexpr std::int64_t kKeepNanos = 60'000'000'000;
  static constexpr std::size_t kSubscriptionsMax = 1'000;  // Of one client.
  static constexpr std::size_t kStreamsMax = 200'000;

  struct Options {
    // Rises from start to start of the process; epochs of streams count on from here.
    std::int64_t epoch = 1;
    // Whether there is such a market: only then somebody can subscribe to its streams. Nothing:
    // that is not known yet.
    std::function<std::optional<bool>(std::string_view ticker)> knows;
    // A stream has got its first subscriber, or has had none for kKeepNanos. They call nothing of
    // the hub.
    std::function<void(const std::string& stream)> on_wanted;
    std::function<void(const std::string& stream)> on_unwanted;
  };

  explicit StreamHub(Options options);
  ~StreamHub();
  StreamHub(const StreamHub&) = delete;
  StreamHub& operator=(const StreamHub&) = delete;

  // `sink` must outlive the client, which lives until Remove.
  StreamClient& Add(StreamSink& sink);
  void Remove(StreamClient& client, std::int64_t now);
  std::size_t client_count() const { return clients_.size(); }

  // From now on `stream` too; its name as in ParseStreamName. The state follows, or the messages
  // behind (epoch, sequence) if they are kept. One that is subscribed already begins anew.
  // NOT_FOUND: no such market or stream; RESOURCE_EXHAUSTED: too many subscriptions or streams.
  absl::Status Subscribe(StreamClient& client, std::string_view stream, std::int64_t epoch,
                         std::int64_t sequence, std::int64_t now);
  void Unsubscribe(StreamClient& client, std::string_view stream, std::int64_t now);
  // A few times a second for each client.
  void OnTick(StreamClient& client, std::int64_t now);

  void Publish(const std::vector<StreamNews>& news, std::int64_t now);
  // Tells what is due, and forgets what nobody wants any more.
  void Turn(std::int64_t now);
  // When Turn has something to tell; nothing: not before the next call of something else.
  std::optional<std::int64_t> next_due() const;

  const HubCounters& counters() const { return counters_; }
  std::size_t stream_count() const { return streams_.size(); }
  std::size_t subscription_count() const { return subscription_count_; }

 private:
  using Moment = std::pair<std::int64_t, Stream*>;
  struct Later {
    bool operator()(const Moment& a, const Moment& b) const { return a.first > b.first; }
  };

  // Null: there can be no more.
  Stream* FindOrMake(std::string_view name, const StreamName& parsed);
  void Leave(StreamClient& client, Stream& stream, std::int64_t now);
  void Begin(StreamClient& client, Stream& stream, std::int64_t epoch, std::int64_t sequence,
             std::int64_t now);
  // Tells the news of the stream if its window is over, else when it will be.
  void Flush(Stream& stream, std::int64_t now);
  void Tell(Stream& stream, const Frame& frame, bool is_state, std::int64_t now);
  void SendState(StreamClient& client, Stream& stream, std::int64_t now);
  // False: the client was cut off.
  bool Send(StreamClient& client, const Frame& frame, std::int64_t now);
  void Cut(StreamClient& client, std::string_view reason);

  const Options options_;
  HubCounters counters_;
  std::int64_t made_count_ = 0;
  std::size_t subscription_count_ = 0;
  TextMap<std::unique_ptr<Stream>> streams_;
  absl::flat_hash_map<StreamClient*, std::unique_ptr<StreamClient>> clients_;
  // Streams with news whose window is not over; each at most once.
  std::priority_queue<Moment, std::vector<Moment>, Later> due_;
  // When streams were left by their last subscriber, oldest first; each at most once.
  std::deque<std::pair<std::int64_t, std::string>> left_;
  std::vector<Stream*> touched_;
};

}  // namespace evx::gateway
