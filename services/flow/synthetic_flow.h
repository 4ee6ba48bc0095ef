#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "exchange_client.h"
#include "probe.h"
#include "synthetic_agents.h"

namespace evx::flow {

// Synthetic agents in the open markets of the catalogue, but not in replays and not in markets that
// belong to others (the market maker's, the scripted one). One thread, a step a second: the markets
// that close within the hour take part in each, the others by turns, about 40 a step, so that the
// load does not grow with the catalogue. Quotes are renewed at their seventh turn at the latest and
// expire by themselves soon after it, so none outlives this process for long.
class SyntheticFlow {
 public:
  struct Options {
    std::uint32_t market_count_max = 400;
    std::uint64_t seed = 1;
  };

  // Four kinds of agents share the accounts: with four of them each has one. Everything passed
  // outlives this.
  SyntheticFlow(Options options, ExchangeStubs& stubs,
                std::vector<std::shared_ptr<Signer>> accounts, std::shared_ptr<Signer> operator_key,
                Probe& probe);
  // Cancels the quotes.
  ~SyntheticFlow();

 private:
  struct Market {
    MarketAgents agents;
    std::int64_t phase = 0;  // Its place in the rotation.
    MarketView view = {};
    bool closes_soon = false;
    bool is_new = true;
  };

  void Run();
  absl::Status Trade();
  absl::Status Fund();
  absl::Status FindMarkets();
  // Steps between two turns of a market.
  std::int64_t TurnOf(const Market& market) const;
  absl::Status StepMarket(const std::string& ticker, Market& market);
  absl::Status Send(const std::string& ticker, const AgentOrder& order, std::int64_t expiration);
  bool Pause(absl::Duration duration);
  OrderStreamClient& StreamOf(AgentOrder::Agent agent);

  const Options options_;
  ExchangeStubs& stubs_;
  const std::vector<std::shared_ptr<Signer>> accounts_;
  const std::shared_ptr<Signer> operator_;
  Probe& probe_;
  std::vector<std::unique_ptr<OrderStreamClient>> streams_;  // By account.
  std::map<std::string, Market> markets_;
  std::int64_t request_number_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace evx::flow
