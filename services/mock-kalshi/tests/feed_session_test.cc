#include "websocket/feed_session.h"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "exchange_fixture.h"
#include "websocket/feed_hub.h"

namespace evx::mock_kalshi {
namespace {

using namespace testing;       // NOLINT: the fixture
using namespace evx::testing;  // NOLINT: literals
using nlohmann::json;

// A connection of which only the texts matter.
class FakeSocket final : public net::WebSocket {
 public:
  bool SendText(std::string_view head, std::string_view tail) override {
    if (is_cut || close_code) return false;
    texts.push_back(std::string(head) + std::string(tail));
    return true;
  }
  bool SendBinary(std::string_view head, std::string_view tail) override {
    return SendText(head, tail);
  }
  void Close(net::WebSocketCloseCode code, std::string_view) override { close_code = code; }
  void Cut() override { is_cut = true; }
  std::size_t unsent_bytes() const override { return unsent; }
  bool is_compressed() const override { return false; }

  std::vector<std::string> texts;
  std::optional<net::WebSocketCloseCode> close_code;
  bool is_cut = false;
  std::size_t unsent = 0;  // As the client's slowness has it.
};

// A hub with sessions of one account, on an exchange that stands still unless told otherwise. What
// the release thread would publish is made by hand.
class FeedSessions : public ExchangeFixture {
 public:
  FeedSessions()
      : hub(0, {host().context(), demand,
                [this](std::function<void()> task) { posted.push_back(std::move(task)); },
                [this](const SnapshotTarget& target, std::vector<MarketId> markets) {
                  if (takes_questions) questions.emplace_back(target, std::move(markets));
                  return takes_questions;
                }}) {
    trader = AddTrader("trader", Money::FromDollars(1'000));
    principal = host().context().read_model.Read([this](const ReadModel::State& state) {
      Principal found;
      found.key_id = venue::UuidText(trader.key_id);
      found.account = trader.account;
      found.scopes = state.keys.find(trader.key_id)->second.scopes;
      return found;
    });
    market = AddMarket("M");
    other = AddMarket("N");
    session = std::make_unique<FeedSession>(hub, principal, [] {});
    session->OnOpen(socket);
  }
  ~FeedSessions() {
    session->OnClose();
    session.reset();
    CHECK(demand.sessions == 0);
    CHECK_FALSE(demand.books.Wants(market.value()));
    CHECK_FALSE(demand.tickers.Wants(market.value()));
    CHECK_FALSE(demand.trades.Wants(market.value()));
    CHECK_FALSE(demand.accounts.Wants(trader.account.value()));
    CHECK(hub.counters().subscriptions == 0);
  }

  void Command(const json& command) { session->OnMessage(command.dump(), /*is_text=*/true); }
  void Subscribe(const json& params) {
    Command({{"id", 1}, {"cmd", "subscribe"}, {"params", params}});
  }
  // What was sent since the last call; posted tasks run before.
  std::vector<json> Sent() {
    while (!posted.empty()) std::exchange(posted, {}).front()();
    std::vector<json> messages;
    for (const std::string& text : std::exchange(socket.texts, {})) {
      messages.push_back(json::parse(text));
    }
    return messages;
  }
  std::vector<json> SentOf(std::string_view type) {
    std::vector<json> found;
    for (json& message : Sent()) {
      if (message["type"] == type) found.push_back(std::move(message));
    }
    return found;
  }

  SequenceNumber Present() {
    return host().context().read_model.Read(
        [](const ReadModel::State& state) { return state.sequence_number; });
  }
  // A message about the market in the record `ahead` of the present one.
  void Deliver(FeedKind kind, MarketId about, std::uint64_t ahead = 1, AccountId account = {}) {
    FeedBatch batch;
    batch.text = R"(,"msg":{}})";
    FeedMessage message;
    message.kind = kind;
    message.sequence_number = SequenceNumber(Present().value() + ahead);
    message.market = about;
    message.account = account;
    message.subaccount = account ? 0 : FeedMessage::kNoSubaccount;
    message.tail = message.yes_tail = {0, static_cast<std::uint32_t>(batch.text.size())};
    batch.messages.push_back(message);
    hub.Deliver(batch);
  }

  FeedDemand demand;
  std::vector<std::function<void()>> posted;
  std::vector<std::pair<SnapshotTarget, std::vector<MarketId>>> questions;
  bool takes_questions = true;
  FeedHub hub;
  Trader trader;
  Principal principal;
  MarketId market;
  MarketId other;
  FakeSocket socket;
  std::unique_ptr<FeedSession> session;
};

int CodeOf(const json& message) { return message["msg"]["code"]; }

}  // namespace

TEST_CASE("FeedSession: every message says when it was queued", "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  const std::int64_t now = FeedSessions::kStartSeconds * 1'000;
  sessions.Subscribe({{"channels", {"orderbook_delta", "ticker"}}, {"market_ticker", "M"}});
  sessions.Deliver(FeedKind::kTicker, sessions.market);
  sessions.Command({{"id", 2}, {"cmd", "list_subscriptions"}});
  const auto messages = sessions.Sent();
  REQUIRE(messages.size() == 5);
  for (const json& message : messages) CHECK(message["sending_ts_ms"] == now);
  sessions.AdvanceBy(absl::Milliseconds(1'234));
  sessions.Deliver(FeedKind::kTicker, sessions.market);
  CHECK(sessions.Sent()[0]["sending_ts_ms"] == now + 1'234);
}

TEST_CASE("FeedSession: messages of records before a subscription do not come",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  const json params = GENERATE(json{{"channels", {"trade"}}},
                               json{{"channels", {"trade"}}, {"market_ticker", "M"}});
  sessions.Subscribe(params);
  sessions.Sent();
  sessions.Deliver(FeedKind::kTrade, sessions.market, /*ahead=*/0);
  CHECK(sessions.Sent().empty());
  sessions.Deliver(FeedKind::kTrade, sessions.market, /*ahead=*/1);
  CHECK(sessions.Sent().size() == 1);
}

TEST_CASE("FeedSession: subscribing without markets widens a subscription to named ones",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  const std::string channel = GENERATE("trade", "ticker", "fill", "user_orders");
  const FeedKind kind = channel == "trade"    ? FeedKind::kTrade
                        : channel == "ticker" ? FeedKind::kTicker
                        : channel == "fill"   ? FeedKind::kFill
                                              : FeedKind::kUserOrder;
  const AccountId account =
      channel == "fill" || channel == "user_orders" ? sessions.trader.account : AccountId();
  sessions.Subscribe({{"channels", {channel}}, {"market_ticker", "M"}});
  sessions.Deliver(kind, sessions.other, 1, account);
  CHECK(sessions.Sent().size() == 1);  // The reply.
  const std::uint64_t named_at = sessions.Present().value();
  sessions.AddMarket("O");
  sessions.Subscribe({{"channels", {channel}}});
  const auto replies = sessions.Sent();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0]["msg"]["sid"] == 1);
  // The named market goes on without a gap, the others begin here; nothing comes twice.
  const std::uint64_t widened_at = sessions.Present().value();
  REQUIRE(widened_at > named_at + 1);
  sessions.Deliver(kind, sessions.market, named_at + 1 - widened_at, account);
  CHECK(sessions.Sent().size() == 1);
  sessions.Deliver(kind, sessions.other, named_at + 1 - widened_at, account);
  CHECK(sessions.Sent().empty());
  sessions.Deliver(kind, sessions.market, 1, account);
  CHECK(sessions.Sent().size() == 1);
  sessions.Deliver(kind, sessions.other, 1, account);
  CHECK(sessions.Sent().size() == 1);
  // Single markets cannot be taken from all of them.
  sessions.Command(
      {{"id", 3},
       {"cmd", "update_subscription"},
       {"params", {{"sid", 1}, {"action", "delete_markets"}, {"market_ticker", "M"}}}});
  const auto updated = sessions.Sent();
  REQUIRE(updated.size() == 1);
  CHECK(updated[0]["type"] == "ok");
  CHECK(updated[0]["msg"]["market_tickers"].empty());
  sessions.Deliver(kind, sessions.market, 1, account);
  CHECK(sessions.Sent().size() == 1);
}

TEST_CASE("FeedSession: widening tickers sends first values of the markets that come in",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  sessions.Subscribe({{"channels", {"ticker"}}, {"market_ticker", "M"}});
  sessions.Sent();
  sessions.Subscribe({{"channels", {"ticker"}}, {"send_initial_snapshot", true}});
  const auto tickers = sessions.SentOf("ticker");
  REQUIRE(tickers.size() == 1);
  CHECK(tickers[0]["msg"]["market_ticker"] == "N");
}

TEST_CASE("FeedSession: a subscription whose client takes nothing ends with error 25",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  sessions.Subscribe({{"channels", {"ticker", "trade"}}, {"market_ticker", "M"}});
  sessions.Sent();
  sessions.socket.unsent = FeedSession::kUnsentBytesMax;
  sessions.Deliver(FeedKind::kTrade, sessions.market);
  const auto messages = sessions.Sent();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["type"] == "error");
  CHECK(CodeOf(messages[0]) == 25);
  CHECK(messages[0]["msg"]["msg"] == "Subscription buffer overflow");
  CHECK(messages[0]["sid"] == 2);
  CHECK(messages[0]["seq"] == 1);
  CHECK_FALSE(messages[0].contains("id"));
  CHECK(sessions.hub.counters().overflows == 1);
  // The other subscription stays, and a new one to the channel has a new sid.
  sessions.socket.unsent = 0;
  sessions.Deliver(FeedKind::kTicker, sessions.market);
  CHECK(sessions.SentOf("ticker").size() == 1);
  sessions.Subscribe({{"channels", {"trade"}}, {"market_ticker", "M"}});
  CHECK(sessions.Sent()[0]["msg"]["sid"] == 3);
}

TEST_CASE("FeedSession: when messages are lost every subscription ends with error 10",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  sessions.Subscribe({{"channels", {"ticker", "trade"}}});
  sessions.Sent();
  sessions.hub.EndAll();
  const auto messages = sessions.Sent();
  REQUIRE(messages.size() == 2);
  for (const json& message : messages) {
    CHECK(CodeOf(message) == 10);
    CHECK(message["msg"]["msg"] == "Channel error");
  }
  CHECK(messages[0]["sid"] == 1);
  CHECK(messages[1]["sid"] == 2);
  sessions.Command({{"id", 2}, {"cmd", "list_subscriptions"}});
  CHECK(sessions.Sent()[0]["msg"].empty());
}

TEST_CASE("FeedSession: a snapshot that the exchange cannot take up is error 18",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  sessions.Subscribe({{"channels", {"orderbook_delta"}}, {"market_ticker", "M"}});
  sessions.Sent();
  sessions.takes_questions = false;
  const json params = {{"sid", 1}, {"action", "get_snapshot"}, {"market_ticker", "M"}};
  sessions.Command({{"id", 9}, {"cmd", "update_subscription"}, {"params", params}});
  const auto refused = sessions.Sent();
  REQUIRE(refused.size() == 1);
  CHECK(CodeOf(refused[0]) == 18);
  CHECK(refused[0]["msg"]["msg"] == "Command timeout");
  CHECK(refused[0]["id"] == 9);
  CHECK(refused[0]["sid"] == 1);
  CHECK(refused[0]["seq"] == 2);
  // The subscription goes on.
  sessions.takes_questions = true;
  sessions.Command({{"id", 10}, {"cmd", "update_subscription"}, {"params", params}});
  REQUIRE(sessions.questions.size() == 1);
  CHECK(sessions.questions[0].first.command_id == 10);
}

TEST_CASE("FeedSession: a market too many is error 26, whether or not there is such a market",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  json tickers = json::array();
  for (std::size_t i = 0; i < FeedSession::kSubscriptionMarketsMax; ++i) {
    tickers.push_back("X" + std::to_string(i));
  }
  sessions.Subscribe({{"channels", {"trade"}}, {"market_tickers", tickers}});
  CHECK(sessions.Sent()[0]["type"] == "subscribed");
  tickers.push_back("X0");  // Twice is once.
  sessions.Subscribe({{"channels", {"trade"}}, {"market_tickers", tickers}});
  CHECK(sessions.Sent()[0]["type"] == "subscribed");
  tickers.push_back("M");
  sessions.Subscribe({{"channels", {"trade", "ticker"}}, {"market_tickers", tickers}});
  const auto refused = sessions.Sent();
  REQUIRE(refused.size() == 2);
  CHECK(CodeOf(refused[0]) == 26);
  CHECK(refused[0]["sid"] == 1);
  CHECK(CodeOf(refused[1]) == 26);
  CHECK_FALSE(refused[1].contains("sid"));
}

TEST_CASE("FeedSession: more commands than 10,000 in a second are error 27",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  const std::string list = R"({"id":5,"cmd":"list_subscriptions"})";
  int refused_count = 0;
  for (int round = 0; refused_count == 0 && round < 100; ++round) {
    for (int i = 0; i < 20'000; ++i) sessions.session->OnMessage(list, true);
    for (const json& message : sessions.Sent()) {
      if (message["type"] != "error") continue;
      CHECK(CodeOf(message) == 27);
      CHECK(message["id"] == 5);
      ++refused_count;
    }
  }
  CHECK(refused_count > 0);
}

TEST_CASE("FeedSession: get_snapshot of markets that do not exist is answered",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  sessions.Subscribe({{"channels", {"orderbook_delta"}}, {"market_ticker", "M"}});
  sessions.Sent();
  const json params = {{"sid", 1}, {"action", "get_snapshot"}, {"market_ticker", "NONE"}};
  sessions.Command({{"id", 4}, {"cmd", "update_subscription"}, {"params", params}});
  const auto messages = sessions.Sent();
  REQUIRE(messages.size() == 1);
  CHECK(CodeOf(messages[0]) == 11);
  CHECK(messages[0]["id"] == 4);
}

TEST_CASE("FeedSession: a book deleted before its snapshot left gets none",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  // More books than go out at once: the rest waits for the next turn.
  std::vector<std::string> tickers;
  for (int i = 0; i < 70; ++i) {
    tickers.push_back("T" + std::to_string(i));
    sessions.AddMarket(tickers.back());
  }
  sessions.Subscribe({{"channels", {"orderbook_delta"}}, {"market_tickers", tickers}});
  REQUIRE(sessions.posted.size() == 1);
  sessions.Command(
      {{"id", 2},
       {"cmd", "update_subscription"},
       {"params", {{"sid", 1}, {"action", "delete_markets"}, {"market_ticker", "T69"}}}});
  CHECK(sessions.SentOf("orderbook_snapshot").size() == 69);
}

TEST_CASE("FeedSession: a key of one subaccount sees that one only", "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  Principal restricted = sessions.principal;
  restricted.subaccount = 3;
  FakeSocket socket;
  FeedSession session(sessions.hub, restricted, [] {});
  session.OnOpen(socket);
  session.OnMessage(R"({"id":1,"cmd":"subscribe","params":{"channels":["fill"]}})", true);
  socket.texts.clear();
  sessions.Subscribe({{"channels", {"fill"}}});
  sessions.Sent();
  sessions.Deliver(FeedKind::kFill, sessions.market, 1, sessions.trader.account);
  CHECK(sessions.Sent().size() == 1);
  CHECK(socket.texts.empty());
  session.OnClose();
}

TEST_CASE("FeedSession: access ends with close code 1008, for the key or the whole account",
          "[mock_kalshi][websocket]") {
  FeedSessions sessions;
  const bool is_key = GENERATE(true, false);
  FeedBatch batch;
  batch.text = GENERATE(true, false) ? sessions.trader.key_id : "another key";
  FeedMessage message;
  message.kind = is_key ? FeedKind::kKeyRevoked : FeedKind::kAccountDisabled;
  message.account = sessions.trader.account;
  message.tail = {0, static_cast<std::uint32_t>(batch.text.size())};
  batch.messages.push_back(message);
  sessions.hub.Deliver(batch);
  const bool is_hit = !is_key || batch.text == sessions.trader.key_id;
  CHECK(sessions.socket.close_code.has_value() == is_hit);
  if (is_hit) CHECK(sessions.socket.close_code == net::WebSocketCloseCode::kPolicyViolation);
}

}  // namespace evx::mock_kalshi
