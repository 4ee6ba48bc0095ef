#pragma once

#include <array>
#include <cstdint>

#include "evx/core/money.h"
#include "evx/venue/reject_reason.h"
#include "evx/venue/types.h"

namespace evx::mock_kalshi {

// Counts of a duration in buckets of a quarter octave, from 1 us to 18 minutes. A percentile is the
// upper end of its bucket, so at most a quarter too high, and never above the longest. 0.5 KiB.
class LatencyHistogram {
 public:
  void Add(std::int64_t nanos);
  std::int64_t count() const { return count_; }
  std::int64_t max_nanos() const { return max_nanos_; }
  // `percent` is 1..100; 0 when nothing was added.
  std::int64_t PercentileNanos(int percent) const;

 private:
  static constexpr int kFirstBits = 10;  // Shorter than 2^10 ns is bucket 0.
  static constexpr int kLastBits = 40;   // Longer than 2^40 ns is the last one.
  static constexpr int kParts = 4;
  static constexpr std::size_t kBucketCount = (kLastBits - kFirstBits) * kParts + 2;
  static std::size_t BucketOf(std::int64_t nanos);
  static std::int64_t UpperNanosOf(std::size_t bucket);

  std::array<std::uint32_t, kBucketCount> buckets_{};
  std::int64_t count_ = 0;
  std::int64_t max_nanos_ = 0;
};

// What became of the orders of one account or one market since the snapshot from which the process
// started (a new exchange: from the beginning); orders that were open in it count as accepted.
// Resting orders are accepted less executed less canceled. About 0.8 KiB.
struct OrderStatistics {
  static constexpr std::size_t kCancelReasonCount =
      static_cast<std::size_t>(venue::CancelReason::kPriceGridChanged) + 1;
  static constexpr std::size_t kRejectReasonCount =
      static_cast<std::size_t>(venue::RejectReason::kAlreadyBusted) + 1;

  std::int64_t accepted_count = 0;
  std::int64_t executed_count = 0;
  std::int64_t canceled_count = 0;
  std::int64_t rejected_count = 0;  // Creates, cancels, amends and decreases.
  std::array<std::uint32_t, kCancelReasonCount> canceled_counts{};
  std::array<std::uint32_t, kRejectReasonCount> rejected_counts{};
  Quantity ordered;                 // Accepted, with amends and decreases.
  Quantity filled;                  // A bust does not take it back.
  LatencyHistogram create_latency;  // Of accepted CreateOrder, from the queue until durable.

  void Cancel(venue::CancelReason reason) {
    ++canceled_count;
    ++canceled_counts[static_cast<std::size_t>(reason)];
  }
  void Reject(venue::RejectReason reason) {
    ++rejected_count;
    ++rejected_counts[static_cast<std::size_t>(reason)];
  }
  std::int64_t resting_count() const { return accepted_count - executed_count - canceled_count; }
  // filled / ordered, rounded down; 0 when nothing was ordered.
  std::int64_t fill_ratio_millionths() const;
};

}  // namespace evx::mock_kalshi
