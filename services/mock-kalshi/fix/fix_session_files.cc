#include "fix/fix_session_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "evx/core/decimal.h"
#include "evx/core/status.h"
#include "evx/fix/tags.h"
#include "evx/telemetry/log.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::uint8_t kSessionNote = 0;
constexpr std::uint8_t kCursorNote = 1;

bool IsFileName(std::string_view key_id) {
  return !key_id.empty() && std::all_of(key_id.begin(), key_id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// "logon-nanos kind account subaccount scopes retention-hours flags", all numbers.
constexpr int kFlagCount = 10;

std::vector<bool*> FlagsOf(fix::LogonFlags& flags) {
  return {&flags.cancel_orders_on_disconnect,  &flags.listener_session,
          &flags.receive_settlement_reports,   &flags.use_dollars,
          &flags.enable_ioc_cancel_report,     &flags.preserve_original_order_qty,
          &flags.skip_pending_exec_reports,    &flags.use_expired_ord_status,
          &flags.always_emit_new_before_trade, &flags.split_collateral_return};
}

}  // namespace

bool FixSessionFiles::Any(const std::string& data_dir) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(data_dir + "/fix", error);
  return !error && entries != std::filesystem::directory_iterator();
}

absl::StatusOr<std::unique_ptr<FixSessionFiles>> FixSessionFiles::Open(
    const std::string& data_dir) {
  std::string directory = data_dir + "/fix";
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return Unavailable("cannot make " + directory + ": " + error.message());
  return std::unique_ptr<FixSessionFiles>(new FixSessionFiles(std::move(directory)));
}

absl::StatusOr<std::unique_ptr<fix::SessionStore>> FixSessionFiles::OpenStore(
    std::string_view key_id, fix::SessionKind kind) const {
  if (!IsFileName(key_id)) return InvalidArgument("the key id cannot name a file");
  return fix::SessionStore::Open(directory_ + "/" + std::string(key_id) + "." +
                                 std::string(fix::CompIdOf(kind)));
}

std::vector<std::unique_ptr<FixSession>> FixSessionFiles::LoadAll() const {
  std::map<std::string, std::pair<std::int64_t, std::unique_ptr<FixSession>>> newest;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string key_id = entry.path().stem().string();
    const std::string kind_name = entry.path().extension().string();
    auto session = std::make_unique<FixSession>();
    session->key_id = key_id;
    if (kind_name == ".KalshiRT") {
      session->kind = fix::SessionKind::kOrderEntryRetransmission;
    } else if (kind_name == ".KalshiPT") {
      session->kind = fix::SessionKind::kPostTrade;
    } else {
      continue;
    }
    auto store = OpenStore(key_id, session->kind);
    if (!store.ok()) {
      telemetry::Log(telemetry::LogLevel::kWarning, "FIX session file passed over.",
                     {{"status", store.status()}});
      continue;
    }
    session->store = *std::move(store);
    std::istringstream note(session->store->note(kSessionNote));
    std::int64_t logon_time = 0;
    std::uint32_t account = 0;
    std::int64_t hours = 0;
    std::uint32_t flags = 0;
    if (!(note >> logon_time >> account >> hours >> flags)) continue;
    session->principal.account = AccountId(account);
    session->principal.key_id = venue::UuidText(key_id);
    session->retention = absl::Hours(hours);
    const std::vector<bool*> all = FlagsOf(session->flags);
    for (std::size_t i = 0; i < all.size(); ++i) *all[i] = (flags >> i & 1) != 0;
    auto& slot = newest[key_id];
    if (slot.second == nullptr || slot.first < logon_time) slot = {logon_time, std::move(session)};
  }
  std::vector<std::unique_ptr<FixSession>> sessions;
  for (auto& [key_id, found] : newest) sessions.push_back(std::move(found.second));
  return sessions;
}

void WriteSessionNote(FixSession& session, Timestamp logon_time) {
  static_assert(kFlagCount <= 32);
  std::uint32_t flags = 0;
  const std::vector<bool*> all = FlagsOf(session.flags);
  for (std::size_t i = 0; i < all.size(); ++i) flags |= (*all[i] ? 1U : 0U) << i;
  std::ostringstream note;
  note << logon_time.nanos() << ' ' << session.principal.account.value() << ' '
       << absl::ToInt64Hours(session.retention) << ' ' << flags;
  session.store->SetNote(kSessionNote, note.str());
}

void WriteCursorNote(FixSession& session, SequenceNumber cursor) {
  session.store->SetNote(kCursorNote, std::to_string(cursor.value()));
}

SequenceNumber CursorOf(const FixSession& session) {
  const std::string& note = session.store->note(kCursorNote);
  std::uint64_t value = 0;
  std::from_chars(note.data(), note.data() + note.size(), value);
  return SequenceNumber(value);
}

FixOrders OrdersOfReports(const FixSession& session, FixHub& hub) {
  FixOrders orders;
  const int cents = session.flags.use_dollars ? 6 : 4;
  for (const fix::SessionStore::StoredMessage& stored : session.store->messages()) {
    fix::Message message;
    if (stored.type != fix::msg_type::kExecutionReport || !message.Parse(stored.body)) continue;
    const auto id = hub.context.wire_ids.DecodeOrder(message.Get(fix::tag::kOrderId));
    if (!id) continue;
    const auto decimal = [&message](int tag, int scale) {
      return ParseDecimal(message.Get(tag), scale).value_or(0);
    };
    venue::OrderAccepted event;
    event.order_id = *id;
    event.account = session.principal.account;
    event.market = hub.FindMarket(message.Get(fix::tag::kSymbol));
    event.side = message.Get(fix::tag::kSide) == "1" ? BookSide::kBid : BookSide::kAsk;
    event.subaccount = static_cast<SubaccountNumber>(decimal(fix::tag::kAllocAccount, 0));
    event.client_order_id = venue::ClientOrderId(message.Get(fix::tag::kClOrdId).substr(0, 64));
    event.quantity = Quantity::FromCentis(decimal(fix::tag::kOrderQty, 2));
    const std::int64_t price = decimal(fix::tag::kPrice, cents);
    if (!event.market || !Price::IsValid(price)) continue;
    event.price = Price::FromMicros(price);
    const std::string_view tif = message.Get(fix::tag::kTimeInForce);
    if (tif == "3") event.time_in_force = venue::TimeInForce::kImmediateOrCancel;
    if (tif == "4") event.time_in_force = venue::TimeInForce::kFillOrKill;
    if (const auto expire = fix::ParseUtcTimestamp(message.Get(fix::tag::kExpireTime))) {
      event.expiration = *expire;
    }
    FixOrder& order = orders.Add(event, hub.context.wire_ids);
    order.filled = Quantity::FromCentis(decimal(fix::tag::kCumQty, 2));
    order.remaining = Quantity::FromCentis(decimal(fix::tag::kLeavesQty, 2));
    order.fill_value =
        Money::FromMicros(decimal(fix::tag::kAvgPx, cents) / 100 * order.filled.centis());
    // A listener's reports are of orders of every door; the account is what matters to it.
    if (!session.flags.listener_session) order.owner = session.key_id;
  }
  return orders;
}

}  // namespace evx::mock_kalshi
