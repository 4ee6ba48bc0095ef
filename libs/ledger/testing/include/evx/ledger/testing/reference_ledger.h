#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "evx/ledger/ledger.h"

namespace evx::ledger::testing {

// The ledger's rules written down a second time, slow and obvious: maps, plain integers, and
// everything (holds, returned collateral, pools) computed anew from orders and positions whenever
// it is asked for, in YES terms as the venue's documents state them. For comparison in tests.
class ReferenceLedger {
 public:
  using Micros = std::int64_t;
  using Centis = std::int64_t;
  using Account = std::pair<std::uint32_t, int>;        // Account id, subaccount number.
  using Rates = std::pair<std::int64_t, std::int64_t>;  // Taker, maker: coefficient * 1e10.

  struct Order {
    Account owner;
    std::uint32_t market = 0;
    bool is_bid = true;
    Micros limit = 0;
    Centis open = 0;
    Micros fee_hold = 0;
    Micros accumulator = 0;
  };
  struct Row {
    Centis net = 0;
    Micros cost = 0;
    Micros realized = 0;
    Micros fees = 0;
    Micros traded = 0;
  };
  struct FillResult {
    Micros revenue = 0;
    Micros returned = 0;
    Micros fee = 0;
    Micros realized = 0;
  };

  static constexpr Micros kDollar = 1'000'000;

  // --- What follows from the state ---------------------------------------------------------------

  static Micros Value(Micros price, Centis quantity) { return price / 100 * quantity; }
  static Micros Face(Centis quantity) { return 10'000 * quantity; }

  // ceil(coefficient * contracts * P * (1 - P) dollars to the micro-dollar).
  static Micros ModelFee(std::int64_t rate, Micros price, Centis quantity) {
    __int128 numerator = rate;             // / 1e10
    numerator *= quantity;                 // / 1e2
    numerator *= price / 100;              // / 1e4
    numerator *= (kDollar - price) / 100;  // / 1e4, times 1e6
    __int128 denominator = 1;
    for (int i = 0; i < 10 + 2 + 4 + 4 - 6; ++i) denominator *= 10;
    __int128 quotient = numerator / denominator;
    if (quotient * denominator < numerator) ++quotient;
    return static_cast<Micros>(quotient);
  }
  static Micros Floor(Micros amount, Micros unit) {
    Micros result = amount / unit * unit;
    if (result > amount) result -= unit;
    return result;
  }
  static Micros Ceil(Micros amount, Micros unit) { return -Floor(-amount, unit); }

  Centis Net(Account owner, std::uint32_t market) const {
    const auto row = rows.find({owner, market});
    return row == rows.end() ? 0 : row->second.net;
  }
  bool Netted(Account owner, std::uint32_t market) const {
    return netting.count(owner) != 0 && exclusive.count(event_of.at(market)) != 0;
  }

  Micros Hold(Account owner, std::uint32_t market) const {
    Centis bid_quantity = 0, ask_quantity = 0;
    Micros bid_cost = 0, ask_proceeds = 0, bid_fees = 0, ask_fees = 0;
    for (const auto& [id, order] : orders) {
      if (order.owner != owner || order.market != market) continue;
      if (order.is_bid) {
        bid_quantity += order.open;
        bid_cost += Value(order.limit, order.open);
        bid_fees += order.fee_hold;
      } else {
        ask_quantity += order.open;
        ask_proceeds += Value(order.limit, order.open);
        ask_fees += order.fee_hold;
      }
    }
    const Centis net = Net(owner, market);
    const Centis yes = std::max<Centis>(0, net);
    const Centis no = Netted(owner, market) ? 0 : std::max<Centis>(0, -net);
    const Micros asks = std::max<Micros>(
        0, Face(std::max<Centis>(0, ask_quantity - yes)) - ask_proceeds + ask_fees);
    const Micros bids = std::max<Micros>(0, bid_cost + bid_fees - Face(std::min(bid_quantity, no)));
    return asks + bids;
  }
  Micros Hold(Account owner) const {
    Micros sum = 0;
    for (const auto& [market, event] : event_of) sum += Hold(owner, market);
    return sum;
  }
  Micros Available(Account owner) const { return cash.at(owner) - Hold(owner); }

  // Sum of the NO positions less the largest, which is at risk but for the value already settled.
  Micros Returned(Account owner, std::uint32_t event) const {
    if (netting.count(owner) == 0 || exclusive.count(event) == 0) return 0;
    Centis sum = 0, largest = 0;
    for (const auto& [market, of] : event_of) {
      if (of != event) continue;
      const Centis no = std::max<Centis>(0, -Net(owner, market));
      sum += no;
      largest = std::max(largest, no);
    }
    return Face(sum) - Value(kDollar - settled_value[event], largest);
  }
  Micros Returned(Account owner) const {
    Micros sum = 0;
    for (const std::uint32_t event : exclusive) sum += Returned(owner, event);
    return sum;
  }

  // --- Operations; false or nothing: refused, nothing changed
  // -------------------------------------

  Micros FeeHold(Account owner, const Order& order, std::int64_t rate) const {
    return Ceil(ModelFee(rate, order.limit, order.open), unit.at(owner.first));
  }
  bool Place(std::uint64_t id, Order order, std::int64_t rate) {
    order.fee_hold = FeeHold(order.owner, order, rate);
    orders[id] = order;
    if (Available(order.owner) >= 0) return true;
    orders.erase(id);
    return false;
  }
  void Rest(std::uint64_t id, std::int64_t maker_rate) {
    Order& order = orders.at(id);
    order.fee_hold = std::min(order.fee_hold, FeeHold(order.owner, order, maker_rate));
  }
  bool Amend(std::uint64_t id, Micros limit, Centis open, std::int64_t rate) {
    const Order before = orders.at(id);
    Order& order = orders.at(id);
    order.limit = limit;
    order.open = open;
    order.fee_hold = FeeHold(order.owner, order, rate);
    if (Available(order.owner) >= 0) return true;
    order = before;
    return false;
  }
  void Reduce(std::uint64_t id, Centis quantity) {
    Order& order = orders.at(id);
    order.fee_hold -=
        static_cast<Micros>(static_cast<__int128>(order.fee_hold) * quantity / order.open);
    order.open -= quantity;
    if (order.open == 0) orders.erase(id);
  }

  FillResult ApplyFill(std::uint64_t id, Micros price, Centis quantity, std::int64_t rate) {
    const Account owner = orders.at(id).owner;
    const std::uint32_t market = orders.at(id).market;
    const bool is_bid = orders.at(id).is_bid;
    Micros accumulator = orders.at(id).accumulator;
    Reduce(id, quantity);

    FillResult result = MovePosition(owner, market, is_bid, price, quantity);
    const Micros balance = cash.at(owner) + result.revenue + result.returned;
    const Micros room = balance - Hold(owner);
    const Micros u = unit.at(owner.first);
    const Micros trade_fee = ModelFee(rate, price, quantity);
    const Micros rounding = balance - trade_fee - Floor(balance - trade_fee, u);
    Micros rebate = Floor(std::min(accumulator + rounding, trade_fee + rounding), u);
    Micros charged_rounding = rounding;
    result.fee = trade_fee + rounding - rebate;
    if (result.fee > room) {
      rebate = 0;
      result.fee = std::min(trade_fee + rounding, room);
      charged_rounding = std::max<Micros>(0, result.fee - trade_fee);
    }
    accumulator += charged_rounding - rebate;
    if (orders.count(id) != 0) orders.at(id).accumulator = accumulator;
    cash[owner] = balance - result.fee;
    fees += result.fee;
    rows[{owner, market}].fees += result.fee;
    return result;
  }

  bool SetNetting(Account owner, bool on) {
    const Micros before = Returned(owner);
    const bool was = netting.count(owner) != 0;
    on ? void(netting.insert(owner)) : void(netting.erase(owner));
    const Micros change = Returned(owner) - before;
    cash[owner] += change;
    if (Available(owner) >= 0) return true;
    cash[owner] -= change;
    was ? void(netting.insert(owner)) : void(netting.erase(owner));
    return false;
  }

  // Orders of the market must be gone.
  bool Settle(std::uint32_t market, Micros value) {
    const std::uint32_t event = event_of.at(market);
    if (exclusive.count(event) != 0 && settled_value[event] + value > kDollar) return false;
    std::map<Account, Micros> returned;
    for (const auto& [owner, amount] : cash) returned[owner] = Returned(owner);
    std::map<Account, bool> touched;
    for (auto& [owner, amount] : cash) {
      const Centis net = Net(owner, market);
      amount += net > 0 ? Value(value, net) : Value(kDollar - value, -net);
      touched[owner] = rows.erase({owner, market}) != 0;
    }
    if (exclusive.count(event) != 0) settled_value[event] += value;
    for (auto& [owner, amount] : cash) {
      amount += Returned(owner) - returned[owner];
      if (!touched[owner] || value == 0 || value == kDollar) continue;
      const Micros fee =
          std::min(amount - Floor(amount, unit.at(owner.first)), amount - Hold(owner));
      amount -= fee;
      fees += fee;
    }
    event_of.erase(market);
    return true;
  }

  bool Bust(std::uint32_t market, Micros price, Centis quantity, Account buyer, Micros buyer_fee,
            Account seller, Micros seller_fee) {
    const ReferenceLedger before = *this;
    ReverseSide(buyer, market, false, price, quantity, buyer_fee);
    ReverseSide(seller, market, true, price, quantity, seller_fee);
    if (Available(buyer) >= 0 && Available(seller) >= 0) return true;
    *this = before;
    return false;
  }

  std::map<Account, Micros> cash;
  std::map<std::uint32_t, Micros> unit;  // By account.
  std::set<Account> netting;
  std::map<std::uint32_t, std::uint32_t> event_of;  // Unsettled markets.
  std::set<std::uint32_t> exclusive;                // Events.
  mutable std::map<std::uint32_t, Micros> settled_value;
  std::map<std::uint64_t, Order> orders;
  std::map<std::pair<Account, std::uint32_t>, Row> rows;
  Micros fees = 0;

 private:
  void ReverseSide(Account owner, std::uint32_t market, bool is_bid, Micros price, Centis quantity,
                   Micros fee) {
    const FillResult move = MovePosition(owner, market, is_bid, price, quantity);
    cash[owner] += move.revenue + move.returned + fee;
    fees -= fee;
    rows[{owner, market}].fees -= fee;
  }

  // A bid pays P and gets back $1 for each NO it closes; an ask receives P and pays $1 for each NO
  // it opens.
  FillResult MovePosition(Account owner, std::uint32_t market, bool is_bid, Micros price,
                          Centis quantity) {
    FillResult result;
    const Micros returned_before = Returned(owner, event_of.at(market));
    Row& row = rows[{owner, market}];
    const Centis held = is_bid ? std::max<Centis>(0, -row.net) : std::max<Centis>(0, row.net);
    const Centis closed = std::min(held, quantity);
    const Centis opened = quantity - closed;
    const Micros own_price = is_bid ? price : kDollar - price;
    if (is_bid) {
      result.revenue = -Value(price, quantity) + Face(closed);
    } else {
      result.revenue = Value(price, quantity) - Face(opened);
    }
    if (closed > 0) {
      const Micros share = static_cast<Micros>(static_cast<__int128>(row.cost) * closed / held);
      result.realized = Value(kDollar - own_price, closed) - share;
      row.cost -= share;
      row.realized += result.realized;
    }
    row.cost += Value(own_price, opened);
    row.traded += Value(own_price, opened);
    row.net += is_bid ? quantity : -quantity;
    result.returned = Returned(owner, event_of.at(market)) - returned_before;
    return result;
  }
};

}  // namespace evx::ledger::testing
