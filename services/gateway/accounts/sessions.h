#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "accounts/session.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/redis/client.h"

namespace evx::gateway {

// The cookie that carries a session's token.
inline constexpr std::string_view kSessionCookie = "evx_session";

// Sessions, kept in Redis under evx:gateway:session:<id> until they expire:
//
//   token   256 random bits, 64 hex digits; only the browser has it
//   id      the first 128 bits of the token's SHA-256; Redis has the whole of that hash
//
// Who reads all of Redis therefore has no token. A session ends when it was not used for
// `idle_timeout`, at `lifetime` after its begin whatever happens, when it is revoked, and when its
// user has begun kPerUserMax newer ones.
//
// What is in use is known here too, so that Find of it needs no Redis; a thread asks Redis about
// each of them every `check_interval`, which is how a revocation by another gateway arrives, and
// how the use of a session prolongs it. While Redis is away the known sessions go on for
// `outage_grace` after they were last confirmed, and end then; nobody can sign in, which is
// UNAVAILABLE with the word Redis in its message.
//
// Thread-safe. Listeners are called on the thread that ends the session, without locks held.
class Sessions {
 public:
  // Known here at a time; beyond it the one that was used least lately is forgotten: its listeners
  // are told that it has ended, and who reconnects is found in Redis again.
  static constexpr std::size_t kKnownMax = 10'000;
  // Of one user; a further one ends the oldest.
  static constexpr std::size_t kPerUserMax = 32;
  // Revoked while Redis was away, and still to be deleted there; further revocations are refused
  // with RESOURCE_EXHAUSTED.
  static constexpr std::size_t kUndeletedMax = 10'000;
  static constexpr std::size_t kTokenSize = 64;
  static constexpr std::size_t kUserAgentBytesMax = 256;

  struct Options {
    redis::Client::Options redis;
    absl::Duration idle_timeout = absl::Hours(12);
    absl::Duration lifetime = absl::Hours(24 * 7);
    absl::Duration outage_grace = absl::Minutes(15);
    absl::Duration check_interval = absl::Seconds(1);
  };

  // Who signs in, and where from.
  struct SignIn {
    std::int64_t user_id = 0;
    std::string user_name;
    Role role = Role::kViewer;
    std::string remote_address;
    std::string user_agent;  // Cut to kUserAgentBytesMax.
  };
  struct Begun {
    Session session;
    std::string token;
  };
  // A session as its user sees it in a list.
  struct Listed {
    Session session;  // Without its CSRF token.
    Timestamp begun_at;
    std::string remote_address;
    std::string user_agent;
  };
  using OnEnd = std::function<void(const Session& session)>;

  // `clock` must outlive it. Redis may be away.
  Sessions(Options options, const Clock& clock);
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // To be told of each known session that ends, for whatever reason, once: its sockets are to be
  // closed. Before the first request is served; the listener stays until the end.
  void AddListener(OnEnd on_end);

  // UNAVAILABLE names Redis.
  absl::StatusOr<Begun> Begin(const SignIn& sign_in);

  // The session of a token as it came in the cookie. UNAUTHENTICATED: there is none (never was, has
  // expired, was revoked); UNAVAILABLE: it is not known here and Redis cannot be asked. Waits for
  // Redis, for a round trip, only when the session is not known here; a tenth of a microsecond
  // otherwise. Counts as a use.
  absl::StatusOr<Session> Find(std::string_view token);

  // Ends a session of a user. NOT_FOUND: the user has no such session. Takes effect here at once
  // also when Redis is away; UNAVAILABLE then says that it may live on for another gateway until
  // Redis is back, when it is deleted there.
  absl::Status Revoke(std::int64_t user_id, std::string_view session_id);
  // Ends all of a user but `except_id` (empty: without exception); returns how many.
  absl::StatusOr<int> RevokeAll(std::int64_t user_id, std::string_view except_id);

  // Sessions of a user, the newest first.
  absl::StatusOr<std::vector<Listed>> List(std::int64_t user_id);

  // Why Redis cannot be asked; OK: it can.
  absl::Status status() const;
  std::size_t known_count() const;

 private:
  struct Known {
    Session session;
    std::string token_hash;
    Timestamp begun_at;
    // Monotonic.
    std::int64_t used_nanos = 0;
    std::int64_t confirmed_nanos = 0;  // Redis had it then.
    std::int64_t prolonged_nanos = 0;  // It was given its idle time anew then.
  };
  // What Redis has under the key of a session.
  struct Record;
  // All sessions of a user that began until then, but one.
  struct RevokedUser {
    Timestamp until;
    std::string except_id;
    bool Covers(const Record& record) const;
  };

  static std::optional<Record> ParseRecord(const std::optional<std::string>& text);
  // The sessions of a user, by the set that Redis keeps of them; ids that lead nowhere leave it.
  absl::StatusOr<std::vector<Record>> RecordsOf(std::int64_t user_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(redis_mutex_);
  absl::Status Delete(std::string_view id, std::int64_t user_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(redis_mutex_);
  absl::Status DeleteAll(std::int64_t user_id, const RevokedUser& revoked, int& count)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(redis_mutex_);

  // What it pushes out is told to the listeners by the caller.
  std::vector<Session> Insert(Known known) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends what is known of it here; false: nothing was.
  bool EndKnown(std::string_view id);
  void Tell(const std::vector<Session>& ended) const;
  // Of the thread.
  void Run();
  void Check();
  // Gone from Redis, or found there.
  absl::Status CheckInRedis(const std::vector<std::string>& ids, std::vector<std::string>& gone);
  void DeleteRevoked();
  void SetStatus(const absl::Status& status);

  const Options options_;
  const Clock& clock_;
  std::vector<OnEnd> listeners_;

  // One session with Redis for callers, and one for the thread. Both mutexes: this one first.
  std::mutex redis_mutex_;
  redis::Client redis_ ABSL_GUARDED_BY(redis_mutex_);
  redis::Client check_redis_;

  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  TextMap<Known> known_ ABSL_GUARDED_BY(mutex_);  // By id.
  // Revoked, and not yet deleted in Redis: ids with their users, and whole users.
  TextMap<std::int64_t> undeleted_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::int64_t, RevokedUser> revoked_users_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace evx::gateway
