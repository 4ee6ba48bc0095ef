#include "http_connection.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "evx/core/check.h"

namespace evx::net {
namespace {

using boost::system::error_code;

constexpr std::size_t kInputBytesInitial = 4 * 1024;
constexpr std::size_t kReadBytesMin = 1024;
// Of one read while a body arrives; the buffer grows to this only for clients that fill it.
constexpr std::size_t kInputBytesMax = 64 * 1024;
constexpr std::size_t kCipherBytes = 16 * 1024;
constexpr std::size_t kOutputBytesKept = 64 * 1024;
constexpr std::size_t kLargeOutputBytes = 16 * 1024;
constexpr absl::Duration kLingerTimeout = absl::Seconds(1);
constexpr std::size_t kLingerBytesMax = 1 << 20;

boost::asio::ip::tcp Protocol(bool is_ipv6) {
  return is_ipv6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4();
}

RequestParser::Limits ParserLimits(const HttpServer::Options& options) {
  return {options.max_header_bytes, options.max_body_bytes, HttpServer::kHeaderCountMax};
}

}  // namespace

HttpConnection::HttpConnection(IoThread& io, std::uint32_t slot, ConnectionId id,
                               AcceptedSocket socket)
    : io_(io),
      slot_(slot),
      id_(id),
      remote_address_(std::make_shared<const std::string>(std::move(socket.remote_address))),
      socket_(io.context().get_executor(), Protocol(socket.is_ipv6), socket.fd),
      input_(kInputBytesInitial),
      parser_(ParserLimits(io.server().options), request_) {
  if (io.server().tls) {
    tls_ = std::make_unique<TlsSession>(*io.server().tls);
    cipher_input_ = std::make_unique<ByteBuffer>(kCipherBytes);
  }
  request_.SetConnection(id_, remote_address_);
}

HttpConnection::~HttpConnection() = default;

void HttpConnection::Start() {
  const HttpServer::Options& options = io_.server().options;
  phase_deadline_ = io_.Deadline(tls_ ? options.header_timeout : options.idle_timeout);
  ArmRead();
}

// ---- Reading

void HttpConnection::ArmRead() {
  if (reading_ || closed_ || peer_closed_) return;
  if (!lingering_ && !CanRead()) return;
  ByteBuffer& buffer = tls_ ? *cipher_input_ : input_;
  buffer.Reserve(kReadBytesMin);
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(buffer.write_begin(), buffer.writable()),
                          [this](error_code ec, std::size_t count) {
                            reading_ = false;
                            if (closed_) {
                              RetireIfQuiet();
                            } else if (ec) {
                              OnReadError(ec);
                            } else {
                              OnRead(count);
                            }
                            io_.EndTurn();
                          });
}

void HttpConnection::OnRead(std::size_t count) {
  if (lingering_) {
    lingered_bytes_ += count;
    if (lingered_bytes_ > kLingerBytesMax) {
      Close();
    } else {
      ArmRead();
    }
    return;
  }
  if (tls_) {
    cipher_input_->Commit(count);
    const bool usable = ReceiveTls(cipher_input_->readable());
    cipher_input_->Consume(cipher_input_->size());
    if (!usable) return;
  } else {
    const bool filled = count == input_.writable();
    input_.Commit(count);
    if (filled && input_.capacity() < kInputBytesMax) input_.Reserve(input_.capacity());
  }
  needs_more_input_ = false;
  Pump();
}

// False when the connection has ended.
bool HttpConnection::ReceiveTls(std::string_view received) {
  const bool was_handshaking = !tls_->handshake_done();
  switch (tls_->Receive(received, input_, wire_)) {
    case TlsSession::Status::kOk:
      break;
    case TlsSession::Status::kClosed:
      peer_closed_ = true;
      break;
    case TlsSession::Status::kFailed:
      FlushOutput();  // The alert, as far as it can leave at once.
      Close();
      return false;
  }
  if (was_handshaking && tls_->handshake_done()) {
    phase_deadline_ = io_.Deadline(io_.server().options.idle_timeout);
  }
  return true;
}

void HttpConnection::OnReadError(error_code ec) {
  if (ec != boost::asio::error::eof || lingering_) {
    Close();
    return;
  }
  // The client has closed its direction only: it may still read the answers it is owed.
  peer_closed_ = true;
  Pump();
}

// ---- Parsing and answering

bool HttpConnection::CanParse() const {
  return !stop_reading_ && slots_.size() < io_.server().options.max_pipelined &&
         UnsentBytes() < HttpServer::kOutputBytesMax;
}

bool HttpConnection::CanRead() const {
  return websocket_ ? !websocket_->finished() && input_.empty() : CanParse();
}

bool HttpConnection::CanPump() const {
  return websocket_ ? websocket_->CanPump() : CanParse() && !needs_more_input_ && !input_.empty();
}

void HttpConnection::Pump() {
  if (closed_ || pumping_) return;
  pumping_ = true;
  do {
    ParseInput();
    WriteContinueIfDue();
    if (websocket_) websocket_->Pump();
    FlushOutput();
  } while (!closed_ && CanPump());
  pumping_ = false;
  CloseIfFinished();
  if (closed_) return;
  SetDeadlines();
  ArmRead();
}

void HttpConnection::ParseInput() {
  while (!closed_ && !websocket_ && CanParse() && !input_.empty() && !needs_more_input_) {
    const bool was_started = parser_.started();
    const RequestParser::Result result = parser_.Parse(input_.readable());
    input_.Consume(result.consumed);
    if (!was_started && parser_.started()) {
      phase_deadline_ = io_.Deadline(io_.server().options.header_timeout);
    }
    switch (result.status) {
      case RequestParser::Status::kNeedMore:
        needs_more_input_ = true;
        break;
      case RequestParser::Status::kHeaderDone:
        phase_deadline_ = io_.Deadline(io_.server().options.body_timeout);
        continue_due_ = parser_.expects_continue();
        break;
      case RequestParser::Status::kComplete:
        Dispatch();
        break;
      case RequestParser::Status::kError:
        Refuse(parser_.error_status(), parser_.error_reason());
        break;
    }
    // A client that sends the body unasked needs no leave to send it.
    if (continue_due_ && !input_.empty()) continue_due_ = false;
  }
}

void HttpConnection::Dispatch() {
  current_form_ = {.is_head = request_.method() == HttpMethod::kHead,
                   .is_http10 = parser_.is_http10(),
                   .close = !parser_.keep_alive()};
  continue_due_ = false;
  if (current_form_.close) stop_reading_ = true;
  const HttpRequestKey key{id_, slot_, next_sequence_++};
  request_.set_round(io_.round());
  io_.mutable_counters().requests.Add(1);
  in_handler_ = true;
  answered_in_handler_ = false;
  try {
    io_.server().handler(request_, HttpResponder(io_.mailbox(), key));
  } catch (...) {
    // The responder has gone with the exception and left word that it was not used.
  }
  in_handler_ = false;
  if (!answered_in_handler_) slots_.push_back({current_form_, std::nullopt});
  request_.SetConnection(id_, remote_address_);  // The handler may have moved the request away.
  parser_.Reset();
  phase_deadline_ = io_.Deadline(io_.server().options.idle_timeout);
}

void HttpConnection::Complete(std::uint64_t sequence, HttpResponse response) {
  if (closed_ || last_written_ || sequence < head_sequence_) return;
  if (in_handler_ && sequence + 1 == next_sequence_) {
    answered_in_handler_ = true;
    if (slots_.empty()) {
      ++head_sequence_;
      Write(response, current_form_);
    } else {
      slots_.push_back({current_form_, std::move(response)});
    }
  } else {
    const std::uint64_t index = sequence - head_sequence_;
    EVX_CHECK(index < slots_.size());
    slots_[index].response = std::move(response);
    ReleaseReady();
  }
  MarkDirty();
}

void HttpConnection::Accept(std::uint64_t sequence, const HttpRequest& request,
                            std::unique_ptr<WebSocketSession> session) {
  EVX_CHECK(in_handler_ && sequence + 1 == next_sequence_);
  if (!slots_.empty()) {
    session->OnClose();
    Complete(sequence, io_.server().ErrorResponse(400, "a handshake behind unanswered requests"));
    return;
  }
  answered_in_handler_ = true;
  ++head_sequence_;
  io_.mutable_counters().websockets_opened.Add(1);
  websocket_ = WebSocketChannel::Create(*this, io_, request, std::move(session));
  if (draining_) websocket_->BeginDrain();
}

void HttpConnection::MarkDirty() {
  if (pumping_ || dirty_ || closed_) return;
  dirty_ = true;
  io_.MarkDirty(*this);
}

void HttpConnection::PumpFromOutside() {
  if (pumping_ || closed_) return;
  Pump();
  io_.EndTurn();
}

void HttpConnection::ReleaseReady() {
  while (!slots_.empty() && slots_.front().response && !last_written_) {
    const Slot slot = std::move(slots_.front());
    slots_.pop_front();
    ++head_sequence_;
    Write(*slot.response, slot.form);
  }
}

void HttpConnection::Write(const HttpResponse& response, ResponseForm form) {
  form.close = form.close || response.close_connection || response.withheld || IsLastOfDrain();
  if (!response.withheld) WriteResponse(response, form, io_.date_line(), output());
  if (form.close) {
    stop_reading_ = true;
    last_written_ = true;
    head_sequence_ = next_sequence_;
    slots_.clear();
  }
  if (!parser_.started()) phase_deadline_ = io_.Deadline(io_.server().options.idle_timeout);
}

// While draining, no request is owed an answer after the one being written.
bool HttpConnection::IsLastOfDrain() const {
  return draining_ && head_sequence_ == next_sequence_ && input_.empty() &&
         (in_handler_ || !parser_.started());
}

// Answers a request that never reaches the handler and takes no other after it.
void HttpConnection::Refuse(int status, std::string_view reason) {
  io_.mutable_counters().errors.Add(1);
  HttpResponse response = io_.server().ErrorResponse(status, reason);
  const ResponseForm form{
      .is_head = parser_.header_done() && request_.method() == HttpMethod::kHead, .close = true};
  stop_reading_ = true;
  continue_due_ = false;
  phase_deadline_ = kNever;
  ++next_sequence_;
  slots_.push_back({form, std::move(response)});
  ReleaseReady();
}

void HttpConnection::WriteContinueIfDue() {
  if (!continue_due_ || !slots_.empty() || closed_) return;
  continue_due_ = false;
  output().append("HTTP/1.1 100 Continue\r\n\r\n");
  phase_deadline_ = io_.Deadline(io_.server().options.body_timeout);
}

void HttpConnection::FlushCompleted() {
  dirty_ = false;
  Pump();
}

// ---- Writing

void HttpConnection::SendIfLarge() {
  if (UnsentBytes() < kLargeOutputBytes || socket_is_full_ || awaiting_write_ || tls_ || closed_) {
    return;
  }
  const ssize_t count = ::send(socket_.native_handle(), wire_.data() + wire_offset_,
                               wire_.size() - wire_offset_, MSG_NOSIGNAL | MSG_DONTWAIT);
  // An error is seen again, and dealt with, at the end of the turn.
  if (count > 0) wire_offset_ += static_cast<std::size_t>(count);
  socket_is_full_ = wire_offset_ < wire_.size();
  if (!socket_is_full_) wire_.clear(), wire_offset_ = 0;
}

void HttpConnection::FlushOutput() {
  socket_is_full_ = false;
  if (closed_) return;
  if (tls_ && !plain_out_.empty()) {
    if (!tls_->Send(plain_out_, wire_)) {
      Close();
      return;
    }
    plain_out_.clear();
  }
  if (awaiting_write_) return;
  while (wire_offset_ < wire_.size()) {
    const ssize_t count = ::send(socket_.native_handle(), wire_.data() + wire_offset_,
                                 wire_.size() - wire_offset_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      wire_offset_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      ArmWrite();
      return;
    } else if (errno != EINTR) {
      Close();
      return;
    }
  }
  wire_offset_ = 0;
  if (wire_.capacity() > kOutputBytesKept) {
    wire_ = std::string();
  } else {
    wire_.clear();
  }
}

void HttpConnection::ArmWrite() {
  // Not each time: a large backlog would be moved again and again.
  if (wire_offset_ > wire_.size() / 2) wire_.erase(0, std::exchange(wire_offset_, 0));
  write_deadline_ = io_.Deadline(io_.server().options.write_timeout);
  awaiting_write_ = true;
  socket_.async_wait(boost::asio::socket_base::wait_write, [this](error_code ec) {
    awaiting_write_ = false;
    write_deadline_ = kNever;
    if (closed_) {
      RetireIfQuiet();
    } else if (ec) {
      Close();
    } else {
      Pump();
    }
    io_.EndTurn();
  });
}

// ---- Ending

bool HttpConnection::IsIdle() const {
  return slots_.empty() && !in_handler_ && !parser_.started() && input_.empty() &&
         UnsentBytes() == 0;
}

void HttpConnection::CloseIfFinished() {
  if (closed_ || lingering_) return;
  if (websocket_) {
    if (websocket_->finished() && UnsentBytes() == 0) FinishOutput();
    return;
  }
  if (draining_ && !parser_.started() && (input_.empty() || peer_closed_)) stop_reading_ = true;
  if (UnsentBytes() > 0) return;
  if (last_written_) {
    FinishOutput();
  } else if (slots_.empty() && (peer_closed_ || (draining_ && stop_reading_))) {
    Close();
  }
}

void HttpConnection::FinishOutput() {
  if (tls_) {
    tls_->Close(wire_);
    FlushOutput();
    if (closed_) return;
  }
  if (peer_closed_) {
    Close();
    return;
  }
  lingering_ = true;
  ::shutdown(socket_.native_handle(), SHUT_WR);
  phase_deadline_ = io_.Deadline(kLingerTimeout);
  ArmRead();
}

void HttpConnection::BeginDrain() {
  draining_ = true;
  if (closed_ || lingering_) return;
  if (websocket_) {
    websocket_->BeginDrain();
    Pump();
    return;
  }
  if (IsIdle()) {
    // A request that already lies in the socket has begun to arrive; its bytes come next turn.
    char byte;
    if (::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return;
  }
  Pump();
}

void HttpConnection::SetDeadlines() {
  // phase_deadline_ is moved where a phase begins; here it is only decided whether it counts.
  const bool in_request = parser_.started() && !stop_reading_ && !continue_due_;
  const bool is_idle = !parser_.started() && slots_.empty() && UnsentBytes() == 0;
  const bool in_handshake = tls_ && !tls_->handshake_done();
  if (websocket_ && !lingering_) {
    phase_deadline_ = kNever;  // The channel has time limits of its own.
    return;
  }
  if (!lingering_ && !in_request && !is_idle && !in_handshake) {
    phase_deadline_ = kNever;
  } else if (phase_deadline_ == kNever) {
    phase_deadline_ = io_.Deadline(io_.server().options.idle_timeout);
  }
}

void HttpConnection::OnTick() {
  if (closed_) return;
  if (io_.now() >= phase_deadline_ || io_.now() >= write_deadline_) {
    OnTimeout();
  } else if (websocket_) {
    websocket_->OnTick();
  }
}

void HttpConnection::OnTimeout() {
  if (!lingering_) io_.mutable_counters().timeouts.Add(1);
  const bool is_request_late = io_.now() < write_deadline_ && !lingering_ && parser_.started();
  if (!is_request_late) {
    Close();
    return;
  }
  const HttpServer::Options& options = io_.server().options;
  const bool is_body = parser_.header_done();
  Refuse(408, absl::StrFormat(
                  "request %s did not arrive within %s", is_body ? "body" : "header",
                  absl::FormatDuration(is_body ? options.body_timeout : options.header_timeout)));
  Pump();
}

void HttpConnection::Close() {
  if (closed_) return;
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  if (websocket_) {
    io_.mutable_counters().websockets_closed.Add(1);
    websocket_->OnDisconnected();
  }
  RetireIfQuiet();
}

void HttpConnection::RetireIfQuiet() {
  if (retired_ || reading_ || awaiting_write_) return;
  retired_ = true;
  io_.Retire(slot_);
}

}  // namespace evx::net
