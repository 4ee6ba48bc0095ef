#include "evx/venue/codec.h"

#include <catch2/catch.hpp>
#include <random>

#include "evx/core/testing/literals.h"

namespace evx::venue {
namespace {

using namespace evx::testing;

OrderAccepted AnOrderAccepted() {
  OrderAccepted event;
  event.order_id = OrderId(7);
  event.account = AccountId(3);
  event.subaccount = 2;
  event.market = MarketId(9);
  event.side = BookSide::kAsk;
  event.price = 56_c;
  event.quantity = 10_x;
  event.expiration = Timestamp::FromSeconds(1'700'000'000);
  event.client_order_id = ClientOrderId("abc-1");
  return event;
}

template <class T>
std::string BytesOf(const T& event) {
  EventBuffer buffer;
  buffer.Add(event);
  return std::string(buffer.bytes());
}

// Every alternative with default fields, as one run of records.
template <class... Ts>
void AddAll(std::variant<Ts...>*, EventBuffer& buffer) {
  (buffer.Add(Ts{}), ...);
}
template <class... Ts>
std::vector<Command> AllCommands(std::variant<Ts...>*) {
  return {Command(Ts{})...};
}

TEST_CASE("EventBuffer: an event has type, length and fields in order", "[venue][codec]") {
  OrderGroupReset event{OrderGroupId(0x0102), AccountId(5)};
  const std::string bytes = BytesOf(event);
  CHECK(bytes == std::string("\x1a\x0c\0\0\0"
                             "\x02\x01\0\0\0\0\0\0"
                             "\x05\0\0\0",
                             17));
}

TEST_CASE("EventBuffer: keeps its memory over clear and counts events", "[venue][codec]") {
  EventBuffer buffer;
  for (int i = 0; i < 1000; ++i) buffer.Add(AnOrderAccepted());
  CHECK(buffer.event_count() == 1000);
  const char* const memory = buffer.data();
  buffer.clear();
  CHECK(buffer.empty());
  for (int i = 0; i < 1000; ++i) buffer.Add(AnOrderAccepted());
  CHECK(buffer.data() == memory);
}

TEST_CASE("Codec: every event survives a round trip", "[venue][codec]") {
  EventBuffer buffer;
  AddAll(static_cast<Event*>(nullptr), buffer);
  buffer.Add(AnOrderAccepted());
  const auto events = DecodeEvents(buffer.bytes());
  REQUIRE(events.ok());
  REQUIRE(events->size() == std::variant_size_v<Event> + 1);
  EventBuffer again;
  for (const Event& event : *events) again.AddEvent(event);
  CHECK(again.bytes() == buffer.bytes());
  for (std::size_t i = 0; i + 1 < events->size(); ++i) CHECK((*events)[i].index() == i);
  const auto& order = std::get<OrderAccepted>(events->back());
  CHECK(order.price == 56_c);
  CHECK(order.client_order_id.view() == "abc-1");
}

TEST_CASE("Codec: every command survives a round trip", "[venue][codec]") {
  for (const Command& command : AllCommands(static_cast<Command*>(nullptr))) {
    std::string bytes;
    EncodeCommand(command, bytes);
    const auto decoded = DecodeCommand(bytes);
    REQUIRE(decoded.ok());
    CHECK(decoded->index() == command.index());
    std::string again;
    EncodeCommand(*decoded, again);
    CHECK(again == bytes);
  }
  PutMarket market;
  market.ticker = Ticker("GOLD-1");
  market.facts_json = std::string(70'000, 'x');
  std::string bytes = "before";
  EncodeCommand(market, bytes);
  const auto decoded = DecodeCommand(std::string_view(bytes).substr(6));
  REQUIRE(decoded.ok());
  CHECK(std::get<PutMarket>(*decoded).facts_json.size() == 70'000);
}

TEST_CASE("Codec: fields missing at the end keep their defaults", "[venue][codec]") {
  std::string bytes = BytesOf(MarketStatusChanged{MarketId(4), MarketStatus::kClosed});
  bytes.pop_back();
  bytes[1] = static_cast<char>(bytes[1] - 1);
  const auto events = DecodeEvents(bytes);
  REQUIRE(events.ok());
  const auto& event = std::get<MarketStatusChanged>(events->front());
  CHECK(event.market == MarketId(4));
  CHECK(event.status == MarketStatus::kInitialized);
}

TEST_CASE("Codec: unknown fields at the end are skipped", "[venue][codec]") {
  std::string bytes = BytesOf(MarketStatusChanged{MarketId(4), MarketStatus::kClosed});
  bytes += "more";
  bytes[1] = static_cast<char>(bytes[1] + 4);
  bytes += BytesOf(BookCleared{MarketId(4)});
  const auto events = DecodeEvents(bytes);
  REQUIRE(events.ok());
  REQUIRE(events->size() == 2);
  CHECK(std::get<MarketStatusChanged>((*events)[0]).status == MarketStatus::kClosed);
  CHECK(std::get<BookCleared>((*events)[1]).market == MarketId(4));
}

TEST_CASE("Codec: damage is an error that names the field", "[venue][codec]") {
  const std::string good = BytesOf(MarketStatusChanged{MarketId(4), MarketStatus::kClosed});
  SECTION("an enumerator that does not exist") {
    std::string bytes = good;
    bytes.back() = 99;
    const auto events = DecodeEvents(bytes);
    CHECK(events.status().code() == absl::StatusCode::kDataLoss);
    CHECK(MessageOf(events.status()).find("status") != std::string::npos);
  }
  SECTION("a type that does not exist") {
    std::string bytes = good;
    bytes[0] = static_cast<char>(250);
    CHECK_FALSE(DecodeEvents(bytes).ok());
  }
  SECTION("cut anywhere") {
    for (std::size_t size = 1; size < good.size(); ++size) {
      CHECK_FALSE(DecodeEvents(std::string_view(good).substr(0, size)).ok());
    }
  }
  SECTION("a price that is none") {
    std::string bytes = BytesOf(BookChanged{});
    bytes[10] = 1;  // One micro-dollar.
    CHECK_FALSE(DecodeEvents(bytes).ok());
  }
  SECTION("bytes after the command") {
    std::string bytes;
    EncodeCommand(AdvanceTime{}, bytes);
    bytes += 'x';
    CHECK_FALSE(DecodeCommand(bytes).ok());
  }
}

TEST_CASE("Codec: random damage never crashes", "[venue][codec]") {
  const unsigned seed = 20'261'121;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  EventBuffer buffer;
  AddAll(static_cast<Event*>(nullptr), buffer);
  buffer.Add(AnOrderAccepted());
  const std::string good(buffer.bytes());
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    const int changes = static_cast<int>(random() % 4) + 1;
    for (int i = 0; i < changes; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 2 == 0) bytes.resize(random() % bytes.size());
    if (DecodeEvents(bytes).ok()) ++accepted;
    static_cast<void>(DecodeCommand(bytes));
  }
  CHECK(accepted < 20'000);
}

// Cancels of a mass cancel, each with its change of the book, and balances at the end.
void AddCancels(int count, EventBuffer& buffer) {
  for (int i = 1; i <= count; ++i) {
    const OrderId order_id(static_cast<std::uint64_t>(i));
    buffer.Add(OrderCanceled{.order_id = order_id, .market = MarketId(1)});
    buffer.Add(BookChanged{.market = MarketId(1), .order_id = order_id});
  }
  buffer.Add(BalanceChanged{.account = AccountId(1)});
}

TEST_CASE("IsContinueEvents: tells that command from all others", "[venue][codec]") {
  for (const Command& command : AllCommands(static_cast<Command*>(nullptr))) {
    std::string bytes;
    EncodeCommand(command, bytes);
    CHECK(IsContinueEvents(bytes) == std::holds_alternative<ContinueEvents>(command));
  }
  CHECK_FALSE(IsContinueEvents(""));
}

TEST_CASE("TakeRecordEvents: what fits into a record is taken whole", "[venue][codec]") {
  EventBuffer buffer;
  AddCancels(100, buffer);
  std::string_view rest = buffer.bytes();
  CHECK(TakeRecordEvents(rest) == buffer.bytes());
  CHECK(rest.empty());
  CHECK(TakeRecordEvents(rest).empty());
}

TEST_CASE("TakeRecordEvents: records are bounded and keep together what belongs together",
          "[venue][codec]") {
  EventBuffer buffer;
  AddCancels(20'000, buffer);
  REQUIRE(buffer.size() > 5 * kRecordEventBytesMax);
  std::string_view rest = buffer.bytes();
  std::string joined;
  while (!rest.empty()) {
    const std::string_view record = TakeRecordEvents(rest);
    REQUIRE(record.size() <= kRecordEventBytesMax);
    if (!rest.empty()) CHECK(record.size() > kRecordEventBytesMax - 1'024);
    const auto events = DecodeEvents(record);
    REQUIRE(events.ok());
    CHECK_FALSE(std::holds_alternative<BookChanged>(events->front()));
    joined += record;
  }
  CHECK(joined == buffer.bytes());
}

TEST_CASE("TakeRecordEvents: events that cannot be parted make a longer record", "[venue][codec]") {
  EventBuffer buffer;
  for (int i = 0; i < 10; ++i) buffer.Add(MarketPut{.facts_json = std::string(64 * 1024, 'x')});
  const std::size_t parted = buffer.size();
  buffer.Add(BalanceChanged{.account = AccountId(1)});
  std::string_view rest = buffer.bytes();
  CHECK(TakeRecordEvents(rest).size() == parted);
  CHECK(TakeRecordEvents(rest) == buffer.bytes().substr(parted));
  CHECK(rest.empty());
}

TEST_CASE("VisitEvents: passes each event as its own struct", "[venue][codec]") {
  EventBuffer buffer;
  buffer.Add(AnOrderAccepted());
  buffer.Add(BookCleared{MarketId(2)});
  int orders = 0;
  int others = 0;
  const absl::Status status = VisitEvents(buffer.bytes(), [&](const auto& event) {
    if constexpr (std::is_same_v<std::decay_t<decltype(event)>, OrderAccepted>) {
      CHECK(event.order_id == OrderId(7));
      ++orders;
    } else {
      ++others;
    }
  });
  CHECK(status.ok());
  CHECK(orders == 1);
  CHECK(others == 1);
}

TEST_CASE("ToText: prints the name and every field", "[venue][codec]") {
  CHECK(ToText(Event(MarketStatusChanged{MarketId(4), MarketStatus::kClosed})) ==
        "MarketStatusChanged{market=4 status=Closed}");
  CHECK(ToText(Command(AdvanceTime{})) == "AdvanceTime{}");
  CHECK(ToText(Event(AnOrderAccepted())) ==
        "OrderAccepted{order_id=7 account=3 subaccount=2 market=9 side=Ask "
        "time_in_force=GoodTillCanceled self_trade_prevention=TakerAtCross post_only=false "
        "reduce_only=false cancel_on_pause=false price=0.5600 quantity=10.00 "
        "expiration=2023-11-14T22:13:20.000000Z order_group=0 client_order_id=\"abc-1\"}");
  CHECK(ToText(Command(PutSeries{Ticker("A"), {}, "{\"a\n\":1}"})) ==
        "PutSeries{ticker=\"A\" fee_terms={fee_type=Quadratic multiplier_millionths=1000000} "
        "facts_json=\"{\\\"a\\x0a\\\":1}\"}");
  CHECK(CommandName(12) == "CreateOrder");
  CHECK(EventName(200).empty());
}

TEST_CASE("RejectReason: every reason has a name", "[venue]") {
  for (int i = 0; i <= static_cast<int>(RejectReason::kAlreadyBusted); ++i) {
    CHECK_FALSE(Name(static_cast<RejectReason>(i)).empty());
  }
  CHECK(IsRetryable(RejectReason::kExchangePaused));
  CHECK_FALSE(IsRetryable(RejectReason::kDuplicateClientOrderId));
}

}  // namespace
}  // namespace evx::venue
