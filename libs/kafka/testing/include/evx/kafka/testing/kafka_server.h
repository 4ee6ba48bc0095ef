#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

struct rd_kafka_s;
struct rd_kafka_mock_cluster_s;

namespace evx::kafka::testing {

// Where Kafka is not installed (scripts/install_kafka), the test program ends with a line that
// ctest takes for "skipped". Called before the first test.
bool SkipWithoutKafka();

// A private Apache Kafka on free ports of 127.0.0.1 with its data in a fresh directory
// (scripts/kafka/serve), for tests with the real thing. Aborts when it cannot be had: a test
// without it proves nothing. Not thread-safe.
class KafkaServer {
 public:
  KafkaServer();
  ~KafkaServer();
  KafkaServer(const KafkaServer&) = delete;
  KafkaServer& operator=(const KafkaServer&) = delete;

  std::string brokers() const;
  // Makes a topic of a new name and returns that.
  std::string CreateTopic(int partition_count);
  void CreateTopic(const std::string& name, int partition_count);

  // Starts a killed server again, on the same port, and waits until it answers.
  void Start();
  // kill -9.
  void Kill();

 private:
  std::string directory_;
  std::uint16_t port_ = 0;
  std::uint16_t controller_port_ = 0;
  pid_t pid_ = 0;
  int topic_count_ = 0;
};

// One server for all tests of a program, started by the first that asks.
KafkaServer& SharedKafka();

// librdkafka's broker of a test's own process: starts at once and fails on demand. It keeps 5 MiB a
// partition and knows no offsets by time. Topics come into being when they are used.
class MockKafka {
 public:
  MockKafka();
  ~MockKafka();
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  std::string brokers() const;
  void CreateTopic(const std::string& name, int partition_count);
  // The next produce requests are answered with a time-out of the broker.
  void FailProduceRequests(int count);
  void SetAway(bool away);

 private:
  rd_kafka_s* client_;
  rd_kafka_mock_cluster_s* cluster_;
};

}  // namespace evx::kafka::testing
