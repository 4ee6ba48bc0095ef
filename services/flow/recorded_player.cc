#include "recorded_player.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::flow {
namespace {

namespace pb = exchange::v1;
namespace ops_pb = ops::v1;
namespace common_pb = common::v1;
using telemetry::kInfo;
using telemetry::kWarning;
using telemetry::Log;

// What each account of a session has at least: no order of a recorded book is refused for want of
// money.
constexpr std::int64_t kWorkingCapitalMicros = 10'000'000LL * 1'000'000;
// The venue takes orders until the end of the closing millisecond.
constexpr std::int64_t kCloseDelayMs = 1;
// On the wall clock a session may lag; its market is closed when the session is over.
constexpr std::int64_t kCloseSlackMs = 30 * 60 * 1000;
constexpr std::int64_t kQuarterHourMs = 15 * 60 * 1000;
constexpr std::int64_t kSettlementTimerSeconds = 3'600;
constexpr int kCheckTimeoutSeconds = 60;
// Newest markets looked through for replays that were killed.
constexpr int kLeftOversMax = 1'000;

enum Role : std::uint8_t { kBidMaker, kAskMaker, kBuyer, kSeller, kRoleCount };

common_pb::BookSide ToProto(BookSide side) {
  return side == BookSide::kBid ? common_pb::BOOK_SIDE_BID : common_pb::BOOK_SIDE_ASK;
}

void SetMillis(google::protobuf::Timestamp& out, std::int64_t millis) {
  out.set_seconds(millis / 1000);
  out.set_nanos(static_cast<std::int32_t>(millis % 1000) * 1'000'000);
}

}  // namespace

bool ReplaySummary::IsPerfect() const {
  return everything_checked && checks.check_count > 0 && checks.unequal_count == 0 &&
         checks.unequal_trade_total_count == 0 && !checks.disturbed_at && refused_count == 0 &&
         payout_micros == expected_payout_micros;
}

std::string ToText(const ReplaySummary& s) {
  std::string text = absl::StrFormat(
      "%s: %d frames, %d commands, %d book checks, %d unequal; %d trades, %d met one maker, %d ms "
      "with unequal totals; %d orders re-placed, %d trades forced, %d resyncs, %d refused; paid "
      "$%s "
      "of $%s; %s, lag max %s mean %s",
      s.recorded_ticker, s.frame_count, s.command_count, s.checks.check_count,
      s.checks.unequal_count, s.checks.trade_count, s.checks.one_maker_count,
      s.checks.unequal_trade_total_count, s.planner.replaced_order_count,
      s.planner.forced_trade_count, s.planner.resync_count, s.refused_count,
      FormatDecimal(s.payout_micros, 6, 2), FormatDecimal(s.expected_payout_micros, 6, 2),
      absl::FormatDuration(s.duration), absl::FormatDuration(s.lag_max),
      absl::FormatDuration(s.lag_mean));
  if (s.checks.disturbed_at) {
    text += absl::StrFormat("; disturbed at sequence %d", *s.checks.disturbed_at);
  }
  if (!s.checks.first_unequal.empty()) text += "; first unequal " + s.checks.first_unequal;
  if (!s.everything_checked) text += "; NOT EVERYTHING CHECKED";
  return text;
}

// One run of one recording.
class RecordedPlayer::Session {
 public:
  Session(const RecordedPlayer& player, const Recording& recording, const std::atomic<bool>& stop)
      : player_(player), recording_(recording), stop_(stop) {}

  absl::StatusOr<ReplaySummary> Run() {
    milliseconds_ = ByMillisecond(recording_);
    if (milliseconds_.empty()) return DataLoss("recording holds no book");
    EVX_RETURN_IF_ERROR(List());
    EVX_RETURN_IF_ERROR(Fund());
    BookChecker checker(market_ticker_);
    checker_ = &checker;
    EVX_ASSIGN_OR_RETURN(
        const auto follower,
        EventFollower::Start(*player_.stubs_.exchange, Account(kBidMaker), market_ticker_,
                             [&checker](const auto& response) { checker.OnEvents(response); }));
    const absl::Time begin = absl::Now();
    const absl::Status played = PlayAll();
    summary_.duration = absl::Now() - begin;
    if (!played.ok()) {
      // No market is left open that nobody plays. What fails is made up for by the next replay.
      const absl::Status settled = SettleAsRecorded(market_ticker_, /*is_open=*/true);
      if (!settled.ok()) {
        Log(kWarning, "Market of an unfinished replay was not settled.",
            {{"market_ticker", market_ticker_}, {"status", settled}});
      }
      return played;
    }
    summary_.everything_checked = checker.WaitUntilChecked(kCheckTimeoutSeconds);
    summary_.checks = checker.report();
    summary_.planner = planner_.counters();
    EVX_RETURN_IF_ERROR(Settle());
    summary_.market_ticker = market_ticker_;
    summary_.recorded_ticker = recording_.market_ticker;
    summary_.frame_count = static_cast<std::int64_t>(recording_.frames.size());
    return summary_;
  }

 private:
  const Signer& Account(int role) const {
    return *player_.accounts_[static_cast<std::size_t>(role)];
  }

  absl::Status Operate(const std::string& method,
                       const std::function<grpc::Status(grpc::ClientContext*)>& call) {
    return CallSigned(*player_.operator_, kOperatorService, method, call);
  }

  // Lists series, event and market; decides how far recorded time is from exchange time.
  absl::Status List() {
    auto& operations = *player_.stubs_.operations;
    ops_pb::GetClockResponse clock;
    EVX_RETURN_IF_ERROR(
        Operate("GetClock", [&](auto* call) { return operations.GetClock(call, {}, &clock); }));
    if (player_.options_.virtual_clock && !clock.is_virtual()) {
      return FailedPrecondition(
          "the exchange runs on the wall clock; start it with --clock=virtual");
    }
    const std::int64_t now_ms =
        clock.exchange_time().seconds() * 1000 + clock.exchange_time().nanos() / 1'000'000;
    const std::int64_t first_ms = milliseconds_.front().time_ms;
    if (player_.options_.virtual_clock) {
      // Recorded time where the clock has not passed it, else whole quarters of an hour later.
      while (first_ms + shift_ms_ < now_ms) {
        const std::int64_t behind = now_ms - first_ms - shift_ms_;
        shift_ms_ += (behind + kQuarterHourMs - 1) / kQuarterHourMs * kQuarterHourMs;
      }
    } else {
      shift_ms_ = now_ms - first_ms;
    }
    const std::int64_t open_ms = std::min(recording_.open_time_ms, first_ms) + shift_ms_;
    const std::int64_t close_ms = recording_.close_time_ms + shift_ms_ +
                                  (player_.options_.virtual_clock ? kCloseDelayMs : kCloseSlackMs);
    const std::string prefix = player_.options_.ticker_prefix;
    ops_pb::PutSeriesRequest series;
    series.set_series_ticker(prefix + recording_.series_ticker);
    series.set_facts_json(R"({"title":"Replays of recorded sessions","category":"Replay"})");
    ops_pb::PutSeriesResponse series_response;
    EVX_RETURN_IF_ERROR(Operate("PutSeries", [&](auto* call) {
      return operations.PutSeries(call, series, &series_response);
    }));
    EVX_RETURN_IF_ERROR(SettleLeftOvers(series.series_ticker()));
    // A session that is played again has another start, and so another ticker.
    const std::string run = shift_ms_ == 0 ? "" : "-" + std::to_string(first_ms + shift_ms_);
    ops_pb::PutEventRequest event;
    event.set_event_ticker(prefix + recording_.event_ticker + run);
    event.set_series_ticker(series.series_ticker());
    event.set_facts_json(R"({"title":"Replay of )" + recording_.event_ticker + R"("})");
    ops_pb::PutEventResponse event_response;
    EVX_RETURN_IF_ERROR(Operate(
        "PutEvent", [&](auto* call) { return operations.PutEvent(call, event, &event_response); }));
    market_ticker_ = event.event_ticker() + MarketSuffix();
    ops_pb::PutMarketRequest market;
    market.set_market_ticker(market_ticker_);
    market.set_event_ticker(event.event_ticker());
    if (!recording_.price_level_structure.empty()) {
      market.set_price_level_structure(recording_.price_level_structure);
    }
    SetMillis(*market.mutable_open_time(), std::min(open_ms, now_ms));
    SetMillis(*market.mutable_close_time(), close_ms);
    market.set_settlement_timer_seconds(kSettlementTimerSeconds);
    market.set_facts_json(R"({"title":"Replay of )" + recording_.market_ticker + R"("})");
    ops_pb::PutMarketResponse market_response;
    return Operate("PutMarket", [&](auto* call) {
      return operations.PutMarket(call, market, &market_response);
    });
  }

  std::string MarketSuffix() const {
    return recording_.market_ticker.starts_with(recording_.event_ticker)
               ? recording_.market_ticker.substr(recording_.event_ticker.size())
               : "-1";
  }

  // Replays of this recording that were killed before their market was settled.
  absl::Status SettleLeftOvers(const std::string& series_ticker) {
    pb::ListMarketsRequest request;
    request.set_series_ticker(series_ticker);
    request.set_page_size(kLeftOversMax);
    pb::ListMarketsResponse response;
    EVX_RETURN_IF_ERROR(
        CallSigned(Account(kBidMaker), kExchangeService, "ListMarkets", [&](auto* call) {
          return player_.stubs_.exchange->ListMarkets(call, request, &response);
        }));
    const std::string event = player_.options_.ticker_prefix + recording_.event_ticker;
    for (const pb::Market& market : response.markets()) {
      const bool is_open = market.status() == common_pb::MARKET_STATUS_ACTIVE;
      if (!is_open && market.status() != common_pb::MARKET_STATUS_CLOSED) continue;
      const std::string& ticker = market.market_ticker();
      if (!ticker.starts_with(event) || !ticker.ends_with(MarketSuffix())) continue;
      Log(kInfo, "Settling the market of an unfinished replay.", {{"market_ticker", ticker}});
      EVX_RETURN_IF_ERROR(SettleAsRecorded(ticker, is_open));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::int64_t> Cash(const Signer& account) {
    pb::GetBalanceResponse balance;
    EVX_RETURN_IF_ERROR(CallSigned(account, kExchangeService, "GetBalance", [&](auto* call) {
      return player_.stubs_.exchange->GetBalance(call, {}, &balance);
    }));
    return balance.cash_micros();
  }

  absl::Status Fund() {
    for (int role = 0; role < kRoleCount; ++role) {
      EVX_ASSIGN_OR_RETURN(const std::int64_t cash, Cash(Account(role)));
      if (cash >= kWorkingCapitalMicros) continue;
      ops_pb::DepositRequest deposit;
      deposit.mutable_account()->set_key_id(Account(role).key_id());
      deposit.set_amount_micros((kWorkingCapitalMicros - cash) / 10'000 * 10'000 + 10'000);
      ops_pb::DepositResponse response;
      EVX_RETURN_IF_ERROR(Operate("Deposit", [&](auto* call) {
        return player_.stubs_.operations->Deposit(call, deposit, &response);
      }));
    }
    return absl::OkStatus();
  }

  absl::Status PlayAll() {
    for (int role = 0; role < kRoleCount; ++role) {
      streams_[static_cast<std::size_t>(role)] = std::make_unique<OrderStreamClient>(
          *player_.stubs_.exchange, Account(role),
          [this](const pb::OrderStreamResponse& response) { OnAnswer(response); });
    }
    EVX_RETURN_IF_ERROR(CancelLeftOvers());
    const absl::Time begin = absl::Now();
    const std::int64_t first_ms = milliseconds_.front().time_ms;
    absl::Duration lag_sum;
    absl::Status status;
    for (const Millisecond& millisecond : milliseconds_) {
      if (stop_.load()) {
        status = absl::CancelledError("stopped");
        break;
      }
      if (player_.options_.virtual_clock) {
        status = AdvanceTo(millisecond.time_ms + shift_ms_);
      } else {
        const absl::Time due =
            begin + absl::Milliseconds(millisecond.time_ms - first_ms) / player_.options_.speed;
        SleepUntil(due);
        const absl::Duration lag = std::max(absl::ZeroDuration(), absl::Now() - due);
        summary_.lag_max = std::max(summary_.lag_max, lag);
        lag_sum += lag;
      }
      if (status.ok()) status = PlayOne(millisecond);
      if (!status.ok()) break;
    }
    summary_.lag_mean = lag_sum / static_cast<double>(milliseconds_.size());
    if (!status.ok()) static_cast<void>(Execute(planner_.PlanCancelAll()));
    for (auto& stream : streams_) stream.reset();
    return status;
  }

  // What a run that was killed has left in other markets.
  absl::Status CancelLeftOvers() {
    pb::OrderStreamRequest cancel;
    cancel.mutable_cancel_all_orders();
    for (auto& stream : streams_) {
      if (!stream->Send(cancel)) return Unavailable("an order stream has ended");
      EVX_RETURN_IF_ERROR(stream->WaitForAnswers());
    }
    return absl::OkStatus();
  }

  void SleepUntil(absl::Time due) const {
    constexpr absl::Duration kStopCheck = absl::Milliseconds(200);
    while (!stop_.load()) {
      const absl::Duration left = due - absl::Now();
      if (left <= absl::ZeroDuration()) return;
      absl::SleepFor(std::min(left, kStopCheck));
    }
  }

  absl::Status AdvanceTo(std::int64_t time_ms) {
    if (time_ms <= clock_ms_) return absl::OkStatus();
    clock_ms_ = time_ms;
    ops_pb::AdvanceClockRequest request;
    SetMillis(*request.mutable_target_time(), time_ms);
    ops_pb::AdvanceClockResponse response;
    return Operate("AdvanceClock", [&](auto* call) {
      return player_.stubs_.operations->AdvanceClock(call, request, &response);
    });
  }

  absl::Status PlayOne(const Millisecond& millisecond) {
    const auto before = planner_.recorded_book();
    const auto commands = planner_.Plan(millisecond);
    EVX_RETURN_IF_ERROR(Execute(commands));
    ReplayedMillisecond replayed;
    replayed.time_ms = millisecond.time_ms;
    replayed.trades = millisecond.trades;
    replayed.levels = Changes(before, planner_.recorded_book());
    {
      const std::lock_guard lock(mutex_);
      replayed.sequence_numbers = std::move(sequence_numbers_);
      sequence_numbers_.clear();
    }
    std::sort(replayed.sequence_numbers.begin(), replayed.sequence_numbers.end());
    if (replayed.sequence_numbers.empty()) replayed.sequence_numbers.push_back(last_sequence_);
    last_sequence_ = replayed.sequence_numbers.back();
    checker_->OnMillisecond(std::move(replayed));
    return absl::OkStatus();
  }

  static std::vector<std::pair<LevelKey, std::int64_t>> Changes(
      const std::map<LevelKey, std::int64_t>& before,
      const std::map<LevelKey, std::int64_t>& after) {
    std::vector<std::pair<LevelKey, std::int64_t>> changes;
    for (const auto& [level, quantity] : after) {
      const auto found = before.find(level);
      if (found == before.end() || found->second != quantity) changes.emplace_back(level, quantity);
    }
    for (const auto& [level, quantity] : before) {
      if (!after.contains(level)) changes.emplace_back(level, 0);
    }
    return changes;
  }

  // Sends the commands of each epoch together and waits for their answers.
  absl::Status Execute(const std::vector<PlannedCommand>& commands) {
    for (std::size_t begin = 0; begin < commands.size();) {
      std::size_t end = begin;
      std::array<bool, kRoleCount> used{};
      while (end < commands.size() && commands[end].epoch == commands[begin].epoch) {
        EVX_ASSIGN_OR_RETURN(const Role role, Send(commands[end]));
        used[role] = true;
        ++end;
      }
      for (std::size_t role = 0; role < kRoleCount; ++role) {
        if (used[role]) EVX_RETURN_IF_ERROR(streams_[role]->WaitForAnswers());
      }
      begin = end;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Role> Send(const PlannedCommand& command) {
    using Kind = PlannedCommand::Kind;
    const bool is_bid = command.level.side == BookSide::kBid;
    Role role = is_bid ? kBidMaker : kAskMaker;
    pb::OrderStreamRequest request;
    request.set_request_id(command.handle);
    switch (command.kind) {
      case Kind::kTake:
        role = is_bid ? kBuyer : kSeller;
        [[fallthrough]];
      case Kind::kRest: {
        pb::CreateOrderRequest& order = *request.mutable_create_order();
        order.set_market_ticker(market_ticker_);
        order.set_side(ToProto(command.level.side));
        order.set_price_micros(command.level.price_micros);
        order.set_quantity_centis(command.quantity_centis);
        order.set_client_order_id(std::to_string(start_ms_) + ":" +
                                  std::to_string(++order_number_));
        order.set_post_only(command.kind == Kind::kRest);
        order.set_time_in_force(command.kind == Kind::kRest
                                    ? common_pb::TIME_IN_FORCE_GOOD_TILL_CANCELED
                                    : common_pb::TIME_IN_FORCE_IMMEDIATE_OR_CANCEL);
        break;
      }
      case Kind::kCancel:
        request.mutable_cancel_order()->set_order_id(OrderIdOf(command.handle));
        break;
      case Kind::kDecrease:
        request.mutable_decrease_order()->set_order_id(OrderIdOf(command.handle));
        request.mutable_decrease_order()->set_reduce_to_centis(command.quantity_centis);
        break;
    }
    ++summary_.command_count;
    if (!streams_[role]->Send(request)) return Unavailable("an order stream has ended");
    return role;
  }

  std::string OrderIdOf(std::int64_t handle) {
    const std::lock_guard lock(mutex_);
    const auto found = order_ids_.find(handle);
    if (found == order_ids_.end()) return {};
    return found->second;
  }

  // On a stream's thread.
  void OnAnswer(const pb::OrderStreamResponse& response) {
    const std::lock_guard lock(mutex_);
    if (response.sequence_number() > 0) sequence_numbers_.push_back(response.sequence_number());
    if (response.has_create_order() && response.request_id() > 0) {
      order_ids_[response.request_id()] = response.create_order().order_id();
    } else if (response.has_cancel_order()) {
      order_ids_.erase(response.request_id());
    } else if (response.has_refusal()) {
      ++summary_.refused_count;
      Log(kWarning, "Replay command refused.",
          {{"market_ticker", market_ticker_},
           {"reason", response.refusal().reason()},
           {"message", response.refusal().message()}});
    }
  }

  // Closes the market, sets the recorded outcome, and compares what the accounts are paid.
  absl::Status Settle() {
    if (player_.options_.virtual_clock) {
      EVX_RETURN_IF_ERROR(AdvanceTo(recording_.close_time_ms + shift_ms_ + kCloseDelayMs));
    } else {
      EVX_RETURN_IF_ERROR(Close(market_ticker_));
    }
    EVX_RETURN_IF_ERROR(Determine(market_ticker_));
    std::int64_t before = 0;
    for (int role = 0; role < kRoleCount; ++role) {
      EVX_ASSIGN_OR_RETURN(const std::int64_t cash, Cash(Account(role)));
      EVX_ASSIGN_OR_RETURN(const std::int64_t position, Position(Account(role)));
      before += cash;
      const std::int64_t value = position > 0 ? recording_.settlement_value_micros
                                              : 1'000'000 - recording_.settlement_value_micros;
      summary_.expected_payout_micros += std::abs(position) * (value / 100);
    }
    EVX_RETURN_IF_ERROR(Pay(market_ticker_));
    std::int64_t after = 0;
    for (int role = 0; role < kRoleCount; ++role) {
      EVX_ASSIGN_OR_RETURN(const std::int64_t cash, Cash(Account(role)));
      after += cash;
    }
    summary_.payout_micros = after - before;
    return absl::OkStatus();
  }

  // Ends a market that will not be played to its end.
  absl::Status SettleAsRecorded(const std::string& ticker, bool is_open) {
    if (is_open) EVX_RETURN_IF_ERROR(Close(ticker));
    EVX_RETURN_IF_ERROR(Determine(ticker));
    return Pay(ticker);
  }

  absl::Status Close(const std::string& ticker) {
    ops_pb::CloseMarketRequest close;
    close.set_market_ticker(ticker);
    ops_pb::CloseMarketResponse closed;
    return Operate("CloseMarket", [&](auto* call) {
      return player_.stubs_.operations->CloseMarket(call, close, &closed);
    });
  }

  absl::Status Determine(const std::string& ticker) {
    ops_pb::DetermineMarketRequest determine;
    determine.set_market_ticker(ticker);
    determine.set_result(recording_.result == RecordedResult::kYes ? common_pb::MARKET_RESULT_YES
                         : recording_.result == RecordedResult::kNo
                             ? common_pb::MARKET_RESULT_NO
                             : common_pb::MARKET_RESULT_SCALAR);
    determine.set_settlement_value_micros(recording_.settlement_value_micros);
    determine.set_expiration_value(recording_.expiration_value);
    ops_pb::DetermineMarketResponse determined;
    return Operate("DetermineMarket", [&](auto* call) {
      return player_.stubs_.operations->DetermineMarket(call, determine, &determined);
    });
  }

  absl::Status Pay(const std::string& ticker) {
    ops_pb::SettleMarketRequest settle;
    settle.set_market_ticker(ticker);
    ops_pb::SettleMarketResponse settled;
    return Operate("SettleMarket", [&](auto* call) {
      return player_.stubs_.operations->SettleMarket(call, settle, &settled);
    });
  }

  absl::StatusOr<std::int64_t> Position(const Signer& account) {
    pb::ListPositionsRequest request;
    request.set_market_ticker(market_ticker_);
    pb::ListPositionsResponse response;
    EVX_RETURN_IF_ERROR(CallSigned(account, kExchangeService, "ListPositions", [&](auto* call) {
      return player_.stubs_.exchange->ListPositions(call, request, &response);
    }));
    return response.positions_size() == 0 ? 0 : response.positions(0).position_centis();
  }

  const RecordedPlayer& player_;
  const Recording& recording_;
  const std::atomic<bool>& stop_;
  std::vector<Millisecond> milliseconds_;
  std::int64_t shift_ms_ = 0;
  std::int64_t clock_ms_ = 0;
  // Wall time: makes the client order ids of this run its own.
  const std::int64_t start_ms_ = SystemClock().Now().millis();
  std::string market_ticker_;
  ReplayPlanner planner_;
  BookChecker* checker_ = nullptr;
  std::array<std::unique_ptr<OrderStreamClient>, kRoleCount> streams_;
  std::int64_t order_number_ = 0;
  std::int64_t last_sequence_ = 0;

  std::mutex mutex_;  // Of what the streams' threads write.
  std::unordered_map<std::int64_t, std::string> order_ids_;
  std::vector<std::int64_t> sequence_numbers_;
  ReplaySummary summary_;
};

RecordedPlayer::RecordedPlayer(Options options, ExchangeStubs& stubs,
                               std::vector<std::shared_ptr<Signer>> accounts,
                               std::shared_ptr<Signer> operator_key)
    : options_(std::move(options)),
      stubs_(stubs),
      accounts_(std::move(accounts)),
      operator_(std::move(operator_key)) {
  EVX_CHECK(accounts_.size() >= kRoleCount);
}

absl::StatusOr<ReplaySummary> RecordedPlayer::Play(const Recording& recording,
                                                   const std::atomic<bool>& stop) {
  Session session(*this, recording, stop);
  return session.Run();
}

}  // namespace evx::flow
