#include "evx/kafka/testing/kafka_server.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "evx/core/check.h"
#include "evx/core/testing/child_process.h"

namespace evx::kafka::testing {
namespace {

constexpr std::chrono::seconds kStartTimeout(180);  // On a machine that is busy.
constexpr int kRequestMilliseconds = 10'000;
constexpr int kProbeMilliseconds = 500;

rd_kafka_t* NewClient(const std::string& brokers) {
  rd_kafka_conf_t* const configuration = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  if (!brokers.empty()) {
    EVX_CHECK(rd_kafka_conf_set(configuration, "bootstrap.servers", brokers.c_str(), reason.data(),
                                reason.size()) == RD_KAFKA_CONF_OK);
  }
  rd_kafka_conf_set_log_cb(configuration, [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_t* const client =
      rd_kafka_new(RD_KAFKA_PRODUCER, configuration, reason.data(), reason.size());
  EVX_CHECK(client != nullptr);
  return client;
}

bool Answers(const std::string& brokers) {
  rd_kafka_t* const client = NewClient(brokers);
  const rd_kafka_metadata_t* metadata = nullptr;
  const bool answers = rd_kafka_metadata(client, 1, nullptr, &metadata, kProbeMilliseconds) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR;
  if (answers) rd_kafka_metadata_destroy(metadata);
  rd_kafka_destroy(client);
  return answers;
}

// Every partition of the topic has a leader.
bool IsServed(rd_kafka_t* client, const std::string& topic, int partition_count) {
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(client, 0, handle, &metadata, kRequestMilliseconds);
  rd_kafka_topic_destroy(handle);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  bool served = found.partition_cnt == partition_count;
  for (int i = 0; served && i < found.partition_cnt; ++i) served = found.partitions[i].leader >= 0;
  rd_kafka_metadata_destroy(metadata);
  return served;
}

}  // namespace

bool SkipWithoutKafka() {
  if (std::filesystem::is_directory(EVX_KAFKA_JARS)) return true;
  std::puts("skipped: Kafka is not installed (scripts/install_kafka)");
  std::exit(0);
}

KafkaServer::KafkaServer() {
  std::string path = (std::filesystem::temp_directory_path() / "evx-kafka-XXXXXX").string();
  EVX_CHECK(mkdtemp(path.data()) != nullptr);
  directory_ = path;
  port_ = evx::testing::FreePort();
  do {  // A port that is free may be given twice.
    controller_port_ = evx::testing::FreePort();
  } while (controller_port_ == port_);
  Start();
}

KafkaServer::~KafkaServer() {
  Kill();
  std::filesystem::remove_all(directory_);
}

std::string KafkaServer::brokers() const { return "127.0.0.1:" + std::to_string(port_); }

void KafkaServer::Start() {
  EVX_CHECK(pid_ == 0);
  pid_ = evx::testing::SpawnProcess(
      {EVX_KAFKA_SERVE, directory_, std::to_string(port_), std::to_string(controller_port_)},
      directory_ + "/log.txt");
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (!Answers(brokers())) {
    // It says in its log why it ended.
    EVX_CHECK(waitpid(pid_, nullptr, WNOHANG) == 0);
    EVX_CHECK(std::chrono::steady_clock::now() < deadline);
  }
}

void KafkaServer::Kill() {
  if (pid_ == 0) return;
  EVX_CHECK(kill(pid_, SIGKILL) == 0);
  EVX_CHECK(waitpid(pid_, nullptr, 0) == pid_);
  pid_ = 0;
}

std::string KafkaServer::CreateTopic(int partition_count) {
  std::string name = "evx.test." + std::to_string(++topic_count_);
  CreateTopic(name, partition_count);
  return name;
}

void KafkaServer::CreateTopic(const std::string& name, int partition_count) {
  rd_kafka_t* const client = NewClient(brokers());
  std::array<char, 512> reason{};
  rd_kafka_NewTopic_t* topic =
      rd_kafka_NewTopic_new(name.c_str(), partition_count, 1, reason.data(), reason.size());
  rd_kafka_queue_t* const answers = rd_kafka_queue_new(client);
  rd_kafka_CreateTopics(client, &topic, 1, nullptr, answers);
  rd_kafka_event_t* const answer = rd_kafka_queue_poll(answers, kRequestMilliseconds);
  EVX_CHECK(answer != nullptr);
  EVX_CHECK(rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(answers);
  rd_kafka_NewTopic_destroy(topic);
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (!IsServed(client, name, partition_count)) {
    EVX_CHECK(std::chrono::steady_clock::now() < deadline);
    usleep(10'000);  // Poll interval.
  }
  rd_kafka_destroy(client);
}

KafkaServer& SharedKafka() {
  static KafkaServer server;
  return server;
}

MockKafka::MockKafka() : client_(NewClient("")), cluster_(rd_kafka_mock_cluster_new(client_, 1)) {
  EVX_CHECK(cluster_ != nullptr);
}

MockKafka::~MockKafka() {
  rd_kafka_mock_cluster_destroy(cluster_);
  rd_kafka_destroy(client_);
}

std::string MockKafka::brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

void MockKafka::CreateTopic(const std::string& name, int partition_count) {
  EVX_CHECK(rd_kafka_mock_topic_create(cluster_, name.c_str(), partition_count, 1) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockKafka::FailProduceRequests(int count) {
  constexpr std::int16_t kProduce = 0;  // Of the protocol.
  for (int i = 0; i < count; ++i) {
    rd_kafka_mock_push_request_errors(cluster_, kProduce, 1, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
  }
}

void MockKafka::SetAway(bool away) {
  EVX_CHECK((away ? rd_kafka_mock_broker_set_down(cluster_, 1)
                  : rd_kafka_mock_broker_set_up(cluster_, 1)) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

}  // namespace evx::kafka::testing
