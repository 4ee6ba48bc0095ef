#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "stream/frame.h"
#include "stream/stream_client.h"
#include "stream/stream_fold.h"
#include "stream/stream_name.h"

namespace evx::gateway {

// How a kind of stream is told.
struct StreamPolicy {
  // News that follow within so long are told together; 0: each at once.
  std::int64_t window_nanos = 0;
  // Nothing of it may be left out for a slow client.
  bool is_lossless = false;
  // Of frames that are kept for who comes back.
  std::size_t ring_bytes_max = 0;
};
StreamPolicy PolicyOf(StreamKind kind);

// A state, the number of its last change, and the frames of the last few changes. Used by StreamHub
// only. Not thread-safe.
class Stream {
 public:
  // `name` as in ParseStreamName.
  Stream(std::string name, const StreamName& parsed, std::int64_t epoch);

  const std::string& name() const { return name_; }
  StreamKind kind() const { return kind_; }
  const StreamPolicy& policy() const { return policy_; }
  std::int64_t epoch() const { return epoch_; }
  std::int64_t sequence() const { return sequence_; }
  bool has_state() const { return fold_->has_state(); }

  // Whether frames are made and kept. A stream that is not kept only counts its changes.
  void SetKept(bool is_kept);
  bool is_kept() const { return is_kept_; }

  // A new state, as the next message for everybody; null: nobody is to be told.
  const Frame* Set(const v1::InitialState& state);
  void Apply(const v1::ServerMessage& change);
  // There is something to tell.
  bool has_news() const { return fold_->has_news(); }
  // What is new, as the next message; null: there is nothing. A new window begins.
  const Frame* TakeNews(std::int64_t now);
  std::int64_t window_end() const { return window_end_; }

  // The state as it is now; encoded once as long as it stays so. Needs has_state().
  const Frame& StateFrame();
  // Whether every message behind this number is kept.
  bool Covers(std::int64_t epoch, std::int64_t sequence) const;
  // The number of the oldest message that is kept; sequence() + 1: none is.
  std::int64_t first_kept() const {
    return sequence_ + 1 - static_cast<std::int64_t>(ring_.size());
  }
  // The kept message of this number.
  const Frame& KeptFrame(std::int64_t sequence) const;

  // The hub's notes.
  std::vector<StreamClient*> subscribers;
  bool is_scheduled = false;
  bool is_touched = false;
  bool is_left_noted = false;
  std::int64_t left_nanos = 0;  // When the last subscriber went.

 private:
  v1::ServerMessage NextMessage();
  const Frame* Keep(const v1::ServerMessage& message);

  const std::string name_;
  const StreamKind kind_;
  const StreamPolicy policy_;
  const std::int64_t epoch_;
  const std::unique_ptr<StreamFold> fold_;
  bool is_kept_ = false;
  std::int64_t sequence_ = 0;
  std::int64_t window_end_ = 0;
  std::deque<Frame> ring_;  // The last one has number sequence_.
  std::size_t ring_bytes_ = 0;
  // The first of ring_ is a state: it covers whatever was before it.
  bool is_ring_whole_ = false;
  std::unique_ptr<Frame> state_frame_;
};

}  // namespace evx::gateway
