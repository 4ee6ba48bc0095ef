#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/backoff.h"

struct redisContext;
struct redisReply;

namespace evx::redis {

// Where a Redis is and what it wants to know.
struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string password;  // Empty: none.
};

// "redis://[:password@]host[:port]". INVALID_ARGUMENT names the text, without its password.
absl::StatusOr<Address> ParseUrl(std::string_view url);
// Of the text of a file, where a password is safer than on a command line. INVALID_ARGUMENT also
// when the file cannot be read.
absl::StatusOr<Address> ReadUrlFile(const std::string& path);

// One session with a Redis that holds what expires: every value has a time to live. It connects
// when it is first used and again after a failure.
//
// No call hangs: each ends within `call_timeout`, and while Redis is away calls fail at once, with
// an attempt to connect now and then. What depends on a cache must do without it meanwhile.
//
// Errors: UNAVAILABLE Redis is away, repeat; RESOURCE_EXHAUSTED its memory is full;
// UNAUTHENTICATED the password is wrong; INTERNAL it did not understand us.
//
// One thread at a time. Keys and values are any bytes.
class Client {
 public:
  struct Options {
    Address address;
    absl::Duration call_timeout = absl::Seconds(1);
    absl::Duration retry_interval_first = absl::Milliseconds(50);
    absl::Duration retry_interval_max = absl::Seconds(5);
  };

  struct Entry {
    std::string_view key;
    std::string_view value;
  };

  // Of one call; more are an error of the program.
  static constexpr std::size_t kEntryCountMax = 10'000;

  explicit Client(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::Status Ping();
  // Millisecond precision; at least 1 ms.
  absl::Status Set(std::string_view key, std::string_view value, absl::Duration time_to_live);
  // In one round trip, not as a whole: after an error some may be there.
  absl::Status SetAll(std::span<const Entry> entries, absl::Duration time_to_live);
  // Nothing when there is no such key, or it has expired.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key);
  // In one round trip, in the order of the keys.
  absl::StatusOr<std::vector<std::optional<std::string>>> GetAll(
      std::span<const std::string_view> keys);
  // False when it was not there.
  absl::StatusOr<bool> Delete(std::string_view key);
  // A new time to live, of at least 1 ms, for a key that is there; false when it is not.
  absl::StatusOr<bool> Expire(std::string_view key, absl::Duration time_to_live);

  // Sets of texts, each under a key. It lives as long as the last AddMember says.
  absl::Status AddMember(std::string_view key, std::string_view member,
                         absl::Duration time_to_live);
  absl::Status RemoveMember(std::string_view key, std::string_view member);
  // In no order; none when there is no such key. RESOURCE_EXHAUSTED: more than kEntryCountMax.
  absl::StatusOr<std::vector<std::string>> Members(std::string_view key);

  bool is_connected() const { return context_ != nullptr; }

 private:
  struct ContextDeleter {
    void operator()(redisContext* context) const;
  };
  struct ReplyDeleter {
    void operator()(redisReply* reply) const;
  };
  using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

  absl::Status Connect();
  absl::Status Append(std::span<const std::string_view> words);
  absl::StatusOr<Reply> Receive();
  absl::StatusOr<Reply> Call(std::span<const std::string_view> words);
  // The session is of no use any more.
  absl::Status Break(std::string_view what);

  const Options options_;
  std::unique_ptr<redisContext, ContextDeleter> context_;
  Backoff backoff_;
  std::int64_t next_attempt_nanos_ = 0;  // Monotonic.
};

}  // namespace evx::redis
