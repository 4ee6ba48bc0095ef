#include "response_writer.h"

#include <algorithm>
#include <charconv>

#include "absl/time/time.h"
#include "evx/core/check.h"

namespace evx::net {
namespace {

bool IsTokenChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsSafeName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), IsTokenChar);
}

bool IsSafeValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

void AppendInteger(std::size_t value, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void AppendHeader(std::string_view name, std::string_view value, std::string& out) {
  if (!IsSafeName(name) || !IsSafeValue(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void WriteResponse(const HttpResponse& response, ResponseForm form, std::string_view date_line,
                   std::string& out) {
  EVX_CHECK(response.status >= 200 && response.status <= 599);
  const bool has_body = response.status != 204 && response.status != 304;
  if (response.status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
  } else {
    out.append("HTTP/1.1 ");
    AppendInteger(static_cast<std::size_t>(response.status), out);
    out.append(" ").append(ReasonPhrase(response.status)).append("\r\n");
  }
  out.append(date_line);
  if (has_body) {
    if (!response.content_type.empty()) AppendHeader("Content-Type", response.content_type, out);
    out.append("Content-Length: ");
    AppendInteger(response.body.size(), out);
    out.append("\r\n");
  }
  for (const HttpHeader& header : response.headers) AppendHeader(header.name, header.value, out);
  if (form.close) {
    out.append("Connection: close\r\n");
  } else if (form.is_http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  if (has_body && !form.is_head) out.append(response.body);
}

std::string DateLine(Timestamp now) {
  return "Date: " +
         absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::FromUnixSeconds(now.seconds()),
                          absl::UTCTimeZone()) +
         "\r\n";
}

}  // namespace evx::net
