#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "rest/rest_api.h"

// What the files of RestApi share.

namespace evx::gateway {

// One request on its way.
struct RestApi::Call {
  net::HttpRequest request;
  Respond respond;
  std::string remote_address;
  std::string argument;  // What stands for {...} in the path.
  Session session;       // Of routes that need one.
};

struct RestApi::Route {
  enum class Needs : std::uint8_t {
    kNothing,
    kOrigin,  // of a page that may sign in
    kSession,
    kCsrf,  // a session, and the proof that its page asks
  };
  net::HttpMethod method;
  std::string_view path;  // One segment may be {...}.
  Needs needs = Needs::kSession;
  Role role = Role::kViewer;
  bool has_body = false;
  bool hashes_password = false;
  // What is written into the audit log, and so is refused while that is full.
  bool is_audited = false;
  std::optional<net::HttpResponse> (RestApi::*run)(Call&);
};

inline net::HttpResponse JsonAnswer(int status, const nlohmann::ordered_json& body) {
  net::HttpResponse response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

inline net::HttpResponse NoContent() {
  net::HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

// A whole JSON text of one text member, for the audit log.
inline std::string Detail(std::string_view name, std::string_view value) {
  const nlohmann::json json = {{std::string(name), std::string(value)}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace evx::gateway
