#include "trading/order_commands.h"

#include <catch2/catch.hpp>
#include <string>

#include "trading/command_memory.h"

namespace evx::gateway {
namespace {

v1::ClientMessage ACreate(const std::string& command_id) {
  v1::ClientMessage request;
  v1::CreateOrder& create = *request.mutable_create_order();
  create.set_command_id(command_id);
  create.set_market_ticker("M");
  create.set_side(common::v1::BOOK_SIDE_BID);
  create.set_price_micros(400'000);
  create.set_quantity_centis(100);
  return request;
}

std::string ReasonOfCheck(const v1::ClientMessage& request) {
  const auto wrong = CheckCommand(request);
  return wrong ? wrong->refusal_reason() : "";
}

TEST_CASE("CheckCommand: what cannot be tried is refused by name", "[gateway]") {
  CHECK(ReasonOfCheck(ACreate("a-1")).empty());
  CHECK(ReasonOfCheck(ACreate("")) == "InvalidCommandId");
  CHECK(ReasonOfCheck(ACreate(std::string(64, 'x'))).empty());
  CHECK(ReasonOfCheck(ACreate(std::string(65, 'x'))) == "InvalidCommandId");
  CHECK(ReasonOfCheck(ACreate("with space")) == "InvalidCommandId");
  CHECK(ReasonOfCheck(ACreate("\xff\xfe")) == "InvalidCommandId");
  v1::ClientMessage cancel;
  cancel.mutable_cancel_orders()->set_command_id("c");
  CHECK(ReasonOfCheck(cancel) == "InvalidOrderCount");
  for (int i = 0; i < kCancelOrderCountMax; ++i) {
    cancel.mutable_cancel_orders()->add_order_ids(std::to_string(i));
  }
  CHECK(ReasonOfCheck(cancel).empty());
  cancel.mutable_cancel_orders()->set_order_ids(1, "0");
  CHECK(ReasonOfCheck(cancel) == "InvalidOrderCount");
  cancel.mutable_cancel_orders()->set_order_ids(1, "1");
  cancel.mutable_cancel_orders()->add_order_ids("more");
  CHECK(ReasonOfCheck(cancel) == "InvalidOrderCount");
  v1::ClientMessage liquidate;
  liquidate.mutable_liquidate_all()->set_command_id("l");
  liquidate.mutable_liquidate_all()->set_slippage_max_micros(1'000'001);
  CHECK(ReasonOfCheck(liquidate) == "InvalidSlippage");
  v1::ClientMessage reset;
  reset.mutable_reset_order_group()->set_command_id("r");
  reset.mutable_reset_order_group()->set_order_group_id(std::string(65, 'g'));
  CHECK(ReasonOfCheck(reset) == "InvalidArgument");
}

TEST_CASE("CheckCommand: texts are bounded, and the refusal has the whole id", "[gateway]") {
  const std::string long_id = std::string(63, 'x') + "\xc3\xa4" + std::string(60'000, 'y');
  CHECK(CheckCommand(ACreate(long_id))->command_id() == long_id);
  const std::string longest(kNameBytesMax, 'x');
  const std::string too_long(kNameBytesMax + 1, 'x');
  v1::ClientMessage create = ACreate("c");
  create.mutable_create_order()->set_market_ticker(longest);
  create.mutable_create_order()->set_order_group_id(longest);
  CHECK(ReasonOfCheck(create).empty());
  create.mutable_create_order()->set_market_ticker(too_long);
  CHECK(ReasonOfCheck(create) == "InvalidArgument");
  CHECK(CheckCommand(create)->refusal_message() == "market_ticker: 65 bytes, must be at most 64");
  create.mutable_create_order()->set_market_ticker("M");
  create.mutable_create_order()->set_order_group_id(too_long);
  CHECK(ReasonOfCheck(create) == "InvalidArgument");
  v1::ClientMessage amend;
  amend.mutable_amend_order()->set_command_id("a");
  amend.mutable_amend_order()->set_order_id(too_long);
  CHECK(ReasonOfCheck(amend) == "InvalidArgument");
  v1::ClientMessage cancel;
  cancel.mutable_cancel_orders()->set_command_id("x");
  cancel.mutable_cancel_orders()->add_order_ids("one");
  cancel.mutable_cancel_orders()->add_order_ids(std::string(60'000, 'z'));
  CHECK(ReasonOfCheck(cancel) == "InvalidArgument");
}

TEST_CASE("CommandKindOf: who may do what, and what nobody here can do", "[gateway]") {
  CHECK(CommandKindOf(ACreate("a"))->action == "CreateOrder");
  CHECK(CommandKindOf(ACreate("a"))->needed == Role::kTrader);
  v1::ClientMessage request;
  request.mutable_command();
  CHECK(CommandKindOf(request)->absent_service == "strategy-engine");
  request.mutable_strategy_override();
  CHECK(CommandKindOf(request)->absent_service == "strategy-engine");
  request.mutable_toggle_tts();
  CHECK(CommandKindOf(request)->absent_service == "speech");
  request.mutable_ai_query();
  CHECK(CommandKindOf(request)->absent_service == "mcp-server");
  request.mutable_emergency_stop();
  CHECK(CommandKindOf(request)->absent_service.empty());
  request.mutable_create_order_group();
  CHECK(CommandKindOf(request)->action == "CreateOrderGroup");
  CHECK(CommandKindOf(request)->needed == Role::kTrader);
  request.mutable_list_order_groups();
  CHECK_FALSE(CommandKindOf(request).has_value());
  request.mutable_list_fills();
  CHECK_FALSE(CommandKindOf(request).has_value());
}

TEST_CASE("ToExchange: an order keeps every field, and its command's id", "[gateway]") {
  v1::CreateOrder command = ACreate("id-7").create_order();
  command.set_time_in_force(common::v1::TIME_IN_FORCE_GOOD_TILL_CANCELED);
  command.set_post_only(true);
  command.set_expiration_time_ns(1'500'000'001);
  command.set_order_group_id("g");
  const exchange::v1::CreateOrderRequest request = ToExchange(command);
  CHECK(request.client_order_id() == "id-7");
  CHECK(request.market_ticker() == "M");
  CHECK(request.side() == common::v1::BOOK_SIDE_BID);
  CHECK(request.price_micros() == 400'000);
  CHECK(request.quantity_centis() == 100);
  CHECK(request.post_only());
  CHECK_FALSE(request.reduce_only());
  CHECK(request.order_group_id() == "g");
  CHECK(request.expiration_time().seconds() == 1);
  CHECK(request.expiration_time().nanos() == 500'000'001);
  CHECK_FALSE(request.has_subaccount());
}

TEST_CASE("CloseAt: a position is closed within the bound, on the grid", "[gateway]") {
  const PriceGrid cents;
  // Long: sold, down to 5 cents below the best bid.
  auto order = CloseAt(300, 400'000, 50'000, cents);
  REQUIRE(order.has_value());
  CHECK(order->side == common::v1::BOOK_SIDE_ASK);
  CHECK(order->price_micros == 350'000);
  // A bound between two prices is rounded towards the best one.
  CHECK(CloseAt(300, 400'000, 45'000, cents)->price_micros == 360'000);
  CHECK(CloseAt(300, 400'000, 1, cents)->price_micros == 400'000);
  CHECK(CloseAt(300, 30'000, 50'000, cents)->price_micros == 10'000);
  // Short: bought back, up to 5 cents above the best ask.
  order = CloseAt(-300, 400'000, 50'000, cents);
  REQUIRE(order.has_value());
  CHECK(order->side == common::v1::BOOK_SIDE_BID);
  CHECK(order->price_micros == 450'000);
  CHECK(CloseAt(-300, 400'000, 45'099, cents)->price_micros == 440'000);
  CHECK(CloseAt(-300, 980'000, 50'000, cents)->price_micros == 990'000);
}

TEST_CASE("ClosingOrderId: the same position of the same command has the same id", "[gateway]") {
  exchange::v1::Position position;
  position.set_market_ticker("M");
  const std::string id = ClosingOrderId("c", position);
  CHECK(id == ClosingOrderId("c", position));
  CHECK(id != ClosingOrderId("d", position));
  position.set_subaccount(1);
  CHECK(id != ClosingOrderId("c", position));
  CHECK(id.size() <= kCommandIdBytesMax);
}

TEST_CASE("ReasonOf: a refusal without a rule has the name of its kind", "[gateway]") {
  exchange::v1::Refusal refusal;
  refusal.set_code(static_cast<int>(absl::StatusCode::kResourceExhausted));
  CHECK(ReasonOf(refusal) == "RateLimited");
  refusal.set_code(static_cast<int>(absl::StatusCode::kUnauthenticated));
  CHECK(ReasonOf(refusal) == "KeyRefused");
  refusal.set_reason("PostOnlyWouldCross");
  CHECK(ReasonOf(refusal) == "PostOnlyWouldCross");
}

struct Answers {
  std::vector<v1::CommandResult> results;
  AnswerFunction Next() {
    return [this](v1::ServerMessage message) { results.push_back(message.command_result()); };
  }
};

TEST_CASE("CommandMemory: a command that comes again gets the first one's result", "[gateway]") {
  CommandMemory memory;
  Answers answers;
  AnswerFunction first = answers.Next();
  AnswerFunction second = answers.Next();
  REQUIRE(memory.Begin("a", 1, first) == CommandMemory::Seen::kNew);
  REQUIRE(memory.Begin("a", 1, second) == CommandMemory::Seen::kWaiting);
  v1::CommandResult result;
  result.set_command_id("a");
  result.set_sequence_number(7);
  CHECK(memory.Finish(result).size() == 2);
  AnswerFunction third = answers.Next();
  REQUIRE(memory.Begin("a", 1, third) == CommandMemory::Seen::kKnown);
  REQUIRE(answers.results.size() == 1);
  CHECK(answers.results[0].sequence_number() == 7);
  CHECK(answers.results[0].is_repeated());
}

TEST_CASE("CommandMemory: what may succeed later is not the end", "[gateway]") {
  CommandMemory memory;
  Answers answers;
  AnswerFunction answer = answers.Next();
  REQUIRE(memory.Begin("a", 1, answer) == CommandMemory::Seen::kNew);
  memory.Finish(RefusedResult("a", "ExchangeUnavailable", "", true));
  answer = answers.Next();
  CHECK(memory.Begin("a", 1, answer) == CommandMemory::Seen::kNew);
  memory.Finish(RefusedResult("a", "InvalidPrice", ""));
  answer = answers.Next();
  CHECK(memory.Begin("a", 1, answer) == CommandMemory::Seen::kKnown);
}

TEST_CASE("CommandMemory: an id belongs to the first content that had it", "[gateway]") {
  CommandMemory memory;
  Answers answers;
  AnswerFunction answer = answers.Next();
  REQUIRE(memory.Begin("a", 1, answer) == CommandMemory::Seen::kNew);
  answer = answers.Next();
  CHECK(memory.Begin("a", 2, answer) == CommandMemory::Seen::kOther);
  v1::CommandResult result;
  result.set_command_id("a");
  CHECK(memory.Finish(result).size() == 1);
  CHECK(memory.Begin("a", 2, answer) == CommandMemory::Seen::kOther);
  CHECK(memory.Begin("a", 1, answer) == CommandMemory::Seen::kKnown);
  // Who was told so may come with the right content later.
  answer = answers.Next();
  REQUIRE(memory.Begin("b", 2, answer) == CommandMemory::Seen::kNew);
  CHECK(memory.Finish(ReusedIdResult("b")).size() == 1);
  CHECK(memory.Begin("b", 1, answer) == CommandMemory::Seen::kNew);
}

TEST_CASE("FingerprintOf: the content of a command, not the number of its request", "[gateway]") {
  v1::ClientMessage first = ACreate("a");
  first.set_request_id(1);
  v1::ClientMessage second = ACreate("a");
  second.set_request_id(2);
  CHECK(FingerprintOf(first) == FingerprintOf(second));
  second.mutable_create_order()->set_price_micros(1);
  CHECK(FingerprintOf(first) != FingerprintOf(second));
  v1::ClientMessage stop;
  stop.mutable_emergency_stop()->set_command_id("a");
  v1::ClientMessage liquidate;
  liquidate.mutable_liquidate_all()->set_command_id("a");
  CHECK(FingerprintOf(stop) != FingerprintOf(liquidate));
}

TEST_CASE("CommandMemory: forgets the oldest, and keeps only so many waiting", "[gateway]") {
  CommandMemory memory;
  Answers answers;
  for (std::size_t i = 0; i <= CommandMemory::kKnownMax; ++i) {
    v1::CommandResult result;
    result.set_command_id(std::to_string(i));
    AnswerFunction one = answers.Next();
    memory.Begin(result.command_id(), 1, one);
    memory.Finish(result);
  }
  CHECK(memory.known_count() == CommandMemory::kKnownMax);
  AnswerFunction answer = answers.Next();
  CHECK(memory.Begin("0", 1, answer) == CommandMemory::Seen::kNew);
  for (std::size_t i = 0; i < CommandMemory::kWaitingMax; ++i) {
    answer = answers.Next();
    CHECK(memory.Begin("0", 1, answer) == CommandMemory::Seen::kWaiting);
  }
  answer = answers.Next();
  CHECK(memory.Begin("0", 1, answer) == CommandMemory::Seen::kCrowded);
}

}  // namespace
}  // namespace evx::gateway
