#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "door/request_handler.h"
#include "evx/kalshi_client/kalshi_client.h"
#include "rest/work_queue.h"
#include "sources/catalogue.h"
#include "sources/player.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// Answers what is asked of markets and recordings: GetMarket, ListTrades, ListCandles, OpenReplay,
// ControlReplay; and fetches the history of a trades stream that somebody wants. On threads of its
// own, because the answers come from other services. The player's buttons are pressed in the order
// in which they came. Thread-safe.
class MarketRequests {
 public:
  static constexpr int kThreadCount = 4;
  static constexpr std::size_t kWaitingMax = 1'000;
  static constexpr std::size_t kWaitingPressesMax = 100;
  static constexpr int kPageDefault = 100;
  static constexpr int kPageMax = 1'000;
  static constexpr int kHistoryTrades = 50;

  // The references must outlive it.
  static absl::StatusOr<std::unique_ptr<MarketRequests>> Start(const std::string& candles_addr,
                                                               Catalogue& catalogue,
                                                               kalshi_client::KalshiClient& client,
                                                               ReplayControl& player,
                                                               StreamPublisher& publisher);
  ~MarketRequests();

  // False: the request is none of these, and `answer` was not taken.
  bool Handle(const Session& session, const v1::ClientMessage& request, AnswerFunction& answer);
  // Fetches the history of the stream, if it is one of live trades. Does not wait.
  void OnWanted(const std::string& stream);

 private:
  struct Candles;
  MarketRequests(std::unique_ptr<Candles> candles, Catalogue& catalogue,
                 kalshi_client::KalshiClient& client, ReplayControl& player,
                 StreamPublisher& publisher);

  absl::StatusOr<v1::Answer> Answer(const v1::ClientMessage& request);
  absl::StatusOr<v1::Answer> ListTrades(const std::string& ticker, int page_size,
                                        const std::string& page_token);
  absl::StatusOr<v1::Answer> ListCandles(const v1::ListCandles& request);
  void FetchHistory(const std::string& ticker);

  const std::unique_ptr<Candles> candles_;
  Catalogue& catalogue_;
  kalshi_client::KalshiClient& client_;
  ReplayControl& player_;
  StreamPublisher& publisher_;
  WorkQueue workers_{{.thread_count = kThreadCount, .waiting_max = kWaitingMax}};
  // A way through a recording may take long; nobody else waits for it.
  WorkQueue presses_{{.thread_count = 1, .waiting_max = kWaitingPressesMax}};
};

}  // namespace evx::gateway
