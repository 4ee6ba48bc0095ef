#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "accounts.h"
#include "catalogue.h"
#include "client_order_ids.h"
#include "evx/ledger/ledger.h"
#include "evx/matching/matching_engine.h"
#include "evx/venue/exchange.h"
#include "order_groups.h"
#include "order_store.h"
#include "timers.h"

namespace evx::venue {

// Everything the exchange knows. The desks change it, one command at a time.
struct ExchangeState {
  explicit ExchangeState(const Exchange::Options& exchange_options)
      : options(exchange_options),
        engine({.book_count_max = options.market_count_max,
                .order_count_max = options.order_count_max}),
        orders(options.order_count_max) {}

  const Exchange::Options options;

  SequenceNumber sequence_number;
  // Of the command, or of the timer being served on the way to it.
  Timestamp time;
  // Of the command, as its record has it: what a follower of the events takes for the time of all
  // of them. Not saved.
  Timestamp command_time;
  OrderId last_order_id;
  TradeId last_trade_id;
  OrderGroupId last_order_group_id;
  TransferId last_transfer_id;
  std::uint64_t last_fee_change_id = 0;

  bool exchange_active = true;
  bool trading_enabled = true;  // As the operator set it.
  bool in_maintenance = false;  // As the schedule has it.
  Schedule schedule = Schedule::kAlways;
  Timestamp schedule_timer;  // Not saved.

  matching::MatchingEngine engine;
  ledger::Ledger ledger;
  Catalogue catalogue;
  Accounts accounts;
  OrderStore orders;
  OrderGroups order_groups;
  ClientOrderIds client_order_ids;
  Timers timers;
  // Books of finalized markets, for new ones.
  std::vector<matching::BookIndex> free_books;
  // Busted trades of markets that are not finalized.
  std::map<TradeId, MarketId> busted_trades;
  std::uint32_t cancel_on_pause_count = 0;  // Resting orders with that flag.

  bool trading_active() const { return trading_enabled && !in_maintenance; }
  ledger::FeeTerms FeesOf(const MarketRecord& market) const {
    return time < market.definition.fee_waiver_expiration ? ledger::FeeTerms::Free()
                                                          : market.fee_terms;
  }
};

// One command under way: where its events go and what it answers. Reused from command to command.
class Turn {
 public:
  explicit Turn(ExchangeState& state) : state_(state) {}

  void Begin(EventBuffer& events) {
    events_ = &events;
    result = CommandResult();
    ++number_;
  }

  template <class E>
  void Emit(const E& event) {
    events_->Add(event);
  }
  void EmitPosition(const ledger::Position& position);
  // Emits what the ledger posted, and forgets it.
  void EmitPostings();
  void EmitPosting(const ledger::Posting& posting);
  // The subaccount gets a BalanceChanged at the end.
  void Touch(ledger::SubaccountIndex subaccount);
  void EmitBalances();

  CommandResult result;
  std::vector<ledger::Posting> postings;  // The ledger's to fill.

 private:
  ExchangeState& state_;
  EventBuffer* events_ = nullptr;
  std::uint64_t number_ = 0;
  std::vector<ledger::SubaccountIndex> touched_;
  // By subaccount: the turn that touched it last.
  std::vector<std::uint64_t> touched_in_;
};

// What a desk answers to a command: nothing, or why it is refused. A refusal changed nothing and
// emitted nothing; Exchange::Apply emits CommandRejected for it.
using Refused = std::optional<RejectReason>;

}  // namespace evx::venue
