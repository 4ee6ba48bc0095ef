// Operator over REST: pauses, accepting, the virtual clock, the hash of the state.

#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "operator/operator_routes.h"
#include "operator/operator_views.h"

namespace evx::mock_kalshi {
namespace {

using nlohmann::json;

json ClockJson(const ExchangeClock& clock) {
  return {{"mode", clock.mode() == ExchangeClock::Mode::kVirtual ? "virtual" : "real"},
          {"exchange_time", FormatRfc3339(clock.Now())},
          {"speed", static_cast<double>(clock.speed_thousandths()) / 1000}};
}

json ToJson(const ExchangeView& exchange) {
  return {{"exchange_active", exchange.exchange_active},
          {"trading_active", exchange.trading_active},
          {"accepting", exchange.accepting},
          {"sequence_number", exchange.sequence_number.value()},
          {"time", FormatRfc3339(exchange.time)},
          {"market_count", exchange.market_count},
          {"account_count", exchange.account_count},
          {"open_order_count", exchange.open_order_count},
          {"queue_size", exchange.queue_size}};
}

void FillStatus(StatusEdit& edit, JsonFields& fields, const RestRequest&) {
  fields.Flag("exchange_active", edit.exchange_active);
  fields.Flag("trading_active", edit.trading_active);
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

// Answers once every timer up to the new time has run. Passes while commands are not accepted; when
// the timers cannot be written down (no space on disk) the answer is 503, and the clock stands at
// the new time already.
void SetClock(const ExchangeContext& context, ExchangeClock& clock, RestRequest& request,
              RestReply reply) {
  ClockEdit edit;
  const auto fault = ReadBody(request, [&edit](JsonFields& fields) {
    std::optional<std::int64_t> advance_micros;
    std::optional<std::int64_t> speed_micros;
    fields.Time("advance_to", edit.advance_to);
    fields.Micros("advance_seconds", advance_micros);
    fields.Micros("speed", speed_micros);
    if (advance_micros) edit.advance_by = absl::Microseconds(*advance_micros);
    if (speed_micros) edit.speed_thousandths = *speed_micros / 1'000;
  });
  if (fault) return reply.Error(*fault);
  if (const auto wrong = MoveClock(edit, clock, context.sequencer)) return reply.Error(*wrong);
  auto shared = std::make_shared<RestReply>(std::move(reply));
  const absl::Status queued = AskClock(
      context.sequencer, clock, [&context, &clock, shared](const absl::StatusOr<ClockNow>& now) {
        if (!now.ok()) return shared->ErrorLater(context.replies, ToError(now.status()));
        json answer = ClockJson(clock);
        answer["exchange_time"] = FormatRfc3339(now->exchange_time);
        answer["sequence_number"] = now->sequence_number.value();
        answer["time"] = FormatRfc3339(now->exchange_time);
        shared->JsonLater(context.replies, 200, answer.dump());
      });
  if (!queued.ok()) shared->Error(ToError(queued));
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
  AddOperatorRoute(router, HttpMethod::kGet, "/evx/v1/admin/exchange", "GetExchange",
                   [&context](RestRequest&, RestReply reply) {
                     reply.Json(200, ToJson(ViewExchange(context)).dump());
                   });
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/exchange/status", "SetExchangeStatus",
                   EditVerb<StatusEdit>(context, FillStatus));
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
