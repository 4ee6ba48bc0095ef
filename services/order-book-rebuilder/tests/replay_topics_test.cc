#include "replay/replay_topics.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/kafka/consumer.h"
#include "evx/kafka/testing/kafka_server.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "replay/replay_hub.h"
#include "tests/recorded_film.h"

// A film into topics of librdkafka's own broker.

namespace evx::order_book_rebuilder {
namespace {

namespace pb = marketdata::v1;

constexpr absl::Duration kPatience = absl::Seconds(60);

std::string Snapshot(const std::string& ticker) {
  return R"({"type":"orderbook_snapshot","sid":7,"seq":11,"msg":{"market_ticker":")" + ticker +
         R"(","market_id":"id","yes_dollars_fp":[["0.4000","2.00"]],)"
         R"("no_dollars_fp":[["0.5000","1.00"]]}})";
}
std::string Delta(const std::string& ticker, const std::string& change) {
  return R"({"type":"orderbook_delta","sid":7,"seq":12,"msg":{"market_ticker":")" + ticker +
         R"(","market_id":"id","price_dollars":"0.5000","delta_fp":")" + change +
         R"(","side":"no","ts_ms":1}})";
}

// A film of frames a second apart, in a hub that can play it into topics.
class Film {
 public:
  explicit Film(const std::vector<std::string>& frames) : recorded_(frames) {
    for (const auto topic : {ReplayTopics::kBooks, ReplayTopics::kTrades}) {
      kafka.CreateTopic(std::string(topic), 2);
    }
    ReplayHub::Options options;
    options.replay_id = "r-1";
    options.open_topics = [this] {
      return ReplayTopics::Open({kafka.brokers(), "r-1"}, clock_, counters);
    };
    hub = std::make_unique<ReplayHub>(std::move(options), Open(), counters, [] {});
  }

  std::unique_ptr<ReplayPlayer> Open(ReplaySpeed speed = {}) const {
    auto opened = ReplayPlayer::Open({.folder = recorded_.folder()});
    REQUIRE(opened.ok());
    (*opened)->SetSpeed(speed, 0);
    return *std::move(opened);
  }
  // Turns until all that was given is with Kafka.
  void Settle(std::int64_t now) {
    const absl::Time deadline = absl::Now() + kPatience;
    do {
      REQUIRE(absl::Now() < deadline);
      hub->Turn(now);
      static_cast<void>(hub->FlushTopics(absl::Milliseconds(100)));
    } while (hub->topics()->waiting_count() > 0);
    hub->Turn(now);
  }
  // What came into a topic, by market.
  template <class Message>
  std::map<std::string, std::vector<Message>> Read(std::string_view topic, std::size_t count) {
    const auto consumer =
        kafka::Consumer::Open({.brokers = kafka.brokers(), .topics = {std::string(topic)}});
    REQUIRE(consumer.ok());
    std::map<std::string, std::vector<Message>> found;
    const absl::Time deadline = absl::Now() + kPatience;
    for (std::size_t read = 0; read < count;) {
      REQUIRE(absl::Now() < deadline);
      const auto batch = (*consumer)->Poll(count - read, absl::Milliseconds(100));
      if (!batch.ok()) continue;
      for (std::size_t i = 0; i < batch->size(); ++i, ++read) {
        Message message;
        REQUIRE(message.ParseFromString(std::string((*batch)[i].payload)));
        CHECK((*batch)[i].key == message.market_ticker());
        CHECK(message.envelope().replay_id() == "r-1");
        found[message.market_ticker()].push_back(std::move(message));
      }
    }
    CHECK((*consumer)->lag() == 0);
    return found;
  }
  std::map<std::string, std::vector<pb::BookMessage>> Books(std::size_t count) {
    return Read<pb::BookMessage>(ReplayTopics::kBooks, count);
  }

 private:
  const RecordedFilm recorded_;
  const SystemClock clock_;

 public:
  kafka::testing::MockKafka kafka;
  ReplayCounters counters;
  std::unique_ptr<ReplayHub> hub;
};

// 'd', 's' and 'g' for deltas, snapshots and gaps, whose numbers must follow one another.
std::string KindsOf(const std::vector<pb::BookMessage>& messages) {
  std::string kinds;
  std::int64_t sequence = 0;
  for (const pb::BookMessage& message : messages) {
    const bool is_proof = message.snapshot().cause() == pb::SNAPSHOT_CAUSE_PERIODIC;
    if (!is_proof) ++sequence;
    CHECK(message.envelope().sequence() == sequence);
    kinds += message.has_delta() ? 'd' : message.has_snapshot() ? 's' : 'g';
  }
  return kinds;
}

}  // namespace

TEST_CASE("ReplayTopics: books and trades are there, marked, with what was recorded", "[replay]") {
  Film film({Snapshot("A"), Delta("A", "3.00"), kTrade, kTicker, Snapshot("B")});
  REQUIRE(film.hub->Show(film.Open(), {.into_topics = true}).ok());
  CHECK(film.hub->goes_into_topics());
  film.hub->Turn(0);
  film.Settle(4 * kSecond);
  CHECK(film.hub->player().is_at_end());
  CHECK(film.counters.messages_published == 4);

  const auto books = film.Books(3);
  CHECK(KindsOf(books.at("A")) == "sd");
  CHECK(KindsOf(books.at("B")) == "s");
  const pb::Envelope& envelope = books.at("A")[1].envelope();
  CHECK(envelope.source() == "replay");
  CHECK(envelope.source_subscription() == 7);
  CHECK(envelope.source_sequence() == 12);
  CHECK(envelope.received_ns() == kBegin + kSecond);
  const pb::BookDelta& delta = books.at("A")[1].delta();
  CHECK(delta.price_micros() == 500'000);
  CHECK(delta.quantity_centis() == 400);

  const auto trades = film.Read<pb::TradeMessage>(ReplayTopics::kTrades, 1);
  CHECK(trades.at("A")[0].trade_id() == "t");
  CHECK(trades.at("A")[0].envelope().sequence() == 1);
}

TEST_CASE("ReplayTopics: a seek is a gap of each book, and a snapshot of each that is known then",
          "[replay]") {
  Film film({Snapshot("A"), Snapshot("B"), Delta("A", "3.00"), Delta("A", "-1.00")});
  REQUIRE(film.hub->Show(film.Open(), {.into_topics = true}).ok());
  film.hub->Turn(0);
  film.hub->Turn(3 * kSecond);  // A: sdd, B: s
  REQUIRE(film.hub->player().is_at_end());
  // B is not known then.
  REQUIRE(film.hub->Seek(Timestamp::FromNanos(kBegin + kSecond), 3 * kSecond).ok());
  film.hub->Turn(3 * kSecond);  // A: gs, B: g, and its recorded snapshot.
  film.hub->Pause(3 * kSecond);
  film.hub->Turn(9 * kSecond);
  film.hub->Play(9 * kSecond);
  film.Settle(10 * kSecond);  // A: d
  const auto books = film.Books(9);
  CHECK(KindsOf(books.at("A")) == "sddgsd");
  CHECK(KindsOf(books.at("B")) == "sgs");
  const pb::BookMessage& gap = books.at("A")[3];
  CHECK(gap.gap().cause() == pb::GAP_CAUSE_RESTARTED);
  const pb::BookMessage& snapshot = books.at("A")[4];
  CHECK(snapshot.snapshot().cause() == pb::SNAPSHOT_CAUSE_VENUE);
  CHECK(snapshot.snapshot().asks(0).quantity_centis() == 100);
  CHECK(snapshot.envelope().received_ns() == 0);
}

TEST_CASE("ReplayTopics: a film that does not go there leaves its books in doubt", "[replay]") {
  Film film({Snapshot("A"), Delta("A", "3.00"), kTrade});
  REQUIRE(film.hub->Show(film.Open(), {.into_topics = true}).ok());
  film.hub->Turn(0);
  REQUIRE(film.hub->Show(film.Open(ReplaySpeed::Max()), {}).ok());
  CHECK_FALSE(film.hub->goes_into_topics());
  film.Settle(kSecond);
  CHECK(film.hub->player().is_at_end());
  CHECK(KindsOf(film.Books(2).at("A")) == "sg");
  // The next one goes on behind it.
  REQUIRE(film.hub->Show(film.Open(ReplaySpeed::Max()), {.into_topics = true}).ok());
  film.Settle(2 * kSecond);
  CHECK(KindsOf(film.Books(4).at("A")) == "sgsd");
}

TEST_CASE("ReplayTopics: the film waits for Kafka, and nothing is lost", "[replay]") {
  constexpr std::uint64_t kDeltaCount = 3 * ReplayTopics::kWaitingMessagesMax;
  std::vector<std::string> frames = {Snapshot("A")};
  for (std::uint64_t i = 0; i < kDeltaCount; ++i) {
    frames.push_back(Delta("A", i % 2 == 0 ? "3.00" : "-3.00"));
  }
  Film film(frames);
  film.kafka.SetAway(true);
  REQUIRE(film.hub->Show(film.Open(ReplaySpeed::Max()), {.into_topics = true}).ok());
  for (int i = 0; i < 1'000; ++i) film.hub->Turn(0);
  CHECK_FALSE(film.hub->player().is_at_end());
  const std::uint64_t played = film.hub->player().next_number();
  CHECK(played < ReplayTopics::kWaitingMessagesMax + ReplayHub::kFramesPerTurn);
  CHECK(film.hub->topics()->waiting_count() >= played);
  film.hub->Turn(0);
  CHECK(film.hub->player().next_number() == played);

  film.kafka.SetAway(false);
  const absl::Time deadline = absl::Now() + kPatience;
  while (!film.hub->player().is_at_end() && absl::Now() < deadline) {
    static_cast<void>(film.hub->FlushTopics(absl::Milliseconds(10)));
    film.hub->Turn(0);
  }
  film.Settle(0);
  // Deltas and snapshots, one behind every tenth; the broker of a test keeps not all of them.
  CHECK(film.counters.messages_published == 1 + kDeltaCount + kDeltaCount / 10);
  CHECK(film.hub->topics()->status().ok());
}

TEST_CASE("ReplayTopics: what a pipeline tells beside books and trades goes nowhere", "[replay]") {
  kafka::testing::MockKafka kafka;
  const SystemClock clock;
  ReplayCounters counters;
  const auto topics = ReplayTopics::Open({kafka.brokers(), "r-1"}, clock, counters);
  REQUIRE(topics.ok());
  const pb::ErrorMessage error;
  const pb::TickerMessage ticker;
  const pb::MarketNumbers numbers;
  CHECK((*topics)->Publish(market_data::Topic::kErrors, "k", 0, error, Timestamp()));
  CHECK((*topics)->Publish(market_data::Topic::kTickers, "k", 1, ticker, Timestamp()));
  CHECK((*topics)->Publish(market_data::Topic::kNumbers, "k", 1, numbers, Timestamp()));
  CHECK((*topics)->waiting_count() == 0);
  CHECK_FALSE((*topics)->HoldsUp());
}

TEST_CASE("ReplayTopics: without Kafka a film into topics is refused, and the old one stays",
          "[replay]") {
  Film film({Snapshot("A"), Delta("A", "3.00")});
  ReplayHub hub({.replay_id = "r"}, film.Open(), film.counters, [] {});
  hub.Play(0);
  const absl::Status refused = hub.Show(film.Open(), {.is_paused = true, .into_topics = true});
  CHECK(absl::IsFailedPrecondition(refused));
  CHECK(hub.is_playing());
  CHECK_FALSE(hub.goes_into_topics());
}

}  // namespace evx::order_book_rebuilder
