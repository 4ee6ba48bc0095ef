#include "rpc/grpc_operator_service.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "operator/operator_commands.h"
#include "operator/operator_faults.h"
#include "operator/operator_views.h"
#include "rpc/grpc_calls.h"
#include "rpc/grpc_conversions.h"
#include "rpc/grpc_gate.h"
#include "rpc/grpc_operator_requests.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = ops::v1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using kalshi::Decoded;

using Call = CallbackServerContext;
using Reactor = ServerUnaryReactor;

// Every method is: admit the caller, read the request into the struct that REST fills in too, hand
// it on. What can be refused is decided behind those structs.
class OperatorService final : public pb::OperatorService::CallbackService {
 public:
  OperatorService(const ExchangeContext& context, ExchangeClock& clock, ReplyThread& replies)
      : context_(context), clock_(clock), replies_(replies), gate_(context, Door::kOperator) {}

  // --- The exchange ---

  Reactor* GetExchange(Call* call, const pb::GetExchangeRequest*,
                       pb::GetExchangeResponse* response) override {
    return Answer(call, "GetExchange", [&]() -> MaybeError {
      const ExchangeView view = ViewExchange(context_);
      response->set_exchange_active(view.exchange_active);
      response->set_trading_active(view.trading_active);
      response->set_accepting(view.accepting);
      response->set_sequence_number(ToWire(view.sequence_number));
      *response->mutable_last_command_time() = ToProto(view.time);
      response->set_market_count(view.market_count);
      response->set_account_count(view.account_count);
      response->set_open_order_count(view.open_order_count);
      response->set_queue_size(view.queue_size);
      return std::nullopt;
    });
  }

  Reactor* SetExchangeStatus(Call* call, const pb::SetExchangeStatusRequest* request,
                             pb::SetExchangeStatusResponse* response) override {
    return Change(call, "SetExchangeStatus", *request, *response);
  }

  Reactor* SetAccepting(Call* call, const pb::SetAcceptingRequest* request,
                        pb::SetAcceptingResponse* response) override {
    return Answer(
        call, "SetAccepting",
        [&]() -> MaybeError {
          context_.sequencer.SetAccepting(request->accepting());
          response->set_accepting(request->accepting());
          return std::nullopt;
        },
        venue::kScopeWrite);
  }

  Reactor* GetClock(Call* call, const pb::GetClockRequest*,
                    pb::GetClockResponse* response) override {
    return Answer(call, "GetClock", [&]() -> MaybeError {
      *response->mutable_exchange_time() = ToProto(clock_.Now());
      *response->mutable_wall_time() = ToProto(context_.wall.Now());
      response->set_is_virtual(clock_.mode() == ExchangeClock::Mode::kVirtual);
      response->set_sequence_number(ToWire(context_.sequencer.released()));
      response->set_speed_thousandths(clock_.speed_thousandths());
      return std::nullopt;
    });
  }

  Reactor* AdvanceClock(Call* call, const pb::AdvanceClockRequest* request,
                        pb::AdvanceClockResponse* response) override {
    return SetClock(call, "AdvanceClock", *request, [response](const ClockNow& now) {
      *response->mutable_exchange_time() = ToProto(now.exchange_time);
      response->set_sequence_number(ToWire(now.sequence_number));
    });
  }

  Reactor* SetClockSpeed(Call* call, const pb::SetClockSpeedRequest* request,
                         pb::SetClockSpeedResponse* response) override {
    return SetClock(call, "SetClockSpeed", *request, [response](const ClockNow& now) {
      *response->mutable_exchange_time() = ToProto(now.exchange_time);
    });
  }

  Reactor* GetStateHash(Call* call, const pb::GetStateHashRequest*,
                        pb::GetStateHashResponse* response) override {
    const auto caller = Admit(call, "GetStateHash", venue::kScopeRead);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    Reactor* reactor = call->DefaultReactor();
    const absl::Status queued =
        context_.sequencer.Ask([this, reactor, response](const venue::Exchange& exchange) {
          response->set_sequence_number(ToWire(exchange.sequence_number()));
          response->set_state_hash(absl::StrFormat("%016x", exchange.StateHash()));
          return [this, reactor] { FinishLater(reactor, grpc::Status::OK); };
        });
    if (!queued.ok()) reactor->Finish(ToGrpcStatus(ToRefusal(queued)));
    return reactor;
  }

  // --- Catalogue ---

  Reactor* PutSeries(Call* call, const pb::PutSeriesRequest* request,
                     pb::PutSeriesResponse* response) override {
    return Change(call, "PutSeries", *request, *response);
  }
  Reactor* PutEvent(Call* call, const pb::PutEventRequest* request,
                    pb::PutEventResponse* response) override {
    return Change(call, "PutEvent", *request, *response);
  }
  Reactor* PutMarket(Call* call, const pb::PutMarketRequest* request,
                     pb::PutMarketResponse* response) override {
    return Change(call, "PutMarket", *request, *response);
  }
  Reactor* ScheduleFeeChange(Call* call, const pb::ScheduleFeeChangeRequest* request,
                             pb::ScheduleFeeChangeResponse* response) override {
    return Change(call, "ScheduleFeeChange", *request, *response);
  }
  Reactor* ChangePriceGrid(Call* call, const pb::ChangePriceGridRequest* request,
                           pb::ChangePriceGridResponse* response) override {
    return Change(call, "ChangePriceGrid", *request, *response);
  }

  // --- Life of a market ---

  Reactor* ActivateMarket(Call* call, const pb::ActivateMarketRequest* request,
                          pb::ActivateMarketResponse* response) override {
    return Move(call, "ActivateMarket", *request, MarketStep::kActivate, *response);
  }
  Reactor* DeactivateMarket(Call* call, const pb::DeactivateMarketRequest* request,
                            pb::DeactivateMarketResponse* response) override {
    return Move(call, "DeactivateMarket", *request, MarketStep::kDeactivate, *response);
  }
  Reactor* CloseMarket(Call* call, const pb::CloseMarketRequest* request,
                       pb::CloseMarketResponse* response) override {
    return Move(call, "CloseMarket", *request, MarketStep::kClose, *response);
  }
  Reactor* SetMarketCloseTime(Call* call, const pb::SetMarketCloseTimeRequest* request,
                              pb::SetMarketCloseTimeResponse* response) override {
    return Change(call, "SetMarketCloseTime", *request, *response);
  }
  Reactor* DetermineMarket(Call* call, const pb::DetermineMarketRequest* request,
                           pb::DetermineMarketResponse* response) override {
    return Change(call, "DetermineMarket", *request, *response);
  }
  Reactor* DisputeMarket(Call* call, const pb::DisputeMarketRequest* request,
                         pb::DisputeMarketResponse* response) override {
    return Move(call, "DisputeMarket", *request, MarketStep::kDispute, *response);
  }
  Reactor* SettleMarket(Call* call, const pb::SettleMarketRequest* request,
                        pb::SettleMarketResponse* response) override {
    return Move(call, "SettleMarket", *request, MarketStep::kSettle, *response);
  }
  Reactor* BustTrade(Call* call, const pb::BustTradeRequest* request,
                     pb::BustTradeResponse* response) override {
    return Change(call, "BustTrade", *request, *response);
  }

  // --- Accounts ---

  Reactor* OpenAccount(Call* call, const pb::OpenAccountRequest* request,
                       pb::OpenAccountResponse* response) override {
    return Change(call, "OpenAccount", *request, *response,
                  [this, response](const Outcome& outcome) {
                    response->set_account_id(outcome.result.account.value());
                    response->set_user_id(context_.wire_ids.Encode(outcome.result.account));
                  });
  }
  Reactor* UpdateAccount(Call* call, const pb::UpdateAccountRequest* request,
                         pb::UpdateAccountResponse* response) override {
    return Change(call, "UpdateAccount", *request, *response);
  }

  Reactor* RegisterKey(Call* call, const pb::RegisterKeyRequest* request,
                       pb::RegisterKeyResponse* response) override {
    const auto caller = Admit(call, "RegisterKey", venue::kScopeWrite);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    const auto key = ToEdit(*request);
    if (!key.ok()) return RefuseCall(call, key.error());
    const auto registration = ToRegistration(*key, context_);
    if (!registration.ok()) return RefuseCall(call, registration.error());
    response->set_key_id(std::string(registration->command.key_id.view()));
    response->set_private_key(registration->private_key_pem);
    return Submit(call, registration->command, *caller, *response, [](const Outcome&) {});
  }

  Reactor* RevokeKey(Call* call, const pb::RevokeKeyRequest* request,
                     pb::RevokeKeyResponse* response) override {
    const auto caller = Admit(call, "RevokeKey", venue::kScopeWrite);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    const auto revocation = ToEdit(*request);
    if (!revocation.ok()) return RefuseCall(call, revocation.error());
    auto command = ToCommand(*revocation, caller->principal.key_id.view(), context_);
    if (!command.ok()) return RefuseCall(call, command.error());
    return Submit(call, *std::move(command), *caller, *response, [](const Outcome&) {});
  }

  Reactor* Deposit(Call* call, const pb::DepositRequest* request,
                   pb::DepositResponse* response) override {
    return Change(call, "Deposit", *request, *response, [this, response](const Outcome& outcome) {
      response->set_transfer_id(context_.wire_ids.Encode(outcome.result.transfer));
    });
  }
  Reactor* Withdraw(Call* call, const pb::WithdrawRequest* request,
                    pb::WithdrawResponse* response) override {
    return Change(call, "Withdraw", *request, *response, [this, response](const Outcome& outcome) {
      response->set_transfer_id(context_.wire_ids.Encode(outcome.result.transfer));
    });
  }
  Reactor* CancelAllOrders(Call* call, const pb::CancelAllOrdersRequest* request,
                           pb::CancelAllOrdersResponse* response) override {
    return Change(call, "CancelAllOrders", *request, *response, [response](const Outcome& outcome) {
      response->set_canceled_order_count(outcome.result.canceled_order_count);
    });
  }

  // --- Tracking ---

  Reactor* ListAccounts(Call* call, const pb::ListAccountsRequest* request,
                        pb::ListAccountsResponse* response) override {
    return Answer(call, "ListAccounts", [&]() -> MaybeError {
      const auto page = mock_kalshi::ListAccounts(
          PageRequest{request->page_size(), request->page_token()}, context_);
      if (!page.ok()) return page.error();
      for (const AccountView& row : page->rows) *response->add_accounts() = ToProto(row);
      response->set_next_page_token(page->next_page_token);
      return std::nullopt;
    });
  }

  Reactor* GetAccount(Call* call, const pb::GetAccountRequest* request,
                      pb::GetAccountResponse* response) override {
    return Answer(call, "GetAccount", [&]() -> MaybeError {
      const auto name = ToDomain(request->account());
      if (!name.ok()) return name.error();
      const auto view = ViewAccount(*name, context_);
      if (!view.ok()) return view.error();
      *response->mutable_account() = ToProto(*view);
      return std::nullopt;
    });
  }

  Reactor* GetMarket(Call* call, const pb::GetMarketRequest* request,
                     pb::GetMarketResponse* response) override {
    return Answer(call, "GetMarket", [&]() -> MaybeError {
      const auto view = ViewMarket(request->market_ticker(), context_);
      if (!view.ok()) return view.error();
      *response->mutable_market() = ToProto(*view);
      return std::nullopt;
    });
  }

  Reactor* ListOpenOrders(Call* call, const pb::ListOpenOrdersRequest* request,
                          pb::ListOpenOrdersResponse* response) override {
    return Answer(call, "ListOpenOrders", [&]() -> MaybeError {
      const auto query = ToEdit(*request);
      if (!query.ok()) return query.error();
      const auto page = mock_kalshi::ListOpenOrders(*query, context_);
      if (!page.ok()) return page.error();
      for (const OpenOrderView& row : page->rows) {
        *response->add_orders() = ToProto(row, context_.wire_ids);
      }
      response->set_next_page_token(page->next_page_token);
      return std::nullopt;
    });
  }

  Reactor* ListFills(Call* call, const pb::ListFillsRequest* request,
                     pb::ListFillsResponse* response) override {
    return Answer(call, "ListFills", [&]() -> MaybeError {
      const auto query = ToEdit(*request);
      if (!query.ok()) return query.error();
      const auto page = mock_kalshi::ListFills(*query, context_);
      if (!page.ok()) return page.error();
      for (const FillView& row : page->rows)
        *response->add_fills() = ToProto(row, context_.wire_ids);
      response->set_next_page_token(page->next_page_token);
      return std::nullopt;
    });
  }

  // --- Faults ---

  Reactor* SetFaults(Call* call, const pb::SetFaultsRequest* request,
                     pb::SetFaultsResponse*) override {
    return Answer(
        call, "SetFaults",
        [&]() -> MaybeError {
          const auto edit = ToEdit(*request);
          return edit.ok() ? mock_kalshi::SetFaults(*edit, context_) : edit.error();
        },
        venue::kScopeWrite);
  }
  Reactor* ClearFaults(Call* call, const pb::ClearFaultsRequest* request,
                       pb::ClearFaultsResponse*) override {
    return Answer(
        call, "ClearFaults",
        [&]() -> MaybeError {
          const auto target = ToEdit(*request);
          return target.ok() ? mock_kalshi::ClearFaults(*target, context_) : target.error();
        },
        venue::kScopeWrite);
  }
  Reactor* ListFaults(Call* call, const pb::ListFaultsRequest*,
                      pb::ListFaultsResponse* response) override {
    return Answer(call, "ListFaults", [&]() -> MaybeError {
      response->set_allowed(context_.faults.allowed());
      for (const ActiveFaults& active : context_.faults.List()) {
        *response->add_profiles() = ToProto(active);
      }
      return std::nullopt;
    });
  }
  Reactor* ListFaultLog(Call* call, const pb::ListFaultLogRequest* request,
                        pb::ListFaultLogResponse* response) override {
    return Answer(call, "ListFaultLog", [&]() -> MaybeError {
      const auto entries = ReadFaultLog({request->after_number(), request->page_size()}, context_);
      if (!entries.ok()) return entries.error();
      for (const FaultLogEntry& entry : *entries) *response->add_entries() = ToProto(entry);
      return std::nullopt;
    });
  }

 private:
  using MaybeError = std::optional<kalshi::Error>;

  Decoded<GrpcCaller> Admit(Call* call, std::string_view method, venue::KeyScope scope) const {
    const std::string path = "/evx.ops.v1.OperatorService/" + std::string(method);
    auto caller = gate_.Admit(*call, path, scope);
    if (caller.ok() && caller->account() != kOperatorAccount) {
      return kalshi::MakeError(kalshi::error::kPermissionDenied, "the operator's key is needed");
    }
    return caller;
  }

  // `answer` fills the response at once, or says why not.
  template <class Fill>
  Reactor* Answer(Call* call, std::string_view method, Fill answer,
                  venue::KeyScope scope = venue::kScopeRead) {
    const auto caller = Admit(call, method, scope);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    if (const auto refused = answer()) return RefuseCall(call, *refused);
    return FinishCall(call, grpc::Status::OK);
  }

  template <class Request, class Response>
  Reactor* Change(Call* call, std::string_view method, const Request& request, Response& response) {
    return Change(call, method, request, response, [](const Outcome&) {});
  }

  // Submits the command that the request's edit means; `fill` adds to the response.
  template <class Request, class Response, class Fill>
  Reactor* Change(Call* call, std::string_view method, const Request& request, Response& response,
                  Fill fill) {
    const auto caller = Admit(call, method, venue::kScopeWrite);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    const auto edit = ToEdit(request);
    if (!edit.ok()) return RefuseCall(call, edit.error());
    auto command = ToCommand(*edit, context_);
    if (!command.ok()) return RefuseCall(call, command.error());
    return Submit(call, *std::move(command), *caller, response, std::move(fill));
  }

  template <class Request, class Response>
  Reactor* Move(Call* call, std::string_view method, const Request& request, MarketStep step,
                Response& response) {
    const auto caller = Admit(call, method, venue::kScopeWrite);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    auto command = ToCommand(MarketMove{request.market_ticker(), step}, context_);
    if (!command.ok()) return RefuseCall(call, command.error());
    return Submit(call, *std::move(command), *caller, response, [](const Outcome&) {});
  }

  // Once the command is durable, finishes the call with OK or with the refusal in words.
  template <class Response, class Fill>
  Reactor* Submit(Call* call, venue::Command command, const GrpcCaller& caller, Response& response,
                  Fill fill) {
    Reactor* reactor = call->DefaultReactor();
    auto kept = std::make_shared<const venue::Command>(command);
    const absl::Status queued = context_.sequencer.Submit(
        std::move(command), caller.meta,
        [this, reactor, kept, &response, fill = std::move(fill)](const Outcome& outcome) {
          grpc::Status status = grpc::Status::OK;
          if (auto refusal = RefusalOf(outcome, context_.wire_ids)) {
            if (outcome.status.ok()) {
              const std::string why = context_.read_model.Read([&](const ReadModel::State& state) {
                return ExplainRefusal(*kept, *outcome.result.reject, state);
              });
              if (!why.empty()) refusal->set_message(why);
            }
            response.Clear();
            status = ToGrpcStatus(*refusal);
          } else {
            response.set_sequence_number(ToWire(outcome.sequence_number));
            fill(outcome);
          }
          FinishLater(reactor, std::move(status));
        });
    if (!queued.ok()) reactor->Finish(ToGrpcStatus(ToRefusal(queued)));
    return reactor;
  }

  template <class Request, class Fill>
  Reactor* SetClock(Call* call, std::string_view method, const Request& request, Fill fill) {
    const auto caller = Admit(call, method, venue::kScopeWrite);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    const auto edit = ToEdit(request);
    if (!edit.ok()) return RefuseCall(call, edit.error());
    if (const auto wrong = MoveClock(*edit, clock_, context_.sequencer)) {
      return RefuseCall(call, *wrong);
    }
    Reactor* reactor = call->DefaultReactor();
    const absl::Status queued = AskClock(
        context_.sequencer, clock_, [this, reactor, fill](const absl::StatusOr<ClockNow>& now) {
          if (now.ok()) fill(*now);
          FinishLater(reactor, now.ok() ? grpc::Status::OK : ToGrpcStatus(ToRefusal(now.status())));
        });
    if (!queued.ok()) reactor->Finish(ToGrpcStatus(ToRefusal(queued)));
    return reactor;
  }

  // Off the release thread.
  void FinishLater(Reactor* reactor, grpc::Status status) {
    replies_.Post([reactor, status = std::move(status)] { reactor->Finish(status); });
  }

  const ExchangeContext& context_;
  ExchangeClock& clock_;
  ReplyThread& replies_;
  const GrpcGate gate_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOperatorService(const ExchangeContext& context,
                                                   ExchangeClock& clock, ReplyThread& replies) {
  return std::make_unique<OperatorService>(context, clock, replies);
}

}  // namespace evx::mock_kalshi
