#include "evx/ledger/position.h"

namespace evx::ledger {

Money MarkedValue(const Position& position, Price yes_price) {
  return yes_price * position.yes_quantity() + yes_price.Complement() * position.no_quantity();
}

Money UnrealizedPnl(const Position& position, Price yes_price) {
  return MarkedValue(position, yes_price) - position.cost;
}

}  // namespace evx::ledger
