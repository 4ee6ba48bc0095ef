#include "evx/ledger/order_reserve.h"

namespace evx::ledger {

void Save(const OrderReserve& order, ByteWriter& writer) {
  writer.Put(order.position);
  writer.Put(order.limit());
  writer.U8(static_cast<std::uint8_t>(order.side));
  writer.Put(order.open);
  writer.Put(order.fee_hold);
  writer.Put(order.rounding);
  writer.Put(order.taker_fees);
  writer.Put(order.maker_fees);
  writer.Put(order.taker_cost);
  writer.Put(order.maker_cost);
}

OrderReserve LoadOrderReserve(ByteReader& reader) {
  OrderReserve order;
  reader.Get(order.position);
  order.limit_micros = static_cast<std::uint32_t>(reader.Get<Price>().micros());
  order.side = reader.Enum(BookSide::kAsk);
  reader.Get(order.open);
  reader.Get(order.fee_hold);
  reader.Get(order.rounding);
  reader.Get(order.taker_fees);
  reader.Get(order.maker_fees);
  reader.Get(order.taker_cost);
  reader.Get(order.maker_cost);
  return order;
}

}  // namespace evx::ledger
