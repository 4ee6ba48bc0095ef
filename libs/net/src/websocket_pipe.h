#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace evx::net {

// The stream under Boost.Beast's WebSocket protocol: an AsyncStream that never touches a socket. It
// reads what a connection has received and appends to what the connection is to send.
//
// Everything that Beast does happens inside Pump: its operations complete there, and so do the
// handlers that it posts, one for each message. On the connection's own io_context each of those
// would cost a turn of the loop and a look at every socket.
//
// On one thread. Handlers that are left over are destroyed with the stream, without a call.
class WebSocketPipe {
 public:
  // The connection.
  class Owner {
   public:
    // What Beast may read now of what was received, and that it has read so much of it.
    virtual std::string_view Input() = 0;
    virtual void ConsumeInput(std::size_t count) = 0;
    // Set once nothing more will be received: what a read behind the input completes with.
    virtual boost::system::error_code input_end() const = 0;
    // Whether more can be written, which reading may lead to.
    virtual bool CanWrite() const = 0;
    // To be sent. Whole frames: all that Beast writes in one call.
    virtual std::string& output() = 0;
    // There may be something to pump; comes inside of Pump as well.
    virtual void OnPipeReady() = 0;

   protected:
    ~Owner() = default;
  };

  // Handlers that wait for Pump. Outlives the stream.
  class Turns {
   public:
    // `context` is only asked for services, for Beast's timer, which is not used.
    Turns(Owner& owner, boost::asio::execution_context& context)
        : owner_(owner), context_(context) {}

   private:
    friend class WebSocketPipe;
    Owner& owner_;
    boost::asio::execution_context& context_;
    std::deque<absl::AnyInvocable<void()>> handlers_;
  };

  class executor_type {
   public:
    explicit executor_type(Turns& turns) : turns_(&turns) {}

    boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
      return turns_->context_;
    }
    static constexpr auto query(boost::asio::execution::blocking_t) noexcept {
      return boost::asio::execution::blocking_t(boost::asio::execution::blocking_t::never);
    }
    template <class Handler>
    void execute(Handler&& handler) const {
      turns_->handlers_.emplace_back(std::forward<Handler>(handler));
      turns_->owner_.OnPipeReady();
    }
    friend bool operator==(const executor_type&, const executor_type&) noexcept = default;

   private:
    Turns* turns_;
  };

  explicit WebSocketPipe(Turns& turns) : turns_(turns) {}

  executor_type get_executor() const noexcept { return executor_type(turns_); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& target) {
          for (const boost::asio::mutable_buffer buffer : boost::beast::buffers_range_ref(target)) {
            read_target_ = buffer;
            if (buffer.size() > 0) break;
          }
          read_ = std::move(handler);
          turns_.owner_.OnPipeReady();
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& source) {
          std::string& output = turns_.owner_.output();
          for (const boost::asio::const_buffer buffer : boost::beast::buffers_range_ref(source)) {
            output.append(static_cast<const char*>(buffer.data()), buffer.size());
            written_ += buffer.size();
          }
          write_ = std::move(handler);
          turns_.owner_.OnPipeReady();
        },
        token, buffers);
  }

  bool CanPump() const {
    if (!turns_.handlers_.empty()) return true;
    if (!turns_.owner_.CanWrite()) return false;
    return write_ || (read_ && (!turns_.owner_.Input().empty() || turns_.owner_.input_end()));
  }
  // Beast has dealt with all that it was given, and waits for more.
  bool IsWaiting() const { return read_ && !write_ && turns_.handlers_.empty(); }

  // One step, where CanPump.
  void Pump() {
    if (!turns_.handlers_.empty()) {
      absl::AnyInvocable<void()> handler = std::move(turns_.handlers_.front());
      turns_.handlers_.pop_front();
      handler();
    } else if (write_) {
      Completion done = std::exchange(write_, nullptr);
      done({}, std::exchange(written_, 0));
    } else {
      const std::string_view input = turns_.owner_.Input();
      Completion done = std::exchange(read_, nullptr);
      if (input.empty()) return done(turns_.owner_.input_end(), 0);
      const std::size_t count =
          boost::asio::buffer_copy(read_target_, boost::asio::buffer(input.data(), input.size()));
      turns_.owner_.ConsumeInput(count);
      done({}, count);
    }
  }

 private:
  using Completion = absl::AnyInvocable<void(boost::system::error_code, std::size_t)>;

  Turns& turns_;
  boost::asio::mutable_buffer read_target_;
  Completion read_;
  std::size_t written_ = 0;
  Completion write_;
};

// Beast asks for the end of the stream with these; the connection ends when its owner says so.
// Beast's own timeouts, which would close the socket, are off.
inline void beast_close_socket(WebSocketPipe&) {}

template <class Handler>
void async_teardown(boost::beast::role_type, WebSocketPipe& pipe, Handler&& handler) {
  boost::asio::post(pipe.get_executor(), boost::beast::bind_handler(std::forward<Handler>(handler),
                                                                    boost::system::error_code{}));
}

}  // namespace evx::net
