#include <catch2/catch.hpp>
#include <string>

#include "grpc_fixture.h"
#include "operator/operator_commands.h"

namespace evx::mock_kalshi::testing {

using Catch::Matchers::Contains;
using Stub = ops_pb::OperatorService::Stub;

namespace {

constexpr char kMarket[] = "TEST-1-A";

// The code and the words of a refusal.
void CheckRefused(const grpc::Status& status, grpc::StatusCode code, const std::string& words) {
  CHECK(status.error_code() == code);
  CHECK_THAT(status.error_message(), Contains(words));
}

template <class Request>
Request For(const std::string& ticker) {
  Request request;
  request.set_market_ticker(ticker);
  return request;
}

struct OperatedVenue : Venue {
  template <class Request, class Response>
  void Do(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
          const Request& request, Response* response = nullptr) const {
    const grpc::Status status = Operate(method, request, response);
    INFO(Request::descriptor()->name() << ": " << status.error_message());
    REQUIRE(status.ok());
  }
  ops_pb::Market MarketNow(const std::string& ticker = kMarket) const {
    ops_pb::GetMarketResponse response;
    Do(&Stub::GetMarket, For<ops_pb::GetMarketRequest>(ticker), &response);
    return response.market();
  }
  ops_pb::Account AccountNow(const std::string& name) const {
    ops_pb::GetAccountRequest request;
    request.mutable_account()->set_account_name(name);
    ops_pb::GetAccountResponse response;
    Do(&Stub::GetAccount, request, &response);
    return response.account();
  }
  std::int64_t Cash(const std::string& name) const { return AccountNow(name).cash_micros(); }
  grpc::Status Determine(common_pb::MarketResult result,
                         std::optional<std::int64_t> value = std::nullopt) const {
    auto request = For<ops_pb::DetermineMarketRequest>(kMarket);
    request.set_result(result);
    if (value) request.set_settlement_value_micros(*value);
    return Operate(&Stub::DetermineMarket, request);
  }
  // Alice buys 10 YES at 40 cents from Bob.
  void Trade() const {
    pb::CreateOrderResponse response;
    REQUIRE(Create(alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 10, "a"), response).ok());
    REQUIRE(Create(bob(), AnOrder(common_pb::BOOK_SIDE_ASK, 40, 10, "b"), response).ok());
  }
};

}  // namespace

TEST_CASE("OperatorService: lets in the operator's keys only", "[grpc]") {
  OperatedVenue venue;
  CheckRefused(venue.OperateAs(venue.alice(), &Stub::GetClock, ops_pb::GetClockRequest()),
               grpc::StatusCode::PERMISSION_DENIED, "operator's key");
  CheckRefused(
      venue.OperateAs(venue.alice(), &Stub::CloseMarket, For<ops_pb::CloseMarketRequest>(kMarket)),
      grpc::StatusCode::PERMISSION_DENIED, "operator's key");
  grpc::ClientContext call;
  rpc::SetDeadline(call, absl::Seconds(20));
  ops_pb::GetClockResponse clock;
  CHECK(venue.operations->GetClock(&call, {}, &clock).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
  CHECK(venue.MarketNow().status() == common_pb::MARKET_STATUS_ACTIVE);
}

TEST_CASE("OperatorService: a market's life, with pause, dispute and a new outcome before payout",
          "[grpc]") {
  OperatedVenue venue;
  venue.Trade();
  venue.Do(&Stub::DeactivateMarket, For<ops_pb::DeactivateMarketRequest>(kMarket));
  CHECK(venue.MarketNow().status() == common_pb::MARKET_STATUS_INACTIVE);
  CheckRefused(
      venue.Operate(&Stub::DeactivateMarket, For<ops_pb::DeactivateMarketRequest>(kMarket)),
      grpc::StatusCode::FAILED_PRECONDITION, "market TEST-1-A is inactive; it must be active");
  venue.Do(&Stub::ActivateMarket, For<ops_pb::ActivateMarketRequest>(kMarket));
  CheckRefused(venue.Operate(&Stub::DisputeMarket, For<ops_pb::DisputeMarketRequest>(kMarket)),
               grpc::StatusCode::FAILED_PRECONDITION,
               "market TEST-1-A is active; it must be determined");
  CheckRefused(venue.Determine(common_pb::MARKET_RESULT_YES), grpc::StatusCode::FAILED_PRECONDITION,
               "market TEST-1-A is active; it must be closed or disputed");
  venue.Do(&Stub::CloseMarket, For<ops_pb::CloseMarketRequest>(kMarket));
  CHECK(venue.MarketNow().status() == common_pb::MARKET_STATUS_CLOSED);
  CheckRefused(venue.Operate(&Stub::SettleMarket, For<ops_pb::SettleMarketRequest>(kMarket)),
               grpc::StatusCode::FAILED_PRECONDITION, "must be determined or amended");
  CheckRefused(venue.Determine(common_pb::MARKET_RESULT_UNSPECIFIED),
               grpc::StatusCode::INVALID_ARGUMENT, "result is missing");
  CheckRefused(venue.Determine(common_pb::MARKET_RESULT_SCALAR), grpc::StatusCode::INVALID_ARGUMENT,
               "settlement_value is missing");
  CheckRefused(venue.Determine(common_pb::MARKET_RESULT_SCALAR, 1'000'001),
               grpc::StatusCode::INVALID_ARGUMENT,
               "settlement_value_micros 1000001 is outside 0 to 1000000");
  CheckRefused(venue.Determine(common_pb::MARKET_RESULT_YES, 400'000),
               grpc::StatusCode::INVALID_ARGUMENT,
               "settlement_value 0.4000 of result yes must be 1.0000");
  REQUIRE(venue.Determine(common_pb::MARKET_RESULT_NO).ok());
  venue.Do(&Stub::DisputeMarket, For<ops_pb::DisputeMarketRequest>(kMarket));
  // The timer of the first outcome pays nobody while it is disputed.
  ops_pb::AdvanceClockRequest advance;
  advance.mutable_target_time()->set_seconds(Venue::kStartSeconds + 7'200);
  venue.Do(&Stub::AdvanceClock, advance);
  CHECK(venue.MarketNow().status() == common_pb::MARKET_STATUS_DISPUTED);
  REQUIRE(venue.Determine(common_pb::MARKET_RESULT_YES).ok());
  CHECK(venue.MarketNow().status() == common_pb::MARKET_STATUS_AMENDED);
  venue.Do(&Stub::SettleMarket, For<ops_pb::SettleMarketRequest>(kMarket));
  CHECK(venue.MarketNow().status() == common_pb::MARKET_STATUS_FINALIZED);
  CHECK(venue.Cash("alice") == 1'006'000'000);  // 10 x $0.60 won; makers pay no fee here.
  CheckRefused(venue.Operate(&Stub::CloseMarket, For<ops_pb::CloseMarketRequest>("NONE")),
               grpc::StatusCode::NOT_FOUND, "market not found");
}

TEST_CASE("OperatorService: a void market is paid at the last trade", "[grpc]") {
  OperatedVenue venue;
  venue.Trade();
  const std::int64_t bob = venue.Cash("bob");
  venue.Do(&Stub::CloseMarket, For<ops_pb::CloseMarketRequest>(kMarket));
  REQUIRE(venue.Determine(common_pb::MARKET_RESULT_VOID).ok());
  venue.Do(&Stub::SettleMarket, For<ops_pb::SettleMarketRequest>(kMarket));
  CHECK(venue.Cash("alice") == 1'000'000'000);  // 40 cents paid, 40 cents back.
  CHECK(venue.Cash("bob") == bob + 6'000'000);  // The fee of the taker is not given back.
}

TEST_CASE("OperatorService: an edit keeps what it does not set, and names what cannot be",
          "[grpc]") {
  OperatedVenue venue;
  ops_pb::PutMarketRequest edit;
  edit.set_market_ticker(kMarket);
  edit.set_facts_json(R"({"title":"Edited"})");
  edit.mutable_close_time()->set_seconds(Venue::kStartSeconds + 7'200);
  venue.Do(&Stub::PutMarket, edit);
  CHECK(venue.MarketNow().close_time().seconds() == Venue::kStartSeconds + 7'200);
  CHECK(venue.MarketNow().event_ticker() == "TEST-1");

  edit.clear_facts_json();
  edit.clear_close_time();
  edit.set_can_close_early(false);
  venue.Do(&Stub::PutMarket, edit);
  auto earlier = For<ops_pb::SetMarketCloseTimeRequest>(kMarket);
  CheckRefused(venue.Operate(&Stub::SetMarketCloseTime, earlier),
               grpc::StatusCode::INVALID_ARGUMENT, "close_time is missing");
  earlier.mutable_close_time()->set_seconds(Venue::kStartSeconds + 60);
  CheckRefused(
      venue.Operate(&Stub::SetMarketCloseTime, earlier), grpc::StatusCode::FAILED_PRECONDITION,
      "close_time 2026-08-05T12:01:00.000000Z is before 2026-08-05T14:00:00.000000Z and market "
      "TEST-1-A has can_close_early false");
  earlier.mutable_close_time()->set_seconds(Venue::kStartSeconds + 9'000);
  venue.Do(&Stub::SetMarketCloseTime, earlier);
  CHECK(venue.MarketNow().close_time().seconds() == Venue::kStartSeconds + 9'000);

  edit.clear_can_close_early();
  edit.set_event_ticker("NONE");
  CheckRefused(venue.Operate(&Stub::PutMarket, edit), grpc::StatusCode::INVALID_ARGUMENT,
               "event_ticker \"NONE\" is unknown");
  edit.clear_event_ticker();
  edit.set_price_level_structure("linear_dime");
  CheckRefused(venue.Operate(&Stub::PutMarket, edit), grpc::StatusCode::INVALID_ARGUMENT,
               "price_level_structure \"linear_dime\" is none of center_centi");
  edit.set_price_level_structure("deci_cent");
  CheckRefused(venue.Operate(&Stub::PutMarket, edit), grpc::StatusCode::INVALID_ARGUMENT,
               "price_level_structure linear_cent of market TEST-1-A changes by price_grid only");
  auto grid = For<ops_pb::ChangePriceGridRequest>(kMarket);
  grid.set_price_level_structure("deci_cent");
  venue.Do(&Stub::ChangePriceGrid, grid);
  CHECK(venue.MarketNow().price_level_structure() == "deci_cent");

  ops_pb::PutSeriesRequest series;
  series.set_series_ticker("lower case");
  CheckRefused(venue.Operate(&Stub::PutSeries, series), grpc::StatusCode::INVALID_ARGUMENT,
               "ticker \"lower case\" is not 1 to 64 of A-Z 0-9 - . _");
  series.set_series_ticker("TEST");
  series.mutable_fees()->set_multiplier_millionths(10'000'001);
  CheckRefused(venue.Operate(&Stub::PutSeries, series), grpc::StatusCode::INVALID_ARGUMENT,
               "fee_multiplier 10 is outside 0 to 10");
  ops_pb::PutEventRequest event;
  event.set_event_ticker("TEST-1");
  event.set_mutually_exclusive(true);
  CheckRefused(venue.Operate(&Stub::PutEvent, event), grpc::StatusCode::INVALID_ARGUMENT,
               "mutually_exclusive of event TEST-1 cannot be changed");
}

TEST_CASE("OperatorService: fees change at once, at a time, and for one event", "[grpc]") {
  OperatedVenue venue;
  const auto terms = [&venue] {
    return venue.host().context().read_model.Read([](const ReadModel::State& state) {
      return state.FeeTermsOf(state.FindMarket(kMarket)->market).multiplier_millionths;
    });
  };
  ops_pb::ScheduleFeeChangeRequest change;
  CheckRefused(venue.Operate(&Stub::ScheduleFeeChange, change), grpc::StatusCode::INVALID_ARGUMENT,
               "series_ticker or event_ticker is needed");
  change.set_series_ticker("TEST");
  change.mutable_fees()->set_multiplier_millionths(500'000);
  change.mutable_effective_time()->set_seconds(Venue::kStartSeconds + 600);
  venue.Do(&Stub::ScheduleFeeChange, change);
  CHECK(terms() == 1'000'000);
  ops_pb::AdvanceClockRequest advance;
  advance.mutable_target_time()->set_seconds(Venue::kStartSeconds + 600);
  ops_pb::AdvanceClockResponse advanced;
  venue.Do(&Stub::AdvanceClock, advance, &advanced);
  CHECK(advanced.exchange_time().seconds() == Venue::kStartSeconds + 600);
  CHECK(terms() == 500'000);
  change.clear_effective_time();
  change.set_event_ticker("TEST-1");
  change.mutable_fees()->set_multiplier_millionths(0);
  venue.Do(&Stub::ScheduleFeeChange, change);
  CHECK(terms() == 0);
  change.set_clear_override(true);
  venue.Do(&Stub::ScheduleFeeChange, change);
  CHECK(terms() == 500'000);
  change.set_event_ticker("NONE");
  CheckRefused(venue.Operate(&Stub::ScheduleFeeChange, change), grpc::StatusCode::NOT_FOUND,
               "no series or event \"NONE\"");
}

TEST_CASE("OperatorService: a busted trade gives both sides everything back", "[grpc]") {
  OperatedVenue venue;
  venue.Trade();
  CHECK(venue.Cash("alice") == 996'000'000);
  pb::ListTradesRequest list;
  list.set_market_ticker(kMarket);
  grpc::ClientContext call;
  rpc::SetDeadline(call, absl::Seconds(20));
  pb::ListTradesResponse trades;
  REQUIRE(venue.exchange->ListTrades(&call, list, &trades).ok());
  REQUIRE(trades.trades_size() == 1);
  ops_pb::BustTradeRequest bust;
  bust.set_trade_id("nonsense");
  CheckRefused(venue.Operate(&Stub::BustTrade, bust), grpc::StatusCode::NOT_FOUND,
               "no trade \"nonsense\"");
  bust.set_trade_id(trades.trades(0).trade_id());
  venue.Do(&Stub::BustTrade, bust);
  CHECK(venue.Cash("alice") == 1'000'000'000);
  CHECK(venue.Cash("bob") == 1'000'000'000);  // The taker's fee, too.
  CHECK(venue.MarketNow().open_interest_centis() == 0);
  CheckRefused(venue.Operate(&Stub::BustTrade, bust), grpc::StatusCode::ALREADY_EXISTS,
               "the trade is busted already");
}

TEST_CASE("OperatorService: accounts, keys, funds and tiers", "[grpc]") {
  OperatedVenue venue;
  ops_pb::OpenAccountRequest open;
  CheckRefused(venue.Operate(&Stub::OpenAccount, open), grpc::StatusCode::INVALID_ARGUMENT,
               "name is missing");
  open.set_account_name("carol");
  open.set_balance_unit_micros(7);
  CheckRefused(venue.Operate(&Stub::OpenAccount, open), grpc::StatusCode::INVALID_ARGUMENT,
               "balance_unit_micros 7 is neither 100 nor 10000");
  open.set_balance_unit_micros(10'000);
  open.set_tier(ops_pb::USAGE_TIER_EXPERT);
  ops_pb::OpenAccountResponse opened;
  venue.Do(&Stub::OpenAccount, open, &opened);

  ops_pb::DepositRequest deposit;
  CheckRefused(venue.Operate(&Stub::Deposit, deposit), grpc::StatusCode::INVALID_ARGUMENT,
               "account is missing");
  deposit.mutable_account()->set_account_id(opened.account_id());
  deposit.set_amount_micros(100);
  CheckRefused(venue.Operate(&Stub::Deposit, deposit), grpc::StatusCode::INVALID_ARGUMENT,
               "amount $0.000100 is not a positive multiple of $0.010000");
  deposit.set_amount_micros(50'000'000);
  ops_pb::DepositResponse deposited;
  venue.Do(&Stub::Deposit, deposit, &deposited);
  CHECK_FALSE(deposited.transfer_id().empty());
  deposit.set_subaccount(64);
  CheckRefused(venue.Operate(&Stub::Deposit, deposit), grpc::StatusCode::INVALID_ARGUMENT,
               "subaccount 64 is outside 0 to 63");
  deposit.set_subaccount(1);
  CheckRefused(venue.Operate(&Stub::Deposit, deposit), grpc::StatusCode::NOT_FOUND,
               "has no subaccount 1");
  ops_pb::WithdrawRequest withdraw;
  withdraw.mutable_account()->set_account_name("carol");
  withdraw.set_amount_micros(60'000'000);
  CheckRefused(venue.Operate(&Stub::Withdraw, withdraw), grpc::StatusCode::FAILED_PRECONDITION,
               "amount $60.000000 is above the $50.000000 that account");
  withdraw.set_amount_micros(20'000'000);
  venue.Do(&Stub::Withdraw, withdraw);
  CHECK(venue.AccountNow("carol").cash_micros() == 30'000'000);
  CHECK(venue.AccountNow("carol").tier() == ops_pb::USAGE_TIER_EXPERT);
  withdraw.mutable_account()->set_account_name("nobody");
  CheckRefused(venue.Operate(&Stub::Withdraw, withdraw), grpc::StatusCode::NOT_FOUND,
               "no account nobody");

  ops_pb::RegisterKeyRequest registration;
  registration.mutable_account()->set_account_name("carol");
  registration.set_public_key("not a key");
  CheckRefused(venue.Operate(&Stub::RegisterKey, registration), grpc::StatusCode::INVALID_ARGUMENT,
               "public_key cannot be used");
  registration.clear_public_key();
  registration.add_scopes(ops_pb::KEY_SCOPE_READ);
  ops_pb::RegisterKeyResponse key;
  venue.Do(&Stub::RegisterKey, registration, &key);
  const Member carol{key.key_id(), *kalshi::PrivateKey::FromPem(key.private_key()),
                     AccountId(static_cast<std::uint32_t>(opened.account_id()))};
  // A key that may read only.
  pb::CreateOrderResponse order;
  CHECK(venue.Create(carol, AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "c"), order).error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
  registration.set_key_id(key.key_id());
  CheckRefused(venue.Operate(&Stub::RegisterKey, registration), grpc::StatusCode::ALREADY_EXISTS,
               "key_id " + key.key_id() + " exists already");
  ops_pb::RevokeKeyRequest revocation;
  revocation.mutable_account()->set_account_name("operator");
  revocation.set_key_id(venue.operator_member().key_id);
  CheckRefused(venue.Operate(&Stub::RevokeKey, revocation), grpc::StatusCode::INVALID_ARGUMENT,
               "signs this request");
  revocation.mutable_account()->set_account_name("carol");
  revocation.set_key_id("unknown");
  CheckRefused(venue.Operate(&Stub::RevokeKey, revocation), grpc::StatusCode::NOT_FOUND,
               "has no key unknown");
  ops_pb::UpdateAccountRequest update;
  update.mutable_account()->set_account_name("operator");
  update.set_disabled(true);
  CheckRefused(venue.Operate(&Stub::UpdateAccount, update), grpc::StatusCode::INVALID_ARGUMENT,
               "disabled cannot be true for the operator's own account");
}

TEST_CASE("OperatorService: a revoked key and a disabled account are out at once", "[grpc]") {
  OperatedVenue venue;
  // What is open before: an order stream and an event stream of Alice's.
  grpc::ClientContext call;
  venue.Sign(call, venue.alice(), "OrderStream");
  const auto orders = venue.exchange->OrderStream(&call);
  pb::OrderStreamRequest command;
  command.set_request_id(1);
  *command.mutable_create_order() = AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "first");
  REQUIRE(orders->Write(command));
  pb::OrderStreamResponse answer;
  REQUIRE(orders->Read(&answer));
  REQUIRE(answer.has_create_order());
  grpc::ClientContext idle_call;
  venue.Sign(idle_call, venue.alice(), "OrderStream");
  const auto idle = venue.exchange->OrderStream(&idle_call);
  command.mutable_create_order()->set_client_order_id("idle");
  REQUIRE(idle->Write(command));
  REQUIRE(idle->Read(&answer));
  REQUIRE(answer.has_create_order());
  grpc::ClientContext batch_call;
  venue.Sign(batch_call, venue.alice(), "OrderBatchStream");
  const auto silent = venue.exchange->OrderBatchStream(&batch_call);
  grpc::ClientContext events_call;
  venue.Sign(events_call, venue.alice(), "StreamEvents");
  const auto events = venue.exchange->StreamEvents(&events_call, {});
  pb::StreamEventsResponse event;
  REQUIRE(events->Read(&event));
  grpc::ClientContext positions_call;
  venue.Sign(positions_call, venue.alice(), "StreamQueuePositions", "evx.exchange.v1.BookService");
  const auto positions = venue.books->StreamQueuePositions(&positions_call, {});
  pb::StreamQueuePositionsResponse position;
  REQUIRE(positions->Read(&position));

  const bool by_key = GENERATE(true, false);
  if (by_key) {
    ops_pb::RevokeKeyRequest revocation;
    revocation.mutable_account()->set_account_name("alice");
    revocation.set_key_id(venue.alice().key_id);
    venue.Do(&Stub::RevokeKey, revocation);
  } else {
    ops_pb::UpdateAccountRequest update;
    update.mutable_account()->set_account_name("alice");
    update.set_disabled(true);
    venue.Do(&Stub::UpdateAccount, update);
  }
  // The very next call, and the next command of an open stream.
  pb::CreateOrderResponse response;
  CHECK(venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "x"), response)
            .error_code() == grpc::StatusCode::UNAUTHENTICATED);
  command.set_request_id(2);
  *command.mutable_create_order() = AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "second");
  orders->Write(command);
  CHECK_FALSE(orders->Read(&answer));
  CHECK(orders->Finish().error_code() == grpc::StatusCode::UNAUTHENTICATED);
  // Streams on which nobody sends anything end by themselves.
  while (events->Read(&event)) {
  }
  CHECK(events->Finish().error_code() == grpc::StatusCode::UNAUTHENTICATED);
  while (positions->Read(&position)) {
  }
  CHECK(positions->Finish().error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK_FALSE(idle->Read(&answer));
  CHECK(idle->Finish().error_code() == grpc::StatusCode::UNAUTHENTICATED);
  pb::OrderBatchStreamResponse answers;
  CHECK_FALSE(silent->Read(&answers));
  CHECK(silent->Finish().error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(venue.AccountNow("alice").orders().accepted_count() == 2);
}

TEST_CASE("OperatorService: a revoked operator key is out at once, too", "[grpc]") {
  OperatedVenue venue;
  ops_pb::RegisterKeyRequest registration;
  registration.mutable_account()->set_account_name("operator");
  ops_pb::RegisterKeyResponse key;
  venue.Do(&Stub::RegisterKey, registration, &key);
  const Member second{key.key_id(), *kalshi::PrivateKey::FromPem(key.private_key()),
                      kOperatorAccount};
  CHECK(venue.OperateAs(second, &Stub::GetClock, ops_pb::GetClockRequest()).ok());
  ops_pb::RevokeKeyRequest revocation;
  revocation.mutable_account()->set_key_id(second.key_id);
  revocation.set_key_id(second.key_id);
  venue.Do(&Stub::RevokeKey, revocation);
  CHECK(venue.OperateAs(second, &Stub::GetClock, ops_pb::GetClockRequest()).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
}

TEST_CASE("OperatorService: a tier is the budget from the next call on", "[grpc]") {
  OperatedVenue venue;
  const auto set_tier = [&venue](ops_pb::UsageTier tier) {
    ops_pb::UpdateAccountRequest update;
    update.mutable_account()->set_account_name("alice");
    update.set_tier(tier);
    venue.Do(&Stub::UpdateAccount, update);
  };
  int number = 0;
  const auto create = [&] {
    pb::CreateOrderResponse response;
    return venue
        .Create(venue.alice(),
                AnOrder(common_pb::BOOK_SIDE_BID, 1, 1, "t-" + std::to_string(++number)), response)
        .error_code();
  };
  set_tier(ops_pb::USAGE_TIER_BASIC);
  const std::int64_t burst =
      BudgetOf(venue::UsageTier::kBasic, RateBucket::kWrite).capacity / kDefaultCost;
  bool refused = false;
  // The bucket fills up meanwhile, so a few more than its size may pass.
  for (std::int64_t i = 0; i < 100 * burst && !refused; ++i) {
    refused = create() == grpc::StatusCode::RESOURCE_EXHAUSTED;
  }
  CHECK(refused);
  set_tier(ops_pb::USAGE_TIER_UNLIMITED);
  CHECK(create() == grpc::StatusCode::OK);
  ops_pb::UpdateAccountRequest unknown;
  unknown.mutable_account()->set_account_name("alice");
  unknown.set_tier(static_cast<ops_pb::UsageTier>(99));
  CheckRefused(venue.Operate(&Stub::UpdateAccount, unknown), grpc::StatusCode::INVALID_ARGUMENT,
               "tier 99 has no meaning here");
}

TEST_CASE("OperatorService: fills are listed by account, market and time", "[grpc]") {
  OperatedVenue venue;
  venue.Trade();
  ops_pb::ListFillsRequest list;
  ops_pb::ListFillsResponse found;
  venue.Do(&Stub::ListFills, list, &found);
  REQUIRE(found.fills_size() == 2);
  CHECK((found.fills(0).account_name() == "bob" && found.fills(0).fill().is_taker()));
  CHECK((found.fills(1).account_name() == "alice" && found.fills(1).account_id() > 0));
  list.mutable_account()->set_account_name("alice");
  list.set_market_ticker(kMarket);
  *list.mutable_end_time() = found.fills(1).fill().create_time();
  venue.Do(&Stub::ListFills, list, &found);
  CHECK((found.fills_size() == 1 && found.fills(0).fill().price_micros() == 400'000));
  list.mutable_start_time()->set_seconds(-1);
  CheckRefused(venue.Operate(&Stub::ListFills, list), grpc::StatusCode::INVALID_ARGUMENT,
               "start_time is outside the years 1970 to 2200");
}

TEST_CASE("OperatorService: orders are tracked by account and by market", "[grpc]") {
  OperatedVenue venue;
  venue.Trade();
  pb::CreateOrderResponse order;
  REQUIRE(venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 30, 5, "r1"), order).ok());
  REQUIRE(venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 20, 5, "r2"), order).ok());
  CHECK_FALSE(
      venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 99, 99'999, "x"), order).ok());
  REQUIRE(venue.Create(venue.bob(), AnOrder(common_pb::BOOK_SIDE_ASK, 90, 1, "b2"), order).ok());

  ops_pb::OrderStatistics alice = venue.AccountNow("alice").orders();
  CHECK(alice.accepted_count() == 3);
  CHECK(alice.executed_count() == 1);
  CHECK(alice.resting_count() == 2);
  CHECK(alice.rejected_count() == 1);
  REQUIRE(alice.rejected_counts_size() == 1);
  CHECK(alice.rejected_counts(0).reason() == "InsufficientBalance");
  CHECK(alice.ordered_quantity_centis() == 2'000);
  CHECK(alice.filled_quantity_centis() == 1'000);
  CHECK(alice.fill_ratio_millionths() == 500'000);
  CHECK(alice.resting_quantity_centis() == 1'000);
  CHECK(alice.resting_value_micros() == 2'500'000);
  CHECK(alice.create_latency().count() == 3);
  CHECK(alice.create_latency().p50_nanos() > 0);
  CHECK(alice.create_latency().p99_nanos() <= alice.create_latency().max_nanos());
  const ops_pb::OrderStatistics market = venue.MarketNow().orders();
  CHECK(market.accepted_count() == 5);
  CHECK(market.executed_count() == 2);
  CHECK(market.rejected_count() == 1);
  CHECK(market.resting_value_micros() == 2'600'000);

  ops_pb::ListOpenOrdersRequest list;
  CheckRefused(venue.Operate(&Stub::ListOpenOrders, list), grpc::StatusCode::INVALID_ARGUMENT,
               "account or market_ticker is needed");
  list.set_market_ticker(kMarket);
  list.set_page_size(2);
  ops_pb::ListOpenOrdersResponse first;
  venue.Do(&Stub::ListOpenOrders, list, &first);
  REQUIRE(first.orders_size() == 2);
  CHECK(first.orders(0).order().client_order_id() == "b2");
  CHECK(first.orders(1).order().client_order_id() == "r2");
  list.set_page_token(first.next_page_token());
  ops_pb::ListOpenOrdersResponse second;
  venue.Do(&Stub::ListOpenOrders, list, &second);
  REQUIRE(second.orders_size() == 1);
  CHECK(second.orders(0).order().client_order_id() == "r1");
  CHECK(second.orders(0).account_id() == venue.alice().account.value());
  CHECK(second.next_page_token().empty());
  list.set_page_size(1'001);
  CheckRefused(venue.Operate(&Stub::ListOpenOrders, list), grpc::StatusCode::INVALID_ARGUMENT,
               "page_size 1001 is outside 0 to 1000");

  ops_pb::CancelAllOrdersRequest cancel;
  cancel.mutable_account()->set_account_name("alice");
  cancel.set_market_ticker("NONE");
  CheckRefused(venue.Operate(&Stub::CancelAllOrders, cancel), grpc::StatusCode::NOT_FOUND,
               "market not found");
  cancel.clear_market_ticker();
  ops_pb::CancelAllOrdersResponse canceled;
  venue.Do(&Stub::CancelAllOrders, cancel, &canceled);
  CHECK(canceled.canceled_order_count() == 2);
  alice = venue.AccountNow("alice").orders();
  CHECK(alice.canceled_count() == 2);
  REQUIRE(alice.canceled_counts_size() == 1);
  CHECK(alice.canceled_counts(0).reason() == "Operator");

  ops_pb::ListAccountsRequest accounts;
  accounts.set_page_size(2);
  ops_pb::ListAccountsResponse page;
  venue.Do(&Stub::ListAccounts, accounts, &page);
  REQUIRE(page.accounts_size() == 2);
  CHECK(page.accounts(1).account_name() == "alice");
  accounts.set_page_token(page.next_page_token());
  venue.Do(&Stub::ListAccounts, accounts, &page);
  REQUIRE(page.accounts_size() == 1);
  CHECK(page.accounts(0).account_name() == "bob");
  CHECK(page.next_page_token().empty());
}

TEST_CASE("OperatorService: pauses, stop accepting, and the clock goes on meanwhile", "[grpc]") {
  OperatedVenue venue;
  pb::CreateOrderResponse order;
  ops_pb::SetExchangeStatusRequest status;
  status.set_trading_active(false);
  venue.Do(&Stub::SetExchangeStatus, status);
  CHECK(venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "a"), order)
            .error_code() == grpc::StatusCode::UNAVAILABLE);
  status.set_trading_active(true);
  venue.Do(&Stub::SetExchangeStatus, status);
  REQUIRE(venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "b"), order).ok());

  ops_pb::SetAcceptingRequest accepting;
  venue.Do(&Stub::SetAccepting, accepting);
  ops_pb::GetExchangeResponse exchange;
  venue.Do(&Stub::GetExchange, ops_pb::GetExchangeRequest(), &exchange);
  CHECK_FALSE(exchange.accepting());
  CHECK(exchange.trading_active());
  CHECK(exchange.open_order_count() == 1);
  CHECK(venue.Create(venue.alice(), AnOrder(common_pb::BOOK_SIDE_BID, 40, 1, "c"), order)
            .error_code() == grpc::StatusCode::UNAVAILABLE);
  ops_pb::AdvanceClockRequest advance;
  advance.mutable_target_time()->set_seconds(Venue::kStartSeconds + 3'600);
  venue.Do(&Stub::AdvanceClock, advance);
  CHECK(venue.MarketNow().status() == common_pb::MARKET_STATUS_CLOSED);
  REQUIRE(venue.Determine(common_pb::MARKET_RESULT_YES).ok());
  accepting.set_accepting(true);
  venue.Do(&Stub::SetAccepting, accepting);

  ops_pb::SetClockSpeedRequest speed;
  speed.set_speed_thousandths(1'000'001);
  CheckRefused(venue.Operate(&Stub::SetClockSpeed, speed), grpc::StatusCode::INVALID_ARGUMENT,
               "speed 1000 is outside 0 to 1000");
  speed.set_speed_thousandths(1'000'000);
  venue.Do(&Stub::SetClockSpeed, speed);
  ops_pb::GetClockResponse clock;
  venue.Do(&Stub::GetClock, ops_pb::GetClockRequest(), &clock);
  CHECK(clock.speed_thousandths() == 1'000'000);
  CHECK(clock.is_virtual());
  advance.clear_target_time();
  CheckRefused(venue.Operate(&Stub::AdvanceClock, advance), grpc::StatusCode::INVALID_ARGUMENT,
               "target_time is missing");
  ops_pb::GetStateHashResponse hash;
  venue.Do(&Stub::GetStateHash, ops_pb::GetStateHashRequest(), &hash);
  CHECK(hash.state_hash().size() == 16);
}

}  // namespace evx::mock_kalshi::testing
