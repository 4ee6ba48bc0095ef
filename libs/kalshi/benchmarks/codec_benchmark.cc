// Time per message of what the exchange decodes and encodes most.

#include <cstdio>
#include <string>

#include "evx/core/testing/benchmark.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/query.h"
#include "evx/kalshi/requests.h"
#include "evx/kalshi/websocket_frames.h"

namespace {

using evx::Price;
using evx::Quantity;
using evx::Timestamp;

constexpr char kOrder[] =
    R"({"ticker":"KXGOLD15M-26NOV21-T4100","client_order_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301",)"
    R"("side":"bid","count":"10.00","price":"0.5600","time_in_force":"good_till_canceled",)"
    R"("self_trade_prevention_type":"taker_at_cross","post_only":false})";

constexpr char kDelta[] =
    R"({"type":"orderbook_delta","sid":1,"seq":539255,"msg":{"market_ticker":"KXGOLD15M-26NOV21-T4100",)"
    R"("market_id":"1dee1a13-e9cd-4995-9567-3950dbc5d446","price_dollars":"0.3700","delta_fp":"-0.10",)"
    R"("side":"yes","ts":"2026-08-11T00:30:42.445624Z","ts_ms":1786408242445}})";

template <class Operation>
void Report(const char* name, Operation operation) {
  std::printf("%-34s %9.0f ns\n", name, 1e9 / evx::testing::OperationsPerSecond(0.5, operation));
}

}  // namespace

int main() {
  using namespace evx::kalshi;
  std::size_t sum = 0;
  Report("decode create order", [&] { sum += DecodeCreateOrder(kOrder).ok(); });

  Report("decode delta frame", [&] { sum += DecodeWebSocketFrame(kDelta).ok(); });

  const CreateOrderResponse created{.order_id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
                                    .client_order_id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
                                    .remaining_count = Quantity::FromContracts(10),
                                    .time = Timestamp::FromMillis(1'785'000'000'123)};
  std::string out;
  const auto encode = [&](const auto& message) {
    out.clear();
    AppendJson(out, message);
    sum += out.size();
  };
  Report("encode create order answer", [&] { encode(created); });

  OrderBookResponse book;
  for (int cents = 1; cents <= 40; ++cents) {
    book.book.yes.push_back({Price::FromCents(cents), Quantity::FromContracts(cents * 10)});
    book.book.no.push_back({Price::FromCents(cents), Quantity::FromContracts(cents * 10)});
  }
  Report("encode order book, 80 levels", [&] { encode(book); });

  Market market;
  market.ticker = "KXGOLD15M-26NOV21-T4100";
  market.created_time = market.open_time = market.close_time = market.updated_time =
      market.latest_expiration_time = Timestamp::FromMillis(1'785'000'000'123);
  market.price_ranges = ToPriceRanges(evx::PriceGrid());
  Report("encode market", [&] { encode(market); });

  Report("parse query", [&] {
    sum += QueryString::Parse("limit=100&cursor=AQEBAQEB&status=open&event_ticker=KXGOLD15M")
               .Get("status")
               .has_value();
  });
  return sum == 0 ? 1 : 0;
}
