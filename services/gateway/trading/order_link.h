#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "trading/exchange_link.h"

namespace evx::gateway {

// The OrderStream of one account: commands go out without waiting for each other, each answer finds
// its command by its request id.
//
// The stream is opened by the first command and after each loss by the next one. A command whose
// stream was lost, or that was not answered within kExchangeCallTimeout, ends as "nothing": it may
// have been done, and whoever sent it must find out.
//
// Send and Expire are for one thread; answers come on a thread of the stream, or, when it cannot be
// opened, on the thread of Send.
class OrderLink {
 public:
  // Under way at a time; Send waits for a place.
  static constexpr std::size_t kUnderWayMax = 256;

  // The answer; nothing: it is not known what became of the command.
  using OnAnswer = std::function<void(std::optional<exchange::v1::OrderStreamResponse>)>;

  // All must outlive it.
  OrderLink(exchange::v1::ExchangeService::StubInterface& stub, const CallSigner& signer);
  // Commands that are under way end as nothing.
  ~OrderLink();
  OrderLink(const OrderLink&) = delete;
  OrderLink& operator=(const OrderLink&) = delete;

  // `request` without its request id.
  void Send(exchange::v1::OrderStreamRequest request, OnAnswer on_answer);
  // Gives up the stream if it is silent about a command for too long. To be called now and then.
  void Expire();
  std::size_t under_way_count() const;

 private:
  struct Waiting {
    OnAnswer on_answer;
    std::int64_t sent_nanos = 0;  // Monotonic.
  };
  struct Stream;

  void Open();
  void Run(Stream& stream);
  void Lose();

  exchange::v1::ExchangeService::StubInterface& stub_;
  const CallSigner& signer_;
  std::unique_ptr<Stream> stream_;  // Of the sending thread.
  std::int64_t last_request_id_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::int64_t, Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::gateway
