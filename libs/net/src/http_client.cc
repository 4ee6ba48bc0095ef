#include "evx/net/http_client.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <utility>

#include "absl/strings/str_format.h"
#include "client_header.h"
#include "evx/core/status.h"

namespace evx::net {
namespace {

using Connection = std::unique_ptr<httplib::Client>;

absl::Status CheckRequest(const HttpClientRequest& request) {
  if (request.method == HttpMethod::kOther) return InvalidArgument("method kOther has no name");
  if (request.target.empty() || request.target.front() != '/' ||
      HasControlCharacters(request.target) || request.target.find(' ') != std::string::npos) {
    return InvalidArgument("request target must begin with / and hold no blanks");
  }
  for (const HttpHeader& header : request.headers) {
    EVX_RETURN_IF_ERROR(CheckRequestHeader(header));
  }
  return absl::OkStatus();
}

// scheme://host[:port]
absl::Status CheckBaseUrl(std::string_view url) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (url.substr(0, scheme.size()) != scheme) continue;
    const std::string_view authority = url.substr(scheme.size());
    if (!authority.empty() && authority.find_first_of("/?# @") == std::string_view::npos &&
        !HasControlCharacters(authority)) {
      return absl::OkStatus();
    }
  }
  return InvalidArgument(
      absl::StrFormat("base_url %s is not of the form http[s]://host[:port]", url));
}

bool IsSafeToRepeat(HttpMethod method) {
  return method == HttpMethod::kGet || method == HttpMethod::kHead ||
         method == HttpMethod::kOptions;
}

}  // namespace

std::string_view HttpClientResponse::Header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return {};
}

class HttpClient::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}

  absl::StatusOr<HttpClientResponse> Send(const HttpClientRequest& request) {
    EVX_RETURN_IF_ERROR(CheckRequest(request));
    Connection connection = TakeIdle();
    if (connection) {
      absl::StatusOr<HttpClientResponse> response = SendOn(*connection, request);
      if (response.ok()) Keep(std::move(connection));
      if (response.ok() || !IsSafeToRepeat(request.method) ||
          response.status().code() != absl::StatusCode::kUnknown) {
        return response;
      }
    }
    EVX_ASSIGN_OR_RETURN(connection, Make());
    absl::StatusOr<HttpClientResponse> response = SendOn(*connection, request);
    if (response.ok()) Keep(std::move(connection));
    return response;
  }

  absl::StatusOr<Connection> Make() const {
    try {
      auto connection = std::make_unique<httplib::Client>(options_.base_url);
      if (!connection->is_valid()) {
        return InvalidArgument("base_url " + options_.base_url + " is not usable");
      }
      connection->set_connection_timeout(absl::ToChronoMicroseconds(options_.connect_timeout));
      connection->set_read_timeout(absl::ToChronoMicroseconds(options_.read_timeout));
      connection->set_write_timeout(absl::ToChronoMicroseconds(options_.write_timeout));
      connection->set_tcp_nodelay(true);
      connection->set_keep_alive(true);
      connection->set_follow_location(false);
      connection->set_url_encode(false);
      connection->enable_server_certificate_verification(options_.verify_certificate);
      if (!options_.ca_certificate_file.empty()) {
        connection->set_ca_cert_path(options_.ca_certificate_file);
      }
      return connection;
    } catch (const std::exception& error) {
      return Internal(absl::StrFormat("HTTP client for %s: %s", options_.base_url, error.what()));
    }
  }

 private:
  Connection TakeIdle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void Keep(Connection connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < options_.max_idle_connections) idle_.push_back(std::move(connection));
  }

  absl::StatusOr<HttpClientResponse> SendOn(httplib::Client& connection,
                                            const HttpClientRequest& request) const {
    HttpClientResponse response;
    bool is_too_large = false;
    httplib::Request wire;
    wire.method = ToString(request.method);
    wire.path = request.target;
    for (const HttpHeader& header : request.headers) {
      wire.headers.emplace(header.name, header.value);
    }
    if (!request.body.empty()) {
      wire.body = request.body;
      wire.headers.emplace("Content-Type", request.content_type);
    }
    wire.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      is_too_large = size > options_.max_response_bytes - response.body.size();
      if (!is_too_large) response.body.append(data, size);
      return !is_too_large;
    };
    const auto begin = std::chrono::steady_clock::now();
    try {
      const httplib::Result result = connection.send(wire);
      if (result) {
        response.status = result->status;
        for (const auto& [name, value] : result->headers) response.headers.push_back({name, value});
        return response;
      }
      if (is_too_large) {
        return ResourceExhausted(absl::StrFormat("answer of %s to %s %s is larger than %d bytes",
                                                 options_.base_url, wire.method, wire.path,
                                                 options_.max_response_bytes));
      }
      return Failure(wire, result.error(),
                     absl::FromChrono(std::chrono::steady_clock::now() - begin));
    } catch (const std::exception& error) {
      return absl::UnknownError(
          ToAbsl(absl::StrFormat("%s %s: %s", wire.method, wire.path, error.what())));
    }
  }

  absl::Status Failure(const httplib::Request& request, httplib::Error error,
                       absl::Duration elapsed) const {
    const std::string message = absl::StrFormat("%s %s%s: %s", request.method, options_.base_url,
                                                request.path, httplib::to_string(error));
    switch (error) {
      case httplib::Error::Connection:
      case httplib::Error::ConnectionTimeout:
      case httplib::Error::BindIPAddress:
      case httplib::Error::SSLConnection:
      case httplib::Error::SSLLoadingCerts:
      case httplib::Error::SSLServerVerification:
        return Unavailable(message);
      case httplib::Error::Success:
      case httplib::Error::Unknown:
      case httplib::Error::Read:
      case httplib::Error::Write:
      case httplib::Error::ExceedRedirectCount:
      case httplib::Error::Canceled:
      case httplib::Error::UnsupportedMultipartBoundaryChars:
      case httplib::Error::Compression:
        break;
    }
    const bool is_late = elapsed >= std::min(options_.read_timeout, options_.write_timeout);
    return is_late ? absl::DeadlineExceededError(ToAbsl(message + " (no answer in time)"))
                   : absl::UnknownError(ToAbsl(message + " (connection broke)"));
  }

  const Options options_;
  std::mutex mutex_;
  std::vector<Connection> idle_;  // Guarded by mutex_.
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Create(Options options) {
  EVX_RETURN_IF_ERROR(CheckBaseUrl(options.base_url));
  auto impl = std::make_unique<Impl>(std::move(options));
  EVX_RETURN_IF_ERROR(impl->Make().status());
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

absl::StatusOr<HttpClientResponse> HttpClient::Send(const HttpClientRequest& request) {
  return impl_->Send(request);
}

absl::StatusOr<HttpClientResponse> HttpClient::Get(std::string_view target,
                                                   std::vector<HttpHeader> headers) {
  return Send({.target = std::string(target), .headers = std::move(headers)});
}

absl::StatusOr<HttpClientResponse> HttpClient::Post(std::string_view target, std::string body,
                                                    std::vector<HttpHeader> headers) {
  return Send({.method = HttpMethod::kPost,
               .target = std::string(target),
               .headers = std::move(headers),
               .body = std::move(body)});
}

}  // namespace evx::net
