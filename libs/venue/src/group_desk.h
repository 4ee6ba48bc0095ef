#pragma once

#include "evx/venue/commands.h"
#include "exchange_state.h"
#include "order_desk.h"

namespace evx::venue {

// Order groups as their owners handle them; what matches do to them is OrderDesk's.
class GroupDesk {
 public:
  GroupDesk(ExchangeState& state, Turn& turn, OrderDesk& orders)
      : state_(state), turn_(turn), orders_(orders) {}

  Refused Apply(const CreateOrderGroup& command);
  Refused Apply(const UpdateOrderGroupLimit& command);
  Refused Apply(const ResetOrderGroup& command);
  Refused Apply(const TriggerOrderGroup& command);
  Refused Apply(const DeleteOrderGroup& command);

 private:
  Refused CheckAccount(AccountId account) const;
  Refused FindGroup(AccountId account, OrderGroupId id, OrderGroups::Group*& group);

  ExchangeState& state_;
  Turn& turn_;
  OrderDesk& orders_;
};

}  // namespace evx::venue
