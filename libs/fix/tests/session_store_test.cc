#include "evx/fix/session_store.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace evx::fix {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char path[] = "/tmp/evx-fix-XXXXXX";
    REQUIRE(::mkdtemp(path) != nullptr);
    path_ = path;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

constexpr Timestamp kTime = Timestamp::FromSeconds(1'785'934'800);

std::unique_ptr<SessionStore> Open(const std::string& path) {
  auto store = SessionStore::Open(path);
  REQUIRE(store.ok());
  return *std::move(store);
}

std::vector<std::string> Bodies(const SessionStore& store) {
  std::vector<std::string> bodies;
  store.ForEach(1, UINT64_MAX, [&bodies](const SessionStore::StoredMessage& message) {
    bodies.push_back(std::to_string(message.sequence_number) + ":" + message.body);
  });
  return bodies;
}

using Lines = std::vector<std::string>;

TEST_CASE("SessionStore: what was flushed is there again", "[fix]") {
  TemporaryDirectory directory;
  {
    const auto store = Open(directory.File("s"));
    store->set_next_in(5);
    store->set_next_out(3);
    CHECK(store->Add(kTime, "8", "one") == 3);
    CHECK(store->Add(kTime, "8", "two") == 4);
    store->SetNote(1, "note");
    REQUIRE(store->Flush().ok());
    store->Add(kTime, "8", "lost");  // Never flushed: a process that is killed here loses it.
  }
  const auto store = Open(directory.File("s"));
  CHECK(store->next_in() == 5);
  CHECK(store->next_out() == 5);
  CHECK(Bodies(*store) == Lines{"3:one", "4:two"});
  CHECK(store->note(1) == "note");
  store->Reset();
  REQUIRE(store->Flush().ok());
  const auto again = Open(directory.File("s"));
  CHECK(again->next_in() == 1);
  CHECK(again->next_out() == 1);
  CHECK(Bodies(*again).empty());
  CHECK(again->note(1) == "note");
}

TEST_CASE("SessionStore: incoming numbers are saved up to what is durable", "[fix]") {
  TemporaryDirectory directory;
  const auto store = Open(directory.File("s"));
  store->set_next_in(9);
  REQUIRE(store->Flush(4).ok());
  CHECK(store->next_in() == 9);
  CHECK(Open(directory.File("s"))->next_in() == 4);
  REQUIRE(store->Flush().ok());
  CHECK(Open(directory.File("s"))->next_in() == 9);
}

TEST_CASE("SessionStore: a torn end is cut, wherever it is torn", "[fix]") {
  TemporaryDirectory directory;
  const std::string path = directory.File("s");
  {
    const auto store = Open(path);
    store->Add(kTime, "8", "one");
    REQUIRE(store->Flush().ok());
  }
  const auto whole = std::filesystem::file_size(path);
  {
    const auto store = Open(path);
    store->Add(kTime, "8", "two");
    REQUIRE(store->Flush().ok());
  }
  const auto end = std::filesystem::file_size(path);
  for (auto size = end - 1; size >= whole; --size) {
    std::filesystem::copy_file(path, directory.File("torn"),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(directory.File("torn"), size);
    const auto store = Open(directory.File("torn"));
    REQUIRE(Bodies(*store).front() == "1:one");
    store->Add(kTime, "8", "new");
    REQUIRE(store->Flush().ok());
    REQUIRE(Bodies(*Open(directory.File("torn"))).back().ends_with("new"));
  }
}

TEST_CASE("SessionStore: the file does not grow with what has expired", "[fix]") {
  TemporaryDirectory directory;
  const std::string path = directory.File("s");
  const auto store = Open(path);
  const std::string body(1'000, 'x');
  Timestamp time = kTime;
  for (int i = 0; i < 20'000; ++i) {
    time = time + absl::Seconds(1);
    store->Add(time, "8", body);
    store->Expire(time, absl::Seconds(100));
    REQUIRE(store->Flush().ok());
  }
  CHECK(std::filesystem::file_size(path) < 10U << 20);
  const auto again = Open(path);
  CHECK(again->next_out() == 20'001);
  CHECK(again->messages().back().sequence_number == 20'000);
}

TEST_CASE("SessionStore: a path that cannot be opened is named", "[fix]") {
  const auto store = SessionStore::Open("/nowhere/at/all");
  REQUIRE_FALSE(store.ok());
  CHECK(std::string(store.status().message()).find("/nowhere/at/all") != std::string::npos);
}

}  // namespace
}  // namespace evx::fix
