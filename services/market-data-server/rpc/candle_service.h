#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "candles/candle_store.h"
#include "evx/marketdata/v1/candle_service.grpc.pb.h"

namespace evx::market_data {

// evx.marketdata.v1.CandleService: answered at once, from the store's memory. `is_followed` says
// whether messages of a market are still to come; any thread may call it. Both outlive the server
// that the service is added to.
std::unique_ptr<grpc::Service> MakeCandleService(const CandleStore& store,
                                                 std::function<bool(std::string_view)> is_followed);

}  // namespace evx::market_data
