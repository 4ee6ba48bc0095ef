#include "grpc_operator_service.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "grpc_calls.h"
#include "grpc_conversions.h"
#include "grpc_gate.h"
#include "grpc_order_commands.h"
#include "operator_commands.h"

#define EVX_OPERATOR_PATH(method) "/evx.exchange.v1.OperatorService/" method

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;
namespace common_pb = common::v1;
namespace error = kalshi::error;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using kalshi::MakeError;

kalshi::Error TooLong(std::string_view field) {
  return MakeError(error::kInvalidParameters, std::string(field) + " is too long");
}

class OperatorService final : public pb::OperatorService::CallbackService {
 public:
  OperatorService(const ExchangeContext& context, ExchangeClock& clock, ReplyThread& replies)
      : context_(context), clock_(clock), replies_(replies), gate_(context, Door::kOperator) {}

  ServerUnaryReactor* GetClock(CallbackServerContext* call, const pb::GetClockRequest*,
                               pb::GetClockResponse* response) override {
    const auto caller = Admit(call, EVX_OPERATOR_PATH("GetClock"));
    if (!caller.ok()) return RefuseCall(call, caller.error());
    *response->mutable_exchange_time() = ToProto(clock_.Now());
    *response->mutable_wall_time() = ToProto(context_.wall.Now());
    response->set_is_virtual(clock_.mode() == ExchangeClock::Mode::kVirtual);
    response->set_sequence_number(ToWire(context_.sequencer.released()));
    return FinishCall(call, grpc::Status::OK);
  }

  ServerUnaryReactor* AdvanceClock(CallbackServerContext* call,
                                   const pb::AdvanceClockRequest* request,
                                   pb::AdvanceClockResponse* response) override {
    const auto caller = Admit(call, EVX_OPERATOR_PATH("AdvanceClock"));
    if (!caller.ok()) return RefuseCall(call, caller.error());
    const auto target = ToDomain(request->target_time());
    if (!target) return RefuseCall(call, MakeError(error::kInvalidParameters, "target_time"));
    if (!clock_.AdvanceTo(*target)) {
      return FinishCall(call, grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                                           "the exchange runs on the wall clock; start it with "
                                           "--clock=virtual"));
    }
    context_.sequencer.Wake();
    // Timers are applied before the query is asked.
    return AskCall(call, [this, response](const venue::Exchange&) {
      *response->mutable_exchange_time() = ToProto(clock_.Now());
    });
  }

  ServerUnaryReactor* PutSeries(CallbackServerContext* call, const pb::PutSeriesRequest* request,
                                pb::PutSeriesResponse* response) override {
    venue::PutSeries command;
    if (!Fits(request->series_ticker())) return RefuseCall(call, TooLong("series_ticker"));
    command.ticker = venue::Ticker(request->series_ticker());
    if (request->has_fee_multiplier_millionths()) {
      command.fee_terms.multiplier_millionths = request->fee_multiplier_millionths();
    }
    command.facts_json = request->facts_json();
    return Submit(call, EVX_OPERATOR_PATH("PutSeries"), std::move(command), *response);
  }

  ServerUnaryReactor* PutEvent(CallbackServerContext* call, const pb::PutEventRequest* request,
                               pb::PutEventResponse* response) override {
    venue::PutEvent command;
    if (!Fits(request->event_ticker())) return RefuseCall(call, TooLong("event_ticker"));
    command.ticker = venue::Ticker(request->event_ticker());
    command.series = context_.read_model.Read([&](const ReadModel::State& state) {
      const SeriesState* series = state.FindSeries(request->series_ticker());
      return series == nullptr ? SeriesId() : series->series;
    });
    command.mutually_exclusive = request->mutually_exclusive();
    command.facts_json = request->facts_json();
    return Submit(call, EVX_OPERATOR_PATH("PutEvent"), std::move(command), *response);
  }

  ServerUnaryReactor* PutMarket(CallbackServerContext* call, const pb::PutMarketRequest* request,
                                pb::PutMarketResponse* response) override {
    venue::PutMarket command;
    if (!Fits(request->market_ticker())) return RefuseCall(call, TooLong("market_ticker"));
    command.ticker = venue::Ticker(request->market_ticker());
    command.event = context_.read_model.Read([&](const ReadModel::State& state) {
      const EventState* event = state.FindEvent(request->event_ticker());
      return event == nullptr ? EventId() : event->event;
    });
    constexpr std::string_view kDefaultStructure = "linear_cent";
    const std::string_view structure = request->price_level_structure().empty()
                                           ? kDefaultStructure
                                           : std::string_view(request->price_level_structure());
    if (structure.size() > 40) return RefuseCall(call, TooLong("price_level_structure"));
    command.price_level_structure = InlineString<40>(structure);
    const auto open_time = ToDomain(request->open_time());
    const auto close_time = ToDomain(request->close_time());
    if (!open_time || !close_time) {
      return RefuseCall(call, MakeError(error::kInvalidParameters, "open_time or close_time"));
    }
    command.open_time = *open_time;
    command.close_time = *close_time;
    command.settlement_timer_seconds = request->settlement_timer_seconds();
    command.facts_json = request->facts_json();
    return Submit(call, EVX_OPERATOR_PATH("PutMarket"), std::move(command), *response);
  }

  ServerUnaryReactor* SetMarketCloseTime(CallbackServerContext* call,
                                         const pb::SetMarketCloseTimeRequest* request,
                                         pb::SetMarketCloseTimeResponse* response) override {
    venue::SetMarketCloseTime command;
    command.close_time = clock_.Now();
    if (request->has_close_time()) {
      const auto close_time = ToDomain(request->close_time());
      if (!close_time) return RefuseCall(call, MakeError(error::kInvalidParameters, "close_time"));
      command.close_time = *close_time;
    }
    return SubmitForMarket(call, EVX_OPERATOR_PATH("SetMarketCloseTime"), *request, command,
                           *response);
  }

  ServerUnaryReactor* DetermineMarket(CallbackServerContext* call,
                                      const pb::DetermineMarketRequest* request,
                                      pb::DetermineMarketResponse* response) override {
    venue::DetermineMarket command;
    switch (request->result()) {
      case common_pb::MARKET_RESULT_YES:
        command.result = venue::MarketResult::kYes;
        command.settlement_value = Price::FromMicros(Price::kDollarMicros);
        break;
      case common_pb::MARKET_RESULT_NO:
        command.result = venue::MarketResult::kNo;
        break;
      case common_pb::MARKET_RESULT_SCALAR:
      case common_pb::MARKET_RESULT_VOID:
        if (!Price::IsValid(request->settlement_value_micros())) {
          return RefuseCall(call, MakeError(error::kInvalidParameters, "settlement_value_micros"));
        }
        command.result = venue::MarketResult::kScalar;
        command.settlement_value = Price::FromMicros(request->settlement_value_micros());
        break;
      default:
        return RefuseCall(call, MakeError(error::kInvalidParameters, "result"));
    }
    if (request->expiration_value().size() > 128) {
      return RefuseCall(call, TooLong("expiration_value"));
    }
    command.expiration_value = InlineString<128>(request->expiration_value());
    return SubmitForMarket(call, EVX_OPERATOR_PATH("DetermineMarket"), *request, command,
                           *response);
  }

  ServerUnaryReactor* SettleMarket(CallbackServerContext* call,
                                   const pb::SettleMarketRequest* request,
                                   pb::SettleMarketResponse* response) override {
    return SubmitForMarket(call, EVX_OPERATOR_PATH("SettleMarket"), *request, venue::SettleMarket(),
                           *response);
  }

  ServerUnaryReactor* Deposit(CallbackServerContext* call, const pb::DepositRequest* request,
                              pb::DepositResponse* response) override {
    venue::Deposit command;
    if (request->subaccount() < 0 || request->subaccount() > kSubaccountNumberMax) {
      return RefuseCall(call, MakeError(error::kInvalidParameters, "subaccount must be 0..63"));
    }
    command.account = context_.read_model.Read([&](const ReadModel::State& state) {
      const auto key = state.keys.find(std::string_view(request->key_id()));
      return key == state.keys.end() ? AccountId() : key->second.account;
    });
    command.subaccount = static_cast<SubaccountNumber>(request->subaccount());
    command.amount = Money::FromMicros(request->amount_micros());
    return Submit(call, EVX_OPERATOR_PATH("Deposit"), command, *response);
  }

  ServerUnaryReactor* GetStateHash(CallbackServerContext* call, const pb::GetStateHashRequest*,
                                   pb::GetStateHashResponse* response) override {
    const auto caller = Admit(call, EVX_OPERATOR_PATH("GetStateHash"));
    if (!caller.ok()) return RefuseCall(call, caller.error());
    return AskCall(call, [response](const venue::Exchange& exchange) {
      response->set_sequence_number(ToWire(exchange.sequence_number()));
      response->set_state_hash(absl::StrFormat("%016x", exchange.StateHash()));
    });
  }

 private:
  static bool Fits(std::string_view ticker) { return ticker.size() <= venue::Ticker::kMaxSize; }

  kalshi::Decoded<GrpcCaller> Admit(CallbackServerContext* call, std::string_view path) const {
    auto caller = gate_.Admit(*call, path, venue::kScopeWrite);
    if (caller.ok() && caller->account() != kOperatorAccount) {
      return MakeError(error::kPermissionDenied, "the key is not the operator's");
    }
    return caller;
  }

  template <class Response>
  ServerUnaryReactor* Submit(CallbackServerContext* call, std::string_view path,
                             venue::Command command, Response& response) {
    const auto caller = Admit(call, path);
    if (!caller.ok()) return RefuseCall(call, caller.error());
    return SubmitCall(context_, replies_, call, std::move(command), caller->meta,
                      [&response](const Outcome& outcome) {
                        response.set_sequence_number(ToWire(outcome.sequence_number));
                      });
  }

  template <class Request, class Command, class Response>
  ServerUnaryReactor* SubmitForMarket(CallbackServerContext* call, std::string_view path,
                                      const Request& request, Command command, Response& response) {
    const auto market = FindMarket(context_, request.market_ticker());
    // A market that is not there is told to the operator only, after the signature.
    command.market = market.ok() ? *market : MarketId();
    return Submit(call, path, command, response);
  }

  // Asks the exchange between two commands, then finishes the call.
  template <class Ask>
  ServerUnaryReactor* AskCall(CallbackServerContext* call, Ask ask) {
    ServerUnaryReactor* reactor = call->DefaultReactor();
    const absl::Status queued = context_.sequencer.Ask([this, reactor, ask = std::move(ask)](
                                                           const venue::Exchange& exchange) {
      ask(exchange);
      return [this, reactor] { replies_.Post([reactor] { reactor->Finish(grpc::Status::OK); }); };
    });
    if (!queued.ok()) reactor->Finish(ToGrpcStatus(ToRefusal(queued)));
    return reactor;
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
