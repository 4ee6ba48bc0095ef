#include "evx/net/websocket_client.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <optional>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "byte_buffer.h"
#include "client_header.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "server_frames.h"
#include "websocket_pipe.h"
#include "websocket_url.h"

namespace evx::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr absl::Duration kTickInterval = absl::Milliseconds(250);
// Memory of a message buffer that is kept for the next message.
constexpr std::size_t kMessageBytesKept = std::size_t{1} << 20;
// Of one read of the socket: many messages of a busy feed.
constexpr std::size_t kInputBytes = 64 * 1024;
// While more waits to be sent nothing is read, so that pongs and echoes are bounded.
constexpr std::size_t kOutputBytesMax = std::size_t{1} << 20;

std::int64_t DeadlineAfter(absl::Duration duration) {
  return MonotonicNanos() + absl::ToInt64Nanoseconds(duration);
}

// One connection as the loop sees it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void Start() = 0;
  virtual void Tick(std::int64_t now) = 0;
  virtual void End(WebSocketEnd end) = 0;
};

// What the connections share. I/O thread only, but for `io`.
struct Loop {
  explicit Loop(WebSocketClient::Options with) : options(std::move(with)) {}

  const WebSocketClient::Options options;
  asio::io_context io{1};
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
};

using PlainSocket = beast::tcp_stream;
using TlsSocket = beast::ssl_stream<beast::tcp_stream>;

// The socket fills `input_` and empties `output_`; between the two stands Beast's protocol, which
// runs within Pump and only there, and beside it TakeMessage.
template <class Socket>
class BeastConnection final : public Connection,
                              public WebSocket,
                              private WebSocketPipe::Owner,
                              public std::enable_shared_from_this<BeastConnection<Socket>> {
  static constexpr bool kIsSecure = std::is_same_v<Socket, TlsSocket>;
  struct Message {
    std::string payload;
    bool is_text = true;
  };

  // A handler that keeps the connection alive and is deaf once it has ended.
  template <class Function>
  auto Guard(Function function) {
    return [
      self = this->shared_from_this(), function = std::move(function)
    ](error_code ec, auto&&... arguments) requires std::is_invocable_v<const Function&, error_code,
                                                                       decltype(arguments)...> {
      if (!self->has_ended_) function(ec, std::forward<decltype(arguments)>(arguments)...);
    };
  }

  static Socket MakeSocket(Loop& loop) {
    if constexpr (kIsSecure) {
      return Socket(loop.io, loop.tls);
    } else {
      return Socket(loop.io);
    }
  }

 public:
  BeastConnection(Loop& loop, WebSocketUrl url, std::vector<HttpHeader> headers,
                  std::unique_ptr<WebSocketClientSession> session)
      : loop_(loop),
        url_(std::move(url)),
        headers_(std::move(headers)),
        session_(std::move(session)),
        resolver_(loop.io),
        socket_(MakeSocket(loop)),
        turns_(*this, loop.io),
        stream_(turns_) {}

  void Start() override {
    deadline_ = DeadlineAfter(loop_.options.open_timeout);
    resolver_.async_resolve(url_.host, url_.port,
                            Guard([this](error_code ec, const tcp::resolver::results_type& found) {
                              if (ec) return Fail("resolve", ec);
                              OnResolved(found);
                            }));
  }

  void Tick(std::int64_t now) override {
    if (deadline_ != 0 && now >= deadline_) {
      if (last_end_) return End(*std::move(last_end_));
      const std::string_view what = closing_ ? " did not answer Close" : " did not open";
      return End({absl::DeadlineExceededError(ToAbsl(url_.authority + std::string(what)))});
    }
    if (!is_open_ || closing_) return;
    const std::int64_t silence = absl::ToInt64Nanoseconds(loop_.options.silence_timeout);
    if (was_heard_) {
      was_heard_ = false;
      heard_nanos_ = now;
    } else if (now - heard_nanos_ >= silence) {
      return End({absl::DeadlineExceededError(ToAbsl(url_.authority + " is silent"))});
    } else if (now - heard_nanos_ >= silence / 2 && !is_pinging_) {
      is_pinging_ = true;
      stream_.async_ping({}, [this](error_code) { is_pinging_ = false; });
    }
    session_->OnTick();
  }

  bool SendText(std::string_view head, std::string_view tail) override {
    return Send(head, tail, /*is_text=*/true);
  }
  bool SendBinary(std::string_view head, std::string_view tail) override {
    return Send(head, tail, /*is_text=*/false);
  }

  void Close(WebSocketCloseCode code, std::string_view reason) override {
    if (closing_ || has_ended_) return;
    if (!is_open_) return Cut();
    closing_ = true;
    deadline_ = DeadlineAfter(loop_.options.close_timeout);
    websocket::close_reason close_reason(static_cast<websocket::close_code>(code));
    close_reason.reason.assign(reason.data(),
                               std::min(reason.size(), close_reason.reason.max_size()));
    stream_.async_close(close_reason, [this](error_code) { EndClosed(); });
  }

  void Cut() override { End({absl::CancelledError("cut off")}); }

  std::size_t unsent_bytes() const override {
    return queued_bytes_ + output_.size() + in_flight_.size();
  }
  bool is_compressed() const override { return false; }

  void End(WebSocketEnd end) override {
    if (std::exchange(has_ended_, true)) return;
    is_open_ = false;
    const auto self = this->shared_from_this();
    resolver_.cancel();
    error_code ignored;
    beast::get_lowest_layer(socket_).socket().close(ignored);
    session_->OnClose(end);
    loop_.connections.erase(this);
  }

 private:
  void Fail(std::string_view step, error_code ec) {
    const std::string message =
        absl::StrCat(ToAbsl(url_.authority), ": ", ToAbsl(step), ": ", ec.message());
    End({Unavailable(message)});
  }

  // Once what Beast has to say has left, such as its Close.
  void EndSoon(WebSocketEnd end) {
    if (last_end_) return;
    is_open_ = false;
    last_end_ = std::move(end);
    deadline_ = DeadlineAfter(loop_.options.close_timeout);
    OnPipeReady();
  }

  void EndClosed() {
    const websocket::close_reason& reason = stream_.reason();
    EndSoon({absl::OkStatus(), 0, reason.code,
             std::string(reason.reason.data(), reason.reason.size())});
  }

  void OnResolved(const tcp::resolver::results_type& found) {
    beast::get_lowest_layer(socket_).async_connect(
        found, Guard([this](error_code ec, const tcp::endpoint&) {
          if (ec) return Fail("connect", ec);
          error_code ignored;
          beast::get_lowest_layer(socket_).socket().set_option(tcp::no_delay(true), ignored);
          if constexpr (kIsSecure) {
            BeginTls();
          } else {
            BeginHandshake();
          }
        }));
  }

  void BeginTls() {
    SSL_set_tlsext_host_name(socket_.native_handle(), url_.host.c_str());
    if (loop_.options.verify_certificate) {
      socket_.set_verify_mode(asio::ssl::verify_peer);
      socket_.set_verify_callback(asio::ssl::host_name_verification(url_.host));
    }
    socket_.async_handshake(asio::ssl::stream_base::client, Guard([this](error_code ec) {
                              if (ec) return Fail("TLS", ec);
                              BeginHandshake();
                            }));
  }

  // ---- Between the socket and the protocol

  std::string_view Input() override {
    const std::string_view all = input_.readable();
    return input_end_ ? all : all.substr(0, frames_.ForLibrary(all));
  }
  void ConsumeInput(std::size_t count) override {
    if (!input_end_) frames_.OnLibraryTook(input_.readable().substr(0, count));
    input_.Consume(count);
  }
  error_code input_end() const override { return input_end_; }
  bool CanWrite() const override { return output_.size() + in_flight_.size() < kOutputBytesMax; }
  std::string& output() override { return output_; }

  void OnPipeReady() override {
    if (is_pumping_ || std::exchange(is_pump_posted_, true)) return;
    asio::post(loop_.io, [self = this->shared_from_this()] {
      self->is_pump_posted_ = false;
      self->Pump();
    });
  }

  void Pump() {
    is_pumping_ = true;
    while (!has_ended_) {
      if (TakeMessage()) continue;
      if (!stream_.next_layer().CanPump()) break;
      stream_.next_layer().Pump();
    }
    is_pumping_ = false;
    if (has_ended_) return;
    WriteOutput();
    if (!has_ended_) ReadInput();
  }

  // A message that Beast need not see. False: there is none at the front of the input.
  bool TakeMessage() {
    if (!is_open_ || closing_ || input_end_) return false;
    if (!CanWrite() || !stream_.next_layer().IsWaiting()) return false;
    const ServerFrames::Message message = frames_.TakeMessage(input_.readable());
    if (!message.is_whole) return false;
    was_heard_ = true;
    session_->OnMessage(message.payload, message.is_text);
    input_.Consume(message.frame_bytes);
    return true;
  }

  void ReadInput() {
    if (is_reading_ || input_end_) return;
    // What is left is the beginning of a frame, unless somebody has to do something first.
    if (!input_.empty() && !(CanWrite() && stream_.next_layer().IsWaiting())) return;
    is_reading_ = true;
    input_.Reserve(kInputBytes);
    socket_.async_read_some(asio::buffer(input_.write_begin(), input_.writable()),
                            Guard([this](error_code ec, std::size_t count) {
                              is_reading_ = false;
                              input_.Commit(count);
                              input_end_ = ec;
                              Pump();
                            }));
  }

  void WriteOutput() {
    if (!in_flight_.empty()) return;
    if (output_.empty()) {
      if (last_end_) End(*std::move(last_end_));
      return;
    }
    in_flight_.swap(output_);
    asio::async_write(socket_, asio::buffer(in_flight_), Guard([this](error_code ec, std::size_t) {
                        in_flight_.clear();
                        if (ec) output_.clear();  // The read fails too.
                        Pump();
                      }));
  }

  // ---- The protocol

  bool Send(std::string_view head, std::string_view tail, bool is_text) {
    const std::size_t size = head.size() + tail.size();
    if (!is_open_ || closing_ || unsent_bytes() + size > loop_.options.unsent_bytes_max) {
      return false;
    }
    Message& message = queue_.emplace_back();
    message.is_text = is_text;
    message.payload.reserve(size);
    message.payload.append(head).append(tail);
    queued_bytes_ += size;
    if (queue_.size() == 1) WriteFront();
    return true;
  }

  void BeginHandshake() {
    stream_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, "evx");
      for (const HttpHeader& header : headers_) request.set(header.name, header.value);
    }));
    stream_.read_message_max(loop_.options.message_bytes_max);
    stream_.auto_fragment(false);
    stream_.control_callback(
        [this](websocket::frame_type, beast::string_view) { was_heard_ = true; });
    stream_.async_handshake(answer_, url_.authority, url_.path,
                            [this](error_code ec) { OnHandshake(ec); });
  }

  void OnHandshake(error_code ec) {
    if (ec == websocket::error::upgrade_declined) {
      const int status = static_cast<int>(answer_.result_int());
      return End(
          {PermissionDenied(absl::StrCat(ToAbsl(url_.authority), " answered ", status)), status});
    }
    if (ec) return Fail("handshake", ec);
    is_open_ = true;
    frames_.Begin();
    deadline_ = 0;
    heard_nanos_ = MonotonicNanos();
    session_->OnOpen(*this);
    if (!has_ended_) Read();
  }

  void Read() {
    stream_.async_read(message_, [this](error_code ec, std::size_t) { OnRead(ec); });
  }

  void OnRead(error_code ec) {
    if (ec) return OnReadFailed(ec);
    was_heard_ = true;
    if (!closing_) {
      const asio::const_buffer bytes = message_.cdata();
      session_->OnMessage({static_cast<const char*>(bytes.data()), bytes.size()},
                          stream_.got_text());
    }
    if (has_ended_) return;
    message_.consume(message_.size());
    if (message_.capacity() > kMessageBytesKept) message_.shrink_to_fit();
    Read();
  }

  void OnReadFailed(error_code ec) {
    if (ec == websocket::error::closed) return EndClosed();
    if (closing_) return;  // The end of async_close follows, or the time limit.
    if (ec == websocket::error::message_too_big || ec == websocket::error::buffer_overflow) {
      const std::size_t limit = loop_.options.message_bytes_max;
      return EndSoon({ResourceExhausted(absl::StrCat(
          "a message of ", ToAbsl(url_.authority), " is longer than message_bytes_max ", limit))});
    }
    if (ec == websocket::condition::protocol_violation) {
      return EndSoon({InvalidArgument(url_.authority + " broke the protocol: " + ec.message())});
    }
    Fail("read", ec);
  }

  void WriteFront() {
    stream_.text(queue_.front().is_text);
    stream_.async_write(asio::buffer(queue_.front().payload), [this](error_code ec, std::size_t) {
      if (ec) return;  // The read fails too.
      queued_bytes_ -= queue_.front().payload.size();
      queue_.pop_front();
      if (!queue_.empty() && !closing_) WriteFront();
    });
  }

  Loop& loop_;
  const WebSocketUrl url_;
  const std::vector<HttpHeader> headers_;
  const std::unique_ptr<WebSocketClientSession> session_;
  tcp::resolver resolver_;
  Socket socket_;
  ByteBuffer input_{kInputBytes};
  ServerFrames frames_{loop_.options.message_bytes_max};
  error_code input_end_;
  std::string output_;
  std::string in_flight_;  // Being written.
  WebSocketPipe::Turns turns_;
  websocket::stream<WebSocketPipe> stream_;
  websocket::response_type answer_;
  beast::flat_buffer message_;
  std::deque<Message> queue_;  // The first is being written.
  std::size_t queued_bytes_ = 0;
  std::optional<WebSocketEnd> last_end_;
  std::int64_t deadline_ = 0;  // Of opening or closing; 0: none.
  std::int64_t heard_nanos_ = 0;
  bool was_heard_ = false;  // Since the last tick.
  bool is_pinging_ = false;
  bool is_reading_ = false;
  bool is_pumping_ = false;
  bool is_pump_posted_ = false;
  bool is_open_ = false;
  bool closing_ = false;
  bool has_ended_ = false;
};

absl::Status CheckOptions(const WebSocketClient::Options& options) {
  for (const auto& [name, value] : {std::pair("open_timeout", options.open_timeout),
                                    std::pair("silence_timeout", options.silence_timeout),
                                    std::pair("close_timeout", options.close_timeout)}) {
    if (value <= absl::ZeroDuration()) {
      return InvalidArgument(std::string(name) + " must be above zero");
    }
  }
  if (options.message_bytes_max == 0 || options.connections_max == 0) {
    return InvalidArgument("message_bytes_max and connections_max must be above zero");
  }
  return absl::OkStatus();
}

}  // namespace

class WebSocketClient::Impl {
 public:
  explicit Impl(Options options) : loop_(std::move(options)), ticks_(loop_.io) {}

  absl::Status Begin() {
    error_code ec;
    if (loop_.options.ca_certificate_file.empty()) {
      loop_.tls.set_default_verify_paths(ec);
    } else {
      loop_.tls.load_verify_file(loop_.options.ca_certificate_file, ec);
    }
    if (ec) {
      return InvalidArgument("ca_certificate_file " + loop_.options.ca_certificate_file + ": " +
                             ec.message());
    }
    ScheduleTick();
    thread_ = std::thread([this] { loop_.io.run(); });
    return absl::OkStatus();
  }

  ~Impl() {
    if (!thread_.joinable()) return;
    asio::post(loop_.io, [this] {
      while (!loop_.connections.empty()) {
        const std::shared_ptr<Connection> connection = loop_.connections.begin()->second;
        connection->End({absl::CancelledError("the client stops")});
      }
      loop_.io.stop();
    });
    thread_.join();
  }

  absl::Status Connect(WebSocketTarget target, std::unique_ptr<WebSocketClientSession> session) {
    EVX_ASSIGN_OR_RETURN(WebSocketUrl url, ParseWebSocketUrl(target.url));
    for (const HttpHeader& header : target.headers) EVX_RETURN_IF_ERROR(CheckRequestHeader(header));
    asio::post(loop_.io, [this, url = std::move(url), headers = std::move(target.headers),
                          session = std::move(session)]() mutable {
      if (loop_.connections.size() >= loop_.options.connections_max) {
        session->OnClose({Unavailable("connections_max is reached")});
        return;
      }
      if (url.is_secure) {
        Add<TlsSocket>(std::move(url), std::move(headers), std::move(session));
      } else {
        Add<PlainSocket>(std::move(url), std::move(headers), std::move(session));
      }
    });
    return absl::OkStatus();
  }

  void Post(absl::AnyInvocable<void()> task) { asio::post(loop_.io, std::move(task)); }

  void PostAfter(absl::Duration delay, absl::AnyInvocable<void()> task) {
    auto timer = std::make_shared<asio::steady_timer>(loop_.io);
    timer->expires_after(absl::ToChronoNanoseconds(delay));
    timer->async_wait([timer, task = std::move(task)](error_code ec) mutable {
      if (!ec) task();
    });
  }

 private:
  template <class Socket>
  void Add(WebSocketUrl url, std::vector<HttpHeader> headers,
           std::unique_ptr<WebSocketClientSession> session) {
    auto connection = std::make_shared<BeastConnection<Socket>>(
        loop_, std::move(url), std::move(headers), std::move(session));
    loop_.connections.emplace(connection.get(), connection);
    connection->Start();
  }

  void ScheduleTick() {
    ticks_.expires_after(absl::ToChronoNanoseconds(kTickInterval));
    ticks_.async_wait([this](error_code ec) {
      if (ec) return;
      std::vector<std::shared_ptr<Connection>> connections;
      connections.reserve(loop_.connections.size());
      for (const auto& [key, connection] : loop_.connections) connections.push_back(connection);
      const std::int64_t now = MonotonicNanos();
      for (const auto& connection : connections) connection->Tick(now);
      ScheduleTick();
    });
  }

  Loop loop_;
  asio::steady_timer ticks_;
  std::thread thread_;
};

WebSocketClient::WebSocketClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocketClient::~WebSocketClient() = default;

absl::StatusOr<std::unique_ptr<WebSocketClient>> WebSocketClient::Start(Options options) {
  EVX_RETURN_IF_ERROR(CheckOptions(options));
  auto impl = std::make_unique<Impl>(std::move(options));
  EVX_RETURN_IF_ERROR(impl->Begin());
  return std::unique_ptr<WebSocketClient>(new WebSocketClient(std::move(impl)));
}

absl::Status WebSocketClient::CheckUrl(std::string_view url) {
  return ParseWebSocketUrl(url).status();
}

absl::Status WebSocketClient::Connect(WebSocketTarget target,
                                      std::unique_ptr<WebSocketClientSession> session) {
  return impl_->Connect(std::move(target), std::move(session));
}

void WebSocketClient::Post(absl::AnyInvocable<void()> task) { impl_->Post(std::move(task)); }

void WebSocketClient::PostAfter(absl::Duration delay, absl::AnyInvocable<void()> task) {
  impl_->PostAfter(delay, std::move(task));
}

}  // namespace evx::net
