#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/decoded.h"
#include "evx/venue/types.h"
#include "exchange/exchange_context.h"
#include "operator/operator_commands.h"
#include "read_model/history.h"
#include "read_model/order_statistics.h"

// Who has what where, for the operator: accounts and markets with their statistics, their open
// orders and fills. Copied out of the read model, so that doors encode without its lock; no lock is
// held longer than one account takes (at most 200,000 open orders).

namespace evx::mock_kalshi {

struct OrderTracking {
  OrderStatistics statistics;
  std::int64_t resting_count = 0;
  Quantity resting;
  Money resting_value;  // Of the resting remainders at their prices.
};

struct AccountView {
  AccountId account;
  std::string name;
  std::string user_id;
  venue::UsageTier tier = venue::UsageTier::kBasic;
  bool disabled = false;
  std::int64_t balance_unit_micros = 0;
  std::vector<std::string> key_ids;
  std::int64_t subaccount_count = 0;
  Money cash;
  Money hold;
  std::int64_t open_position_count = 0;
  Money total_traded;
  Money fees_paid;
  Money realized_pnl;
  std::int64_t order_group_count = 0;
  OrderTracking orders;
};

struct MarketView {
  std::string ticker;
  std::string event_ticker;
  venue::MarketStatus status = venue::MarketStatus::kInitialized;
  std::string price_level_structure;
  Timestamp open_time;
  Timestamp close_time;
  Quantity volume;
  Quantity open_interest;
  std::int64_t bid_level_count = 0;
  std::int64_t ask_level_count = 0;
  SequenceNumber book_sequence_number;
  std::uint64_t book_hash = 0;  // book::HashLevels.
  OrderTracking orders;
};

struct OpenOrderView {
  OrderRow order;
  std::string ticker;
  std::string account_name;
};

struct FillView {
  FillRow fill;
  std::string ticker;
  std::string account_name;
};

struct ExchangeView {
  bool exchange_active = true;
  bool trading_active = true;
  bool accepting = true;
  SequenceNumber sequence_number;
  Timestamp time;
  std::int64_t market_count = 0;
  std::int64_t account_count = 0;
  std::int64_t open_order_count = 0;
  std::int64_t queue_size = 0;
};

// Most rows of one answer.
inline constexpr std::int32_t kOperatorPageSizeMax = 1'000;

template <class Row>
struct Page {
  std::vector<Row> rows;
  std::string next_page_token;  // Empty: this is the last.
};

// `size` 0 is the maximum; `token` is next_page_token of the page before.
struct PageRequest {
  std::int64_t size = 0;
  std::string token;
};

ExchangeView ViewExchange(const ExchangeContext& context);
kalshi::Decoded<AccountView> ViewAccount(const AccountName& name, const ExchangeContext& context);
kalshi::Decoded<MarketView> ViewMarket(std::string_view ticker, const ExchangeContext& context);
// By number.
kalshi::Decoded<Page<AccountView>> ListAccounts(const PageRequest& page,
                                                const ExchangeContext& context);

// Open orders of an account, in a market, or both; newest first.
struct OpenOrderQuery {
  std::optional<AccountName> account;
  std::string market_ticker;  // Empty: all.
  PageRequest page;
};
kalshi::Decoded<Page<OpenOrderView>> ListOpenOrders(const OpenOrderQuery& query,
                                                    const ExchangeContext& context);

// Fills of all accounts or one, in all markets or one; newest first. Times are inclusive.
struct OperatorFillQuery {
  std::optional<AccountName> account;
  std::string market_ticker;  // Empty: all.
  std::optional<Timestamp> min_time;
  std::optional<Timestamp> max_time;
  PageRequest page;
};
kalshi::Decoded<Page<FillView>> ListFills(const OperatorFillQuery& query,
                                          const ExchangeContext& context);

}  // namespace evx::mock_kalshi
