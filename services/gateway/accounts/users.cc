#include "accounts/users.h"

#include <array>
#include <utility>

#include "accounts/secrets.h"
#include "embedded_sql.h"
#include "evx/core/status.h"
#include "evx/postgres/migrations.h"

namespace evx::gateway {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::Result;
using postgres::Transaction;

// The columns of UserOf.
#define EVX_USER_COLUMNS \
  "user_id, user_name, role, is_disabled, password_hash <> '', create_time_ns, update_time_ns"

User UserOf(const Result& result, int row) {
  User user;
  user.id = result.Integer(row, 0).value_or(0);
  user.name = result.Text(row, 1);
  user.role = ParseRole(result.Text(row, 2)).value_or(Role::kViewer);
  user.is_disabled = result.Bool(row, 3);
  user.has_password = result.Bool(row, 4);
  user.created_at = Timestamp::FromNanos(result.Integer(row, 5).value_or(0));
  user.updated_at = Timestamp::FromNanos(result.Integer(row, 6).value_or(0));
  return user;
}

absl::Status NoSuchUser(std::string_view name) {
  return NotFound("there is no user " + std::string(name.substr(0, Users::kNameSizeMax)));
}

// The one answer to every sign-in that fails.
absl::Status WrongPassword() { return Unauthenticated("user name or password is wrong"); }

absl::Status BadLink() {
  return Unauthenticated("the link was used already, has expired, or never was");
}

// What cannot be reached gets its name in front.
template <class T>
absl::StatusOr<T> Named(absl::StatusOr<T> result) {
  const absl::Status& status = result.status();
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status) &&
      !absl::IsAborted(status)) {
    return result;
  }
  return Unavailable("PostgreSQL cannot be asked: " + MessageOf(result.status()));
}

}  // namespace

absl::Status CheckUserName(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  bool is_good = !name.empty() && name.size() <= Users::kNameSizeMax && is_letter(name.front());
  for (const char c : name) {
    is_good =
        is_good && (is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-');
  }
  if (is_good) return absl::OkStatus();
  return InvalidArgument("user_name takes 1 to " + std::to_string(Users::kNameSizeMax) +
                         " of a-z, 0-9, '.', '_', '-', and begins with a letter");
}

Users::Users(postgres::Pool& pool, const PasswordHasher& hasher, const Clock& clock)
    : pool_(pool), hasher_(hasher), clock_(clock) {}

absl::Status Users::Migrate() {
  static const std::array<postgres::Migration, 1> kMigrations = {
      {{1, "001_accounts", k001AccountsSql}}};
  return Named(pool_.Run([](Connection& connection) {
           return postgres::Migrate(connection, kSchema, kMigrations);
         }))
      .status();
}

// --- Users --------------------------------------------------------------------------------------

absl::StatusOr<User> Users::Create(const Draft& draft) {
  EVX_RETURN_IF_ERROR(CheckUserName(draft.name));
  std::string hash;
  if (!draft.password.empty()) {
    EVX_ASSIGN_OR_RETURN(hash, hasher_.Hash(draft.password));
  }
  const std::int64_t now = clock_.Now().nanos();
  return Named(pool_.Run([&](Connection& connection) -> absl::StatusOr<User> {
    // Repeated after a lost answer it would find its own row: that is told as what it is.
    const auto inserted = connection.Query(
        "INSERT INTO gateway.users (user_name, role, password_hash, create_time_ns, update_time_ns)"
        " SELECT $1, $2, $3, $4::bigint, $4::bigint"
        " WHERE (SELECT count(*) FROM gateway.users) < $5"
        " RETURNING " EVX_USER_COLUMNS,
        Parameters().Add(draft.name).Add(ToString(draft.role)).Add(hash).Add(now).Add(kUsersMax));
    if (absl::IsAlreadyExists(inserted.status())) {
      return AlreadyExists("there is a user " + draft.name + " already");
    }
    EVX_RETURN_IF_ERROR(inserted.status());
    if (inserted->row_count() == 0) {
      return ResourceExhausted("there are " + std::to_string(kUsersMax) +
                               " users, which is the most");
    }
    return UserOf(*inserted, 0);
  }));
}

absl::StatusOr<User> Users::Update(std::string_view name, const Change& change) {
  std::string hash;
  if (change.password) {
    EVX_ASSIGN_OR_RETURN(hash, hasher_.Hash(*change.password));
  }
  const std::int64_t now = clock_.Now().nanos();
  return Named(pool_.Run([&](Connection& connection) -> absl::StatusOr<User> {
    EVX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(connection));
    // Two changes at a time could each leave the other's administrator.
    EVX_RETURN_IF_ERROR(connection.Execute("LOCK TABLE gateway.users IN SHARE ROW EXCLUSIVE MODE"));
    EVX_ASSIGN_OR_RETURN(const Result before,
                         connection.Query("SELECT role = 'admin' AND NOT is_disabled"
                                          " FROM gateway.users WHERE user_name = $1",
                                          Parameters().Add(name)));
    if (before.row_count() == 0) return NoSuchUser(name);
    Parameters values;
    values.Add(name).Add(now);
    change.role ? values.Add(ToString(*change.role)) : values.AddNull();
    change.is_disabled ? values.Add(*change.is_disabled) : values.AddNull();
    change.password ? values.Add(hash) : values.AddNull();
    EVX_ASSIGN_OR_RETURN(const Result updated,
                         connection.Query("UPDATE gateway.users SET update_time_ns = $2,"
                                          " role = coalesce($3, role),"
                                          " is_disabled = coalesce($4::boolean, is_disabled),"
                                          " password_hash = coalesce($5, password_hash)"
                                          " WHERE user_name = $1 RETURNING " EVX_USER_COLUMNS,
                                          values));
    EVX_ASSIGN_OR_RETURN(const Result admins,
                         connection.Query("SELECT count(*) FROM gateway.users"
                                          " WHERE role = 'admin' AND NOT is_disabled"));
    if (before.Bool(0, 0) && admins.Integer(0, 0) == 0) {
      return FailedPrecondition("user " + std::string(name) +
                                " is the last administrator: make another one first");
    }
    // What lets in must not outlive what it was given for.
    if (change.is_disabled.value_or(false) || change.password) {
      EVX_RETURN_IF_ERROR(connection
                              .Query("DELETE FROM gateway.links WHERE user_id = $1",
                                     Parameters().Add(updated.Integer(0, 0).value_or(0)))
                              .status());
    }
    EVX_RETURN_IF_ERROR(transaction.Commit());
    return UserOf(updated, 0);
  }));
}

absl::StatusOr<User> Users::Find(std::string_view name) {
  return Named(pool_.Run([&](Connection& connection) -> absl::StatusOr<User> {
    EVX_ASSIGN_OR_RETURN(
        const Result found,
        connection.Query("SELECT " EVX_USER_COLUMNS " FROM gateway.users WHERE user_name = $1",
                         Parameters().Add(name)));
    if (found.row_count() == 0) return NoSuchUser(name);
    return UserOf(found, 0);
  }));
}

absl::StatusOr<std::vector<User>> Users::List(std::string_view after, int limit) {
  return Named(pool_.Run([&](Connection& connection) -> absl::StatusOr<std::vector<User>> {
    EVX_ASSIGN_OR_RETURN(const Result found,
                         connection.Query("SELECT " EVX_USER_COLUMNS
                                          " FROM gateway.users WHERE user_name COLLATE \"C\" > $1"
                                          " ORDER BY user_name COLLATE \"C\" LIMIT $2",
                                          Parameters().Add(after).Add(limit)));
    std::vector<User> users;
    for (int row = 0; row < found.row_count(); ++row) users.push_back(UserOf(found, row));
    return users;
  }));
}

absl::StatusOr<User> Users::Authenticate(std::string_view name, std::string_view password) {
  struct Row {
    std::optional<User> user;
    std::string hash;
  };
  Row row;
  // A name that cannot be one goes the same way as one that is not there.
  if (CheckUserName(name).ok()) {
    EVX_ASSIGN_OR_RETURN(
        row, Named(pool_.Run([&](Connection& connection) -> absl::StatusOr<Row> {
          EVX_ASSIGN_OR_RETURN(
              const Result found,
              connection.Query("SELECT " EVX_USER_COLUMNS ", password_hash FROM gateway.users"
                               " WHERE user_name = $1",
                               Parameters().Add(name)));
          if (found.row_count() == 0) return Row();
          return Row{UserOf(found, 0), std::string(found.Text(0, 7))};
        })));
  }
  const bool is_right = hasher_.Verify(password, row.hash);
  if (!is_right || !row.user || row.user->is_disabled) return WrongPassword();
  return *std::move(row.user);
}

// --- Links --------------------------------------------------------------------------------------

absl::StatusOr<std::string> Users::IssueLink(std::int64_t user_id, absl::Duration time_to_live) {
  const Timestamp now = clock_.Now();
  std::string token = RandomHex(kLinkTokenSize / 2);
  Parameters values;
  values.Add(Sha256Hex(token)).Add(user_id).Add(now.nanos());
  values.Add((now + time_to_live).nanos()).Add(kLinksPerUserMax);
  const auto insert = [&](Connection& connection) -> absl::StatusOr<Result> {
    EVX_RETURN_IF_ERROR(connection
                            .Query("DELETE FROM gateway.links WHERE expire_time_ns <= $1",
                                   Parameters().Add(now.nanos()))
                            .status());
    EVX_ASSIGN_OR_RETURN(
        Result inserted,
        connection.Query(
            "INSERT INTO gateway.links (token_hash, user_id, create_time_ns, expire_time_ns)"
            " SELECT $1, $2::bigint, $3::bigint, $4::bigint"
            " WHERE (SELECT count(*) FROM gateway.links WHERE user_id = $2::bigint) < $5"
            " RETURNING user_id",
            values));
    if (inserted.row_count() > 0) return inserted;
    return ResourceExhausted("the user has " + std::to_string(kLinksPerUserMax) +
                             " links that were not used, which is the most");
  };
  EVX_RETURN_IF_ERROR(Named(pool_.Run(insert)).status());
  return token;
}

absl::StatusOr<User> Users::UserOfLink(std::string_view sql, std::string_view token) {
  if (token.size() != kLinkTokenSize) return BadLink();
  const auto read = [&](Connection& connection) -> absl::StatusOr<std::optional<User>> {
    EVX_ASSIGN_OR_RETURN(
        const Result found,
        connection.Query(sql, Parameters().Add(Sha256Hex(token)).Add(clock_.Now().nanos())));
    return found.row_count() == 0 ? std::nullopt : std::optional<User>(UserOf(found, 0));
  };
  EVX_ASSIGN_OR_RETURN(const std::optional<User> user, Named(pool_.Run(read)));
  if (!user || user->is_disabled) return BadLink();
  return *user;
}

absl::StatusOr<User> Users::RedeemLink(std::string_view token) {
  return UserOfLink(
      "WITH used AS (DELETE FROM gateway.links"
      " WHERE token_hash = $1 AND expire_time_ns > $2 RETURNING user_id)"
      " SELECT " EVX_USER_COLUMNS " FROM gateway.users WHERE user_id = (SELECT user_id FROM used)",
      token);
}

absl::StatusOr<User> Users::PeekLink(std::string_view token) {
  return UserOfLink("SELECT " EVX_USER_COLUMNS
                    " FROM gateway.users WHERE user_id = (SELECT user_id FROM gateway.links"
                    " WHERE token_hash = $1 AND expire_time_ns > $2)",
                    token);
}

}  // namespace evx::gateway
