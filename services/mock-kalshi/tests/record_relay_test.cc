#include "exchange/record_relay.h"

#include <catch2/catch.hpp>
#include <future>
#include <string>

namespace evx::mock_kalshi {
namespace {

std::string Bytes(std::uint64_t number, std::size_t size) {
  return std::string(size, static_cast<char>('a' + number % 26));
}

// Of all sizes, empty ones and some above a batch's.
std::size_t SizeOf(std::uint64_t number) {
  return number % 500 == 499 ? RecordRelay::kBatchBytes + 10 : number * 7 % 3'000;
}

TEST_CASE("RecordRelay: the consumer sees every record, whole and in order", "[mock-kalshi]") {
  constexpr std::uint64_t kCount = 20'000;  // Some 30 batches.
  std::promise<void> first_batch_may_go;
  std::future<void> go = first_batch_may_go.get_future();
  std::uint64_t seen = 0;
  bool all_equal = true;
  RecordRelay relay([&](const ReleasedRecord& record) {
    if (seen == 0) go.wait();
    ++seen;
    all_equal = all_equal && record.sequence_number.value() == seen &&
                record.time == Timestamp::FromNanos(static_cast<std::int64_t>(seen)) &&
                record.meta == Bytes(seen, SizeOf(seen) % 60) &&
                record.command == Bytes(seen + 1, SizeOf(seen) % 200) &&
                record.events == Bytes(seen + 2, SizeOf(seen));
  });
  for (std::uint64_t number = 1; number <= kCount; ++number) {
    const std::string meta = Bytes(number, SizeOf(number) % 60);
    const std::string command = Bytes(number + 1, SizeOf(number) % 200);
    const std::string events = Bytes(number + 2, SizeOf(number));
    relay.Add({SequenceNumber(number), Timestamp::FromNanos(static_cast<std::int64_t>(number)),
               meta, command, events});
    if (number == 1'000) first_batch_may_go.set_value();
  }
  relay.Finish();
  CHECK(seen == kCount);
  CHECK(all_equal);
  relay.Finish();
}

TEST_CASE("RecordRelay: without a record there is nothing to wait for", "[mock-kalshi]") {
  int seen = 0;
  {
    const RecordRelay relay([&seen](const ReleasedRecord&) { ++seen; });
  }
  CHECK(seen == 0);
}

}  // namespace
}  // namespace evx::mock_kalshi
