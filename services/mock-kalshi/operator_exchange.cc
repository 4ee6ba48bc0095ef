// Operator: pauses, accepting, the virtual clock, the hash of the state.

#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "operator_routes.h"

namespace evx::mock_kalshi {
namespace {

using nlohmann::json;

// How far one request may move the virtual clock.
constexpr std::int64_t kAdvanceSecondsMax = 100LL * 365 * 86'400;
constexpr std::int64_t kSpeedMax = 1'000;

json ClockJson(const ExchangeClock& clock) {
  return {{"mode", clock.mode() == ExchangeClock::Mode::kVirtual ? "virtual" : "real"},
          {"exchange_time", FormatRfc3339(clock.Now())},
          {"speed", static_cast<double>(clock.speed_thousandths()) / 1000}};
}

json StatusJson(const ExchangeContext& context) {
  json status;
  context.read_model.Read([&](const ReadModel::State& state) {
    std::size_t open_order_count = state.open_orders.size();
    status = {{"exchange_active", state.exchange_active},
              {"trading_active", state.trading_active},
              {"sequence_number", state.sequence_number.value()},
              {"time", FormatRfc3339(state.time)},
              {"market_count", state.markets.size()},
              {"account_count", state.accounts.size()},
              {"open_order_count", open_order_count}};
  });
  status["accepting"] = context.sequencer.accepting();
  status["queue_size"] = context.sequencer.queue_size();
  return status;
}

void SetStatus(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  venue::SetExchangeStatus command;
  context.read_model.Read([&](const ReadModel::State& state) {
    command.exchange_active = state.exchange_active;
    command.trading_active = state.trading_active;
  });
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    fields.Flag("exchange_active", command.exchange_active);
    fields.Flag("trading_active", command.trading_active);
  });
  if (fault) return reply.Error(*fault);
  SubmitAndReply(context, request, command, std::move(reply),
                 [](const Outcome& outcome) { return Done(outcome); });
}

// While it is off, every command but cancels is refused with 503, whoever sends it.
void SetAccepting(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  bool accepting = true;
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    fields.Require("accepting");
    fields.Flag("accepting", accepting);
  });
  if (fault) return reply.Error(*fault);
  context.sequencer.SetAccepting(accepting);
  reply.Json(200, json{{"accepting", accepting}}.dump());
}

// Moves the virtual clock; answers once every timer up to the new time has run.
void SetClock(const ExchangeContext& context, ExchangeClock& clock, RestRequest& request,
              RestReply reply) {
  Timestamp advance_to;
  std::optional<std::int64_t> advance_micros;
  std::optional<std::int64_t> speed_micros;
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    fields.Time("advance_to", advance_to);
    fields.Micros("advance_seconds", advance_micros);
    fields.Micros("speed", speed_micros);
    if (advance_to && advance_micros) {
      fields.Fail("advance_to", "and advance_seconds exclude each other");
    }
    if (advance_micros &&
        (*advance_micros < 0 || *advance_micros > kAdvanceSecondsMax * 1'000'000)) {
      fields.Fail("advance_seconds", "must be 0 to 100 years");
    }
    if (speed_micros && (*speed_micros < 0 || *speed_micros > kSpeedMax * 1'000'000)) {
      fields.Fail("speed", "must be 0 to 1000");
    }
  });
  if (fault) return reply.Error(*fault);
  if (clock.mode() != ExchangeClock::Mode::kVirtual) {
    return reply.Error(Invalid("the clock is real; start with --clock=virtual"));
  }
  const Timestamp now = clock.Now();
  if (advance_micros) advance_to = now + absl::Microseconds(*advance_micros);
  if (advance_to - now > absl::Seconds(kAdvanceSecondsMax)) {
    return reply.Error(Invalid("advance_to is more than 100 years ahead"));
  }
  if (speed_micros) clock.SetSpeed(*speed_micros / 1'000);
  if (advance_to) clock.AdvanceTo(advance_to);
  SubmitAndReply(context, request, venue::AdvanceTime{}, std::move(reply),
                 [&clock](const Outcome& outcome) { return Done(outcome, ClockJson(clock)); });
}

// Hash and sequence number belong together: both are read between two commands.
void GetState(const ExchangeContext& context, RestReply reply) {
  auto shared = std::make_shared<RestReply>(std::move(reply));
  const absl::Status queued = context.sequencer.Ask(
      [&context, shared](const venue::Exchange& exchange) -> absl::AnyInvocable<void()> {
        json answer = {{"sequence_number", exchange.sequence_number().value()},
                       {"time", FormatRfc3339(exchange.time())},
                       {"state_hash", absl::StrFormat("%016x", exchange.StateHash())}};
        return [&context, shared, body = answer.dump()] {
          shared->JsonLater(context.replies, 200, body);
        };
      });
  if (!queued.ok()) shared->Error(ToError(queued));
}

}  // namespace

void AddOperatorExchangeRoutes(RestRouter& router, const ExchangeContext& context,
                               ExchangeClock& clock) {
  using net::HttpMethod;
  AddOperatorRoute(
      router, HttpMethod::kGet, "/evx/v1/admin/exchange", "GetExchange",
      [&context](RestRequest&, RestReply reply) { reply.Json(200, StatusJson(context).dump()); });
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/exchange/status", "SetExchangeStatus",
                   [&context](RestRequest& request, RestReply reply) {
                     SetStatus(context, request, std::move(reply));
                   });
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/exchange/accepting", "SetAccepting",
                   [&context](RestRequest& request, RestReply reply) {
                     SetAccepting(context, request, std::move(reply));
                   });
  AddOperatorRoute(
      router, HttpMethod::kGet, "/evx/v1/admin/clock", "GetClock",
      [&clock](RestRequest&, RestReply reply) { reply.Json(200, ClockJson(clock).dump()); });
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/clock", "SetClock",
                   [&context, &clock](RestRequest& request, RestReply reply) {
                     SetClock(context, clock, request, std::move(reply));
                   });
  AddOperatorRoute(
      router, HttpMethod::kGet, "/evx/v1/admin/state", "GetState",
      [&context](RestRequest&, RestReply reply) { GetState(context, std::move(reply)); });
}

}  // namespace evx::mock_kalshi
