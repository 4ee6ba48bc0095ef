#include "sources/market_plane.h"

#include "evx/core/status.h"

namespace evx::gateway {

absl::StatusOr<std::unique_ptr<MarketPlane>> MarketPlane::Start(const Options& options,
                                                                const Clock& clock,
                                                                StreamPublisher& publisher,
                                                                SourceCounters& counters) {
  std::unique_ptr<MarketPlane> plane(new MarketPlane(publisher));
  EVX_ASSIGN_OR_RETURN(plane->client_, kalshi_client::KalshiClient::Create(
                                           {.base_url = options.exchange_url}, clock));
  EVX_ASSIGN_OR_RETURN(plane->catalogue_, Catalogue::Start(options.exchange_addr, *plane->client_,
                                                           clock, publisher, counters));
  plane->topics_ =
      std::make_unique<TopicReader>(options.kafka_brokers, plane->books_, publisher, counters);
  EVX_ASSIGN_OR_RETURN(
      plane->missing_,
      MissingBooks::Start(
          options.books_addr, [&catalogue = *plane->catalogue_] { return catalogue.Tickers(); },
          plane->books_, counters));
  EVX_ASSIGN_OR_RETURN(plane->player_,
                       ReplayControl::Start(options.books_addr, publisher,
                                            [&topics = *plane->topics_] { topics.ResetReplay(); }));
  EVX_ASSIGN_OR_RETURN(plane->requests_,
                       MarketRequests::Start(options.candles_addr, *plane->catalogue_,
                                             *plane->client_, *plane->player_, publisher));
  return plane;
}

std::vector<service::Health::Component> MarketPlane::Watch(service::Health& health) {
  std::vector<service::Health::Component> components;
  components.push_back(health.AddCheck("catalogue", service::Impact::kReadiness,
                                       [this] { return catalogue_->status(); }));
  components.push_back(health.AddCheck("kafka", service::Impact::kReadiness, [this] {
    EVX_RETURN_IF_ERROR(topics_->status());
    return topics_->read_up() ? absl::OkStatus() : Unavailable("the topics are not read up");
  }));
  components.push_back(
      health.AddCheck("books", service::Impact::kNone, [this] { return missing_->status(); }));
  return components;
}

}  // namespace evx::gateway
