#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "door/request_handler.h"
#include "evx/gateway/v1/commands.pb.h"

namespace evx::gateway {

// Which commands of a user came, and what became of them: a command that comes again changes
// nothing and gets the first one's result, and while that is not known, waits for it.
//
// Remembers the newest kKnownMax results; older ones are in the audit log. Pure. Not thread-safe.
class CommandMemory {
 public:
  static constexpr std::size_t kKnownMax = 10'000;
  // Of one command, besides the first.
  static constexpr std::size_t kWaitingMax = 16;

  enum class Seen {
    kNew,      // To be carried out; then Finish or Forget.
    kWaiting,  // Under way; `answer` was kept.
    kKnown,    // `answer` was given the result.
    kCrowded,  // Under way, and too many wait for it.
  };
  Seen Begin(const std::string& command_id, AnswerFunction& answer);

  // The result is told to all who wait for it and, if it is the end, remembered. A result that is
  // not the end (the same command may succeed later) is forgotten.
  std::vector<AnswerFunction> Finish(const v1::CommandResult& result);
  // A result from the audit log.
  void Remember(const v1::CommandResult& result);

  std::size_t known_count() const { return order_.size(); }

 private:
  struct Entry {
    bool is_known = false;
    v1::CommandResult result;
    std::vector<AnswerFunction> waiting;
  };

  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::string> order_;  // Of those that are known, oldest first.
};

// The answer that carries a result.
v1::ServerMessage AnswerOf(const v1::CommandResult& result);
v1::CommandResult RefusedResult(std::string_view command_id, std::string_view reason,
                                std::string_view message, bool is_retryable = false);

}  // namespace evx::gateway
