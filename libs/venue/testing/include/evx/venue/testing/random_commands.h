#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "evx/venue/codec.h"
#include "evx/venue/commands.h"
#include "evx/venue/exchange.h"

namespace evx::venue::testing {

// A seeded stream of commands of every kind over a few accounts and markets: most of them sensible,
// some refused. The caller tells it the outcome, so that later commands name things that exist.
class RandomCommands {
 public:
  struct Options {
    int account_count = 6;
    int event_count = 4;
    int markets_per_event = 3;
    // Commands other than orders, per thousand.
    int other_permille = 80;
    // Whole-cent markets and no lifecycle: what a mirrored exchange can follow event by event.
    bool orders_only = false;
  };

  explicit RandomCommands(std::uint64_t seed) : RandomCommands(seed, Options{}) {}
  RandomCommands(std::uint64_t seed, const Options& options) : options_(options), random_(seed) {}

  // Mostly milliseconds on, now and then minutes or a day.
  Timestamp NextTime(Timestamp now) {
    const std::uint32_t roll = Below(10'000);
    now_ = now + absl::Milliseconds(Below(50));
    if (!options_.orders_only && roll >= 9'950) {
      now_ = now + (roll < 9'997 ? absl::Minutes(Below(60)) : absl::Hours(Below(40)));
    }
    return now_;
  }

  Command Next() {
    if (setup_ < SetupCount()) return Setup(setup_++);
    // Pauses and bans do not last.
    if (is_paused_ && OneIn(8)) {
      is_paused_ = false;
      return SetExchangeStatus{};
    }
    if (disabled_ && OneIn(8)) return UpdateAccount{.account = std::exchange(disabled_, {})};
    if (!options_.orders_only && open_.size() < 8 && OneIn(10)) {
      return AMarket(next_market_++);
    }
    if (!options_.orders_only && static_cast<int>(Below(1'000)) < options_.other_permille) {
      return Other();
    }
    const std::uint32_t roll = Below(100);
    if (roll < 55 || orders_.empty()) return Create();
    if (roll < 80) return Cancel();
    if (roll < 90) return Amend();
    if (roll < 97) return Decrease();
    return CancelAll();
  }

  void Learn(const Command& command, const CommandResult& result, std::string_view events) {
    if (std::holds_alternative<PutMarket>(command) && result.market) {
      market_count_ = std::max(market_count_, result.market.value());
    }
    if (const auto* create = std::get_if<CreateOrder>(&command);
        create && result.remaining > Quantity()) {
      orders_.push_back({result.order_id, create->account, create->market, create->side});
    }
    if (std::holds_alternative<CreateOrderGroup>(command) && result.order_group) {
      groups_.push_back({result.order_group, std::get<CreateOrderGroup>(command).account});
    }
    const absl::Status status = VisitEvents(events, [this](const auto& event) {
      using E = std::decay_t<decltype(event)>;
      if constexpr (std::is_same_v<E, TradeExecuted>) {
        last_trade_ = event;
      } else if constexpr (std::is_same_v<E, OrderFilled>) {
        (event.is_taker ? last_taker_ : last_maker_) = event;
        if (event.remaining_after.is_zero()) Gone(event.order_id);
      } else if constexpr (std::is_same_v<E, OrderCanceled>) {
        Gone(event.order_id);
      } else if constexpr (std::is_same_v<E, MarketStatusChanged>) {
        statuses_[event.market] = event.status;
        open_.erase(event.market);
        if (event.status == MarketStatus::kActive) open_.insert(event.market);
      }
    });
    static_cast<void>(status);
  }

 private:
  struct KnownOrder {
    OrderId id;
    AccountId account;
    MarketId market;
    BookSide side;
  };
  struct KnownGroup {
    OrderGroupId id;
    AccountId account;
  };

  // Most orders that are gone are forgotten; some are named again.
  void Gone(OrderId id) {
    if (OneIn(50)) return;
    std::erase_if(orders_, [id](const KnownOrder& order) { return order.id == id; });
  }

  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool OneIn(std::uint32_t n) { return Below(n) == 0; }
  AccountId AnyAccount() {
    return AccountId(1 + Below(static_cast<std::uint32_t>(options_.account_count)));
  }
  SubaccountNumber AnySubaccount() {
    return static_cast<SubaccountNumber>(options_.orders_only || Below(12) > 0 ? 0 : Below(3));
  }
  // Nearly always one that is open.
  MarketId AnyMarket() {
    if (open_.empty() || OneIn(12)) return MarketId(1 + Below(std::max(1U, market_count_)));
    return *std::next(open_.begin(), Below(static_cast<std::uint32_t>(open_.size())));
  }
  // Nearly always one in that status, if there is one.
  MarketId AnyMarketIn(MarketStatus status) {
    std::vector<MarketId> found;
    for (const auto& [id, s] : statuses_) {
      if (s == status) found.push_back(id);
    }
    if (found.empty() || OneIn(12)) return AnyMarket();
    return found[Below(static_cast<std::uint32_t>(found.size()))];
  }
  Quantity AnyQuantity() {
    return Quantity::FromCentis(OneIn(4) ? 1 + Below(2'000) : 100 * (1 + Below(30)));
  }
  std::int64_t AnyPrice() {
    const std::int64_t micros = 10'000 * (30 + Below(40));
    if (options_.orders_only) return micros;
    if (OneIn(8)) return micros + 1'000 * Below(10);  // A tenth of a cent: not on every grid.
    return OneIn(100) ? Below(1'100'000) : micros;
  }
  static constexpr Timestamp kStart = Timestamp::FromSeconds(1'785'934'800);

  // --- The first commands -----------------------------------------------------------------------

  int SetupCount() const {
    return 1 + options_.event_count * (1 + options_.markets_per_event) + 2 * options_.account_count;
  }
  Command Setup(int step) {
    if (step == 0) {
      return PutSeries{.ticker = Ticker("S"),
                       .fee_terms = {FeeType::kQuadraticWithMakerFees, 1'000'000}};
    }
    --step;
    if (step < options_.event_count) return AnEvent(step);
    step -= options_.event_count;
    if (step < options_.event_count * options_.markets_per_event) return AMarket(step);
    step -= options_.event_count * options_.markets_per_event;
    if (step < options_.account_count) {
      return OpenAccount{.balance_unit_micros = step % 2 == 0 ? 100 : 10'000};
    }
    const int account = step - options_.account_count + 1;
    return Deposit{.account = AccountId(static_cast<std::uint32_t>(account)),
                   .amount = Money::FromDollars(account == 1 ? 20 : 2'000)};
  }
  PutEvent AnEvent(int number) {
    const bool exclusive = number % 2 == 1 && !options_.orders_only;
    return {.ticker = Ticker("E" + std::to_string(number)),
            .series = SeriesId(1),
            .mutually_exclusive = exclusive,
            .collateral_return = exclusive && number % 4 == 1 ? CollateralReturn::kMutuallyExclusive
                                                              : CollateralReturn::kNone};
  }
  PutMarket AMarket(int number) {
    const char* const structures[] = {"linear_cent", "deci_cent", "tapered_deci_cent"};
    return {.ticker = Ticker("M" + std::to_string(number)),
            .event = EventId(1 + static_cast<std::uint32_t>(number) %
                                     static_cast<std::uint32_t>(options_.event_count)),
            .price_level_structure =
                InlineString<40>(options_.orders_only ? "linear_cent" : structures[number % 3]),
            .open_time = std::max(kStart, now_),
            .close_time = std::max(kStart, now_) +
                          absl::Hours(options_.orders_only ? 100'000 : 1 + number % 50),
            .settlement_timer_seconds = 60 * static_cast<std::int64_t>(Below(60)),
            .facts_json = OneIn(2) ? "{\"title\":\"A\"}" : ""};
  }

  // --- Orders -----------------------------------------------------------------------------------

  Command Create() {
    CreateOrder command;
    command.account = AnyAccount();
    command.subaccount = AnySubaccount();
    command.market = AnyMarket();
    command.side = OneIn(2) ? BookSide::kBid : BookSide::kAsk;
    command.price_micros = AnyPrice();
    command.quantity = AnyQuantity();
    const std::uint32_t tif = Below(10);
    if (tif == 0) command.time_in_force = TimeInForce::kFillOrKill;
    if (tif == 1 || tif == 2) command.time_in_force = TimeInForce::kImmediateOrCancel;
    command.reduce_only = tif == 2;
    command.post_only = tif == 3;
    command.cancel_on_pause = OneIn(5);
    if (OneIn(2)) command.self_trade_prevention = SelfTradePrevention::kMaker;
    if (options_.orders_only) return command;
    if (OneIn(6)) command.client_order_id = ClientOrderId("c" + std::to_string(Below(500)));
    if (OneIn(10)) command.expiration = now_ + absl::Milliseconds(Below(20'000));
    if (OneIn(6) && !groups_.empty()) {
      const KnownGroup& group = groups_[Below(static_cast<std::uint32_t>(groups_.size()))];
      command.order_group = group.id;
      command.account = group.account;
      command.subaccount = 0;
    }
    return command;
  }
  const KnownOrder& AnyOrder() {
    return orders_[Below(static_cast<std::uint32_t>(orders_.size()))];
  }
  Command Cancel() {
    const KnownOrder& order = AnyOrder();
    return CancelOrder{.account = order.account, .order_id = order.id};
  }
  Command Amend() {
    const KnownOrder& order = AnyOrder();
    AmendOrder command{.account = order.account,
                       .order_id = order.id,
                       .market = order.market,
                       .side = order.side,
                       .price_micros = AnyPrice(),
                       .total_quantity = AnyQuantity()};
    if (options_.orders_only) return command;
    if (OneIn(5)) command.updated_client_order_id = ClientOrderId("c" + std::to_string(Below(500)));
    if (OneIn(5)) {
      command.expiration_change = AmendOrder::ExpirationChange::kSet;
      command.expiration = now_ + absl::Milliseconds(Below(20'000));
    }
    return command;
  }
  Command Decrease() {
    const KnownOrder& order = AnyOrder();
    return DecreaseOrder{.account = order.account,
                         .order_id = order.id,
                         .is_reduce_to = OneIn(2),
                         .quantity = Quantity::FromCentis(Below(1'000))};
  }
  Command CancelAll() {
    if (!OneIn(10)) return Cancel();
    return CancelAllOrders{.account = AnyAccount(), .market = OneIn(2) ? AnyMarket() : MarketId()};
  }

  // --- Everything else --------------------------------------------------------------------------

  Command Other() {
    switch (Below(22)) {
      case 0:
        if (OneIn(4)) {
          return SetSchedule{OneIn(2) ? Schedule::kKalshi : Schedule::kAlways};
        }
        is_paused_ = true;
        return SetExchangeStatus{.exchange_active = OneIn(2), .trading_active = OneIn(2)};
      case 1:
        disabled_ = AnyAccount();
        return UpdateAccount{.account = disabled_, .tier = UsageTier::kPrime, .disabled = true};
      case 2:
        return OpenSubaccount{AnyAccount()};
      case 3:
        return Deposit{.account = AnyAccount(), .subaccount = AnySubaccount(), .amount = Cents()};
      case 4:
        return Withdraw{.account = AnyAccount(), .subaccount = AnySubaccount(), .amount = Cents()};
      case 5:
        return TransferFunds{.account = AnyAccount(),
                             .from_subaccount = AnySubaccount(),
                             .to_subaccount = AnySubaccount(),
                             .amount = Cents(),
                             .client_transfer_id = UuidText("t" + std::to_string(Below(50)))};
      case 6:
        return SetNetting{
            .account = AnyAccount(), .subaccount = AnySubaccount(), .enabled = !OneIn(3)};
      case 7:
        return RegisterKey{.account = AnyAccount(),
                           .key_id = UuidText("k" + std::to_string(Below(20))),
                           .public_key_pem = "pem"};
      case 8:
        return RevokeKey{.account = AnyAccount(),
                         .key_id = UuidText("k" + std::to_string(Below(20)))};
      case 9:
      case 10:
        return CreateOrderGroup{.account = AnyAccount(),
                                .limit = Quantity::FromContracts(1 + Below(40))};
      case 11:
      case 12:
        return GroupCommand();
      case 13:
        return FeeChange();
      case 14:
        return AMarket(OneIn(2) ? next_market_++ : next_market_ - 1);
      case 15:
        return SetMarketCloseTime{AnyMarket(), now_ + absl::Minutes(Below(2'000) - 60.0)};
      case 16:
        if (OneIn(2)) return DeactivateMarket{AnyMarket()};
        return ActivateMarket{AnyMarketIn(MarketStatus::kInactive)};
      case 17:
        return Determine();
      case 18:
        if (OneIn(2)) return DisputeMarket{AnyMarketIn(MarketStatus::kDetermined)};
        return SettleMarket{
            AnyMarketIn(OneIn(2) ? MarketStatus::kDetermined : MarketStatus::kAmended)};
      case 19:
        return Bust();
      case 20:
        return ChangePriceGrid{AnyMarket(),
                               InlineString<40>(OneIn(2) ? "deci_cent" : "linear_cent")};
      default:
        if (OneIn(4)) {
          return SetTargetBalanceAllocation{AnyAccount(), std::to_string(Below(100))};
        }
        return AdvanceTime{};
    }
  }
  Money Cents() { return Money::FromCents(1 + Below(30'000)); }
  Command GroupCommand() {
    if (groups_.empty()) return AdvanceTime{};
    const KnownGroup& group = groups_[Below(static_cast<std::uint32_t>(groups_.size()))];
    switch (Below(6)) {
      case 0:
        return DeleteOrderGroup{group.account, group.id};
      case 1:
        return TriggerOrderGroup{group.account, group.id};
      case 2:
        return UpdateOrderGroupLimit{group.account, group.id,
                                     Quantity::FromContracts(1 + Below(40))};
      default:
        return ResetOrderGroup{group.account, group.id};
    }
  }
  Command FeeChange() {
    ScheduleFeeChange command{.fee_terms = {static_cast<FeeType>(Below(3)), Below(3'000'000)},
                              .effective_time = now_ + absl::Minutes(Below(300))};
    if (OneIn(2)) {
      command.series = SeriesId(1);
    } else {
      command.event = EventId(1 + Below(static_cast<std::uint32_t>(options_.event_count)));
      command.clear_override = OneIn(3);
    }
    return command;
  }
  Command Determine() {
    const MarketId market = AnyMarketIn(OneIn(3) ? MarketStatus::kDisputed : MarketStatus::kClosed);
    switch (Below(3)) {
      case 0:
        return DetermineMarket{.market = market,
                               .result = MarketResult::kYes,
                               .settlement_value = Price::FromCents(100)};
      case 1:
        return DetermineMarket{.market = market, .result = MarketResult::kNo};
      default:
        return DetermineMarket{.market = market,
                               .result = MarketResult::kScalar,
                               .settlement_value = Price::FromMicros(100 * Below(10'001))};
    }
  }
  Command Bust() {
    const auto party = [](const OrderFilled& fill) {
      return BustTrade::Party{.account = fill.account,
                              .subaccount = fill.subaccount,
                              .side = fill.side,
                              .order_id = fill.order_id,
                              .fee = fill.fee};
    };
    return BustTrade{.trade_id = last_trade_.trade_id,
                     .market = last_trade_.market,
                     .price = last_trade_.price,
                     .quantity = last_trade_.quantity,
                     .taker = party(last_taker_),
                     .maker = party(last_maker_)};
  }

  const Options options_;
  std::mt19937_64 random_;
  Timestamp now_;
  int setup_ = 0;
  int next_market_ = 1'000;
  bool is_paused_ = false;
  AccountId disabled_;
  std::uint32_t market_count_ = 0;
  std::set<MarketId> open_;
  std::map<MarketId, MarketStatus> statuses_;
  std::vector<KnownOrder> orders_;
  std::vector<KnownGroup> groups_;
  TradeExecuted last_trade_;
  OrderFilled last_taker_;
  OrderFilled last_maker_;
};

}  // namespace evx::venue::testing
