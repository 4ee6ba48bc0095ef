#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "access/authenticator.h"
#include "evx/core/text_map.h"
#include "evx/fix/order_messages.h"
#include "evx/fix/other_messages.h"
#include "evx/fix/session.h"
#include "evx/fix/session_store.h"
#include "evx/net/stream_server.h"
#include "evx/venue/commands.h"
#include "exchange/exchange_context.h"
#include "exchange/record.h"
#include "fix/fix_feed.h"
#include "fix/fix_orders.h"

// What the parts of the FIX door share. Everything here belongs to the FIX thread, but for what
// comes back from the sequencer.

namespace evx::mock_kalshi {

// A session of one API key: a connection, or what is kept of KalshiRT and KalshiPT between two.
struct FixSession {
  std::string key_id;
  fix::SessionKind kind = fix::SessionKind::kOrderEntry;
  Principal principal;
  AuditMeta meta;
  fix::LogonFlags flags;
  absl::Duration retention;
  std::unique_ptr<fix::SessionStore> store;
  fix::Session* connection = nullptr;  // Null: not connected.
  net::StreamServer::ConnectionId connection_id = 0;
  // Commands that the exchange has not answered, by their numbers: the oldest is what a client
  // must send again if the exchange dies now.
  std::multiset<std::uint64_t> under_way;
  bool is_paused = false;
  // Messages about orders that are not accepted yet, by their ClOrdID; run once they are.
  TextMap<std::vector<std::string>> waiting;
  std::size_t waiting_count = 0;
  Timestamp last_mass_cancel;
  // Event resend requests of this second.
  std::int64_t resend_second = 0;
  int resend_count = 0;

  bool is_order_entry() const {
    return kind == fix::SessionKind::kOrderEntry ||
           kind == fix::SessionKind::kOrderEntryRetransmission;
  }
  fix::PriceUnit unit() const {
    return flags.use_dollars ? fix::PriceUnit::kDollars : fix::PriceUnit::kCents;
  }
};

// An execution report before it is written for a receiver.
struct FixReport {
  fix::ExecId id;
  bool is_pending = false;  // Its ExecID is "-1;-1".
  std::string owner;
  char exec_type = fix::exec_type::kNew;
  char ord_status = fix::ord_status::kNew;
  std::string order_id;
  std::string cl_ord_id;
  std::string orig_cl_ord_id;
  std::string symbol;
  SubaccountNumber subaccount = 0;
  BookSide side = BookSide::kBid;
  Quantity original;
  Quantity filled;
  Quantity leaves;
  std::int64_t average_price_micros = 0;
  std::int64_t price_micros = 0;
  std::optional<fix::TimeInForce> time_in_force;
  Timestamp expire_time;
  Timestamp time;
  std::string_view text;  // Static.
  std::optional<int> reject_reason;
  // A trade.
  std::string trade_id;  // Empty: none.
  Price last_price;
  Quantity last_quantity;
  Quantity position_after;
  Money fee;
  Money balance_change;
  Money netting_return;     // $1 for each pair that the trade closed.
  Money collateral_return;  // What an exclusive event gave back.
  bool is_aggressor = false;
  // What a receiver's flags decide: a cancel that may be called Expired; the last trade of an
  // immediate order that is filled in part, and the cancel of its rest.
  bool is_expiry = false;
  bool ends_immediate_order = false;
  bool is_immediate_rest = false;
};
// Whether a session with these flags is told of it at all.
bool IsShownTo(const FixReport& report, const fix::LogonFlags& flags);
void Encode(const FixReport& report, const fix::LogonFlags& flags, fix::BodyWriter& out);
// The fields that are the order's own.
FixReport ReportOf(const FixOrder& order, std::string_view symbol);
// "20260805": the Eastern day.
std::string FixBusinessDate(Timestamp time);

// A command of a FIX session that the exchange has not answered.
struct FixRequest {
  enum class Kind : std::uint8_t { kCreate, kCancel, kReplace, kGroup, kSilent };
  Kind kind = Kind::kSilent;
  std::string key_id;
  std::string type;  // MsgType.
  std::uint64_t sequence_number = 0;
  bool is_repeated = false;
  std::string cl_ord_id;
  std::string orig_cl_ord_id;
  OrderId order_id;
  FixReport report;  // kCreate: of the order as asked for.
  fix::OrderGroupAction group_action = fix::OrderGroupAction::kCreate;
  std::string group_id;
  std::optional<Quantity> group_limit;
  std::optional<std::int64_t> alloc_account;
};

class FixHub {
 public:
  // Commands of one session under way; more wait in its connection.
  static constexpr std::size_t kUnderWayMax = 1'024;
  // Messages of one session that wait for an order to be accepted.
  static constexpr std::size_t kWaitingMax = 1'024;
  static constexpr int kResendsPerSecondMax = 10;
  static constexpr std::size_t kDropCopyReportCountMax = 20'000;
  static constexpr absl::Duration kDropCopyPeriod = absl::Hours(3);

  struct Account {
    AccountId account;
    FixOrders orders;
    SequenceNumber through;  // Of the last record that orders contains.
    std::deque<std::shared_ptr<const FixReport>> reports;
    SequenceNumber reports_from;  // Reports of records before it are not there.
  };

  FixHub(const ExchangeContext& exchange, FixFeed& records)
      : context(exchange), feed(records), last_record(exchange.sequencer.released()) {}

  // Loads it at the first call.
  Account& GetAccount(AccountId account);
  // Null for an account without FIX sessions.
  Account* FindAccount(AccountId account);

  FixSession* FindSession(std::string_view key_id);
  // A connected session's message goes out; KalshiRT and KalshiPT keep it for later if need be.
  void Deliver(FixSession& session, std::string_view type, const fix::BodyWriter& body);
  // To the session of its owner and every listener of the account, as each wants it.
  void DeliverReport(AccountId account, const FixReport& report);

  // Any known market; 0: none.
  MarketId FindMarket(std::string_view ticker);
  const std::string& TickerOf(MarketId market);

  // Submits for a session. What the sequencer refuses at once is returned; then nothing is under
  // way. `request.kind` says what the record will be answered with.
  absl::Status Submit(FixSession& session, FixRequest request, venue::Command command);
  // A message that is under way without being a command yet; Submit and its record do the same.
  void BeginWork(FixSession& session, std::uint64_t sequence_number);
  static void EndWork(FixSession& session, std::uint64_t sequence_number);
  // Without a session: cancels of one that is gone.
  absl::Status SubmitSilently(const AuditMeta& meta, venue::Command command);
  // The request behind a record of this door; nothing when it was silent or of an earlier run.
  std::optional<FixRequest> TakeRequest(std::uint64_t request_id);

  // Requests that did not become records (the journal refused or failed), since the last call.
  struct Failure {
    FixRequest request;
    absl::Status status;
  };
  std::vector<Failure> TakeFailures();

  // Keys of order entry whose orders shall leave the book, with what to submit in their name.
  struct Cancellation {
    std::string owner;
    AccountId account;
    AuditMeta meta;
    std::deque<OrderId> orders;
  };
  void CancelOrdersOf(const FixSession& session);
  void PumpCancellations();

  const ExchangeContext& context;
  FixFeed& feed;
  net::StreamServer* server = nullptr;
  Timestamp now;  // Wall time of this turn.
  // The newest whose reports are out; the sequencer may not have said yet that it is released.
  SequenceNumber last_record;
  std::map<std::string, std::unique_ptr<FixSession>, std::less<>> sessions;
  absl::flat_hash_map<AccountId, std::unique_ptr<Account>> accounts;
  std::deque<Cancellation> cancellations;
  // Keys whose orders leave the book because their session is gone: also those still under way.
  std::map<std::string, AuditMeta, std::less<>> gone;

 private:
  // Silent commands under way at a time.
  static constexpr std::size_t kSilentMax = 256;

  absl::Status SubmitRequest(FixRequest request, AuditMeta meta, venue::Command command);

  absl::flat_hash_map<std::uint64_t, FixRequest> requests_;  // By AuditMeta::request_id.
  std::size_t silent_count_ = 0;
  TextMap<MarketId> markets_;
  absl::flat_hash_map<MarketId, std::string> tickers_;
  std::mutex failed_mutex_;
  std::vector<std::pair<std::uint64_t, absl::Status>> failed_;  // Guarded by failed_mutex_.
};

}  // namespace evx::mock_kalshi
