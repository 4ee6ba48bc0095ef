#include "group_desk.h"

namespace evx::venue {
namespace {

// Order records keep the id in four bytes.
constexpr OrderGroupId::Value kOrderGroupIdMax = 0xffff'ffff;

bool IsValidLimit(Quantity limit) {
  return limit >= OrderGroups::kLimitMin && limit <= OrderGroups::kLimitMax;
}

}  // namespace

Refused GroupDesk::CheckAccount(AccountId id) const {
  if (!state_.exchange_active) return RejectReason::kExchangePaused;
  const AccountRecord* const account = state_.accounts.Find(id);
  if (account == nullptr) return RejectReason::kUnknownAccount;
  if (account->disabled) return RejectReason::kAccountDisabled;
  return std::nullopt;
}

Refused GroupDesk::FindGroup(AccountId account, OrderGroupId id, OrderGroups::Group*& group) {
  if (Refused refused = CheckAccount(account)) return refused;
  group = state_.order_groups.Find(id);
  if (group == nullptr || group->account != account) return RejectReason::kUnknownOrderGroup;
  turn_.result.order_group = id;
  return std::nullopt;
}

Refused GroupDesk::Apply(const CreateOrderGroup& command) {
  if (Refused refused = CheckAccount(command.account)) return refused;
  if (!state_.ledger.FindSubaccount(command.account, command.subaccount)) {
    return RejectReason::kUnknownSubaccount;
  }
  AccountRecord& account = *state_.accounts.Find(command.account);
  if (account.order_group_count >= state_.options.order_group_count_per_account_max ||
      state_.last_order_group_id.value() >= kOrderGroupIdMax) {
    return RejectReason::kOrderGroupCountAtMax;
  }
  if (!IsValidLimit(command.limit)) return RejectReason::kInvalidLimit;
  const OrderGroupId id(state_.last_order_group_id.value() + 1);
  state_.last_order_group_id = id;
  OrderGroups::Group& group = state_.order_groups.Add(id);
  group.account = command.account;
  group.subaccount = command.subaccount;
  group.limit = command.limit;
  ++account.order_group_count;
  turn_.result.order_group = id;
  turn_.Emit(OrderGroupCreated{.order_group = id,
                               .account = command.account,
                               .subaccount = command.subaccount,
                               .limit = command.limit});
  return std::nullopt;
}

Refused GroupDesk::Apply(const UpdateOrderGroupLimit& command) {
  OrderGroups::Group* group = nullptr;
  if (Refused refused = FindGroup(command.account, command.order_group, group)) return refused;
  if (!IsValidLimit(command.limit)) return RejectReason::kInvalidLimit;
  group->limit = command.limit;
  turn_.Emit(OrderGroupLimitUpdated{
      .order_group = command.order_group, .account = command.account, .limit = command.limit});
  OrderGroups::Expire(*group, state_.time);
  if (!group->triggered && group->sum > group->limit) {
    orders_.Trigger(command.order_group, *group);
  }
  return std::nullopt;
}

Refused GroupDesk::Apply(const ResetOrderGroup& command) {
  OrderGroups::Group* group = nullptr;
  if (Refused refused = FindGroup(command.account, command.order_group, group)) return refused;
  group->triggered = false;
  group->sum = Quantity();
  group->window.clear();
  turn_.Emit(OrderGroupReset{.order_group = command.order_group, .account = command.account});
  return std::nullopt;
}

Refused GroupDesk::Apply(const TriggerOrderGroup& command) {
  OrderGroups::Group* group = nullptr;
  if (Refused refused = FindGroup(command.account, command.order_group, group)) return refused;
  if (!group->triggered) orders_.Trigger(command.order_group, *group);
  return std::nullopt;
}

Refused GroupDesk::Apply(const DeleteOrderGroup& command) {
  OrderGroups::Group* group = nullptr;
  if (Refused refused = FindGroup(command.account, command.order_group, group)) return refused;
  orders_.CancelGroup(*group);
  state_.order_groups.Remove(command.order_group);
  --state_.accounts.Find(command.account)->order_group_count;
  turn_.Emit(OrderGroupDeleted{.order_group = command.order_group, .account = command.account});
  return std::nullopt;
}

}  // namespace evx::venue
