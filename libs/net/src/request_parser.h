#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "evx/net/http_message.h"

namespace evx::net {

// Reads one request after another from a stream of bytes, however they are cut. The grammar is
// Boost.Beast's incremental parser, hidden in the .cc file; the rules it leaves open (message
// framing, limits, target, Host) are decided here.
class RequestParser {
 public:
  struct Limits {
    std::size_t header_bytes;
    std::size_t body_bytes;
    std::size_t header_count;
  };

  enum class Status : std::uint8_t {
    kNeedMore,    // Everything useful was consumed; call again when more bytes follow the rest.
    kHeaderDone,  // The header is complete and a body follows; call again.
    kComplete,    // The request is complete; take it, then Reset().
    kError,       // Malformed or over a limit: error_status() and error_reason().
  };
  struct Result {
    std::size_t consumed;
    Status status;
  };

  // `request` receives the parts; both must outlive the parser.
  RequestParser(const Limits& limits, HttpRequest& request);
  ~RequestParser();

  Result Parse(std::string_view input);
  // Ready for the next request; clears the request.
  void Reset();

  // At least one byte of the request was seen (blank lines before it do not count).
  bool started() const;
  bool header_done() const;
  // Of the request whose header is done.
  bool keep_alive() const;
  bool is_http10() const;
  bool expects_continue() const;

  int error_status() const;
  std::string_view error_reason() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::net
