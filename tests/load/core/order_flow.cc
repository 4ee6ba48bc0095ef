#include "order_flow.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace evx::load {
namespace {

constexpr std::uint32_t kCreatePercent = 45;
constexpr std::uint32_t kCancelPercent = 45;
// Below this many known orders a cancel is drawn again as a create.
constexpr std::size_t kLiveCountMin = 1'000;
constexpr std::int64_t kRestingContracts = 10;

// 128 bits in the form of a UUID of version 4.
venue::ClientOrderId Uuid(std::uint64_t high, std::uint64_t low) {
  constexpr auto kHexPairs = [] {
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      pairs[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
    }
    return pairs;
  }();
  high = (high & ~0xf000ULL) | 0x4000;
  low = (low & ~(3ULL << 62)) | 1ULL << 63;
  std::array<char, 36> text;
  std::size_t at = 0;
  for (int byte = 0; byte < 16; ++byte) {
    if (byte == 4 || byte == 6 || byte == 8 || byte == 10) text[at++] = '-';
    const std::uint64_t half = byte < 8 ? high : low;
    const auto& pair = kHexPairs[half >> (56 - 8 * (byte % 8)) & 0xff];
    text[at++] = pair[0];
    text[at++] = pair[1];
  }
  return venue::ClientOrderId(std::string_view(text.data(), text.size()));
}

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

venue::CreateOrder& OrderFlow::Fill(venue::Command& command, BookSide side, std::int64_t cents,
                                    std::int64_t contracts) {
  auto& create = command.emplace<venue::CreateOrder>();
  create.account = AccountId(random_.Below(population_.account_count) + 1);
  // Stride 7, so that accounts beside each other share most of their markets.
  const std::uint32_t first = create.account.value() * 7;
  create.market = MarketId(
      (first + random_.Below(population_.markets_per_account)) % population_.market_count + 1);
  create.side = side;
  create.price_micros = cents * 10'000;
  create.quantity = Quantity::FromContracts(contracts);
  const std::uint64_t high = random_.Next();
  create.client_order_id = Uuid(high, random_.Next());
  return create;
}

void OrderFlow::NextCreate(venue::Command& command) {
  const bool is_bid = random_.Below(2) == 0;
  const std::int64_t offset = random_.Below(20);
  Fill(command, is_bid ? BookSide::kBid : BookSide::kAsk, is_bid ? 49 - offset : 51 + offset,
       kRestingContracts)
      .time_in_force = venue::TimeInForce::kGoodTillCanceled;
  ++counts_.create;
}

void OrderFlow::Next(venue::Command& command) {
  const std::uint32_t roll = random_.Below(100);
  if (roll >= kCreatePercent + kCancelPercent) {
    const bool is_bid = random_.Below(2) == 0;
    Fill(command, is_bid ? BookSide::kBid : BookSide::kAsk, is_bid ? 75 : 25, 1 + random_.Below(3))
        .time_in_force = venue::TimeInForce::kImmediateOrCancel;
    ++counts_.cross;
    return;
  }
  if (roll < kCreatePercent || live_.size() < kLiveCountMin) return NextCreate(command);
  Live& target = live_[std::min(next_cancel_, live_.size() - 1)];
  auto& cancel = command.emplace<venue::CancelOrder>();
  cancel.account = target.account;
  cancel.order_id = target.order_id;
  target = live_.back();
  live_.pop_back();
  next_cancel_ = random_.Below(static_cast<std::uint32_t>(live_.size()));
  __builtin_prefetch(&live_[next_cancel_], 1);
  ++counts_.cancel;
}

void OrderFlow::OnResult(const venue::Command& command, const venue::CommandResult& result) {
  const auto* const create = std::get_if<venue::CreateOrder>(&command);
  if (create != nullptr && result.remaining > Quantity()) {
    OnCreated(create->account, result.order_id);
  }
}

}  // namespace evx::load
