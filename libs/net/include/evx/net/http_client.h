#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/net/http_message.h"

namespace evx::net {

struct HttpClientRequest {
  HttpMethod method = HttpMethod::kGet;  // kOther is refused.
  std::string target = "/";              // Path and query, already percent-encoded.
  std::vector<HttpHeader> headers;
  std::string body;
  std::string content_type = "application/json";  // Sent with a body only.
};

struct HttpClientResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;

  // The first of that name (compared without case), or "" when absent.
  std::string_view Header(std::string_view name) const;
};

// A blocking HTTP/1.1 client of one server, over TCP or TLS, which keeps its connections open.
// Thread-safe: each call takes an idle connection, or makes one, and gives it back. It follows no
// redirects, keeps no cookies and sends the target as it is given.
class HttpClient {
 public:
  struct Options {
    std::string base_url;  // "http://127.0.0.1:9090" or "https://host"; no path.
    absl::Duration connect_timeout = absl::Seconds(3);
    // Of each wait for bytes from the server, and of each wait to send.
    absl::Duration read_timeout = absl::Seconds(10);
    absl::Duration write_timeout = absl::Seconds(10);
    // PEM; empty takes the system's certificate authorities.
    std::string ca_certificate_file;
    bool verify_certificate = true;
    std::size_t max_idle_connections = 16;
    std::size_t max_response_bytes = std::size_t{64} << 20;
  };

  // InvalidArgument for a base_url that is not of the form above.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Create(Options options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  // Any answer of the server is OK, whatever its status. Otherwise:
  //   kInvalidArgument    the request cannot be sent: control characters, unknown method
  //   kUnavailable        the server was not reached: nothing has happened, a retry is safe
  //   kDeadlineExceeded   no answer within the time limit: the request may have been executed
  //   kUnknown            the connection broke after sending: the same
  //   kResourceExhausted  the answer is larger than max_response_bytes
  // GET, HEAD and OPTIONS are sent once more when a kept connection turns out to be dead.
  absl::StatusOr<HttpClientResponse> Send(const HttpClientRequest& request);

  absl::StatusOr<HttpClientResponse> Get(std::string_view target,
                                         std::vector<HttpHeader> headers = {});
  absl::StatusOr<HttpClientResponse> Post(std::string_view target, std::string body,
                                          std::vector<HttpHeader> headers = {});

 private:
  class Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::net
