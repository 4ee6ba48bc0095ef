// Any bytes as what a connection receives. The first byte says in how large pieces they arrive:
// the requests that come out must be the same as from one piece, within the limits, and a fault
// must be one that a client can be told.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/check.h"
#include "request_parser.h"

namespace evx::net {
namespace {

using Status = RequestParser::Status;

constexpr RequestParser::Limits kLimits{.header_bytes = 512, .body_bytes = 256, .header_count = 8};

struct Received {
  std::vector<std::string> requests;
  int error_status = 0;
};

std::string TextOf(const HttpRequest& request) {
  std::string text = std::string(request.method_text()) + " " + std::string(request.target());
  EVX_CHECK(request.header_count() <= kLimits.header_count);
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    const auto [name, value] = request.header(i);
    EVX_CHECK(request.HasHeader(name));
    text.append("\n").append(name).append(":").append(value);
  }
  EVX_CHECK(request.body().size() <= kLimits.body_bytes);
  EVX_CHECK(request.path().size() + request.query().size() <= request.target().size());
  return text.append("\n\n").append(request.body());
}

Received Receive(std::string_view bytes, std::size_t piece) {
  HttpRequest request;
  RequestParser parser(kLimits, request);
  Received received;
  std::string buffer;
  for (std::size_t offset = 0; offset < bytes.size(); offset += piece) {
    buffer.append(bytes.substr(offset, piece));
    while (true) {
      const RequestParser::Result result = parser.Parse(buffer);
      EVX_CHECK(result.consumed <= buffer.size());
      buffer.erase(0, result.consumed);
      if (result.status == Status::kError) {
        received.error_status = parser.error_status();
        EVX_CHECK(received.error_status >= 400 && received.error_status <= 505);
        EVX_CHECK(!parser.error_reason().empty());
        return received;
      }
      if (result.status == Status::kNeedMore) break;
      if (result.status == Status::kHeaderDone) continue;
      received.requests.push_back(TextOf(request));
      parser.Reset();
    }
  }
  return received;
}

void Requests(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  const Received whole = Receive(bytes, bytes.size() + 1);
  const Received parts = Receive(bytes, piece);
  EVX_CHECK(whole.requests == parts.requests);
  // A fault may be seen with fewer bytes in one cut than in the other, but not differ, unless the
  // header is also too large.
  constexpr int kHeaderTooLarge = 431;
  EVX_CHECK(whole.error_status == 0 || parts.error_status == 0 ||
            whole.error_status == parts.error_status || whole.error_status == kHeaderTooLarge ||
            parts.error_status == kHeaderTooLarge);
}

}  // namespace
}  // namespace evx::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  evx::net::Requests({reinterpret_cast<const char*>(data), size});
  return 0;
}
