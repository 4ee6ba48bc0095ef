#pragma once

#include "evx/kalshi/account_messages.h"
#include "evx/kalshi/candlestick_messages.h"
#include "evx/kalshi/exchange_messages.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/portfolio_messages.h"

// One message of every kind with every member set, and one with as few as possible, for tests of
// the codec. Times are whole seconds, so that no form of time on the wire cuts them.

namespace evx::kalshi::samples {

inline Timestamp At(std::int64_t seconds) {
  return Timestamp::FromSeconds(1'785'000'000 + seconds);
}

inline Order FullOrder() {
  return {.order_id = "11111111-1111-8111-8111-111111111111",
          .user_id = "22222222-2222-8222-8222-222222222222",
          .client_order_id = "my-order:1",
          .ticker = "KXGOLD15M-26NOV21-T4100",
          .book_side = BookSide::kAsk,
          .action = OrderAction::kBuy,
          .status = OrderStatus::kResting,
          .yes_price = Price::FromCents(56),
          .fill_count = Quantity::FromCentis(250),
          .remaining_count = Quantity::FromContracts(10),
          .initial_count = Quantity::FromCentis(1'250),
          .taker_fill_cost = Money::FromMicros(1'100'000),
          .maker_fill_cost = Money::FromMicros(25),
          .taker_fees = Money::FromMicros(17'500),
          .maker_fees = Money::FromMicros(1),
          .expiration_time = At(100),
          .created_time = At(0),
          .last_update_time = At(5),
          .self_trade_prevention = SelfTradePrevention::kMaker,
          .order_group_id = "33333333-3333-8333-8333-333333333333",
          .cancel_order_on_pause = true,
          .subaccount_number = SubaccountNumber{7},
          .exchange_index = 0};
}

inline Market FullMarket() {
  Market m;
  m.ticker = "KXGOLD15M-26NOV21-T4100";
  m.event_ticker = "KXGOLD15M-26NOV21";
  m.market_type = MarketType::kBinary;
  m.title = "Gold above 4100?";
  m.subtitle = "sub";
  m.yes_sub_title = "Above";
  m.no_sub_title = "Not above";
  m.created_time = At(0);
  m.updated_time = At(1);
  m.open_time = At(2);
  m.close_time = At(900);
  m.expected_expiration_time = At(1000);
  m.latest_expiration_time = At(2000);
  m.settlement_timer_seconds = 60;
  m.status = MarketStatus::kDetermined;
  m.yes_bid = Price::FromCents(40);
  m.yes_bid_size = Quantity::FromContracts(3);
  m.yes_ask = Price::FromMicros(425'000);
  m.yes_ask_size = Quantity::FromCentis(1);
  m.last_price = Price::FromCents(41);
  m.volume = Quantity::FromContracts(1'000);
  m.volume_24h = Quantity::FromContracts(10);
  m.result = MarketResult::kYes;
  m.can_close_early = true;
  m.open_interest = Quantity::FromContracts(50);
  m.previous_yes_bid = Price::FromCents(1);
  m.previous_yes_ask = Price::FromCents(99);
  m.previous_price = Price::FromCents(50);
  m.settlement_value = Price::FromCents(100);
  m.settlement_time = At(1100);
  m.expiration_value = "4101.23";
  m.occurrence_time = At(899);
  m.fee_waiver_expiration_time = At(5000);
  m.early_close_condition = "never";
  m.strike_type = StrikeType::kBetween;
  m.floor_strike_micros = 4'100'990'000;
  m.cap_strike_micros = -500'000;
  m.functional_strike = "f";
  m.custom_strike_json = R"({"Team":"A \"quoted\" one"})";
  m.rules_primary = "If gold is above 4100 \xe2\x80\x94 yes.\nElse no.";
  m.rules_secondary = "<none & nothing>";
  m.mve_collection_ticker = "MVE";
  m.mve_selected_legs = {{"E", "M", "yes"}};
  m.primary_participant_key = "key";
  m.price_level_structure = "tapered_deci_cent";
  m.price_ranges = ToPriceRanges(*PriceGrid::FromStructure("tapered_deci_cent"));
  m.is_provisional = true;
  m.settlement_bounds = SettlementBounds::kFloor;
  m.settlement_floor = Price::FromCents(5);
  return m;
}

inline Milestone FullMilestone() {
  return {.id = "m",
          .category = "Sports",
          .type = "football_game",
          .start_date = At(0),
          .end_date = At(1),
          .related_event_tickers = {"A"},
          .title = "t",
          .notification_message = "n",
          .source_id = "s",
          .details_json = R"({"a":1})",
          .primary_event_tickers = {"B"},
          .last_updated_time = At(2)};
}

inline Event FullEvent() {
  Event event;
  event.event_ticker = "KXGOLD15M-26NOV21";
  event.series_ticker = "KXGOLD15M";
  event.sub_title = "sub";
  event.title = "title";
  event.collateral_return_type = "MECNET";
  event.mutually_exclusive = true;
  event.category = "Commodities";
  event.strike_date = At(3);
  event.strike_period = "week";
  event.markets = {FullMarket()};
  event.product_metadata_json = R"({"k":[1,2]})";
  event.settlement_sources = {{"LBMA", "https://example.com"}};
  event.last_updated_time = At(4);
  event.fee_type_override = FeeType::kFlat;
  event.fee_multiplier_override_micros = 500'000;
  return event;
}

inline Series FullSeries() {
  Series series;
  series.ticker = "KXGOLD15M";
  series.frequency = "fifteen_min";
  series.title = "Gold";
  series.category = "Commodities";
  series.tags = {"Gold"};
  series.settlement_sources = {{"LBMA", "https://example.com"}};
  series.contract_url = "https://example.com/a.pdf";
  series.contract_terms_url = "https://example.com/b.pdf";
  series.product_metadata_json = R"({"k":null})";
  series.fee_type = FeeType::kQuadraticWithMakerFees;
  series.fee_multiplier_micros = 1'000'000;
  series.additional_prohibitions = {"p"};
  series.volume = Quantity::FromContracts(5);
  series.last_updated_time = At(1);
  series.categories = {"Commodities", "Metals"};
  return series;
}

inline Candlestick FullCandlestick() {
  const Price price = Price::FromCents(40);
  return {.end_period = At(60),
          .yes_bid = {price, price, price, price},
          .yes_ask = {price, price, price, price},
          .price = {price, price, price, price, Money::FromMicros(400'100), price, price, price},
          .volume = Quantity::FromContracts(2),
          .open_interest = Quantity::FromContracts(4)};
}

inline WeeklySchedule FullWeek() {
  WeeklySchedule week{.start_time = At(0), .end_time = At(1), .days = {}};
  for (auto& day : week.days) day = {{"00:00", "24:00"}};
  week.days[3] = {{"00:00", "03:00"}, {"05:00", "24:00"}};
  return week;
}

// Calls visit(schema, message): `schema` names the message in the venue's openapi.yaml.
template <class Visit>
void ForEach(Visit visit) {
  const Error not_found = MakeError(error::kNotFound);
  const Money dollar = Money::FromDollars(1);
  const Quantity ten = Quantity::FromContracts(10);
  visit("EmptyResponse", EmptyResponse{});
  visit("GetOrderResponse", OrderResponse{FullOrder()});
  visit("GetOrderResponse", OrderResponse{});
  visit("GetOrdersResponse", OrdersResponse{{FullOrder(), Order()}, "abc"});
  visit("GetOrdersResponse", OrdersResponse{});
  const CreateOrderResponse created{"id", "c", ten, ten, dollar, Money::FromMicros(12'300), At(0)};
  visit("CreateOrderV2Response", created);
  visit("CreateOrderV2Response", CreateOrderResponse{.order_id = "id", .time = At(0)});
  visit("CancelOrderV2Response", CancelOrderResponse{"id", "c", ten, At(0)});
  visit("AmendOrderV2Response", AmendOrderResponse{"id", "c", ten, ten, dollar, dollar, At(0)});
  visit("AmendOrderV2Response", AmendOrderResponse{.order_id = "id", .time = At(0)});
  visit("DecreaseOrderV2Response", DecreaseOrderResponse{"id", "c", ten, At(0)});
  visit("BatchCreateOrdersV2Response",
        BatchCreateOrdersResponse{{ToBatchItem(created), ToBatchCreateItem("c", not_found),
                                   ToBatchCreateItem(std::nullopt, not_found)}});
  visit("BatchCancelOrdersV2Response",
        BatchCancelOrdersResponse{
            {{"id", "c", ten, At(0), std::nullopt}, {.order_id = "id", .error = not_found}}});
  visit("GetOrderQueuePositionResponse", QueuePositionResponse{ten});
  visit("GetOrderQueuePositionsResponse", QueuePositionsResponse{{{"id", "T", ten}}});
  visit("GetOrderGroupsResponse", OrderGroupsResponse{{{"g", ten, false, 0}, {.id = "h"}}});
  visit("GetOrderGroupResponse", OrderGroupResponse{true, ten, {"a", "b"}, 0});
  visit("CreateOrderGroupResponse", CreateOrderGroupResponse{"g", 3, 0});
  visit("CancelOrderResponse", LegacyCancelOrderResponse{FullOrder(), ten});
  visit("AmendOrderResponse", LegacyAmendOrderResponse{FullOrder(), FullOrder()});
  visit("BatchCreateOrdersResponse",
        LegacyBatchCreateOrdersResponse{
            {{"c", FullOrder(), std::nullopt}, {"d", std::nullopt, not_found}}});
  visit("BatchCancelOrdersResponse",
        LegacyBatchCancelOrdersResponse{
            {{"id", FullOrder(), ten, std::nullopt}, {.order_id = "id", .error = not_found}}});

  visit("GetMarketResponse", MarketResponse{FullMarket()});
  visit("GetMarketResponse", MarketResponse{});
  visit("GetMarketsResponse", MarketsResponse{{FullMarket(), Market()}, "c"});
  visit("GetEventResponse", EventResponse{FullEvent(), {FullMarket()}});
  visit("GetEventResponse", EventResponse{});
  visit("GetEventsResponse", EventsResponse{{FullEvent(), Event()}, {FullMilestone()}, ""});
  visit("GetEventMetadataResponse",
        EventMetadataResponse{"i", "f", {{"T", "i", "#fff"}}, {{"n", "u"}}, "c", "s"});
  visit("GetMilestoneResponse", MilestoneResponse{FullMilestone()});
  visit("GetMilestonesResponse", MilestonesResponse{{FullMilestone()}, ""});
  visit("GetSeriesResponse", SeriesResponse{FullSeries()});
  visit("GetSeriesResponse", SeriesResponse{});
  visit("GetSeriesListResponse", SeriesListResponse{{FullSeries()}});
  visit("GetSeriesFeeChangesResponse",
        SeriesFeeChangesResponse{{{"id", "S", FeeType::kQuadratic, 1'500'000, At(0)}}});
  visit("GetEventFeeChangesResponse",
        EventFeeChangesResponse{{{"id", "E", "S", FeeType::kFlat, 500'000, At(0)},
                                 {"id", "E", "S", std::nullopt, std::nullopt, At(0)}},
                                ""});
  const OrderBook book{{{Price::FromCents(1), ten}, {Price::FromCents(40), ten}},
                       {{Price::FromMicros(575'000), Quantity::FromCentis(1)}}};
  visit("GetMarketOrderbookResponse", OrderBookResponse{book});
  visit("GetMarketOrderbookResponse", OrderBookResponse{});
  visit("GetMarketOrderbooksResponse", OrderBooksResponse{{{"A", book}, {"B", {}}}});
  visit("GetTradesResponse",
        TradesResponse{{{"id", "T", ten, Price::FromCents(40), BookSide::kAsk, At(0), true}}, "c"});
  visit("GetMarketCandlesticksResponse",
        MarketCandlesticksResponse{"T", {FullCandlestick(), Candlestick{.end_period = At(0)}}});
  visit("BatchGetMarketCandlesticksResponse",
        BatchCandlesticksResponse{{{"T", {FullCandlestick()}}}});

  const Fill fill{"t",
                  "o",
                  "T",
                  BookSide::kAsk,
                  OrderAction::kSell,
                  ten,
                  Price::FromCents(40),
                  true,
                  At(0),
                  Money::FromMicros(17'500),
                  SubaccountNumber{1},
                  0};
  visit("GetFillsResponse", FillsResponse{{fill, Fill{.created_time = At(0)}}, "c"});
  visit("GetPositionsResponse",
        PositionsResponse{{{"T", 0, dollar, -ten, dollar, -dollar, dollar, At(0)}},
                          {{"E", dollar, ten, dollar, -dollar, dollar}},
                          "c"});
  visit("GetSettlementsResponse",
        SettlementsResponse{{{"T", 0, "E", MarketResult::kScalar, ten, dollar, ten, dollar, dollar,
                              At(0), Money::FromMicros(1), dollar},
                             {.settled_time = At(0)}},
                            ""});
  visit("GetBalanceResponse",
        BalanceResponse{Money::FromMicros(12'345'600), dollar, At(0), {{0, dollar}}});
  visit("GetBalanceResponse", BalanceResponse{.updated_time = At(0)});
  visit("GetPortfolioRestingOrderTotalValueResponse",
        RestingOrderValueResponse{dollar, {{0, dollar}}});
  const Payment payment{"id", PaymentStatus::kApplied, PaymentType::kWire, dollar, Money(), At(0),
                        At(1)};
  visit("GetDepositsResponse", DepositsResponse{{payment, Payment{.created_time = At(0)}}, ""});
  visit("GetWithdrawalsResponse", WithdrawalsResponse{{payment}, ""});
  visit("CreateSubaccountResponse", CreateSubaccountResponse{4});
  visit("GetSubaccountBalancesResponse", SubaccountBalancesResponse{{{1, 0, dollar, At(0)}}});
  visit("GetSubaccountNettingResponse", SubaccountNettingResponse{{{1, true, 0}}});
  visit("GetSubaccountTransfersResponse",
        SubaccountTransfersResponse{{{"id", 0, 1, dollar, At(0), 0}}, ""});
  visit("ApplySubaccountPositionTransferResponse", SubaccountPositionTransferResponse{"id"});
  visit("IntraExchangeInstanceTransferResponse", CreateIntraExchangeTransferResponse{"id"});
  const IntraExchangeTransfer transfer{
      .transfer_id = "id", .amount = dollar, .created_time = At(0)};
  visit("GetIntraExchangeInstanceTransferResponse", IntraExchangeTransferResponse{transfer});
  visit("GetIntraExchangeInstanceTransfersResponse",
        IntraExchangeTransfersResponse{{transfer}, ""});
  visit("GetTargetBalanceAllocationResponse",
        BalanceAllocationResponse{{{0, 60}, {1, 40}}, RestingMarginReservation::kSum});

  visit("ExchangeStatus", ExchangeStatusResponse{true, false, true, At(0), {{0, "main"}}});
  visit("ExchangeStatus", ExchangeStatusResponse{});
  visit("GetExchangeScheduleResponse", ExchangeScheduleResponse{{{FullWeek()}, {{At(0), At(1)}}}});
  visit("GetExchangeAnnouncementsResponse",
        ExchangeAnnouncementsResponse{{{AnnouncementType::kWarning, "m", At(0), true},
                                       {AnnouncementType::kInfo, "m", At(0), false}}});
  visit("GetUserDataTimestampResponse", UserDataTimestampResponse{At(0)});
  visit("GetHistoricalCutoffResponse", HistoricalCutoffResponse{At(0), At(1), At(2), At(3)});
  visit("GetIncentiveProgramsResponse",
        IncentiveProgramsResponse{{{"id", "mid", "T", IncentiveType::kVolume, "d", At(0), At(1),
                                    dollar, true, 500, ten, dollar},
                                   {.start_date = At(0), .end_date = At(1)}},
                                  ""});
  const StructuredTarget target{"id", "n", "t", R"({"a":1})", "s", At(0)};
  visit("GetStructuredTargetResponse", StructuredTargetResponse{target});
  visit("GetStructuredTargetsResponse", StructuredTargetsResponse{{target}, ""});

  visit("GetApiKeysResponse",
        ApiKeysResponse{{{"id", "n", ApiKeyScopes::Full().List(), SubaccountNumber{3}},
                         {"id", "n", {ApiKeyScope::kWriteTrade}, std::nullopt}}});
  visit("CreateApiKeyResponse", CreateApiKeyResponse{"id"});
  visit("GenerateApiKeyResponse", GenerateApiKeyResponse{"id", "PEM\n", ApiKeyType::kEd25519});
  visit("GetAccountApiLimitsResponse",
        ApiLimitsResponse{"basic",
                          {200, 600},
                          {100, 100},
                          {{ExchangeInstance::kEventContract, "expert", At(0), "manual"},
                           {ExchangeInstance::kMargined, "prime", {}, "volume"}}});
  visit("GetAccountEndpointCostsResponse",
        EndpointCostsResponse{10, {{"DELETE", "/trade-api/v2/x/:id", 2}}});
  visit("GetAccountApiUsageLevelVolumeProgressResponse",
        VolumeProgressResponse{{{At(0), ten, {{"expert", ten, ten}}}}});
}

}  // namespace evx::kalshi::samples
