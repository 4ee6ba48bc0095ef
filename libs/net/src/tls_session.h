#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "byte_buffer.h"

namespace evx::net {

// Certificate and key of a server, TLS 1.3 only. Thread-safe once loaded.
class TlsContext {
 public:
  // InvalidArgument names the file that cannot be used and why.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Load(const std::string& certificate_chain_file,
                                                          const std::string& private_key_file);
  ~TlsContext();

 private:
  friend class TlsSession;
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The server's end of one TLS connection as a filter between bytes: it never touches a socket.
class TlsSession {
 public:
  enum class Status : std::uint8_t {
    kOk,
    kClosed,  // The peer said that no more will come.
    kFailed,  // Not TLS, or broken; `wire` may hold an alert for the peer.
  };

  explicit TlsSession(const TlsContext& context);
  ~TlsSession();

  bool handshake_done() const;
  // Takes what came from the peer; appends what it means to `plain` and what must be sent back
  // (handshake, alerts) to `wire`.
  Status Receive(std::string_view received, ByteBuffer& plain, std::string& wire);
  // Appends `plain` in encrypted form to `wire`. The handshake must be done. False when broken.
  bool Send(std::string_view plain, std::string& wire);
  // Appends the notice that nothing more will be sent.
  void Close(std::string& wire);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::net
