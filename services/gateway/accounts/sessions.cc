#include "accounts/sessions.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "accounts/secrets.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::gateway {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kKeyPrefix = "evx:gateway:session:";
constexpr std::string_view kUserKeyPrefix = "evx:gateway:sessions_of:";
constexpr std::size_t kIdSize = 32;
// The use of a session is told to Redis so often within its idle time.
constexpr int kProlongsPerIdleTime = 20;
// Keys of one question to Redis.
constexpr std::size_t kCheckedAtOnce = 1'000;

std::string KeyOf(std::string_view id) { return std::string(kKeyPrefix) + std::string(id); }
std::string UserKeyOf(std::int64_t user_id) {
  return std::string(kUserKeyPrefix) + std::to_string(user_id);
}

absl::Status NoSession() { return Unauthenticated("there is no such session; sign in again"); }

// What Redis does not do is UNAVAILABLE with its name, whatever its reason.
absl::Status Away(const absl::Status& status) {
  return status.ok() ? status : Unavailable("Redis cannot be asked: " + MessageOf(status));
}

std::int64_t Nanos(absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); }

}  // namespace

struct Sessions::Record {
  Session session;
  std::string token_hash;
  Timestamp begun_at;
  std::string remote_address;
  std::string user_agent;

  std::string ToText() const {
    const Json json = {{"id", session.id},
                       {"user_id", session.user_id},
                       {"user_name", session.user_name},
                       {"role", std::string(ToString(session.role))},
                       {"csrf_token", session.csrf_token},
                       {"token_hash", token_hash},
                       {"begun_ns", begun_at.nanos()},
                       {"expires_ns", session.expires_at.nanos()},
                       {"remote_address", remote_address},
                       {"user_agent", user_agent}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
};

std::optional<Sessions::Record> Sessions::ParseRecord(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto text_of = [&json](const char* name) {
    const auto member = json.find(name);
    return member != json.end() && member->is_string() ? member->get<std::string>() : "";
  };
  const auto integer_of = [&json](const char* name) {
    const auto member = json.find(name);
    return member != json.end() && member->is_number_integer() ? member->get<std::int64_t>() : 0;
  };
  const auto role = ParseRole(text_of("role"));
  Record record;
  record.session = {text_of("id"),         text_of("user_name"),
                    integer_of("user_id"), role.value_or(Role::kViewer),
                    text_of("csrf_token"), Timestamp::FromNanos(integer_of("expires_ns"))};
  record.token_hash = text_of("token_hash");
  record.begun_at = Timestamp::FromNanos(integer_of("begun_ns"));
  record.remote_address = text_of("remote_address");
  record.user_agent = text_of("user_agent");
  const bool is_whole = role && record.session.user_id > 0 && !record.session.csrf_token.empty() &&
                        record.session.id.size() == kIdSize &&
                        record.token_hash.starts_with(record.session.id);
  return is_whole ? std::optional(std::move(record)) : std::nullopt;
}

bool Sessions::RevokedUser::Covers(const Record& record) const {
  return record.begun_at <= until && record.session.id != except_id;
}

Sessions::Sessions(Options options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      redis_(options_.redis),
      check_redis_(options_.redis),
      thread_([this] { Run(); }) {}

Sessions::~Sessions() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  stopping_.notify_one();
  thread_.join();
}

void Sessions::AddListener(OnEnd on_end) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(on_end));
}

void Sessions::Tell(const std::vector<Session>& ended) const {
  if (ended.empty()) return;
  std::vector<OnEnd> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const Session& session : ended) {
    for (const OnEnd& listener : listeners) listener(session);
  }
}

// --- Begin and find -----------------------------------------------------------------------------

absl::StatusOr<Sessions::Begun> Sessions::Begin(const SignIn& sign_in) {
  Begun begun;
  begun.token = RandomHex(kTokenSize / 2);
  Record record;
  record.token_hash = Sha256Hex(begun.token);
  record.begun_at = clock_.Now();
  record.session = {record.token_hash.substr(0, kIdSize),
                    sign_in.user_name,
                    sign_in.user_id,
                    sign_in.role,
                    RandomHex(kTokenSize / 2),
                    record.begun_at + options_.lifetime};
  record.remote_address = sign_in.remote_address;
  record.user_agent = sign_in.user_agent.substr(0, kUserAgentBytesMax);
  begun.session = record.session;

  std::vector<std::string> pushed_out;
  {
    const std::lock_guard redis_lock(redis_mutex_);
    auto others = RecordsOf(sign_in.user_id);
    if (!others.ok()) return Away(others.status());
    for (std::size_t i = kPerUserMax - 1; i < others->size(); ++i) {
      const Session& oldest = (*others)[i].session;
      if (const absl::Status status = Delete(oldest.id, sign_in.user_id); !status.ok()) {
        return Away(status);
      }
      pushed_out.push_back(oldest.id);
    }
    const absl::Duration time_to_live = std::min(options_.idle_timeout, options_.lifetime);
    // In this order: a session that is in no list could not be revoked with the others.
    absl::Status status =
        redis_.AddMember(UserKeyOf(sign_in.user_id), record.session.id, options_.lifetime);
    if (status.ok()) status = redis_.Set(KeyOf(record.session.id), record.ToText(), time_to_live);
    SetStatus(status);
    if (!status.ok()) return Away(status);
  }
  for (const std::string& id : pushed_out) EndKnown(id);
  const std::int64_t now = MonotonicNanos();
  Tell(Insert({record.session, record.token_hash, record.begun_at, now, now, now}));
  return begun;
}

absl::StatusOr<Session> Sessions::Find(std::string_view token) {
  if (token.size() != kTokenSize) return NoSession();
  const std::string token_hash = Sha256Hex(token);
  const std::string_view id = std::string_view(token_hash).substr(0, kIdSize);
  const std::int64_t now = MonotonicNanos();
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(id);
    if (found != known_.end()) {
      Known& known = found->second;
      const bool is_over = known.session.expires_at <= clock_.Now() ||
                           now - known.used_nanos > Nanos(options_.idle_timeout);
      // The thread ends what is over, and tells so.
      if (is_over || !SecretsEqual(known.token_hash, token_hash)) return NoSession();
      known.used_nanos = now;
      return known.session;
    }
  }
  std::vector<Session> pushed_out;
  absl::StatusOr<Session> session = NoSession();
  {
    const std::lock_guard redis_lock(redis_mutex_);
    const auto text = redis_.Get(KeyOf(id));
    SetStatus(text.status());
    if (!text.ok()) return Away(text.status());
    const std::optional<Record> record = ParseRecord(*text);
    if (!record || !SecretsEqual(record->token_hash, token_hash) ||
        record->session.expires_at <= clock_.Now()) {
      return NoSession();
    }
    {
      const std::lock_guard lock(mutex_);
      if (undeleted_.contains(record->session.id)) return NoSession();
      const auto revoked = revoked_users_.find(record->session.user_id);
      if (revoked != revoked_users_.end() && revoked->second.Covers(*record)) return NoSession();
    }
    session = record->session;
    // Not prolonged yet: the next check does it.
    pushed_out = Insert({record->session, token_hash, record->begun_at, now, now, 0});
  }
  Tell(pushed_out);
  return session;
}

std::vector<Session> Sessions::Insert(Known known) {
  std::vector<Session> pushed_out;
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kKnownMax) {
    const auto least = std::min_element(known_.begin(), known_.end(), [](auto& a, auto& b) {
      return a.second.used_nanos < b.second.used_nanos;
    });
    pushed_out.push_back(least->second.session);
    known_.erase(least);
  }
  std::string id = known.session.id;
  known_.insert_or_assign(std::move(id), std::move(known));
  return pushed_out;
}

// --- Revocation ---------------------------------------------------------------------------------

bool Sessions::EndKnown(std::string_view id) {
  Session session;
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(id);
    if (found == known_.end()) return false;
    session = std::move(found->second.session);
    known_.erase(found);
  }
  Tell({session});
  return true;
}

absl::Status Sessions::Delete(std::string_view id, std::int64_t user_id) {
  EVX_RETURN_IF_ERROR(redis_.Delete(KeyOf(id)).status());
  return redis_.RemoveMember(UserKeyOf(user_id), id);
}

absl::StatusOr<std::vector<Sessions::Record>> Sessions::RecordsOf(std::int64_t user_id) {
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> ids, redis_.Members(UserKeyOf(user_id)));
  std::vector<std::string> keys;
  for (const std::string& id : ids) keys.push_back(KeyOf(id));
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  EVX_ASSIGN_OR_RETURN(const auto texts, redis_.GetAll(views));
  std::vector<Record> records;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::optional<Record> record = ParseRecord(texts[i]);
    if (record && record->session.user_id == user_id) {
      records.push_back(*std::move(record));
    } else {
      EVX_RETURN_IF_ERROR(redis_.RemoveMember(UserKeyOf(user_id), ids[i]));
    }
  }
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return std::tie(b.begun_at, b.session.id) < std::tie(a.begun_at, a.session.id);
  });
  return records;
}

absl::Status Sessions::Revoke(std::int64_t user_id, std::string_view session_id) {
  if (session_id.size() != kIdSize) return NotFound("there is no such session");
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(session_id);
    if (found != known_.end() && found->second.session.user_id != user_id) {
      return NotFound("there is no such session");
    }
    if (undeleted_.size() >= kUndeletedMax) {
      return ResourceExhausted("too many sessions wait for Redis to be deleted there");
    }
  }
  const std::lock_guard redis_lock(redis_mutex_);
  const auto text = redis_.Get(KeyOf(session_id));
  SetStatus(text.status());
  if (text.ok()) {
    const std::optional<Record> record = ParseRecord(*text);
    if (!record || record->session.user_id != user_id) {
      // Expired, and not noticed yet.
      EndKnown(session_id);
      return NotFound("there is no such session");
    }
  }
  {
    const std::lock_guard lock(mutex_);
    undeleted_.emplace(session_id, user_id);
  }
  EndKnown(session_id);
  const absl::Status deleted = text.ok() ? Delete(session_id, user_id) : text.status();
  if (!deleted.ok()) return Away(deleted);
  const std::lock_guard lock(mutex_);
  undeleted_.erase(undeleted_.find(session_id));
  return absl::OkStatus();
}

absl::Status Sessions::DeleteAll(std::int64_t user_id, const RevokedUser& revoked, int& count) {
  EVX_ASSIGN_OR_RETURN(const std::vector<Record> records, RecordsOf(user_id));
  for (const Record& record : records) {
    if (!revoked.Covers(record)) continue;
    EVX_RETURN_IF_ERROR(Delete(record.session.id, user_id));
    ++count;
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Sessions::RevokeAll(std::int64_t user_id, std::string_view except_id) {
  const RevokedUser revoked{clock_.Now(), std::string(except_id)};
  std::vector<Session> ended;
  {
    const std::lock_guard lock(mutex_);
    if (revoked_users_.size() >= kUndeletedMax) {
      return ResourceExhausted("too many sessions wait for Redis to be deleted there");
    }
    revoked_users_[user_id] = revoked;
    std::erase_if(known_, [&](const auto& entry) {
      const Session& session = entry.second.session;
      const bool is_meant = session.user_id == user_id && session.id != except_id;
      if (is_meant) ended.push_back(session);
      return is_meant;
    });
  }
  Tell(ended);
  int count = 0;
  const std::lock_guard redis_lock(redis_mutex_);
  const absl::Status status = DeleteAll(user_id, revoked, count);
  SetStatus(status);
  if (!status.ok()) return Away(status);
  const std::lock_guard lock(mutex_);
  revoked_users_.erase(user_id);
  return count;
}

absl::StatusOr<std::vector<Sessions::Listed>> Sessions::List(std::int64_t user_id) {
  const std::lock_guard redis_lock(redis_mutex_);
  auto records = RecordsOf(user_id);
  SetStatus(records.status());
  if (!records.ok()) return Away(records.status());
  std::vector<Listed> list;
  for (Record& record : *records) {
    record.session.csrf_token.clear();
    list.push_back({std::move(record.session), record.begun_at, std::move(record.remote_address),
                    std::move(record.user_agent)});
  }
  return list;
}

// --- The thread ---------------------------------------------------------------------------------

void Sessions::Run() {
  const std::chrono::nanoseconds interval(Nanos(options_.check_interval));
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_for(lock, interval, [this] { return is_stopped_; })) {
    lock.unlock();
    Check();
    DeleteRevoked();
    lock.lock();
  }
}

void Sessions::Check() {
  std::vector<std::string> ids;
  std::vector<Session> ended;
  const std::int64_t now = MonotonicNanos();
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [&](const auto& entry) {
      const Known& known = entry.second;
      const bool is_over = known.session.expires_at <= clock_.Now() ||
                           now - known.used_nanos > Nanos(options_.idle_timeout);
      if (is_over) ended.push_back(known.session);
      return is_over;
    });
    for (const auto& [id, known] : known_) ids.push_back(id);
  }
  absl::Status status;
  std::vector<std::string> gone;
  for (std::size_t i = 0; i < ids.size() && status.ok(); i += kCheckedAtOnce) {
    const std::size_t end = std::min(i + kCheckedAtOnce, ids.size());
    status = CheckInRedis({ids.begin() + static_cast<std::ptrdiff_t>(i),
                           ids.begin() + static_cast<std::ptrdiff_t>(end)},
                          gone);
  }
  if (ids.empty()) status = check_redis_.Ping();
  SetStatus(status);
  if (!status.ok()) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, known] : known_) {
      if (now - known.confirmed_nanos > Nanos(options_.outage_grace)) gone.push_back(id);
    }
  }
  Tell(ended);
  for (const std::string& id : gone) EndKnown(id);
}

absl::Status Sessions::CheckInRedis(const std::vector<std::string>& ids,
                                    std::vector<std::string>& gone) {
  std::vector<std::string> keys;
  for (const std::string& id : ids) keys.push_back(KeyOf(id));
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  const std::int64_t now = MonotonicNanos();
  EVX_ASSIGN_OR_RETURN(const auto texts, check_redis_.GetAll(views));
  std::vector<std::pair<std::string, absl::Duration>> prolonged;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto found = known_.find(ids[i]);
      if (found == known_.end()) continue;
      Known& known = found->second;
      if (!texts[i]) {
        gone.push_back(ids[i]);
        continue;
      }
      known.confirmed_nanos = now;
      if (known.used_nanos <= known.prolonged_nanos) continue;
      if (now - known.prolonged_nanos < Nanos(options_.idle_timeout) / kProlongsPerIdleTime) {
        continue;
      }
      known.prolonged_nanos = now;
      const absl::Duration left = known.session.expires_at - clock_.Now();
      const absl::Duration time_to_live = std::min(options_.idle_timeout, left);
      if (time_to_live >= absl::Milliseconds(1)) prolonged.emplace_back(ids[i], time_to_live);
    }
  }
  for (const auto& [id, time_to_live] : prolonged) {
    EVX_ASSIGN_OR_RETURN(const bool is_there, check_redis_.Expire(KeyOf(id), time_to_live));
    if (!is_there) gone.push_back(id);
  }
  return absl::OkStatus();
}

void Sessions::DeleteRevoked() {
  std::vector<std::pair<std::string, std::int64_t>> ids;
  std::vector<std::pair<std::int64_t, RevokedUser>> users;
  {
    const std::lock_guard lock(mutex_);
    if (!status_.ok()) return;
    ids.assign(undeleted_.begin(), undeleted_.end());
    users.assign(revoked_users_.begin(), revoked_users_.end());
  }
  for (const auto& [id, user_id] : ids) {
    const std::lock_guard redis_lock(redis_mutex_);
    if (!Delete(id, user_id).ok()) return;
    const std::lock_guard lock(mutex_);
    undeleted_.erase(id);
  }
  for (const auto& [user_id, revoked] : users) {
    const std::lock_guard redis_lock(redis_mutex_);
    int count = 0;
    if (!DeleteAll(user_id, revoked, count).ok()) return;
    const std::lock_guard lock(mutex_);
    const auto found = revoked_users_.find(user_id);
    if (found != revoked_users_.end() && found->second.until == revoked.until) {
      revoked_users_.erase(found);
    }
  }
}

void Sessions::SetStatus(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  if (status_.ok() && !status.ok()) {
    telemetry::Log(telemetry::kWarning, "Redis is away: nobody can sign in.", {{"status", status}});
  } else if (!status_.ok() && status.ok()) {
    telemetry::Log(telemetry::kInfo, "Redis is back.", {});
  }
  status_ = Away(status);
}

absl::Status Sessions::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::size_t Sessions::known_count() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

}  // namespace evx::gateway
