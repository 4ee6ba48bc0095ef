#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/session.h"
#include "evx/core/price_grid.h"
#include "evx/exchange/v1/order_commands.pb.h"
#include "evx/exchange/v1/portfolio.pb.h"
#include "evx/exchange/v1/refusal.pb.h"
#include "evx/gateway/v1/gateway_messages.pb.h"

// Commands of users in the words of the exchange, and its answers in those of the gateway. Pure.

namespace evx::gateway {

inline constexpr std::size_t kCommandIdBytesMax = 64;
// Of ids of orders and groups, and of tickers.
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr int kCancelOrderCountMax = 100;
inline constexpr std::int64_t kSlippageDefaultMicros = 50'000;

// What a request for a command is; nothing: it is none.
struct CommandKind {
  std::string_view action;  // As in the audit log: "CreateOrder".
  Role needed = Role::kTrader;
  // The service that would carry it out and is not there; empty: this one does.
  std::string_view absent_service;
};
std::optional<CommandKind> CommandKindOf(const v1::ClientMessage& request);
// Of a request that is a command.
std::string_view CommandIdOf(const v1::ClientMessage& request);
// What is wrong with the request as it stands, with a stable name; nothing: it may be tried.
std::optional<v1::CommandResult> CheckCommand(const v1::ClientMessage& request);
// The same for the same command, whatever its request's number; another one for every other.
std::uint64_t FingerprintOf(const v1::ClientMessage& request);
// The command as one JSON object, at most `bytes_max`; a longer one only says how long it was.
std::string ToDetailJson(const v1::ClientMessage& request, std::size_t bytes_max);

exchange::v1::CreateOrderRequest ToExchange(const v1::CreateOrder& command);
exchange::v1::AmendOrderRequest ToExchange(const v1::AmendOrder& command);

// The stable name of a refusal: the exchange's own, or, for one that did not reach its core, the
// name of its kind.
std::string ReasonOf(const exchange::v1::Refusal& refusal);
void SetRefusal(const exchange::v1::Refusal& refusal, v1::CommandResult& result);
void SetRefusal(const exchange::v1::Refusal& refusal, v1::OrderOutcome& outcome);

// What an order did, as far as it is known from itself.
v1::OrderOutcome OutcomeOf(const exchange::v1::Order& order);

// The order that closes a position: reduce-only, immediate or cancel, with the price at which it
// would still be filled `slippage_max_micros` beyond `best`, the best price of the other side.
// Rounded to the grid towards `best`; nothing: no price of the grid is within the bound.
struct ClosingOrder {
  common::v1::BookSide side = common::v1::BOOK_SIDE_UNSPECIFIED;
  std::int64_t price_micros = 0;
};
std::optional<ClosingOrder> CloseAt(std::int64_t position_centis, std::int64_t best_micros,
                                    std::int64_t slippage_max_micros, const PriceGrid& grid);
// The same for the same command and position, so that a repeated command closes nothing twice.
std::string ClosingOrderId(std::string_view command_id, const exchange::v1::Position& position);

}  // namespace evx::gateway
