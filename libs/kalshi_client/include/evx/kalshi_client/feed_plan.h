#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/text_map.h"

namespace evx::kalshi_client {

// Which connection carries which market. A market stays where it is until it is removed; a new one
// goes to the fullest connection that has room, so that few connections are open. Pure; O(log n)
// or better per market but for a scan of the connections.
class FeedPlan {
 public:
  // Both at least 1.
  FeedPlan(std::size_t markets_per_connection, std::size_t connections_max);

  // The connection that carries it from now on (or did already); nothing when all are full.
  std::optional<int> Add(std::string_view ticker);
  // The connection that carried it; nothing when none did.
  std::optional<int> Remove(std::string_view ticker);

  std::size_t market_count() const { return markets_.size(); }
  std::size_t capacity() const { return markets_per_connection_ * connections_max_; }
  // Of one connection; 0 for one that was never used.
  std::size_t market_count(int connection) const;
  // Connections that were ever used: 0 .. connection_count() - 1.
  int connection_count() const { return static_cast<int>(counts_.size()); }

 private:
  const std::size_t markets_per_connection_;
  const std::size_t connections_max_;
  TextMap<int> markets_;
  std::vector<std::size_t> counts_;  // By connection.
};

}  // namespace evx::kalshi_client
