// What a damaged journal and a full disk do to a whole exchange.

#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "crash_exchange.h"
#include "crash_report.h"
#include "evx/journal/tool.h"
#include "temporary_directory.h"

namespace evx::integration {
namespace {

venue::CreateOrder AnOrder(std::uint32_t market) {
  venue::CreateOrder order;
  order.account = AccountId(1);
  order.market = MarketId(market);
  order.price_micros = 400'000;
  order.quantity = Quantity::FromContracts(1);
  return order;
}

std::unique_ptr<CrashExchange> StartExchange(const std::string& directory) {
  auto exchange = CrashExchange::Start(directory, 0);
  INFO(exchange.status());
  REQUIRE(exchange.ok());
  return *std::move(exchange);
}

// An exchange that has taken some orders and has been stopped. Returns the order ids.
std::vector<OrderId> MakeJournal(const std::string& directory) {
  const auto exchange = StartExchange(directory);
  exchange->Populate();
  std::vector<OrderId> orders;
  for (int i = 0; i < 20; ++i) {
    orders.push_back(exchange->sequencer().Execute(AnOrder(1)).result.order_id);
  }
  exchange->host().Stop();
  return orders;
}

struct Place {
  std::string path;
  std::uint64_t offset = 0;
  std::size_t size = 0;
};

// Where the journal holds a record.
Place FindRecord(const std::string& directory, SequenceNumber sequence) {
  Place place;
  REQUIRE(journal::VisitRecords(journal::PosixFileSystem(), directory, sequence, sequence,
                                [&](const journal::RecordView& record, const std::string& path,
                                    std::uint64_t offset) {
                                  place = {path, offset, journal::RecordBytes(record)};
                                  return true;
                                })
              .ok());
  REQUIRE(place.size != 0);
  return place;
}

SequenceNumber LastRecord(const std::string& directory) {
  const auto report = journal::VerifyJournal(journal::PosixFileSystem(), directory);
  REQUIRE(report.ok());
  return SequenceNumber(report->next_sequence.value() - 1);
}

bool IsOpen(CrashExchange& exchange, OrderId order_id) {
  return exchange.host().read_model().Read(
      [&](const auto& state) { return state.FindOpenOrder(order_id) != nullptr; });
}

TEST_CASE("Damage: a torn tail is cut and the exchange goes on", "[integration]") {
  const TemporaryDirectory directory;
  const std::vector<OrderId> orders = MakeJournal(directory.path());
  const Place last = FindRecord(directory.path(), LastRecord(directory.path()));
  {
    // The second half of the last record never got to the disk.
    std::fstream file(last.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(last.offset + last.size / 2));
    const std::string zeros(last.size - last.size / 2, '\0');
    file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
    REQUIRE(file.good());
  }
  const auto exchange = StartExchange(directory.path());
  CHECK_FALSE(IsOpen(*exchange, orders.back()));
  CHECK(IsOpen(*exchange, orders[orders.size() - 2]));
  CHECK(exchange->sequencer().Execute(AnOrder(2)).status.ok());
}

TEST_CASE("Damage: a flipped bit in the middle stops the start with file, offset and remedy",
          "[integration]") {
  const TemporaryDirectory directory;
  MakeJournal(directory.path());
  const SequenceNumber damaged(LastRecord(directory.path()).value() - 10);
  const Place place = FindRecord(directory.path(), damaged);
  {
    std::fstream file(place.path, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(place.offset + place.size / 2);
    file.seekg(at);
    const char byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(at);
    file.put(byte);
    REQUIRE(file.good());
  }
  const auto exchange = CrashExchange::Start(directory.path(), 0);
  REQUIRE_FALSE(exchange.ok());
  const std::string message(exchange.status().message());
  INFO(message);
  CHECK(exchange.status().code() == absl::StatusCode::kDataLoss);
  CHECK(message.find(std::filesystem::path(place.path).filename().string()) != std::string::npos);
  CHECK(message.find(std::to_string(place.offset)) != std::string::npos);
  CHECK(message.find("evx-journal") != std::string::npos);
}

// A small disk of its own; needs the privilege to mount.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& options) {
    mounted_ = mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(directory_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return directory_.path(); }

 private:
  const TemporaryDirectory directory_;
  bool mounted_ = false;
};

TEST_CASE("Damage: a full disk refuses orders, lets cancels pass and resumes with space",
          "[integration]") {
  const SmallDisk disk("size=12m");
  if (!disk.mounted()) {
    WARN("skipped: needs the privilege to mount a small disk");
    return;
  }
  const auto exchange = StartExchange(disk.path() + "/data");
  exchange->Populate();
  mock_kalshi::Sequencer& sequencer = exchange->sequencer();
  const OrderId resting = sequencer.Execute(AnOrder(1)).result.order_id;
  const std::string filler = disk.path() + "/filler";
  {
    // Takes what is left.
    std::ofstream file(filler, std::ios::binary);
    const std::string block(64 << 10, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  // Until the segments that were made ready are used up.
  const auto until_refused = [&] {
    constexpr int kOrdersMax = 200'000;
    for (int i = 0; i < kOrdersMax; ++i) {
      const mock_kalshi::Outcome outcome = sequencer.Execute(AnOrder(2));
      if (!outcome.status.ok()) return outcome.status;
    }
    return absl::OkStatus();
  };
  absl::Status refused = until_refused();
  // The journal is behind for a moment before it knows that there is no space.
  while (refused.code() == absl::StatusCode::kResourceExhausted) refused = until_refused();
  CHECK(refused.code() == absl::StatusCode::kUnavailable);
  INFO(refused);

  const mock_kalshi::Outcome canceled =
      sequencer.Execute(venue::CancelOrder{AccountId(1), resting});
  CHECK(canceled.status.ok());
  CHECK_FALSE(canceled.result.reject);

  std::filesystem::remove(filler);
  mock_kalshi::Outcome resumed = sequencer.Execute(AnOrder(2));
  while (!resumed.status.ok()) {
    std::this_thread::yield();
    resumed = sequencer.Execute(AnOrder(2));
  }
  CHECK_FALSE(resumed.result.reject);
  CHECK_FALSE(IsOpen(*exchange, resting));
}

}  // namespace
}  // namespace evx::integration
