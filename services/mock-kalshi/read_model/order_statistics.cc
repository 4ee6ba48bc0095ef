#include "read_model/order_statistics.h"

#include <algorithm>
#include <bit>

#include "evx/core/check.h"

namespace evx::mock_kalshi {

std::size_t LatencyHistogram::BucketOf(std::int64_t nanos) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanos, 0));
  const int bits = std::bit_width(value) - 1;  // 2^bits <= value < 2^(bits + 1)
  if (bits < kFirstBits) return 0;
  if (bits >= kLastBits) return kBucketCount - 1;
  const auto part = static_cast<int>((value >> (bits - 2)) & (kParts - 1));
  return static_cast<std::size_t>((bits - kFirstBits) * kParts + part + 1);
}

std::int64_t LatencyHistogram::UpperNanosOf(std::size_t bucket) {
  if (bucket == 0) return std::int64_t{1} << kFirstBits;
  const auto step = static_cast<int>(bucket - 1);
  const int bits = kFirstBits + step / kParts;
  return (std::int64_t{1} << (bits - 2)) * (kParts + step % kParts + 1);
}

void LatencyHistogram::Add(std::int64_t nanos) {
  ++buckets_[BucketOf(nanos)];
  ++count_;
  max_nanos_ = std::max(max_nanos_, nanos);
}

std::int64_t LatencyHistogram::PercentileNanos(int percent) const {
  EVX_CHECK(percent >= 1 && percent <= 100);
  if (count_ == 0) return 0;
  const std::int64_t rank = (count_ * percent + 99) / 100;
  std::int64_t seen = 0;
  for (std::size_t bucket = 0; bucket + 1 < kBucketCount; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return std::min(UpperNanosOf(bucket), max_nanos_);
  }
  return max_nanos_;
}

std::int64_t OrderStatistics::fill_ratio_millionths() const {
  if (ordered <= Quantity()) return 0;
  return static_cast<std::int64_t>(static_cast<__int128>(filled.centis()) * 1'000'000 /
                                   ordered.centis());
}

}  // namespace evx::mock_kalshi
