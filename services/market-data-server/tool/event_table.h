#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "evx/recording/block.h"

// The normalised events of a recording as rows of comma-separated values (RFC 4180, line breaks of
// one byte). A snapshot is a row without side, price and quantity, and after it a row `level` for
// each of its levels, `yes` first. Whatever an event does not have is empty. Prices are
// micro-dollars of the contract that `side` names, quantities hundredths of a contract.

namespace evx::market_data {

inline constexpr std::string_view kEventTableHeader =
    "received_ns,connection,sid,seq,ts_ms,kind,market_ticker,side,price_micros,quantity_centis\n";

// Appends the row or rows of a frame.
void AppendEventRows(const recording::Block& block, std::size_t frame, std::string& out);

}  // namespace evx::market_data
