#include "rpc/candle_service.h"

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "evx/core/status.h"
#include "evx/rpc/status.h"
#include "evx/rpc/wire_time.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr int kPageSizeDefault = 1'000;
constexpr int kPageSizeMax = 5'000;
// Longer texts are no tickers, and are not repeated in messages.
constexpr std::size_t kTickerBytesMax = 128;
// No candle ends later.
constexpr std::int64_t kEndSecondsMax = INT64_MAX / 1'000'000'000;

// ---- Requests

std::string PeriodNames() {
  std::string names;
  for (const std::int64_t seconds : kCandlePeriodSeconds) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", seconds);
  }
  return names;
}

// The page behind the candle that ends then.
absl::Status ReadPageToken(const std::string& token, CandleQuery& query) {
  std::int64_t last_end = 0;
  if (!absl::SimpleAtoi(token, &last_end) || last_end < 0 || last_end > kEndSecondsMax) {
    return InvalidArgument("page_token is none that was given out");
  }
  query.min_end_seconds = last_end + 1;
  return absl::OkStatus();
}

absl::StatusOr<CandleQuery> ReadQuery(const pb::ListCandlesRequest& request) {
  CandleQuery query;
  query.market_ticker = request.market_ticker();
  if (query.market_ticker.empty() || query.market_ticker.size() > kTickerBytesMax) {
    return InvalidArgument(absl::StrCat("market_ticker has ", query.market_ticker.size(),
                                        " bytes, not 1 to ", kTickerBytesMax));
  }
  query.period_seconds = request.period_seconds();
  if (!CandlePeriodIndex(query.period_seconds)) {
    return InvalidArgument(
        absl::StrCat("period_seconds ", query.period_seconds, " is none of ", PeriodNames()));
  }
  if (request.page_size() < 0 || request.page_size() > kPageSizeMax) {
    return InvalidArgument(
        absl::StrCat("page_size ", request.page_size(), " is not between 0 and ", kPageSizeMax));
  }
  query.count_max =
      static_cast<std::size_t>(request.page_size() == 0 ? kPageSizeDefault : request.page_size());
  if (request.has_start_time()) {
    EVX_RETURN_IF_ERROR(rpc::ReadTime("start_time", request.start_time()).status());
    // A candle that ends within the second has ended before.
    query.min_end_seconds = request.start_time().seconds() + (request.start_time().nanos() > 0);
  }
  if (request.has_end_time()) {
    EVX_ASSIGN_OR_RETURN(const Timestamp end, rpc::ReadTime("end_time", request.end_time()));
    query.max_end_seconds = end.seconds();
  }
  if (query.min_end_seconds && query.max_end_seconds &&
      *query.min_end_seconds > *query.max_end_seconds) {
    return InvalidArgument("end_time is before start_time");
  }
  if (!request.page_token().empty()) {
    EVX_RETURN_IF_ERROR(ReadPageToken(request.page_token(), query));
  }
  return query;
}

// ---- Answers

void Fill(const Ohlc& ohlc, pb::Ohlc& out) {
  out.set_open_micros(ohlc.open.micros());
  out.set_high_micros(ohlc.high.micros());
  out.set_low_micros(ohlc.low.micros());
  out.set_close_micros(ohlc.close.micros());
}

void Fill(const Candle& candle, pb::Candle& out) {
  out.mutable_end_time()->set_seconds(candle.end_seconds);
  if (candle.bid) Fill(*candle.bid, *out.mutable_bid());
  if (candle.ask) Fill(*candle.ask, *out.mutable_ask());
  if (candle.trade) Fill(*candle.trade, *out.mutable_trade());
  out.set_mean_trade_micros(candle.mean_trade.micros());
  if (candle.previous_trade) out.set_previous_trade_micros(candle.previous_trade->micros());
  out.set_volume_centis(candle.volume.centis());
  out.set_open_interest_centis(candle.open_interest.centis());
}

void Fill(const CandleList& list, pb::ListCandlesResponse& out) {
  for (const Candle& candle : list.candles) Fill(candle, *out.add_candles());
  if (list.has_more) out.set_next_page_token(absl::StrCat(list.candles.back().end_seconds));
  if (list.complete_from_seconds != 0) {
    out.mutable_complete_from_time()->set_seconds(list.complete_from_seconds);
  }
}

class CandleService final : public pb::CandleService::CallbackService {
 public:
  CandleService(const CandleStore& store, std::function<bool(std::string_view)> is_followed)
      : store_(store), is_followed_(std::move(is_followed)) {}

  ServerUnaryReactor* ListCandles(CallbackServerContext* context,
                                  const pb::ListCandlesRequest* request,
                                  pb::ListCandlesResponse* response) override {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(rpc::ToGrpc(List(*request, *response)));
    return reactor;
  }

 private:
  absl::Status List(const pb::ListCandlesRequest& request,
                    pb::ListCandlesResponse& response) const {
    EVX_ASSIGN_OR_RETURN(CandleQuery query, ReadQuery(request));
    if (!store_.is_restored()) return Unavailable("the topics are still being read");
    query.is_followed = is_followed_(query.market_ticker);
    const std::optional<CandleList> list = store_.List(query);
    if (list) {
      Fill(*list, response);
    } else if (!query.is_followed) {
      return NotFound(absl::StrCat("market ", request.market_ticker(), " was never followed here"));
    }
    return absl::OkStatus();
  }

  const CandleStore& store_;
  const std::function<bool(std::string_view)> is_followed_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCandleService(
    const CandleStore& store, std::function<bool(std::string_view)> is_followed) {
  return std::make_unique<CandleService>(store, std::move(is_followed));
}

}  // namespace evx::market_data
