#include "websocket_channel.h"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <boost/beast/zlib/error.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "evx/core/check.h"
#include "http_connection.h"
#include "io_thread.h"

namespace evx::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

// Memory of a message buffer that is kept for the next message.
constexpr std::size_t kMessageBytesKept = 16 * 1024;
constexpr std::size_t kInflateBytes = 64 * 1024;
// Speed before size: each message of a busy feed is compressed for each connection.
constexpr int kCompressionLevel = 3;
constexpr int kCompressionMemoryLevel = 4;
constexpr std::size_t kCompressedBytesMin = 64;

constexpr unsigned char kTextFrame = 0x81;
constexpr unsigned char kBinaryFrame = 0x82;
constexpr unsigned char kCloseFrame = 0x88;
constexpr unsigned char kPingFrame = 0x89;

constexpr std::uint16_t kInvalidPayload = 1007;  // RFC 6455 section 7.4.1.

using Completion = absl::AnyInvocable<void(error_code, std::size_t)>;

// An AsyncStream between the protocol and the buffers of a connection. An operation completes in
// Pump and never inside the call that started it. Other than with a client's WebSocketPipe, each
// message takes a turn of the loop: connections take turns, and answers to a burst of messages go
// out between them.
class Pipe {
 public:
  using executor_type = IoThread::Context::executor_type;

  Pipe(HttpConnection& connection, executor_type executor)
      : connection_(&connection), executor_(std::move(executor)) {}

  executor_type get_executor() const { return executor_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& target) {
          for (const asio::mutable_buffer buffer : beast::buffers_range_ref(target)) {
            read_target_ = buffer;
            if (buffer.size() > 0) break;
          }
          read_ = std::move(handler);
          PumpSoon();
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& source) {
          // All at once: what Beast writes in one call ends at the end of a frame.
          std::string& output = connection_->output();
          for (const asio::const_buffer buffer : beast::buffers_range_ref(source)) {
            output.append(static_cast<const char*>(buffer.data()), buffer.size());
            written_ += buffer.size();
          }
          connection_->MarkDirty();
          write_ = std::move(handler);
          PumpSoon();
        },
        token, buffers);
  }

  // The output has room for more of Beast's own making (pongs, compressed messages).
  bool CanWrite() const { return connection_->UnsentBytes() < HttpServer::kOutputBytesMax; }
  bool CanPump() const {
    if (write_ && CanWrite()) return true;
    return read_ && CanWrite() && (!connection_->input().empty() || connection_->peer_closed());
  }
  void PumpOnce() {
    if (write_) {
      Completion done = std::exchange(write_, nullptr);
      done({}, std::exchange(written_, 0));
      return;
    }
    ByteBuffer& input = connection_->input();
    Completion done = std::exchange(read_, nullptr);
    if (input.empty()) {
      done(asio::error::eof, 0);
      return;
    }
    const std::size_t count = asio::buffer_copy(
        read_target_, asio::buffer(input.readable().data(), input.readable().size()));
    input.Consume(count);
    input_bytes_ += count;
    done({}, count);
  }
  // How many were read since the last call.
  std::size_t TakeInputBytes() { return std::exchange(input_bytes_, 0); }

 private:
  // Beast goes on with a message in handlers that it posts; nobody else would pump for those.
  void PumpSoon() {
    if (connection_->is_pumping()) return;
    asio::post(executor_, [connection = connection_, alive = std::weak_ptr<int>(alive_)] {
      if (!alive.expired()) connection->PumpFromOutside();
    });
  }

  HttpConnection* connection_;
  executor_type executor_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  asio::mutable_buffer read_target_;
  Completion read_;
  std::size_t input_bytes_ = 0;
  std::size_t written_ = 0;
  Completion write_;
};

// Beast asks for the end of the stream with these; the connection ends when the channel says that
// it has finished. Beast's own timeouts, which would close the socket, are off.
void beast_close_socket(Pipe&) {}

template <class Handler>
void async_teardown(beast::role_type, Pipe& pipe, Handler&& handler) {
  asio::post(pipe.get_executor(),
             beast::bind_handler(std::forward<Handler>(handler), error_code{}));
}

beast::string_view ToBeast(std::string_view text) { return {text.data(), text.size()}; }

http::request<http::empty_body> ToBeastRequest(const HttpRequest& request) {
  http::request<http::empty_body> copy;
  copy.version(11);
  copy.method_string(ToBeast(request.method_text()));
  copy.target(ToBeast(request.target()));
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    const auto [name, value] = request.header(i);
    copy.insert(ToBeast(name), ToBeast(value));
  }
  return copy;
}

// The head of an unmasked frame with this many bytes of payload.
void AppendFrameHead(unsigned char first, std::size_t size, std::string& out) {
  out.push_back(static_cast<char>(first));
  const auto append_size = [&](int byte_count) {
    for (int shift = 8 * (byte_count - 1); shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(size >> shift & 0xff));
    }
  };
  if (size < 126) {
    append_size(1);
  } else if (size <= 0xffff) {
    out.push_back(126);
    append_size(2);
  } else {
    out.push_back(127);
    append_size(8);
  }
}

class BeastChannel final : public WebSocketChannel {
  // A completion handler that does nothing once the channel has gone, and that ends the turn when
  // it is not called from inside one.
  template <class Function>
  auto Guard(Function function) {
    return [this, alive = std::weak_ptr<int>(alive_),
            function = std::move(function)](auto&&... arguments) {
      if (alive.expired()) return;
      function(std::forward<decltype(arguments)>(arguments)...);
      connection_.PumpFromOutside();
    };
  }

 public:
  BeastChannel(HttpConnection& connection, IoThread& io, const HttpRequest& request,
               std::unique_ptr<WebSocketSession> session)
      : connection_(connection),
        io_(io),
        options_(io.server().options.websocket),
        session_(std::move(session)),
        request_(ToBeastRequest(request)),
        stream_(Pipe(connection, io.context().get_executor())) {
    websocket::permessage_deflate deflate;
    deflate.server_enable = options_.compression;
    deflate.compLevel = kCompressionLevel;
    deflate.memLevel = kCompressionMemoryLevel;
    deflate.msg_size_threshold = kCompressedBytesMin;
    stream_.set_option(deflate);
    stream_.set_option(websocket::stream_base::decorator([this](websocket::response_type& answer) {
      is_compressed_ = answer.count(http::field::sec_websocket_extensions) != 0;
      answer.set(http::field::server, "evx");
    }));
    stream_.read_message_max(options_.message_bytes_max);
    stream_.control_callback([this](websocket::frame_type, beast::string_view) {
      Heard();
      ++control_count_;
    });
    // Beast prepares room before it knows how far a message inflates; its own limit decides.
    message_.max_size(options_.message_bytes_max + kInflateBytes);
    Heard();
    stream_.async_accept(request_, Guard([this](error_code ec) { OnAccepted(ec); }));
  }

  ~BeastChannel() override { OnDisconnected(); }

  bool SendText(std::string_view head, std::string_view tail) override {
    return Send(head, tail, /*is_text=*/true);
  }
  bool SendBinary(std::string_view head, std::string_view tail) override {
    return Send(head, tail, /*is_text=*/false);
  }

  void Close(WebSocketCloseCode code, std::string_view reason) override {
    if (closing_ || finished_) return;
    if (!is_open_) {
      Cut();
      return;
    }
    closing_ = true;
    close_deadline_ = io_.Deadline(options_.close_timeout);
    websocket::close_reason close_reason(static_cast<websocket::close_code>(code));
    close_reason.reason.assign(reason.data(),
                               std::min(reason.size(), close_reason.reason.max_size()));
    stream_.async_close(close_reason, Guard([this](error_code) { Finish(); }));
    connection_.MarkDirty();
  }

  void Cut() override { connection_.Close(); }

  std::size_t unsent_bytes() const override { return connection_.UnsentBytes() + queued_bytes_; }
  bool is_compressed() const override { return is_compressed_; }

  bool CanPump() const override { return !finished_ && stream_.next_layer().CanPump(); }
  void Pump() override {
    while (CanPump()) {
      stream_.next_layer().PumpOnce();
      TellInput();
    }
  }

  void OnTick() override {
    if (finished_) return;
    if (io_.now() >= heard_deadline_ || (closing_ && io_.now() >= close_deadline_)) {
      io_.mutable_counters().timeouts.Add(1);
      connection_.Close();
      return;
    }
    if (!is_open_ || closing_) return;
    if (io_.now() >= next_ping_) {
      next_ping_ = io_.Deadline(options_.ping_interval);
      AppendFrameHead(kPingFrame, options_.ping_payload.size(), connection_.output());
      connection_.output().append(options_.ping_payload);
      connection_.MarkDirty();
    }
    session_->OnTick();
  }

  void BeginDrain() override { Close(WebSocketCloseCode::kGoingAway, "the server is stopping"); }

  bool finished() const override { return finished_; }

  void OnDisconnected() override {
    is_open_ = false;
    finished_ = true;
    if (std::exchange(session_told_, true)) return;
    session_->OnClose();
  }

 private:
  struct Message {
    std::string payload;
    bool is_text = true;
  };

  bool Send(std::string_view head, std::string_view tail, bool is_text) {
    if (!is_open_ || closing_) return false;
    const std::size_t size = head.size() + tail.size();
    if (unsent_bytes() + size > options_.unsent_bytes_max) return false;
    if (is_compressed_) {
      queued_bytes_ += size;
      Message& message = queue_.emplace_back();
      message.is_text = is_text;
      message.payload.reserve(size);
      message.payload.append(head).append(tail);
      if (queue_.size() == 1) WriteFront();
    } else {
      std::string& output = connection_.output();
      AppendFrameHead(is_text ? kTextFrame : kBinaryFrame, size, output);
      output.append(head).append(tail);
      connection_.SendIfLarge();
    }
    connection_.MarkDirty();
    return true;
  }

  void TellInput() {
    const std::size_t byte_count = stream_.next_layer().TakeInputBytes();
    const std::size_t control_count = std::exchange(control_count_, 0);
    if (byte_count + control_count == 0 || !is_open_ || closing_) return;
    session_->OnInput(byte_count, control_count);
  }

  void Heard() { heard_deadline_ = io_.Deadline(options_.silence_timeout); }

  void OnAccepted(error_code ec) {
    if (finished_) return;
    if (ec) {
      Finish();  // Beast has answered why.
      return;
    }
    is_open_ = true;
    next_ping_ = io_.Deadline(options_.ping_interval);
    session_->OnOpen(*this);
    Read();
  }

  void Read() {
    stream_.async_read(message_, Guard([this](error_code ec, std::size_t) { OnRead(ec); }));
  }

  void OnRead(error_code ec) {
    if (finished_) return;
    if (ec) {
      // Beast closes for a fault of the protocol, not for bytes that cannot be decompressed.
      const error_code is_deflate_fault = beast::zlib::make_error_code(beast::zlib::error::general);
      if (ec.category() == is_deflate_fault.category() && !closing_) WriteClose(kInvalidPayload);
      Finish();
      return;
    }
    Heard();
    if (!closing_) {
      const asio::const_buffer bytes = message_.cdata();
      session_->OnMessage({static_cast<const char*>(bytes.data()), bytes.size()},
                          stream_.got_text());
    }
    if (finished_) return;
    message_.consume(message_.size());
    if (message_.capacity() > kMessageBytesKept) message_.shrink_to_fit();
    Read();
  }

  void WriteClose(std::uint16_t code) {
    std::string& output = connection_.output();
    AppendFrameHead(kCloseFrame, sizeof code, output);
    output.push_back(static_cast<char>(code >> 8));
    output.push_back(static_cast<char>(code & 0xff));
  }

  void WriteFront() {
    const Message& message = queue_.front();
    stream_.text(message.is_text);
    stream_.async_write(asio::buffer(message.payload), Guard([this](error_code ec, std::size_t) {
                          if (finished_) return;
                          queued_bytes_ -= queue_.front().payload.size();
                          queue_.pop_front();
                          if (ec || closing_) return;
                          if (!queue_.empty()) WriteFront();
                        }));
  }

  void Finish() {
    if (finished_) return;
    OnDisconnected();
    connection_.MarkDirty();
  }

  HttpConnection& connection_;
  IoThread& io_;
  const WebSocketOptions& options_;
  std::unique_ptr<WebSocketSession> session_;
  const http::request<http::empty_body> request_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>();
  websocket::stream<Pipe> stream_;
  beast::flat_buffer message_;
  std::deque<Message> queue_;  // To be compressed; the first is being written.
  std::size_t queued_bytes_ = 0;
  std::size_t control_count_ = 0;  // Not told yet.

  IoThread::Ticks heard_deadline_ = 0;
  IoThread::Ticks next_ping_ = 0;
  IoThread::Ticks close_deadline_ = 0;
  bool is_compressed_ = false;
  bool is_open_ = false;
  bool closing_ = false;
  bool finished_ = false;
  bool session_told_ = false;
};

}  // namespace

std::unique_ptr<WebSocketChannel> WebSocketChannel::Create(
    HttpConnection& connection, IoThread& io, const HttpRequest& request,
    std::unique_ptr<WebSocketSession> session) {
  return std::make_unique<BeastChannel>(connection, io, request, std::move(session));
}

}  // namespace evx::net
