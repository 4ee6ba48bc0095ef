#include "websocket/websocket_door.h"

#include <utility>

#include "evx/core/check.h"
#include "websocket/feed_session.h"

namespace evx::mock_kalshi {

WebSocketDoor::WebSocketDoor(int thread_count) : encoder_(demand_) {
  for (int i = 0; i < thread_count; ++i) threads_.push_back(std::make_unique<Thread>());
}

WebSocketDoor::~WebSocketDoor() = default;

void WebSocketDoor::Connect(const ExchangeContext& context) {
  context_ = &context;
  for (int i = 0; i < static_cast<int>(threads_.size()); ++i) {
    threads_[static_cast<std::size_t>(i)]->hub = std::make_unique<FeedHub>(
        i, FeedHub::Services{context, demand_,
                             [this, i](std::function<void()> task) { Post(i, std::move(task)); },
                             [this](const SnapshotTarget& target, std::vector<MarketId> markets) {
                               return AskSnapshots(target, std::move(markets));
                             }});
  }
  encoder_.Connect({context.read_model, context.wire_ids, context.catalogue_facts},
                   [this](std::shared_ptr<const FeedBatch> batch) { Publish(batch); });
}

void WebSocketDoor::OnRelease() { encoder_.Flush(); }

// ---- Handshake

void WebSocketDoor::AddRoute(RestRouter& router) {
  router.Add({net::HttpMethod::kGet, "/trade-api/ws/v2", "ConnectWebSocket", AuthRule::kRequired, 0,
              RateBucket::kRead, 0,
              [this](RestRequest& request, RestReply reply) { Accept(request, std::move(reply)); },
              /*has_faults=*/false});
}

net::WebSocketOptions WebSocketDoor::SessionOptions() {
  net::WebSocketOptions options;
  options.message_bytes_max = kMessageBytesMax;
  options.unsent_bytes_max = FeedSession::kUnsentBytesMax + FeedSession::kReplyBytesMax;
  return options;
}

void WebSocketDoor::Accept(RestRequest& request, RestReply reply) {
  const int thread = net::HttpServer::CurrentThread();
  EVX_CHECK(thread >= 0 && static_cast<std::size_t>(thread) < threads_.size());
  const Principal& principal = *request.principal;
  if (!TakePlace(principal)) {
    reply.Error(kalshi::MakeError(kalshi::error::kTooManyRequests,
                                  "too many WebSocket connections of this account"));
    return;
  }
  reply.Accept(request.http, std::make_unique<FeedSession>(
                                 *threads_[static_cast<std::size_t>(thread)]->hub, principal,
                                 [this, account = principal.account] { ReturnPlace(account); }));
}

bool WebSocketDoor::TakePlace(const Principal& principal) {
  const std::lock_guard lock(places_mutex_);
  std::uint32_t& count = places_[principal.account];
  if (count >= kConnectionsPerAccountMax && principal.tier != venue::UsageTier::kUnlimited) {
    return false;
  }
  ++count;
  return true;
}

void WebSocketDoor::ReturnPlace(AccountId account) {
  const std::lock_guard lock(places_mutex_);
  const auto found = places_.find(account);
  if (--found->second == 0) places_.erase(found);
}

// ---- From the release thread to the I/O threads

void WebSocketDoor::Attach(net::HttpServer& server) {
  std::vector<std::shared_ptr<const FeedBatch>> waiting;
  const std::lock_guard lock(server_mutex_);
  server_ = &server;
  waiting.swap(waiting_);
  for (const auto& batch : waiting) {
    for (int i = 0; i < static_cast<int>(threads_.size()); ++i) {
      server_->PostToThread(
          i, [this, i, batch] { threads_[static_cast<std::size_t>(i)]->hub->Deliver(*batch); });
    }
  }
}

void WebSocketDoor::Detach() {
  const std::lock_guard lock(server_mutex_);
  server_ = nullptr;
}

void WebSocketDoor::Post(int thread, std::function<void()> task) {
  const std::lock_guard lock(server_mutex_);
  if (server_ != nullptr) server_->PostToThread(thread, std::move(task));
}

void WebSocketDoor::Publish(const std::shared_ptr<const FeedBatch>& batch) {
  const std::lock_guard lock(server_mutex_);
  if (server_ == nullptr) {
    waiting_.push_back(batch);
    return;
  }
  const std::size_t bytes = batch->bytes();
  for (int i = 0; i < static_cast<int>(threads_.size()); ++i) {
    Thread& thread = *threads_[static_cast<std::size_t>(i)];
    if (thread.backlog_bytes.load() + bytes > kBacklogBytesMax) {
      // Whoever subscribes after that reads a position that has what is lost.
      if (thread.is_failing.exchange(true)) continue;
      server_->PostToThread(i, [&thread] {
        thread.hub->EndAll();
        thread.is_failing.store(false);
      });
      continue;
    }
    thread.backlog_bytes.fetch_add(bytes);
    server_->PostToThread(i, [&thread, batch, bytes] {
      thread.backlog_bytes.fetch_sub(bytes);
      thread.hub->Deliver(*batch);
    });
  }
}

bool WebSocketDoor::AskSnapshots(const SnapshotTarget& target, std::vector<MarketId> markets) {
  return context_->sequencer
      .Ask([this, target, markets = std::move(markets)](const venue::Exchange&) {
        return [this, target, markets] { encoder_.AddSnapshots(target, markets); };
      })
      .ok();
}

// ---- Metrics

double WebSocketDoor::Sum(double (*read)(const FeedCounters&)) const {
  double sum = 0;
  for (const auto& thread : threads_) {
    if (thread->hub != nullptr) sum += read(thread->hub->counters());
  }
  return sum;
}

void WebSocketDoor::Watch(telemetry::Registry& registry) {
  registry.AddCallbackGauge("evx_exchange_websocket_connections",
                            "WebSocket connections that are open.",
                            [this] { return static_cast<double>(demand_.sessions.load()); });
  registry.AddCallbackGauge("evx_exchange_websocket_subscriptions",
                            "Channels that WebSocket connections subscribe to.", [this] {
                              return Sum([](const FeedCounters& counters) {
                                return static_cast<double>(counters.subscriptions.load());
                              });
                            });
  registry.AddCallbackCounter("evx_exchange_websocket_messages_total",
                              "Messages queued for WebSocket connections.", [this] {
                                return Sum([](const FeedCounters& counters) {
                                  return static_cast<double>(counters.messages.load());
                                });
                              });
  registry.AddCallbackCounter("evx_exchange_websocket_overflows_total",
                              "Subscriptions that ended because their client was too slow.",
                              [this] {
                                return Sum([](const FeedCounters& counters) {
                                  return static_cast<double>(counters.overflows.load());
                                });
                              });
  registry.AddCallbackCounter("evx_exchange_websocket_slow_consumers_cut_total",
                              "WebSocket connections that were cut because they stayed too slow.",
                              [this] {
                                return Sum([](const FeedCounters& counters) {
                                  return static_cast<double>(counters.slow_consumers_cut.load());
                                });
                              });
}

}  // namespace evx::mock_kalshi
