#include <ctime>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/check.h"
#include "evx/venue/exchange.h"

// Commands per second of one core: 45 % create, 45 % cancel, 10 % crossing, over 1,000 markets and
// 1,000 accounts, with a standing book of --orders.
//
//   evx_venue_benchmark [--commands=N] [--orders=N] [--client_order_ids]

namespace evx::venue {
namespace {

constexpr int kMarkets = 1'000;
constexpr int kAccounts = 1'000;

// SplitMix64: the same workload everywhere.
class Random {
 public:
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((Next() >> 32) * bound >> 32);
  }

 private:
  std::uint64_t state_ = 7;
};

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Workload {
 public:
  Workload(bool client_order_ids, std::uint32_t live_target)
      : client_order_ids_(client_order_ids), exchange_({}) {
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
    while (live_.size() < live_target) Create();
  }

  void Step() {
    const std::uint32_t roll = random_.Below(100);
    if (roll < 45 || live_.size() < 1'000) {
      Create();
    } else if (roll < 90) {
      CancelOne();
    } else {
      Cross();
    }
  }

  double filled_share() const { return filled_ * 1.0 / (crossed_ == 0 ? 1 : crossed_); }
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
      char text[40];
      const int size = std::snprintf(text, sizeof text, "%016lx-%018ld", random_.Next(),
                                     static_cast<long>(++last_client_id_));
      create.client_order_id = ClientOrderId(std::string_view(text, static_cast<size_t>(size)));
    }
    return create;
  }

  void Create() {
    const bool bid = random_.Below(2) == 0;
    const std::int64_t offset = random_.Below(20);
    CreateOrder& create =
        Fill(create_, bid ? BookSide::kBid : BookSide::kAsk, bid ? 49 - offset : 51 + offset);
    create.time_in_force = TimeInForce::kGoodTillCanceled;
    const CommandResult result = Do(create_);
    EVX_CHECK(!result.reject);
    live_.push_back({result.order_id, create.account});
  }

  void CancelOne() {
    const std::uint32_t at = random_.Below(static_cast<std::uint32_t>(live_.size()));
    auto& cancel = std::get<CancelOrder>(cancel_);
    cancel.account = live_[at].account;
    cancel.order_id = live_[at].order;
    live_[at] = live_.back();
    live_.pop_back();
    Do(cancel_);
  }

  void Cross() {
    const bool bid = random_.Below(2) == 0;
    CreateOrder& create = Fill(create_, bid ? BookSide::kBid : BookSide::kAsk, bid ? 75 : 25);
    create.time_in_force = TimeInForce::kImmediateOrCancel;
    const CommandResult result = Do(create_);
    ++crossed_;
    if (result.filled > Quantity()) ++filled_;
  }

  const bool client_order_ids_;
  Exchange exchange_;
  EventBuffer events_;
  Random random_;
  Timestamp time_ = Timestamp::FromSeconds(1'785'934'800);
  std::vector<Live> live_;
  Command create_ = CreateOrder{};
  Command cancel_ = CancelOrder{};
  std::int64_t last_client_id_ = 0;
  std::uint64_t event_bytes_ = 0;
  std::uint64_t crossed_ = 0;
  std::uint64_t filled_ = 0;
};

int Main(int argc, char** argv) {
  std::uint64_t commands = 5'000'000;
  std::uint32_t orders = 500'000;
  bool client_order_ids = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--commands=")) {
      commands = std::strtoull(argument.data() + 11, nullptr, 10);
    } else if (argument.starts_with("--orders=")) {
      orders = static_cast<std::uint32_t>(std::strtoul(argument.data() + 9, nullptr, 10));
    } else if (argument == "--client_order_ids") {
      client_order_ids = true;
    } else {
      std::fprintf(stderr, "usage: %s [--commands=N] [--orders=N] [--client_order_ids]\n", argv[0]);
      return 2;
    }
  }
  Workload workload(client_order_ids, orders);
  const std::uint64_t bytes_before = workload.event_bytes();
  const double start = CpuSeconds();
  for (std::uint64_t i = 0; i < commands; ++i) workload.Step();
  const double seconds = CpuSeconds() - start;
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
