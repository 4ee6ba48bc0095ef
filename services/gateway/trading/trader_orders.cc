// Orders: placed, amended, canceled; and how their end is found out when no answer came.

#include <algorithm>
#include <utility>

#include "trading/trader.h"

namespace evx::gateway {
namespace {

namespace pb = exchange::v1;

bool IsUnknownOrder(const pb::Refusal& refusal) {
  return refusal.code() == static_cast<int>(absl::StatusCode::kNotFound);
}

v1::CommandResult ResultOf(std::string_view command_id) {
  v1::CommandResult result;
  result.set_command_id(std::string(command_id));
  return result;
}

template <class Response>
void SetOutcome(const Response& response, const std::string& market_ticker,
                v1::CommandResult& result) {
  v1::OrderOutcome& outcome = *result.add_orders();
  outcome.set_order_id(response.order_id());
  outcome.set_market_ticker(market_ticker);
  outcome.set_filled_quantity_centis(response.filled_quantity_centis());
  outcome.set_remaining_quantity_centis(response.remaining_quantity_centis());
  result.set_sequence_number(response.sequence_number());
}

}  // namespace

// The orders of one CancelOrders, until the last of them is answered.
struct Trader::Cancels {
  std::mutex mutex;
  v1::CommandResult result ABSL_GUARDED_BY(mutex);
  int missing ABSL_GUARDED_BY(mutex) = 0;
  bool is_retryable ABSL_GUARDED_BY(mutex) = true;

  // True: that was the last.
  bool Add(int index, const v1::OrderOutcome& outcome, std::int64_t sequence_number,
           bool may_be_retried) {
    const std::lock_guard lock(mutex);
    *result.mutable_orders(index) = outcome;
    result.set_sequence_number(std::max(result.sequence_number(), sequence_number));
    is_retryable = is_retryable && may_be_retried;
    return --missing == 0;
  }
};

void Trader::Create(const CommandPtr& command) {
  pb::OrderStreamRequest request;
  *request.mutable_create_order() = ToExchange(command->request.create_order());
  link_->Send(std::move(request), [this, command](std::optional<pb::OrderStreamResponse> answer) {
    const bool is_duplicate =
        answer && answer->has_refusal() && !answer->refusal().order_id().empty();
    if (!answer || is_duplicate) {
      return Post(
          {[this, command, is_duplicate] { ResolveCreate(command, is_duplicate); }, nullptr});
    }
    v1::CommandResult result = ResultOf(command->id);
    result.set_sequence_number(answer->sequence_number());
    if (answer->has_refusal()) {
      SetRefusal(answer->refusal(), result);
    } else {
      SetOutcome(answer->create_order(), command->request.create_order().market_ticker(), result);
    }
    Finish(command, std::move(result));
  });
}

void Trader::ResolveCreate(const CommandPtr& command, bool was_told) {
  const v1::CreateOrder& create = command->request.create_order();
  pb::CreateOrderResponse response;
  const grpc::Status status = Insist(command, "CreateOrder", [&](auto& exchange, auto* call) {
    return exchange.CreateOrder(call, ToExchange(create), &response);
  });
  v1::CommandResult result = ResultOf(command->id);
  if (status.ok()) {
    SetOutcome(response, create.market_ticker(), result);
    return Finish(command, std::move(result));
  }
  const pb::Refusal refusal = RefusalOfCall(status);
  pb::Order order;
  if (refusal.order_id().empty() || !FindOrder(command, refusal.order_id(), order).ok()) {
    SetRefusal(refusal, result);
    return Finish(command, std::move(result));
  }
  if (order.market_ticker() != create.market_ticker() || order.side() != create.side()) {
    return Finish(command, ReusedIdResult(command->id));
  }
  // The order is there already: what it did until now is the best that can be told.
  *result.add_orders() = OutcomeOf(order);
  result.set_sequence_number(order.sequence_number());
  result.set_is_repeated(was_told);
  Finish(command, std::move(result));
}

void Trader::Amend(const CommandPtr& command) {
  pb::OrderStreamRequest request;
  *request.mutable_amend_order() = ToExchange(command->request.amend_order());
  link_->Send(std::move(request), [this, command](std::optional<pb::OrderStreamResponse> answer) {
    if (!answer) return Post({[this, command] { ResolveAmend(command); }, nullptr});
    v1::CommandResult result = ResultOf(command->id);
    result.set_sequence_number(answer->sequence_number());
    if (answer->has_refusal()) {
      SetRefusal(answer->refusal(), result);
    } else {
      SetOutcome(answer->amend_order(), "", result);
    }
    Finish(command, std::move(result));
  });
}

void Trader::ResolveAmend(const CommandPtr& command) {
  const v1::AmendOrder& amend = command->request.amend_order();
  pb::AmendOrderResponse response;
  const grpc::Status status = Insist(command, "AmendOrder", [&](auto& exchange, auto* call) {
    return exchange.AmendOrder(call, ToExchange(amend), &response);
  });
  v1::CommandResult result = ResultOf(command->id);
  pb::Order order;
  if (status.ok()) {
    SetOutcome(response, "", result);
  } else if (const pb::Refusal refusal = RefusalOfCall(status);
             IsUnknownOrder(refusal) && FindOrder(command, amend.order_id(), order).ok() &&
             order.price_micros() == amend.price_micros() &&
             order.quantity_centis() == amend.total_quantity_centis()) {
    // The first amend was done, and the order has finished since.
    *result.add_orders() = OutcomeOf(order);
    result.set_sequence_number(order.sequence_number());
  } else {
    SetRefusal(refusal, result);
  }
  Finish(command, std::move(result));
}

void Trader::Cancel(const CommandPtr& command) {
  const auto& order_ids = command->request.cancel_orders().order_ids();
  auto cancels = std::make_shared<Cancels>();
  {
    const std::lock_guard lock(cancels->mutex);
    cancels->result = ResultOf(command->id);
    cancels->missing = order_ids.size();
    for (const std::string& order_id : order_ids) {
      cancels->result.add_orders()->set_order_id(order_id);
    }
  }
  for (int i = 0; i < order_ids.size(); ++i) {
    pb::OrderStreamRequest request;
    request.mutable_cancel_order()->set_order_id(order_ids.Get(i));
    link_->Send(std::move(request), [this, command, cancels,
                                     i](std::optional<pb::OrderStreamResponse> answer) {
      if (!answer || (answer->has_refusal() && IsUnknownOrder(answer->refusal()))) {
        return Post({[this, command, cancels, i, was_told = answer.has_value()] {
                       ResolveCancel(command, i, was_told, cancels);
                     },
                     nullptr});
      }
      v1::OrderOutcome outcome;
      outcome.set_order_id(command->request.cancel_orders().order_ids(i));
      const bool is_refused = answer->has_refusal();
      if (is_refused) {
        SetRefusal(answer->refusal(), outcome);
      } else {
        outcome.set_canceled_quantity_centis(answer->cancel_order().reduced_by_centis());
      }
      const bool may_be_retried = is_refused && answer->refusal().is_retryable();
      if (cancels->Add(i, outcome, answer->sequence_number(), may_be_retried)) {
        FinishCancels(command, *cancels);
      }
    });
  }
}

// Of an order that is gone, or of which no answer came. A repeated command finds its orders gone:
// then the first one's result is looked for.
void Trader::ResolveCancel(const CommandPtr& command, int index, bool was_told,
                           const std::shared_ptr<Cancels>& cancels) {
  const std::string& order_id = command->request.cancel_orders().order_ids(index);
  pb::Refusal refusal;
  refusal.set_code(static_cast<int>(absl::StatusCode::kNotFound));
  refusal.set_reason("UnknownOrder");
  refusal.set_message("order " + order_id + " does not rest");
  v1::OrderOutcome outcome;
  outcome.set_order_id(order_id);
  std::int64_t sequence_number = 0;
  if (!was_told) {
    pb::CancelOrderRequest request;
    request.set_order_id(order_id);
    pb::CancelOrderResponse response;
    const grpc::Status status = Insist(command, "CancelOrder", [&](auto& exchange, auto* call) {
      return exchange.CancelOrder(call, request, &response);
    });
    if (status.ok()) {
      refusal.Clear();
      outcome.set_canceled_quantity_centis(response.reduced_by_centis());
      sequence_number = response.sequence_number();
    } else {
      refusal = RefusalOfCall(status);
      pb::Order order;
      if (IsUnknownOrder(refusal) && FindOrder(command, order_id, order).ok() &&
          order.status() == pb::ORDER_STATUS_CANCELED) {
        refusal.Clear();
        outcome = OutcomeOf(order);
        sequence_number = order.sequence_number();
      }
    }
  }
  const bool is_refused = refusal.code() != 0;
  if (is_refused) SetRefusal(refusal, outcome);
  if (cancels->Add(index, outcome, sequence_number, is_refused && refusal.is_retryable())) {
    FinishCancels(command, *cancels);
  }
}

void Trader::FinishCancels(const CommandPtr& command, Cancels& cancels) {
  v1::CommandResult result;
  {
    const std::lock_guard lock(cancels.mutex);
    result = cancels.result;
    result.set_is_retryable(cancels.is_retryable);
  }
  const bool is_refused = std::all_of(
      result.orders().begin(), result.orders().end(),
      [](const v1::OrderOutcome& outcome) { return !outcome.refusal_reason().empty(); });
  if (!is_refused) {
    result.set_is_retryable(false);
    return Finish(command, std::move(result));
  }
  result.set_refusal_reason(result.orders(0).refusal_reason());
  result.set_refusal_message(result.orders(0).refusal_message());
  // Either it was done before, or its orders are gone for another reason.
  Post({[this, command, result = std::move(result)] {
          if (is_stopped() || !AnswerFromAudit(command)) Finish(command, result);
        },
        nullptr});
}

}  // namespace evx::gateway
