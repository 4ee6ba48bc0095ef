#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/kafka/message.h"
#include "evx/kafka/producer.h"

namespace evx::order_book_rebuilder {

// Keeps messages that cannot be used in topic evx.errors.v1, so that the stream can go on. After a
// crash a message may be there twice, with the same place. One thread.
class ParkedMessages {
 public:
  static constexpr const char* kTopic = "evx.errors.v1";
  static constexpr const char* kService = "order-book-rebuilder";
  // Of a message that is kept.
  static constexpr std::size_t kPayloadBytesMax = 64 << 10;

  static absl::StatusOr<std::unique_ptr<ParkedMessages>> Open(const std::string& brokers,
                                                              const Clock& clock);

  // What is wrong with a record, and what was understood of it. RESOURCE_EXHAUSTED: too many wait
  // for the brokers, Flush and repeat.
  absl::Status Park(std::string_view kind, const absl::Status& fault,
                    const kafka::RecordView& record, std::string_view ticker,
                    std::string_view trace_id);
  // Everything that was parked is on the brokers.
  absl::Status Flush(absl::Duration timeout);

 private:
  ParkedMessages(std::unique_ptr<kafka::Producer> producer, const Clock& clock)
      : producer_(std::move(producer)), clock_(clock) {}

  const std::unique_ptr<kafka::Producer> producer_;
  const Clock& clock_;
};

}  // namespace evx::order_book_rebuilder
