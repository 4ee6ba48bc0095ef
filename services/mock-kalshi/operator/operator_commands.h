#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/terms.h"
#include "evx/venue/commands.h"
#include "exchange/exchange_clock.h"
#include "exchange/exchange_context.h"

// What the operator can do, in the words of no door. Both doors (REST and gRPC) only fill in one of
// these structs; ToCommand turns it into the exchange's command, or into an error that names the
// field, its value and the limit. A member that is not set keeps what is there, or is the default
// of what is new. The exchange checks again, against the state in which the command arrives; what
// it refuses then is put into words by ExplainRefusal.
//
// Thread-safe; a look-up or two in the read model each.

namespace evx::mock_kalshi {

// The first account of every exchange; its keys open the operator API, and no other.
inline constexpr AccountId kOperatorAccount{1};

// --- Catalogue ----------------------------------------------------------------------------------

// Terms of fees; a multiplier of 1,000,000 is 1.0.
struct FeeEdit {
  std::optional<venue::FeeType> fee_type;
  std::optional<std::int64_t> multiplier_millionths;
  bool empty() const { return !fee_type && !multiplier_millionths; }
};

struct SeriesEdit {
  std::string ticker;
  FeeEdit fees;
  std::optional<std::string> facts_json;
};

struct EventEdit {
  std::string ticker;
  std::optional<std::string> series_ticker;  // Needed by a new one.
  std::optional<bool> mutually_exclusive;
  std::optional<bool> collateral_return;
  FeeEdit fee_override;
  std::optional<std::string> facts_json;
};

struct MarketEdit {
  std::string ticker;
  std::optional<std::string> event_ticker;           // Needed by a new one.
  std::optional<std::string> price_level_structure;  // A new one: linear_cent.
  std::optional<Timestamp> open_time;                // A new one: now.
  std::optional<Timestamp> close_time;               // Needed by a new one.
  std::optional<std::int64_t> settlement_timer_seconds;
  std::optional<bool> can_close_early;
  std::optional<Timestamp> fee_waiver_expiration;
  std::optional<std::string> facts_json;
};

// Of a series or of an event: exactly one ticker is set.
struct FeeChange {
  std::string series_ticker;
  std::string event_ticker;
  FeeEdit fees;
  bool clear_override = false;              // Events only.
  std::optional<Timestamp> effective_time;  // Not set: now.
};

struct PriceGridEdit {
  std::string market_ticker;
  std::string price_level_structure;
};

kalshi::Decoded<venue::Command> ToCommand(const SeriesEdit& edit, const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const EventEdit& edit, const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const MarketEdit& edit, const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const FeeChange& edit, const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const PriceGridEdit& edit,
                                          const ExchangeContext& context);

// --- Life of a market ---------------------------------------------------------------------------

enum class MarketStep : std::uint8_t { kActivate, kDeactivate, kClose, kDispute, kSettle };

struct MarketMove {
  std::string market_ticker;
  MarketStep step = MarketStep::kActivate;
};

struct CloseTimeEdit {
  std::string market_ticker;
  Timestamp close_time;  // In the past: now.
};

enum class MarketOutcome : std::uint8_t { kYes, kNo, kScalar, kVoid };

// A void market is paid at one price like a scalar one, so that cash is conserved whatever was
// traded: at the value given, else at the last trade, else at $0.50. Its venue result is `scalar`.
struct Determination {
  std::string market_ticker;
  MarketOutcome outcome = MarketOutcome::kYes;
  std::optional<Price> settlement_value;  // Needed by kScalar, optional for kVoid.
  std::string expiration_value;           // The observed fact, for people; kVoid: "void".
};

// The exchange keeps no history, so the facts of the trade are looked up there.
struct TradeBust {
  std::string trade_id;
};

kalshi::Decoded<venue::Command> ToCommand(const MarketMove& move, const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const CloseTimeEdit& edit,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const Determination& determination,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const TradeBust& bust, const ExchangeContext& context);

// --- Accounts -----------------------------------------------------------------------------------

// By exactly one of these. Names need not be unique: the oldest account with the name is meant.
struct AccountName {
  std::optional<std::uint32_t> number;
  std::string name;
  std::string key_id;
  // A number, or else a name.
  static AccountName FromText(std::string_view text);
};

// Nothing when there is no such account.
std::optional<AccountId> FindAccount(const ReadModel::State& state, const AccountName& name);

struct NewAccount {
  std::string name;
  venue::UsageTier tier = venue::UsageTier::kBasic;
  std::int64_t balance_unit_micros = 100;  // Or 10,000.
};

struct AccountEdit {
  AccountName account;
  std::optional<venue::UsageTier> tier;
  std::optional<bool> disabled;
};

struct NewKey {
  AccountName account;
  std::string key_id;  // Empty: one is made.
  std::string name;
  std::string public_key;  // PEM; empty: a pair is made and the private half handed out once.
  std::optional<kalshi::ApiKeyType> key_type;  // Of that pair; not set: Ed25519.
  std::vector<kalshi::ApiKeyScope> scopes;     // None: read and write.
  std::int64_t subaccount = -1;                // Locked to this one; -1: not locked.
};
struct KeyRegistration {
  venue::RegisterKey command;
  std::string private_key_pem;  // Empty when the public key was given.
};

struct KeyRevocation {
  AccountName account;
  std::string key_id;
};

enum class FundsDirection : std::uint8_t { kDeposit, kWithdraw };

struct FundsMove {
  AccountName account;
  FundsDirection direction = FundsDirection::kDeposit;
  std::int64_t subaccount = 0;
  Money amount;
};

struct MassCancel {
  AccountName account;
  std::optional<std::int64_t> subaccount;  // Not set: all.
  std::string market_ticker;               // Empty: all.
};

kalshi::Decoded<venue::Command> ToCommand(const NewAccount& account,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const AccountEdit& edit, const ExchangeContext& context);
kalshi::Decoded<KeyRegistration> ToRegistration(const NewKey& key, const ExchangeContext& context);
// `caller_key_id` signs the request and may not revoke itself.
kalshi::Decoded<venue::Command> ToCommand(const KeyRevocation& revocation,
                                          std::string_view caller_key_id,
                                          const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const FundsMove& move, const ExchangeContext& context);
kalshi::Decoded<venue::Command> ToCommand(const MassCancel& cancel, const ExchangeContext& context);

// --- The exchange -------------------------------------------------------------------------------

struct StatusEdit {
  std::optional<bool> exchange_active;
  std::optional<bool> trading_active;
};
kalshi::Decoded<venue::Command> ToCommand(const StatusEdit& edit, const ExchangeContext& context);

// At most one of advance_to and advance_by.
struct ClockEdit {
  std::optional<Timestamp> advance_to;
  std::optional<absl::Duration> advance_by;
  std::optional<std::int64_t> speed_thousandths;  // 0 .. 1,000,000
};
// Moves the virtual clock at once; the timers that came due run before anything that is queued
// afterwards, whether commands are accepted or not.
std::optional<kalshi::Error> MoveClock(const ClockEdit& edit, ExchangeClock& clock,
                                       Sequencer& sequencer);

struct ClockNow {
  Timestamp exchange_time;
  SequenceNumber sequence_number;  // Of the last command, timers included.
};
// Calls `done` on the release thread once every timer up to the present exchange time has been
// applied and is durable. Unavailable when the journal takes no timers: no space on disk.
absl::Status AskClock(Sequencer& sequencer, const ExchangeClock& clock,
                      absl::AnyInvocable<void(const absl::StatusOr<ClockNow>&)> done);

// --- Refusals -----------------------------------------------------------------------------------

// Why the exchange refused an operator's command, naming the thing, its value and the limit; empty
// where the reason alone says it all. `state` is the one the refusal left.
std::string ExplainRefusal(const venue::Command& command, venue::RejectReason reason,
                           const ReadModel::State& state);

}  // namespace evx::mock_kalshi
