#pragma once

#include <string>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/net/http_message.h"

namespace evx::net {

// What the request decides about the form of its response.
struct ResponseForm {
  bool is_head = false;
  bool is_http10 = false;
  bool close = false;  // This is the last response of the connection.
};

// Appends the response to `out`, ready for the wire. `date_line` is a whole header line.
void WriteResponse(const HttpResponse& response, ResponseForm form, std::string_view date_line,
                   std::string& out);

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
std::string DateLine(Timestamp now);

}  // namespace evx::net
