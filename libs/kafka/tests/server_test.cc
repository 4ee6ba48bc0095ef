// The adapter against a real Apache Kafka, which is killed.

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "evx/kafka/testing/kafka_server.h"
#include "kafka_fixture.h"

namespace evx::kafka {
namespace {

using testing::KafkaServer;
using testing::SharedKafka;

[[maybe_unused]] const bool kInstalled = testing::SkipWithoutKafka();

std::vector<std::string> Payloads(const std::vector<ReadRecord>& records) {
  std::vector<std::string> payloads;
  for (const ReadRecord& record : records) payloads.push_back(record.payload);
  return payloads;
}

TEST_CASE("Producer: kill -9 of Kafka neither loses, doubles nor reorders a message", "[kafka]") {
  KafkaServer kafka;
  const std::string topic = kafka.CreateTopic(4);
  constexpr int kCount = 30'000;
  constexpr int kKeyCount = 17;
  const auto producer = OpenProducer({.brokers = kafka.brokers()});
  for (int i = 0; i < kCount; ++i) {
    const std::string key = "key" + std::to_string(i % kKeyCount);
    REQUIRE(producer->Produce({topic, key, std::to_string(i), {}, {}}).ok());
    producer->Poll(absl::ZeroDuration());
    if (i == kCount / 3) kafka.Kill();
    if (i == 2 * kCount / 3) {
      CHECK(producer->pending() >= kCount / 3);
      kafka.Start();
    }
  }
  REQUIRE(producer->Flush(kPatience).ok());
  CHECK(producer->acknowledged() == kCount);

  const auto consumer = OpenConsumer({.brokers = kafka.brokers(), .topics = {topic}});
  const auto extents = consumer->Extents(topic, kPatience);
  REQUIRE(extents.ok());
  std::int64_t total = 0;
  for (const auto& [where, extent] : *extents) total += extent.end - extent.first;
  CHECK(total == kCount);
  std::map<std::string, std::vector<int>> found;
  std::map<std::string, std::set<int>> partitions;
  for (const ReadRecord& record : ReadAll(*consumer, kCount)) {
    found[record.key].push_back(std::stoi(record.payload));
    partitions[record.key].insert(record.partition);
  }
  std::size_t count = 0;
  for (const auto& [key, numbers] : found) {
    CHECK(partitions[key].size() == 1);
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
    CHECK(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
    count += numbers.size();
  }
  CHECK(count == kCount);
  CHECK(consumer->lag() == 0);
}

TEST_CASE("Consumer: what was not committed comes again, what was does not", "[kafka]") {
  KafkaServer& kafka = SharedKafka();
  const std::string topic = kafka.CreateTopic(1);
  const auto producer = OpenProducer({.brokers = kafka.brokers()});
  for (int i = 0; i < 10; ++i) {
    REQUIRE(producer->Produce({topic, "k", std::to_string(i), {}, {}}).ok());
  }
  REQUIRE(producer->Flush(kPatience).ok());
  const Consumer::Options options{
      .brokers = kafka.brokers(), .group_id = "group." + topic, .topics = {topic}};
  {
    const auto consumer = OpenConsumer(options);
    CHECK(ReadAll(*consumer, 4).size() == 4);
    CHECK(consumer->lag() == 6);
    REQUIRE(consumer->Commit().ok());
    CHECK(ReadAll(*consumer, 3).size() == 3);
  }
  const auto consumer = OpenConsumer(options);
  CHECK(Payloads(ReadAll(*consumer, 6)) == std::vector<std::string>{"4", "5", "6", "7", "8", "9"});
  CHECK(consumer->lag() == 0);
}

TEST_CASE("Consumer: a second member takes over half of the partitions", "[kafka]") {
  KafkaServer& kafka = SharedKafka();
  const std::string topic = kafka.CreateTopic(4);
  std::set<TopicPartition> owned;
  Consumer::Options options{
      .brokers = kafka.brokers(), .group_id = "group." + topic, .topics = {topic}};
  Consumer::Options watched = options;
  watched.on_assigned = [&](const auto& partitions) {
    owned.insert(partitions.begin(), partitions.end());
  };
  watched.on_revoked = [&](const auto& partitions) {
    for (const TopicPartition& lost : partitions) owned.erase(lost);
  };
  const auto first = OpenConsumer(watched);
  const absl::Time deadline = absl::Now() + kPatience;
  while (owned.size() != 4 && absl::Now() < deadline) {
    static_cast<void>(first->Poll(1, absl::Milliseconds(50)));
  }
  CHECK(owned.size() == 4);
  const auto second = OpenConsumer(options);
  while (owned.size() != 2 && absl::Now() < deadline) {
    static_cast<void>(first->Poll(1, absl::Milliseconds(50)));
    static_cast<void>(second->Poll(1, absl::Milliseconds(50)));
  }
  CHECK(owned.size() == 2);
}

TEST_CASE("Consumer: a member with places of its own reads from there, and learns of the ends",
          "[kafka]") {
  KafkaServer& kafka = SharedKafka();
  const std::string topic = kafka.CreateTopic(3);
  const auto producer =
      OpenProducer({.brokers = kafka.brokers(), .transactional_id = "ends." + topic});
  REQUIRE(producer->InitTransactions(kPatience).ok());
  REQUIRE(producer->Begin().ok());
  constexpr int kCount = 20;
  const std::string key = "some key";
  for (int i = 0; i < kCount; ++i) {
    REQUIRE(producer->Produce({topic, key, std::to_string(i), {}, {}}).ok());
  }
  REQUIRE(producer->Commit(kPatience).ok());
  const std::int32_t partition = PartitionOf(key, 3);

  const auto consumer = OpenConsumer(
      {.brokers = kafka.brokers(),
       .group_id = "places." + topic,
       .topics = {topic},
       .place_of =
           [&](const TopicPartition& where) { return where.partition == partition ? 15 : 0; },
       .watch_ends = true});
  std::vector<std::string> payloads;
  const absl::Time deadline = absl::Now() + kPatience;
  while (consumer->read_up().size() < 3 && absl::Now() < deadline) {
    const auto batch = consumer->Poll(100, absl::Milliseconds(100));
    REQUIRE(batch.ok());
    for (std::size_t i = 0; i < batch->size(); ++i) {
      CHECK((*batch)[i].partition == partition);
      payloads.emplace_back((*batch)[i].payload);
    }
  }
  CHECK(payloads == std::vector<std::string>{"15", "16", "17", "18", "19"});
  CHECK(consumer->read_up().size() == 3);
  // Behind the mark that ends the transaction, which nobody sees.
  CHECK(consumer->places().at({topic, partition}) == kCount + 1);
  CHECK(consumer->lag() == 0);
}

TEST_CASE("Consumer: a partition counts as read up also while records never stop coming",
          "[kafka]") {
  KafkaServer& kafka = SharedKafka();
  const std::string topic = kafka.CreateTopic(1);
  const auto producer = OpenProducer({.brokers = kafka.brokers()});
  std::atomic<int> sent = 0;
  const auto send = [&] {
    // A full buffer leaves one out and does not hold the flow up.
    if (producer->Produce({topic, "k", "some payload", {}, {}}).ok()) ++sent;
  };
  send();
  REQUIRE(producer->Flush(kPatience).ok());
  std::atomic<bool> should_stop = false;
  std::thread flow([&] {
    while (!should_stop) {
      send();
      producer->Poll(absl::Milliseconds(1));
    }
  });
  const absl::Time deadline = absl::Now() + kPatience;
  while (producer->acknowledged() < 100 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));  // poll interval
  }
  const auto consumer =
      OpenConsumer({.brokers = kafka.brokers(), .topics = {topic}, .watch_ends = true});
  int read = 0;
  int read_max = 1;
  while (consumer->read_up().empty() && read < read_max && absl::Now() < deadline) {
    const auto batch = consumer->Poll(100, absl::Milliseconds(100));
    CHECK(batch.ok());
    if (!batch.ok()) break;
    // What was there when the first record came, and a few seconds' worth of the flow.
    if (read == 0) read_max = sent + 3'000;
    read += static_cast<int>(batch->size());
  }
  should_stop = true;
  flow.join();
  CHECK(consumer->read_up().size() == 1);
}

TEST_CASE("Transactions: read, write and commit happen as a whole or not at all", "[kafka]") {
  KafkaServer& kafka = SharedKafka();
  const std::string input = kafka.CreateTopic(1);
  const std::string output = kafka.CreateTopic(1);
  const auto source = OpenProducer({.brokers = kafka.brokers()});
  for (const char* text : {"a", "b", "c"}) {
    REQUIRE(source->Produce({input, "k", text, {}, {}}).ok());
  }
  REQUIRE(source->Flush(kPatience).ok());

  const auto producer =
      OpenProducer({.brokers = kafka.brokers(), .transactional_id = "copy." + input});
  REQUIRE(producer->InitTransactions(kPatience).ok());
  const Consumer::Options options{
      .brokers = kafka.brokers(), .group_id = "copy." + input, .topics = {input}};
  // Copies the next record.
  const auto copy = [&](Consumer& consumer) {
    const auto records = ReadAll(consumer, 1);
    REQUIRE(records.size() == 1);
    REQUIRE(producer->Begin().ok());
    REQUIRE(producer->Produce({output, "k", records[0].payload, {}, {}}).ok());
    REQUIRE(producer->AddPlaces(consumer, kPatience).ok());
  };
  {
    const auto consumer = OpenConsumer(options);
    copy(*consumer);
    REQUIRE(producer->Commit(kPatience).ok());
    copy(*consumer);
    REQUIRE(producer->Abort(kPatience).ok());
  }
  const auto again = OpenConsumer(options);
  copy(*again);
  REQUIRE(producer->Commit(kPatience).ok());
  const auto reader = OpenConsumer({.brokers = kafka.brokers(), .topics = {output}});
  CHECK(Payloads(ReadAll(*reader, 2)) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("Transactions: the younger of two producers with one id locks out the older", "[kafka]") {
  KafkaServer& kafka = SharedKafka();
  const std::string topic = kafka.CreateTopic(1);
  const Producer::Options options{.brokers = kafka.brokers(), .transactional_id = "id." + topic};
  const auto older = OpenProducer(options);
  REQUIRE(older->InitTransactions(kPatience).ok());
  REQUIRE(older->Begin().ok());
  REQUIRE(older->Produce({topic, "k", "older", {}, {}}).ok());
  const auto younger = OpenProducer(options);
  REQUIRE(younger->InitTransactions(kPatience).ok());
  CHECK(absl::IsFailedPrecondition(older->Commit(kPatience)));
  CHECK(older->is_fenced());
  REQUIRE(younger->Begin().ok());
  REQUIRE(younger->Produce({topic, "k", "younger", {}, {}}).ok());
  REQUIRE(younger->Commit(kPatience).ok());
  const auto reader = OpenConsumer({.brokers = kafka.brokers(), .topics = {topic}});
  CHECK(Payloads(ReadAll(*reader, 1)) == std::vector<std::string>{"younger"});
}

TEST_CASE("Consumer: a topic that is not there is said to be missing", "[kafka]") {
  const auto consumer =
      Consumer::Open({.brokers = SharedKafka().brokers(), .topics = {"evx.test.none"}});
  CHECK(absl::IsNotFound(consumer.status()));
}

}  // namespace
}  // namespace evx::kafka
