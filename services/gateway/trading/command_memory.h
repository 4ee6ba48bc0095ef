#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
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
    kOther,    // The id is of a command with another content.
  };
  // `fingerprint` as of FingerprintOf.
  Seen Begin(const std::string& command_id, std::uint64_t fingerprint, AnswerFunction& answer);

  // The result is told to all who wait for it and, if IsEnd, remembered.
  std::vector<AnswerFunction> Finish(const v1::CommandResult& result);

  std::size_t known_count() const { return order_.size(); }

 private:
  struct Entry {
    bool is_known = false;
    std::uint64_t fingerprint = 0;
    v1::CommandResult result;
    std::vector<AnswerFunction> waiting;
  };

  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::string> order_;  // Of those that are known, oldest first.
};

// The id of a command is of another one, which has another content.
inline constexpr std::string_view kCommandIdReused = "CommandIdReused";
// Whether a command that comes again gets the same result. It does not when it may succeed later,
// nor when its id is of another command.
bool IsEnd(const v1::CommandResult& result);
// Refuses a command whose id is of another one.
v1::CommandResult ReusedIdResult(std::string_view command_id);
// The answer that carries a result.
v1::ServerMessage AnswerOf(const v1::CommandResult& result);
v1::CommandResult RefusedResult(std::string_view command_id, std::string_view reason,
                                std::string_view message, bool is_retryable = false);

}  // namespace evx::gateway
