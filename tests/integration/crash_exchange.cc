#include "crash_exchange.h"

#include <future>
#include <utility>

#include "crash_report.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::integration {

absl::StatusOr<std::unique_ptr<CrashExchange>> CrashExchange::Start(
    const std::string& directory, std::uint64_t snapshot_interval) {
  auto exchange = std::make_unique<CrashExchange>();
  exchange->config_.data_dir = directory;
  exchange->config_.journal_segment_bytes = 1 << 20;
  exchange->config_.snapshot_interval = snapshot_interval;
  auto host = mock_kalshi::ExchangeHost::Start(exchange->config_,
                                               {exchange->clock_, [](const absl::Status&) {}, {}});
  EVX_RETURN_IF_ERROR(host.status());
  exchange->host_ = *std::move(host);
  exchange->host_->cursors().Set("test", SequenceNumber(0));
  return exchange;
}

void CrashExchange::Populate() {
  const Timestamp now = clock_.Now();
  const auto execute = [this](venue::Command command) {
    const mock_kalshi::Outcome outcome = sequencer().Execute(std::move(command));
    EVX_CHECK(outcome.status.ok() && !outcome.result.reject);
  };
  execute(venue::PutSeries{.ticker = venue::Ticker("CRASH")});
  for (std::uint32_t i = 1; i <= kMarketCount; ++i) {
    const venue::Ticker ticker("CRASH-" + std::to_string(i));
    execute(venue::PutEvent{.ticker = ticker, .series = SeriesId(1)});
    execute(venue::PutMarket{.ticker = ticker,
                             .event = EventId(i),
                             .price_level_structure = InlineString<40>("linear_cent"),
                             .open_time = now + absl::Seconds(-1),
                             .close_time = now + absl::Hours(24)});
  }
  for (std::uint32_t i = 1; i <= kAccountCount; ++i) {
    execute(venue::OpenAccount{.name = InlineString<64>("trader")});
    execute(venue::Deposit{.account = AccountId(i), .amount = Money::FromDollars(1'000'000)});
  }
}

void CrashExchange::Inspect(const std::function<void(const venue::Exchange&)>& inspect) {
  std::promise<void> done;
  EVX_CHECK(sequencer()
                .Ask([&](const venue::Exchange& exchange) {
                  inspect(exchange);
                  return [&done] { done.set_value(); };
                })
                .ok());
  done.get_future().wait();
}

}  // namespace evx::integration
