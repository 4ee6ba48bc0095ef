#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/venue/codec.h"
#include "evx/venue/commands.h"
#include "evx/venue/events.h"
#include "evx/venue/reject_reason.h"

namespace evx::venue {

// What the door needs for its reply, so that it does not have to read the events. Fields that the
// command does not concern stay zero.
struct CommandResult {
  std::optional<RejectReason> reject;
  AccountId account;                // OpenAccount.
  SubaccountNumber subaccount = 0;  // OpenSubaccount.
  OrderId order_id;  // Create; kDuplicateClientOrderId: the first order with that id.
  OrderGroupId order_group;
  TransferId transfer;
  SeriesId series;
  EventId event;
  MarketId market;
  ClientOrderId client_order_id;           // Of the order concerned, after the command.
  Quantity filled;                         // By this command.
  Quantity remaining;                      // Resting after it.
  Quantity reduced_by;                     // Cancel, decrease; amend (below 0: rests more).
  Money fill_cost;                         // Sum of YES price x quantity over this command's fills.
  Money fees;                              // Of the incoming order's fills by this command.
  std::uint32_t canceled_order_count = 0;  // CancelAllOrders.
};

// The exchange as a pure state machine: catalogue, lifecycle, accounts, orders and order groups
// over one matching engine and one ledger.
//
// Apply(command) at a time gives events and a new state; the same commands at the same times give
// byte-identical events and an equal state hash on every machine. It reads no clock: time is the
// command's, never goes back, and moves every timer (open, close, expiry, settlement, fee changes)
// before the command itself is applied. One writer; nothing here is thread-safe.
class Exchange {
 public:
  struct Options {
    std::uint32_t market_count_max = 100'000;
    std::uint32_t order_count_max = 20'000'000;
    std::uint32_t account_count_max = 1'000'000;
    std::uint32_t open_order_count_per_account_max = 200'000;
    std::uint32_t order_group_count_per_account_max = 100'000;
    // Rows of positions (account, market) whose memory is taken at the start, some 170 bytes each.
    std::uint32_t position_count_reserved = 0;
    // Client order ids whose memory is taken at the start, 36 to 48 bytes each.
    std::uint32_t client_order_id_count_reserved = 0;
  };

  explicit Exchange(Options options);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Applies one command at `time` and appends its events to `events`. `sequence_number` rises by
  // one per command. A time before the last one counts as the last one.
  CommandResult Apply(const Command& command, SequenceNumber sequence_number, Timestamp time,
                      EventBuffer& events);

  // For a caller that knows its next commands: starts to load what Apply will read, so that the
  // cache misses of several commands overlap. Worth a fifth of the time of a batch when each stage
  // is called in turn, about six, four and two commands ahead. Changes nothing.
  enum class PrefetchStage : std::uint8_t { kPlaces, kRecords, kRows };
  void Prefetch(const Command& command, PrefetchStage stage) const;

  SequenceNumber sequence_number() const;
  Timestamp time() const;
  Schedule schedule() const;
  // The next instant at which a timer is due, so that the caller can send AdvanceTime then.
  std::optional<Timestamp> NextTimer() const;

  // Quantity ahead of a live order at its level; nothing when it is not resting.
  std::optional<Quantity> QueuePosition(OrderId order_id) const;

  // Writes the complete state, in an order that depends on the state alone. `sink` is called with
  // pieces of bounded size.
  void Save(const std::function<void(std::string_view)>& sink) const;
  // Replaces the state of a new exchange; `source` fills the buffer and returns the bytes read.
  absl::Status Load(const std::function<std::size_t(char*, std::size_t)>& source);
  // XXH64 over what Save writes.
  std::uint64_t StateHash() const;
  // Walks the live state as the events that would build it (accounts, keys, catalogue, resting
  // orders, positions, balances): the start of a read model after Load.
  void Describe(EventBuffer& events, const std::function<void()>& flush) const;

  // Money is conserved and no account is below zero; FailedPrecondition names the first breach.
  absl::Status CheckInvariants() const;
  std::size_t memory_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Calls Prefetch for the commands behind `position` of a batch of `count`; command_at(i) gives one.
// To be called before the command at `position` is applied.
template <class CommandAt>
void PrefetchAhead(const Exchange& exchange, std::size_t count, std::size_t position,
                   CommandAt&& command_at) {
  using Stage = Exchange::PrefetchStage;
  constexpr std::pair<std::size_t, Stage> kStages[] = {
      {6, Stage::kPlaces}, {4, Stage::kRecords}, {2, Stage::kRows}};
  for (const auto& [ahead, stage] : kStages) {
    if (position + ahead < count) exchange.Prefetch(command_at(position + ahead), stage);
  }
}

}  // namespace evx::venue
