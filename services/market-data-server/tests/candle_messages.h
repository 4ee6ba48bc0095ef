#pragma once

#include <cstdint>
#include <string>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

inline marketdata::v1::TradeMessage TradeAt(const std::string& ticker, std::int64_t sequence,
                                            Timestamp time, std::int64_t cents,
                                            std::int64_t contracts) {
  marketdata::v1::TradeMessage message;
  message.set_market_ticker(ticker);
  message.mutable_envelope()->set_sequence(sequence);
  message.set_event_time_ns(time.nanos());
  message.set_price_micros(cents * 10'000);
  message.set_quantity_centis(contracts * 100);
  return message;
}

inline marketdata::v1::TickerMessage TickerAt(const std::string& ticker, std::int64_t sequence,
                                              Timestamp time, std::int64_t bid_cents,
                                              std::int64_t ask_cents,
                                              std::int64_t open_interest_contracts) {
  marketdata::v1::TickerMessage message;
  message.set_market_ticker(ticker);
  message.mutable_envelope()->set_sequence(sequence);
  message.set_event_time_ns(time.nanos());
  message.set_bid_price_micros(bid_cents * 10'000);
  message.set_ask_price_micros(ask_cents * 10'000);
  message.set_open_interest_centis(open_interest_contracts * 100);
  return message;
}

}  // namespace evx::market_data
