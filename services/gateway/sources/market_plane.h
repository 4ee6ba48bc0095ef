#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "door/request_handler.h"
#include "evx/core/clock.h"
#include "evx/kalshi_client/kalshi_client.h"
#include "evx/service/health.h"
#include "sources/catalogue.h"
#include "sources/feed_watch.h"
#include "sources/market_books.h"
#include "sources/market_requests.h"
#include "sources/missing_books.h"
#include "sources/player.h"
#include "sources/source_counters.h"
#include "sources/topic_reader.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// Everything that tells of markets, as one part of the process:
//
//   Kafka (evx.md.*, evx.replay.*, evx.errors.v1) -> TopicReader -> StreamPublisher
//   order-book-rebuilder -> MissingBooks, ReplayControl -> StreamPublisher
//   exchange (REST, StreamEvents) -> Catalogue -> StreamPublisher
//   requests of clients -> MarketRequests -> exchange, market-data-server, order-book-rebuilder
//
// Thread-safe; nothing here waits. Whatever is away when it starts is waited for.
class MarketPlane {
 public:
  struct Options {
    std::string kafka_brokers;
    std::string exchange_url;
    std::string exchange_addr;
    std::string candles_addr;
    std::string books_addr;
  };

  // The references must outlive it.
  static absl::StatusOr<std::unique_ptr<MarketPlane>> Start(const Options& options,
                                                            const Clock& clock,
                                                            StreamPublisher& publisher,
                                                            SourceCounters& counters);

  // As Catalogue::Knows.
  std::optional<bool> Knows(std::string_view ticker) const { return catalogue_->Knows(ticker); }
  void OnWanted(const std::string& stream) { requests_->OnWanted(stream); }
  // As MarketRequests::Handle.
  bool Handle(const Session& session, const v1::ClientMessage& request, AnswerFunction& answer) {
    return requests_->Handle(session, request, answer);
  }
  // A round of health, by one thread: books that nobody feeds are told as in doubt.
  void OnHealth(const v1::Health& health) { books_.SetFed(feed_watch_.Take(health)); }
  // While the components live, health tells whether catalogue and topics are as of now.
  std::vector<service::Health::Component> Watch(service::Health& health);

 private:
  explicit MarketPlane(StreamPublisher& publisher) : books_(publisher) {}

  std::unique_ptr<kalshi_client::KalshiClient> client_;
  MarketBooks books_;
  FeedWatch feed_watch_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<TopicReader> topics_;
  std::unique_ptr<MissingBooks> missing_;
  std::unique_ptr<ReplayControl> player_;
  std::unique_ptr<MarketRequests> requests_;
};

}  // namespace evx::gateway
