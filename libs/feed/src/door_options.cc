#include "evx/feed/door_options.h"

namespace evx::feed {

net::WebSocketOptions DoorOptions(std::size_t command_bytes_max) {
  net::WebSocketOptions options;
  options.message_bytes_max = command_bytes_max;
  options.unsent_bytes_max = kUnsentBytesMax;
  options.ping_interval = absl::Seconds(10);
  options.silence_timeout = absl::Seconds(30);
  options.close_timeout = absl::Seconds(10);
  options.compression = false;
  return options;
}

}  // namespace evx::feed
