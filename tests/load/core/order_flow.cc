#include "order_flow.h"

#include <string>
#include <utility>

namespace evx::load {
namespace {

constexpr std::uint32_t kCreatePercent = 45;
constexpr std::uint32_t kCancelPercent = 45;
// Below this many known orders a cancel is drawn again as a create.
constexpr std::size_t kLiveCountMin = 1'000;
constexpr std::int64_t kRestingContracts = 10;

}  // namespace

std::vector<venue::Command> SetupCommands(const Population& population, Timestamp now) {
  std::vector<venue::Command> commands;
  commands.push_back(venue::PutSeries{.ticker = venue::Ticker("LOAD")});
  for (std::uint32_t i = 1; i <= population.market_count; ++i) {
    const std::string name = "LOAD-" + std::to_string(i);
    commands.push_back(venue::PutEvent{.ticker = venue::Ticker(name), .series = SeriesId(1)});
    commands.push_back(venue::PutMarket{.ticker = venue::Ticker(name),
                                        .event = EventId(i),
                                        .price_level_structure = InlineString<40>("linear_cent"),
                                        .open_time = now + absl::Seconds(-1),
                                        .close_time = now + absl::Hours(24)});
  }
  for (std::uint32_t i = 1; i <= population.account_count; ++i) {
    commands.push_back(venue::OpenAccount{.name = InlineString<64>("trader " + std::to_string(i)),
                                          .tier = venue::UsageTier::kUnlimited});
    commands.push_back(
        venue::Deposit{.account = AccountId(i), .amount = Money::FromDollars(10'000'000)});
  }
  return commands;
}

venue::CreateOrder& OrderFlow::Fill(BookSide side, std::int64_t cents, std::int64_t contracts) {
  auto& create = std::get<venue::CreateOrder>(create_);
  create.account = AccountId(random_.Below(population_.account_count) + 1);
  // Stride 7, so that accounts beside each other share most of their markets.
  const std::uint32_t first = create.account.value() * 7;
  create.market = MarketId(
      (first + random_.Below(population_.markets_per_account)) % population_.market_count + 1);
  create.side = side;
  create.price_micros = cents * 10'000;
  create.quantity = Quantity::FromContracts(contracts);
  return create;
}

const venue::Command& OrderFlow::NextCreate() {
  const bool is_bid = random_.Below(2) == 0;
  const std::int64_t offset = random_.Below(20);
  Fill(is_bid ? BookSide::kBid : BookSide::kAsk, is_bid ? 49 - offset : 51 + offset,
       kRestingContracts)
      .time_in_force = venue::TimeInForce::kGoodTillCanceled;
  ++counts_.create;
  return create_;
}

const venue::Command& OrderFlow::Next() {
  const std::uint32_t roll = random_.Below(100);
  if (roll >= kCreatePercent + kCancelPercent) {
    const bool is_bid = random_.Below(2) == 0;
    Fill(is_bid ? BookSide::kBid : BookSide::kAsk, is_bid ? 75 : 25, 1 + random_.Below(3))
        .time_in_force = venue::TimeInForce::kImmediateOrCancel;
    ++counts_.cross;
    return create_;
  }
  if (roll < kCreatePercent || live_.size() < kLiveCountMin) return NextCreate();
  Live& target = live_[random_.Below(static_cast<std::uint32_t>(live_.size()))];
  auto& cancel = std::get<venue::CancelOrder>(cancel_);
  cancel.account = target.account;
  cancel.order_id = target.order_id;
  target = live_.back();
  live_.pop_back();
  ++counts_.cancel;
  return cancel_;
}

void OrderFlow::OnResult(const venue::Command& command, const venue::CommandResult& result) {
  const auto* const create = std::get_if<venue::CreateOrder>(&command);
  if (create != nullptr && result.remaining > Quantity()) {
    OnCreated(create->account, result.order_id);
  }
}

}  // namespace evx::load
