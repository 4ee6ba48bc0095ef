#include "pipeline/output_queue.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {
namespace {

marketdata::v1::ErrorMessage AMessage(int number) {
  marketdata::v1::ErrorMessage message;
  message.set_detail(std::to_string(number));
  return message;
}

TEST_CASE("OutputQueue: messages come out in order, with key, number and payload",
          "[market_data]") {
  OutputQueue queue(1'000);
  REQUIRE(queue.Publish(Topic::kBook, "A", 7, AMessage(1), Timestamp::FromNanos(5)));
  REQUIRE(queue.Publish(Topic::kErrors, "service", 0, AMessage(2), Timestamp::FromNanos(6)));
  MessageBatch batch;
  Timestamp oldest;
  REQUIRE(queue.Take(batch, oldest, absl::Seconds(1)));
  CHECK(oldest == Timestamp::FromNanos(5));
  REQUIRE(batch.size() == 2);
  CHECK(batch[0].topic == Topic::kBook);
  CHECK(batch[0].key == "A");
  CHECK(batch[0].sequence == 7);
  CHECK(batch[0].payload == AMessage(1).SerializeAsString());
  CHECK(batch[1].topic == Topic::kErrors);
  CHECK(batch[1].key == "service");
  CHECK(batch[1].payload == AMessage(2).SerializeAsString());
  CHECK(queue.byte_count() == 0);
}

TEST_CASE("OutputQueue: a full queue refuses until it is taken", "[market_data]") {
  OutputQueue queue(1);
  REQUIRE(queue.Publish(Topic::kBook, "A", 1, AMessage(1), {}));
  CHECK(!queue.Publish(Topic::kBook, "A", 2, AMessage(2), {}));
  MessageBatch batch;
  Timestamp oldest;
  REQUIRE(queue.Take(batch, oldest, absl::ZeroDuration()));
  CHECK(batch.size() == 1);
  CHECK(queue.Publish(Topic::kBook, "A", 2, AMessage(2), {}));
}

TEST_CASE("OutputQueue: Take waits for a message, a wake-up or the time", "[market_data]") {
  OutputQueue queue(1'000);
  MessageBatch batch;
  Timestamp oldest;
  CHECK(!queue.Take(batch, oldest, absl::Milliseconds(1)));
  queue.Wake();
  CHECK(!queue.Take(batch, oldest, absl::Hours(1)));
  std::thread other([&] { queue.Publish(Topic::kBook, "A", 1, AMessage(1), {}); });
  CHECK(queue.Take(batch, oldest, absl::Hours(1)));
  other.join();
}

TEST_CASE("OutputQueue: a source that waits for room loses nothing", "[market_data]") {
  constexpr int kCount = 2'000;
  OutputQueue queue(10);
  int refused_count = 0;
  std::thread source([&] {
    for (int i = 1; i <= kCount; ++i) {
      queue.AwaitRoom(absl::Hours(1));
      if (!queue.Publish(Topic::kBook, "A", i, AMessage(i), {})) ++refused_count;
    }
  });
  std::int64_t last = 0;
  while (last < kCount) {
    MessageBatch batch;
    Timestamp oldest;
    REQUIRE(queue.Take(batch, oldest, absl::Hours(1)));
    queue.NoteProgress();
    for (std::size_t i = 0; i < batch.size(); ++i) CHECK(batch[i].sequence == ++last);
  }
  source.join();
  CHECK(refused_count == 0);
}

TEST_CASE("OutputQueue: nobody waits for a reader that stands still", "[market_data]") {
  OutputQueue queue(1);
  queue.AwaitRoom(absl::Hours(1));  // There is room.
  REQUIRE(queue.Publish(Topic::kBook, "A", 1, AMessage(1), {}));
  queue.AwaitRoom(absl::Milliseconds(1));
  queue.AwaitRoom(absl::Hours(1));  // Known by now.
  CHECK(!queue.Publish(Topic::kBook, "A", 2, AMessage(2), {}));
  CHECK(queue.TakeAll().size() == 1);
  REQUIRE(queue.Publish(Topic::kBook, "A", 2, AMessage(2), {}));
  std::thread reader([&] { queue.TakeAll(); });
  queue.AwaitRoom(absl::Hours(1));  // It waits again.
  reader.join();
  CHECK(queue.Publish(Topic::kBook, "A", 3, AMessage(3), {}));
}

}  // namespace
}  // namespace evx::market_data
