#include "rpc/book_stream.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/rpc/status.h"

namespace evx::order_book_rebuilder {

BookStream::BookStream(LiveDoor& live, std::vector<feed::Subject> subjects) : live_(live) {
  const bool is_posted = live_.Post([this, subjects = std::move(subjects)](LiveHub& hub) {
    hub.Add(*this);
    for (const feed::Subject& subject : subjects) hub.Subscribe(*this, subject);
  });
  if (!is_posted) End(Unavailable("the process is stopping"));
}

// ---- grpc::ServerWriteReactor

void BookStream::OnWriteDone(bool ok) {
  bool has_room = false;
  {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    queued_bytes_ -= queue_.front()->ByteSizeLong();
    queue_.pop_front();
    if (!ok) is_ending_ = true;
    has_room = was_full_ && queued_bytes_ <= feed::SendGate::kResumeBytes;
    if (has_room) was_full_ = false;
    WriteOrFinish();
  }
  if (!has_room) return;
  live_.Post([this](LiveHub& hub) {
    if (hub.Has(*this)) hub.Tick(*this, MonotonicNanos());
  });
}

void BookStream::OnCancel() { End(absl::CancelledError("the caller went")); }

void BookStream::OnDone() {
  // Behind everything that was posted for this stream.
  const bool is_posted = live_.Post([this](LiveHub& hub) {
    if (hub.Has(*this)) hub.Remove(*this);
    delete this;
  });
  if (!is_posted) delete this;
}

void BookStream::End(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  if (is_ending_) return;
  is_ending_ = true;
  status_ = status;
  WriteOrFinish();
}

void BookStream::WriteOrFinish() {
  if (is_writing_ || is_finished_) return;
  if (is_ending_) {
    is_finished_ = true;
    Finish(rpc::ToGrpc(status_));
  } else if (!queue_.empty()) {
    is_writing_ = true;
    StartWrite(queue_.front().get());
  }
}

// ---- LiveReader

void BookStream::Tell(BookNews& news, NewsDetail detail) {
  const std::lock_guard lock(mutex_);
  if (is_ending_) return;
  queue_.push_back(news.ToMessage(detail));
  queued_bytes_ += queue_.back()->ByteSizeLong();
  if (queued_bytes_ >= feed::SendGate::kFullBytes) was_full_ = true;
  WriteOrFinish();
}

std::size_t BookStream::unsent_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}

void BookStream::OnTooSlow() {
  End(ResourceExhausted(absl::StrFormat("too slow: more than %d bytes waited for %d s",
                                        feed::SendGate::kResumeBytes,
                                        feed::SendGate::kFullNanosMax / 1'000'000'000)));
}

bool BookStream::OnStopping() {
  End(Unavailable("the process is stopping"));
  return true;
}

}  // namespace evx::order_book_rebuilder
