#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "evx/feed/command.h"
#include "evx/rebuild/v1/book_service.grpc.pb.h"
#include "live/live_door.h"

namespace evx::order_book_rebuilder {

// One stream of StreamBooks: deletes itself when it is done. What waits to be written is bounded by
// the hub, which spares a full reader what it can do without.
//
// Threads: the hub's tells, gRPC's write; each end may come first. One write is under way at a
// time.
class BookStream final : public grpc::ServerWriteReactor<rebuild::v1::StreamBooksResponse>,
                         public LiveReader {
 public:
  // `live` outlives the stream.
  BookStream(LiveDoor& live, std::vector<feed::Subject> subjects);

  // grpc::ServerWriteReactor
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // LiveReader
  void Tell(BookNews& news, NewsDetail detail) override;
  std::size_t unsent_bytes() const override;
  void OnTooSlow() override;
  bool OnStopping() override;

 private:
  using Message = std::shared_ptr<const rebuild::v1::StreamBooksResponse>;

  // The first status counts; it is given once nothing is being written.
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void WriteOrFinish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  LiveDoor& live_;

  mutable std::mutex mutex_;
  std::deque<Message> queue_ ABSL_GUARDED_BY(mutex_);  // The first one is being written.
  std::size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool was_full_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::order_book_rebuilder
