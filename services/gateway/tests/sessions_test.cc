// With a real Redis.

#include "accounts/sessions.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "evx/redis/testing/redis_server.h"

namespace evx::gateway {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

template <class Condition>
bool WaitUntil(Condition condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() >= deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));  // Poll interval.
  }
  return true;
}

// One gateway's sessions, and who of them has ended.
class Gateway {
 public:
  Gateway(const Sessions::Options& options, const Clock& clock) : sessions(options, clock) {
    sessions.AddListener([this](const Session& session) {
      const std::lock_guard lock(mutex_);
      ended_.push_back(session.id);
    });
  }
  Sessions::Begun Begin(std::int64_t user_id = 7, const std::string& name = "ann") {
    auto begun = sessions.Begin({user_id, name, Role::kTrader, "192.0.2.1", "test"});
    REQUIRE(begun.ok());
    return *std::move(begun);
  }
  int ended(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(ended_.begin(), ended_.end(), id));
  }

  Sessions sessions;

 private:
  std::mutex mutex_;
  std::vector<std::string> ended_;
};

struct Fixture {
  Fixture() {
    options.redis.address = server.address();
    options.redis.call_timeout = absl::Milliseconds(250);
    options.redis.retry_interval_max = absl::Milliseconds(20);
    options.check_interval = absl::Milliseconds(5);
  }
  std::unique_ptr<Gateway> Start() { return std::make_unique<Gateway>(options, clock); }

  redis::testing::RedisServer server;
  ManualClock clock{Timestamp::FromSeconds(1'700'000'000)};
  Sessions::Options options;
};

bool Is(const absl::StatusOr<Session>& session, absl::StatusCode code) {
  return session.status().code() == code;
}

TEST_CASE("Sessions: a session is found by its token here, and by another gateway", "[gateway]") {
  Fixture f;
  const auto one = f.Start();
  const auto begun = one->Begin();
  CHECK(begun.token.size() == Sessions::kTokenSize);
  const auto other = f.Start();
  for (Gateway* gateway : {one.get(), other.get()}) {
    const auto session = gateway->sessions.Find(begun.token);
    REQUIRE(session.ok());
    CHECK(session->id == begun.session.id);
    CHECK(session->user_name == "ann");
    CHECK(session->user_id == 7);
    CHECK(session->role == Role::kTrader);
    CHECK(session->csrf_token == begun.session.csrf_token);
    CHECK(session->expires_at == f.clock.Now() + f.options.lifetime);
  }
  CHECK(one->Begin().token != begun.token);
}

TEST_CASE("Sessions: what was never begun is not found, whatever it looks like", "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto begun = gateway->Begin();
  const std::string zeros(Sessions::kTokenSize, '0');
  std::string altered = begun.token;
  altered.back() = altered.back() == '0' ? '1' : '0';
  for (const std::string& token :
       {std::string(), zeros, altered, begun.token.substr(1), begun.token + "0", begun.session.id,
        std::string("*"), std::string(1 << 20, 'a'), std::string(Sessions::kTokenSize, '\0')}) {
    CHECK(Is(gateway->sessions.Find(token), absl::StatusCode::kUnauthenticated));
  }
}

TEST_CASE("Sessions: who has stolen all of Redis has no token", "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto begun = gateway->Begin();
  redis::Client client(f.options.redis);
  const auto kept = client.Get("evx:gateway:session:" + begun.session.id);
  REQUIRE(kept.ok());
  REQUIRE(kept->has_value());
  CHECK((*kept)->find(begun.token) == std::string::npos);
  // Neither does any text in there work as one.
  const auto fresh = f.Start();
  for (std::size_t i = 0; i + Sessions::kTokenSize <= (*kept)->size(); ++i) {
    const std::string guess = (*kept)->substr(i, Sessions::kTokenSize);
    if (guess.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
    CHECK_FALSE(fresh->sessions.Find(guess).ok());
  }
}

TEST_CASE("Sessions: a record that somebody else wrote into Redis is no session", "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto begun = gateway->Begin();
  redis::Client client(f.options.redis);
  const std::string key = "evx:gateway:session:" + begun.session.id;
  for (const char* text : {"", "x", "[]", "{}", "null", "{\"id\":1}", "{\"user_id\":\"7\"}"}) {
    REQUIRE(client.Set(key, text, absl::Hours(1)).ok());
    CHECK(Is(f.Start()->sessions.Find(begun.token), absl::StatusCode::kUnauthenticated));
  }
}

TEST_CASE("Sessions: a session that is revoked ends at once, and everywhere", "[gateway]") {
  Fixture f;
  const auto one = f.Start();
  const auto other = f.Start();
  const auto begun = one->Begin();
  const auto stays = one->Begin();
  REQUIRE(other->sessions.Find(begun.token).ok());
  REQUIRE(other->sessions.Find(stays.token).ok());

  REQUIRE(one->sessions.Revoke(7, begun.session.id).ok());
  CHECK(one->ended(begun.session.id) == 1);
  CHECK(Is(one->sessions.Find(begun.token), absl::StatusCode::kUnauthenticated));
  CHECK(WaitUntil([&] { return other->ended(begun.session.id) == 1; }));
  CHECK(Is(other->sessions.Find(begun.token), absl::StatusCode::kUnauthenticated));
  CHECK(Is(f.Start()->sessions.Find(begun.token), absl::StatusCode::kUnauthenticated));

  CHECK(absl::IsNotFound(one->sessions.Revoke(7, begun.session.id)));
  CHECK(other->sessions.Find(stays.token).ok());
  CHECK(one->ended(stays.session.id) + other->ended(stays.session.id) == 0);
}

TEST_CASE("Sessions: nobody revokes a session of somebody else", "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto begun = gateway->Begin(7);
  CHECK(absl::IsNotFound(gateway->sessions.Revoke(8, begun.session.id)));
  CHECK(absl::IsNotFound(f.Start()->sessions.Revoke(8, begun.session.id)));
  CHECK(absl::IsNotFound(gateway->sessions.Revoke(7, "")));
  CHECK(absl::IsNotFound(gateway->sessions.Revoke(7, std::string(32, '0'))));
  CHECK(gateway->sessions.Find(begun.token).ok());
}

TEST_CASE("Sessions: all of a user end but the one that is named, and no other user's",
          "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto kept = gateway->Begin(7);
  const auto ended = gateway->Begin(7);
  const auto elsewhere = f.Start()->Begin(7);
  const auto foreign = gateway->Begin(8, "bob");
  CHECK(*gateway->sessions.RevokeAll(7, kept.session.id) == 2);
  CHECK(gateway->sessions.Find(kept.token).ok());
  CHECK(gateway->sessions.Find(foreign.token).ok());
  CHECK(Is(gateway->sessions.Find(ended.token), absl::StatusCode::kUnauthenticated));
  CHECK(Is(gateway->sessions.Find(elsewhere.token), absl::StatusCode::kUnauthenticated));
  CHECK(gateway->ended(ended.session.id) == 1);
  CHECK(gateway->sessions.List(7)->size() == 1);
  // Later ones are good.
  CHECK(gateway->sessions.Find(gateway->Begin(7).token).ok());
}

TEST_CASE("Sessions: one that is not used ends after its idle time, one that is used does not",
          "[gateway]") {
  Fixture f;
  f.options.idle_timeout = absl::Seconds(2);  // Longer than a busy machine lets a test wait.
  const auto gateway = f.Start();
  const auto idle = gateway->Begin();
  const auto used = gateway->Begin();
  const absl::Time begun_at = absl::Now();
  CHECK(WaitUntil([&] {
    CHECK(gateway->sessions.Find(used.token).ok());
    return gateway->ended(idle.session.id) == 1 &&
           absl::Now() > begun_at + 2 * f.options.idle_timeout;
  }));
  CHECK(Is(gateway->sessions.Find(idle.token), absl::StatusCode::kUnauthenticated));
  CHECK(Is(f.Start()->sessions.Find(idle.token), absl::StatusCode::kUnauthenticated));
  // Its use was told to Redis.
  CHECK(f.Start()->sessions.Find(used.token).ok());
}

TEST_CASE("Sessions: at the end of its life a session is over, however much it is used",
          "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto begun = gateway->Begin();
  f.clock.AdvanceBy(f.options.lifetime - absl::Seconds(1));
  CHECK(gateway->sessions.Find(begun.token).ok());
  f.clock.AdvanceBy(absl::Seconds(1));
  CHECK(Is(gateway->sessions.Find(begun.token), absl::StatusCode::kUnauthenticated));
  CHECK(Is(f.Start()->sessions.Find(begun.token), absl::StatusCode::kUnauthenticated));
  CHECK(WaitUntil([&] { return gateway->ended(begun.session.id) == 1; }));
}

TEST_CASE("Sessions: one more than a user may have ends the oldest", "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  std::vector<Sessions::Begun> begun;
  for (std::size_t i = 0; i < Sessions::kPerUserMax + 1; ++i) {
    f.clock.AdvanceBy(absl::Seconds(1));
    begun.push_back(gateway->Begin());
  }
  CHECK(gateway->ended(begun[0].session.id) == 1);
  CHECK(Is(gateway->sessions.Find(begun[0].token), absl::StatusCode::kUnauthenticated));
  for (std::size_t i = 1; i < begun.size(); ++i) CHECK(gateway->sessions.Find(begun[i].token).ok());
  const auto list = gateway->sessions.List(7);
  REQUIRE(list.ok());
  REQUIRE(list->size() == Sessions::kPerUserMax);
  CHECK(list->front().session.id == begun.back().session.id);
  CHECK(list->front().remote_address == "192.0.2.1");
  CHECK(list->front().session.csrf_token.empty());
}

TEST_CASE("Sessions: while Redis is away nobody begins and what is known goes on", "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto begun = gateway->Begin();
  f.server.Kill();
  const absl::Status refused = gateway->sessions.Begin({8, "bob", Role::kViewer, "", ""}).status();
  CHECK(absl::IsUnavailable(refused));
  CHECK(std::string(refused.message()).find("Redis") != std::string::npos);
  CHECK(WaitUntil([&] { return !gateway->sessions.status().ok(); }));
  CHECK(gateway->sessions.Find(begun.token).ok());
  CHECK(Is(gateway->sessions.Find(std::string(Sessions::kTokenSize, '0')),
           absl::StatusCode::kUnavailable));
  CHECK(gateway->ended(begun.session.id) == 0);
  f.server.Start();
  CHECK(WaitUntil([&] { return gateway->sessions.status().ok(); }));
  CHECK(gateway->sessions.Begin({8, "bob", Role::kViewer, "", ""}).ok());
}

TEST_CASE("Sessions: without Redis what is known ends when its grace is over", "[gateway]") {
  Fixture f;
  f.options.outage_grace = absl::Milliseconds(300);
  const auto gateway = f.Start();
  const auto begun = gateway->Begin();
  f.server.Pause();
  CHECK(WaitUntil([&] { return gateway->ended(begun.session.id) == 1; }));
  CHECK(Is(gateway->sessions.Find(begun.token), absl::StatusCode::kUnavailable));
  f.server.Resume();
  // The session itself was not revoked.
  CHECK(WaitUntil([&] { return gateway->sessions.Find(begun.token).ok(); }));
}

TEST_CASE("Sessions: what was revoked while Redis was away does not come back with it",
          "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto one = gateway->Begin(7);
  const auto two = gateway->Begin(8);
  const auto elsewhere = f.Start()->Begin(8);
  // Redis keeps what it has, and does not answer.
  f.server.Pause();
  CHECK(absl::IsUnavailable(gateway->sessions.Revoke(7, one.session.id)));
  CHECK(absl::IsUnavailable(gateway->sessions.RevokeAll(8, "").status()));
  CHECK(gateway->ended(one.session.id) == 1);
  CHECK(gateway->ended(two.session.id) == 1);
  f.server.Resume();
  redis::Client client(f.options.redis);
  for (const auto* begun : {&one, &two, &elsewhere}) {
    CHECK(WaitUntil([&] {
      CHECK_FALSE(gateway->sessions.Find(begun->token).ok());
      const auto kept = client.Get("evx:gateway:session:" + begun->session.id);
      return kept.ok() && !kept->has_value();
    }));
    CHECK(Is(f.Start()->sessions.Find(begun->token), absl::StatusCode::kUnauthenticated));
  }
}

TEST_CASE("Sessions: a Redis that comes back empty ends them all", "[gateway]") {
  Fixture f;
  const auto gateway = f.Start();
  const auto begun = gateway->Begin();
  redis::Client client(f.options.redis);
  REQUIRE(*client.Delete("evx:gateway:session:" + begun.session.id));
  CHECK(WaitUntil([&] { return gateway->ended(begun.session.id) == 1; }));
  CHECK(Is(gateway->sessions.Find(begun.token), absl::StatusCode::kUnauthenticated));
}

}  // namespace
}  // namespace evx::gateway
