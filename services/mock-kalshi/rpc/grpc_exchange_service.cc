#include "rpc/grpc_exchange_service.h"

#include <string_view>
#include <utility>

#include "rpc/grpc_calls.h"
#include "rpc/grpc_event_stream.h"
#include "rpc/grpc_exchange_reads.h"
#include "rpc/grpc_gate.h"
#include "rpc/grpc_order_commands.h"
#include "rpc/grpc_order_stream.h"

// The path of a method: what its caller signed.
#define EVX_EXCHANGE_PATH(method) "/evx.exchange.v1.ExchangeService/" method

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class ExchangeService final : public pb::ExchangeService::CallbackService {
 public:
  ExchangeService(const ExchangeContext& context, ReplyThread& replies, EventLog& log)
      : context_(context), replies_(replies), log_(log), gate_(context, Door::kGrpc) {}

  ServerUnaryReactor* CreateOrder(CallbackServerContext* call,
                                  const pb::CreateOrderRequest* request,
                                  pb::CreateOrderResponse* response) override {
    return OrderCall(call, EVX_EXCHANGE_PATH("CreateOrder"), *request, *response, kDefaultCost);
  }
  ServerUnaryReactor* CancelOrder(CallbackServerContext* call,
                                  const pb::CancelOrderRequest* request,
                                  pb::CancelOrderResponse* response) override {
    return OrderCall(call, EVX_EXCHANGE_PATH("CancelOrder"), *request, *response, kCancelCost);
  }
  ServerUnaryReactor* CancelAllOrders(CallbackServerContext* call,
                                      const pb::CancelAllOrdersRequest* request,
                                      pb::CancelAllOrdersResponse* response) override {
    return OrderCall(call, EVX_EXCHANGE_PATH("CancelAllOrders"), *request, *response, kCancelCost);
  }
  ServerUnaryReactor* AmendOrder(CallbackServerContext* call, const pb::AmendOrderRequest* request,
                                 pb::AmendOrderResponse* response) override {
    return OrderCall(call, EVX_EXCHANGE_PATH("AmendOrder"), *request, *response, kDefaultCost);
  }
  ServerUnaryReactor* DecreaseOrder(CallbackServerContext* call,
                                    const pb::DecreaseOrderRequest* request,
                                    pb::DecreaseOrderResponse* response) override {
    return OrderCall(call, EVX_EXCHANGE_PATH("DecreaseOrder"), *request, *response, kDefaultCost);
  }

  ServerUnaryReactor* CreateOrderGroup(CallbackServerContext* call,
                                       const pb::CreateOrderGroupRequest* request,
                                       pb::CreateOrderGroupResponse* response) override {
    const auto caller = AdmitWrite(call, EVX_EXCHANGE_PATH("CreateOrderGroup"), kDefaultCost);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    const auto subaccount =
        RequestedSubaccount(caller->principal, request->has_subaccount(), request->subaccount());
    if (!subaccount.ok()) return RefuseCall(call, subaccount.error());
    venue::CreateOrderGroup command;
    command.account = caller->account();
    command.subaccount = *subaccount;
    command.limit = Quantity::FromCentis(request->limit_centis());
    return RunWithFault(
        context_, call, caller->account(), true,
        [this, command, meta = caller->meta, response](const RequestFault& fault,
                                                       ServerUnaryReactor* reactor) {
          SubmitCall(
              context_, replies_, reactor, command, meta,
              [this, response](const Outcome& outcome) {
                response->set_sequence_number(ToWire(outcome.sequence_number));
                response->set_order_group_id(context_.wire_ids.Encode(outcome.result.order_group));
              },
              fault);
        });
  }
  ServerUnaryReactor* UpdateOrderGroupLimit(CallbackServerContext* call,
                                            const pb::UpdateOrderGroupLimitRequest* request,
                                            pb::UpdateOrderGroupLimitResponse* response) override {
    venue::UpdateOrderGroupLimit command;
    command.limit = Quantity::FromCentis(request->limit_centis());
    return GroupCall(call, EVX_EXCHANGE_PATH("UpdateOrderGroupLimit"), *request, *response,
                     command);
  }
  ServerUnaryReactor* TriggerOrderGroup(CallbackServerContext* call,
                                        const pb::TriggerOrderGroupRequest* request,
                                        pb::TriggerOrderGroupResponse* response) override {
    return GroupCall(call, EVX_EXCHANGE_PATH("TriggerOrderGroup"), *request, *response,
                     venue::TriggerOrderGroup());
  }
  ServerUnaryReactor* ResetOrderGroup(CallbackServerContext* call,
                                      const pb::ResetOrderGroupRequest* request,
                                      pb::ResetOrderGroupResponse* response) override {
    return GroupCall(call, EVX_EXCHANGE_PATH("ResetOrderGroup"), *request, *response,
                     venue::ResetOrderGroup());
  }
  ServerUnaryReactor* DeleteOrderGroup(CallbackServerContext* call,
                                       const pb::DeleteOrderGroupRequest* request,
                                       pb::DeleteOrderGroupResponse* response) override {
    return GroupCall(call, EVX_EXCHANGE_PATH("DeleteOrderGroup"), *request, *response,
                     venue::DeleteOrderGroup());
  }

  ServerUnaryReactor* ListOrderGroups(CallbackServerContext* call,
                                      const pb::ListOrderGroupsRequest* request,
                                      pb::ListOrderGroupsResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("ListOrderGroups"), venue::kScopeRead, kDefaultCost,
                   *request, *response);
  }
  ServerUnaryReactor* GetOrder(CallbackServerContext* call, const pb::GetOrderRequest* request,
                               pb::GetOrderResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("GetOrder"), venue::kScopeRead, kGetOrderCost, *request,
                   *response);
  }
  ServerUnaryReactor* ListOrders(CallbackServerContext* call, const pb::ListOrdersRequest* request,
                                 pb::ListOrdersResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("ListOrders"), venue::kScopeRead, kDefaultCost, *request,
                   *response);
  }
  ServerUnaryReactor* ListFills(CallbackServerContext* call, const pb::ListFillsRequest* request,
                                pb::ListFillsResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("ListFills"), venue::kScopeRead, kDefaultCost, *request,
                   *response);
  }
  ServerUnaryReactor* ListPositions(CallbackServerContext* call,
                                    const pb::ListPositionsRequest* request,
                                    pb::ListPositionsResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("ListPositions"), venue::kScopeRead, kDefaultCost,
                   *request, *response);
  }
  ServerUnaryReactor* ListSettlements(CallbackServerContext* call,
                                      const pb::ListSettlementsRequest* request,
                                      pb::ListSettlementsResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("ListSettlements"), venue::kScopeRead, kDefaultCost,
                   *request, *response);
  }
  ServerUnaryReactor* ListEquityMarks(CallbackServerContext* call,
                                      const pb::ListEquityMarksRequest* request,
                                      pb::ListEquityMarksResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("ListEquityMarks"), venue::kScopeReadPortfolioBalance,
                   kDefaultCost, *request, *response);
  }
  ServerUnaryReactor* GetBalance(CallbackServerContext* call, const pb::GetBalanceRequest* request,
                                 pb::GetBalanceResponse* response) override {
    return OwnRead(call, EVX_EXCHANGE_PATH("GetBalance"), venue::kScopeReadPortfolioBalance,
                   kDefaultCost, *request, *response);
  }
  ServerUnaryReactor* GetOrderBook(CallbackServerContext* call,
                                   const pb::GetOrderBookRequest* request,
                                   pb::GetOrderBookResponse* response) override {
    return PublicRead(call, EVX_EXCHANGE_PATH("GetOrderBook"), *request, *response);
  }
  ServerUnaryReactor* GetMarket(CallbackServerContext* call, const pb::GetMarketRequest* request,
                                pb::GetMarketResponse* response) override {
    return PublicRead(call, EVX_EXCHANGE_PATH("GetMarket"), *request, *response);
  }
  ServerUnaryReactor* ListMarkets(CallbackServerContext* call,
                                  const pb::ListMarketsRequest* request,
                                  pb::ListMarketsResponse* response) override {
    return PublicRead(call, EVX_EXCHANGE_PATH("ListMarkets"), *request, *response);
  }
  ServerUnaryReactor* ListTrades(CallbackServerContext* call, const pb::ListTradesRequest* request,
                                 pb::ListTradesResponse* response) override {
    return PublicRead(call, EVX_EXCHANGE_PATH("ListTrades"), *request, *response);
  }

  OrderStreamReactor* OrderStream(CallbackServerContext* call) override {
    auto caller = gate_.Admit(*call, EVX_EXCHANGE_PATH("OrderStream"), venue::kScopeWriteTrade);
    if (!caller.ok()) {
      return new RefusedStream<OrderStreamReactor>(ToGrpcStatus(ToRefusal(caller.error())));
    }
    return OpenOrderStream(context_, gate_, replies_, *std::move(caller));
  }

  OrderBatchStreamReactor* OrderBatchStream(CallbackServerContext* call) override {
    auto caller =
        gate_.Admit(*call, EVX_EXCHANGE_PATH("OrderBatchStream"), venue::kScopeWriteTrade);
    if (!caller.ok()) {
      return new RefusedStream<OrderBatchStreamReactor>(ToGrpcStatus(ToRefusal(caller.error())));
    }
    return OpenOrderBatchStream(context_, gate_, replies_, *std::move(caller));
  }

  grpc::ServerWriteReactor<pb::StreamEventsResponse>* StreamEvents(
      CallbackServerContext* call, const pb::StreamEventsRequest* request) override {
    auto caller = gate_.AdmitAnyone(*call, EVX_EXCHANGE_PATH("StreamEvents"));
    if (!caller.ok()) {
      using Base = grpc::ServerWriteReactor<pb::StreamEventsResponse>;
      return new RefusedStream<Base>(ToGrpcStatus(ToRefusal(caller.error())));
    }
    return OpenEventStream(context_, gate_, log_, *std::move(caller), *request);
  }

 private:
  kalshi::Decoded<GrpcCaller> AdmitWrite(CallbackServerContext* call, std::string_view path,
                                         std::int64_t cost) const {
    auto caller = gate_.Admit(*call, path, venue::kScopeWriteTrade);
    if (!caller.ok()) return caller;
    if (auto over = gate_.Charge(*caller, RateBucket::kWrite, cost)) return *std::move(over);
    return caller;
  }

  template <class Request, class Response>
  ServerUnaryReactor* OrderCall(CallbackServerContext* call, std::string_view path,
                                const Request& request, Response& response, std::int64_t cost) {
    const auto caller = AdmitWrite(call, path, cost);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    auto command = ToCommand(request, caller->principal, context_);
    if (!command.ok()) return RefuseCall(call, command.error());
    return RunWithFault(context_, call, caller->account(), true,
                        [this, command = *std::move(command), meta = caller->meta, &response](
                            const RequestFault& fault, ServerUnaryReactor* reactor) {
                          SubmitCall(
                              context_, replies_, reactor, command, meta,
                              [this, &response](const Outcome& outcome) {
                                FillResponse(outcome, context_, response);
                              },
                              fault);
                        });
  }

  // A key that is locked to a subaccount reaches the groups of that one only.
  bool MayUseGroup(const Principal& principal, OrderGroupId group) const {
    if (principal.subaccount < 0) return true;
    return context_.read_model.Read([&](const ReadModel::State& state) {
      const AccountState* account = state.FindAccount(principal.account);
      if (account == nullptr) return false;
      const auto found = account->order_groups.find(group);
      return found != account->order_groups.end() &&
             found->second.subaccount == principal.subaccount;
    });
  }

  template <class Request, class Response, class Command>
  ServerUnaryReactor* GroupCall(CallbackServerContext* call, std::string_view path,
                                const Request& request, Response& response, Command command) {
    const auto caller = AdmitWrite(call, path, kDefaultCost);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    const auto group = context_.wire_ids.DecodeOrderGroup(request.order_group_id());
    if (!group || !MayUseGroup(caller->principal, *group)) {
      return RefuseCall(call, kalshi::MakeError(kalshi::error::kNotFound, "order group not found"));
    }
    command.account = caller->account();
    command.order_group = *group;
    return RunWithFault(context_, call, caller->account(), true,
                        [this, command, meta = caller->meta, &response](
                            const RequestFault& fault, ServerUnaryReactor* reactor) {
                          SubmitCall(
                              context_, replies_, reactor, command, meta,
                              [&response](const Outcome& outcome) {
                                response.set_sequence_number(ToWire(outcome.sequence_number));
                              },
                              fault);
                        });
  }

  template <class Request, class Response>
  ServerUnaryReactor* OwnRead(CallbackServerContext* call, std::string_view path,
                              venue::KeyScope scope, std::int64_t cost, const Request& request,
                              Response& response) {
    const auto caller = gate_.Admit(*call, path, scope);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    if (const auto over = gate_.Charge(*caller, RateBucket::kRead, cost)) {
      return RefuseCall(call, *over);
    }
    return RunWithFault(context_, call, caller->account(), false,
                        [this, principal = caller->principal, &request, &response](
                            const RequestFault& fault, ServerUnaryReactor* reactor) {
                          auto result = Read(context_, principal, request);
                          FinishRead(reactor, std::move(result), response, fault);
                        });
  }

  template <class Request, class Response>
  ServerUnaryReactor* PublicRead(CallbackServerContext* call, std::string_view path,
                                 const Request& request, Response& response) {
    const auto caller = gate_.AdmitAnyone(*call, path);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    if (*caller) {
      if (const auto over = gate_.Charge(**caller, RateBucket::kRead, kDefaultCost)) {
        return RefuseCall(call, *over);
      }
    }
    const AccountId account = *caller ? (*caller)->account() : AccountId();
    return RunWithFault(
        context_, call, account, false,
        [this, &request, &response](const RequestFault& fault, ServerUnaryReactor* reactor) {
          FinishRead(reactor, Read(context_, request), response, fault);
        });
  }

  template <class Response>
  void FinishRead(ServerUnaryReactor* reactor, kalshi::Decoded<Response> result, Response& response,
                  const RequestFault& fault) const {
    if (!result.ok()) return reactor->Finish(ToGrpcStatus(ToRefusal(result.error())));
    response = *std::move(result);
    FinishAsFault(context_, reactor, grpc::Status::OK, fault);
  }

  const ExchangeContext& context_;
  ReplyThread& replies_;
  EventLog& log_;
  const GrpcGate gate_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeExchangeService(const ExchangeContext& context,
                                                   ReplyThread& replies, EventLog& log) {
  return std::make_unique<ExchangeService>(context, replies, log);
}

}  // namespace evx::mock_kalshi
