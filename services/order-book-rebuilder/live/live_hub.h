#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/core/text_map.h"
#include "evx/feed/command.h"
#include "evx/feed/send_gate.h"
#include "live/book_feed.h"
#include "live/book_news.h"
#include "live/live_counters.h"
#include "store/rebuilt_books.h"

namespace evx::order_book_rebuilder {

// Channels of a subject, as bits.
inline constexpr feed::ChannelMask kBookChannel = 1;
inline constexpr feed::ChannelMask kTopChannel = 2;

// Who gets the news of markets: a connection or a stream.
class LiveReader {
 public:
  virtual ~LiveReader() = default;
  // In order. The reader may leave the hub within the call.
  virtual void Tell(BookNews& news, NewsDetail detail) = 0;
  // What waits to be taken.
  virtual std::size_t unsent_bytes() const = 0;
  // False: a reader that is full is told changes all the same, and deals with it.
  virtual bool conflates() const { return true; }
  // It takes too little; nothing is told any more.
  virtual void OnTooSlow() = 0;
  // The process stops; true: the reader leaves with that.
  virtual bool OnStopping() { return false; }
};

// Which news goes to which reader. A reader gets of each market first its state, then every change
// behind that, in order. Whenever the state is another one than the changes lead to, it is told
// anew; also in place of changes that a full reader (SendGate) is spared.
//
// How that holds: a market whose state is to be told is *due*, and no change of it is told until
// the state has been read and told; the state says by its version which changes it has in it. So a
// state can be told at any moment, however far the batches have come.
//
// Everything happens on one thread. Times are MonotonicNanos. A change costs a look-up and for each
// reader a copy into its output; a reader of a prefix costs a comparison for every change.
class LiveHub {
 public:
  // States that one turn tells, over all readers, and to one before the next one has its turn.
  static constexpr int kStatesPerTurn = 256;
  static constexpr int kStatesPerReader = 32;
  // States that are kept for the next reader, until the next batch.
  static constexpr std::size_t kKeptStatesMax = 256;

  // References outlive the hub.
  LiveHub(const RebuiltBooks& books, BookFeed& feed, LiveCounters& counters)
      : books_(books), feed_(feed), counters_(counters) {}
  ~LiveHub();
  LiveHub(const LiveHub&) = delete;
  LiveHub& operator=(const LiveHub&) = delete;

  // `reader` stays until Remove.
  void Add(LiveReader& reader);
  void Remove(LiveReader& reader);
  bool Has(const LiveReader& reader) const { return clients_.contains(&reader); }

  // More of it, or less. What comes with a new subject is told as a whole, also where another one
  // covers it; the same subject once more changes nothing.
  void Subscribe(LiveReader& reader, const feed::Subject& subject);
  void Unsubscribe(LiveReader& reader, const feed::Subject& subject);
  // The state of a market that is covered is told once more.
  void TellAgain(LiveReader& reader, std::string_view ticker);
  // Markets that are named.
  std::size_t NamedCount(const LiveReader& reader) const;
  // The market, or exactly this prefix, is subscribed to with all of the subject's channels.
  bool HasSubject(const LiveReader& reader, const feed::Subject& subject) const;
  std::size_t PrefixCount(const LiveReader& reader) const;
  // Those with a prefix first, then markets by ticker.
  std::vector<feed::Subject> SubjectsOf(const LiveReader& reader) const;

  void Deliver(const FeedBatch& batch, std::int64_t now);
  // Batches were left out, but for what they tell of partitions.
  void Lose();
  // Tells states that are due. True when there are more of them, and room.
  bool Turn(std::int64_t now);
  // Of one reader: now and then, also when it has taken what waited.
  void Tick(LiveReader& reader, std::int64_t now);
  void Stop();

 private:
  struct Prefix {
    feed::Subject subject;
    // The states of its markets are told as of this version or later.
    std::uint64_t since = 0;
  };
  struct Client {
    explicit Client(LiveReader& its_reader) : reader(its_reader) {}

    LiveReader& reader;
    TextMap<feed::ChannelMask> named;
    std::vector<Prefix> prefixes;
    // Markets whose state is to be told, in that order; the texts are those of the set.
    std::deque<const std::string*> due;
    std::unordered_set<std::string, TextHash, std::equal_to<>> due_set;
    // Where a state was told that is ahead of the batches, its version.
    TextMap<std::uint64_t> ahead;
    std::uint64_t ahead_max = 0;
    feed::SendGate gate;
    bool is_busy = false;    // In the hub's list of those with something to tell.
    bool is_ending = false;  // Nothing is told any more.
  };

  Client& ClientOf(const LiveReader& reader);
  const Client& ClientOf(const LiveReader& reader) const;
  static feed::ChannelMask Covered(const Client& client, std::string_view ticker);

  void OnChange(const FeedEvent& event, const BookChange& change, std::int64_t now);
  void OnPartition(const PartitionChange& change);
  // Those that are full may be too slow by now, also where nobody ticks for them.
  void TickFull(std::int64_t now);
  void Forget(Client& client, const std::string& ticker);
  // Calls visit(client) for each that covers the market.
  template <class Visit>
  void ForEachReader(const std::string& ticker, const Visit& visit);
  // Whether the reader has been told a state that has this change in it.
  bool IsBehind(Client& client, std::string_view ticker, std::uint64_t version) const;
  // All markets with the prefix.
  void MakeAllDue(Client& client, std::string_view prefix);
  void MakeEverythingDue();
  void MakeDue(Client& client, std::string_view ticker);
  void MakeBusy(Client& client);
  int TellStates(Client& client, int count_max, std::int64_t now);
  BookNews& StateOf(const std::string& ticker);
  void Tell(Client& client, BookNews& news, NewsDetail detail, std::int64_t now);

  const RebuiltBooks& books_;
  BookFeed& feed_;
  LiveCounters& counters_;
  absl::flat_hash_map<const LiveReader*, std::unique_ptr<Client>> clients_;
  // Those that left while they were told something: destroyed with the next batch or turn.
  std::vector<std::unique_ptr<Client>> left_;
  TextMap<std::vector<Client*>> by_ticker_;
  std::vector<Client*> with_prefixes_;
  std::deque<Client*> busy_;
  // As of delivered_version_ or later, and not older than any reader, prefix or loss.
  TextMap<std::unique_ptr<BookNews>> states_;
  std::uint64_t delivered_version_ = 0;
  std::uint64_t lost_version_ = 0;  // Changes of markets up to this may be missing.
  bool was_in_touch_ = true;
  std::int64_t ticked_nanos_ = 0;
  std::vector<Client*> scratch_;
};

}  // namespace evx::order_book_rebuilder
