// With a real PostgreSQL.

#include "accounts/users.h"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "accounts/start_link.h"
#include "evx/postgres/testing/postgres_server.h"
#include "temporary_folder.h"

namespace evx::gateway {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr char kPassword[] = "correct horse battery";

struct Fixture {
  explicit Fixture(postgres::testing::PostgresServer& server = postgres::testing::SharedPostgres())
      : pool({.connect = {.url = server.CreateDatabase()},
              .retry_interval = absl::Milliseconds(10)}) {
    REQUIRE(users.Migrate().ok());
  }
  User Make(const std::string& name, Role role = Role::kTrader,
            const std::string& password = kPassword) {
    auto user = users.Create({name, role, password});
    REQUIRE(user.ok());
    return *std::move(user);
  }

  ManualClock clock{Timestamp::FromSeconds(1'700'000'000)};
  PasswordHasher hasher{PasswordCost{.memory_kib = 64, .passes = 1, .lanes = 1}};
  postgres::Pool pool;
  Users users{pool, hasher, clock};
};

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST_CASE("Users: who was made is found, and signs in with the password alone", "[gateway]") {
  Fixture f;
  const User made = f.Make("ann");
  CHECK(made.id > 0);
  CHECK(made.has_password);
  CHECK(made.created_at == f.clock.Now());
  const auto found = f.users.Find("ann");
  REQUIRE(found.ok());
  CHECK(found->id == made.id);
  CHECK(found->role == Role::kTrader);
  CHECK(f.users.Authenticate("ann", kPassword)->id == made.id);
  CHECK(absl::IsUnauthenticated(f.users.Authenticate("ann", "wrong password").status()));
  CHECK(absl::IsAlreadyExists(f.users.Create({"ann", Role::kViewer, ""}).status()));
  CHECK(absl::IsNotFound(f.users.Find("bob").status()));
}

TEST_CASE("Users: every sign-in that fails gets one answer", "[gateway]") {
  Fixture f;
  f.Make("ann");
  f.Make("linked", Role::kTrader, "");
  f.Make("gone");
  REQUIRE(f.users.Update("gone", {.is_disabled = true}).ok());
  f.Make("admin", Role::kAdmin);
  const absl::Status wrong = f.users.Authenticate("ann", "not the password").status();
  CHECK(absl::IsUnauthenticated(wrong));
  for (const auto& [name, password] :
       std::vector<std::pair<std::string, std::string>>{{"nobody", kPassword},
                                                        {"linked", ""},
                                                        {"linked", kPassword},
                                                        {"gone", kPassword},
                                                        {"", ""},
                                                        {"ann", ""},
                                                        {"ANN", kPassword},
                                                        {"ann' OR ''='", kPassword},
                                                        {std::string("ann\0", 4), kPassword},
                                                        {"\xff\xfe", kPassword},
                                                        {std::string(1 << 20, 'a'), kPassword}}) {
    CAPTURE(name.substr(0, 40));
    CHECK(f.users.Authenticate(name, password).status() == wrong);
  }
}

TEST_CASE("Users: names that could be no file and no account are refused", "[gateway]") {
  Fixture f;
  for (const std::string& name :
       {std::string(), std::string("Ann"), std::string("1ann"), std::string("../ann"),
        std::string("a/b"), std::string("a b"), std::string("a\0b", 3), std::string(33, 'a')}) {
    const absl::Status status = f.users.Create({name, Role::kViewer, ""}).status();
    CHECK(absl::IsInvalidArgument(status));
    CHECK(Message(status).find("user_name") == 0);
  }
  CHECK(f.users.Create({std::string(32, 'a'), Role::kViewer, ""}).ok());
  CHECK(f.users.Create({"a.b_c-9", Role::kViewer, ""}).ok());
  CHECK(absl::IsInvalidArgument(f.users.Create({"short", Role::kViewer, "123"}).status()));
}

TEST_CASE("Users: a list comes in pages by name", "[gateway]") {
  Fixture f;
  for (const char* name : {"carl", "ann", "b.b", "b-b", "bob"}) f.Make(name, Role::kViewer, "");
  std::vector<std::string> names;
  std::string after;
  while (true) {
    const auto page = f.users.List(after, 2);
    REQUIRE(page.ok());
    if (page->empty()) break;
    for (const User& user : *page) names.push_back(user.name);
    after = names.back();
  }
  CHECK(names == std::vector<std::string>{"ann", "b-b", "b.b", "bob", "carl"});
}

TEST_CASE("Users: what is not named in a change stays", "[gateway]") {
  Fixture f;
  f.Make("admin", Role::kAdmin);
  f.Make("ann");
  const auto promoted = f.users.Update("ann", {.role = Role::kAdmin});
  REQUIRE(promoted.ok());
  CHECK(promoted->role == Role::kAdmin);
  CHECK(promoted->has_password);
  CHECK(f.users.Authenticate("ann", kPassword).ok());
  REQUIRE(f.users.Update("ann", {.password = "another password"}).ok());
  CHECK_FALSE(f.users.Authenticate("ann", kPassword).ok());
  CHECK(f.users.Authenticate("ann", "another password")->role == Role::kAdmin);
  CHECK(absl::IsNotFound(f.users.Update("bob", {.role = Role::kAdmin}).status()));
}

TEST_CASE("Users: the last administrator stays one, also when two changes race", "[gateway]") {
  Fixture f;
  f.Make("one", Role::kAdmin);
  CHECK(absl::IsFailedPrecondition(f.users.Update("one", {.role = Role::kTrader}).status()));
  CHECK(absl::IsFailedPrecondition(f.users.Update("one", {.is_disabled = true}).status()));
  f.Make("two", Role::kAdmin);
  absl::Status first, second;
  std::thread thread([&] { first = f.users.Update("one", {.role = Role::kViewer}).status(); });
  second = f.users.Update("two", {.role = Role::kViewer}).status();
  thread.join();
  CHECK(first.ok() != second.ok());
}

TEST_CASE("Users: a link signs in once", "[gateway]") {
  Fixture f;
  const User ann = f.Make("ann");
  const auto token = f.users.IssueLink(ann.id, absl::Hours(1));
  REQUIRE(token.ok());
  CHECK(token->size() == Users::kLinkTokenSize);
  CHECK(f.users.PeekLink(*token)->name == "ann");
  CHECK(f.users.RedeemLink(*token)->name == "ann");
  CHECK(absl::IsUnauthenticated(f.users.PeekLink(*token).status()));
  CHECK(absl::IsUnauthenticated(f.users.RedeemLink(*token).status()));
}

TEST_CASE("Users: of two who use a link at the same time one gets in", "[gateway]") {
  Fixture f;
  const User ann = f.Make("ann");
  for (int round = 0; round < 10; ++round) {
    const std::string token = *f.users.IssueLink(ann.id, absl::Hours(1));
    std::vector<std::thread> threads;
    std::atomic<int> count = 0;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] { count += f.users.RedeemLink(token).ok() ? 1 : 0; });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(count == 1);
  }
}

TEST_CASE("Users: a link that has expired, never was, or is of somebody disabled lets nobody in",
          "[gateway]") {
  Fixture f;
  f.Make("admin", Role::kAdmin);
  const User ann = f.Make("ann");
  const std::string expired = *f.users.IssueLink(ann.id, absl::Seconds(10));
  const std::string disabled = *f.users.IssueLink(ann.id, absl::Hours(1));
  f.clock.AdvanceBy(absl::Seconds(10));
  const absl::Status status = f.users.RedeemLink(expired).status();
  CHECK(absl::IsUnauthenticated(status));
  REQUIRE(f.users.Update("ann", {.is_disabled = true}).ok());
  for (const std::string& token : {disabled, std::string(), std::string(Users::kLinkTokenSize, '0'),
                                   std::string("' OR 1=1")}) {
    CHECK(f.users.RedeemLink(token).status() == status);
  }
  // A new password ends the links too: whoever had one may be why it is new.
  REQUIRE(f.users.Update("ann", {.is_disabled = false}).ok());
  const std::string old = *f.users.IssueLink(ann.id, absl::Hours(1));
  REQUIRE(f.users.Update("ann", {.password = "another password"}).ok());
  CHECK(f.users.RedeemLink(old).status() == status);
}

TEST_CASE("Users: links of one user are bounded, and room is made by those that expire",
          "[gateway]") {
  Fixture f;
  const User ann = f.Make("ann");
  for (int i = 0; i < Users::kLinksPerUserMax; ++i) {
    REQUIRE(f.users.IssueLink(ann.id, absl::Seconds(10)).ok());
  }
  CHECK(absl::IsResourceExhausted(f.users.IssueLink(ann.id, absl::Seconds(10)).status()));
  f.clock.AdvanceBy(absl::Seconds(10));
  CHECK(f.users.IssueLink(ann.id, absl::Seconds(10)).ok());
}

TEST_CASE("Users: PostgreSQL that is away is named, and what was stored is there afterwards",
          "[gateway]") {
  postgres::testing::PostgresServer server;
  Fixture f(server);
  f.Make("ann");
  server.Kill();
  const absl::Status status = f.users.Authenticate("ann", kPassword).status();
  CHECK(absl::IsUnavailable(status));
  CHECK(Message(status).find("PostgreSQL") != std::string::npos);
  server.Start();
  const absl::Time deadline = absl::Now() + kPatience;
  absl::StatusOr<User> user = f.users.Find("ann");
  while (!user.ok() && absl::Now() < deadline) user = f.users.Find("ann");
  CHECK(user.ok());
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("StartLink: the first start makes an administrator and a link that only we can read",
          "[gateway]") {
  Fixture f;
  TemporaryFolder folder;
  const StartLinkOptions options = {.file = folder.File("start_link"), .user_name = "admin"};
  REQUIRE(PrepareStartLink(f.users, options).ok());
  struct stat facts {};
  REQUIRE(stat(options.file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0400);
  const std::string line = Read(options.file);
  REQUIRE(line.size() == Users::kLinkTokenSize + 1);

  // A further start keeps it.
  REQUIRE(PrepareStartLink(f.users, options).ok());
  CHECK(Read(options.file) == line);

  const std::string token = line.substr(0, Users::kLinkTokenSize);
  const auto user = f.users.RedeemLink(token);
  REQUIRE(user.ok());
  CHECK(user->name == "admin");
  CHECK(user->role == Role::kAdmin);
  CHECK_FALSE(user->has_password);
  ForgetStartLink(options, "another");
  CHECK(Read(options.file) == line);
  ForgetStartLink(options, token);
  CHECK_FALSE(std::filesystem::exists(options.file));

  // The next start gives another one.
  REQUIRE(PrepareStartLink(f.users, options).ok());
  CHECK(Read(options.file) != line);
  CHECK(f.users.List("", 10)->size() == 1);
}

TEST_CASE("StartLink: there is none for a user who is no administrator any more", "[gateway]") {
  Fixture f;
  TemporaryFolder folder;
  const StartLinkOptions options = {.file = folder.File("start_link"), .user_name = "admin"};
  REQUIRE(PrepareStartLink(f.users, options).ok());
  f.Make("other", Role::kAdmin);
  REQUIRE(f.users.Update("admin", {.role = Role::kViewer}).ok());
  REQUIRE(PrepareStartLink(f.users, options).ok());
  CHECK_FALSE(std::filesystem::exists(options.file));
  // Nor is somebody made where there are users.
  const StartLinkOptions wrong = {.file = folder.File("start_link"), .user_name = "root"};
  REQUIRE(PrepareStartLink(f.users, wrong).ok());
  CHECK_FALSE(std::filesystem::exists(options.file));
  CHECK(f.users.List("", 10)->size() == 2);
}

TEST_CASE("StartLink: an expired link is replaced", "[gateway]") {
  Fixture f;
  TemporaryFolder folder;
  const StartLinkOptions options = {.file = folder.File("start_link"), .user_name = "admin"};
  REQUIRE(PrepareStartLink(f.users, options).ok());
  const std::string line = Read(options.file);
  f.clock.AdvanceBy(options.time_to_live);
  REQUIRE(PrepareStartLink(f.users, options).ok());
  CHECK(Read(options.file) != line);
}

}  // namespace
}  // namespace evx::gateway
