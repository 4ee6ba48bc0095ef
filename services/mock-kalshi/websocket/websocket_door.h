#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/net/http_server.h"
#include "evx/telemetry/metrics.h"
#include "exchange/exchange_context.h"
#include "rest/rest_router.h"
#include "websocket/feed_encoder.h"
#include "websocket/feed_hub.h"

namespace evx::mock_kalshi {

// The WebSocket API at /trade-api/ws/v2, a route of the REST listener.
//
// A released record passes through the encoder (release thread), which writes each message once;
// after each group of records the batch goes to every I/O thread, whose hub puts it into the queues
// of the connections that subscribe; each connection sends what it got at the end of the turn, and
// before that whenever it has 16 KiB.
//
//   release thread: read model -> FeedEncoder -> FeedBatch -> | -> I/O thread: FeedHub -> sessions
//
// Made before the exchange, so that it sees every record; Connect and Attach follow as the parts
// come up. Outlives the HTTP server.
class WebSocketDoor {
 public:
  // Of one account, at the same time; accounts of the unlimited tier excepted. Source: the venue's
  // default.
  static constexpr std::uint32_t kConnectionsPerAccountMax = 200;
  // What may wait for one I/O thread; beyond it the thread's subscriptions end with error 10.
  static constexpr std::size_t kBacklogBytesMax = std::size_t{64} << 20;
  static constexpr std::size_t kMessageBytesMax = std::size_t{64} << 20;

  explicit WebSocketDoor(int thread_count);
  ~WebSocketDoor();

  // For the exchange's start: the encoder as listener and observer, and the end of each group.
  FeedEncoder& encoder() { return encoder_; }
  void OnRelease();

  void Connect(const ExchangeContext& context);
  void AddRoute(RestRouter& router);
  static net::WebSocketOptions SessionOptions();
  // Between the server's start and its end. The server has thread_count threads.
  void Attach(net::HttpServer& server);
  void Detach();

  void Watch(telemetry::Registry& registry);

 private:
  struct Thread {
    std::unique_ptr<FeedHub> hub;
    std::atomic<std::size_t> backlog_bytes = 0;
    std::atomic<bool> is_failing = false;
  };

  void Accept(RestRequest& request, RestReply reply);
  bool TakePlace(const Principal& principal);
  void ReturnPlace(AccountId account);
  void Publish(const std::shared_ptr<const FeedBatch>& batch);
  void Post(int thread, std::function<void()> task);
  bool AskSnapshots(const SnapshotTarget& target, std::vector<MarketId> markets);
  double Sum(double (*read)(const FeedCounters&)) const;

  FeedDemand demand_;
  FeedEncoder encoder_;
  const ExchangeContext* context_ = nullptr;
  std::vector<std::unique_ptr<Thread>> threads_;

  std::mutex server_mutex_;
  net::HttpServer* server_ = nullptr;
  // Batches from before there was a server.
  std::vector<std::shared_ptr<const FeedBatch>> waiting_;

  std::mutex places_mutex_;
  absl::flat_hash_map<AccountId, std::uint32_t> places_;
};

}  // namespace evx::mock_kalshi
