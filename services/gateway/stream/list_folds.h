#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "stream/stream_fold.h"

namespace evx::gateway {

// Trades of one market. Those that are told before the history is known belong behind it.
class TradesFold final : public StreamFold {
 public:
  static constexpr std::size_t kKeptMax = 100;

  explicit TradesFold(bool needs_history) : has_state_(!needs_history) {}

  bool has_state() const override { return has_state_; }
  // Trades that came behind the newest of these stay.
  void Set(const v1::InitialState& state) override;
  void Apply(const v1::ServerMessage& change) override;
  bool has_news() const override { return !news_.trades().empty(); }
  void TakeNews(v1::ServerMessage& message) override;
  void DropNews() override { news_.Clear(); }
  void State(v1::InitialState& state) const override;

 private:
  // False: it is known.
  bool Add(const v1::Trade& trade);

  bool has_state_;
  std::deque<v1::Trade> trades_;  // Oldest first.
  absl::flat_hash_set<std::string> ids_;
  v1::Trades news_;
};

// The newest lines of the log.
class LogFold final : public StreamFold {
 public:
  static constexpr int kKeptMax = 200;

  bool has_state() const override { return true; }
  void Set(const v1::InitialState& state) override;
  void Apply(const v1::ServerMessage& change) override;
  bool has_news() const override { return !news_.lines().empty(); }
  void TakeNews(v1::ServerMessage& message) override;
  void DropNews() override { news_.Clear(); }
  void State(v1::InitialState& state) const override;

 private:
  std::deque<v1::LogLine> lines_;
  v1::Log news_;
};

// The services: the newest is all there is.
class HealthFold final : public StreamFold {
 public:
  bool has_state() const override { return has_state_; }
  void Set(const v1::InitialState& state) override;
  void Apply(const v1::ServerMessage& change) override;
  bool has_news() const override { return is_new_; }
  void TakeNews(v1::ServerMessage& message) override;
  void DropNews() override { is_new_ = false; }
  void State(v1::InitialState& state) const override { *state.mutable_health() = health_; }

 private:
  bool has_state_ = false;
  bool is_new_ = false;
  v1::Health health_;
};

// The player: the newest is all there is; closed at first.
class PlayerFold final : public StreamFold {
 public:
  PlayerFold() { player_.set_state(v1::PLAYER_STATE_CLOSED); }

  bool has_state() const override { return true; }
  void Set(const v1::InitialState& state) override;
  void Apply(const v1::ServerMessage& change) override;
  bool has_news() const override { return is_new_; }
  void TakeNews(v1::ServerMessage& message) override;
  void DropNews() override { is_new_ = false; }
  void State(v1::InitialState& state) const override { *state.mutable_player() = player_; }

 private:
  bool is_new_ = false;
  v1::Player player_;
};

}  // namespace evx::gateway
