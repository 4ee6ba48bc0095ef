// Money of an account: deposits, withdrawals, subaccounts and the transfers between them.

#include <utility>
#include <vector>

#include "conversions.h"
#include "evx/kalshi/cursor.h"
#include "evx/kalshi/queries.h"
#include "evx/kalshi/requests.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

constexpr int kPaymentsLimitMax = 500;
constexpr int kTransfersLimitMax = 1000;

// A key that is restricted to one subaccount sees and moves nothing of the account as a whole.
std::optional<kalshi::Error> CheckWholeAccount(const RestRequest& request) {
  if (request.principal->subaccount < 0) return std::nullopt;
  return kalshi::MakeError(error::kPermissionDenied, "the key is restricted to one subaccount");
}

// Rows of one kind of transfer, newest first, with the cursor behind them.
struct TransferPage {
  std::vector<TransferRow> rows;
  std::string cursor;
};

kalshi::Decoded<TransferPage> ListTransfers(const ExchangeContext& context,
                                            const RestRequest& request, std::string_view operation,
                                            int limit_max, TransferKind kind) {
  if (const auto refused = CheckWholeAccount(request)) return *refused;
  const auto page = kalshi::DecodePageQuery(operation, request.http.query(), limit_max);
  if (!page.ok()) return page.error();
  TransferQuery query;
  query.account = request.account();
  query.kind = kind;
  query.limit = static_cast<std::uint32_t>(page->limit + 1);
  if (const auto cursor = kalshi::ParseCursor(page->cursor, kTransfersCursor)) {
    query.before = TransferId(static_cast<std::uint64_t>(cursor->position));
  }
  auto rows = context.history.ListTransfers(query);
  if (!rows.ok()) return ToError(rows.status());
  TransferPage result{*std::move(rows), ""};
  if (CutToPage(result.rows, static_cast<std::size_t>(page->limit))) {
    result.cursor = kalshi::FormatCursor(
        {kTransfersCursor, static_cast<std::int64_t>(result.rows.back().transfer.value()), 0, ""});
  }
  return result;
}

kalshi::Payment ToPayment(const TransferRow& row, const WireIdCodec& wire_ids) {
  kalshi::Payment payment;
  payment.id = wire_ids.Encode(row.transfer);
  payment.amount = row.amount;
  payment.created_time = row.time;
  payment.finalized_time = row.time;
  return payment;
}

void ListDeposits(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto page =
      ListTransfers(context, request, "GetDeposits", kPaymentsLimitMax, TransferKind::kDeposit);
  if (!page.ok()) return reply.Error(page.error());
  kalshi::DepositsResponse response;
  for (const TransferRow& row : page->rows) {
    response.deposits.push_back(ToPayment(row, context.wire_ids));
  }
  response.cursor = page->cursor;
  reply.Json(200, kalshi::EncodeJson(response));
}

void ListWithdrawals(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto page = ListTransfers(context, request, "GetWithdrawals", kPaymentsLimitMax,
                                  TransferKind::kWithdrawal);
  if (!page.ok()) return reply.Error(page.error());
  kalshi::WithdrawalsResponse response;
  for (const TransferRow& row : page->rows) {
    response.withdrawals.push_back(ToPayment(row, context.wire_ids));
  }
  response.cursor = page->cursor;
  reply.Json(200, kalshi::EncodeJson(response));
}

void ListSubaccountTransfers(const ExchangeContext& context, RestRequest& request,
                             RestReply reply) {
  const auto page = ListTransfers(context, request, "GetSubaccountTransfers", kTransfersLimitMax,
                                  TransferKind::kBetweenSubaccounts);
  if (!page.ok()) return reply.Error(page.error());
  kalshi::SubaccountTransfersResponse response;
  for (const TransferRow& row : page->rows) {
    kalshi::SubaccountTransfer transfer;
    transfer.transfer_id = context.wire_ids.Encode(row.transfer);
    transfer.from_subaccount = row.from_subaccount;
    transfer.to_subaccount = row.to_subaccount;
    transfer.amount = row.amount;
    transfer.created_time = row.time;
    response.transfers.push_back(std::move(transfer));
  }
  response.cursor = page->cursor;
  reply.Json(200, kalshi::EncodeJson(response));
}

void CreateSubaccount(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeCreateSubaccount);
  if (!body.ok()) return reply.Error(body.error());
  if (const auto wrong = CheckExchangeIndex(body->exchange_index)) return reply.Error(*wrong);
  if (const auto refused = CheckWholeAccount(request)) return reply.Error(*refused);
  if (request.principal->tier == venue::UsageTier::kBasic) {
    return reply.Error(kalshi::MakeError(error::kPermissionDenied,
                                         "subaccounts need the usage level advanced or above"));
  }
  SubmitAndReply(
      context, request, venue::OpenSubaccount{request.account()}, std::move(reply),
      [](const Outcome& outcome) {
        return JsonReply{
            201, kalshi::EncodeJson(kalshi::CreateSubaccountResponse{outcome.result.subaccount})};
      });
}

void TransferFunds(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeSubaccountTransfer);
  if (!body.ok()) return reply.Error(body.error());
  if (const auto wrong = CheckExchangeIndex(body->exchange_index)) return reply.Error(*wrong);
  if (const auto refused = CheckWholeAccount(request)) return reply.Error(*refused);
  venue::TransferFunds command;
  command.account = request.account();
  command.from_subaccount = body->from_subaccount;
  command.to_subaccount = body->to_subaccount;
  command.amount = body->amount;
  command.client_transfer_id = venue::UuidText(body->client_transfer_id);
  SubmitAndReply(context, request, command, std::move(reply), [](const Outcome&) {
    return JsonReply{200, "{}"};
  });
}

void GetSubaccountBalances(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  kalshi::SubaccountBalancesResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    if (account == nullptr) return;
    for (const auto& [number, subaccount] : account->subaccounts) {
      if (!MayUse(*request.principal, number)) continue;
      response.subaccount_balances.push_back(
          {number, 0, subaccount.cash - subaccount.hold, subaccount.update_time});
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetNetting(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  kalshi::SubaccountNettingResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    if (account == nullptr) return;
    for (const auto& [number, subaccount] : account->subaccounts) {
      if (!MayUse(*request.principal, number)) continue;
      response.netting_configs.push_back({number, subaccount.netting_enabled, 0});
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

void SetNetting(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeUpdateNetting);
  if (!body.ok()) return reply.Error(body.error());
  const auto subaccount = ResolveSubaccount(*request.principal, body->subaccount_number);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  SubmitAndReply(context, request, venue::SetNetting{request.account(), *subaccount, body->enabled},
                 std::move(reply), [](const Outcome&) {
                   return JsonReply{200, ""};
                 });
}

void GetAllocation(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  std::string body = context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    return account == nullptr ? std::string() : account->target_balance_allocation_json;
  });
  if (body.empty()) body = kalshi::EncodeJson(kalshi::BalanceAllocationResponse{});
  reply.Json(200, std::move(body));
}

void SetAllocation(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  if (const auto refused = CheckWholeAccount(request)) return reply.Error(*refused);
  auto body = DecodeBody(request, kalshi::DecodeSetBalanceAllocation);
  if (!body.ok()) return reply.Error(body.error());
  kalshi::BalanceAllocationResponse kept{body->allocations, body->resting_margin_reservation};
  SubmitAndReply(context, request,
                 venue::SetTargetBalanceAllocation{request.account(), kalshi::EncodeJson(kept)},
                 std::move(reply), [](const Outcome&) {
                   return JsonReply{200, "{}"};
                 });
}

// There is one shard and no margined instance, so what is left of the venue's transfers between
// instances is a transfer between two subaccounts.
void CreateInstanceTransfer(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeIntraExchangeTransfer);
  if (!body.ok()) return reply.Error(body.error());
  if (body->source != kalshi::ExchangeInstance::kEventContract ||
      body->destination != kalshi::ExchangeInstance::kEventContract ||
      body->source_exchange_shard != 0 || body->destination_exchange_shard != 0 ||
      body->source_subaccount == body->destination_subaccount) {
    return reply.Error(kalshi::MakeError(
        error::kInvalidParameters,
        "this exchange has one instance (event_contract) and one shard (0): funds move between two "
        "subaccounts only"));
  }
  if (const auto refused = CheckWholeAccount(request)) return reply.Error(*refused);
  venue::TransferFunds command;
  command.account = request.account();
  command.from_subaccount = body->source_subaccount;
  command.to_subaccount = body->destination_subaccount;
  command.amount = body->amount;
  command.client_transfer_id = venue::UuidText(body->client_transfer_id.value_or(""));
  SubmitAndReply(context, request, command, std::move(reply), [&context](const Outcome& outcome) {
    return JsonReply{200, kalshi::EncodeJson(kalshi::CreateIntraExchangeTransferResponse{
                              context.wire_ids.Encode(outcome.result.transfer)})};
  });
}

kalshi::IntraExchangeTransfer ToInstanceTransfer(const TransferRow& row,
                                                 const WireIdCodec& wire_ids) {
  kalshi::IntraExchangeTransfer transfer;
  transfer.transfer_id = wire_ids.Encode(row.transfer);
  transfer.amount = row.amount;
  transfer.created_time = row.time;
  return transfer;
}

void ListInstanceTransfers(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto page = ListTransfers(context, request, "GetIntraExchangeInstanceTransfers",
                                  kPaymentsLimitMax, TransferKind::kBetweenSubaccounts);
  if (!page.ok()) return reply.Error(page.error());
  kalshi::IntraExchangeTransfersResponse response;
  for (const TransferRow& row : page->rows) {
    response.transfers.push_back(ToInstanceTransfer(row, context.wire_ids));
  }
  response.cursor = page->cursor;
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetInstanceTransfer(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  if (const auto refused = CheckWholeAccount(request)) return reply.Error(*refused);
  const auto id = context.wire_ids.Decode(WireIdKind::kTransfer, request.path_parameters[0]);
  if (!id) return reply.Error(kalshi::MakeError(error::kNotFound));
  TransferQuery query;
  query.account = request.account();
  query.kind = TransferKind::kBetweenSubaccounts;
  query.before = TransferId(*id + 1);
  query.limit = 1;
  const auto rows = context.history.ListTransfers(query);
  if (!rows.ok()) return reply.Error(ToError(rows.status()));
  if (rows->empty() || rows->front().transfer.value() != *id) {
    return reply.Error(kalshi::MakeError(error::kNotFound));
  }
  reply.Json(200, kalshi::EncodeJson(kalshi::IntraExchangeTransferResponse{
                      ToInstanceTransfer(rows->front(), context.wire_ids)}));
}

}  // namespace

void AddFundsRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  const auto add = [&](HttpMethod method, std::string_view pattern, std::string_view operation,
                       auto function) {
    const bool read = method == HttpMethod::kGet;
    router.Add({method, pattern, operation, AuthRule::kRequired,
                static_cast<std::uint16_t>(read ? venue::kScopeRead : venue::kScopeWriteTransfer),
                RateBucket::kRead, kDefaultCost,
                [&context, function](RestRequest& request, RestReply reply) {
                  function(context, request, std::move(reply));
                }});
  };
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/deposits", "GetDeposits", ListDeposits);
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/withdrawals", "GetWithdrawals", ListWithdrawals);
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/subaccounts", "CreateSubaccount",
      CreateSubaccount);
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/subaccounts/balances", "GetSubaccountBalances",
      GetSubaccountBalances);
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/subaccounts/netting", "GetSubaccountNetting",
      GetNetting);
  add(HttpMethod::kPut, "/trade-api/v2/portfolio/subaccounts/netting", "UpdateSubaccountNetting",
      SetNetting);
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/subaccounts/transfer", "ApplySubaccountTransfer",
      TransferFunds);
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/subaccounts/transfers", "GetSubaccountTransfers",
      ListSubaccountTransfers);
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/target_balance_allocation",
      "GetTargetBalanceAllocation", GetAllocation);
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/target_balance_allocation",
      "SetTargetBalanceAllocation", SetAllocation);
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/intra_exchange_instance_transfer",
      "IntraExchangeInstanceTransfer", CreateInstanceTransfer);
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/intra_exchange_instance_transfers",
      "GetIntraExchangeInstanceTransfers", ListInstanceTransfers);
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/intra_exchange_instance_transfers/{transfer_id}",
      "GetIntraExchangeInstanceTransfer", GetInstanceTransfer);
}

}  // namespace evx::mock_kalshi
