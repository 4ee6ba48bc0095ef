#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "evx/kalshi/cursor.h"
#include "evx/kalshi/exchange_messages.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/number.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/portfolio_messages.h"
#include "json_reader.h"

// Bodies that the real venue sent in January 2026, each {"_metadata":..., "response":...}. All that
// this library has a message for are readable, and say the same when they are written again: every
// member that is still in use has the value that was recorded.

namespace evx::kalshi {
namespace {

std::filesystem::path GoldenDirectory() {
  const char* shared = std::getenv("EVX_SHARED_DIR");
  return std::filesystem::path(shared != nullptr ? shared : EVX_SHARED_DIR_DEFAULT) / "data" /
         "kalshi-recorded" / "rest-golden";
}

// The recorded body of `name`; nothing, with a line on stderr, where the recordings are missing.
std::optional<std::string> Golden(const std::string& name) {
  const auto path = GoldenDirectory() / (name + "_response.json");
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::cerr << "skipped: " << path << " is not there; set EVX_SHARED_DIR\n";
    return std::nullopt;
  }
  std::ostringstream text;
  text << in.rdbuf();
  JsonDocument document;
  auto root = document.ParseObject(text.str());
  REQUIRE(root.ok());
  ObjectReader object = *root;
  return object.Json("response");
}

// Members that the venue sent then and documents no more.
const std::set<std::string_view>& GoneMembers() {
  static const std::set<std::string_view> kGone = {"last_price",
                                                   "liquidity",
                                                   "liquidity_dollars",
                                                   "no_ask",
                                                   "no_bid",
                                                   "yes_ask",
                                                   "yes_bid",
                                                   "notional_value",
                                                   "previous_price",
                                                   "previous_yes_ask",
                                                   "previous_yes_bid",
                                                   "response_price_units",
                                                   "tick_size",
                                                   "open_interest",
                                                   "volume",
                                                   "volume_24h",
                                                   "count",
                                                   "no_price",
                                                   "yes_price",
                                                   "price",
                                                   "fill_count",
                                                   "initial_count",
                                                   "remaining_count",
                                                   "maker_fees",
                                                   "maker_fill_cost",
                                                   "taker_fees",
                                                   "taker_fill_cost",
                                                   "queue_position",
                                                   "no_price_fixed",
                                                   "yes_price_fixed",
                                                   "event_exposure",
                                                   "fees_paid",
                                                   "realized_pnl",
                                                   "total_cost",
                                                   "total_cost_shares",
                                                   "market_exposure",
                                                   "position",
                                                   "total_traded",
                                                   "resting_orders_count",
                                                   "reduced_by",
                                                   "available_on_brokers",
                                                   "contract_terms_url_v2",
                                                   "deprecated",
                                                   "target_size"};
  return kGone;
}

// Decimals, times and words are equal by value: "13.8700" is "13.870000", and a recorded null may
// be left out.
bool SameText(std::string_view recorded, std::string_view written) {
  if (recorded == written) return true;
  // Orders at any price are limit orders now.
  if (recorded == "market" && written == "limit") return true;
  if (const auto a = ParseMoney(recorded), b = ParseMoney(written); a && b) return *a == *b;
  const auto a = ParseRfc3339(recorded);
  const auto b = ParseRfc3339(written);
  return a.ok() && b.ok() && *a == *b;
}

// A recorded integer of contracts or cents has the value of the member that took its place.
void CheckSuccessor(const simdjson::dom::key_value_pair& recorded, simdjson::dom::element written) {
  std::int64_t number = 0;
  std::string_view text;
  if (recorded.value.get_int64().get(number) != simdjson::SUCCESS) return;
  const std::string name(recorded.key);
  if (written[name + "_fp"].get_string().get(text) == simdjson::SUCCESS) {
    CHECK(ParseCount(text) == Quantity::FromContracts(number));
  } else if (written[name + "_dollars"].get_string().get(text) == simdjson::SUCCESS) {
    CHECK(ParseMoney(text) == Money::FromCents(number));
  }
}

void CheckSame(simdjson::dom::element recorded, simdjson::dom::element written, std::string path) {
  INFO(path);
  simdjson::dom::object object;
  simdjson::dom::array array;
  std::string_view text;
  if (recorded.get_object().get(object) == simdjson::SUCCESS) {
    for (const auto field : object) {
      simdjson::dom::element other;
      const std::string name = path + "." + std::string(field.key);
      if (written[field.key].get(other) != simdjson::SUCCESS) {
        const bool is_empty = field.value.is_null() || simdjson::minify(field.value) == "\"\"" ||
                              simdjson::minify(field.value) == "[]" ||
                              simdjson::minify(field.value) == "{}";
        INFO(name << " is not written: " << simdjson::minify(field.value));
        CHECK((is_empty || GoneMembers().contains(field.key)));
        CheckSuccessor(field, written);
        continue;
      }
      CheckSame(field.value, other, name);
    }
  } else if (recorded.get_array().get(array) == simdjson::SUCCESS) {
    simdjson::dom::array others;
    REQUIRE(written.get_array().get(others) == simdjson::SUCCESS);
    REQUIRE(array.size() == others.size());
    for (std::size_t i = 0; i < array.size(); ++i) {
      CheckSame(array.at(i).value(), others.at(i).value(), path + "[" + std::to_string(i) + "]");
    }
  } else if (recorded.get_string().get(text) == simdjson::SUCCESS && written.is_string()) {
    INFO(text << " is written as " << std::string_view(written));
    CHECK(SameText(text, written));
  } else if (recorded.is_number() && written.is_number()) {
    CHECK(double(recorded) == Approx(double(written)));
  } else if (!recorded.is_null()) {
    CHECK(simdjson::minify(recorded) == simdjson::minify(written));
  }
}

template <class Message, class Check>
void CheckGolden(const std::string& name, Check check) {
  const auto body = Golden(name);
  if (!body) return;
  INFO(name);
  const auto message = DecodeJson<Message>(*body);
  INFO(message.status().ToString());
  REQUIRE(message.ok());
  check(*message);
  const std::string again = EncodeJson(*message);
  CHECK(*DecodeJson<Message>(again) == *message);
  simdjson::dom::parser recorded;
  simdjson::dom::parser written;
  CheckSame(recorded.parse(*body).value(), written.parse(again).value(), name);
}

TEST_CASE("Golden: recorded bodies of the venue decode", "[kalshi]") {
  CheckGolden<ExchangeStatusResponse>("exchange_status", [](const auto& m) {
    CHECK(m.exchange_active);
    CHECK(m.trading_active);
  });
  CheckGolden<ExchangeAnnouncementsResponse>("exchange_announcements", [](const auto&) {});
  CheckGolden<SeriesListResponse>("series_list", [](const auto& m) {
    REQUIRE_FALSE(m.series.empty());
    CHECK(m.series[0].ticker == "CO2");
    CHECK(m.series[0].fee_multiplier_micros == 1'000'000);
    CHECK(m.series[0].settlement_sources.size() == 1);
  });
  CheckGolden<SeriesResponse>("series_single",
                              [](const auto& m) { CHECK(m.series.ticker == "CO2"); });
  CheckGolden<EventsResponse>("events_list", [](const auto& m) {
    REQUIRE(m.events.size() == 5);
    CHECK(m.events[1].collateral_return_type == "MECNET");
    CHECK(m.events[1].mutually_exclusive);
    CHECK_FALSE(ParseCursor(m.cursor, 0).has_value());
  });
  CheckGolden<EventsResponse>("events_multivariate_list",
                              [](const auto& m) { CHECK(m.events.size() == 5); });
  CheckGolden<MilestonesResponse>("milestones_list",
                                  [](const auto& m) { CHECK_FALSE(m.milestones.empty()); });
  CheckGolden<StructuredTargetResponse>("structured_target_single", [](const auto& m) {
    CHECK(m.structured_target.name == "Kevin Holland");
  });
  CheckGolden<IncentiveProgramsResponse>("incentive_programs", [](const auto& m) {
    REQUIRE_FALSE(m.incentive_programs.empty());
    CHECK(m.incentive_programs[0].period_reward == Money::FromDollars(20));
    CHECK(m.incentive_programs[0].discount_factor_bps == 5000);
  });
  CheckGolden<SeriesFeeChangesResponse>("series_fee_changes",
                                        [](const auto& m) { CHECK(m.changes.empty()); });
  CheckGolden<CreateOrderGroupResponse>("order_group_create", [](const auto& m) {
    CHECK(m.order_group_id == "82bc126a-e3de-51d6-b55e-92499c3d2bb7");
  });
  CheckGolden<EmptyResponse>("order_group_delete", [](const auto&) {});
  CheckGolden<OrderGroupsResponse>("order_groups_list", [](const auto& m) {
    REQUIRE(m.order_groups.size() == 1);
    CHECK_FALSE(m.order_groups[0].is_auto_cancel_enabled);
  });
}

TEST_CASE("Golden: a recorded refusal is read as an error", "[kalshi]") {
  const auto body = Golden("portfolio_total_resting_order_value");
  if (!body) return;
  CHECK(ParseError(403, *body) == MakeError(error::kPermissionDenied));
}

TEST_CASE("Golden: recorded bodies in the older members decode", "[kalshi]") {
  CheckGolden<MarketsResponse>("markets_list", [](const auto& m) {
    REQUIRE_FALSE(m.markets.empty());
    CHECK(m.markets[0].price_level_structure == "deci_cent");
    CHECK(m.markets[0].notional_value == Money::FromDollars(1));
  });
  CheckGolden<TradesResponse>("trades_list", [](const auto& m) {
    REQUIRE_FALSE(m.trades.empty());
    CHECK(m.trades[0].count == Quantity::FromContracts(1));
    CHECK(m.trades[0].yes_price == Price::FromMicros(60'000));
    CHECK(m.trades[0].taker_side == BookSide::kAsk);
  });
  CheckGolden<OrdersResponse>("portfolio_orders", [](const auto& m) {
    REQUIRE_FALSE(m.orders.empty());
    CHECK(m.orders[0].fill_count == Quantity::FromContracts(32));
    CHECK(m.orders[0].taker_fill_cost == Money::FromCents(1387));
    CHECK(m.orders[0].taker_fees == Money::FromCents(44740));
    CHECK(m.orders[0].maker_fees == Money());
    CHECK(m.orders[0].book_side == BookSide::kBid);
  });
  CheckGolden<FillsResponse>("portfolio_fills", [](const auto& m) {
    REQUIRE_FALSE(m.fills.empty());
    CHECK(m.fills[0].count == Quantity::FromContracts(32));
    CHECK(m.fills[0].yes_price == Price::FromMicros(600'000));
    CHECK(m.fills[0].book_side == BookSide::kBid);
  });
  CheckGolden<PositionsResponse>("portfolio_positions", [](const auto& m) {
    REQUIRE_FALSE(m.market_positions.empty());
    CHECK(m.market_positions[0].position == Quantity::FromContracts(32));
    CHECK(m.event_positions[0].total_cost_shares == Quantity::FromContracts(32));
  });
  CheckGolden<OrderResponse>("create_order", [](const auto& m) {
    CHECK(m.order.initial_count == Quantity::FromContracts(2));
    CHECK(m.order.yes_price == Price::FromMicros(300'000));
  });
  CheckGolden<LegacyCancelOrderResponse>("cancel_order", [](const auto& m) {
    CHECK(m.reduced_by == Quantity::FromContracts(1));
    CHECK(m.order.status == OrderStatus::kCanceled);
  });
  CheckGolden<LegacyBatchCreateOrdersResponse>("batch_create_orders", [](const auto& m) {
    REQUIRE_FALSE(m.orders.empty());
    CHECK(m.orders[0].order->remaining_count == Quantity::FromContracts(1));
  });
  CheckGolden<QueuePositionResponse>("order_queue_position", [](const auto& m) {
    CHECK(m.queue_position == Quantity::FromContracts(103));
  });
}

// Recorded facts in today's members, one item of each kind, for where the recordings are missing.
template <class Message>
void CheckSample(const std::string& name) {
  std::ifstream in(std::filesystem::path(EVX_GOLDEN_DIR) / (name + ".json"), std::ios::binary);
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string body = text.str().substr(0, text.str().find('\n'));
  INFO(name << ": " << body);
  const auto message = DecodeJson<Message>(body);
  REQUIRE(message.ok());
  CHECK(EncodeJson(*message) == body);
}

TEST_CASE("Golden: the samples are written as they are read", "[kalshi]") {
  CheckSample<MarketsResponse>("markets_list");
  CheckSample<EventsResponse>("events_list");
  CheckSample<SeriesResponse>("series_single");
  CheckSample<TradesResponse>("trades_list");
  CheckSample<OrdersResponse>("portfolio_orders");
  CheckSample<FillsResponse>("portfolio_fills");
  CheckSample<PositionsResponse>("portfolio_positions");
  CheckSample<LegacyCancelOrderResponse>("cancel_order");
  CheckSample<LegacyBatchCreateOrdersResponse>("batch_create_orders");
  CheckSample<OrderGroupsResponse>("order_groups_list");
  CheckSample<MilestonesResponse>("milestones_list");
  CheckSample<IncentiveProgramsResponse>("incentive_programs");
}

TEST_CASE("Golden: a present member counts before the older one", "[kalshi]") {
  const auto message =
      DecodeJson<QueuePositionResponse>(R"({"queue_position":7,"queue_position_fp":"1.50"})");
  REQUIRE(message.ok());
  CHECK(message->queue_position == Quantity::FromCentis(150));
  CHECK_FALSE(DecodeJson<QueuePositionResponse>("{}").ok());
  CHECK_FALSE(DecodeJson<QueuePositionResponse>(R"({"queue_position":1.5})").ok());
  CHECK_FALSE(DecodeJson<QueuePositionResponse>(R"({"queue_position":9999999999999999})").ok());
}

}  // namespace
}  // namespace evx::kalshi
