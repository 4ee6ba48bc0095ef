#include "evx/net/http_message.h"

#include <algorithm>

namespace evx::net {
namespace {

constexpr char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view ToString(HttpMethod method) {
  switch (method) {
    case HttpMethod::kGet:
      return "GET";
    case HttpMethod::kHead:
      return "HEAD";
    case HttpMethod::kPost:
      return "POST";
    case HttpMethod::kPut:
      return "PUT";
    case HttpMethod::kDelete:
      return "DELETE";
    case HttpMethod::kPatch:
      return "PATCH";
    case HttpMethod::kOptions:
      return "OPTIONS";
    case HttpMethod::kOther:
      return "";
  }
  return "";
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (LowerAscii(a[i]) != LowerAscii(b[i])) return false;
  }
  return true;
}

HttpRequest::HttpRequest(HttpMethod method, std::string_view target, std::string_view body)
    : body_(body) {
  SetRequestLine(method, ToString(method), target);
}

std::string_view HttpRequest::query() const {
  const std::string_view whole = target();
  return path_length_ < whole.size() ? whole.substr(path_length_ + 1) : std::string_view();
}

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const HeaderRange& range : headers_) {
    if (range.name.length == name.size() && EqualsIgnoreCase(Slice(range.name), name)) {
      return Slice(range.value);
    }
  }
  return {};
}

std::string_view HttpRequest::SingleHeader(std::string_view name) const {
  std::string_view found;
  bool is_found = false;
  for (const HeaderRange& range : headers_) {
    if (range.name.length != name.size() || !EqualsIgnoreCase(Slice(range.name), name)) continue;
    if (is_found) return {};
    is_found = true;
    found = Slice(range.value);
  }
  return found;
}

bool HttpRequest::HasHeader(std::string_view name) const {
  return std::any_of(headers_.begin(), headers_.end(), [&](const HeaderRange& range) {
    return EqualsIgnoreCase(Slice(range.name), name);
  });
}

std::pair<std::string_view, std::string_view> HttpRequest::header(std::size_t index) const {
  const HeaderRange& range = headers_.at(index);
  return {Slice(range.name), Slice(range.value)};
}

HttpRequest::Range HttpRequest::Store(std::string_view text) {
  const Range range{static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint32_t>(text.size())};
  text_.append(text);
  return range;
}

void HttpRequest::SetRequestLine(HttpMethod method, std::string_view method_text,
                                 std::string_view target) {
  method_ = method;
  method_text_ = Store(method_text);
  target_ = Store(target);
  path_length_ = static_cast<std::uint32_t>(std::min(target.find('?'), target.size()));
}

void HttpRequest::AddHeader(std::string_view name, std::string_view value) {
  const Range stored_name = Store(name);
  headers_.push_back({stored_name, Store(value)});
}

void HttpRequest::SetConnection(ConnectionId id,
                                std::shared_ptr<const std::string> remote_address) {
  connection_id_ = id;
  remote_address_ = std::move(remote_address);
}

void HttpRequest::Clear() {
  // A body that was large once must not pin its memory for the life of the connection.
  constexpr std::size_t kBodyBytesKept = 16 * 1024;
  method_ = HttpMethod::kGet;
  wants_upgrade_ = false;
  method_text_ = {};
  target_ = {};
  path_length_ = 0;
  text_.clear();
  headers_.clear();
  if (body_.capacity() > kBodyBytesKept) {
    body_ = std::string();
  } else {
    body_.clear();
  }
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 207:
      return "Multi-Status";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace evx::net
