#include "feed/parked_messages.h"

#include <utility>

#include "evx/core/status.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::order_book_rebuilder {

absl::StatusOr<std::unique_ptr<ParkedMessages>> ParkedMessages::Open(const std::string& brokers,
                                                                     const Clock& clock) {
  EVX_ASSIGN_OR_RETURN(auto producer,
                       kafka::Producer::Open({.brokers = brokers, .client_id = kService}));
  return std::unique_ptr<ParkedMessages>(new ParkedMessages(std::move(producer), clock));
}

absl::Status ParkedMessages::Park(std::string_view kind, const absl::Status& fault,
                                  const kafka::RecordView& record, std::string_view ticker,
                                  std::string_view trace_id) {
  marketdata::v1::ErrorMessage message;
  message.set_service(kService);
  message.set_kind(std::string(kind));
  message.set_detail(MessageOf(fault));
  message.set_market_ticker(std::string(ticker));
  message.set_time_ns(clock_.Now().nanos());
  message.set_payload(std::string(record.payload.substr(0, kPayloadBytesMax)));
  message.set_topic(std::string(record.topic));
  message.set_partition(record.partition);
  message.set_offset(record.offset);
  message.set_trace_id(std::string(trace_id));
  return producer_->Produce({kTopic, kService, message.SerializeAsString(), {}, Timestamp()});
}

absl::Status ParkedMessages::Flush(absl::Duration timeout) {
  if (producer_->pending() == 0) return absl::OkStatus();
  return producer_->Flush(timeout);
}

}  // namespace evx::order_book_rebuilder
