#include "evx/redis/client.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <array>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"

namespace evx::redis {
namespace {

constexpr std::string_view kScheme = "redis://";

absl::Status ToStatus(std::string_view error) {
  const std::string text = "redis: " + std::string(error);
  if (error.starts_with("OOM")) return ResourceExhausted(text);
  if (error.starts_with("NOAUTH") || error.starts_with("WRONGPASS")) return Unauthenticated(text);
  if (error.starts_with("LOADING") || error.starts_with("MASTERDOWN")) return Unavailable(text);
  return Internal(text);
}

std::optional<std::string> TextOf(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING) return std::nullopt;
  return std::string(reply.str, reply.len);
}

std::string Milliseconds(absl::Duration duration) {
  const std::int64_t milliseconds = absl::ToInt64Milliseconds(duration);
  EVX_CHECK(milliseconds >= 1);
  return std::to_string(milliseconds);
}

}  // namespace

absl::StatusOr<Address> ParseUrl(std::string_view url) {
  Address address;
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return InvalidArgument("a Redis URL begins with redis://");
  rest.remove_prefix(kScheme.size());
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    if (!user.starts_with(':'))
      return InvalidArgument("a Redis URL names no user: " + std::string(rest));
    address.password = user.substr(1);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    int port = 0;
    if (!absl::SimpleAtoi(ToAbsl(rest.substr(colon + 1)), &port) || port < 1 || port > 65'535) {
      return InvalidArgument("not a port in the Redis URL: " + std::string(rest));
    }
    address.port = static_cast<std::uint16_t>(port);
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return InvalidArgument("no host in the Redis URL");
  address.host = rest;
  return address;
}

absl::StatusOr<Address> ReadUrlFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return InvalidArgument("cannot read " + path);
  const std::string url = text.str();
  return ParseUrl(ToStd(absl::StripAsciiWhitespace(url)));
}

void Client::ContextDeleter::operator()(redisContext* context) const { redisFree(context); }

void Client::ReplyDeleter::operator()(redisReply* reply) const { freeReplyObject(reply); }

Client::Client(Options options)
    : options_(std::move(options)),
      backoff_(options_.retry_interval_first, options_.retry_interval_max) {}

Client::~Client() = default;

absl::Status Client::Break(std::string_view what) {
  const std::string text = "redis: " + std::string(what) + ": " +
                           (context_ != nullptr && context_->err != 0 ? context_->errstr : "away");
  context_.reset();
  next_attempt_nanos_ = MonotonicNanos() + absl::ToInt64Nanoseconds(backoff_.Next());
  return Unavailable(text);
}

absl::Status Client::Connect() {
  if (context_ != nullptr) return absl::OkStatus();
  if (MonotonicNanos() < next_attempt_nanos_) return Unavailable("redis: away");
  const timeval timeout = absl::ToTimeval(options_.call_timeout);
  context_.reset(
      redisConnectWithTimeout(options_.address.host.c_str(), options_.address.port, timeout));
  if (context_ == nullptr || context_->err != 0) return Break("connect");
  if (redisSetTimeout(context_.get(), timeout) != REDIS_OK) return Break("connect");
  if (!options_.address.password.empty()) {
    const std::array<std::string_view, 2> words = {"AUTH", options_.address.password};
    EVX_RETURN_IF_ERROR(Append(words));
    const absl::StatusOr<Reply> reply = Receive();
    if (!reply.ok()) {
      if (context_ != nullptr) static_cast<void>(Break("login"));
      return reply.status();
    }
  }
  backoff_.Reset();
  return absl::OkStatus();
}

absl::Status Client::Append(std::span<const std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(),
                             sizes.data()) != REDIS_OK) {
    return Break("write");
  }
  return absl::OkStatus();
}

// After UNAVAILABLE the session is gone, and with it every answer that was still to come.
absl::StatusOr<Client::Reply> Client::Receive() {
  void* raw = nullptr;
  if (redisGetReply(context_.get(), &raw) != REDIS_OK) return Break("read");
  Reply reply(static_cast<redisReply*>(raw));
  if (reply->type == REDIS_REPLY_ERROR) return ToStatus({reply->str, reply->len});
  return reply;
}

absl::StatusOr<Client::Reply> Client::Call(std::span<const std::string_view> words) {
  EVX_RETURN_IF_ERROR(Connect());
  EVX_RETURN_IF_ERROR(Append(words));
  return Receive();
}

absl::Status Client::Ping() {
  const std::array<std::string_view, 1> words = {"PING"};
  return Call(words).status();
}

absl::Status Client::Set(std::string_view key, std::string_view value,
                         absl::Duration time_to_live) {
  const std::array<Entry, 1> entries = {Entry{key, value}};
  return SetAll(entries, time_to_live);
}

absl::Status Client::SetAll(std::span<const Entry> entries, absl::Duration time_to_live) {
  EVX_CHECK(entries.size() <= kEntryCountMax);
  const std::string milliseconds = Milliseconds(time_to_live);
  EVX_RETURN_IF_ERROR(Connect());
  for (const Entry& entry : entries) {
    const std::array<std::string_view, 5> words = {"SET", entry.key, entry.value, "PX",
                                                   milliseconds};
    EVX_RETURN_IF_ERROR(Append(words));
  }
  absl::Status first_error;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const absl::StatusOr<Reply> reply = Receive();
    if (context_ == nullptr) return reply.status();
    // The other answers still have to be read.
    first_error.Update(reply.status());
  }
  return first_error;
}

absl::StatusOr<std::optional<std::string>> Client::Get(std::string_view key) {
  const std::array<std::string_view, 2> words = {"GET", key};
  EVX_ASSIGN_OR_RETURN(const Reply reply, Call(words));
  return TextOf(*reply);
}

absl::StatusOr<std::vector<std::optional<std::string>>> Client::GetAll(
    std::span<const std::string_view> keys) {
  EVX_CHECK(keys.size() <= kEntryCountMax);
  std::vector<std::optional<std::string>> values;
  if (keys.empty()) return values;
  std::vector<std::string_view> words = {"MGET"};
  words.insert(words.end(), keys.begin(), keys.end());
  EVX_ASSIGN_OR_RETURN(const Reply reply, Call(words));
  EVX_CHECK(reply->type == REDIS_REPLY_ARRAY && reply->elements == keys.size());
  for (std::size_t i = 0; i < reply->elements; ++i) values.push_back(TextOf(*reply->element[i]));
  return values;
}

absl::StatusOr<bool> Client::Delete(std::string_view key) {
  const std::array<std::string_view, 2> words = {"DEL", key};
  EVX_ASSIGN_OR_RETURN(const Reply reply, Call(words));
  return reply->integer == 1;
}

absl::StatusOr<bool> Client::Expire(std::string_view key, absl::Duration time_to_live) {
  const std::string milliseconds = Milliseconds(time_to_live);
  const std::array<std::string_view, 3> words = {"PEXPIRE", key, milliseconds};
  EVX_ASSIGN_OR_RETURN(const Reply reply, Call(words));
  return reply->integer == 1;
}

absl::Status Client::AddMember(std::string_view key, std::string_view member,
                               absl::Duration time_to_live) {
  const std::array<std::string_view, 3> words = {"SADD", key, member};
  EVX_RETURN_IF_ERROR(Call(words).status());
  return Expire(key, time_to_live).status();
}

absl::Status Client::RemoveMember(std::string_view key, std::string_view member) {
  const std::array<std::string_view, 3> words = {"SREM", key, member};
  return Call(words).status();
}

absl::StatusOr<std::vector<std::string>> Client::Members(std::string_view key) {
  const std::array<std::string_view, 2> words = {"SMEMBERS", key};
  EVX_ASSIGN_OR_RETURN(const Reply reply, Call(words));
  if (reply->elements > kEntryCountMax) {
    return ResourceExhausted("redis: set " + std::string(key) + " has " +
                             std::to_string(reply->elements) + " members, more than " +
                             std::to_string(kEntryCountMax));
  }
  std::vector<std::string> members;
  for (std::size_t i = 0; i < reply->elements; ++i) {
    if (auto member = TextOf(*reply->element[i])) members.push_back(*std::move(member));
  }
  return members;
}

}  // namespace evx::redis
