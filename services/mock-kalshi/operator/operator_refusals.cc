// Operator: why the exchange refused a command, with the thing, its value and the limit.

#include <string>
#include <type_traits>
#include <variant>

#include "absl/strings/str_format.h"
#include "evx/kalshi/number.h"
#include "operator/operator_commands.h"

namespace evx::mock_kalshi {
namespace {

using venue::MarketResult;
using venue::MarketStatus;
using venue::RejectReason;

std::string_view StatusText(MarketStatus status) {
  switch (status) {
    case MarketStatus::kInitialized:
      return "initialized";
    case MarketStatus::kActive:
      return "active";
    case MarketStatus::kInactive:
      return "inactive";
    case MarketStatus::kClosed:
      return "closed";
    case MarketStatus::kDetermined:
      return "determined";
    case MarketStatus::kDisputed:
      return "disputed";
    case MarketStatus::kAmended:
      return "amended";
    case MarketStatus::kFinalized:
      return "finalized";
  }
  return "";
}

// "market M is active; it must be closed or disputed".
std::string WrongStatus(const MarketState& market, std::string_view needed) {
  return "market " + market.ticker + " is " + std::string(StatusText(market.status)) +
         "; it must be " + std::string(needed);
}

// One overload per command that can be refused for what the state holds.
class Explainer {
 public:
  Explainer(RejectReason reason, const ReadModel::State& state) : reason_(reason), state_(state) {}

  std::string operator()(const venue::ActivateMarket& command) const {
    return WrongStatus(Market(command.market), "initialized or inactive");
  }
  std::string operator()(const venue::DeactivateMarket& command) const {
    return WrongStatus(Market(command.market), "active");
  }
  std::string operator()(const venue::DisputeMarket& command) const {
    return WrongStatus(Market(command.market), "determined");
  }
  std::string operator()(const venue::SettleMarket& command) const {
    return WrongStatus(Market(command.market), "determined or amended");
  }
  std::string operator()(const venue::SetMarketCloseTime& command) const {
    return CloseTime(Market(command.market), command.close_time);
  }

  std::string operator()(const venue::DetermineMarket& command) const {
    const MarketState& market = Market(command.market);
    if (reason_ == RejectReason::kInvalidTransition) {
      return WrongStatus(market, "closed or disputed");
    }
    const std::string value = kalshi::FormatPrice(command.settlement_value);
    const Price full = Price::FromMicros(Price::kDollarMicros);
    if (command.result == MarketResult::kYes && command.settlement_value != full) {
      return "settlement_value " + value + " of result yes must be 1.0000";
    }
    if (command.result == MarketResult::kNo && command.settlement_value != Price()) {
      return "settlement_value " + value + " of result no must be 0.0000";
    }
    return "settlement_value " + value + " with those of the other markets of exclusive event " +
           state_.At(market.event).ticker + " is above 1.0000";
  }

  std::string operator()(const venue::PutEvent& command) const {
    const EventState* event = state_.FindEvent(command.ticker.view());
    if (event == nullptr) return "";
    const std::string of = " of event " + event->ticker + " cannot be changed";
    if (event->series != command.series) {
      return "series_ticker " + state_.At(event->series).ticker + of;
    }
    if (event->mutually_exclusive != command.mutually_exclusive) return "mutually_exclusive" + of;
    return "collateral_return" + of;
  }

  std::string operator()(const venue::PutMarket& command) const {
    const MarketState* market = state_.FindMarket(command.ticker.view());
    if (market == nullptr) return "";
    const std::string of = " of market " + market->ticker;
    if (market->event != command.event) {
      return "event_ticker " + state_.At(market->event).ticker + of + " cannot be changed";
    }
    if (market->price_level_structure != command.price_level_structure.view()) {
      return "price_level_structure " + market->price_level_structure + of +
             " changes by price_grid only";
    }
    if (market->status != MarketStatus::kInitialized && market->open_time != command.open_time) {
      return "open_time " + FormatRfc3339(market->open_time) + of +
             " cannot be changed once it has opened";
    }
    if (market->close_time != command.close_time) return CloseTime(*market, command.close_time);
    return WrongStatus(*market, "initialized, active or inactive");
  }

  std::string operator()(const venue::ChangePriceGrid& command) const {
    const MarketState& market = Market(command.market);
    if (reason_ == RejectReason::kBookNotEmpty) {
      return "price_level_structure " + std::string(command.price_level_structure.view()) +
             " has no place for prices of orders that rest in market " + market.ticker;
    }
    return WrongStatus(market, "initialized, active or inactive");
  }

  std::string operator()(const venue::BustTrade& command) const {
    const MarketState& market = Market(command.market);
    if (reason_ == RejectReason::kInvalidTransition) {
      return "market " + market.ticker + " is finalized; its trades are paid";
    }
    if (reason_ == RejectReason::kAlreadyBusted) return "the trade is busted already";
    if (reason_ != RejectReason::kReversalOverdraws) return "";
    return "trade of " + kalshi::FormatCount(command.quantity) + " at " +
           kalshi::FormatPrice(command.price) + ": giving it back would take account " +
           std::to_string(command.taker.account.value()) + " or " +
           std::to_string(command.maker.account.value()) + " below $0";
  }

  std::string operator()(const venue::RegisterKey& command) const {
    if (reason_ == RejectReason::kAlreadyExists) {
      return "key_id " + std::string(command.key_id.view()) + " exists already";
    }
    if (reason_ == RejectReason::kAccountDisabled) return Account(command.account) + " is disabled";
    if (reason_ == RejectReason::kCountAtMax) {
      return Account(command.account) + " has as many keys as it can";
    }
    return Subaccount(command.account, command.subaccount);
  }
  std::string operator()(const venue::RevokeKey& command) const {
    return Account(command.account) + " has no key " + std::string(command.key_id.view());
  }
  std::string operator()(const venue::Deposit& command) const {
    return Funds(command.account, command.subaccount, command.amount);
  }
  std::string operator()(const venue::Withdraw& command) const {
    return Funds(command.account, command.subaccount, command.amount);
  }

  template <class Command>
  std::string operator()(const Command&) const {
    return "";
  }

 private:
  const MarketState& Market(MarketId id) const { return state_.At(id); }

  static std::string Account(AccountId id) { return "account " + std::to_string(id.value()); }
  static std::string Subaccount(AccountId account, std::int64_t number) {
    return Account(account) + " has no subaccount " + std::to_string(number);
  }

  std::string CloseTime(const MarketState& market, Timestamp close_time) const {
    const std::string wanted = "close_time " + FormatRfc3339(close_time);
    switch (market.status) {
      case MarketStatus::kInitialized:
      case MarketStatus::kActive:
      case MarketStatus::kInactive:
        if (reason_ == RejectReason::kInvalidDefinition) {
          return wanted + " is not after open_time " + FormatRfc3339(market.open_time);
        }
        return wanted + " is before " + FormatRfc3339(market.close_time) + " and market " +
               market.ticker + " has can_close_early false";
      case MarketStatus::kClosed:
        return wanted + " is in the past and market " + market.ticker + " is closed already";
      case MarketStatus::kDetermined:
      case MarketStatus::kDisputed:
      case MarketStatus::kAmended:
      case MarketStatus::kFinalized:
        break;
    }
    return WrongStatus(market, "closed or before");
  }

  std::string Funds(AccountId id, SubaccountNumber number, Money amount) const {
    if (reason_ == RejectReason::kUnknownSubaccount) return Subaccount(id, number);
    const AccountState* account = state_.FindAccount(id);
    if (account == nullptr) return "";
    const std::string wanted = "amount $" + kalshi::FormatMoney6(amount);
    if (reason_ == RejectReason::kInsufficientFunds) {
      const auto subaccount = account->subaccounts.find(number);
      if (subaccount == account->subaccounts.end()) return "";
      const Money free = subaccount->second.cash - subaccount->second.hold;
      return wanted + " is above the $" + kalshi::FormatMoney6(free) + " that " + Account(id) +
             " can withdraw";
    }
    return wanted + " is not a positive multiple of $" +
           kalshi::FormatMoney6(Money::FromMicros(account->balance_unit_micros)) +
           " within the largest one";
  }

  const RejectReason reason_;
  const ReadModel::State& state_;
};

// What these say needs no more words.
bool IsPlain(RejectReason reason) {
  return reason == RejectReason::kExchangePaused || reason == RejectReason::kTradingPaused ||
         reason == RejectReason::kUnknownAccount || reason == RejectReason::kUnknownMarket;
}

}  // namespace

std::string ExplainRefusal(const venue::Command& command, RejectReason reason,
                           const ReadModel::State& state) {
  if (IsPlain(reason)) return "";
  if (reason == RejectReason::kCountAtMax && !std::holds_alternative<venue::RegisterKey>(command)) {
    return "";
  }
  return std::visit(Explainer(reason, state), command);
}

}  // namespace evx::mock_kalshi
