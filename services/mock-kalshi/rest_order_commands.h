#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/kalshi/decoded.h"
#include "evx/kalshi/requests.h"
#include "evx/venue/commands.h"
#include "rest_support.h"

// Order requests as commands: ids for names, the key's subaccount for none. Shared by the present
// and the older order family.

namespace evx::mock_kalshi {

kalshi::Decoded<venue::CreateOrder> ToCreateCommand(const kalshi::CreateOrderRequest& request,
                                                    const Principal& principal,
                                                    const ExchangeContext& context);
kalshi::Decoded<venue::CancelOrder> ToCancelCommand(const ExchangeContext& context,
                                                    const Principal& principal,
                                                    std::string_view order_id,
                                                    std::optional<SubaccountNumber> subaccount,
                                                    std::optional<std::int32_t> exchange_index);
kalshi::Decoded<venue::DecreaseOrder> ToDecreaseCommand(
    const ExchangeContext& context, const Principal& principal, std::string_view order_id,
    std::optional<SubaccountNumber> subaccount, const kalshi::DecreaseOrderRequest& request);

// `not_found` for text that is no order id of this exchange: nothing is said about orders of
// others.
kalshi::Decoded<OrderId> DecodeOrderId(const ExchangeContext& context, std::string_view text);
venue::ClientOrderId ToClientOrderId(const std::optional<std::string>& text);

// The commands of one batch request. Each item is filled in by its own outcome or stays as it was
// set; the last outcome sends the reply.
template <class Item>
class BatchCommands {
 public:
  using Finish = std::function<JsonReply(std::vector<Item>)>;
  using OnOutcome = std::function<void(Item&, const Outcome&)>;

  BatchCommands(const ExchangeContext& context, RestReply reply, std::size_t count, Finish finish)
      : context_(context),
        state_(std::make_shared<State>(std::move(reply), count, std::move(finish))) {}

  Item& item(std::size_t index) { return state_->items[index]; }

  void Add(std::size_t index, venue::Command command, OnOutcome on_outcome) {
    submissions_.push_back(
        {std::move(command), [&context = context_, state = state_, index,
                              on_outcome = std::move(on_outcome)](const Outcome& outcome) {
           on_outcome(state->items[index], outcome);
           if (--state->open > 0) return;
           JsonReply answer = state->finish(std::move(state->items));
           state->reply.JsonLater(context.replies, answer.status, std::move(answer.body));
         }});
  }

  void Submit(const AuditMeta& meta) {
    state_->open = submissions_.size();
    if (submissions_.empty()) {
      JsonReply answer = state_->finish(std::move(state_->items));
      state_->reply.Json(answer.status, std::move(answer.body));
      return;
    }
    const absl::Status queued = context_.sequencer.SubmitAll(std::move(submissions_), meta);
    if (!queued.ok()) state_->reply.Error(ToError(queued));
  }

 private:
  struct State {
    State(RestReply r, std::size_t count, Finish f)
        : items(count), finish(std::move(f)), reply(std::move(r)) {}
    std::vector<Item> items;
    Finish finish;
    std::size_t open = 0;
    RestReply reply;
  };

  const ExchangeContext& context_;
  std::shared_ptr<State> state_;
  std::vector<Sequencer::Submission> submissions_;
};

}  // namespace evx::mock_kalshi
