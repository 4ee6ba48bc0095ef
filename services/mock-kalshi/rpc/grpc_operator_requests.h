#pragma once

#include "evx/kalshi/decoded.h"
#include "evx/ops/v1/operator_service.pb.h"
#include "operator/operator_commands.h"
#include "operator/operator_faults.h"
#include "operator/operator_views.h"

// Requests of evx.ops.v1.OperatorService as the structs that both doors of the operator fill in,
// and what the operator sees as messages.

namespace evx::mock_kalshi {

kalshi::Decoded<SeriesEdit> ToEdit(const ops::v1::PutSeriesRequest& request);
kalshi::Decoded<EventEdit> ToEdit(const ops::v1::PutEventRequest& request);
kalshi::Decoded<MarketEdit> ToEdit(const ops::v1::PutMarketRequest& request);
kalshi::Decoded<FeeChange> ToEdit(const ops::v1::ScheduleFeeChangeRequest& request);
kalshi::Decoded<PriceGridEdit> ToEdit(const ops::v1::ChangePriceGridRequest& request);
kalshi::Decoded<CloseTimeEdit> ToEdit(const ops::v1::SetMarketCloseTimeRequest& request);
kalshi::Decoded<Determination> ToEdit(const ops::v1::DetermineMarketRequest& request);
kalshi::Decoded<TradeBust> ToEdit(const ops::v1::BustTradeRequest& request);
kalshi::Decoded<NewAccount> ToEdit(const ops::v1::OpenAccountRequest& request);
kalshi::Decoded<AccountEdit> ToEdit(const ops::v1::UpdateAccountRequest& request);
kalshi::Decoded<NewKey> ToEdit(const ops::v1::RegisterKeyRequest& request);
kalshi::Decoded<KeyRevocation> ToEdit(const ops::v1::RevokeKeyRequest& request);
kalshi::Decoded<FundsMove> ToEdit(const ops::v1::DepositRequest& request);
kalshi::Decoded<FundsMove> ToEdit(const ops::v1::WithdrawRequest& request);
kalshi::Decoded<MassCancel> ToEdit(const ops::v1::CancelAllOrdersRequest& request);
kalshi::Decoded<StatusEdit> ToEdit(const ops::v1::SetExchangeStatusRequest& request);
kalshi::Decoded<ClockEdit> ToEdit(const ops::v1::AdvanceClockRequest& request);
kalshi::Decoded<ClockEdit> ToEdit(const ops::v1::SetClockSpeedRequest& request);
kalshi::Decoded<FaultEdit> ToEdit(const ops::v1::SetFaultsRequest& request);
kalshi::Decoded<FaultTargetName> ToEdit(const ops::v1::ClearFaultsRequest& request);
kalshi::Decoded<OpenOrderQuery> ToEdit(const ops::v1::ListOpenOrdersRequest& request);
kalshi::Decoded<OperatorFillQuery> ToEdit(const ops::v1::ListFillsRequest& request);

// Fails when no name is set.
kalshi::Decoded<AccountName> ToDomain(const ops::v1::AccountName& name);

ops::v1::Account ToProto(const AccountView& account);
ops::v1::Market ToProto(const MarketView& market);
ops::v1::ActiveFaults ToProto(const ActiveFaults& active);
ops::v1::FaultLogEntry ToProto(const FaultLogEntry& entry);
ops::v1::OwnedFill ToProto(const FillView& fill, const WireIdCodec& wire_ids);
ops::v1::OwnedOrder ToProto(const OpenOrderView& order, const WireIdCodec& wire_ids);

}  // namespace evx::mock_kalshi
