#include "catalogue/catalogue_roller.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::mock_kalshi {
namespace {

using telemetry::kWarning;
using telemetry::Log;

// Until the next try after the sequencer refused a command.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);
// Longest single wait; a wait that ends early only looks at the clock again.
constexpr absl::Duration kWaitMax = absl::Hours(1);

bool IsOver(venue::MarketStatus status) {
  switch (status) {
    case venue::MarketStatus::kInitialized:
    case venue::MarketStatus::kActive:
    case venue::MarketStatus::kInactive:
    case venue::MarketStatus::kClosed:
      return false;
    case venue::MarketStatus::kDetermined:
    case venue::MarketStatus::kDisputed:
    case venue::MarketStatus::kAmended:
    case venue::MarketStatus::kFinalized:
      return true;
  }
  return true;
}

void LogRefused(std::string_view what, std::string_view name, const Outcome& outcome) {
  Log(kWarning, "Catalogue command refused.",
      {{"command", what}, {"name", name}, {"reason", venue::Name(*outcome.result.reject)}});
}

}  // namespace

CatalogueRoller::CatalogueRoller() {
  for (auto& plan : StandardRollingSeries()) rolling_.push_back({std::move(plan), {}, 0});
}

CatalogueRoller::~CatalogueRoller() { Stop(); }

absl::Status CatalogueRoller::Start(const ExchangeContext& context) {
  context_ = &context;
  const Timestamp now = context.clock.Now();
  for (Rolling& rolling : rolling_) {
    EVX_RETURN_IF_ERROR(PutSeries(rolling));
    rolling.next_window = rolling.plan->FirstOpenAt(now);
  }
  Adopt();
  EVX_RETURN_IF_ERROR(Roll(now));
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void CatalogueRoller::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CatalogueRoller::OnRecord(const ReleasedRecord& record) {
  if (record.time.nanos() < next_due_nanos_.load(std::memory_order_relaxed)) return;
  {
    const std::lock_guard lock(mutex_);
    due_ = true;
  }
  changed_.notify_one();
}

absl::Status CatalogueRoller::PutSeries(Rolling& rolling) {
  const std::string ticker(rolling.plan->series().ticker.view());
  rolling.id = context_->read_model.Read([&](const ReadModel::State& state) {
    const SeriesState* series = state.FindSeries(ticker);
    return series == nullptr ? SeriesId() : series->series;
  });
  if (rolling.id) return absl::OkStatus();
  const Outcome outcome = context_->sequencer.Execute(rolling.plan->series());
  EVX_RETURN_IF_ERROR(outcome.status);
  if (outcome.result.reject) {
    return Internal("series " + ticker +
                    " refused: " + std::string(venue::Name(*outcome.result.reject)));
  }
  rolling.id = outcome.result.series;
  return absl::OkStatus();
}

void CatalogueRoller::Adopt() {
  struct Listed {
    MarketId market;
    SeriesId series;
    std::string ticker;
    std::int64_t window = 0;
  };
  std::vector<Listed> listed;
  context_->read_model.Read([&](const ReadModel::State& state) {
    for (const MarketState& market : state.markets) {
      if (!market.market || IsOver(market.status)) continue;
      const auto facts = context_->catalogue_facts.OfMarket(market.facts_json);
      if (!facts->catalogue_window) continue;
      listed.push_back(
          {market.market, state.At(market.event).series, market.ticker, *facts->catalogue_window});
    }
  });
  for (const Listed& market : listed) {
    for (const Rolling& rolling : rolling_) {
      if (rolling.id != market.series) continue;
      for (const PlannedEvent& event : rolling.plan->Plan(market.window)) {
        for (const PlannedMarket& planned : event.markets) {
          if (planned.put.ticker.view() == market.ticker) Remember(planned, market.market);
        }
      }
    }
  }
}

void CatalogueRoller::Remember(const PlannedMarket& planned, MarketId market) {
  if (!remembered_.insert(market).second) return;
  undetermined_.emplace(planned.determine_time,
                        Undetermined{market, planned.result, planned.expiration_value});
}

Timestamp CatalogueRoller::NextDue() const {
  Timestamp due = Timestamp::FromNanos(INT64_MAX);
  for (const Rolling& rolling : rolling_) {
    due = std::min(due, rolling.plan->ListTime(rolling.next_window));
  }
  return undetermined_.empty() ? due : std::min(due, undetermined_.begin()->first);
}

void CatalogueRoller::Run() {
  absl::Duration delay = absl::ZeroDuration();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const absl::Duration wait =
          std::max(delay, std::min(kWaitMax, context_->clock.WallTimeUntil(NextDue())));
      changed_.wait_for(
          lock, absl::ToChronoMicroseconds(wait) + std::chrono::microseconds(1),
          [this, &delay] { return stopping_ || (due_ && delay == absl::ZeroDuration()); });
      if (stopping_) return;
      due_ = false;
    }
    const absl::Status rolled = Roll(context_->clock.Now());
    delay = rolled.ok() ? absl::ZeroDuration() : kRetryDelay;
  }
}

absl::Status CatalogueRoller::Roll(Timestamp now) {
  while (!undetermined_.empty() && undetermined_.begin()->first <= now) {
    EVX_RETURN_IF_ERROR(Determine(undetermined_.begin()->second));
    remembered_.erase(undetermined_.begin()->second.market);
    undetermined_.erase(undetermined_.begin());
  }
  for (Rolling& rolling : rolling_) {
    rolling.next_window = std::max(rolling.next_window, rolling.plan->FirstOpenAt(now));
    while (rolling.plan->ListTime(rolling.next_window) <= now) {
      EVX_RETURN_IF_ERROR(List(rolling, rolling.next_window));
      ++rolling.next_window;
    }
  }
  next_due_nanos_.store(NextDue().nanos(), std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status CatalogueRoller::List(Rolling& rolling, std::int64_t window) {
  for (PlannedEvent& event : rolling.plan->Plan(window)) {
    EventId id = context_->read_model.Read([&](const ReadModel::State& state) {
      const EventState* known = state.FindEvent(event.put.ticker.view());
      return known == nullptr ? EventId() : known->event;
    });
    if (!id) {
      event.put.series = rolling.id;
      const Outcome outcome = context_->sequencer.Execute(event.put);
      EVX_RETURN_IF_ERROR(outcome.status);
      if (outcome.result.reject) {
        LogRefused("PutEvent", event.put.ticker.view(), outcome);
        continue;
      }
      id = outcome.result.event;
    }
    for (const PlannedMarket& market : event.markets) {
      EVX_RETURN_IF_ERROR(ListMarket(market, id));
    }
  }
  return absl::OkStatus();
}

absl::Status CatalogueRoller::ListMarket(const PlannedMarket& market, EventId event) {
  const bool is_taken = context_->read_model.Read([&](const ReadModel::State& state) {
    return state.FindMarket(market.put.ticker.view()) != nullptr;
  });
  if (is_taken) return absl::OkStatus();  // Ours is remembered already, others are not ours.
  venue::PutMarket put = market.put;
  put.event = event;
  const Outcome outcome = context_->sequencer.Execute(std::move(put));
  EVX_RETURN_IF_ERROR(outcome.status);
  if (outcome.result.reject) {
    LogRefused("PutMarket", market.put.ticker.view(), outcome);
  } else {
    Remember(market, outcome.result.market);
  }
  return absl::OkStatus();
}

absl::Status CatalogueRoller::Determine(const Undetermined& market) {
  const std::optional<std::string> ticker =
      context_->read_model.Read([&](const ReadModel::State& state) -> std::optional<std::string> {
        const MarketState& known = state.At(market.market);
        const auto facts = context_->catalogue_facts.OfMarket(known.facts_json);
        // An operator, or a replay, has taken the market over.
        if (IsOver(known.status) || !facts->catalogue_window) return std::nullopt;
        return known.ticker;
      });
  if (!ticker) return absl::OkStatus();
  venue::DetermineMarket command;
  command.market = market.market;
  command.result = market.result;
  if (market.result == venue::MarketResult::kYes) {
    command.settlement_value = Price::FromMicros(Price::kDollarMicros);
  }
  command.expiration_value = InlineString<128>(market.expiration_value);
  const Outcome outcome = context_->sequencer.Execute(command);
  EVX_RETURN_IF_ERROR(outcome.status);
  if (outcome.result.reject) LogRefused("DetermineMarket", *ticker, outcome);
  return absl::OkStatus();
}

}  // namespace evx::mock_kalshi
