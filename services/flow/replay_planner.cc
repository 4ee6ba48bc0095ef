#include "replay_planner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "evx/core/check.h"

namespace evx::flow {

using Kind = PlannedCommand::Kind;

// The plan of one millisecond, step by step on the simulated book.
class ReplayPlanner::Millis {
 public:
  explicit Millis(ReplayPlanner& planner)
      : planner_(planner),
        best_bid_before_(Best(BookSide::kBid)),
        best_ask_before_(Best(BookSide::kAsk)) {}

  // `changes`: what each level gains or loses without trades.
  void Run(const std::map<LevelKey, std::int64_t>& changes, std::vector<TradeFrame> trades) {
    for (const auto& [level, change] : changes) {
      if (change < 0) Reduce(level, -change);
      if (change > 0) adds_.emplace(level, change);
    }
    trades_ = std::move(trades);
    PlaceWhatFits();
    while (!trades_.empty()) {
      const std::size_t index = NextTrade();
      const TradeFrame trade = trades_[index];
      MakeWay(trade);
      trades_.erase(trades_.begin() + static_cast<std::ptrdiff_t>(index));
      Take(trade);
      PlaceWhatFits();
    }
    planner_.counters_.unplaced_count += static_cast<std::int64_t>(adds_.size());
  }

  std::vector<PlannedCommand> commands() && { return std::move(commands_); }

 private:
  std::map<std::int64_t, Queue>& Side(BookSide side) {
    return side == BookSide::kBid ? planner_.bids_ : planner_.asks_;
  }
  std::optional<std::int64_t> Best(BookSide side) {
    auto& levels = Side(side);
    if (levels.empty()) return std::nullopt;
    return side == BookSide::kBid ? levels.rbegin()->first : levels.begin()->first;
  }
  static bool IsBetter(BookSide side, std::int64_t price, std::int64_t than) {
    return side == BookSide::kBid ? price > than : price < than;
  }
  // A resting order there would match an order at `opposite`.
  static bool Crosses(const LevelKey& level, std::optional<std::int64_t> opposite) {
    return opposite && !IsBetter(Opposite(level.side), level.price_micros, *opposite);
  }

  // A take has to be over before anything else; takes of one side are one account's, in order.
  void Emit(Kind kind, std::int64_t handle, const LevelKey& level, std::int64_t quantity) {
    if (!commands_.empty()) {
      const PlannedCommand& last = commands_.back();
      const bool is_take = kind == Kind::kTake;
      const bool was_take = last.kind == Kind::kTake;
      if (is_take != was_take || (is_take && last.level.side != level.side)) NewEpoch();
    }
    // An order is known to the exchange's clients only once it has been answered.
    const bool names_order = kind == Kind::kCancel || kind == Kind::kDecrease;
    if (names_order && handle >= first_handle_of_epoch_) NewEpoch();
    commands_.push_back({kind, handle, level, quantity, epoch_});
  }
  // From here on nothing may overtake what was planned so far.
  void NewEpoch() {
    if (!commands_.empty() && commands_.back().epoch == epoch_) ++epoch_;
    first_handle_of_epoch_ = planner_.next_handle_;
  }

  void Rest(const LevelKey& level, std::int64_t quantity) {
    // What cleared the way may still be under way on another stream.
    const auto before = level.side == BookSide::kBid ? best_ask_before_ : best_bid_before_;
    if (epoch_ == 0 && Crosses(level, before)) NewEpoch();
    const std::int64_t handle = planner_.next_handle_++;
    Side(level.side)[level.price_micros].push_back({handle, quantity});
    Emit(Kind::kRest, handle, level, quantity);
  }

  // The youngest order of the same size, else from the youngest on.
  void Reduce(const LevelKey& level, std::int64_t quantity) {
    Queue& queue = Side(level.side)[level.price_micros];
    const auto exact = std::find_if(queue.rbegin(), queue.rend(), [quantity](const auto& order) {
      return order.quantity == quantity;
    });
    if (exact != queue.rend()) {
      Emit(Kind::kCancel, exact->handle, level, 0);
      queue.erase(std::next(exact).base());
      quantity = 0;
    }
    while (quantity > 0 && !queue.empty()) {
      RestingOrder& last = queue.back();
      if (last.quantity <= quantity) {
        quantity -= last.quantity;
        Emit(Kind::kCancel, last.handle, level, 0);
        queue.pop_back();
      } else {
        last.quantity -= quantity;
        quantity = 0;
        Emit(Kind::kDecrease, last.handle, level, last.quantity);
      }
    }
    if (queue.empty()) Side(level.side).erase(level.price_micros);
  }

  // Increases that do not cross, and do not stand before a trade that is still to come.
  void PlaceWhatFits() {
    for (auto add = adds_.begin(); add != adds_.end();) {
      const auto& [level, quantity] = *add;
      const bool in_the_way =
          std::any_of(trades_.begin(), trades_.end(), [&level = level](const TradeFrame& trade) {
            return Opposite(trade.taker_side) == level.side &&
                   IsBetter(level.side, level.price_micros, trade.price_micros);
          });
      const bool wanted =
          std::any_of(trades_.begin(), trades_.end(), [&level = level](const TradeFrame& trade) {
            return Opposite(trade.taker_side) == level.side &&
                   level.price_micros == trade.price_micros;
          });
      if (Crosses(level, Best(Opposite(level.side))) || (in_the_way && !wanted)) {
        ++add;
        continue;
      }
      Rest(level, quantity);
      add = adds_.erase(add);
    }
  }

  std::int64_t QuantityAt(const LevelKey& level) {
    const auto& levels = Side(level.side);
    const auto found = levels.find(level.price_micros);
    if (found == levels.end()) return 0;
    std::int64_t total = 0;
    for (const RestingOrder& order : found->second) total += order.quantity;
    return total;
  }

  // The first trade that can happen as the book stands; the first of all when none can.
  std::size_t NextTrade() {
    for (std::size_t i = 0; i < trades_.size(); ++i) {
      const LevelKey maker{Opposite(trades_[i].taker_side), trades_[i].price_micros};
      if (Best(maker.side) == maker.price_micros &&
          QuantityAt(maker) >= trades_[i].quantity_centis) {
        return i;
      }
    }
    return 0;
  }

  // Takes every order of the level out; it comes back as an increase after the trades.
  void SetAside(const LevelKey& level) {
    auto& levels = Side(level.side);
    const auto found = levels.find(level.price_micros);
    for (const RestingOrder& order : found->second) {
      Emit(Kind::kCancel, order.handle, level, 0);
      adds_[level] += order.quantity;
    }
    levels.erase(found);
  }

  void MakeWay(const TradeFrame& trade) {
    const LevelKey maker{Opposite(trade.taker_side), trade.price_micros};
    bool forced = false;
    for (auto best = Best(maker.side); best && IsBetter(maker.side, *best, maker.price_micros);
         best = Best(maker.side)) {
      SetAside({maker.side, *best});
      forced = true;
    }
    const std::int64_t missing = trade.quantity_centis - QuantityAt(maker);
    if (missing > 0) {
      // The increase that the trade needs would cross: what it crosses comes back later.
      for (auto best = Best(trade.taker_side); best && Crosses(maker, best);
           best = Best(trade.taker_side)) {
        SetAside({trade.taker_side, *best});
        forced = true;
      }
      NewEpoch();
      const auto add = adds_.find(maker);
      const std::int64_t planned = add == adds_.end() ? 0 : add->second;
      if (add != adds_.end()) adds_.erase(add);
      if (planned < missing) ++planner_.counters_.missing_quantity_count;
      Rest(maker, std::max(planned, missing));
    }
    if (forced) ++planner_.counters_.forced_trade_count;
    GiveOneMaker(maker, trade.quantity_centis);
  }

  // Orders the level so that its front order holds the whole trade.
  void GiveOneMaker(const LevelKey& maker, std::int64_t quantity) {
    Queue& queue = Side(maker.side)[maker.price_micros];
    if (queue.front().quantity >= quantity) return;
    const auto fit = std::find_if(queue.begin(), queue.end(), [quantity](const auto& order) {
      return order.quantity >= quantity;
    });
    const Queue ahead(queue.begin(), fit);
    queue.erase(queue.begin(), fit);
    std::int64_t left = 0;
    for (const RestingOrder& order : ahead) {
      Emit(Kind::kCancel, order.handle, maker, 0);
      left += order.quantity;
      ++planner_.counters_.replaced_order_count;
    }
    if (!queue.empty()) {
      for (const RestingOrder& order : ahead) Rest(maker, order.quantity);
      return;
    }
    Rest(maker, quantity);
    if (left > quantity) Rest(maker, left - quantity);
  }

  void Take(const TradeFrame& trade) {
    const LevelKey maker{Opposite(trade.taker_side), trade.price_micros};
    Emit(Kind::kTake, 0, {trade.taker_side, trade.price_micros}, trade.quantity_centis);
    Queue& queue = Side(maker.side)[maker.price_micros];
    RestingOrder& front = queue.front();
    EVX_CHECK(front.quantity >= trade.quantity_centis);
    front.quantity -= trade.quantity_centis;
    if (front.quantity == 0) queue.erase(queue.begin());
    if (queue.empty()) Side(maker.side).erase(maker.price_micros);
  }

  ReplayPlanner& planner_;
  const std::optional<std::int64_t> best_bid_before_;
  const std::optional<std::int64_t> best_ask_before_;
  int epoch_ = 0;
  std::int64_t first_handle_of_epoch_ = planner_.next_handle_;
  std::map<LevelKey, std::int64_t> adds_;
  std::vector<TradeFrame> trades_;
  std::vector<PlannedCommand> commands_;
};

std::vector<PlannedCommand> ReplayPlanner::Plan(const Millisecond& millisecond) {
  std::map<LevelKey, std::int64_t> changes;
  if (millisecond.is_resync) {
    if (started_) ++counters_.resync_count;
    started_ = true;
    for (const auto& [level, quantity] : recorded_) changes[level] -= quantity;
    recorded_.clear();
    for (const auto& [level, quantity] : millisecond.snapshot.levels) {
      changes[level] += quantity;
      recorded_[level] += quantity;
    }
  }
  for (const DeltaFrame& delta : millisecond.deltas) {
    changes[delta.level] += delta.delta_centis;
    const auto level = recorded_.try_emplace(delta.level).first;
    level->second += delta.delta_centis;
    if (level->second == 0) recorded_.erase(level);
  }
  for (const TradeFrame& trade : millisecond.trades) {
    changes[{Opposite(trade.taker_side), trade.price_micros}] += trade.quantity_centis;
  }
  Millis plan(*this);
  plan.Run(changes, millisecond.trades);
  return std::move(plan).commands();
}

std::vector<PlannedCommand> ReplayPlanner::PlanCancelAll() const {
  std::vector<PlannedCommand> commands;
  const auto add = [&commands](BookSide side, const std::map<std::int64_t, Queue>& levels) {
    for (const auto& [price, queue] : levels) {
      for (const RestingOrder& order : queue) {
        commands.push_back({Kind::kCancel, order.handle, {side, price}, 0, 0});
      }
    }
  };
  add(BookSide::kBid, bids_);
  add(BookSide::kAsk, asks_);
  return commands;
}

}  // namespace evx::flow
