#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "byte_buffer.h"
#include "evx/net/http_message.h"
#include "io_thread.h"
#include "request_parser.h"
#include "response_writer.h"
#include "tls_session.h"
#include "websocket_channel.h"

namespace evx::net {

// One HTTP/1.1 connection on its I/O thread.
//
// Bytes flow: socket -> (TLS) -> input_ -> parser -> handler, and answers -> plain_out_ (with TLS)
// -> wire_ -> socket. Answers that come out of order wait in slots_; an answer whose turn it is
// goes straight to the output. Reading pauses at the limits on answers owed and bytes unsent, so
// that a client which does not read is slowed by TCP and costs bounded memory.
//
// Ends: Close() cuts at once. FinishOutput (after the last answer) shuts our direction down and
// discards what the client still sends until it closes or kLingerTimeout passes; closing earlier
// would make the kernel reset the connection and could take the answer from the client.
//
// A WebSocket takes over inside Dispatch: the bytes before it are consumed, those after it are
// still in input_, and the output side serves any protocol.
class HttpConnection {
 public:
  HttpConnection(IoThread& io, std::uint32_t slot, ConnectionId id, AcceptedSocket socket);
  ~HttpConnection();

  ConnectionId id() const { return id_; }
  void Start();
  // The answer to request number `sequence`. It is sent by FlushCompleted, which the I/O thread
  // calls at the end of the turn.
  void Complete(std::uint64_t sequence, HttpResponse response);
  void FlushCompleted();
  // Leaves HTTP, inside the handler of request number `sequence`.
  void Accept(std::uint64_t sequence, const HttpRequest& request,
              std::unique_ptr<WebSocketSession> session);
  void OnTick();
  void BeginDrain();
  void Close();

  // For the protocol that has taken over.
  ByteBuffer& input() { return input_; }
  std::string& output() { return tls_ ? plain_out_ : wire_; }
  std::size_t UnsentBytes() const { return plain_out_.size() + wire_.size() - wire_offset_; }
  bool peer_closed() const { return peer_closed_; }
  bool is_pumping() const { return pumping_; }
  // There is new output; it is flushed at the end of the turn.
  void MarkDirty();
  // Sends what the socket takes of a large output at once, so that a turn with much to say neither
  // needs memory for all of it nor counts it as unsent. Never ends the connection.
  void SendIfLarge();
  // From an event of the protocol's own: pumps, flushes and ends the turn, unless that is already
  // going on further up the stack.
  void PumpFromOutside();

 private:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoThread::Context::executor_type>;
  using Ticks = IoThread::Ticks;
  static constexpr Ticks kNever = std::numeric_limits<Ticks>::max();

  // A request whose answer could not be written yet.
  struct Slot {
    ResponseForm form;
    std::optional<HttpResponse> response;  // Absent until answered.
  };

  // Reading.
  void ArmRead();
  void OnRead(std::size_t count);
  void OnReadError(boost::system::error_code ec);
  bool ReceiveTls(std::string_view received);

  // Parsing and answering.
  void Pump();
  bool CanParse() const;
  bool CanRead() const;
  bool CanPump() const;
  void ParseInput();
  void Dispatch();
  void Refuse(int status, std::string_view reason);
  void Write(const HttpResponse& response, ResponseForm form);
  void ReleaseReady();
  void WriteContinueIfDue();
  bool IsLastOfDrain() const;

  // Writing.
  void FlushOutput();
  void ArmWrite();
  void FinishOutput();

  // Ending.
  void CloseIfFinished();
  bool IsIdle() const;
  void SetDeadlines();
  void OnTimeout();
  void RetireIfQuiet();

  IoThread& io_;
  const std::uint32_t slot_;
  const ConnectionId id_;
  const std::shared_ptr<const std::string> remote_address_;
  Socket socket_;
  std::unique_ptr<TlsSession> tls_;           // Null without TLS.
  std::unique_ptr<ByteBuffer> cipher_input_;  // Null without TLS.

  ByteBuffer input_;
  HttpRequest request_;
  RequestParser parser_;

  std::unique_ptr<WebSocketChannel> websocket_;  // Null while the connection speaks HTTP.

  std::deque<Slot> slots_;  // Requests number head_sequence_ and following.
  std::uint64_t head_sequence_ = 0;
  std::uint64_t next_sequence_ = 0;
  ResponseForm current_form_;  // Of the request in the handler.
  bool in_handler_ = false;
  bool answered_in_handler_ = false;

  std::string plain_out_;  // Waits for encryption; unused without TLS.
  std::string wire_;
  std::size_t wire_offset_ = 0;  // Bytes of wire_ already sent.

  Ticks phase_deadline_ = kNever;  // Of the handshake, the idle time, the header or the body.
  Ticks write_deadline_ = kNever;

  bool reading_ = false;  // Operations whose handlers are still to come.
  bool awaiting_write_ = false;
  bool socket_is_full_ = false;  // As far as SendIfLarge knows; until the end of the turn.
  bool pumping_ = false;
  bool dirty_ = false;
  bool needs_more_input_ = true;  // The parser has seen all of input_.
  bool continue_due_ = false;     // 100 Continue is owed.
  bool stop_reading_ = false;     // No further request will be taken.
  bool last_written_ = false;     // The last answer is in the output.
  bool lingering_ = false;
  bool peer_closed_ = false;
  bool draining_ = false;
  bool closed_ = false;
  bool retired_ = false;
  std::size_t lingered_bytes_ = 0;
};

}  // namespace evx::net
