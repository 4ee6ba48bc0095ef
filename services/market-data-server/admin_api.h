#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "evx/kalshi/query.h"
#include "evx/kalshi_client/feed_client.h"
#include "evx/market_data/market_pipeline.h"
#include "evx/net/http_message.h"
#include "evx/service/ops_handler.h"
#include "leadership/leadership.h"
#include "probe.h"
#include "recent_errors.h"

namespace evx::market_data {

// What the admin API asks of the rest of the server; each may be called by any thread.
struct AdminSources {
  std::string source;
  std::function<kalshi_client::FeedStats()> feed;
  std::function<absl::Status()> publisher;  // Why nothing is published; OK: it is.
  std::function<absl::Status()> directory;  // Why there is no list of markets.
  std::function<std::size_t()> queue_bytes;
  std::function<void()> refresh_markets;
  // Nothing: the only server.
  std::function<std::optional<LeadershipView>()> leadership;
  const RecentErrors& errors;
};

// The HTTP side: the ops endpoints, and
//
//   GET  /api/admin/stats
//   GET  /api/admin/markets            ?limit=1..1000&cursor=
//   GET  /api/admin/markets/search     ?prefix=&limit=&cursor=
//   GET  /api/admin/markets/{ticker}
//   GET  /api/admin/orderbook/{ticker} ?depth=
//   GET  /api/admin/errors             ?limit=1..1000; the newest first
//   POST /api/admin/markets/refresh    202: the venue is asked for its markets within a second
//
// Answers are JSON; prices in micro-dollars, quantities in hundredths of a contract, hashes as 16
// hex digits. Errors have the form {"error":{"code":...,"message":...}}. Thread-safe.
class AdminApi {
 public:
  static constexpr int kLimitDefault = 100;
  static constexpr int kLimitMax = 1'000;

  // All references must outlive it.
  AdminApi(AdminSources sources, const MarketPipeline& pipeline, const Probe& probe,
           const service::OpsHandler& ops);

  net::HttpResponse Handle(const net::HttpRequest& request) const;
  // The body of /api/admin/stats.
  std::string Statistics() const;

 private:
  net::HttpResponse Markets(const kalshi::QueryString& query, bool takes_prefix) const;
  net::HttpResponse Errors(const kalshi::QueryString& query) const;
  net::HttpResponse Market(std::string_view ticker) const;
  net::HttpResponse OrderBook(std::string_view ticker, const kalshi::QueryString& query) const;

  const AdminSources sources_;
  const MarketPipeline& pipeline_;
  const Probe& probe_;
  const service::OpsHandler& ops_;
};

}  // namespace evx::market_data
