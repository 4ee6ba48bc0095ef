#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "evx/journal/testing/simulated_file_system.h"
#include "evx/kafka/message.h"
#include "live/book_feed.h"
#include "live/live_hub.h"
#include "store/rebuilt_books.h"
#include "tests/update_builder.h"

namespace evx::order_book_rebuilder {

// The books of a member that has two partitions, and a listener. One thread.
class MemberBooks {
 public:
  static constexpr std::int32_t kPartitionCount = 2;

  static std::int32_t NumberOf(const std::string& ticker) {
    return kafka::PartitionOf(ticker, kPartitionCount);
  }
  // A ticker of the other partition than A's.
  static std::string Other() {
    std::string ticker = "B";
    while (NumberOf(ticker) == NumberOf("A")) ++ticker[0];
    return ticker;
  }

  // Both partitions are there, empty and read up.
  void Begin(BookListener& listener) {
    books.Watch(&listener);
    books.SetPartitionCount(kPartitionCount);
    books.Touch();
    for (std::int32_t number = 0; number < kPartitionCount; ++number) {
      partitions_[number] =
          Partition::Open(files_, {.directory = "p" + std::to_string(number)}, [](const auto&) {});
      books.Add(number, partitions_[number]);
      partitions_[number]->SetReadUp();
    }
    books.Touch();
  }
  // The partition goes to another member, which applies what comes until it is given back.
  void Close(std::int32_t number) { books.Remove(number); }
  void Reopen(std::int32_t number) {
    books.Add(number, partitions_[number]);
    books.Touch();
  }

  void Apply(const std::string& ticker, BookUpdate update) {
    if (update.is_snapshot()) update.book_hash = book::HashLevels(ticker, update.bids, update.asks);
    Partition& partition = *partitions_[NumberOf(ticker)];
    REQUIRE(partition.Apply(partition.next_offset(), ticker, update).ok());
    books.Touch();
  }

  RebuiltBooks books{absl::InfiniteDuration()};

 private:
  journal::testing::SimulatedFileSystem files_;
  std::map<std::int32_t, std::shared_ptr<Partition>> partitions_;
};

// The same, and what is told of them: batches wait until they are delivered.
class LiveBooks : public MemberBooks {
 public:
  LiveBooks() {
    Begin(feed);
    batches.clear();
  }

  // The next batch that waits; false: there is none.
  bool DeliverOne(LiveHub& hub, std::int64_t now = 0) {
    if (batches.empty()) return false;
    hub.Deliver(*batches.front(), now);
    batches.pop_front();
    return true;
  }
  // Those that wait are left out.
  void LoseAll(LiveHub& hub) {
    for (const auto& batch : std::exchange(batches, {})) {
      if (const auto changes = PartitionChangesOf(*batch)) batches.push_back(changes);
    }
    hub.Lose();
  }
  // All of them, and all states.
  void Settle(LiveHub& hub, std::int64_t now = 0) {
    while (DeliverOne(hub, now)) {
    }
    while (hub.Turn(now)) {
    }
  }

  std::deque<std::shared_ptr<const FeedBatch>> batches;
  BookFeed feed{[this](const auto& batch) { batches.push_back(batch); }};
  LiveCounters counters;
};

}  // namespace evx::order_book_rebuilder
