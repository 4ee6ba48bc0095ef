#include "trading/trading_desk.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "desk_fixture.h"
#include "trading/order_link.h"

namespace evx::gateway {
namespace {

using testing::ACancel;
using testing::ACreate;
using testing::AStop;
using testing::DeskFixture;

TEST_CASE("TradingDesk: an order is placed, amended and canceled, each acknowledged and audited",
          "[gateway]") {
  DeskFixture fixture;
  const v1::CommandResult created = fixture.Do(ACreate("c-1"));
  CHECK(created.command_id() == "c-1");
  CHECK(created.refusal_reason().empty());
  REQUIRE(created.orders_size() == 1);
  CHECK(created.orders(0).remaining_quantity_centis() == 500);
  CHECK(created.sequence_number() > 0);
  const std::string order_id = created.orders(0).order_id();
  v1::ClientMessage amend;
  amend.mutable_amend_order()->set_command_id("a-1");
  amend.mutable_amend_order()->set_order_id(order_id);
  amend.mutable_amend_order()->set_price_micros(410'000);
  amend.mutable_amend_order()->set_total_quantity_centis(300);
  CHECK(fixture.Do(amend).orders(0).remaining_quantity_centis() == 300);
  CHECK(fixture.exchange.Resting().front().price_micros() == 410'000);
  const v1::CommandResult canceled = fixture.Do(ACancel("x-1", {order_id, "nothing"}));
  REQUIRE(canceled.orders_size() == 2);
  CHECK(canceled.refusal_reason().empty());
  CHECK(canceled.orders(0).canceled_quantity_centis() == 300);
  CHECK(canceled.orders(1).refusal_reason() == "UnknownOrder");
  CHECK(fixture.exchange.Resting().empty());
  const auto entries = fixture.audit.entries();
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].action == "CreateOrder");
  CHECK(entries[0].command_id == "c-1");
  CHECK(entries[0].user_name == "ann");
  CHECK(entries[0].detail_json.find("\"price_micros\":\"400000\"") != std::string::npos);
  CHECK(entries[2].action == "CancelOrders");
}

TEST_CASE("TradingDesk: a rule of the exchange refuses by its own name", "[gateway]") {
  DeskFixture fixture;
  const v1::CommandResult refused = fixture.Do(ACreate("c-1", 999'999));
  CHECK(refused.refusal_reason() == "InvalidPrice");
  CHECK_FALSE(refused.is_retryable());
  CHECK(fixture.audit.entries().front().refusal_reason == "InvalidPrice");
  // It is the end of this command, though another price would have been taken.
  const v1::CommandResult again = fixture.Do(ACreate("c-1", 999'999));
  CHECK(again.refusal_reason() == "InvalidPrice");
  CHECK(again.is_repeated());
  CHECK(fixture.exchange.order_count() == 0);
}

TEST_CASE("TradingDesk: an id that another command had is refused, also after a restart",
          "[gateway]") {
  DeskFixture fixture;
  const std::string order_id = fixture.Do(ACreate("c-1")).orders(0).order_id();
  const auto is_refused = [&](const v1::ClientMessage& request) {
    const v1::CommandResult result = fixture.Do(request);
    CHECK(result.command_id() == "c-1");
    CHECK_FALSE(result.is_retryable());
    return result.refusal_reason() == "CommandIdReused";
  };
  CHECK(is_refused(ACreate("c-1", 410'000)));
  CHECK(is_refused(ACancel("c-1", {order_id})));
  fixture.Restart();
  CHECK(is_refused(ACreate("c-1", 410'000)));
  CHECK(fixture.Do(ACreate("c-1")).orders(0).order_id() == order_id);
  // Only the exchange is left to tell.
  fixture.audit.Clear();
  fixture.Restart();
  v1::ClientMessage other = ACreate("c-1");
  other.mutable_create_order()->set_market_ticker("OTHER");
  CHECK(is_refused(other));
  CHECK(fixture.Do(ACreate("c-1")).orders(0).order_id() == order_id);
  CHECK(fixture.exchange.order_count() == 1);
  CHECK(fixture.exchange.Resting().size() == 1);
}

TEST_CASE("TradingDesk: an entry of another kind under the id of a command hangs nobody",
          "[gateway]") {
  DeskFixture fixture;
  AuditEntry entry;
  entry.user_id = fixture.trader.user_id;
  entry.action = "CallOperator/PutSeries";
  entry.command_id = "c-1";
  v1::ServerMessage answer;
  answer.mutable_answer()->set_operator_json("{}");
  entry.result = answer.SerializeAsString();
  REQUIRE(fixture.audit.Write(entry).ok());
  CHECK(fixture.Do(ACreate("c-1")).refusal_reason() == "CommandIdReused");
  CHECK(fixture.exchange.order_count() == 0);
}

TEST_CASE("TradingDesk: one command that comes over many sockets at once is done once",
          "[gateway]") {
  DeskFixture fixture;
  constexpr int kSocketCount = 8;
  constexpr int kRoundCount = 20;
  for (int round = 0; round < kRoundCount; ++round) {
    std::vector<std::thread> sockets;
    std::atomic<int> ready_count = 0;
    for (int i = 0; i < kSocketCount; ++i) {
      sockets.emplace_back([&] {
        ++ready_count;
        while (ready_count < kSocketCount) std::this_thread::yield();
        fixture.desk->Handle(fixture.trader, ACreate("c-" + std::to_string(round)),
                             fixture.seen.Answer());
      });
    }
    for (std::thread& socket : sockets) socket.join();
    fixture.begun_count += kSocketCount;
    const auto answers = fixture.seen.WaitForAnswers(fixture.begun_count);
    int first_count = 0;
    for (std::size_t i = answers.size() - kSocketCount; i < answers.size(); ++i) {
      const v1::CommandResult& result = answers[i].command_result();
      CHECK(result.refusal_reason().empty());
      CHECK(result.orders(0).order_id() == answers.back().command_result().orders(0).order_id());
      if (!result.is_repeated()) ++first_count;
    }
    CHECK(first_count == 1);
  }
  CHECK(fixture.exchange.order_count() == kRoundCount);
}

TEST_CASE("TradingDesk: an exchange that has forgotten the key is told it, and the click is done",
          "[gateway]") {
  DeskFixture fixture;
  REQUIRE(fixture.Do(ACreate("c-1")).refusal_reason().empty());
  fixture.exchange.knows_key = false;
  SECTION("while a stream is open") {
    fixture.exchange.breaks_after = 0;
    const v1::CommandResult result = fixture.Do(ACreate("c-2"));
    CHECK(result.refusal_reason().empty());
  }
  SECTION("at the first command") {
    fixture.Restart();
    CHECK(fixture.Do(ACreate("c-2")).refusal_reason().empty());
  }
  SECTION("at an emergency stop") {
    fixture.Restart();
    CHECK(fixture.Do(AStop("s-1")).canceled_order_count() == 1);
  }
  SECTION("when history is asked for") {
    v1::ClientMessage history;
    history.mutable_list_fills();
    fixture.Begin(fixture.trader, history);
    CHECK(fixture.seen.WaitForAnswers(fixture.begun_count).back().has_answer());
  }
  CHECK(fixture.forgotten_user_id == fixture.trader.user_id);
}

TEST_CASE("TradingDesk: the portfolio of an account that was made anew is read anew", "[gateway]") {
  DeskFixture fixture;
  REQUIRE(fixture.desk->Open(fixture.trader).ok());
  const auto is_state = [](const StreamNews& news) {
    return std::get_if<v1::InitialState>(&news.news) != nullptr;
  };
  fixture.seen.WaitForNews(is_state);
  SECTION("when its stream is refused") {
    fixture.exchange.knows_key = false;
    fixture.exchange.BreakEventStreams();
  }
  SECTION("when something else was refused first") {
    fixture.exchange.knows_key = false;
    v1::ClientMessage history;
    history.mutable_list_fills();
    fixture.Begin(fixture.trader, history);
    CHECK(fixture.seen.WaitForAnswers(fixture.begun_count).back().has_answer());
    fixture.exchange.BreakEventStreams();
  }
  fixture.seen.WaitForNews(is_state);
  fixture.desk->Close(fixture.trader.user_id);
}

TEST_CASE("TradingDesk: a user who trades no more gives up the place to another one", "[gateway]") {
  DeskFixture fixture;
  v1::ClientMessage history;
  history.mutable_list_fills();
  Session user = fixture.trader;
  for (std::size_t i = 0; i < TradingDesk::kTradersMax + 10; ++i) {
    user.user_id = 1'000 + static_cast<std::int64_t>(i);
    fixture.Begin(user, history);
    CHECK(fixture.seen.WaitForAnswers(fixture.begun_count).back().has_answer());
  }
  CHECK(fixture.desk->trader_count() <= TradingDesk::kTradersMax);
  CHECK(fixture.Do(AStop("s-1")).refusal_reason().empty());
}

TEST_CASE("TradingDesk: a command that comes again, also after a restart, changes nothing",
          "[gateway]") {
  DeskFixture fixture;
  const v1::CommandResult first = fixture.Do(ACreate("c-1"));
  const v1::CommandResult second = fixture.Do(ACreate("c-1"));
  CHECK(second.is_repeated());
  CHECK(second.orders(0).order_id() == first.orders(0).order_id());
  const std::string order_id = first.orders(0).order_id();
  CHECK(fixture.Do(ACancel("x-1", {order_id})).orders(0).canceled_quantity_centis() == 500);
  fixture.Restart();
  const v1::CommandResult third = fixture.Do(ACreate("c-1"));
  CHECK(third.is_repeated());
  CHECK(third.orders(0).remaining_quantity_centis() == 500);
  const v1::CommandResult canceled = fixture.Do(ACancel("x-1", {order_id}));
  CHECK(canceled.is_repeated());
  CHECK(canceled.orders(0).canceled_quantity_centis() == 500);
  // Killed before the log was written: the exchange knows the order.
  fixture.audit.Clear();
  fixture.Restart();
  const v1::CommandResult fourth = fixture.Do(ACreate("c-1"));
  CHECK(fourth.is_repeated());
  CHECK(fourth.orders(0).order_id() == order_id);
  CHECK(fixture.exchange.order_count() == 1);
  CHECK(fixture.audit.entries().size() == 1);
}

TEST_CASE("TradingDesk: commands whose stream breaks are done once and answered with their end",
          "[gateway]") {
  DeskFixture fixture;
  const v1::CommandResult before = fixture.Do(ACreate("before"));
  // The exchange does the next six, and its answers are lost.
  fixture.exchange.breaks_after = 5;
  for (int i = 0; i < 5; ++i) {
    fixture.Begin(fixture.trader, ACreate("c-" + std::to_string(i)));
  }
  fixture.Begin(fixture.trader, ACancel("x", {before.orders(0).order_id()}));
  const auto answers = fixture.seen.WaitForAnswers(fixture.begun_count);
  for (const auto& answer : answers) {
    INFO(answer.DebugString());
    CHECK(answer.command_result().refusal_reason().empty());
    CHECK_FALSE(answer.command_result().is_repeated());
    CHECK(answer.command_result().orders_size() == 1);
  }
  CHECK(fixture.exchange.order_count() == 6);
  CHECK(fixture.exchange.Resting().size() == 5);
  CHECK(fixture.audit.entries().size() == 7);
}

TEST_CASE("TradingDesk: a command waits for an exchange that is away, and says so in the end",
          "[gateway]") {
  DeskFixture fixture;
  fixture.resolve_timeout = absl::Milliseconds(200);
  fixture.Restart();
  fixture.exchange.Stop();
  const v1::CommandResult refused = fixture.Do(ACreate("c-1"));
  CHECK(refused.refusal_reason() == "ExchangeUnavailable");
  CHECK(refused.is_retryable());
  // It may still succeed: its id is not used up.
  CHECK(fixture.audit.entries().front().command_id.empty());
}

TEST_CASE("TradingDesk: an emergency stop takes out all orders and refuses those not sent yet",
          "[gateway]") {
  DeskFixture fixture;
  for (int i = 0; i < 1'000; ++i) {
    fixture.Begin(fixture.trader, ACreate("c-" + std::to_string(i)));
    if (i % 200 == 199) fixture.seen.WaitForAnswers(fixture.begun_count);
  }
  REQUIRE(fixture.exchange.Resting().size() == 1'000);
  const int before = fixture.exchange.stream_command_count + fixture.exchange.call_count;
  const v1::CommandResult stopped = fixture.Do(AStop("s-1"));
  // One command, however many orders there are.
  CHECK(fixture.exchange.stream_command_count + fixture.exchange.call_count == before + 1);
  CHECK(stopped.refusal_reason().empty());
  CHECK(stopped.canceled_order_count() == 1'000);
  CHECK(fixture.exchange.Resting().empty());
  CHECK(fixture.Do(AStop("s-1")).is_repeated());

  // The exchange stands still; 256 orders are sent, the others wait here when the stop comes.
  fixture.exchange.Hold(true);
  const std::size_t answered = fixture.begun_count;
  constexpr int kHeldCount = 400;
  for (int i = 0; i < kHeldCount; ++i) {
    fixture.Begin(fixture.trader, ACreate("h-" + std::to_string(i)));
  }
  while (fixture.desk->trader_count() == 0 || fixture.exchange.stream_command_count == 0) {
    std::this_thread::yield();
  }
  fixture.Begin(fixture.trader, AStop("s-2"));
  fixture.exchange.Hold(false);
  const auto answers = fixture.seen.WaitForAnswers(fixture.begun_count);
  int dropped_count = 0;
  for (std::size_t i = answered; i < answers.size(); ++i) {
    if (answers[i].command_result().refusal_reason() == "Stopped") ++dropped_count;
  }
  CHECK(dropped_count >= kHeldCount - static_cast<int>(OrderLink::kUnderWayMax));
  CHECK(fixture.exchange.Resting().empty());
}

TEST_CASE("TradingDesk: liquidation closes each position within the bound and tells the rest",
          "[gateway]") {
  DeskFixture fixture;
  fixture.Do(ACreate("c-1"));
  fixture.exchange.SetPosition("LONG", 700);
  fixture.exchange.SetPosition("SHORT", -300);
  fixture.exchange.Quote(400'000, 0);
  v1::ClientMessage request;
  request.mutable_liquidate_all()->set_command_id("l-1");
  const v1::CommandResult result = fixture.Do(request);
  CHECK(result.refusal_reason().empty());
  CHECK(result.canceled_order_count() == 1);
  REQUIRE(result.orders_size() == 2);
  CHECK(result.orders(0).market_ticker() == "LONG");
  CHECK(result.orders(0).filled_quantity_centis() == 600);
  CHECK(result.orders(0).canceled_quantity_centis() == 100);
  CHECK(result.orders(1).refusal_reason() == "NoLiquidity");
  CHECK(result.orders(1).canceled_quantity_centis() == 300);
  CHECK(fixture.exchange.Resting().empty());
  // Killed before the log was written: nothing is sold twice.
  fixture.audit.Clear();
  fixture.Restart();
  const v1::CommandResult again = fixture.Do(request);
  CHECK(again.orders(0).order_id() == result.orders(0).order_id());
  CHECK(again.orders(0).filled_quantity_centis() == 600);
  CHECK(fixture.exchange.order_count() == 2);
}

TEST_CASE("TradingDesk: order groups are made once, listed, and reset", "[gateway]") {
  DeskFixture desk;
  v1::ClientMessage create;
  create.mutable_create_order_group()->set_command_id("g-1");
  create.mutable_create_order_group()->set_limit_centis(2'500);
  const v1::CommandResult made = desk.Do(create);
  CHECK(made.refusal_reason().empty());
  CHECK(made.order_group_id() == "g1");
  CHECK(made.sequence_number() > 0);
  desk.Restart();
  const v1::CommandResult again = desk.Do(create);
  CHECK(again.is_repeated());
  CHECK(again.order_group_id() == "g1");

  v1::ClientMessage list;
  list.mutable_list_order_groups();
  const auto groups = [&] {
    desk.Begin(desk.trader, list);
    return desk.seen.WaitForAnswers(desk.begun_count).back().answer().order_groups();
  };
  REQUIRE(groups().order_groups_size() == 1);
  CHECK(groups().order_groups(0).limit_centis() == 2'500);
  CHECK(groups().order_groups(0).triggered());
  v1::ClientMessage reset;
  reset.mutable_reset_order_group()->set_command_id("r-1");
  reset.mutable_reset_order_group()->set_order_group_id("g1");
  CHECK(desk.Do(reset).refusal_reason().empty());
  CHECK_FALSE(groups().order_groups(0).triggered());
  reset.mutable_reset_order_group()->set_command_id("r-2");
  reset.mutable_reset_order_group()->set_order_group_id("none");
  CHECK(desk.Do(reset).refusal_reason() == "ExchangeRefused");
  create.mutable_create_order_group()->set_command_id("g-2");
  create.mutable_create_order_group()->set_limit_centis(0);
  CHECK(desk.Do(create).refusal_reason() == "InvalidQuantity");
  CHECK(groups().order_groups_size() == 1);
  CHECK(desk.audit.entries().size() == 4);

  Session viewer = desk.trader;
  viewer.role = Role::kViewer;
  desk.Begin(viewer, list);
  CHECK(desk.seen.WaitForAnswers(desk.begun_count).back().refusal().reason() == "RoleRequired");
  CHECK(desk.DoAs(viewer, create).refusal_reason() == "RoleRequired");
}

TEST_CASE("TradingDesk: an order group whose answer is lost is not made a second time",
          "[gateway]") {
  DeskFixture desk;
  desk.exchange.AnswerGroupsWith(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection lost"));
  v1::ClientMessage create;
  create.mutable_create_order_group()->set_command_id("g-1");
  create.mutable_create_order_group()->set_limit_centis(100);
  const v1::CommandResult lost = desk.Do(create);
  CHECK(lost.refusal_reason() == "ExchangeUnknown");
  CHECK_FALSE(lost.is_retryable());
  desk.exchange.AnswerGroupsWith(grpc::Status::OK);
  desk.Restart();
  CHECK(desk.Do(create).refusal_reason() == "ExchangeUnknown");
  CHECK(desk.exchange.call_count == 1);
}

TEST_CASE("TradingDesk: roles, absent services and a full audit log refuse by name", "[gateway]") {
  DeskFixture fixture;
  Session viewer = fixture.trader;
  viewer.role = Role::kViewer;
  CHECK(fixture.DoAs(viewer, ACreate("c-1")).refusal_reason() == "RoleRequired");
  CHECK(fixture.DoAs(viewer, AStop("s-1")).refusal_reason() == "RoleRequired");
  v1::ClientMessage history;
  history.mutable_list_fills();
  fixture.Begin(viewer, history);
  CHECK(fixture.seen.WaitForAnswers(fixture.begun_count).back().refusal().reason() ==
        "RoleRequired");
  v1::ClientMessage operation;
  operation.mutable_call_operator()->set_method("GetClock");
  fixture.Begin(fixture.trader, operation);
  CHECK(fixture.seen.WaitForAnswers(fixture.begun_count).back().refusal().reason() ==
        "RoleRequired");
  v1::ClientMessage speech;
  speech.mutable_toggle_tts()->set_command_id("t-1");
  const v1::CommandResult absent = fixture.Do(speech);
  CHECK(absent.refusal_reason() == "ServiceAbsent");
  CHECK(absent.refusal_message().find("speech") != std::string::npos);
  v1::ClientMessage service;
  service.mutable_command()->set_command_id("k-1");
  CHECK(fixture.Do(service).refusal_reason() == "RoleRequired");
  Session admin = fixture.trader;
  admin.role = Role::kAdmin;
  CHECK(fixture.DoAs(admin, service).refusal_reason() == "ServiceAbsent");
  CHECK(fixture.exchange.order_count() == 0);

  CHECK(fixture.Do(ACreate("c-2")).refusal_reason().empty());
  fixture.audit.SetFull(true);
  const v1::CommandResult unwritten = fixture.Do(ACreate("c-3"));
  CHECK(unwritten.refusal_reason() == "AuditUnavailable");
  CHECK(unwritten.is_retryable());
  // Orders can be taken out all the same.
  CHECK(fixture.Do(AStop("s-2")).canceled_order_count() == 1);
}

TEST_CASE("TradingDesk: the portfolio is told, followed, resumed and read anew", "[gateway]") {
  DeskFixture fixture;
  fixture.Do(ACreate("c-1"));
  REQUIRE(fixture.desk->Open(fixture.trader).ok());
  const std::string stream = PortfolioStream(fixture.trader.user_id);
  const auto is_state_of = [&](int order_count) {
    return [&, order_count](const StreamNews& news) {
      const auto* state = std::get_if<v1::InitialState>(&news.news);
      return news.stream == stream && state != nullptr &&
             state->portfolio().orders_size() == order_count;
    };
  };
  const auto tells_of_order = [&](const std::string& order_id) {
    return [&, order_id](const StreamNews& news) {
      const auto* change = std::get_if<v1::ServerMessage>(&news.news);
      return change != nullptr && change->update_portfolio().orders_size() > 0 &&
             change->update_portfolio().orders(0).order_id() == order_id;
    };
  };
  fixture.seen.WaitForNews(is_state_of(1));
  std::string order_id = fixture.Do(ACreate("c-2")).orders(0).order_id();
  fixture.seen.WaitForNews(tells_of_order(order_id));
  fixture.exchange.BreakEventStreams();
  order_id = fixture.Do(ACreate("c-3")).orders(0).order_id();
  fixture.seen.WaitForNews(tells_of_order(order_id));
  // The exchange forgets what came meanwhile.
  fixture.exchange.ForgetThrough(1'000);
  fixture.exchange.BreakEventStreams();
  fixture.Do(ACreate("c-4"));
  fixture.seen.WaitForNews(is_state_of(4));
  fixture.exchange.ForgetThrough(0);
  order_id = fixture.Do(ACreate("c-5")).orders(0).order_id();
  fixture.desk->Close(fixture.trader.user_id);
}

}  // namespace
}  // namespace evx::gateway
