#include "market_directory.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "evx/core/status.h"

namespace evx::market_data {
namespace {

// A venue whose list a test sets, and what the directory made of it.
class FakeVenue {
 public:
  explicit FakeVenue(std::set<std::string> markets) : markets_(std::move(markets)) {}

  MarketDirectory::Actions Actions() {
    MarketDirectory::Actions actions;
    actions.list = [this]() -> absl::StatusOr<std::set<std::string>> {
      const std::lock_guard lock(mutex_);
      if (!failure_.ok()) return failure_;
      return markets_;
    };
    actions.change = [this](const std::vector<std::string>& added,
                            const std::vector<std::string>& removed) {
      const std::lock_guard lock(mutex_);
      for (const std::string& ticker : added) log_ += "+" + ticker + " ";
      for (const std::string& ticker : removed) log_ += "-" + ticker + " ";
      return refusal_;
    };
    actions.must_ask = [this] {
      const std::lock_guard lock(mutex_);
      return std::exchange(must_ask_, false);
    };
    actions.on_listed = [this](const absl::Status&) {
      const std::lock_guard lock(mutex_);
      ++listed_;
      changed_.notify_all();
    };
    return actions;
  }

  void Set(std::set<std::string> markets, absl::Status failure = absl::OkStatus(),
           absl::Status refusal = absl::OkStatus()) {
    const std::lock_guard lock(mutex_);
    markets_ = std::move(markets);
    failure_ = std::move(failure);
    refusal_ = std::move(refusal);
    must_ask_ = true;
  }
  // Waits for the n-th list; gives what has changed up to it.
  std::string Log(int listed) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return listed_ >= listed; }));
    return log_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> markets_;
  absl::Status failure_;
  absl::Status refusal_;
  std::string log_;
  bool must_ask_ = false;
  int listed_ = 0;
};

constexpr MarketDirectory::Options kOptions = {
    .interval = absl::Hours(1), .tick = absl::Milliseconds(1), .pause = absl::Milliseconds(1)};

TEST_CASE("MarketDirectory: what is new and what is gone is handed on", "[market_data]") {
  FakeVenue venue({"B", "A"});
  MarketDirectory directory(kOptions, venue.Actions());
  CHECK(venue.Log(1) == "+A +B ");
  venue.Set({"B", "C"});
  CHECK(venue.Log(2) == "+A +B +C -A ");
  directory.RefreshSoon();
  CHECK(venue.Log(3) == "+A +B +C -A ");
  CHECK(directory.is_known());
}

TEST_CASE("MarketDirectory: without a list the markets stay as they were", "[market_data]") {
  FakeVenue venue({"A"});
  MarketDirectory directory(kOptions, venue.Actions());
  CHECK(venue.Log(1) == "+A ");
  venue.Set({}, Unavailable("away"));
  CHECK(venue.Log(2) == "+A ");
  venue.Set({"A", "B"}, absl::OkStatus(), ResourceExhausted("full"));
  CHECK(venue.Log(3) == "+A +B ");
  venue.Set({"A", "B"});  // What was refused is handed on again.
  CHECK(venue.Log(4) == "+A +B +B ");
}

TEST_CASE("MarketDirectory: status tells why there is no list", "[market_data]") {
  FakeVenue venue({});
  venue.Set({}, Unavailable("away"));
  MarketDirectory directory(kOptions, venue.Actions());
  CHECK(!directory.status().ok());
  venue.Log(1);
  CHECK(!directory.is_known());
  CHECK(!directory.status().ok());
}

}  // namespace
}  // namespace evx::market_data
