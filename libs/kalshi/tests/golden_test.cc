#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include "evx/kalshi/cursor.h"
#include "evx/kalshi/exchange_messages.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/portfolio_messages.h"
#include "json_reader.h"

// Bodies that the real venue sent in January 2026, each {"_metadata":..., "response":...}. Those
// whose shape is still in use must be readable; integers of cents and counts went in the meantime.

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

template <class Message, class Check>
void CheckGolden(const std::string& name, Check check) {
  const auto body = Golden(name);
  if (!body) return;
  INFO(name);
  const auto message = DecodeJson<Message>(*body);
  INFO(message.status().ToString());
  REQUIRE(message.ok());
  check(*message);
  CHECK(*DecodeJson<Message>(EncodeJson(*message)) == *message);
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

TEST_CASE("Golden: bodies of a shape that is gone are refused, not misread", "[kalshi]") {
  const auto refused = [](const auto& name, const auto& decode) {
    if (const auto body = Golden(name)) CHECK_FALSE(decode(*body).ok());
  };
  refused("markets_list", DecodeJson<MarketsResponse>);
  refused("trades_list", DecodeJson<TradesResponse>);
  refused("portfolio_orders", DecodeJson<OrdersResponse>);
  refused("portfolio_fills", DecodeJson<FillsResponse>);
  refused("portfolio_positions", DecodeJson<PositionsResponse>);
  refused("create_order", DecodeJson<OrderResponse>);
}

}  // namespace
}  // namespace evx::kalshi
