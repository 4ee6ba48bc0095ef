#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/core/check.h"
#include "evx/core/hash.h"
#include "evx/core/ids.h"

namespace evx::venue {

// Every client order id of the last weeks with the order that took it. An id is known by 128 bits
// of hash, keyed by the account; 25 bytes of table each. The table is split into parts, so that
// neither growing nor sweeping one stops the exchange for more than microseconds.
class ClientOrderIds {
 public:
  static constexpr int kMarketBits = 20;
  static constexpr std::uint32_t kMarketMax = (1U << kMarketBits) - 1;

  static Hash128 KeyOf(AccountId account, std::string_view client_order_id) {
    return Xxh3(client_order_id, account.value());
  }

  void Prefetch(const Hash128& key) const { parts_[PartOf(key)].prefetch(key); }

  // The order that has the id, or 0.
  OrderId Find(const Hash128& key) const {
    const Part& part = parts_[PartOf(key)];
    const auto it = part.find(key);
    if (it == part.end() || IsForgotten(it->second)) return OrderId();
    return OrderId(it->second >> kMarketBits);
  }

  // Find(key) is 0.
  void Add(const Hash128& key, OrderId order_id, MarketId market) {
    EVX_CHECK(market.value() <= kMarketMax && order_id.value() >> (64 - kMarketBits) == 0);
    parts_[PartOf(key)].insert_or_assign(key, order_id.value() << kMarketBits | market.value());
  }

  // The ids of a market are free from now on. Their memory comes back by Sweep.
  void ForgetMarket(MarketId market) {
    if (forgotten_.size() <= market.value()) forgotten_.resize(market.value() + 1);
    forgotten_[market.value()] = true;
    parts_to_sweep_ = parts_.size();
  }

  // Frees the forgotten ids of one part, if there may be any. To be called now and then; what Find
  // and VisitSorted tell does not depend on it.
  void Sweep() {
    if (parts_to_sweep_ == 0) return;
    --parts_to_sweep_;
    absl::erase_if(parts_[next_part_], [this](const auto& e) { return IsForgotten(e.second); });
    next_part_ = (next_part_ + 1) % parts_.size();
  }

  // Those not forgotten in order of the key; visit(key, order_id, market).
  template <class Visitor>
  void VisitSorted(Visitor&& visit) const {
    std::vector<std::pair<Hash128, std::uint64_t>> entries;
    for (const Part& part : parts_) {
      entries.clear();
      for (const auto& [key, value] : part) {
        if (!IsForgotten(value)) entries.emplace_back(key, value);
      }
      std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return std::pair(a.first.high, a.first.low) < std::pair(b.first.high, b.first.low);
      });
      for (const auto& [key, value] : entries) {
        visit(key, OrderId(value >> kMarketBits),
              MarketId(static_cast<std::uint32_t>(value & kMarketMax)));
      }
    }
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = 0;
    for (const Part& part : parts_) bytes += part.capacity() * (sizeof(Part::value_type) + 1);
    return bytes;
  }

 private:
  static constexpr int kPartBits = 12;

  struct Hasher {
    std::size_t operator()(const Hash128& key) const { return key.low; }
  };
  using Part = absl::flat_hash_map<Hash128, std::uint64_t, Hasher>;

  // By the upper bits, so that parts in order are keys in order.
  static std::size_t PartOf(const Hash128& key) { return key.high >> (64 - kPartBits); }

  bool IsForgotten(std::uint64_t value) const {
    const std::uint64_t market = value & kMarketMax;
    return market < forgotten_.size() && forgotten_[market];
  }

  std::array<Part, std::size_t{1} << kPartBits> parts_;
  std::vector<bool> forgotten_;  // By market.
  std::size_t parts_to_sweep_ = 0;
  std::size_t next_part_ = 0;
};

}  // namespace evx::venue
