#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evx/kalshi/decoded.h"
#include "evx/kalshi/requests.h"
#include "rest/rest_order_commands.h"
#include "rest/rest_support.h"

// Batches of orders, of the present and the older family.

namespace evx::mock_kalshi {

// One kind of batch: what becomes of a Request, an item as it was sent, and of an Item, its place
// in the answer, which has a member `error`.
template <class Request, class Item>
struct BatchVerb {
  std::int64_t item_cost = kDefaultCost;  // Tokens.
  int status = 200;                       // Of the answer.
  // Writes into the place what the request says of itself, and gives the command.
  std::function<kalshi::Decoded<venue::Command>(const Request&, Item&)> begin;
  // Writes what became of a command that was not refused.
  std::function<void(const Request&, const Outcome&, Item&)> end;
  std::function<std::string(std::vector<Item>)> encode;
};

// Runs a batch: its items are charged together, all or nothing; those that make a command are
// queued together and answered in their places, like those that do not.
template <class Request, class Item>
class OrderBatch {
 public:
  static void Run(const ExchangeContext& context, const RestRouter& router,
                  const RestRequest& request, RestReply reply,
                  std::vector<kalshi::Decoded<Request>> requests, BatchVerb<Request, Item> verb) {
    const std::int64_t cost = static_cast<std::int64_t>(requests.size()) * verb.item_cost;
    if (!router.Charge(request, RateBucket::kWrite, cost, reply)) return;
    const auto batch = std::make_shared<OrderBatch>(context, std::move(reply), std::move(requests),
                                                    std::move(verb));
    std::vector<Sequencer::Submission> submissions = batch->Begin(batch);
    batch->open_ = submissions.size();
    if (submissions.empty()) return batch->reply_.Json(batch->verb_.status, batch->Body());
    const absl::Status queued =
        context.sequencer.SubmitAll(std::move(submissions), request.Audit());
    if (!queued.ok()) batch->reply_.Error(ToError(queued));
  }

  OrderBatch(const ExchangeContext& context, RestReply reply,
             std::vector<kalshi::Decoded<Request>> requests, BatchVerb<Request, Item> verb)
      : context_(context),
        reply_(std::move(reply)),
        requests_(std::move(requests)),
        items_(requests_.size()),
        verb_(std::move(verb)) {}

 private:
  std::vector<Sequencer::Submission> Begin(const std::shared_ptr<OrderBatch>& self) {
    std::vector<Sequencer::Submission> submissions;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (!requests_[i].ok()) {
        items_[i].error = requests_[i].error();
        continue;
      }
      auto command = verb_.begin(*requests_[i], items_[i]);
      if (!command.ok()) {
        items_[i].error = command.error();
        continue;
      }
      submissions.push_back(
          {*std::move(command), [self, i](const Outcome& outcome) { self->End(i, outcome); }});
    }
    return submissions;
  }

  // The last outcome sends the answer.
  void End(std::size_t index, const Outcome& outcome) {
    items_[index].error = ErrorOf(outcome);
    if (!items_[index].error) verb_.end(*requests_[index], outcome, items_[index]);
    if (--open_ == 0) reply_.JsonLater(context_.replies, verb_.status, Body());
  }

  std::string Body() { return verb_.encode(std::move(items_)); }

  const ExchangeContext& context_;
  RestReply reply_;
  const std::vector<kalshi::Decoded<Request>> requests_;
  std::vector<Item> items_;
  const BatchVerb<Request, Item> verb_;
  std::size_t open_ = 0;
};

// DELETE of a batch: `end` and `encode` are what the families differ in.
template <class Item>
void RunBatchCancel(const ExchangeContext& context, const RestRouter& router,
                    const RestRequest& request, RestReply reply,
                    kalshi::Decoded<kalshi::BatchCancelOrdersRequest> body,
                    std::function<void(const Outcome&, Item&)> end,
                    std::function<std::string(std::vector<Item>)> encode) {
  if (!body.ok()) return reply.Error(body.error());
  BatchVerb<kalshi::CancelOrderItem, Item> verb;
  verb.item_cost = kCancelCost;
  verb.begin = [&context, principal = *request.principal](
                   const kalshi::CancelOrderItem& item,
                   Item& place) -> kalshi::Decoded<venue::Command> {
    place.order_id = item.order_id;
    const auto command = ToCancelCommand(context, principal, item);
    if (!command.ok()) return command.error();
    return venue::Command(*command);
  };
  verb.end = [end = std::move(end)](const kalshi::CancelOrderItem&, const Outcome& outcome,
                                    Item& place) { end(outcome, place); };
  verb.encode = std::move(encode);
  OrderBatch<kalshi::CancelOrderItem, Item>::Run(context, router, request, std::move(reply),
                                                 {body->orders.begin(), body->orders.end()},
                                                 std::move(verb));
}

}  // namespace evx::mock_kalshi
