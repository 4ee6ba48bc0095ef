#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.h"
#include "exchange/event_log.h"
#include "exchange/exchange_clock.h"
#include "exchange/exchange_context.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// What event streams read; a listener of the exchange from its first record on.
class GrpcFeed {
 public:
  // `remembered`: how far back a stream may begin.
  explicit GrpcFeed(const EventLog::Options& remembered = EventLog::Options());
  ~GrpcFeed();
  RecordListener& listener();

 private:
  friend class GrpcDoor;
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

// The gRPC listeners: ExchangeService and BookService for participants and, on a listener of its
// own, OperatorService. Health and reflection on both.
class GrpcDoor {
 public:
  // Everything passed outlives the door; the feed also outlives the exchange.
  static absl::StatusOr<std::unique_ptr<GrpcDoor>> Start(const MockKalshiConfig& config,
                                                         const ExchangeContext& context,
                                                         ExchangeClock& clock, GrpcFeed& feed);
  ~GrpcDoor();

  std::uint16_t port() const;
  std::uint16_t operator_port() const;

  // What the health services answer.
  void SetServing(bool serving);
  // Ends event streams, lets open calls finish for `timeout`, then cancels them.
  void Drain(absl::Duration timeout);

 private:
  struct Impl;
  explicit GrpcDoor(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace evx::mock_kalshi
