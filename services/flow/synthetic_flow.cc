#include "synthetic_flow.h"

#include <chrono>
#include <functional>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::flow {
namespace {

namespace pb = exchange::v1;
namespace ops_pb = ops::v1;
namespace common_pb = common::v1;

constexpr absl::Duration kStep = absl::Seconds(1);
constexpr std::int64_t kMarketsPerStep = 40;
// A multiple of every small number of steps, so that each turn of the rotation has its share.
constexpr std::uint64_t kPhaseCount = 2'520;
constexpr std::int64_t kSoonSeconds = 3'600;
constexpr absl::Duration kRetryPause = absl::Seconds(3);
// Quotes are renewed after seven turns of their market at the latest.
constexpr std::int64_t kQuoteLifeTurns = 7;
constexpr std::int64_t kQuoteLifeMarginSeconds = 20;
constexpr std::int64_t kWorkingCapitalMicros = 5'000'000LL * 1'000'000;
constexpr int kPageSize = 1'000;

// Markets of others: replays, the market maker's own, the scripted one.
bool IsOurs(const pb::Market& market) {
  return !market.series_ticker().starts_with("REPLAY-") &&
         !market.market_ticker().starts_with("MARKET_MAKER") &&
         !market.market_ticker().starts_with("MARKET-MAKER") &&
         !market.market_ticker().starts_with("FIX_TEST") &&
         !market.market_ticker().starts_with("FIX-TEST");
}

}  // namespace

SyntheticFlow::SyntheticFlow(Options options, ExchangeStubs& stubs,
                             std::vector<std::shared_ptr<Signer>> accounts,
                             std::shared_ptr<Signer> operator_key, Probe& probe)
    : options_(options),
      stubs_(stubs),
      accounts_(std::move(accounts)),
      operator_(std::move(operator_key)),
      probe_(probe) {
  EVX_CHECK(!accounts_.empty());
  thread_ = std::thread([this] { Run(); });
}

SyntheticFlow::~SyntheticFlow() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

bool SyntheticFlow::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, absl::ToChronoNanoseconds(duration),
                            [this] { return stopping_; });
}

// Trades until the stop; after an error (the exchange restarts) it starts over.
void SyntheticFlow::Run() {
  for (;;) {
    const absl::Status status = Trade();
    streams_.clear();
    if (status.ok()) return;
    telemetry::Log(telemetry::kWarning, "Synthetic agents start over.", {{"status", status}});
    if (!Pause(kRetryPause)) return;
  }
}

absl::Status SyntheticFlow::Trade() {
  EVX_RETURN_IF_ERROR(Fund());
  for (const auto& account : accounts_) {
    streams_.push_back(
        std::make_unique<OrderStreamClient>(*stubs_.exchange, *account, [](const auto&) {}));
  }
  for (std::int64_t step = 0; Pause(kStep); ++step) {
    EVX_RETURN_IF_ERROR(FindMarkets());
    for (auto& [ticker, market] : markets_) {
      const bool has_turn = (step + market.phase) % TurnOf(market) == 0;
      if (!has_turn && !market.is_new) continue;
      market.is_new = false;
      EVX_RETURN_IF_ERROR(StepMarket(ticker, market));
    }
    for (auto& stream : streams_) EVX_RETURN_IF_ERROR(stream->WaitForAnswers());
  }
  for (const auto& [ticker, market] : markets_) {
    pb::OrderStreamRequest cancel;
    cancel.mutable_cancel_all_orders()->set_market_ticker(ticker);
    if (!StreamOf(AgentOrder::Agent::kQuoter).Send(cancel)) break;
  }
  return StreamOf(AgentOrder::Agent::kQuoter).WaitForAnswers();
}

absl::Status SyntheticFlow::Fund() {
  for (const auto& account : accounts_) {
    pb::GetBalanceResponse balance;
    EVX_RETURN_IF_ERROR(CallSigned(*account, kExchangeService, "GetBalance", [&](auto* call) {
      return stubs_.exchange->GetBalance(call, {}, &balance);
    }));
    if (balance.cash_micros() >= kWorkingCapitalMicros) continue;
    ops_pb::DepositRequest deposit;
    deposit.mutable_account()->set_key_id(account->key_id());
    deposit.set_amount_micros((kWorkingCapitalMicros - balance.cash_micros()) / 10'000 * 10'000 +
                              10'000);
    ops_pb::DepositResponse response;
    EVX_RETURN_IF_ERROR(CallSigned(*operator_, kOperatorService, "Deposit", [&](auto* call) {
      return stubs_.operations->Deposit(call, deposit, &response);
    }));
  }
  return absl::OkStatus();
}

// Newest markets first, up to the maximum; agents of a market stay with it while it is open. A
// market that is new gets its first turn at once.
absl::Status SyntheticFlow::FindMarkets() {
  std::map<std::string, Market> open;
  pb::ListMarketsRequest request;
  request.set_status(common_pb::MARKET_STATUS_ACTIVE);
  request.set_page_size(kPageSize);
  pb::ListMarketsResponse response;
  EVX_RETURN_IF_ERROR(CallSigned(
      *accounts_.front(), kExchangeService, "ListMarkets",
      [&](auto* call) { return stubs_.exchange->ListMarkets(call, request, &response); }));
  const std::int64_t soon = SystemClock().Now().seconds() + kSoonSeconds;
  for (const pb::Market& listed : response.markets()) {
    if (open.size() >= options_.market_count_max) break;
    if (!IsOurs(listed)) continue;
    const std::string& ticker = listed.market_ticker();
    const auto known = markets_.extract(ticker);
    const std::uint64_t hash = std::hash<std::string>()(ticker);
    Market market = known ? std::move(known.mapped())
                          : Market{.agents = MarketAgents(options_.seed ^ hash),
                                   .phase = static_cast<std::int64_t>(hash % kPhaseCount)};
    market.view.best_bid_micros = listed.best_bid().price_micros();
    market.view.best_ask_micros = listed.best_ask().price_micros();
    market.closes_soon = listed.close_time().seconds() < soon;
    open.emplace(ticker, std::move(market));
  }
  markets_ = std::move(open);
  probe_.SyntheticMarkets(markets_.size());
  return absl::OkStatus();
}

std::int64_t SyntheticFlow::TurnOf(const Market& market) const {
  if (market.closes_soon) return 1;
  const auto count = static_cast<std::int64_t>(markets_.size());
  return (count + kMarketsPerStep - 1) / kMarketsPerStep;
}

OrderStreamClient& SyntheticFlow::StreamOf(AgentOrder::Agent agent) {
  return *streams_[static_cast<std::size_t>(agent) % streams_.size()];
}

absl::Status SyntheticFlow::StepMarket(const std::string& ticker, Market& market) {
  const MarketAgents::Step step = market.agents.Next(market.view);
  if (step.requotes) {
    pb::OrderStreamRequest cancel;
    cancel.set_request_id(++request_number_);
    cancel.mutable_cancel_all_orders()->set_market_ticker(ticker);
    if (!StreamOf(AgentOrder::Agent::kQuoter).Send(cancel)) return Unavailable("stream ended");
    probe_.SyntheticCommandSent();
  }
  const std::int64_t expiration =
      SystemClock().Now().seconds() + kQuoteLifeMarginSeconds + kQuoteLifeTurns * TurnOf(market);
  for (const AgentOrder& order : step.orders) {
    EVX_RETURN_IF_ERROR(Send(ticker, order, expiration));
  }
  return absl::OkStatus();
}

absl::Status SyntheticFlow::Send(const std::string& ticker, const AgentOrder& order,
                                 std::int64_t expiration) {
  pb::OrderStreamRequest request;
  request.set_request_id(++request_number_);
  pb::CreateOrderRequest& create = *request.mutable_create_order();
  create.set_market_ticker(ticker);
  create.set_side(order.side == BookSide::kBid ? common_pb::BOOK_SIDE_BID
                                               : common_pb::BOOK_SIDE_ASK);
  create.set_price_micros(order.price_micros);
  create.set_quantity_centis(order.quantity_centis);
  if (order.is_immediate) {
    create.set_time_in_force(common_pb::TIME_IN_FORCE_IMMEDIATE_OR_CANCEL);
  } else {
    create.set_post_only(true);
    create.mutable_expiration_time()->set_seconds(expiration);
  }
  probe_.SyntheticCommandSent();
  if (!StreamOf(order.agent).Send(request)) return Unavailable("an order stream has ended");
  return absl::OkStatus();
}

}  // namespace evx::flow
