#include "rpc/grpc_book_service.h"

#include <string_view>
#include <utility>
#include <vector>

#include "rpc/grpc_book_streams.h"
#include "rpc/grpc_calls.h"
#include "rpc/grpc_errors.h"
#include "rpc/grpc_gate.h"
#include "rpc/grpc_order_commands.h"

// The path of a method: what its caller signed.
#define EVX_BOOK_PATH(method) "/evx.exchange.v1.BookService/" method

namespace evx::mock_kalshi {
namespace {

namespace pb = exchange::v1;
using grpc::CallbackServerContext;
using grpc::ServerWriteReactor;
using kalshi::Decoded;

constexpr int kMarketCountMax = 1'000;

Decoded<std::vector<MarketId>> Markets(
    const ExchangeContext& context,
    const google::protobuf::RepeatedPtrField<std::string>& tickers) {
  if (tickers.size() > kMarketCountMax) {
    return kalshi::MakeError(kalshi::error::kInvalidParameters,
                             "market_tickers has more than 1000 entries");
  }
  std::vector<MarketId> markets;
  for (const std::string& ticker : tickers) {
    const auto market = FindMarket(context, ticker);
    if (!market.ok()) return market.error();
    markets.push_back(*market);
  }
  return markets;
}

template <class Response>
ServerWriteReactor<Response>* RefuseStream(const kalshi::Error& error) {
  return new RefusedStream<ServerWriteReactor<Response>>(ToGrpcStatus(ToRefusal(error)));
}

class BookService final : public pb::BookService::CallbackService {
 public:
  BookService(const ExchangeContext& context, ReplyThread& replies, EventLog& log)
      : context_(context), replies_(replies), log_(log), gate_(context, Door::kGrpc) {}

  ServerWriteReactor<pb::StreamBooksResponse>* StreamBooks(
      CallbackServerContext* call, const pb::StreamBooksRequest* request) override {
    using Response = pb::StreamBooksResponse;
    auto caller = gate_.AdmitAnyone(*call, EVX_BOOK_PATH("StreamBooks"));
    if (!caller.ok()) return RefuseStream<Response>(caller.error());
    auto markets = Markets(context_, request->market_tickers());
    if (!markets.ok()) return RefuseStream<Response>(markets.error());
    if (markets->empty()) {
      return RefuseStream<Response>(
          kalshi::MakeError(kalshi::error::kInvalidParameters, "market_tickers is empty"));
    }
    return OpenBookStream(context_, gate_, log_, *std::move(caller), *std::move(markets));
  }

  ServerWriteReactor<pb::StreamTradesResponse>* StreamTrades(
      CallbackServerContext* call, const pb::StreamTradesRequest* request) override {
    using Response = pb::StreamTradesResponse;
    auto caller = gate_.AdmitAnyone(*call, EVX_BOOK_PATH("StreamTrades"));
    if (!caller.ok()) return RefuseStream<Response>(caller.error());
    auto markets = Markets(context_, request->market_tickers());
    if (!markets.ok()) return RefuseStream<Response>(markets.error());
    const std::int64_t start = request->start_sequence_number();
    if (start < 0) {
      return RefuseStream<Response>(kalshi::MakeError(kalshi::error::kInvalidParameters,
                                                      "start_sequence_number is negative"));
    }
    return OpenTradeStream(context_, gate_, log_, *std::move(caller), *std::move(markets),
                           SequenceNumber(static_cast<std::uint64_t>(start)));
  }

  ServerWriteReactor<pb::StreamQueuePositionsResponse>* StreamQueuePositions(
      CallbackServerContext* call, const pb::StreamQueuePositionsRequest* request) override {
    using Response = pb::StreamQueuePositionsResponse;
    auto caller = gate_.Admit(*call, EVX_BOOK_PATH("StreamQueuePositions"), venue::kScopeRead);
    if (!caller.ok()) return RefuseStream<Response>(caller.error());
    auto markets = Markets(context_, request->market_tickers());
    if (!markets.ok()) return RefuseStream<Response>(markets.error());
    const auto subaccount = RequestedSubaccountOrAny(caller->principal, request->has_subaccount(),
                                                     request->subaccount());
    if (!subaccount.ok()) return RefuseStream<Response>(subaccount.error());
    OrderQuery orders;
    orders.account = caller->account();
    orders.markets = *std::move(markets);
    orders.subaccount = ToFilter(*subaccount);
    return OpenQueuePositionStream(context_, gate_, log_, replies_, *std::move(caller),
                                   std::move(orders));
  }

 private:
  const ExchangeContext& context_;
  ReplyThread& replies_;
  EventLog& log_;
  const GrpcGate gate_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeBookService(const ExchangeContext& context, ReplyThread& replies,
                                               EventLog& log) {
  return std::make_unique<BookService>(context, replies, log);
}

}  // namespace evx::mock_kalshi
