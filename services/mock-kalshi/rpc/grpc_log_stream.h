#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "evx/exchange/v1/refusal.pb.h"
#include "exchange/event_log.h"
#include "rpc/grpc_errors.h"
#include "rpc/grpc_gate.h"

namespace evx::mock_kalshi {

// Records that are looked at in one go, and the size at which a message is sent before that.
inline constexpr std::size_t kStreamRecordCountMax = 512;
inline constexpr std::size_t kStreamMessageBytes = 256 * 1024;

// A stream that follows the event log: what it sends is up to the class derived from it. At most
// one message is under way, so a slow reader costs no memory. Deletes itself when it has ended.
//
// Exactly one of these owns the next step at any time: a write under way, the log (waiting), or the
// thread that runs Pump. A stream that waits is ended by whoever takes it from the log.
template <class Response>
class LogStream : public grpc::ServerWriteReactor<Response>, public EventLog::Waiter {
 public:
  LogStream(const GrpcGate& gate, EventLog& log, std::optional<GrpcCaller> caller)
      : gate_(gate), log_(log), caller_(std::move(caller)) {}

  void OnWriteDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::CANCELLED);
    Pump();
  }
  void OnReadable() override { Pump(); }
  void OnCancel() override {
    canceled_.store(true);
    if (log_.StopWaiting(*this)) this->Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 protected:
  // Puts into `response` what is to be sent before any record; true when there is something.
  virtual bool Prepare(Response&) { return false; }
  // Puts as many of the records into `response` as fit, moves next_ behind them, and says whether
  // there is something to send now. `records` is not empty.
  virtual bool Take(const std::vector<EventLog::Record>& records, Response& response) = 0;
  // Whether `response` is to be sent although it holds nothing, now that there are no more records.
  virtual bool SendsProgress(const Response&) const { return false; }
  // The log no longer has record next_. True: the stream has begun anew and goes on.
  virtual bool BeginAnew() { return false; }

  void Begin() { Pump(); }
  void Pump() {
    response_.Clear();
    for (;;) {
      if (canceled_.load()) return this->Finish(grpc::Status::CANCELLED);
      if (log_.closed()) {
        return this->Finish(
            grpc::Status(grpc::StatusCode::UNAVAILABLE, "the exchange is stopping"));
      }
      if (caller_ && !gate_.IsStillGood(*caller_)) {
        return this->Finish(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the key was revoked"));
      }
      if (Prepare(response_)) return this->StartWrite(&response_);
      if (!log_.Read(next_, kStreamRecordCountMax, records_)) {
        if (!BeginAnew()) return CutOff();
        continue;
      }
      if (records_.empty()) break;
      if (Take(records_, response_)) return this->StartWrite(&response_);
    }
    if (SendsProgress(response_)) return this->StartWrite(&response_);
    // A cancel that came before found nobody waiting; one that comes now ends the stream.
    if (!log_.Wait(next_, *this, canceled_)) this->Finish(grpc::Status::CANCELLED);
  }

  const std::optional<GrpcCaller>& caller() const { return caller_; }
  EventLog& log() const { return log_; }

  // The record that is wanted next.
  SequenceNumber next_;
  Response response_;

 private:
  void CutOff() {
    const std::uint64_t first = log_.first_available().value();
    exchange::v1::Refusal refusal;
    refusal.set_code(static_cast<int>(absl::StatusCode::kOutOfRange));
    refusal.set_message("sequence number " + std::to_string(next_.value()) +
                        " is no longer kept; the first available is " + std::to_string(first));
    refusal.set_first_available_sequence_number(static_cast<std::int64_t>(first));
    this->Finish(ToGrpcStatus(refusal));
  }

  const GrpcGate& gate_;
  EventLog& log_;
  const std::optional<GrpcCaller> caller_;
  std::vector<EventLog::Record> records_;
  std::atomic<bool> canceled_ = false;
};

}  // namespace evx::mock_kalshi
