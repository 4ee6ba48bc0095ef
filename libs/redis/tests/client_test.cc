#include "evx/redis/client.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "evx/redis/testing/redis_server.h"

namespace evx::redis {
namespace {

using testing::RedisServer;

constexpr absl::Duration kHour = absl::Hours(1);
constexpr absl::Duration kPatience = absl::Seconds(30);

TEST_CASE("Client: a value of any bytes is kept until it expires or is deleted", "[redis]") {
  RedisServer server;
  Client client({.address = server.address()});
  const std::string bytes("a\0b\r\n", 5);
  REQUIRE(client.Set("key", bytes, kHour).ok());
  CHECK(*client.Get("key") == bytes);
  CHECK(*client.Get("other") == std::nullopt);
  CHECK(*client.Delete("key"));
  CHECK(!*client.Delete("key"));
  CHECK(*client.Get("key") == std::nullopt);

  REQUIRE(client.Set("short", "value", absl::Milliseconds(1)).ok());
  const absl::Time deadline = absl::Now() + kPatience;
  while (*client.Get("short") != std::nullopt && absl::Now() < deadline) continue;
  CHECK(*client.Get("short") == std::nullopt);
}

TEST_CASE("Client: what is gone is not brought back by a new time to live", "[redis]") {
  RedisServer server;
  Client client({.address = server.address()});
  REQUIRE(client.Set("key", "value", kHour).ok());
  CHECK(*client.Expire("key", absl::Milliseconds(1)));
  const absl::Time deadline = absl::Now() + kPatience;
  while (*client.Get("key") != std::nullopt && absl::Now() < deadline) continue;
  CHECK(*client.Get("key") == std::nullopt);
  CHECK(!*client.Expire("key", kHour));
  CHECK(*client.Get("key") == std::nullopt);
}

TEST_CASE("Client: a set has each member once, until it is removed", "[redis]") {
  RedisServer server;
  Client client({.address = server.address()});
  CHECK(client.Members("set")->empty());
  REQUIRE(client.AddMember("set", "a", kHour).ok());
  REQUIRE(client.AddMember("set", "b", kHour).ok());
  REQUIRE(client.AddMember("set", "a", kHour).ok());
  auto members = *client.Members("set");
  std::sort(members.begin(), members.end());
  CHECK(members == std::vector<std::string>{"a", "b"});
  REQUIRE(client.RemoveMember("set", "a").ok());
  REQUIRE(client.RemoveMember("set", "none").ok());
  CHECK(*client.Members("set") == std::vector<std::string>{"b"});
  REQUIRE(client.Set("text", "value", kHour).ok());
  CHECK(absl::IsInternal(client.Members("text").status()));
}

TEST_CASE("Client: many values take one round trip and come in the order of their keys",
          "[redis]") {
  RedisServer server;
  Client client({.address = server.address()});
  std::vector<std::string> keys;
  for (int i = 0; i < 5'000; ++i) keys.push_back("key" + std::to_string(i));
  std::vector<Client::Entry> entries;
  std::vector<std::string_view> asked;
  for (const std::string& key : keys) {
    entries.push_back({key, key});
    asked.push_back(key);
  }
  asked[7] = "none";
  REQUIRE(client.SetAll(entries, kHour).ok());
  const auto values = client.GetAll(asked);
  REQUIRE(values.ok());
  REQUIRE(values->size() == keys.size());
  CHECK((*values)[0] == keys[0]);
  CHECK((*values)[7] == std::nullopt);
  CHECK((*values)[4'999] == keys[4'999]);
}

TEST_CASE("Client: while Redis is away calls fail at once, and go on when it is back", "[redis]") {
  RedisServer server;
  Client client({.address = server.address(), .retry_interval_max = absl::Milliseconds(100)});
  REQUIRE(client.Set("key", "value", kHour).ok());
  server.Kill();
  CHECK(absl::IsUnavailable(client.Get("key").status()));
  CHECK(!client.is_connected());
  CHECK(absl::IsUnavailable(client.Get("key").status()));
  server.Start();
  const absl::Time deadline = absl::Now() + kPatience;
  while (!client.Ping().ok() && absl::Now() < deadline) continue;
  CHECK(client.Ping().ok());
}

TEST_CASE("Client: an answer that comes too late is never taken for the next one", "[redis]") {
  RedisServer server;
  Client client({.address = server.address(),
                 .call_timeout = absl::Milliseconds(100),
                 .retry_interval_first = absl::Milliseconds(1)});
  Client patient({.address = server.address()});
  REQUIRE(patient.Set("a", "1", kHour).ok());
  REQUIRE(patient.Set("b", "2", kHour).ok());
  const absl::Time deadline = absl::Now() + kPatience;
  while (!client.Get("a").ok() && absl::Now() < deadline) continue;
  server.Pause();
  CHECK(absl::IsUnavailable(client.Get("a").status()));
  server.Resume();
  auto value = client.Get("b");
  while (!value.ok() && absl::Now() < deadline) value = client.Get("b");
  REQUIRE(value.ok());
  CHECK(*value == "2");
}

TEST_CASE("Client: a wrong password is said to be one", "[redis]") {
  RedisServer server;
  Address address = server.address();
  address.password = "guess";
  Client client({.address = address});
  CHECK(absl::IsUnauthenticated(client.Ping()));
  Client anonymous({.address = {.port = server.address().port}});
  CHECK(absl::IsUnauthenticated(anonymous.Ping()));
}

TEST_CASE("ReadUrlFile: takes the URL with blanks around it, and tells a file that is not there",
          "[redis]") {
  std::string name = std::filesystem::temp_directory_path() / "evx-redis-url-XXXXXX";
  const int descriptor = mkstemp(name.data());
  REQUIRE(descriptor >= 0);
  close(descriptor);
  std::ofstream(name) << "redis://:word@localhost:7000\n";
  const auto address = ReadUrlFile(name);
  std::filesystem::remove(name);
  REQUIRE(address.ok());
  CHECK(address->password == "word");
  CHECK(address->port == 7000);
  CHECK(absl::IsInvalidArgument(ReadUrlFile(name).status()));
}

TEST_CASE("ParseUrl: host, port and password, and no more", "[redis]") {
  const auto address = ParseUrl("redis://:p@ss@db.local:7000/");
  REQUIRE(address.ok());
  CHECK(address->host == "db.local");
  CHECK(address->port == 7000);
  CHECK(address->password == "p@ss");
  CHECK(ParseUrl("redis://localhost")->port == 6379);
  const std::string text = GENERATE("", "http://x", "redis://", "redis://user:secret@h:1",
                                    "redis://h:0", "redis://:secret@h:port");
  const auto refused = ParseUrl(text);
  CHECK(absl::IsInvalidArgument(refused.status()));
  CHECK_THAT(std::string(refused.status().message()), !Catch::Contains("secret"));
}

}  // namespace
}  // namespace evx::redis
