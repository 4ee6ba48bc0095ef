#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include "stream/stream_client.h"

namespace evx::gateway {

// A client as a page is one: it keeps the state of its streams, resumes behind the last message it
// has, and fails the test when a number is left out. Its folds are written without those of the
// gateway.
class StreamReader final : public StreamSink {
 public:
  // Of one stream.
  struct State {
    std::int64_t epoch = 0;
    std::int64_t sequence = 0;
    int state_count = 0;
    std::map<std::string, std::string> values;  // Whatever the state is made of, as text.
    std::vector<std::string> trade_ids;
    friend bool operator==(const State& a, const State& b) {
      return a.values == b.values && a.trade_ids == b.trade_ids;
    }
  };

  bool Send(const Frame& frame) override {
    if (room < frame.binary().size()) return false;
    v1::ServerMessage message;
    REQUIRE(message.ParseFromString(frame.binary()));
    if (is_stuck) unsent += frame.binary().size();
    ++frame_count;
    Take(message);
    return true;
  }
  std::size_t unsent_bytes() const override { return unsent; }
  void Cut(std::string_view reason) override { cut_reason = reason; }

  void Take(const v1::ServerMessage& message) {
    State& state = states[message.stream()];
    last[message.stream()] = message;
    if (message.has_initial_state()) {
      ++state.state_count;
      state.values.clear();
      state.trade_ids.clear();
      TakeState(message.initial_state(), state);
    } else {
      const bool is_next =
          message.epoch() == state.epoch && message.sequence() == state.sequence + 1;
      if (!is_next) FAIL("not behind " << state.sequence << ": " << message.ShortDebugString());
      TakeChange(message, state);
    }
    state.epoch = message.epoch();
    state.sequence = message.sequence();
  }

  bool is_stuck = false;
  std::size_t unsent = 0;
  std::size_t room = 1 << 30;
  int frame_count = 0;
  std::string cut_reason;
  std::map<std::string, State> states;
  std::map<std::string, v1::ServerMessage> last;

 private:
  static void SetLevel(State& state, int side, std::int64_t price, std::int64_t quantity) {
    const std::string key = "level " + std::to_string(side) + " " + std::to_string(price);
    if (quantity == 0) {
      state.values.erase(key);
    } else {
      state.values[key] = std::to_string(quantity);
    }
  }
  static void AddTrades(State& state, const v1::Trades& trades) {
    for (const auto& trade : trades.trades()) state.trade_ids.push_back(trade.trade_id());
  }
  static void SetOrder(State& state, const exchange::v1::Order& order) {
    if (order.remaining_quantity_centis() == 0) {
      state.values.erase("order " + order.order_id());
    } else {
      state.values["order " + order.order_id()] = order.SerializeAsString();
    }
  }
  static void TakeState(const v1::InitialState& given, State& state) {
    for (const auto& row : given.markets().rows()) {
      state.values["market " + row.market().market_ticker()] = row.market().SerializeAsString();
      if (row.has_ticker()) {
        state.values["ticker " + row.market().market_ticker()] = row.ticker().SerializeAsString();
      }
    }
    for (const auto& level : given.book().bids()) {
      SetLevel(state, 1, level.price_micros(), level.quantity_centis());
    }
    for (const auto& level : given.book().asks()) {
      SetLevel(state, 2, level.price_micros(), level.quantity_centis());
    }
    if (given.has_book()) state.values["health"] = given.book().health().SerializeAsString();
    AddTrades(state, given.trades());
    for (const auto& order : given.portfolio().orders()) SetOrder(state, order);
    if (given.has_portfolio()) {
      state.values["balance"] = given.portfolio().balance().SerializeAsString();
    }
    for (const auto& line : given.log().lines()) state.trade_ids.push_back(line.detail());
  }
  static void TakeChange(const v1::ServerMessage& message, State& state) {
    for (const auto& market : message.market_ticker().markets()) {
      state.values["market " + market.market_ticker()] = market.SerializeAsString();
    }
    for (const auto& ticker : message.market_ticker().tickers()) {
      state.values["ticker " + ticker.market_ticker()] = ticker.SerializeAsString();
    }
    if (message.book_update().is_whole()) state.values.clear();
    for (const auto& level : message.book_update().levels()) {
      SetLevel(state, level.side(), level.price_micros(), level.quantity_centis());
    }
    if (message.has_book_update()) {
      state.values["health"] = message.book_update().health().SerializeAsString();
    }
    AddTrades(state, message.trades());
    for (const auto& order : message.update_portfolio().orders()) SetOrder(state, order);
    if (message.update_portfolio().has_balance()) {
      state.values["balance"] = message.update_portfolio().balance().SerializeAsString();
    }
    for (const auto& line : message.log().lines()) state.trade_ids.push_back(line.detail());
  }
};

}  // namespace evx::gateway
