#pragma once

#include <span>
#include <vector>

#include "evx/venue/commands.h"
#include "exchange_state.h"

namespace evx::venue {

// Orders: placing, changing, canceling and what follows from it - fills, positions, order groups
// that trigger. Sees to it that matching, ledger and order store agree about every resting order.
class OrderDesk {
 public:
  OrderDesk(ExchangeState& state, Turn& turn) : state_(state), turn_(turn) {}

  Refused Apply(const CreateOrder& command);
  Refused Apply(const CancelOrder& command);
  Refused Apply(const CancelAllOrders& command);
  Refused Apply(const AmendOrder& command);
  Refused Apply(const DecreaseOrder& command);

  // Exchange::Prefetch for the two commands that busy venues are made of.
  void Prefetch(const CreateOrder& command, Exchange::PrefetchStage stage) const;
  void Prefetch(const CancelOrder& command, Exchange::PrefetchStage stage) const;

  // Cancels every order of a market; one BookCleared stands for the levels.
  void CancelMarket(const MarketRecord& market, CancelReason reason);
  void CancelGroup(const OrderGroups::Group& group);
  // Cancels the orders that asked for it when a pause begins, in order of id.
  void CancelOnPause();
  // Cancels the orders that expire at or before `time`.
  void ExpireUpTo(Timestamp time);
  // Marks the group and cancels its orders.
  void Trigger(OrderGroupId id, OrderGroups::Group& group);

 private:
  // An incoming order on its way through the checks of CreateOrder.
  struct Entry {
    AccountRecord* account = nullptr;
    ledger::SubaccountIndex subaccount;
    const MarketRecord* market = nullptr;
    OrderGroups::Group* group = nullptr;
    matching::Tick tick = 0;
    Price price;
    Quantity quantity;  // What matching may fill: less than asked when only reducing.
    Hash128 client_key;
  };
  // A resting order that a command names, with its market.
  struct Target {
    AccountRecord* account = nullptr;
    OrderSlot slot = kNoSlot;
    const MarketRecord* market = nullptr;
  };
  struct AmendTerms {
    matching::Tick tick = 0;
    Price price;
    Quantity remaining;
    Timestamp expiration;
    bool is_new_client_order_id = false;
    Hash128 client_key;
  };

  Refused CheckPauses() const;
  Refused CheckAccount(AccountId id, AccountRecord*& account) const;
  Refused CheckWho(const CreateOrder& command, Entry& entry) const;
  Refused CheckTerms(const CreateOrder& command, Entry& entry) const;
  Refused CheckLimits(const CreateOrder& command, Entry& entry);
  Refused FindTarget(AccountId account, std::int8_t subaccount, OrderId order_id, Target& target);
  Refused CheckAmend(const AmendOrder& command, const Target& target, AmendTerms& terms);

  void Accept(const CreateOrder& command, const Entry& entry);
  // Accepted and gone at once: the streams see both, the caller is told by the result.
  void AcceptAndCancel(const CreateOrder& command, const Entry& entry, CancelReason reason);
  void Finish(const CreateOrder& command, const Entry& entry, const matching::Execution& execution,
              OrderRecord& record);
  void Rest(const CreateOrder& command, const Entry& entry, const matching::Execution& execution,
            OrderRecord& record);

  // Carries out what matching found: fills and resting orders that self-trade prevention took.
  void Trade(const MarketRecord& market, std::span<const matching::MatchStep> steps,
             OrderRecord& taker);
  void Fill(const MarketRecord& market, const matching::MatchStep& step, OrderRecord& maker,
            OrderRecord& taker, const ledger::FeeTerms& fees);
  void EmitFill(const OrderRecord& order, ledger::PositionIndex position, bool is_taker,
                Price price, Quantity quantity, Money fee);
  void CountInGroup(const OrderRecord& order, Quantity quantity);
  void TriggerGroups();

  // Cancels a resting order in matching, ledger and store.
  void CancelResting(OrderSlot slot, CancelReason reason, bool emit_book = true);
  // The rest of that, for an order that matching already took off its book.
  void Retire(OrderSlot slot, CancelReason reason);
  void EmitCanceled(const OrderRecord& order, Quantity quantity, CancelReason reason);
  void EmitLevel(const OrderRecord& order, matching::Tick tick, Price price, Quantity delta);
  // Drops the record of an order that left the book.
  void Forget(OrderSlot slot);

  MarketRecord& MarketOf(MarketId id) const { return *state_.catalogue.Find(id); }
  OrderGroups::Group* GroupOf(const OrderRecord& order) {
    if (order.order_group == 0) return nullptr;
    return state_.order_groups.Find(OrderGroupId(order.order_group));
  }

  ExchangeState& state_;
  Turn& turn_;
  std::vector<OrderGroupId> groups_to_trigger_;
  std::vector<OrderSlot> slots_;
};

}  // namespace evx::venue
