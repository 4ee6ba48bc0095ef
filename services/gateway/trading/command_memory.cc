#include "trading/command_memory.h"

#include <utility>

namespace evx::gateway {

CommandMemory::Seen CommandMemory::Begin(const std::string& command_id, std::uint64_t fingerprint,
                                         AnswerFunction& answer) {
  const auto [found, is_new] = entries_.try_emplace(command_id);
  Entry& entry = found->second;
  if (is_new) {
    entry.fingerprint = fingerprint;
    entry.waiting.push_back(std::move(answer));
    return Seen::kNew;
  }
  if (entry.fingerprint != fingerprint) return Seen::kOther;
  if (entry.is_known) {
    v1::CommandResult result = entry.result;
    result.set_is_repeated(true);
    answer(AnswerOf(result));
    return Seen::kKnown;
  }
  if (entry.waiting.size() > kWaitingMax) return Seen::kCrowded;
  entry.waiting.push_back(std::move(answer));
  return Seen::kWaiting;
}

std::vector<AnswerFunction> CommandMemory::Finish(const v1::CommandResult& result) {
  const auto found = entries_.find(result.command_id());
  if (found == entries_.end()) return {};
  Entry& entry = found->second;
  std::vector<AnswerFunction> waiting = std::exchange(entry.waiting, {});
  if (!IsEnd(result)) {
    entries_.erase(found);
    return waiting;
  }
  if (!entry.is_known) order_.push_back(result.command_id());
  entry.is_known = true;
  entry.result = result;
  while (order_.size() > kKnownMax) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  return waiting;
}

bool IsEnd(const v1::CommandResult& result) {
  return !result.is_retryable() && result.refusal_reason() != kCommandIdReused;
}

v1::CommandResult ReusedIdResult(std::string_view command_id) {
  return RefusedResult(command_id, kCommandIdReused,
                       "command_id: another command of yours had this id before; nothing was done");
}

v1::ServerMessage AnswerOf(const v1::CommandResult& result) {
  v1::ServerMessage message;
  *message.mutable_command_result() = result;
  return message;
}

v1::CommandResult RefusedResult(std::string_view command_id, std::string_view reason,
                                std::string_view message, bool is_retryable) {
  v1::CommandResult result;
  result.set_command_id(std::string(command_id));
  result.set_refusal_reason(std::string(reason));
  result.set_refusal_message(std::string(message));
  result.set_is_retryable(is_retryable);
  return result;
}

}  // namespace evx::gateway
