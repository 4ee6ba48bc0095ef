#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "stream/stream_fold.h"

namespace evx::gateway {

// The account of one user.
class PortfolioFold final : public StreamFold {
 public:
  static constexpr std::size_t kFillsMax = 100;

  bool has_state() const override { return has_state_; }
  void Set(const v1::InitialState& state) override;
  void Apply(const v1::ServerMessage& change) override;
  bool has_news() const override { return is_new_; }
  void TakeNews(v1::ServerMessage& message) override;
  void DropNews() override;
  void State(v1::InitialState& state) const override;

 private:
  using PositionKey = std::pair<std::string, std::int32_t>;  // Market and subaccount.

  void Put(const exchange::v1::Position& position);
  void Put(const exchange::v1::Order& order);
  void Put(const v1::QueuePosition& place);
  void AddFill(const exchange::v1::Fill& fill);

  bool has_state_ = false;
  v1::Balance balance_;
  std::map<PositionKey, exchange::v1::Position> positions_;
  std::map<std::string, exchange::v1::Order> orders_;
  std::map<std::string, v1::QueuePosition> places_;
  std::deque<exchange::v1::Fill> fills_;  // Newest first.
  std::int64_t sequence_number_ = 0;
  bool is_new_ = false;
  v1::PortfolioUpdate news_;
};

}  // namespace evx::gateway
