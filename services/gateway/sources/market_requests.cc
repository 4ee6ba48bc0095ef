#include "sources/market_requests.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/marketdata/v1/candle_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"
#include "evx/service/retry.h"
#include "sources/market_facts.h"
#include "sources/wire_time.h"
#include "stream/stream_name.h"

namespace evx::gateway {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr int kMessageBytesMax = 16 << 20;
constexpr std::size_t kTokenBytesMax = 1'024;
constexpr std::string_view kServiceUnavailable = "ServiceUnavailable";
// Who answers what, as in --services.
constexpr std::string_view kExchange = "the exchange";
constexpr std::string_view kCandleServer = "market-data-server";
constexpr std::string_view kPlayer = "order-book-rebuilder";

std::string_view ReasonOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return "NotFound";
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return "InvalidArgument";
    case absl::StatusCode::kFailedPrecondition:
      return "NotPossible";
    default:
      return kServiceUnavailable;
  }
}

std::string_view ServiceOf(const v1::ClientMessage& request) {
  switch (request.payload_case()) {
    case v1::ClientMessage::kListCandles:
      return kCandleServer;
    case v1::ClientMessage::kOpenReplay:
    case v1::ClientMessage::kControlReplay:
      return kPlayer;
    default:
      return kExchange;
  }
}

// Who does not answer is named.
v1::ServerMessage RefusalBecause(const absl::Status& status, const v1::ClientMessage& request) {
  const std::string_view reason = ReasonOf(status);
  std::string message = MessageOf(status);
  if (reason == kServiceUnavailable) {
    message = absl::StrFormat("%s does not answer: %s", ServiceOf(request), message);
  }
  return RefusalOf(reason, message, service::IsTransient(status));
}

absl::Status CheckMarket(const std::string& ticker) {
  if (ParseStreamName(BookStream(ticker))) return absl::OkStatus();
  return InvalidArgument("market_ticker is no ticker");
}

}  // namespace

struct MarketRequests::Candles {
  std::unique_ptr<marketdata::v1::CandleService::Stub> stub;
};

absl::StatusOr<std::unique_ptr<MarketRequests>> MarketRequests::Start(
    const std::string& candles_addr, Catalogue& catalogue, kalshi_client::KalshiClient& client,
    ReplayControl& player, StreamPublisher& publisher) {
  EVX_ASSIGN_OR_RETURN(
      const auto channel,
      rpc::MakeChannel({.address = candles_addr, .message_bytes_max = kMessageBytesMax}));
  auto candles = std::make_unique<Candles>();
  candles->stub = marketdata::v1::CandleService::NewStub(channel);
  return std::unique_ptr<MarketRequests>(
      new MarketRequests(std::move(candles), catalogue, client, player, publisher));
}

MarketRequests::MarketRequests(std::unique_ptr<Candles> candles, Catalogue& catalogue,
                               kalshi_client::KalshiClient& client, ReplayControl& player,
                               StreamPublisher& publisher)
    : candles_(std::move(candles)),
      catalogue_(catalogue),
      client_(client),
      player_(player),
      publisher_(publisher) {}

MarketRequests::~MarketRequests() = default;

bool MarketRequests::Handle(const Session& session, const v1::ClientMessage& request,
                            AnswerFunction& answer) {
  WorkQueue* queue = &workers_;
  switch (request.payload_case()) {
    case v1::ClientMessage::kGetMarket:
    case v1::ClientMessage::kListTrades:
    case v1::ClientMessage::kListCandles:
      break;
    case v1::ClientMessage::kOpenReplay:
    case v1::ClientMessage::kControlReplay:
      // There is one player for all.
      if (!MayActAs(session.role, Role::kTrader)) {
        answer(RefusalOf("RoleRequired", "the player is moved by traders and administrators"));
        return true;
      }
      queue = &presses_;
      break;
    default:
      return false;
  }
  const auto work = [this, request, answer] {
    auto result = Answer(request);
    if (!result.ok()) return answer(RefusalBecause(result.status(), request));
    v1::ServerMessage message;
    *message.mutable_answer() = *std::move(result);
    answer(std::move(message));
  };
  if (!queue->Add(work)) {
    answer(RefusalOf("TooManyRequests", "too many requests wait for other services", true));
  }
  return true;
}

absl::StatusOr<v1::Answer> MarketRequests::Answer(const v1::ClientMessage& request) {
  v1::Answer answer;
  switch (request.payload_case()) {
    case v1::ClientMessage::kGetMarket: {
      const std::string& ticker = request.get_market().market_ticker();
      EVX_RETURN_IF_ERROR(CheckMarket(ticker));
      EVX_ASSIGN_OR_RETURN(*answer.mutable_market(), catalogue_.Read(ticker));
      return answer;
    }
    case v1::ClientMessage::kListTrades:
      return ListTrades(request.list_trades().market_ticker(), request.list_trades().page_size(),
                        request.list_trades().page_token());
    case v1::ClientMessage::kListCandles:
      return ListCandles(request.list_candles());
    case v1::ClientMessage::kOpenReplay: {
      EVX_ASSIGN_OR_RETURN(*answer.mutable_player(), player_.Open(request.open_replay()));
      return answer;
    }
    default: {
      EVX_ASSIGN_OR_RETURN(*answer.mutable_player(), player_.Control(request.control_replay()));
      return answer;
    }
  }
}

absl::StatusOr<v1::Answer> MarketRequests::ListTrades(const std::string& ticker, int page_size,
                                                      const std::string& page_token) {
  EVX_RETURN_IF_ERROR(CheckMarket(ticker));
  if (page_size < 0 || page_size > kPageMax) {
    return InvalidArgument(
        absl::StrFormat("page_size is %d; it must be 0..%d", page_size, kPageMax));
  }
  if (page_token.size() > kTokenBytesMax) return InvalidArgument("page_token is none of ours");
  kalshi::TradesQuery query;
  query.ticker = ticker;
  query.page.limit = page_size == 0 ? kPageDefault : page_size;
  query.page.cursor = page_token;
  EVX_ASSIGN_OR_RETURN(const auto page, client_.GetTrades(query));
  v1::Answer answer;
  v1::Trades& trades = *answer.mutable_trades();
  for (const kalshi::Trade& trade : page.trades) *trades.add_trades() = ToTrade(trade);
  answer.set_next_page_token(page.cursor);
  return answer;
}

absl::StatusOr<v1::Answer> MarketRequests::ListCandles(const v1::ListCandles& request) {
  EVX_RETURN_IF_ERROR(CheckMarket(request.market_ticker()));
  if (request.start_time_ns() < 0 || request.end_time_ns() < 0) {
    return InvalidArgument("start_time_ns and end_time_ns must not be before 1970");
  }
  marketdata::v1::ListCandlesRequest list;
  list.set_market_ticker(request.market_ticker());
  list.set_period_seconds(request.period_seconds());
  if (request.start_time_ns() != 0)
    *list.mutable_start_time() = ToWireTime(request.start_time_ns());
  if (request.end_time_ns() != 0) *list.mutable_end_time() = ToWireTime(request.end_time_ns());
  list.set_page_size(request.page_size());
  list.set_page_token(request.page_token());
  grpc::ClientContext context;
  rpc::SetDeadline(context, kCallTimeout);
  marketdata::v1::ListCandlesResponse response;
  EVX_RETURN_IF_ERROR(rpc::FromGrpc(candles_->stub->ListCandles(&context, list, &response)));
  v1::Answer answer;
  *answer.mutable_candles()->mutable_candles() = std::move(*response.mutable_candles());
  answer.set_next_page_token(response.next_page_token());
  return answer;
}

void MarketRequests::OnWanted(const std::string& stream) {
  const auto parsed = ParseStreamName(stream);
  if (!parsed || parsed->kind != StreamKind::kTrades) return;
  const std::string ticker(parsed->ticker);
  // With too many that wait, the stream begins with what comes from now on.
  if (workers_.Add([this, ticker] { FetchHistory(ticker); })) return;
  v1::InitialState state;
  state.mutable_trades();
  publisher_.SetState(stream, std::move(state));
}

void MarketRequests::FetchHistory(const std::string& ticker) {
  const auto page = ListTrades(ticker, kHistoryTrades, "");
  v1::InitialState state;
  v1::Trades& trades = *state.mutable_trades();
  if (page.ok()) {
    for (int i = page->trades().trades_size() - 1; i >= 0; --i) {
      *trades.add_trades() = page->trades().trades(i);
    }
  }
  publisher_.SetState(TradesStream(ticker), std::move(state));
}

}  // namespace evx::gateway
