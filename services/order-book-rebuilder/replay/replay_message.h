#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// A recorded frame as a message to a client of the replay: the recorded `msg`, byte for byte, in an
// envelope of its own.

namespace evx::order_book_rebuilder {

// The members of the envelope. 0: the member is left out.
struct ReplayEnvelope {
  std::string_view type;
  std::string_view replay_id;
  std::int64_t id = 0;  // Of the command that it answers.
  std::int64_t sid = 0;
  std::uint64_t seq = 0;
  // What the frame had when it was recorded.
  std::int64_t recorded_sid = 0;
  std::int64_t recorded_seq = 0;
};

// Replaces `out` by {"type":..,"replay_id":..,...,"msg":. The message and a brace follow.
void WriteReplayHead(const ReplayEnvelope& envelope, std::string& out);

// Marks a whole frame, an object, as one of the replay.
void MarkAsReplay(std::string_view replay_id, std::string& frame);

// Finds the `msg` of frames. Not thread-safe; keeps its memory between frames.
class MessageFinder {
 public:
  MessageFinder();
  ~MessageFinder();

  // The text of the object, valid until the next call; nothing when there is none.
  std::optional<std::string_view> Find(std::string_view frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evx::order_book_rebuilder
