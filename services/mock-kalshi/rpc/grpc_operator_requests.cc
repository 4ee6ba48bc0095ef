#include "rpc/grpc_operator_requests.h"

#include <utility>

#include "operator/operator_fields.h"
#include "rpc/grpc_conversions.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = ops::v1;
namespace common_pb = common::v1;
using kalshi::Decoded;
using MaybeError = std::optional<kalshi::Error>;

// Sets `time` when the field is set.
MaybeError ReadTime(std::string_view field, bool is_set, const google::protobuf::Timestamp& proto,
                    std::optional<Timestamp>& time) {
  if (!is_set) return std::nullopt;
  time = ToDomain(proto);
  if (time) return std::nullopt;
  return WrongField(field,
                    absl::StrFormat("%d s is outside the years 1970 to 2200", proto.seconds()));
}

// Enums of the contract list our values in our order, after the unspecified one.
template <class Enum, class Proto>
MaybeError ReadEnum(std::string_view field, Proto value, Proto last, std::optional<Enum>& out) {
  if (value == 0) return std::nullopt;
  if (value < 0 || value > last) {
    return WrongField(field, absl::StrFormat("%d has no meaning here", static_cast<int>(value)));
  }
  out = static_cast<Enum>(value - 1);
  return std::nullopt;
}
static_assert(pb::FEE_TYPE_QUADRATIC_WITH_COMBO_MAKER_FEES - 1 ==
              static_cast<int>(venue::FeeType::kQuadraticWithComboMakerFees));
static_assert(pb::USAGE_TIER_UNLIMITED - 1 == static_cast<int>(venue::UsageTier::kUnlimited));
static_assert(pb::KEY_TYPE_ED25519 - 1 == static_cast<int>(kalshi::ApiKeyType::kEd25519));
static_assert(pb::KEY_SCOPE_WRITE_BLOCK_TRADE_ACCEPT - 1 ==
              static_cast<int>(kalshi::ApiKeyScope::kWriteBlockTradeAccept));

MaybeError ReadFees(const pb::FeeTerms& terms, FeeEdit& fees) {
  if (terms.has_multiplier_millionths()) {
    fees.multiplier_millionths = terms.multiplier_millionths();
  }
  return ReadEnum("fee_type", terms.fee_type(), pb::FEE_TYPE_QUADRATIC_WITH_COMBO_MAKER_FEES,
                  fees.fee_type);
}

MaybeError ReadTier(pb::UsageTier value, std::optional<venue::UsageTier>& tier) {
  return ReadEnum("tier", value, pb::USAGE_TIER_UNLIMITED, tier);
}

template <class Request>
Decoded<FundsMove> ToFundsMove(const Request& request, FundsDirection direction) {
  auto account = ToDomain(request.account());
  if (!account.ok()) return account.error();
  return FundsMove{*std::move(account), direction, request.subaccount(),
                   Money::FromMicros(request.amount_micros())};
}

void FillLatency(const LatencyHistogram& latency, pb::Latency& out) {
  out.set_count(latency.count());
  out.set_p50_nanos(latency.PercentileNanos(50));
  out.set_p90_nanos(latency.PercentileNanos(90));
  out.set_p99_nanos(latency.PercentileNanos(99));
  out.set_max_nanos(latency.max_nanos());
}

template <class Reason, class Counts, class Rows>
void FillCounts(const Counts& counts, Rows& rows) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    pb::ReasonCount& row = *rows.Add();
    row.set_reason(std::string(venue::Name(static_cast<Reason>(i))));
    row.set_count(counts[i]);
  }
}

void FillTracking(const OrderTracking& tracking, pb::OrderStatistics& out) {
  const OrderStatistics& statistics = tracking.statistics;
  out.set_accepted_count(statistics.accepted_count);
  out.set_resting_count(tracking.resting_count);
  out.set_executed_count(statistics.executed_count);
  out.set_canceled_count(statistics.canceled_count);
  FillCounts<venue::CancelReason>(statistics.canceled_counts, *out.mutable_canceled_counts());
  out.set_rejected_count(statistics.rejected_count);
  FillCounts<venue::RejectReason>(statistics.rejected_counts, *out.mutable_rejected_counts());
  out.set_ordered_quantity_centis(statistics.ordered.centis());
  out.set_filled_quantity_centis(statistics.filled.centis());
  out.set_fill_ratio_millionths(statistics.fill_ratio_millionths());
  out.set_resting_quantity_centis(tracking.resting.centis());
  out.set_resting_value_micros(tracking.resting_value.micros());
  FillLatency(statistics.create_latency, *out.mutable_create_latency());
}

}  // namespace

Decoded<AccountName> ToDomain(const pb::AccountName& proto) {
  AccountName name;
  switch (proto.name_case()) {
    case pb::AccountName::kAccountId:
      if (const auto wrong = CheckRange("account_id", proto.account_id(), 1, UINT32_MAX)) {
        return *wrong;
      }
      name.number = static_cast<std::uint32_t>(proto.account_id());
      return name;
    case pb::AccountName::kAccountName:
      name.name = proto.account_name();
      break;
    case pb::AccountName::kKeyId:
      name.key_id = proto.key_id();
      break;
    case pb::AccountName::NAME_NOT_SET:
      break;
  }
  if (!name.name.empty() || !name.key_id.empty()) return name;
  return WrongField("account", "is missing: account_id, account_name or key_id is needed");
}

Decoded<SeriesEdit> ToEdit(const pb::PutSeriesRequest& request) {
  SeriesEdit edit;
  edit.ticker = request.series_ticker();
  if (const auto wrong = ReadFees(request.fees(), edit.fees)) return *wrong;
  if (request.has_facts_json()) edit.facts_json = request.facts_json();
  return edit;
}

Decoded<EventEdit> ToEdit(const pb::PutEventRequest& request) {
  EventEdit edit;
  edit.ticker = request.event_ticker();
  if (request.has_series_ticker()) edit.series_ticker = request.series_ticker();
  if (request.has_mutually_exclusive()) edit.mutually_exclusive = request.mutually_exclusive();
  if (request.has_collateral_return()) edit.collateral_return = request.collateral_return();
  if (const auto wrong = ReadFees(request.fee_override(), edit.fee_override)) return *wrong;
  if (request.has_facts_json()) edit.facts_json = request.facts_json();
  return edit;
}

Decoded<MarketEdit> ToEdit(const pb::PutMarketRequest& request) {
  MarketEdit edit;
  edit.ticker = request.market_ticker();
  if (request.has_event_ticker()) edit.event_ticker = request.event_ticker();
  if (request.has_price_level_structure()) {
    edit.price_level_structure = request.price_level_structure();
  }
  if (const auto wrong =
          ReadTime("open_time", request.has_open_time(), request.open_time(), edit.open_time)) {
    return *wrong;
  }
  if (const auto wrong =
          ReadTime("close_time", request.has_close_time(), request.close_time(), edit.close_time)) {
    return *wrong;
  }
  if (const auto wrong =
          ReadTime("fee_waiver_expiration_time", request.has_fee_waiver_expiration_time(),
                   request.fee_waiver_expiration_time(), edit.fee_waiver_expiration)) {
    return *wrong;
  }
  if (request.has_settlement_timer_seconds()) {
    edit.settlement_timer_seconds = request.settlement_timer_seconds();
  }
  if (request.has_can_close_early()) edit.can_close_early = request.can_close_early();
  if (request.has_facts_json()) edit.facts_json = request.facts_json();
  return edit;
}

Decoded<FeeChange> ToEdit(const pb::ScheduleFeeChangeRequest& request) {
  FeeChange edit;
  edit.series_ticker = request.series_ticker();
  edit.event_ticker = request.event_ticker();
  edit.clear_override = request.clear_override();
  if (const auto wrong = ReadFees(request.fees(), edit.fees)) return *wrong;
  if (const auto wrong = ReadTime("effective_time", request.has_effective_time(),
                                  request.effective_time(), edit.effective_time)) {
    return *wrong;
  }
  return edit;
}

Decoded<PriceGridEdit> ToEdit(const pb::ChangePriceGridRequest& request) {
  return PriceGridEdit{request.market_ticker(), request.price_level_structure()};
}

Decoded<CloseTimeEdit> ToEdit(const pb::SetMarketCloseTimeRequest& request) {
  std::optional<Timestamp> close_time;
  if (const auto wrong =
          ReadTime("close_time", request.has_close_time(), request.close_time(), close_time)) {
    return *wrong;
  }
  return CloseTimeEdit{request.market_ticker(), close_time.value_or(Timestamp())};
}

Decoded<Determination> ToEdit(const pb::DetermineMarketRequest& request) {
  Determination determination;
  determination.market_ticker = request.market_ticker();
  determination.expiration_value = request.expiration_value();
  std::optional<MarketOutcome> outcome;
  static_assert(common_pb::MARKET_RESULT_VOID - 1 == static_cast<int>(MarketOutcome::kVoid));
  if (const auto wrong =
          ReadEnum("result", request.result(), common_pb::MARKET_RESULT_VOID, outcome)) {
    return *wrong;
  }
  if (!outcome) return WrongField("result", "is missing: yes, no, scalar or void");
  determination.outcome = *outcome;
  if (!request.has_settlement_value_micros()) return determination;
  if (const auto wrong = CheckRange("settlement_value_micros", request.settlement_value_micros(), 0,
                                    Price::kDollarMicros)) {
    return *wrong;
  }
  if (!Price::IsValid(request.settlement_value_micros())) {
    return WrongField("settlement_value_micros",
                      absl::StrFormat("%d is not a price", request.settlement_value_micros()));
  }
  determination.settlement_value = Price::FromMicros(request.settlement_value_micros());
  return determination;
}

Decoded<TradeBust> ToEdit(const pb::BustTradeRequest& request) {
  return TradeBust{request.trade_id()};
}

Decoded<NewAccount> ToEdit(const pb::OpenAccountRequest& request) {
  NewAccount account;
  account.name = request.account_name();
  std::optional<venue::UsageTier> tier;
  if (const auto wrong = ReadTier(request.tier(), tier)) return *wrong;
  account.tier = tier.value_or(account.tier);
  if (request.has_balance_unit_micros()) {
    account.balance_unit_micros = request.balance_unit_micros();
  }
  return account;
}

Decoded<AccountEdit> ToEdit(const pb::UpdateAccountRequest& request) {
  auto account = ToDomain(request.account());
  if (!account.ok()) return account.error();
  AccountEdit edit;
  edit.account = *std::move(account);
  if (const auto wrong = ReadTier(request.tier(), edit.tier)) return *wrong;
  if (request.has_disabled()) edit.disabled = request.disabled();
  return edit;
}

Decoded<NewKey> ToEdit(const pb::RegisterKeyRequest& request) {
  auto account = ToDomain(request.account());
  if (!account.ok()) return account.error();
  NewKey key;
  key.account = *std::move(account);
  key.key_id = request.key_id();
  key.name = request.key_name();
  key.public_key = request.public_key();
  if (const auto wrong =
          ReadEnum("key_type", request.key_type(), pb::KEY_TYPE_ED25519, key.key_type)) {
    return *wrong;
  }
  for (const int value : request.scopes()) {
    std::optional<kalshi::ApiKeyScope> scope;
    if (const auto wrong = ReadEnum("scopes", static_cast<pb::KeyScope>(value),
                                    pb::KEY_SCOPE_WRITE_BLOCK_TRADE_ACCEPT, scope)) {
      return *wrong;
    }
    if (!scope) return WrongField("scopes", "has an unspecified one");
    key.scopes.push_back(*scope);
  }
  if (request.has_subaccount()) {
    if (const auto wrong =
            CheckRange("subaccount", request.subaccount(), 0, kSubaccountNumberMax)) {
      return *wrong;
    }
    key.subaccount = request.subaccount();
  }
  return key;
}

Decoded<KeyRevocation> ToEdit(const pb::RevokeKeyRequest& request) {
  auto account = ToDomain(request.account());
  if (!account.ok()) return account.error();
  return KeyRevocation{*std::move(account), request.key_id()};
}

Decoded<FundsMove> ToEdit(const pb::DepositRequest& request) {
  return ToFundsMove(request, FundsDirection::kDeposit);
}

Decoded<FundsMove> ToEdit(const pb::WithdrawRequest& request) {
  return ToFundsMove(request, FundsDirection::kWithdraw);
}

Decoded<MassCancel> ToEdit(const pb::CancelAllOrdersRequest& request) {
  auto account = ToDomain(request.account());
  if (!account.ok()) return account.error();
  MassCancel cancel;
  cancel.account = *std::move(account);
  if (request.has_subaccount()) cancel.subaccount = request.subaccount();
  cancel.market_ticker = request.market_ticker();
  return cancel;
}

Decoded<StatusEdit> ToEdit(const pb::SetExchangeStatusRequest& request) {
  StatusEdit edit;
  if (request.has_exchange_active()) edit.exchange_active = request.exchange_active();
  if (request.has_trading_active()) edit.trading_active = request.trading_active();
  return edit;
}

Decoded<ClockEdit> ToEdit(const pb::AdvanceClockRequest& request) {
  ClockEdit edit;
  if (!request.has_target_time()) return WrongField("target_time", "is missing");
  if (const auto wrong = ReadTime("target_time", true, request.target_time(), edit.advance_to)) {
    return *wrong;
  }
  return edit;
}

Decoded<ClockEdit> ToEdit(const pb::SetClockSpeedRequest& request) {
  ClockEdit edit;
  edit.speed_thousandths = request.speed_thousandths();
  return edit;
}

Decoded<OpenOrderQuery> ToEdit(const pb::ListOpenOrdersRequest& request) {
  OpenOrderQuery query;
  if (request.has_account()) {
    auto account = ToDomain(request.account());
    if (!account.ok()) return account.error();
    query.account = *std::move(account);
  }
  query.market_ticker = request.market_ticker();
  query.page = {request.page_size(), request.page_token()};
  return query;
}

Decoded<OperatorFillQuery> ToEdit(const pb::ListFillsRequest& request) {
  OperatorFillQuery query;
  if (request.has_account()) {
    auto account = ToDomain(request.account());
    if (!account.ok()) return account.error();
    query.account = *std::move(account);
  }
  query.market_ticker = request.market_ticker();
  if (request.has_start_time()) {
    query.min_time = ToDomain(request.start_time());
    if (!query.min_time) return WrongField("start_time", "is outside the years 1970 to 2200");
  }
  if (request.has_end_time()) {
    query.max_time = ToDomain(request.end_time());
    if (!query.max_time) return WrongField("end_time", "is outside the years 1970 to 2200");
  }
  query.page = {request.page_size(), request.page_token()};
  return query;
}

pb::Account ToProto(const AccountView& account) {
  pb::Account out;
  out.set_account_id(account.account.value());
  out.set_account_name(account.name);
  out.set_user_id(account.user_id);
  out.set_tier(static_cast<pb::UsageTier>(static_cast<int>(account.tier) + 1));
  out.set_disabled(account.disabled);
  out.set_balance_unit_micros(account.balance_unit_micros);
  for (const std::string& key_id : account.key_ids) out.add_key_ids(key_id);
  out.set_subaccount_count(account.subaccount_count);
  out.set_cash_micros(account.cash.micros());
  out.set_hold_micros(account.hold.micros());
  out.set_open_position_count(account.open_position_count);
  out.set_total_traded_micros(account.total_traded.micros());
  out.set_fees_paid_micros(account.fees_paid.micros());
  out.set_realized_pnl_micros(account.realized_pnl.micros());
  out.set_order_group_count(account.order_group_count);
  FillTracking(account.orders, *out.mutable_orders());
  return out;
}

pb::Market ToProto(const MarketView& market) {
  pb::Market out;
  out.set_market_ticker(market.ticker);
  out.set_event_ticker(market.event_ticker);
  out.set_status(ToProto(market.status));
  out.set_price_level_structure(market.price_level_structure);
  *out.mutable_open_time() = ToProto(market.open_time);
  *out.mutable_close_time() = ToProto(market.close_time);
  out.set_volume_centis(market.volume.centis());
  out.set_open_interest_centis(market.open_interest.centis());
  out.set_bid_level_count(market.bid_level_count);
  out.set_ask_level_count(market.ask_level_count);
  out.set_book_sequence_number(static_cast<std::int64_t>(market.book_sequence_number.value()));
  out.set_book_hash(absl::StrFormat("%016x", market.book_hash));
  FillTracking(market.orders, *out.mutable_orders());
  return out;
}

pb::OwnedFill ToProto(const FillView& row, const WireIdCodec& wire_ids) {
  pb::OwnedFill out;
  out.set_account_id(row.fill.account.value());
  out.set_account_name(row.account_name);
  *out.mutable_fill() = ToProto(row.fill, row.ticker, wire_ids);
  return out;
}

pb::OwnedOrder ToProto(const OpenOrderView& row, const WireIdCodec& wire_ids) {
  pb::OwnedOrder out;
  out.set_account_id(row.order.account.value());
  out.set_account_name(row.account_name);
  *out.mutable_order() = ToProto(row.order, row.ticker, wire_ids);
  return out;
}

}  // namespace evx::mock_kalshi
