#pragma once

#include <cstddef>
#include <cstdint>
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
#include "evx/feed/send_gate.h"
#include "stream/frame.h"
#include "stream/stream.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// Where the frames of one client go; implemented by the door.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // False: there is no room, nothing was sent.
  virtual bool Send(const Frame& frame) = 0;
  virtual std::size_t unsent_bytes() const = 0;
  // The client is too slow; it is not to be sent anything more.
  virtual void Cut(std::string_view reason) = 0;
};

struct HubCounters {
  std::uint64_t frames_encoded = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t states_sent = 0;
  // Changes that a slow client was not sent.
  std::uint64_t frames_spared = 0;
  std::uint64_t resumed = 0;
  std::uint64_t cut = 0;
};

// Every stream and who is subscribed to it. No I/O, no thread and no clock of its own: times are
// MonotonicNanos of the caller.
//
// A stream tells its news to all of its subscribers at the same moments: the first at once, what
// follows within its window together at the window's end (books 50 ms, the table of markets
// 100 ms; trades, portfolio, health, log and player have no window). Each such message has the
// stream's next number, is encoded once, and is kept for who comes back, as far as the stream's
// ring goes; a stream that nobody was subscribed to for kKeepNanos keeps none.
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
    // Whether there is such a market.
    std::function<bool(std::string_view ticker)> knows;
    // The stream has got its first subscriber, or has had none for kKeepNanos. The callee calls
    // nothing of the hub.
    std::function<void(const std::string& stream)> on_wanted;
    std::function<void(const std::string& stream)> on_unwanted;
  };
  class Client;

  explicit StreamHub(Options options);
  ~StreamHub();
  StreamHub(const StreamHub&) = delete;
  StreamHub& operator=(const StreamHub&) = delete;

  // `sink` must outlive the client, which lives until Remove.
  Client& Add(StreamSink& sink);
  void Remove(Client& client, std::int64_t now);
  std::size_t client_count() const { return clients_.size(); }

  // From now on `stream` too; its name as in ParseStreamName. The state follows, or the changes
  // behind (epoch, sequence) if they are kept. NOT_FOUND: no such market or stream;
  // RESOURCE_EXHAUSTED: too many subscriptions or streams.
  absl::Status Subscribe(Client& client, std::string_view stream, std::int64_t epoch,
                         std::int64_t sequence, std::int64_t now);
  void Unsubscribe(Client& client, std::string_view stream, std::int64_t now);
  // A few times a second for each client.
  void OnTick(Client& client, std::int64_t now);

  void Publish(const std::vector<StreamNews>& news, std::int64_t now);
  // Some news was lost before it came here: every stream that must not miss any is begun anew, who
  // is subscribed to trades or a portfolio is cut off.
  void Lose(std::int64_t now);
  // Tells what is due, and forgets what nobody wants any more.
  void Turn(std::int64_t now);
  // When Turn has something to do next; nothing: not before the next call of something else.
  std::optional<std::int64_t> next_due() const;

  const HubCounters& counters() const { return counters_; }
  std::size_t stream_count() const { return streams_.size(); }
  std::size_t subscription_count() const { return subscription_count_; }

 private:
  using Due = std::pair<std::int64_t, std::string>;

  // Null: there is none and there can be none.
  Stream* FindOrMake(std::string_view name);
  void Leave(Client& client, Stream& stream, std::int64_t now);
  void Resume(Client& client, Stream& stream, std::int64_t epoch, std::int64_t sequence,
              std::int64_t now);
  void Flush(Stream& stream, std::int64_t now);
  void Tell(Stream& stream, const Frame& frame, std::int64_t now);
  void SendState(Client& client, Stream& stream, std::int64_t now);
  void Send(Client& client, const Stream& stream, const Frame& frame, std::int64_t now);
  void Cut(Client& client, std::string_view reason);
  void ForgetUnwanted(std::int64_t now);

  const Options options_;
  HubCounters counters_;
  std::int64_t made_count_ = 0;
  std::size_t subscription_count_ = 0;
  absl::flat_hash_map<std::string, std::unique_ptr<Stream>> streams_;
  absl::flat_hash_map<Client*, std::unique_ptr<Client>> clients_;
  // Streams with news that wait for the end of their window.
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  // Streams without subscribers that still keep their frames, oldest first.
  std::queue<Due> unwanted_;
  std::vector<Stream*> touched_;
};

}  // namespace evx::gateway
