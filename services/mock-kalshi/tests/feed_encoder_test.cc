#include "websocket/feed_encoder.h"

#include <catch2/catch.hpp>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "evx/venue/codec.h"
#include "evx/venue/testing/exchange_fixture.h"
#include "websocket/feed_conversions.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using nlohmann::json;
using venue::testing::AnOrder;

// How the events of a command are cut into records.
enum class Cut {
  kAsTheExchangeDoes,
  kBehindBookCleared,
};

// A state machine whose records go through read model and encoder, as on the release thread.
class EncodedExchange : public venue::testing::ExchangeFixture {
 public:
  struct Message {
    FeedKind kind{};
    AccountId account;
    json msg;
    json yes_msg;
    std::string own_members;
  };

  EncodedExchange() : encoder_(demand), wire_ids_({}) {
    read_model_.set_row_observer(&encoder_);
    encoder_.Connect({read_model_, wire_ids_, facts_}, [this](const auto& batch) { Take(*batch); });
    Observe([this](const venue::Command& command, const venue::CommandResult&,
                   std::string_view events) { Release(command, events); });
    event = AddEvent(AddSeries());
    market = AddMarket(event);
    alice = OpenAccount(Money::FromDollars(100'000));
    bob = OpenAccount();
    demand.sessions = 1;
  }

  // The messages since the last call.
  std::vector<Message> Messages() {
    encoder_.Flush();
    return std::exchange(messages_, {});
  }
  std::vector<Message> MessagesOf(FeedKind kind) {
    std::vector<Message> found;
    for (Message& message : Messages()) {
      if (message.kind == kind) found.push_back(std::move(message));
    }
    return found;
  }
  void WantEverything() {
    demand.books.AddEvery(1);
    demand.tickers.AddEvery(1);
    demand.trades.AddEvery(1);
    demand.accounts.AddEvery(1);
    demand.owners.AddEvery(1);
    demand.lifecycles = 1;
  }

  FeedDemand demand;
  EventId event;
  MarketId market;
  AccountId alice;
  AccountId bob;
  Cut cut = Cut::kAsTheExchangeDoes;
  int record_count = 0;

 private:
  void Release(const venue::Command& command, std::string_view events) {
    if (cut == Cut::kBehindBookCleared) {
      const auto decoded = venue::DecodeEvents(events);
      REQUIRE(decoded.ok());
      venue::EventBuffer first;
      venue::EventBuffer rest;
      venue::EventBuffer* buffer = &first;
      for (const venue::Event& each : *decoded) {
        std::visit([&buffer](const auto& e) { buffer->Add(e); }, each);
        if (std::holds_alternative<venue::BookCleared>(each)) buffer = &rest;
      }
      ReleaseRecord(command, first.bytes());
      if (!rest.bytes().empty()) ReleaseRecord(venue::ContinueEvents{}, rest.bytes());
      return;
    }
    ReleaseRecord(command, venue::TakeRecordEvents(events));
    while (!events.empty()) {
      ReleaseRecord(venue::ContinueEvents{}, venue::TakeRecordEvents(events));
    }
  }

  void ReleaseRecord(const venue::Command& command, std::string_view events) {
    std::string bytes;
    venue::EncodeCommand(command, bytes);
    ++record_count;
    const ReleasedRecord record{SequenceNumber(++sequence_), now(), {}, bytes, events};
    read_model_.OnRecord(record);
    encoder_.OnRecord(record);
  }

  static json MessageIn(std::string_view tail) {
    return tail.empty() ? json() : json::parse("{" + std::string(tail.substr(1)))["msg"];
  }

  void Take(const FeedBatch& batch) {
    for (const FeedMessage& message : batch.messages) {
      messages_.push_back({message.kind, message.account, MessageIn(batch.At(message.tail)),
                           MessageIn(batch.At(message.yes_tail)),
                           std::string(batch.At(message.own_members))});
    }
  }

  ReadModel read_model_;
  FeedEncoder encoder_;
  WireIdCodec wire_ids_;
  CatalogueFacts facts_;
  std::vector<Message> messages_;
  std::uint64_t sequence_ = 0;
};

std::vector<FeedKind> KindsOf(const std::vector<EncodedExchange::Message>& messages) {
  std::vector<FeedKind> kinds;
  for (const auto& message : messages) kinds.push_back(message.kind);
  return kinds;
}

}  // namespace

TEST_CASE("FeedEncoder: what nobody wants is not written", "[mock_kalshi][websocket]") {
  EncodedExchange exchange;
  exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(40_c));
  CHECK(exchange.Messages().empty());
  exchange.demand.books.Add(exchange.market.value(), 1);
  exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(41_c));
  CHECK(KindsOf(exchange.Messages()) == std::vector{FeedKind::kOrderbookDelta});
}

TEST_CASE("FeedEncoder: a close sends one empty book wherever its records are cut",
          "[mock_kalshi][websocket]") {
  EncodedExchange exchange;
  exchange.WantEverything();
  exchange.cut = GENERATE(Cut::kAsTheExchangeDoes, Cut::kBehindBookCleared);
  const bool has_orders = GENERATE(true, false);
  if (has_orders) exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(40_c));
  exchange.Messages();
  exchange.AdvanceBy(absl::Hours(24));
  std::vector<json> books;
  for (const auto& message : exchange.Messages()) {
    CHECK(message.kind != FeedKind::kOrderbookDelta);
    if (message.kind == FeedKind::kOrderbookSnapshot) books.push_back(message.msg);
  }
  REQUIRE(books.size() == 1);
  CHECK(books[0]["market_ticker"] == "MARKET");
  CHECK(books[0].size() == 2);  // No side: ticker and id only.
}

TEST_CASE("FeedEncoder: a close of thousands of orders sends one empty book and every cancel",
          "[mock_kalshi][websocket]") {
  constexpr int kOrderCount = 12'000;
  EncodedExchange exchange;
  for (int i = 0; i < kOrderCount; ++i) {
    exchange.Place(
        AnOrder(exchange.alice, exchange.market).Bid(Price::FromMicros(10'000 * (1 + i % 50))));
  }
  exchange.WantEverything();
  const int before = exchange.record_count;
  exchange.AdvanceBy(absl::Hours(24));
  REQUIRE(exchange.record_count - before > 1);
  int book_count = 0;
  int cancel_count = 0;
  for (const auto& message : exchange.Messages()) {
    CHECK(message.kind != FeedKind::kOrderbookDelta);
    book_count += message.kind == FeedKind::kOrderbookSnapshot;
    if (message.kind != FeedKind::kUserOrder) continue;
    ++cancel_count;
    CHECK(message.msg["last_update_reason"] == "CloseCancel");
    CHECK(message.msg["status"] == "canceled");
  }
  CHECK(book_count == 1);
  CHECK(cancel_count == kOrderCount);
}

TEST_CASE("FeedEncoder: two markets that close at one time have an empty book each",
          "[mock_kalshi][websocket]") {
  EncodedExchange exchange;
  exchange.WantEverything();
  exchange.AddMarket(exchange.event, "OTHER");
  exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(40_c));
  exchange.AdvanceBy(absl::Hours(24));
  CHECK(exchange.MessagesOf(FeedKind::kOrderbookSnapshot).size() == 2);
}

TEST_CASE("FeedEncoder: a ticker is sent when a value changes, and only then",
          "[mock_kalshi][websocket]") {
  EncodedExchange exchange;
  exchange.demand.tickers.AddEvery(1);
  exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(40_c));
  const auto first = exchange.Messages();
  REQUIRE(KindsOf(first) == std::vector{FeedKind::kTicker});
  CHECK(first[0].msg["yes_bid_dollars"] == "0.4000");
  CHECK(first[0].msg["yes_ask_dollars"] == "1.0000");
  CHECK(first[0].msg["yes_bid_size_fp"] == "1.00");
  // Behind the best price nothing shows.
  exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(39_c));
  CHECK(exchange.Messages().empty());
}

TEST_CASE("FeedEncoder: a ticker that changed back while nobody looked is sent again",
          "[mock_kalshi][websocket]") {
  EncodedExchange exchange;
  const bool other_session_stays = GENERATE(true, false);
  exchange.demand.tickers.AddEvery(1);
  exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(40_c));
  exchange.demand.tickers.AddEvery(-1);
  exchange.demand.sessions = other_session_stays ? 1 : 0;
  const OrderId better = exchange.Place(AnOrder(exchange.alice, exchange.market).Bid(41_c));
  exchange.Messages();
  // Whoever comes now sees 0.41 as the first value.
  exchange.demand.sessions = 1;
  exchange.demand.tickers.AddEvery(1);
  exchange.Do(venue::CancelOrder{.account = exchange.alice, .order_id = better});
  const auto messages = exchange.Messages();
  REQUIRE(KindsOf(messages) == std::vector{FeedKind::kTicker});
  CHECK(messages[0].msg["yes_bid_dollars"] == "0.4000");
}

TEST_CASE("FeedEncoder: a delta has its own side's price, the YES price beside it, and its owner",
          "[mock_kalshi][websocket]") {
  EncodedExchange exchange;
  exchange.demand.books.AddEvery(1);
  exchange.demand.owners.Add(exchange.alice.value(), 1);
  exchange.demand.yes_prices = 1;
  exchange.Place(AnOrder(exchange.alice, exchange.market).Ask(52_c).Named("mine"));
  exchange.Place(AnOrder(exchange.bob, exchange.market).Bid(30_c).Named("others"));
  const auto deltas = exchange.Messages();
  REQUIRE(deltas.size() == 2);
  CHECK(deltas[0].msg["side"] == "no");
  CHECK(deltas[0].msg["price_dollars"] == "0.4800");
  CHECK(deltas[0].msg["delta_fp"] == "1.00");
  CHECK(deltas[0].yes_msg["side"] == "no");
  CHECK(deltas[0].yes_msg["price_dollars"] == "0.5200");
  CHECK(deltas[0].account == exchange.alice);
  CHECK(deltas[0].own_members == R"(,"client_order_id":"mine","subaccount":0)");
  CHECK(deltas[1].msg["side"] == "yes");
  CHECK(deltas[1].yes_msg == deltas[1].msg);
  CHECK(deltas[1].own_members.empty());  // Bob does not watch books.
}

TEST_CASE("FeedEncoder: a trade shows as order, fill and position of both, delta and trade",
          "[mock_kalshi][websocket]") {
  EncodedExchange exchange;
  exchange.Place(AnOrder(exchange.alice, exchange.market).Ask(60_c).Of(10_x));
  exchange.WantEverything();
  exchange.Place(AnOrder(exchange.bob, exchange.market).Bid(60_c).Of(4_x));
  std::vector<json> fills;
  std::vector<json> positions;
  std::string trade_id;
  for (const auto& message : exchange.Messages()) {
    if (message.kind == FeedKind::kFill) fills.push_back(message.msg);
    if (message.kind == FeedKind::kMarketPosition) positions.push_back(message.msg);
    if (message.kind == FeedKind::kTrade) trade_id = message.msg["trade_id"];
    if (message.kind == FeedKind::kOrderbookDelta) {
      CHECK(message.msg["delta_fp"] == "-4.00");
      CHECK(message.msg["price_dollars"] == "0.4000");
    }
  }
  REQUIRE(fills.size() == 2);
  REQUIRE(positions.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(fills[i]["trade_id"] == trade_id);
    CHECK(fills[i]["post_position_fp"] == positions[i]["position_fp"]);
  }
}

TEST_CASE("ReasonOf: every cancel has the venue's word", "[mock_kalshi][websocket]") {
  using enum kalshi::LastUpdateReason;
  using venue::CancelReason;
  const auto [reason, word] = GENERATE(table<CancelReason, kalshi::LastUpdateReason>({
      {CancelReason::kUser, kDecrease},
      {CancelReason::kDecreasedToZero, kDecrease},
      {CancelReason::kImmediateOrCancel, kDecrease},
      {CancelReason::kOrderGroup, kDecrease},
      {CancelReason::kSelfTradePrevention, kSelfTradeCancel},
      {CancelReason::kPostOnlyCross, kPostOnlyCrossCancel},
      {CancelReason::kReduceOnly, kReduceOnlyCancel},
      {CancelReason::kExpired, kExpiryCancel},
      {CancelReason::kMarketClosed, kCloseCancel},
      {CancelReason::kInsufficientFunds, kMarginCancel},
      {CancelReason::kMarketReactivated, kHaltCancel},
      {CancelReason::kPause, kHaltCancel},
      {CancelReason::kOperator, kHaltCancel},
      {CancelReason::kPriceGridChanged, kHaltCancel},
  }));
  CHECK(ReasonOf(reason) == word);
}

}  // namespace evx::mock_kalshi
