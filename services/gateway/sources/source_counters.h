#pragma once

#include <atomic>
#include <cstdint>

namespace evx::gateway {

// What the sources count; read by scrapes at any time.
struct SourceCounters {
  std::atomic<std::uint64_t> records_read = 0;
  std::atomic<std::uint64_t> records_unreadable = 0;
  std::atomic<std::int64_t> lag_records = 0;
  std::atomic<std::uint64_t> book_gaps = 0;
  std::atomic<std::uint64_t> books_asked_for = 0;  // Of the rebuilder.
  std::atomic<std::uint64_t> markets = 0;
  std::atomic<std::uint64_t> catalogue_reads = 0;
  std::atomic<std::uint64_t> catalogue_failures = 0;
};

}  // namespace evx::gateway
