#include "evx/net/http_server.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "io_thread.h"
#include "listen_socket.h"
#include "server_state.h"

namespace evx::net {
namespace {

constexpr int kThreadCountMax = 64;
constexpr std::size_t kHeaderBytesMin = 256;
constexpr std::size_t kHeaderBytesMax = 1 << 20;
constexpr std::size_t kBodyBytesMax = std::size_t{1} << 30;
constexpr std::size_t kPipelinedMax = 65'536;
constexpr std::size_t kControlPayloadMax = 125;  // RFC 6455 section 5.5.
constexpr absl::Duration kTimeoutMin = absl::Milliseconds(10);
constexpr absl::Duration kTimeoutMax = absl::Hours(24);

// "Request Timeout" -> "request_timeout".
std::string CodeOf(int status) {
  std::string code(ReasonPhrase(status));
  for (char& c : code) {
    c = c == ' ' ? '_' : (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return code;
}

// Reasons are our own text and parser messages: plain ASCII without quotes.
HttpResponse DefaultErrorResponse(const HttpError& error) {
  return {.status = error.status,
          .body = absl::StrFormat(R"({"error":{"code":"%s","message":"%s"}})", CodeOf(error.status),
                                  error.reason)};
}

absl::Status CheckDuration(const char* name, absl::Duration value) {
  if (value >= kTimeoutMin && value <= kTimeoutMax) return absl::OkStatus();
  return InvalidArgument(absl::StrFormat(
      "%s %s is not within %s..%s", name, ToStd(absl::FormatDuration(value)),
      ToStd(absl::FormatDuration(kTimeoutMin)), ToStd(absl::FormatDuration(kTimeoutMax))));
}

absl::Status CheckCount(const char* name, std::size_t value, std::size_t min, std::size_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return InvalidArgument(absl::StrFormat("%s %d is not within %d..%d", name, value, min, max));
}

absl::Status Validate(const WebSocketOptions& options) {
  EVX_RETURN_IF_ERROR(CheckCount("websocket.message_bytes_max", options.message_bytes_max,
                                 kControlPayloadMax, std::size_t{64} << 20));
  EVX_RETURN_IF_ERROR(CheckCount("websocket.unsent_bytes_max", options.unsent_bytes_max, 1024,
                                 std::size_t{1} << 30));
  EVX_RETURN_IF_ERROR(CheckCount("websocket.ping_payload size", options.ping_payload.size(), 0,
                                 kControlPayloadMax));
  EVX_RETURN_IF_ERROR(CheckDuration("websocket.ping_interval", options.ping_interval));
  EVX_RETURN_IF_ERROR(CheckDuration("websocket.silence_timeout", options.silence_timeout));
  return CheckDuration("websocket.close_timeout", options.close_timeout);
}

absl::Status Validate(const HttpServer::Options& options) {
  if (options.thread_count < 1 || options.thread_count > kThreadCountMax) {
    return InvalidArgument(absl::StrFormat("thread_count %d is not within 1..%d",
                                           options.thread_count, kThreadCountMax));
  }
  EVX_RETURN_IF_ERROR(
      CheckCount("max_header_bytes", options.max_header_bytes, kHeaderBytesMin, kHeaderBytesMax));
  EVX_RETURN_IF_ERROR(CheckCount("max_body_bytes", options.max_body_bytes, 0, kBodyBytesMax));
  EVX_RETURN_IF_ERROR(CheckCount("max_connections", options.max_connections, 1, 1'000'000));
  EVX_RETURN_IF_ERROR(CheckCount("max_pipelined", options.max_pipelined, 1, kPipelinedMax));
  EVX_RETURN_IF_ERROR(CheckDuration("header_timeout", options.header_timeout));
  EVX_RETURN_IF_ERROR(CheckDuration("body_timeout", options.body_timeout));
  EVX_RETURN_IF_ERROR(CheckDuration("idle_timeout", options.idle_timeout));
  EVX_RETURN_IF_ERROR(CheckDuration("write_timeout", options.write_timeout));
  EVX_RETURN_IF_ERROR(Validate(options.websocket));
  if (options.tls.certificate_chain_file.empty() != options.tls.private_key_file.empty()) {
    return InvalidArgument("tls needs both certificate_chain_file and private_key_file");
  }
  return absl::OkStatus();
}

}  // namespace

class HttpServer::Impl {
 public:
  ServerState state;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::uint16_t port = 0;
  bool drained = false;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Drain(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(Options options, Handler handler) {
  EVX_RETURN_IF_ERROR(Validate(options));
  if (!options.error_response) options.error_response = DefaultErrorResponse;
  auto impl = std::make_unique<Impl>();
  if (!options.tls.certificate_chain_file.empty()) {
    EVX_ASSIGN_OR_RETURN(impl->state.tls, TlsContext::Load(options.tls.certificate_chain_file,
                                                           options.tls.private_key_file));
  }
  EVX_ASSIGN_OR_RETURN(const ListenSocket listener,
                       OpenListenSocket(options.address, options.port));
  impl->state.options = std::move(options);
  impl->state.handler = std::move(handler);
  impl->port = listener.port;
  std::vector<IoThread*> targets;
  for (int i = 0; i < impl->state.options.thread_count; ++i) {
    impl->threads.push_back(std::make_unique<IoThread>(impl->state, i));
    targets.push_back(impl->threads.back().get());
  }
  targets.front()->Listen(listener.fd, listener.is_ipv6, targets);
  for (IoThread* thread : targets) thread->Start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port; }

HttpServerStats HttpServer::stats() const {
  HttpServerStats stats;
  stats.connections_open = impl_->state.connections_open();
  for (const auto& thread : impl_->threads) {
    const IoThread::Counters& counters = thread->counters();
    stats.connections_accepted_total += counters.accepted.value();
    stats.connections_refused_total += counters.refused.value();
    stats.requests_total += counters.requests.value();
    stats.errors_total += counters.errors.value();
    stats.timeouts_total += counters.timeouts.value();
    stats.websockets_open +=
        counters.websockets_opened.value() - counters.websockets_closed.value();
  }
  return stats;
}

void HttpServer::PostToThreads(const std::function<void(int)>& task) {
  for (const auto& thread : impl_->threads) thread->mailbox()->Post(task);
}

void HttpServer::PostToThread(int index, std::function<void()> task) {
  EVX_CHECK(index >= 0 && static_cast<std::size_t>(index) < impl_->threads.size());
  impl_->threads[static_cast<std::size_t>(index)]->mailbox()->Post(
      [task = std::move(task)](int) { task(); });
}

int HttpServer::CurrentThread() {
  const IoThread* const thread = IoThread::Current();
  return thread == nullptr ? -1 : thread->index();
}

bool HttpServer::Drain(absl::Duration timeout) {
  if (std::exchange(impl_->drained, true)) return true;
  for (const auto& thread : impl_->threads) thread->mailbox()->RequestDrain();
  const bool finished =
      impl_->state.AwaitNoConnections(std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24)));
  for (const auto& thread : impl_->threads) thread->mailbox()->RequestStop();
  for (const auto& thread : impl_->threads) thread->Join();
  return finished;
}

}  // namespace evx::net
