#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/testing/seed.h"
#include "evx/ledger/ledger.h"
#include "evx/ledger/testing/reference_ledger.h"

// Random operations on the ledger, on the reference ledger and, where nothing breaks the symmetry
// of YES and NO, on a mirrored ledger; everything is compared after every operation.

namespace evx::ledger {
namespace {

using testing::ReferenceLedger;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kOperationCount = 100'000;
#else
constexpr int kOperationCount = 1'000'000;
#endif
constexpr int kOperationsPerUniverse = 4'000;
constexpr int kAccountCount = 4;
constexpr int kMarketCount = 7;
constexpr int kOpenOrderCountMax = 60;
constexpr int kOperationsPerReload = 500;

struct LiveOrder {
  std::uint64_t id = 0;
  SubaccountIndex owner;
  std::uint32_t market = 0;
  OrderReserve reserve;
  OrderReserve mirrored;
};

struct PastTrade {
  std::uint32_t market = 0;
  Price price;
  Quantity quantity;
  SubaccountIndex buyer;
  SubaccountIndex seller;
  Money buyer_fee;
  Money seller_fee;
};

Price Mirror(Price price) { return price.Complement(); }

// One ledger with its shadows, from empty to thousands of operations later.
class Universe {
 public:
  Universe(std::uint64_t seed, bool mirrored) : random_(seed), ledger_(std::make_unique<Ledger>()) {
    if (mirrored) mirror_ = std::make_unique<Ledger>();
    // Event 1 is exclusive where mirroring allows it; event 2 never is.
    AddEvent(1, !mirrored);
    AddEvent(2, false);
    for (int i = 0; i < kMarketCount; ++i) AddMarket(i < 5 ? 1 : 2);
    for (std::uint32_t account = 1; account <= kAccountCount; ++account) AddAccount();
    ChangeFees();
  }

  // Returns what differs, or an empty text.
  std::string Step() {
    postings_.clear();
    mirror_postings_.clear();
    const int kind = Draw(100);
    if (kind < 50) {
      Create();
    } else if (kind < 62) {
      ReduceOrder();
    } else if (kind < 74) {
      AmendOrder();
    } else if (kind < 82) {
      MoveCash();
    } else if (kind < 88) {
      ToggleNetting();
    } else if (kind < 92) {
      Bust();
    } else if (kind < 94) {
      ChangeFees();
    } else if (kind < 95) {
      SettleMarket();
    }
    if (difference_.empty()) Compare();
    if (++step_count_ % kOperationsPerReload == 0) Reload();
    return difference_;
  }

  std::string CheckStatements() {
    for (const auto& [key, postings] : history_) {
      const auto statement = Statement::FromPostings(
          AccountId(key.first), static_cast<SubaccountNumber>(key.second), Money(), postings);
      if (!statement.ok()) return std::string(statement.status().message());
      const SubaccountIndex owner =
          ledger_->FindSubaccount(AccountId(key.first), static_cast<SubaccountNumber>(key.second));
      if (statement->closing() != ledger_->cash(owner)) return "statement does not close";
    }
    return "";
  }

 private:
  int Draw(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  void Expect(bool same, const char* what) {
    if (!same && difference_.empty()) {
      difference_ = std::string(what) + " at step " + std::to_string(step_count_);
    }
  }

  void AddEvent(std::uint32_t event, bool exclusive) {
    ledger_->AddEvent(EventId(event), exclusive);
    if (mirror_) mirror_->AddEvent(EventId(event), exclusive);
    if (exclusive) reference_.exclusive.insert(event);
  }
  void AddMarket(std::uint32_t event) {
    const MarketId market(++market_count_);
    EVX_CHECK(ledger_->AddMarket(market, EventId(event)));
    if (mirror_) EVX_CHECK(mirror_->AddMarket(market, EventId(event)));
    reference_.event_of[market.value()] = event;
    markets_.push_back(market.value());
  }
  void AddAccount() {
    const BalanceUnit unit = Draw(2) == 0 ? BalanceUnit::kCentiCent : BalanceUnit::kCent;
    const AccountId account = ledger_->CreateAccount(unit);
    ledger_->CreateSubaccount(account);
    if (mirror_) {
      mirror_->CreateAccount(unit);
      mirror_->CreateSubaccount(account);
    }
    reference_.unit[account.value()] = UnitOf(unit).micros();
    for (int number = 0; number < 2; ++number) {
      owners_.push_back(ledger_->FindSubaccount(account, static_cast<SubaccountNumber>(number)));
      keys_.emplace_back(account.value(), number);
      reference_.cash[keys_.back()] = 0;
      // Poor and rich accounts: refusals and dust as well as long runs of fills.
      const Money amount = Money::FromCents(1 + Draw(Draw(2) == 0 ? 300 : 100'000));
      Deposit(owners_.size() - 1, amount);
    }
  }

  void Deposit(std::size_t owner, Money amount) {
    EVX_CHECK(!ledger_->Deposit(owners_[owner], amount, TransferId(1), postings_));
    if (mirror_) {
      EVX_CHECK(!mirror_->Deposit(owners_[owner], amount, TransferId(1), mirror_postings_));
    }
    reference_.cash[keys_[owner]] += amount.micros();
    deposited_ += amount;
    Keep();
  }

  // Appends the postings so far to their owners' histories.
  void Keep() {
    for (const Posting& posting : postings_) {
      history_[{posting.account.value(), posting.subaccount}].push_back(posting);
    }
    postings_.clear();
  }

  std::size_t OwnerPosition(SubaccountIndex owner) const { return owner.value() - 1; }

  Price RandomPrice() {
    switch (Draw(4)) {
      case 0:
        return Price::FromMicros(100 * (1 + Draw(9'999)));
      case 1:
        return Price::FromMicros(1'000 * (1 + Draw(999)));
      default:
        return Price::FromCents(1 + Draw(99));
    }
  }
  Quantity RandomQuantity() {
    return Draw(3) == 0 ? Quantity::FromCentis(1 + Draw(50))
                        : Quantity::FromContracts(1 + Draw(40));
  }

  std::int64_t Rate(Liquidity liquidity) const {
    return liquidity == Liquidity::kTaker ? rates_.first : rates_.second;
  }

  void ChangeFees() {
    constexpr FeeType kTypes[] = {FeeType::kQuadratic, FeeType::kQuadraticWithMakerFees,
                                  FeeType::kQuadraticWithComboMakerFees};
    constexpr std::int64_t kMakerCoefficients[] = {0, 175, 350};
    constexpr std::int64_t kMultipliers[] = {0, 500'000, 1'000'000, 1'234'567, 10'000'000};
    const int type = Draw(3);
    const std::int64_t multiplier = kMultipliers[Draw(5)];
    fees_ = *FeeTerms::FromSchedule({kTypes[type], FeeMultiplier::FromMillionths(multiplier)});
    rates_ = {700 * multiplier, kMakerCoefficients[type] * multiplier};
  }

  void Create() {
    if (orders_.size() >= kOpenOrderCountMax) return ReduceOrder();
    LiveOrder order;
    order.id = ++order_count_;
    const std::size_t owner = static_cast<std::size_t>(Draw(static_cast<int>(owners_.size())));
    order.owner = owners_[owner];
    order.market = markets_[static_cast<std::size_t>(Draw(static_cast<int>(markets_.size())))];
    const BookSide side = Draw(2) == 0 ? BookSide::kBid : BookSide::kAsk;
    const Liquidity liquidity = Draw(4) == 0 ? Liquidity::kMaker : Liquidity::kTaker;
    const Price limit = RandomPrice();
    const Quantity quantity = RandomQuantity();

    const ReserveResult result =
        ledger_->Reserve({order.owner, MarketId(order.market), side, limit, quantity, liquidity},
                         fees_, order.reserve);
    if (mirror_) {
      const ReserveResult mirrored = mirror_->Reserve(
          {order.owner, MarketId(order.market), Opposite(side), Mirror(limit), quantity, liquidity},
          fees_, order.mirrored);
      Expect(mirrored.refusal == result.refusal && mirrored.shortfall == result.shortfall,
             "mirrored reserve");
    }
    const bool placed = reference_.Place(order.id,
                                         {.owner = keys_[owner],
                                          .market = order.market,
                                          .is_bid = side == BookSide::kBid,
                                          .limit = limit.micros(),
                                          .open = quantity.centis()},
                                         Rate(liquidity));
    Expect(placed == result.ok(), "reserve");
    if (!placed || !result.ok()) return;
    orders_.push_back(order);
    if (liquidity == Liquidity::kTaker) Match(orders_.size() - 1);
    RestLast();
  }

  // Fills the order with random parts of random orders that it crosses, in no priority.
  void Match(std::size_t taker) {
    for (std::size_t maker = 0; maker < orders_.size(); ++maker) {
      LiveOrder& in = orders_[taker];
      LiveOrder& out = orders_[maker];
      if (maker == taker || in.market != out.market || in.reserve.side == out.reserve.side) {
        continue;
      }
      if (in.reserve.open.is_zero() || out.reserve.open.is_zero() || Draw(3) == 0) continue;
      const bool in_bids = in.reserve.side == BookSide::kBid;
      const Price price = out.reserve.limit();
      if (in_bids ? price > in.reserve.limit() : price < in.reserve.limit()) continue;
      Quantity quantity = std::min(in.reserve.open, out.reserve.open);
      if (Draw(2) == 0) {
        quantity = Quantity::FromCentis(1 + Draw(static_cast<int>(quantity.centis())));
      }
      const Money in_fee = FillOne(in, price, quantity, Liquidity::kTaker);
      const Money out_fee = FillOne(out, price, quantity, Liquidity::kMaker);
      trades_.push_back({.market = in.market,
                         .price = price,
                         .quantity = quantity,
                         .buyer = in_bids ? in.owner : out.owner,
                         .seller = in_bids ? out.owner : in.owner,
                         .buyer_fee = in_bids ? in_fee : out_fee,
                         .seller_fee = in_bids ? out_fee : in_fee});
    }
  }

  Money FillOne(LiveOrder& order, Price price, Quantity quantity, Liquidity liquidity) {
    const TradeId trade(++trade_count_);
    const FillOutcome outcome =
        ledger_->ApplyFill(order.reserve, {price, quantity, liquidity, trade}, fees_, postings_);
    const ReferenceLedger::FillResult expected =
        reference_.ApplyFill(order.id, price.micros(), quantity.centis(), Rate(liquidity));
    Expect(outcome.revenue.micros() == expected.revenue, "revenue");
    Expect(outcome.collateral_returned.micros() == expected.returned, "collateral returned");
    Expect(outcome.fee.micros() == expected.fee, "fee");
    Expect(outcome.realized_pnl.micros() == expected.realized, "realized profit");
    Expect(outcome.fee >= Money(), "fee below zero");
    Expect(
        outcome.fee == outcome.trade_fee + outcome.rounding_fee - outcome.rebate - outcome.waived,
        "parts of the fee");
    Expect(outcome.cash_delta == outcome.revenue + outcome.collateral_returned - outcome.fee,
           "cash delta");
    if (mirror_) {
      const FillOutcome mirrored = mirror_->ApplyFill(
          order.mirrored, {Mirror(price), quantity, liquidity, trade}, fees_, mirror_postings_);
      Expect(mirrored.cash_after == outcome.cash_after, "mirrored cash");
      Expect(mirrored.fee == outcome.fee && mirrored.rebate == outcome.rebate &&
                 mirrored.waived == outcome.waived,
             "mirrored fee");
      Expect(mirrored.realized_pnl == outcome.realized_pnl &&
                 mirrored.position_cost_after == outcome.position_cost_after,
             "mirrored profit and cost");
      Expect(mirrored.position_after == -outcome.position_after, "mirrored position");
    }
    return outcome.fee;
  }

  // The last order rests or, like an immediate order, gives back what is left; then filled orders
  // are dropped.
  void RestLast() {
    LiveOrder& last = orders_.back();
    if (!last.reserve.open.is_zero()) {
      if (Draw(4) == 0) {
        ReduceBy(last, last.reserve.open);
      } else {
        ledger_->Rest(last.reserve, fees_);
        if (mirror_) mirror_->Rest(last.mirrored, fees_);
        reference_.Rest(last.id, rates_.second);
      }
    }
    std::erase_if(orders_, [](const LiveOrder& order) { return order.reserve.open.is_zero(); });
  }

  void ReduceBy(LiveOrder& order, Quantity quantity) {
    ledger_->Release(order.reserve, quantity);
    if (mirror_) mirror_->Release(order.mirrored, quantity);
    reference_.Reduce(order.id, quantity.centis());
  }
  void ReduceOrder() {
    if (orders_.empty()) return;
    LiveOrder& order = orders_[static_cast<std::size_t>(Draw(static_cast<int>(orders_.size())))];
    const Quantity open = order.reserve.open;
    ReduceBy(order,
             Draw(2) == 0 ? open : Quantity::FromCentis(1 + Draw(static_cast<int>(open.centis()))));
    std::erase_if(orders_, [](const LiveOrder& o) { return o.reserve.open.is_zero(); });
  }

  void AmendOrder() {
    if (orders_.empty()) return;
    const auto index = static_cast<std::size_t>(Draw(static_cast<int>(orders_.size())));
    std::swap(orders_[index], orders_.back());
    LiveOrder& order = orders_.back();
    const Price limit = RandomPrice();
    const Quantity open = RandomQuantity();
    const ReserveResult result =
        ledger_->Amend(order.reserve, limit, open, Liquidity::kTaker, fees_);
    if (mirror_) {
      const ReserveResult mirrored =
          mirror_->Amend(order.mirrored, Mirror(limit), open, Liquidity::kTaker, fees_);
      Expect(mirrored.refusal == result.refusal, "mirrored amend");
    }
    const bool amended = reference_.Amend(order.id, limit.micros(), open.centis(), rates_.first);
    Expect(amended == result.ok(), "amend");
    if (!amended || !result.ok()) return;
    Match(orders_.size() - 1);
    RestLast();
  }

  void MoveCash() {
    const auto owner = static_cast<std::size_t>(Draw(static_cast<int>(owners_.size())));
    const Money amount = Money::FromCents(1 + Draw(5'000));
    if (Draw(4) == 0) return Deposit(owner, Money::FromCents(1 + Draw(500)));
    const bool affordable = reference_.Available(keys_[owner]) >= amount.micros();
    if (Draw(2) == 0) {
      const Refusal refusal = ledger_->Withdraw(owners_[owner], amount, TransferId(1), postings_);
      if (mirror_) {
        Expect(
            mirror_->Withdraw(owners_[owner], amount, TransferId(1), mirror_postings_) == refusal,
            "mirrored withdrawal");
      }
      Expect(refusal.has_value() != affordable, "withdrawal");
      if (refusal || !affordable) return;
      reference_.cash[keys_[owner]] -= amount.micros();
      deposited_ -= amount;
    } else {
      const std::size_t other = owner ^ 1;  // The account's other subaccount.
      const Refusal refusal =
          ledger_->Transfer(owners_[owner], owners_[other], amount, TransferId(1), postings_);
      if (mirror_) {
        Expect(mirror_->Transfer(owners_[owner], owners_[other], amount, TransferId(1),
                                 mirror_postings_) == refusal,
               "mirrored transfer");
      }
      Expect(refusal.has_value() != affordable, "transfer");
      if (refusal || !affordable) return;
      reference_.cash[keys_[owner]] -= amount.micros();
      reference_.cash[keys_[other]] += amount.micros();
    }
  }

  void ToggleNetting() {
    if (mirror_) return;
    const auto owner = static_cast<std::size_t>(Draw(static_cast<int>(owners_.size())));
    const bool on = !ledger_->netting(owners_[owner]);
    const Refusal refusal = ledger_->SetNetting(owners_[owner], on, postings_);
    Expect(reference_.SetNetting(keys_[owner], on) != refusal.has_value(), "netting");
  }

  void Bust() {
    if (trades_.empty()) return;
    const auto index = static_cast<std::size_t>(Draw(static_cast<int>(trades_.size())));
    const PastTrade trade = trades_[index];
    trades_.erase(trades_.begin() + static_cast<std::ptrdiff_t>(index));
    // The buyer is reversed first; in the mirror that is the other half of a trade with oneself.
    if (mirror_ && trade.buyer == trade.seller) return;
    const Refusal refusal = ledger_->BustTrade(MarketId(trade.market), trade.price, trade.quantity,
                                               TradeId(1), {trade.buyer, trade.buyer_fee},
                                               {trade.seller, trade.seller_fee}, postings_);
    if (mirror_) {
      Expect(mirror_->BustTrade(MarketId(trade.market), Mirror(trade.price), trade.quantity,
                                TradeId(1), {trade.seller, trade.seller_fee},
                                {trade.buyer, trade.buyer_fee}, mirror_postings_) == refusal,
             "mirrored bust");
    }
    const bool busted =
        reference_.Bust(trade.market, trade.price.micros(), trade.quantity.centis(),
                        keys_[OwnerPosition(trade.buyer)], trade.buyer_fee.micros(),
                        keys_[OwnerPosition(trade.seller)], trade.seller_fee.micros());
    Expect(busted != refusal.has_value(), "bust");
  }

  // Cancels the market's orders, settles it and opens another one in its place.
  void SettleMarket() {
    const auto index = static_cast<std::size_t>(Draw(static_cast<int>(markets_.size())));
    const std::uint32_t market = markets_[index];
    for (LiveOrder& order : orders_) {
      if (order.market == market) ReduceBy(order, order.reserve.open);
    }
    std::erase_if(orders_, [](const LiveOrder& o) { return o.reserve.open.is_zero(); });
    const int kind = Draw(3);
    const Price value = kind == 0   ? Price::FromCents(0)
                        : kind == 1 ? Price::FromCents(100)
                                    : Price::FromMicros(100 * Draw(10'001));
    const std::uint32_t event = reference_.event_of.at(market);
    std::vector<SettlementEntry> entries;
    const Refusal refusal = ledger_->Settle(MarketId(market), value, entries, postings_);
    if (mirror_) {
      std::vector<SettlementEntry> mirrored;
      Expect(
          mirror_->Settle(MarketId(market), Mirror(value), mirrored, mirror_postings_) == refusal &&
              mirrored.size() == entries.size(),
          "mirrored settlement");
      for (std::size_t i = 0; i < entries.size() && i < mirrored.size(); ++i) {
        Expect(entries[i].cash_after == mirrored[i].cash_after &&
                   entries[i].payout == mirrored[i].payout &&
                   entries[i].total_realized_pnl == mirrored[i].total_realized_pnl,
               "mirrored settlement entry");
      }
    }
    Expect(reference_.Settle(market, value.micros()) != refusal.has_value(), "settlement");
    if (refusal) return;
    markets_.erase(markets_.begin() + static_cast<std::ptrdiff_t>(index));
    std::erase_if(trades_, [market](const PastTrade& t) { return t.market == market; });
    AddMarket(event);
  }

  void Compare() {
    Keep();
    const absl::Status sound = ledger_->CheckInvariants();
    if (!sound.ok()) difference_ = std::string(sound.message());
    Expect(ledger_->fees_collected().micros() == reference_.fees, "fees collected");
    Expect(ledger_->deposits_minus_withdrawals() == deposited_, "deposits");
    for (std::size_t i = 0; i < owners_.size(); ++i) {
      Expect(ledger_->cash(owners_[i]).micros() == reference_.cash[keys_[i]], "cash");
      Expect(ledger_->holds(owners_[i]).micros() == reference_.Hold(keys_[i]), "holds");
      Expect(ledger_->available(owners_[i]) >= Money(), "available funds below zero");
      if (mirror_) {
        Expect(mirror_->cash(owners_[i]) == ledger_->cash(owners_[i]) &&
                   mirror_->holds(owners_[i]) == ledger_->holds(owners_[i]),
               "mirrored cash and holds");
      }
    }
    for (const auto& [key, row] : reference_.rows) {
      const SubaccountIndex owner = ledger_->FindSubaccount(
          AccountId(key.first.first), static_cast<SubaccountNumber>(key.first.second));
      const Position* position = ledger_->FindPosition(owner, MarketId(key.second));
      if (position == nullptr) {
        Expect(row.net == 0 && row.traded == 0, "row");
        continue;
      }
      Expect(position->net.centis() == row.net && position->cost.micros() == row.cost &&
                 position->realized_pnl.micros() == row.realized &&
                 position->fees_paid.micros() == row.fees &&
                 position->total_traded.micros() == row.traded,
             "position");
    }
  }

  // Goes on with a ledger loaded from a snapshot of this one.
  void Reload() {
    std::string bytes;
    ByteWriter writer(bytes);
    ledger_->Save(writer);
    auto loaded = std::make_unique<Ledger>();
    ByteReader reader(bytes);
    const absl::Status status = loaded->Load(reader);
    if (!status.ok()) difference_ = std::string(status.message());
    Expect(loaded->StateHash() == ledger_->StateHash(), "snapshot");
    ledger_ = std::move(loaded);
  }

  std::mt19937_64 random_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Ledger> mirror_;
  ReferenceLedger reference_;
  std::vector<SubaccountIndex> owners_;
  std::vector<ReferenceLedger::Account> keys_;  // Parallel to owners_.
  std::vector<std::uint32_t> markets_;          // Unsettled.
  std::vector<LiveOrder> orders_;
  std::vector<PastTrade> trades_;
  std::vector<Posting> postings_;
  std::vector<Posting> mirror_postings_;
  std::map<std::pair<std::uint32_t, int>, std::vector<Posting>> history_;
  FeeTerms fees_;
  ReferenceLedger::Rates rates_;
  Money deposited_;
  std::uint32_t market_count_ = 0;
  std::uint64_t order_count_ = 0;
  std::uint64_t trade_count_ = 0;
  int step_count_ = 0;
  std::string difference_;
};

void Run(bool mirrored) {
  const std::uint32_t seed = evx::testing::TestSeed(mirrored ? "Ledger, mirrored" : "Ledger");
  for (int done = 0; done < kOperationCount / 2; done += kOperationsPerUniverse) {
    Universe universe(seed + static_cast<std::uint64_t>(done), mirrored);
    for (int i = 0; i < kOperationsPerUniverse; ++i) {
      const std::string difference = universe.Step();
      INFO("seed " << seed << ", universe " << done);
      if (!difference.empty()) FAIL(difference);
    }
    const std::string difference = universe.CheckStatements();
    INFO("seed " << seed << ", universe " << done);
    if (!difference.empty()) FAIL(difference);
  }
  SUCCEED("every operation was compared");
}

TEST_CASE("Ledger: equals the reference ledger after every operation, netting included",
          "[ledger]") {
  Run(false);
}

TEST_CASE("Ledger: YES and NO mirror each other after every operation", "[ledger]") { Run(true); }

}  // namespace
}  // namespace evx::ledger
