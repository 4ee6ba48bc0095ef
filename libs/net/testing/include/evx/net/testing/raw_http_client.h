#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evx/net/http_client.h"

namespace evx::net::testing {

// A client made of one blocking loopback socket: it sends any bytes, also wrong ones, may send
// many requests before it reads, and can be driven by several threads only one at a time. Every
// wait ends after kPatience, so that a test of a hanging server fails instead of hanging.
class RawHttpClient {
 public:
  static constexpr int kPatienceSeconds = 20;

  // Connects to 127.0.0.1 and aborts the test program if nothing listens there.
  explicit RawHttpClient(std::uint16_t port);
  RawHttpClient(RawHttpClient&& other) noexcept;
  RawHttpClient& operator=(RawHttpClient&&) = delete;
  ~RawHttpClient();

  // False if the server has gone.
  bool Send(std::string_view bytes);
  // "GET <target> HTTP/1.1" with a Host header.
  bool SendGet(std::string_view target);

  // The next response; nullopt when the connection ends first. `is_head`: no body follows.
  // A 100 Continue is returned as a response without body.
  std::optional<HttpClientResponse> Receive(bool is_head = false);
  // The next `count` bytes as they are; nullopt when the connection ends first.
  std::optional<std::string> ReceiveBytes(std::size_t count);
  // Reads on until the server closes; false if it did not within kPatienceSeconds.
  bool AwaitClose();
  // True if nothing arrives and nothing ends for `milliseconds`.
  bool IsQuietFor(int milliseconds);

  // Tells the server that no more will be sent, and goes on reading.
  void FinishSending();
  // Ends the connection by a reset.
  void Abort();
  int fd() const { return fd_; }

 private:
  bool ReadMore();

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace evx::net::testing
