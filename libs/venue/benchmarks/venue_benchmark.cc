#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/testing/benchmark.h"
#include "evx/venue/exchange.h"

// Commands per second of one core: 45 % create, 45 % cancel, 10 % crossing, over 1,000 markets and
// 1,000 accounts, with a standing book of --orders.
//
//   evx_venue_benchmark [--commands=N] [--orders=N] [--client_order_ids] [--no_prefetch]

namespace evx::venue {
namespace {

constexpr int kMarkets = 1'000;
constexpr int kAccounts = 1'000;

class Workload {
 public:
  Workload(bool client_order_ids, bool prefetch, std::uint32_t live_target)
      : client_order_ids_(client_order_ids), prefetch_(prefetch), exchange_({}) {
    const SeriesId series = Do(PutSeries{.ticker = Ticker("S")}).series;
    for (int i = 0; i < kMarkets; ++i) {
      const std::string name = "M" + std::to_string(i);
      const EventId event = Do(PutEvent{.ticker = Ticker(name), .series = series}).event;
      Do(PutMarket{.ticker = Ticker(name),
                   .event = event,
                   .price_level_structure = InlineString<40>("linear_cent"),
                   .open_time = time_,
                   .close_time = time_ + absl::Hours(24)});
    }
    for (int i = 0; i < kAccounts; ++i) {
      const AccountId account = Do(OpenAccount{}).account;
      Do(Deposit{.account = account, .amount = Money::FromDollars(10'000'000)});
    }
    live_.reserve(live_target + live_target / 4);
    while (live_.size() < live_target) {
      Command command = CreateOrder{};
      PlanCreate(command);
      Execute(command);
    }
    // Nothing to cancel twice: the first commands known ahead do nothing.
    for (Command& command : ahead_) command = AdvanceTime{};
  }

  // Applies the oldest of the commands that are known ahead, as a sequencer's batch is.
  void Step() {
    Plan(ahead_[next_ % kAhead]);
    Prefetch(6, Exchange::PrefetchStage::kPlaces);
    Prefetch(4, Exchange::PrefetchStage::kRecords);
    Prefetch(2, Exchange::PrefetchStage::kRows);
    ++next_;
    Execute(ahead_[next_ % kAhead]);
  }

  double filled_share() const { return filled_ * 1.0 / (crossed_ == 0 ? 1 : crossed_); }
  std::uint64_t applied() const { return applied_; }
  std::uint64_t event_bytes() const { return event_bytes_; }
  std::size_t live() const { return live_.size(); }
  const Exchange& exchange() const { return exchange_; }

 private:
  struct Live {
    OrderId order;
    AccountId account;
  };

  CommandResult Do(const Command& command) {
    events_.clear();
    const SequenceNumber next(exchange_.sequence_number().value() + 1);
    const CommandResult result = exchange_.Apply(command, next, time_, events_);
    event_bytes_ += events_.size();
    return result;
  }

  CreateOrder& Fill(Command& command, BookSide side, std::int64_t cents) {
    auto& create = std::get<CreateOrder>(command);
    create.account = AccountId(random_.Below(kAccounts) + 1);
    create.market = MarketId(random_.Below(kMarkets) + 1);
    create.side = side;
    create.price_micros = cents * 10'000;
    create.quantity = Quantity::FromContracts(1 + random_.Below(10));
    if (client_order_ids_) {
      // As long as a UUID, and unique.
      char text[36];
      std::uint64_t bits = ++last_client_id_;
      for (char& c : text) {
        c = static_cast<char>('a' + (bits & 15));
        bits = bits >> 4 | bits << 60;
      }
      create.client_order_id = ClientOrderId(std::string_view(text, sizeof text));
    }
    return create;
  }

  static constexpr std::uint64_t kAhead = 8;

  // The command that will be applied `distance` steps from now.
  void Prefetch(std::uint64_t distance, Exchange::PrefetchStage stage) {
    if (prefetch_) exchange_.Prefetch(ahead_[(next_ + 1 + distance) % kAhead], stage);
  }

  void Plan(Command& command) {
    const std::uint32_t roll = random_.Below(100);
    if (roll < 45 || live_.size() < 1'000) {
      command = CreateOrder{};
      PlanCreate(command);
    } else if (roll < 90) {
      const std::uint32_t at = random_.Below(static_cast<std::uint32_t>(live_.size()));
      command = CancelOrder{.account = live_[at].account, .order_id = live_[at].order};
      live_[at] = live_.back();
      live_.pop_back();
    } else {
      command = CreateOrder{};
      PlanCross(command);
    }
  }
  void Execute(const Command& command) {
    const CommandResult result = Do(command);
    const auto* create = std::get_if<CreateOrder>(&command);
    if (create == nullptr) {
      // Some orders were filled meanwhile; their cancels cost time and count for nothing.
      if (!result.reject) ++applied_;
      return;
    }
    EVX_CHECK(!result.reject);
    ++applied_;
    if (create->time_in_force == TimeInForce::kGoodTillCanceled) {
      live_.push_back({result.order_id, create->account});
    } else {
      ++crossed_;
      if (result.filled > Quantity()) ++filled_;
    }
  }

  void PlanCreate(Command& command) {
    const bool bid = random_.Below(2) == 0;
    const std::int64_t offset = random_.Below(20);
    Fill(command, bid ? BookSide::kBid : BookSide::kAsk, bid ? 49 - offset : 51 + offset);
  }
  void PlanCross(Command& command) {
    const bool bid = random_.Below(2) == 0;
    Fill(command, bid ? BookSide::kBid : BookSide::kAsk, bid ? 75 : 25).time_in_force =
        TimeInForce::kImmediateOrCancel;
  }

  const bool client_order_ids_;
  const bool prefetch_;
  Exchange exchange_;
  EventBuffer events_;
  evx::testing::SplitMix64 random_{7};
  Timestamp time_ = Timestamp::FromSeconds(1'785'934'800);
  std::vector<Live> live_;
  std::array<Command, kAhead> ahead_;
  std::uint64_t next_ = 0;
  std::uint64_t last_client_id_ = 0;
  std::uint64_t event_bytes_ = 0;
  std::uint64_t applied_ = 0;
  std::uint64_t crossed_ = 0;
  std::uint64_t filled_ = 0;
};

int Main(int argc, char** argv) {
  std::uint64_t commands = 5'000'000;
  std::uint32_t orders = 500'000;
  bool client_order_ids = false;
  bool prefetch = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--commands=")) {
      commands = std::strtoull(argument.data() + 11, nullptr, 10);
    } else if (argument.starts_with("--orders=")) {
      orders = static_cast<std::uint32_t>(std::strtoul(argument.data() + 9, nullptr, 10));
    } else if (argument == "--client_order_ids") {
      client_order_ids = true;
    } else if (argument == "--no_prefetch") {
      prefetch = false;
    } else {
      std::fprintf(stderr,
                   "usage: %s [--commands=N] [--orders=N] [--client_order_ids] [--no_prefetch]\n",
                   argv[0]);
      return 2;
    }
  }
  Workload workload(client_order_ids, prefetch, orders);
  const std::uint64_t bytes_before = workload.event_bytes();
  const double start = evx::testing::ThreadCpuSeconds();
  const std::uint64_t end = workload.applied() + commands;
  while (workload.applied() < end) workload.Step();
  const double seconds = evx::testing::ThreadCpuSeconds() - start;
  std::printf(
      "commands/s %.0f, ns/command %.0f, event bytes/command %.0f, crossing filled %.2f, "
      "live orders %zu, memory %.0f MiB\n",
      static_cast<double>(commands) / seconds, seconds * 1e9 / static_cast<double>(commands),
      static_cast<double>(workload.event_bytes() - bytes_before) / static_cast<double>(commands),
      workload.filled_share(), workload.live(),
      static_cast<double>(workload.exchange().memory_bytes()) / 1048576.0);
  const absl::Status status = workload.exchange().CheckInvariants();
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", std::string(MessageOf(status)).c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace evx::venue

int main(int argc, char** argv) { return evx::venue::Main(argc, argv); }
