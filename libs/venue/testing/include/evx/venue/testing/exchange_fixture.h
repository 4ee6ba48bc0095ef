#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/testing/literals.h"
#include "evx/venue/exchange.h"

// An exchange for tests: applies commands one after another, keeps the events of the latest, and
// has short forms for what most tests need. It stands still in time until it is moved.

namespace evx::venue::testing {

// A create order command with only what matters: AnOrder(account, market).Bid(56_c).Of(10_x).
class AnOrder {
 public:
  AnOrder(AccountId account, MarketId market) {
    command_.account = account;
    command_.market = market;
    command_.quantity = Quantity::FromContracts(1);
  }
  AnOrder& Bid(Price price) { return On(BookSide::kBid, price); }
  AnOrder& Ask(Price price) { return On(BookSide::kAsk, price); }
  AnOrder& On(BookSide side, Price price) {
    command_.side = side;
    command_.price_micros = price.micros();
    return *this;
  }
  AnOrder& Of(Quantity quantity) { return Set(&CreateOrder::quantity, quantity); }
  AnOrder& ImmediateOrCancel() {
    return Set(&CreateOrder::time_in_force, TimeInForce::kImmediateOrCancel);
  }
  AnOrder& FillOrKill() { return Set(&CreateOrder::time_in_force, TimeInForce::kFillOrKill); }
  AnOrder& PostOnly() { return Set(&CreateOrder::post_only, true); }
  AnOrder& ReduceOnly() { return Set(&CreateOrder::reduce_only, true); }
  AnOrder& CancelOnPause() { return Set(&CreateOrder::cancel_on_pause, true); }
  AnOrder& CancelsMaker() {
    return Set(&CreateOrder::self_trade_prevention, SelfTradePrevention::kMaker);
  }
  AnOrder& Until(Timestamp time) { return Set(&CreateOrder::expiration, time); }
  AnOrder& In(SubaccountNumber subaccount) { return Set(&CreateOrder::subaccount, subaccount); }
  AnOrder& Group(OrderGroupId group) { return Set(&CreateOrder::order_group, group); }
  AnOrder& Named(std::string_view client_order_id) {
    return Set(&CreateOrder::client_order_id, ClientOrderId(client_order_id));
  }
  operator CreateOrder() const { return command_; }
  operator Command() const { return command_; }

 private:
  template <class T>
  AnOrder& Set(T CreateOrder::*member, T value) {
    command_.*member = value;
    return *this;
  }
  CreateOrder command_;
};

class ExchangeFixture {
 public:
  // 2026-08-05T13:00:00Z, a Wednesday.
  static Timestamp Start() { return Timestamp::FromSeconds(1'785'934'800); }
  static Exchange::Options SmallOptions() {
    return {.market_count_max = 2'000, .order_count_max = 100'000, .account_count_max = 10'000};
  }

  explicit ExchangeFixture(Exchange::Options options = SmallOptions())
      : options_(options), exchange_(std::make_unique<Exchange>(options)) {}

  CommandResult Apply(const Command& command) {
    buffer_.clear();
    const CommandResult result = exchange_->Apply(command, NextSequenceNumber(), now_, buffer_);
    if (observer_) observer_(command, result, buffer_.bytes());
    return result;
  }
  // The command must be accepted.
  CommandResult Do(const Command& command) {
    const CommandResult result = Apply(command);
    if (result.reject) Complain(command, *result.reject);
    return result;
  }

  // The events of the latest command.
  std::vector<Event> Events() const {
    absl::StatusOr<std::vector<Event>> events = DecodeEvents(buffer_.bytes());
    EVX_CHECK(events.ok());
    return *std::move(events);
  }
  std::string_view EventBytes() const { return buffer_.bytes(); }
  template <class E>
  std::vector<E> EventsOf() const {
    std::vector<E> found;
    for (const Event& event : Events()) {
      if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
    }
    return found;
  }
  // The names of the latest events, for tests of their order.
  std::vector<std::string> EventNames() const {
    std::vector<std::string> names;
    for (const Event& event : Events()) names.emplace_back(Name(event));
    return names;
  }

  Timestamp now() const { return now_; }
  // Moves the time without telling the exchange; its next command sees it.
  void SetTime(Timestamp time) { now_ = time; }
  void AdvanceTo(Timestamp time) {
    now_ = time;
    Do(AdvanceTime{});
  }
  void AdvanceBy(absl::Duration duration) { AdvanceTo(now_ + duration); }

  AccountId OpenAccount(Money cash = Money::FromDollars(1'000),
                        std::int64_t balance_unit_micros = 100) {
    const AccountId account =
        Do(venue::OpenAccount{.balance_unit_micros = balance_unit_micros}).account;
    if (cash > Money()) Do(Deposit{.account = account, .amount = cash});
    return account;
  }
  // Fees are the series' business: free unless asked for.
  SeriesId AddSeries(std::string_view ticker = "SERIES", std::int64_t multiplier_millionths = 0,
                     FeeType fee_type = FeeType::kQuadratic) {
    return Do(PutSeries{.ticker = Ticker(ticker), .fee_terms = {fee_type, multiplier_millionths}})
        .series;
  }
  EventId AddEvent(SeriesId series, std::string_view ticker = "EVENT",
                   bool mutually_exclusive = false) {
    return Do(PutEvent{.ticker = Ticker(ticker),
                       .series = series,
                       .mutually_exclusive = mutually_exclusive})
        .event;
  }
  PutMarket MarketDefinition(EventId event, std::string_view ticker) const {
    return {.ticker = Ticker(ticker),
            .event = event,
            .price_level_structure = InlineString<40>("linear_cent"),
            .open_time = Start(),
            .close_time = Start() + absl::Hours(24),
            .settlement_timer_seconds = 60};
  }
  // An active market with whole-cent prices that closes in a day.
  MarketId AddMarket(EventId event, std::string_view ticker = "MARKET") {
    return Do(MarketDefinition(event, ticker)).market;
  }

  OrderId Place(const CreateOrder& command) { return Do(command).order_id; }

  Exchange& exchange() { return *exchange_; }
  const Exchange& exchange() const { return *exchange_; }
  std::string Saved() const {
    std::string bytes;
    exchange_->Save([&bytes](std::string_view piece) { bytes += piece; });
    return bytes;
  }
  // Replaces the exchange by one loaded from `bytes`.
  absl::Status Reload(std::string_view bytes) {
    exchange_ = std::make_unique<Exchange>(options_);
    return exchange_->Load([&bytes](char* out, std::size_t size) {
      const std::size_t taken = bytes.copy(out, size);
      bytes.remove_prefix(taken);
      return taken;
    });
  }
  // Sees every command with its events.
  using Observer =
      std::function<void(const Command&, const CommandResult&, std::string_view events)>;
  void Observe(Observer observer) { observer_ = std::move(observer); }

 private:
  SequenceNumber NextSequenceNumber() const {
    return SequenceNumber(exchange_->sequence_number().value() + 1);
  }
  [[noreturn]] static void Complain(const Command& command, RejectReason reason) {
    const std::string text = ToText(command) + " was refused: " + std::string(Name(reason));
    CheckFailed(text.c_str(), __FILE__, __LINE__);
  }

  Exchange::Options options_;
  std::unique_ptr<Exchange> exchange_;
  EventBuffer buffer_;
  Observer observer_;
  Timestamp now_ = Start();
};

// One active market, four funded accounts, no fees.
class MarketFixture : public ExchangeFixture {
 public:
  explicit MarketFixture(Exchange::Options options = SmallOptions()) : ExchangeFixture(options) {
    series = AddSeries();
    event = AddEvent(series);
    market = AddMarket(event);
    alice = OpenAccount();
    bob = OpenAccount();
    carol = OpenAccount();
    poor = OpenAccount(Money());
  }

  SeriesId series;
  EventId event;
  MarketId market;
  AccountId alice;
  AccountId bob;
  AccountId carol;
  AccountId poor;
};

}  // namespace evx::venue::testing
