#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "evx/gateway/v1/gateway_messages.pb.h"

namespace evx::gateway {

// A message as it goes to sockets: encoded once for all of them, as JSON only when somebody asks.
// Not thread-safe.
class Frame {
 public:
  explicit Frame(const v1::ServerMessage& message);

  const std::string& binary() const { return binary_; }
  const std::string& Json() const;
  // What it takes in memory without JSON, about.
  std::size_t byte_count() const;

 private:
  std::string binary_;
  mutable std::optional<std::string> json_;
};

// The JSON form of a message (gateway_messages.proto).
std::string ToJson(const v1::ServerMessage& message);

}  // namespace evx::gateway
