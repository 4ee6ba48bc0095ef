#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests and responses as values, without sockets, so that a handler can be tested by plain
// calls.

namespace evx::net {

// Unique within the life of a server; starts at 1.
enum class ConnectionId : std::uint64_t {};

enum class HttpMethod : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kPatch,
  kOptions,
  kOther,  // Any other well-formed method; its spelling is HttpRequest::method_text().
};

// "GET" for kGet and so on; "" for kOther.
std::string_view ToString(HttpMethod method);

// ASCII comparison without case, as header names are compared.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

struct HttpHeader {
  std::string name;
  std::string value;
};

// One complete request. Move-only: it owns the text of all its parts in one buffer, and the views
// it hands out live as long as it is neither moved from nor changed.
//
// What the server guarantees of a request it passes on: the method is a token; the target is
// visible ASCII and starts with '/' (or is "*" for OPTIONS; an absolute-form target has lost its
// scheme and authority); no header holds control characters other than tab; the body is complete,
// decoded from chunks and within the server's limit.
class HttpRequest {
 public:
  HttpRequest() = default;
  // For tests and for callers that make requests up: `target` as in the request line.
  HttpRequest(HttpMethod method, std::string_view target, std::string_view body = {});
  HttpRequest(HttpRequest&&) = default;
  HttpRequest& operator=(HttpRequest&&) = default;

  HttpMethod method() const { return method_; }
  std::string_view method_text() const { return Slice(method_text_); }
  // Path and query as received, percent-encoding untouched: "/a/b?c=d".
  std::string_view target() const { return Slice(target_); }
  // The target before '?'.
  std::string_view path() const { return target().substr(0, path_length_); }
  // The target after '?', without it; empty when there is none.
  std::string_view query() const;
  std::string_view body() const { return body_; }
  // Moves the body out; body() is empty afterwards.
  std::string TakeBody() { return std::exchange(body_, {}); }

  // The value of the first header of that name (compared without case), or "" when absent.
  // Linear in the number of headers; allocates nothing.
  std::string_view Header(std::string_view name) const;
  // The same, but "" when the header was sent more than once: for credentials, where a proxy and we
  // could take different ones.
  std::string_view SingleHeader(std::string_view name) const;
  bool HasHeader(std::string_view name) const;
  std::size_t header_count() const { return headers_.size(); }
  // In order of arrival: name as spelled, value without surrounding blanks.
  std::pair<std::string_view, std::string_view> header(std::size_t index) const;

  // The protocol the client asks to switch to ("websocket"), or "" when it does not. A handler
  // that does not know it answers as if nothing had been asked.
  std::string_view upgrade() const { return wants_upgrade_ ? Header("Upgrade") : ""; }

  // Numeric address of the peer without port: "127.0.0.1".
  std::string_view remote_address() const {
    return remote_address_ ? std::string_view(*remote_address_) : std::string_view();
  }
  ConnectionId connection_id() const { return connection_id_; }
  // Number of the round in which the request's thread came to it. A round visits every connection
  // that had input when it began, so the requests of one round stood in line at the same time: a
  // handler that counts them knows how much is waiting.
  std::uint64_t round() const { return round_; }

  // Changes, used by the parser and by tests.
  void SetRequestLine(HttpMethod method, std::string_view method_text, std::string_view target);
  void AddHeader(std::string_view name, std::string_view value);
  void AppendBody(std::string_view bytes) { body_.append(bytes); }
  void ReserveBody(std::size_t size) { body_.reserve(size); }
  void set_wants_upgrade(bool wants) { wants_upgrade_ = wants; }
  void SetConnection(ConnectionId id, std::shared_ptr<const std::string> remote_address);
  void set_round(std::uint64_t round) { round_ = round; }
  // Forgets request line, headers and body but keeps the memory for the next request.
  void Clear();

 private:
  struct Range {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };
  struct HeaderRange {
    Range name;
    Range value;
  };

  std::string_view Slice(Range range) const {
    return std::string_view(text_).substr(range.offset, range.length);
  }
  Range Store(std::string_view text);

  HttpMethod method_ = HttpMethod::kGet;
  bool wants_upgrade_ = false;
  Range method_text_;
  Range target_;
  std::uint32_t path_length_ = 0;
  std::string text_;
  std::vector<HeaderRange> headers_;
  std::string body_;
  ConnectionId connection_id_{};
  std::uint64_t round_ = 0;
  std::shared_ptr<const std::string> remote_address_;
};

// One complete response. The server adds Date, Content-Length and Connection itself; they must not
// be among `headers`. For HEAD, 204 and 304 the body is not sent.
struct HttpResponse {
  int status = 200;  // 200..599
  std::string body;
  std::string content_type = "application/json";  // No Content-Type is sent when empty.
  // A header whose name is not a token or whose value has control characters is left out: text
  // of a client that is echoed in a header can never forge another one.
  std::vector<HttpHeader> headers;
  // Ends the connection after this response.
  bool close_connection = false;
  // Sends nothing of this response and ends the connection after the ones before it: what a client
  // sees of a server that fails before it answers.
  bool withheld = false;
};

// "Not Found" for 404; "Unknown" for a status without a standard phrase.
std::string_view ReasonPhrase(int status);

}  // namespace evx::net
