#pragma once

#include <map>
#include <set>
#include <string>

#include "stream/stream_fold.h"

namespace evx::gateway {

// The table of markets.
class MarketsFold final : public StreamFold {
 public:
  bool has_state() const override { return has_state_; }
  // Prices that are known already stay where the new row has none, or older ones.
  void Set(const v1::InitialState& state) override;
  void Apply(const v1::ServerMessage& change) override;
  bool has_news() const override { return !new_markets_.empty() || !new_tickers_.empty(); }
  void TakeNews(v1::ServerMessage& message) override;
  void DropNews() override;
  void State(v1::InitialState& state) const override;

 private:
  bool has_state_ = false;
  std::map<std::string, v1::MarketRow> rows_;  // By ticker.
  std::set<const v1::MarketRow*> new_markets_;
  std::set<const v1::MarketRow*> new_tickers_;
};

}  // namespace evx::gateway
