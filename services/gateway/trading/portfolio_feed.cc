#include "trading/portfolio_feed.h"

#include <chrono>
#include <utility>
#include <vector>

#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/rpc/status.h"
#include "evx/telemetry/log.h"
#include "probe.h"
#include "stream/stream_name.h"
#include "trading/retry_pause.h"

namespace evx::gateway {
namespace {

namespace pb = exchange::v1;

constexpr std::int32_t kPageSize = 1'000;
// Beyond what the exchange lets an account have.
constexpr int kPageCountMax = 1'000;
// Names no market: of public events none is wanted.
constexpr const char* kNoMarket = "-";
// Settlements of one market that are looked through for the one that was paid just now.
constexpr std::int32_t kSettlementCountMax = 10;

}  // namespace

PortfolioFeed::PortfolioFeed(const Session& session, UserSigner& signer, const TradingParts& parts)
    : stream_(PortfolioStream(session.user_id)),
      user_id_(session.user_id),
      signer_(signer),
      parts_(parts),
      events_thread_([this] { Repeat(&PortfolioFeed::FollowEvents); }),
      places_thread_([this] { Repeat(&PortfolioFeed::FollowPlaces); }) {}

PortfolioFeed::~PortfolioFeed() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    if (events_call_) events_call_->TryCancel();
    if (places_call_) places_call_->TryCancel();
  }
  stopping_.notify_all();
  events_thread_.join();
  places_thread_.join();
}

void PortfolioFeed::Repeat(Step step) {
  RetryPause pause(
      kPauseFirst, kPauseMax,
      static_cast<std::uint64_t>(MonotonicNanos()) ^ static_cast<std::uint64_t>(user_id_));
  for (;;) {
    const std::int64_t begun = MonotonicNanos();
    const absl::Status status = (this->*step)();
    if (absl::IsUnauthenticated(status)) signer_.Forget();
    // One that went well for a while begins with short pauses again.
    if (absl::Nanoseconds(MonotonicNanos() - begun) > kPauseMax) pause.Reset();
    std::unique_lock lock(mutex_);
    const auto wait = absl::ToChronoNanoseconds(pause.Next());
    if (stopping_.wait_for(lock, wait, [this] { return is_stopped_; })) return;
  }
}

bool PortfolioFeed::Enter(std::optional<grpc::ClientContext>& slot) {
  const std::lock_guard lock(mutex_);
  slot.emplace();
  return !is_stopped_;
}

absl::Status PortfolioFeed::FollowEvents() {
  EVX_ASSIGN_OR_RETURN(const auto signer, signer_.Get());
  // The account was made anew: its events have numbers of their own.
  if (state_ && signer != loaded_with_) {
    const std::lock_guard lock(mutex_);
    state_.reset();
    parts_.probe.PortfolioReloaded();
  }
  if (!state_) EVX_RETURN_IF_ERROR(Load(*signer));
  loaded_with_ = signer;
  if (!Enter(events_call_)) return absl::CancelledError();
  signer->Sign(*events_call_, ExchangePath("StreamEvents"));
  pb::StreamEventsRequest request;
  request.set_start_sequence_number(state_->next_sequence_number());
  request.add_market_tickers(kNoMarket);
  const auto stream = parts_.link.exchange->StreamEvents(&*events_call_, request);
  pb::StreamEventsResponse response;
  while (stream->Read(&response)) Take(*signer, response);
  const absl::Status status = rpc::FromGrpc(stream->Finish());
  const std::lock_guard lock(mutex_);
  events_call_.reset();
  if (absl::IsOutOfRange(status)) {
    state_.reset();
    parts_.probe.PortfolioReloaded();
  }
  return status;
}

absl::Status PortfolioFeed::Load(const CallSigner& signer) {
  PortfolioState::Lists lists;
  pb::ExchangeService::StubInterface& exchange = *parts_.link.exchange;
  pb::ListOrdersRequest orders;
  orders.set_status(pb::ORDER_STATUS_RESTING);
  orders.set_page_size(kPageSize);
  for (int i = 0; i < kPageCountMax; ++i) {
    grpc::ClientContext call;
    signer.Prepare(call, "ListOrders");
    pb::ListOrdersResponse& page = lists.orders.emplace_back();
    EVX_RETURN_IF_ERROR(rpc::FromGrpc(exchange.ListOrders(&call, orders, &page)));
    if (page.next_page_token().empty()) break;
    orders.set_page_token(page.next_page_token());
  }
  pb::ListPositionsRequest positions;
  positions.set_page_size(kPageSize);
  for (int i = 0; i < kPageCountMax; ++i) {
    grpc::ClientContext call;
    signer.Prepare(call, "ListPositions");
    pb::ListPositionsResponse& page = lists.positions.emplace_back();
    EVX_RETURN_IF_ERROR(rpc::FromGrpc(exchange.ListPositions(&call, positions, &page)));
    if (page.next_page_token().empty()) break;
    positions.set_page_token(page.next_page_token());
  }
  grpc::ClientContext balance_call;
  signer.Prepare(balance_call, "GetBalance");
  EVX_RETURN_IF_ERROR(
      rpc::FromGrpc(exchange.GetBalance(&balance_call, pb::GetBalanceRequest(), &lists.balance)));
  pb::ListFillsRequest fills;
  fills.set_page_size(static_cast<std::int32_t>(PortfolioState::kFillsMax));
  grpc::ClientContext fills_call;
  signer.Prepare(fills_call, "ListFills");
  EVX_RETURN_IF_ERROR(rpc::FromGrpc(exchange.ListFills(&fills_call, fills, &lists.fills)));

  v1::InitialState initial;
  const std::lock_guard lock(mutex_);
  state_.emplace(lists);
  // A new state has no places: they are to be told again.
  if (places_call_) places_call_->TryCancel();
  *initial.mutable_portfolio() = state_->Whole();
  parts_.publisher.SetState(stream_, std::move(initial));
  return absl::OkStatus();
}

void PortfolioFeed::Take(const CallSigner& signer, const pb::StreamEventsResponse& response) {
  for (const auto& record : response.records()) {
    v1::PortfolioUpdate update;
    {
      const std::lock_guard lock(mutex_);
      if (!state_->Apply(record, update)) continue;
      if (update.settlements().empty()) {
        Publish(std::move(update));
        continue;
      }
    }
    AddOutcomes(signer, update);
    const std::lock_guard lock(mutex_);
    Publish(std::move(update));
  }
  const std::lock_guard lock(mutex_);
  state_->SetThrough(response.through_sequence_number());
}

// The event of a settlement does not say what the outcome was; the list does.
void PortfolioFeed::AddOutcomes(const CallSigner& signer, v1::PortfolioUpdate& update) {
  for (v1::Settlement& settlement : *update.mutable_settlements()) {
    pb::ListSettlementsRequest request;
    request.set_market_ticker(settlement.market_ticker());
    request.set_page_size(kSettlementCountMax);
    pb::ListSettlementsResponse response;
    grpc::ClientContext call;
    signer.Prepare(call, "ListSettlements");
    if (!parts_.link.exchange->ListSettlements(&call, request, &response).ok()) return;
    for (const pb::Settlement& listed : response.settlements()) {
      if (listed.position_centis() != settlement.position_centis()) continue;
      settlement.set_result(listed.result());
      settlement.set_settlement_value_micros(listed.settlement_value_micros());
      break;
    }
  }
}

absl::Status PortfolioFeed::FollowPlaces() {
  EVX_ASSIGN_OR_RETURN(const auto signer, signer_.Get());
  if (!Enter(places_call_)) return absl::CancelledError();
  signer->Sign(*places_call_, BookPath("StreamQueuePositions"));
  const auto stream =
      parts_.link.books->StreamQueuePositions(&*places_call_, pb::StreamQueuePositionsRequest());
  pb::StreamQueuePositionsResponse response;
  for (bool is_first = true; stream->Read(&response);) {
    const std::lock_guard lock(mutex_);
    // Without a state there is nobody to tell, and the places come again only when they change.
    if (!state_) {
      places_call_->TryCancel();
      break;
    }
    if (std::exchange(is_first, false)) state_->ForgetPlaces();
    v1::PortfolioUpdate update;
    if (state_->Apply(response, update)) Publish(std::move(update));
  }
  const absl::Status status = rpc::FromGrpc(stream->Finish());
  const std::lock_guard lock(mutex_);
  places_call_.reset();
  return status;
}

void PortfolioFeed::Publish(v1::PortfolioUpdate update) {
  v1::ServerMessage change;
  *change.mutable_update_portfolio() = std::move(update);
  parts_.publisher.Change(stream_, std::move(change));
}

}  // namespace evx::gateway
