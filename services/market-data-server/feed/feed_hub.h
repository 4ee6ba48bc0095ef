#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "feed/committed_markets.h"
#include "feed/feed_batch.h"
#include "feed/feed_client.h"
#include "feed/feed_grammar.h"
#include "probe.h"

namespace evx::market_data {

// Which message goes to which client. No I/O, no thread and no clock of its own: sockets and times
// (MonotonicNanos) come from the caller.
//
// What a client gets of a market, channel by channel, in the order of the topic and with its
// numbers:
//
//   book     first the whole book with its number (or the gap, while it is in doubt), then every
//            message behind it
//   trades   every trade from the subscription on
//   tickers  first the last one, then every one behind it
//
// To a client that is full (feed::SendGate) nothing is sent, and it is spared what it would not
// need: of a book that has news the changes are left out, and it gets the whole book when it takes
// data again; of tickers the last one; trades wait in order, at most kWaitingTradesMax and
// kWaitingTradeBytesMax. Readers follow the rules of market_data.proto in any case: a hole in the
// numbers ends with a snapshot.
//
// Cut off, with code and reason, is who is full for too long, for whom too many trades would
// wait, or who sends more than kCommandsPerSecondMax commands.
//
// Not thread-safe. A message is encoded once for each format; to give it to a client costs a copy
// into its output, about 50 ns.
class FeedHub {
 public:
  static constexpr std::size_t kWaitingTradesMax = 10'000;
  static constexpr std::size_t kWaitingTradeBytesMax = std::size_t{4} << 20;
  static constexpr std::size_t kNamedMax = 30'000;  // Pairs of market and channel.
  static constexpr int kCommandsPerSecondMax = 100;
  // Values that one turn sends, over all clients, and to one before the next one has its turn.
  static constexpr int kValuesPerTurn = 512;
  static constexpr int kValuesPerClient = 32;

  // `knows` says whether a market may be subscribed to. References must outlive the hub.
  FeedHub(CommittedMarkets& markets, std::function<bool(std::string_view)> knows, Probe& probe);
  ~FeedHub();
  FeedHub(const FeedHub&) = delete;
  FeedHub& operator=(const FeedHub&) = delete;

  // `socket` must outlive the client, which lives until Remove.
  FeedClient& Add(net::WebSocket& socket, FeedFormat format);
  void Remove(FeedClient& client);
  std::size_t client_count() const { return clients_.size(); }

  // A message of the client.
  void OnMessage(FeedClient& client, std::string_view message, bool is_text, std::int64_t now);
  // A few times a second.
  void OnTick(FeedClient& client, std::int64_t now);

  // Messages that were committed, in order; `markets` knows them already.
  void Deliver(const FeedBatch& batch, std::int64_t now);
  // Some were left out: every book and ticker is sent anew, and whoever would miss trades is cut.
  void Lose();
  // Sends what is due. True when there is more to send, and room for it.
  bool Turn(std::int64_t now);

 private:
  struct Market {
    // By channel: the number that was delivered last, and who named it.
    std::array<std::int64_t, kStreamCount> delivered{};
    std::array<std::vector<FeedClient*>, kStreamCount> subscribers;
  };
  // A message in the formats that were asked for so far.
  struct Encoded {
    std::string_view payload;
    std::string head;  // Of FeedFormat::kProtobuf.
    std::string json;
    std::array<FeedClient::Frame, kFeedFormatCount> frames;
  };

  void Subscribe(FeedClient& client, const std::vector<feed::Subject>& subjects);
  void SubscribeEvery(FeedClient& client, Topic channel);
  void SubscribeNamed(FeedClient& client, MarketIndex market, Topic channel);
  void Unsubscribe(FeedClient& client, const std::vector<feed::Subject>& subjects);
  void UnsubscribeNamed(FeedClient& client, MarketIndex market, Topic channel);
  // NotFound or ResourceExhausted names the subject at fault.
  absl::Status CheckSubjects(const FeedClient& client,
                             const std::vector<feed::Subject>& subjects) const;
  Market& MarketAt(MarketIndex index);
  void AnswerCount(FeedClient& client, std::string_view type, std::int64_t id);
  void AnswerList(FeedClient& client, std::int64_t id);
  void AnswerError(FeedClient& client, std::int64_t id, const absl::Status& status);
  void Answer(FeedClient& client, std::string_view text);

  void Offer(FeedClient& client, const FeedMessage& message, Encoded& encoded, std::int64_t now);
  static bool Covers(const FeedClient& client, MarketIndex market, Topic channel);
  static bool IsDue(const FeedClient& client, MarketIndex market, Topic channel);
  // A value of what the client does not cover is left out when its turn comes.
  void MakeDue(FeedClient& client, MarketIndex market, Topic channel);
  // Whether the client has been sent a value that holds this message.
  static bool IsBehind(FeedClient& client, const FeedMessage& message);
  void AddTrade(FeedClient& client, const FeedMessage& message, Encoded& encoded);
  // Up to `count_max` of what waits; how many were sent.
  int SendWaiting(FeedClient& client, int count_max, std::int64_t now);
  void SendValue(FeedClient& client, const FeedClient::Due& due, std::int64_t now);
  void Send(FeedClient& client, std::string_view head, std::string_view tail, std::int64_t now);
  void MakeBusy(FeedClient& client);
  void Cut(FeedClient& client, CutReason reason, std::string_view detail);

  CommittedMarkets& committed_;
  const std::function<bool(std::string_view)> knows_;
  Probe& probe_;
  absl::flat_hash_map<FeedClient*, std::unique_ptr<FeedClient>> clients_;
  std::array<std::vector<FeedClient*>, kStreamCount> every_;
  std::vector<Market> markets_;  // By MarketIndex; grows with what is needed.
  std::deque<FeedClient*> busy_;
};

}  // namespace evx::market_data
