#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "doors/trader.h"
#include "evx/core/clock.h"
#include "evx/fix/message.h"

namespace evx::load {

// A session of order entry without retransmission (KalshiNR), logged on. One thread may append and
// flush while another reads.
class FixConnection {
 public:
  // On the loopback interface; `trader` and `clock` outlive this.
  FixConnection(std::uint16_t port, const Trader& trader, const Clock& clock);
  ~FixConnection();
  FixConnection(const FixConnection&) = delete;
  FixConnection& operator=(const FixConnection&) = delete;

  // A new limit order, good till canceled, for whole contracts at a price in cents.
  void AppendBid(std::string_view client_order_id, std::string_view ticker, int price_cents,
                 int contracts);
  void Flush();
  // The next message; valid until the next call.
  const fix::Message& Read();

 private:
  void Append(std::string_view type);
  void LogOn();

  const Trader& trader_;
  const Clock& clock_;
  int fd_;
  std::uint64_t number_ = 1;
  fix::BodyWriter body_;
  std::string out_;
  std::string in_;
  std::size_t at_ = 0;
  fix::Message message_;
};

}  // namespace evx::load
