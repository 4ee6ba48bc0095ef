#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/requests.h"
#include "evx/kalshi/terms.h"

// What an account has: fills, positions, settlements, money, subaccounts. Encoded and decoded as
// messages.h says. Timestamps that are zero are absent.

namespace evx::kalshi {

struct Fill {
  // The id of the trade, which is also that of the fill.
  std::string trade_id;
  std::string order_id;
  std::string ticker;
  BookSide book_side = BookSide::kBid;
  // In whose words the deprecated side and action are written.
  OrderAction action = OrderAction::kBuy;
  Quantity count;
  Price yes_price;
  bool is_taker = false;
  Timestamp created_time;
  Money fee_cost;
  std::optional<SubaccountNumber> subaccount_number;
  std::int32_t exchange_index = 0;
  friend bool operator==(const Fill&, const Fill&) = default;
};

struct FillsResponse {
  std::vector<Fill> fills;
  std::string cursor;
  friend bool operator==(const FillsResponse&, const FillsResponse&) = default;
};

struct MarketPosition {
  std::string ticker;
  std::int32_t exchange_index = 0;
  Money total_traded;
  // Negative: NO contracts.
  Quantity position;
  Money market_exposure;
  Money realized_pnl;
  Money fees_paid;
  Timestamp last_updated_time;
  friend bool operator==(const MarketPosition&, const MarketPosition&) = default;
};

struct EventPosition {
  std::string event_ticker;
  Money total_cost;
  Quantity total_cost_shares;
  Money event_exposure;
  Money realized_pnl;
  Money fees_paid;
  friend bool operator==(const EventPosition&, const EventPosition&) = default;
};

struct PositionsResponse {
  std::vector<MarketPosition> market_positions;
  std::vector<EventPosition> event_positions;
  std::string cursor;
  friend bool operator==(const PositionsResponse&, const PositionsResponse&) = default;
};

struct Settlement {
  std::string ticker;
  std::int32_t exchange_index = 0;
  std::string event_ticker;
  MarketResult market_result = MarketResult::kYes;
  Quantity yes_count;
  Money yes_total_cost;
  Quantity no_count;
  Money no_total_cost;
  // Written as whole cents.
  Money revenue;
  Timestamp settled_time;
  Money fee_cost;
  // Of one YES contract, written as whole cents.
  std::optional<Money> value;
  friend bool operator==(const Settlement&, const Settlement&) = default;
};

struct SettlementsResponse {
  std::vector<Settlement> settlements;
  std::string cursor;
  friend bool operator==(const SettlementsResponse&, const SettlementsResponse&) = default;
};

struct IndexedBalance {
  std::int32_t exchange_index = 0;
  Money balance;
  friend bool operator==(const IndexedBalance&, const IndexedBalance&) = default;
};

struct BalanceResponse {
  // Written twice: as cents cut off, and as dollars with 4 digits.
  Money balance;
  // Written as cents cut off.
  Money portfolio_value;
  Timestamp updated_time;
  // Left out when empty: keys restricted to one subaccount get none.
  std::vector<IndexedBalance> balance_breakdown;
  friend bool operator==(const BalanceResponse&, const BalanceResponse&) = default;
};

struct RestingOrderValueResponse {
  Money total;
  std::vector<IndexedBalance> breakdown;
  friend bool operator==(const RestingOrderValueResponse&,
                         const RestingOrderValueResponse&) = default;
};

// A deposit or a withdrawal.
struct Payment {
  std::string id;
  PaymentStatus status = PaymentStatus::kApplied;
  PaymentType type = PaymentType::kAch;
  Money amount;
  Money fee;
  Timestamp created_time;
  Timestamp finalized_time;
  friend bool operator==(const Payment&, const Payment&) = default;
};

struct DepositsResponse {
  std::vector<Payment> deposits;
  std::string cursor;
  friend bool operator==(const DepositsResponse&, const DepositsResponse&) = default;
};

struct WithdrawalsResponse {
  std::vector<Payment> withdrawals;
  std::string cursor;
  friend bool operator==(const WithdrawalsResponse&, const WithdrawalsResponse&) = default;
};

struct CreateSubaccountResponse {
  SubaccountNumber subaccount_number = 0;
  friend bool operator==(const CreateSubaccountResponse&,
                         const CreateSubaccountResponse&) = default;
};

struct SubaccountBalance {
  SubaccountNumber subaccount_number = 0;
  std::int32_t exchange_index = 0;
  Money balance;
  Timestamp updated_time;
  friend bool operator==(const SubaccountBalance&, const SubaccountBalance&) = default;
};

struct SubaccountBalancesResponse {
  std::vector<SubaccountBalance> subaccount_balances;
  friend bool operator==(const SubaccountBalancesResponse&,
                         const SubaccountBalancesResponse&) = default;
};

struct SubaccountNetting {
  SubaccountNumber subaccount_number = 0;
  bool enabled = false;
  std::int32_t exchange_index = 0;
  friend bool operator==(const SubaccountNetting&, const SubaccountNetting&) = default;
};

struct SubaccountNettingResponse {
  std::vector<SubaccountNetting> netting_configs;
  friend bool operator==(const SubaccountNettingResponse&,
                         const SubaccountNettingResponse&) = default;
};

struct SubaccountTransfer {
  std::string transfer_id;
  SubaccountNumber from_subaccount = 0;
  SubaccountNumber to_subaccount = 0;
  Money amount;
  Timestamp created_time;
  std::int32_t exchange_index = 0;
  friend bool operator==(const SubaccountTransfer&, const SubaccountTransfer&) = default;
};

struct SubaccountTransfersResponse {
  std::vector<SubaccountTransfer> transfers;
  std::string cursor;
  friend bool operator==(const SubaccountTransfersResponse&,
                         const SubaccountTransfersResponse&) = default;
};

struct SubaccountPositionTransferResponse {
  std::string position_transfer_id;
  friend bool operator==(const SubaccountPositionTransferResponse&,
                         const SubaccountPositionTransferResponse&) = default;
};

struct IntraExchangeTransfer {
  std::string transfer_id;
  ExchangeInstance source = ExchangeInstance::kEventContract;
  ExchangeInstance destination = ExchangeInstance::kEventContract;
  std::int32_t source_exchange_shard = 0;
  std::int32_t destination_exchange_shard = 0;
  Money amount;
  TransferStatus status = TransferStatus::kComplete;
  Timestamp created_time;
  friend bool operator==(const IntraExchangeTransfer&, const IntraExchangeTransfer&) = default;
};

// The answer to a new transfer.
struct CreateIntraExchangeTransferResponse {
  std::string transfer_id;
  friend bool operator==(const CreateIntraExchangeTransferResponse&,
                         const CreateIntraExchangeTransferResponse&) = default;
};

struct IntraExchangeTransferResponse {
  IntraExchangeTransfer transfer;
  friend bool operator==(const IntraExchangeTransferResponse&,
                         const IntraExchangeTransferResponse&) = default;
};

struct IntraExchangeTransfersResponse {
  std::vector<IntraExchangeTransfer> transfers;
  std::string cursor;
  friend bool operator==(const IntraExchangeTransfersResponse&,
                         const IntraExchangeTransfersResponse&) = default;
};

struct BalanceAllocationResponse {
  std::vector<BalanceAllocation> allocations;
  std::optional<RestingMarginReservation> resting_margin_reservation;
  friend bool operator==(const BalanceAllocationResponse&,
                         const BalanceAllocationResponse&) = default;
};

}  // namespace evx::kalshi
