#include "evx/venue/exchange.h"

#include <algorithm>

#include "account_desk.h"
#include "evx/core/check.h"
#include "evx/core/hash.h"
#include "exchange_state.h"
#include "group_desk.h"
#include "market_desk.h"
#include "order_desk.h"
#include "snapshot.h"

namespace evx::venue {

// The state and the desks that change it.
class Exchange::Impl {
 public:
  explicit Impl(const Options& options)
      : state(options),
        turn(state),
        orders(state, turn),
        groups(state, turn, orders),
        accounts(state, turn),
        markets(state, turn, orders) {
    if (options.position_count_reserved > 0) {
      state.ledger.ReserveRows(options.position_count_reserved);
    }
    state.client_order_ids.Reserve(options.client_order_id_count_reserved);
  }

  Refused Apply(const AdvanceTime&) { return std::nullopt; }
  Refused Apply(const ContinueEvents&) { return std::nullopt; }
  Refused Apply(const SetExchangeStatus& command) { return markets.Apply(command); }
  Refused Apply(const SetSchedule& command) { return markets.Apply(command); }
  Refused Apply(const OpenAccount& command) { return accounts.Apply(command); }
  Refused Apply(const UpdateAccount& command) { return accounts.Apply(command); }
  Refused Apply(const OpenSubaccount& command) { return accounts.Apply(command); }
  Refused Apply(const RegisterKey& command) { return accounts.Apply(command); }
  Refused Apply(const RevokeKey& command) { return accounts.Apply(command); }
  Refused Apply(const Deposit& command) { return accounts.Apply(command); }
  Refused Apply(const Withdraw& command) { return accounts.Apply(command); }
  Refused Apply(const TransferFunds& command) { return accounts.Apply(command); }
  Refused Apply(const SetNetting& command) { return accounts.Apply(command); }
  Refused Apply(const SetTargetBalanceAllocation& command) { return accounts.Apply(command); }
  Refused Apply(const CreateOrder& command) { return orders.Apply(command); }
  Refused Apply(const CancelOrder& command) { return orders.Apply(command); }
  Refused Apply(const CancelAllOrders& command) { return orders.Apply(command); }
  Refused Apply(const AmendOrder& command) { return orders.Apply(command); }
  Refused Apply(const DecreaseOrder& command) { return orders.Apply(command); }
  Refused Apply(const CreateOrderGroup& command) { return groups.Apply(command); }
  Refused Apply(const UpdateOrderGroupLimit& command) { return groups.Apply(command); }
  Refused Apply(const ResetOrderGroup& command) { return groups.Apply(command); }
  Refused Apply(const TriggerOrderGroup& command) { return groups.Apply(command); }
  Refused Apply(const DeleteOrderGroup& command) { return groups.Apply(command); }
  Refused Apply(const PutSeries& command) { return markets.Apply(command); }
  Refused Apply(const PutEvent& command) { return markets.Apply(command); }
  Refused Apply(const PutMarket& command) { return markets.Apply(command); }
  Refused Apply(const ScheduleFeeChange& command) { return markets.Apply(command); }
  Refused Apply(const ChangePriceGrid& command) { return markets.Apply(command); }
  Refused Apply(const ActivateMarket& command) { return markets.Apply(command); }
  Refused Apply(const DeactivateMarket& command) { return markets.Apply(command); }
  Refused Apply(const SetMarketCloseTime& command) { return markets.Apply(command); }
  Refused Apply(const DetermineMarket& command) { return markets.Apply(command); }
  Refused Apply(const DisputeMarket& command) { return markets.Apply(command); }
  Refused Apply(const SettleMarket& command) { return markets.Apply(command); }
  Refused Apply(const BustTrade& command) { return markets.Apply(command); }

  ExchangeState state;
  Turn turn;
  OrderDesk orders;
  GroupDesk groups;
  AccountDesk accounts;
  MarketDesk markets;
};

Exchange::Exchange(Options options) : impl_(std::make_unique<Impl>(options)) {}
Exchange::~Exchange() = default;

CommandResult Exchange::Apply(const Command& command, SequenceNumber sequence_number,
                              Timestamp time, EventBuffer& events) {
  ExchangeState& state = impl_->state;
  Turn& turn = impl_->turn;
  EVX_CHECK(sequence_number.value() == state.sequence_number.value() + 1);
  state.sequence_number = sequence_number;
  turn.Begin(events);
  if (std::holds_alternative<ContinueEvents>(command)) return turn.result;
  impl_->markets.Advance(std::max(time, state.time));
  const Refused refused = std::visit([this](const auto& c) { return impl_->Apply(c); }, command);
  if (refused) {
    turn.result.reject = *refused;
    turn.Emit(CommandRejected{.reason = *refused});
  }
  turn.EmitBalances();
  state.client_order_ids.Sweep();
  return turn.result;
}

void Exchange::Prefetch(const Command& command, PrefetchStage stage) const {
  if (const auto* create = std::get_if<CreateOrder>(&command)) {
    impl_->orders.Prefetch(*create, stage);
  } else if (const auto* cancel = std::get_if<CancelOrder>(&command)) {
    impl_->orders.Prefetch(*cancel, stage);
  }
}

SequenceNumber Exchange::sequence_number() const { return impl_->state.sequence_number; }
Timestamp Exchange::time() const { return impl_->state.time; }
Schedule Exchange::schedule() const { return impl_->state.schedule; }

std::optional<Timestamp> Exchange::NextTimer() const {
  const std::optional<Timestamp> timer = impl_->state.timers.Next();
  const std::optional<Timestamp> expiration = impl_->state.engine.NextExpiration();
  if (!timer) return expiration;
  return expiration ? std::min(*timer, *expiration) : *timer;
}

std::optional<Quantity> Exchange::QueuePosition(OrderId order_id) const {
  return impl_->state.engine.QueuePosition(order_id);
}

void Exchange::Save(const std::function<void(std::string_view)>& sink) const {
  SaveState(impl_->state, sink);
}

absl::Status Exchange::Load(const std::function<std::size_t(char*, std::size_t)>& source) {
  EVX_RETURN_IF_ERROR(LoadState(source, impl_->state));
  impl_->markets.ResumeTimers();
  return absl::OkStatus();
}

std::uint64_t Exchange::StateHash() const {
  Xxh64Stream hash;
  Save([&hash](std::string_view bytes) { hash.Update(bytes); });
  return hash.Digest();
}

void Exchange::Describe(EventBuffer& events, const std::function<void()>& flush) const {
  DescribeState(impl_->state, events, flush);
}

absl::Status Exchange::CheckInvariants() const { return CheckState(impl_->state); }

std::size_t Exchange::memory_bytes() const {
  const ExchangeState& state = impl_->state;
  return state.engine.memory_bytes() + state.ledger.memory_bytes() +
         state.orders.memory_bytes(state.engine.slot_capacity()) +
         state.client_order_ids.memory_bytes();
}

}  // namespace evx::venue
