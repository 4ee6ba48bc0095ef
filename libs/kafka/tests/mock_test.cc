// The adapter against librdkafka's own broker: what needs no disk and no second process.

#include <array>

#include "evx/kafka/testing/kafka_server.h"
#include "kafka_fixture.h"

namespace evx::kafka {
namespace {

using testing::MockKafka;

TEST_CASE("Producer: key, payload, time and headers arrive", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("topic", 4);
  const auto producer = OpenProducer({.brokers = kafka.brokers()});
  const std::array<Header, 2> headers = {Header{"source", "evx"}, Header{"trace", "abc"}};
  const Timestamp time = Timestamp::FromMillis(1'700'000'000'123);
  REQUIRE(producer->Produce({"topic", "key", "payload", headers, time}).ok());
  REQUIRE(producer->Flush(kPatience).ok());
  CHECK(producer->acknowledged() == 1);
  CHECK(producer->pending() == 0);

  const auto consumer = OpenConsumer({.brokers = kafka.brokers(), .topics = {"topic"}});
  absl::StatusOr<RecordBatch> batch = RecordBatch();
  const absl::Time deadline = absl::Now() + kPatience;
  while ((!batch.ok() || batch->empty()) && absl::Now() < deadline) {
    batch = consumer->Poll(1, absl::Milliseconds(100));
  }
  REQUIRE(batch.ok());
  REQUIRE(batch->size() == 1);
  CHECK((*batch)[0].topic == "topic");
  CHECK((*batch)[0].key == "key");
  CHECK((*batch)[0].payload == "payload");
  CHECK((*batch)[0].time == time);
  CHECK(batch->FindHeader(0, "source") == "evx");
  CHECK(batch->FindHeader(0, "trace") == "abc");
  CHECK(!batch->FindHeader(0, "other"));
}

TEST_CASE("Producer: a full buffer refuses and takes more once brokers are back", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("topic", 1);
  kafka.SetAway(true);
  const auto producer = OpenProducer({.brokers = kafka.brokers(), .buffer_message_count_max = 100});
  for (int i = 0; i < 100; ++i) REQUIRE(producer->Produce({"topic", "k", "p", {}, {}}).ok());
  CHECK(absl::IsResourceExhausted(producer->Produce({"topic", "k", "p", {}, {}})));
  CHECK(producer->pending() == 100);
  const absl::Time deadline = absl::Now() + kPatience;
  do {
    CHECK(absl::IsUnavailable(producer->Flush(absl::Milliseconds(200))));
  } while (producer->status().ok() && absl::Now() < deadline);
  CHECK(absl::IsUnavailable(producer->status()));
  kafka.SetAway(false);
  REQUIRE(producer->Flush(kPatience).ok());
  CHECK(producer->status().ok());
  CHECK(producer->acknowledged() == 100);
  CHECK(producer->Produce({"topic", "k", "p", {}, {}}).ok());
}

TEST_CASE("Producer: requests that fail are repeated in order", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("topic", 1);
  const auto producer = OpenProducer({.brokers = kafka.brokers(), .linger = absl::ZeroDuration()});
  kafka.FailProduceRequests(3);
  constexpr int kCount = 200;
  for (int i = 0; i < kCount; ++i) {
    REQUIRE(producer->Produce({"topic", "k", std::to_string(i), {}, {}}).ok());
    producer->Poll(absl::ZeroDuration());
  }
  REQUIRE(producer->Flush(kPatience).ok());
  const auto consumer = OpenConsumer({.brokers = kafka.brokers(), .topics = {"topic"}});
  const auto records = ReadAll(*consumer, kCount);
  REQUIRE(records.size() == kCount);
  for (int i = 0; i < kCount; ++i) {
    CHECK(records[static_cast<std::size_t>(i)].payload == std::to_string(i));
  }
}

TEST_CASE("Producer: a message that is too large is refused before it is sent", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("topic", 1);
  const auto producer = OpenProducer({.brokers = kafka.brokers()});
  const std::string large(kMessageBytesMax, 'x');
  const std::array<KeyedPayload, 2> messages = {KeyedPayload{"k", "p"}, KeyedPayload{"k", large}};
  CHECK(absl::IsInvalidArgument(producer->Produce({"topic", "k", large, {}, {}})));
  CHECK(absl::IsInvalidArgument(producer->ProduceAll("topic", messages).status()));
  CHECK(producer->produced() == 0);

  const std::string largest(kMessageBytesMax - 1, 'x');
  const std::array<KeyedPayload, 2> fitting = {KeyedPayload{"k", largest}, KeyedPayload{"k", "p"}};
  REQUIRE(producer->Produce({"topic", "k", largest, {}, {}}).ok());
  CHECK(*producer->ProduceAll("topic", fitting) == 2);
  REQUIRE(producer->Flush(kPatience).ok());
  CHECK(producer->acknowledged() == 3);
}

TEST_CASE("Producer: many at once come in order, behind those before them", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("topic", 1);
  const auto producer = OpenProducer({.brokers = kafka.brokers()});
  REQUIRE(producer->Produce({"topic", "k", "0", {}, {}}).ok());
  const std::array<KeyedPayload, 3> messages = {KeyedPayload{"a", "1"}, KeyedPayload{"b", "2"},
                                                KeyedPayload{"a", "3"}};
  REQUIRE(*producer->ProduceAll("topic", messages) == 3);
  CHECK(producer->produced() == 4);
  REQUIRE(producer->Flush(kPatience).ok());
  CHECK(producer->acknowledged() == 4);

  const auto consumer = OpenConsumer({.brokers = kafka.brokers(), .topics = {"topic"}});
  const auto records = ReadAll(*consumer, 4);
  REQUIRE(records.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(records[i].payload == std::to_string(i));
  CHECK(records[2].key == "b");
}

TEST_CASE("Producer: of many at once a full buffer takes the first ones", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("topic", 1);
  kafka.SetAway(true);
  const auto producer = OpenProducer({.brokers = kafka.brokers(), .buffer_message_count_max = 5});
  const std::array<KeyedPayload, 3> messages = {KeyedPayload{"k", "0"}, KeyedPayload{"k", "1"},
                                                KeyedPayload{"k", "2"}};
  CHECK(*producer->ProduceAll("topic", messages) == 3);
  CHECK(*producer->ProduceAll("topic", messages) == 2);
  CHECK(*producer->ProduceAll("topic", messages) == 0);
  CHECK(producer->pending() == 5);
  kafka.SetAway(false);
  REQUIRE(producer->Flush(kPatience).ok());
  CHECK(*producer->ProduceAll("topic", messages) == 3);
}

TEST_CASE("Producer: with a prefix it takes no topic of another name", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("evx.replay.book.v1", 1);
  const auto producer = OpenProducer({.brokers = kafka.brokers(), .topic_prefix = "evx.replay."});
  for (const char* topic : {"evx.md.book.v1", "evx.errors.v1", "evx.replay", "", "evx.exchange."}) {
    const absl::Status refused = producer->Produce({topic, "k", "p", {}, {}});
    CHECK(absl::IsInvalidArgument(refused));
    CHECK_THAT(std::string(refused.message()), Catch::Contains("evx.replay."));
    const std::array<KeyedPayload, 1> one = {KeyedPayload{"k", "p"}};
    CHECK(absl::IsInvalidArgument(producer->ProduceAll(topic, one).status()));
  }
  CHECK(producer->produced() == 0);
  REQUIRE(producer->Produce({"evx.replay.book.v1", "k", "p", {}, {}}).ok());
  REQUIRE(producer->Flush(kPatience).ok());
  CHECK(producer->acknowledged() == 1);
}

TEST_CASE("Consumer: alone, it begins where its owner says", "[kafka]") {
  MockKafka kafka;
  kafka.CreateTopic("topic", 1);
  const auto producer = OpenProducer({.brokers = kafka.brokers()});
  for (const char* payload : {"a", "b", "c"}) {
    REQUIRE(producer->Produce({"topic", "k", payload, {}, {}}).ok());
  }
  REQUIRE(producer->Flush(kPatience).ok());
  const auto consumer = OpenConsumer({.brokers = kafka.brokers(),
                                      .topics = {"topic"},
                                      .place_of = [](const TopicPartition&) { return 2; }});
  const auto records = ReadAll(*consumer, 1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].payload == "c");
}

TEST_CASE("Clients: a setting that is not valid is named", "[kafka]") {
  const auto producer = Producer::Open({.brokers = "", .buffer_message_count_max = 4'000'000'000});
  REQUIRE(absl::IsInvalidArgument(producer.status()));
  CHECK_THAT(std::string(producer.status().message()),
             Catch::Contains("queue.buffering.max.messages"));
}

}  // namespace
}  // namespace evx::kafka
