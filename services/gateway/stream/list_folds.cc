#include "stream/list_folds.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::gateway {

// ---- Trades

void TradesFold::Set(const v1::InitialState& state) {
  EVX_CHECK(state.has_trades());
  DropNews();
  const std::deque<v1::Trade> behind = std::exchange(trades_, {});
  ids_.clear();
  for (const v1::Trade& trade : state.trades().trades()) Add(trade);
  for (const v1::Trade& trade : behind) Add(trade);
  has_state_ = true;
}

void TradesFold::Apply(const v1::ServerMessage& change) {
  EVX_CHECK(change.has_trades());
  for (const v1::Trade& trade : change.trades().trades()) {
    if (Add(trade)) *news_.add_trades() = trade;
  }
}

bool TradesFold::Add(const v1::Trade& trade) {
  if (!ids_.insert(trade.trade_id()).second) return false;
  trades_.push_back(trade);
  if (trades_.size() > kKeptMax) {
    ids_.erase(trades_.front().trade_id());
    trades_.pop_front();
  }
  return true;
}

void TradesFold::TakeNews(v1::ServerMessage& message) {
  *message.mutable_trades() = std::move(news_);
  news_ = {};
}

void TradesFold::State(v1::InitialState& state) const {
  v1::Trades& trades = *state.mutable_trades();
  for (const v1::Trade& trade : trades_) *trades.add_trades() = trade;
}

// ---- Log

void LogFold::Set(const v1::InitialState& state) {
  EVX_CHECK(state.has_log());
  DropNews();
  lines_.assign(state.log().lines().begin(), state.log().lines().end());
  while (lines_.size() > kKeptMax) lines_.pop_front();
}

void LogFold::Apply(const v1::ServerMessage& change) {
  EVX_CHECK(change.has_log());
  for (const v1::LogLine& line : change.log().lines()) {
    *news_.add_lines() = line;
    lines_.push_back(line);
    if (lines_.size() > kKeptMax) lines_.pop_front();
  }
}

void LogFold::TakeNews(v1::ServerMessage& message) {
  *message.mutable_log() = std::move(news_);
  news_ = {};
}

void LogFold::State(v1::InitialState& state) const {
  v1::Log& log = *state.mutable_log();
  for (const v1::LogLine& line : lines_) *log.add_lines() = line;
}

// ---- Health

void HealthFold::Set(const v1::InitialState& state) {
  EVX_CHECK(state.has_health());
  health_ = state.health();
  has_state_ = true;
  is_new_ = false;
}

void HealthFold::Apply(const v1::ServerMessage& change) {
  EVX_CHECK(change.has_update_health());
  health_ = change.update_health();
  has_state_ = true;
  is_new_ = true;
}

void HealthFold::TakeNews(v1::ServerMessage& message) {
  *message.mutable_update_health() = health_;
  is_new_ = false;
}

// ---- Player

void PlayerFold::Set(const v1::InitialState& state) {
  EVX_CHECK(state.has_player());
  player_ = state.player();
  is_new_ = false;
}

void PlayerFold::Apply(const v1::ServerMessage& change) {
  EVX_CHECK(change.has_player());
  player_ = change.player();
  is_new_ = true;
}

void PlayerFold::TakeNews(v1::ServerMessage& message) {
  *message.mutable_player() = player_;
  is_new_ = false;
}

}  // namespace evx::gateway
