#include "stream/stream_fold.h"

#include "evx/core/check.h"
#include "stream/book_fold.h"
#include "stream/list_folds.h"
#include "stream/markets_fold.h"
#include "stream/portfolio_fold.h"

namespace evx::gateway {

std::unique_ptr<StreamFold> MakeFold(const StreamName& name) {
  switch (name.kind) {
    case StreamKind::kMarkets:
      return std::make_unique<MarketsFold>();
    case StreamKind::kBook:
    case StreamKind::kReplayBook:
      return std::make_unique<BookFold>(name.ticker);
    case StreamKind::kTrades:
      return std::make_unique<TradesFold>(/*needs_history=*/true);
    case StreamKind::kReplayTrades:
      return std::make_unique<TradesFold>(/*needs_history=*/false);
    case StreamKind::kPortfolio:
      return std::make_unique<PortfolioFold>();
    case StreamKind::kHealth:
      return std::make_unique<HealthFold>();
    case StreamKind::kLog:
      return std::make_unique<LogFold>();
    case StreamKind::kPlayer:
      return std::make_unique<PlayerFold>();
  }
  EVX_CHECK(false);
}

}  // namespace evx::gateway
