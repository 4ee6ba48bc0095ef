#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "evx/core/testing/seed.h"
#include "frame_reader.h"

namespace evx::kalshi {
namespace {

constexpr const char* kRecorded =
    R"({"type":"orderbook_delta","sid":1,"seq":539252,"sending_ts_ms":1786408242448,"msg":{)"
    R"("market_ticker":"KXGOLD15M-26AUG102045-45","market_id":"1dee1a13-e9cd-4995-9567-3950dbc5d446",)"
    R"("price_dollars":"0.3500","delta_fp":"-50.10","side":"yes","ts":"2026-08-11T00:30:42.448713Z",)"
    R"("ts_ms":1786408242448}})";

// What ReadPlainDelta takes, ReadJsonFrame reads as the same. Returns whether it takes it.
bool TakesTheSame(const std::string& text) {
  WebSocketFrame plain;
  if (!ReadPlainDelta(text, plain)) return false;
  CAPTURE(text);
  const auto frame = ReadJsonFrame(text);
  REQUIRE(frame.ok());
  CHECK(plain.id == frame->id);
  CHECK(plain.sid == frame->sid);
  CHECK(plain.seq == frame->seq);
  CHECK(plain.sending_time == frame->sending_time);
  REQUIRE(std::holds_alternative<OrderbookDelta>(frame->body));
  CHECK(std::get<OrderbookDelta>(plain.body) == std::get<OrderbookDelta>(frame->body));
  return true;
}

// An object of these members in a random order; one may be left out.
std::string Shuffled(std::vector<std::string> members, std::mt19937_64& random) {
  std::shuffle(members.begin(), members.end(), random);
  if (random() % 4 == 0) members.pop_back();
  std::string text = "{";
  for (const std::string& member : members) text += (text.size() > 1 ? "," : "") + member;
  return text + "}";
}

TEST_CASE("ReadPlainDelta: what the venue writes is taken and read as by the other way",
          "[kalshi]") {
  CHECK(TakesTheSame(kRecorded));
  CHECK(TakesTheSame(std::string(kRecorded) + "\n"));
}

TEST_CASE(
    "ReadPlainDelta: members in any order, and any bytes changed, are read as by the other way",
    "[kalshi]") {
  std::mt19937_64 random(evx::testing::TestSeed("ReadPlainDelta"));
  constexpr std::string_view kBytes =
      "0123456789.-+eE\"\\{}[]:, \n\tnullyesotruefalsx_\x7f\x80\xff";
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string price = std::to_string(random() % 10'000);
    const std::string msg =
        Shuffled({R"("market_ticker":"KX-)" + std::to_string(random() % 100) + '"',
                  R"("market_id":"7a1b")", R"("price_dollars":"0.)" + price + '"',
                  R"("delta_fp":")" + std::string(random() % 2 == 0 ? "-" : "") +
                      std::to_string(random() % 1'200'000'000) + R"(.50")",
                  random() % 2 == 0 ? R"("side":"yes")" : R"("side":"no")",
                  R"("ts":"2026-06-11T06:31:29.957Z")",
                  R"("ts_ms":)" + std::to_string(random() % 10'000'000'000'000)},
                 random);
    std::string text =
        Shuffled({R"("type":"orderbook_delta")", R"("sid":)" + std::to_string(random() % 10),
                  R"("seq":)" + std::to_string(random() >> random() % 64), R"("msg":)" + msg,
                  R"("sending_ts_ms":)" + std::to_string(random() % 10'000'000'000'000)},
                 random);
    taken += TakesTheSame(text) ? 1 : 0;
    for (int change = 0; change < 3; ++change) {
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
      TakesTheSame(text);
    }
  }
  CHECK(taken > 1'000);
}

TEST_CASE("ReadPlainDelta: what has another meaning, or may have, is left to the other way",
          "[kalshi]") {
  const auto [from, to] = GENERATE(table<std::string, std::string>({
      {"orderbook_delta", "orderbook_snapshot"},
      {R"("sid":1)", R"("id":1)"},
      {R"("sid":1)", R"("sid":1,"sid":2)"},
      {R"("sid":1)", R"("sid": 1)"},
      {R"("sid":1)", R"("sid":01)"},
      {R"("sid":1)", R"("sid":-1)"},
      {R"("seq":539252)", R"("seq":1234567890123456789)"},
      {R"("sending_ts_ms":1786408242448)", R"("sending_ts_ms":9300000000000)"},
      {R"("market_ticker":"KXGOLD15M-26AUG102045-45")", R"("market_ticker":"")"},
      {R"("market_ticker":"KX)", R"("market_ticker":"\u004bX)"},
      {R"("side":"yes")", R"("side":"up")"},
      {R"("side":"yes")", R"("side":"yes","client_order_id":"c-1")"},
      {R"("side":"yes")", R"("side":"yes","side":"no")"},
      {R"("side":"yes",)", ""},
      {R"("price_dollars":"0.3500",)", ""},
      {R"("price_dollars":"0.3500")", R"("price_dollars":"1.3500")"},
      {R"("price_dollars":"0.3500")", R"("price_dollars":0.35)"},
      {R"("delta_fp":"-50.10")", R"("delta_fp":null)"},
      {"}}", "}}}"},
      {"}}", "}"},
  }));
  std::string text = kRecorded;
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  text.replace(place, from.size(), to);
  WebSocketFrame frame;
  CAPTURE(text);
  CHECK(!ReadPlainDelta(text, frame));
}

}  // namespace
}  // namespace evx::kalshi
