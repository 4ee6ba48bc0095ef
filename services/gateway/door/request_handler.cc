#include "door/request_handler.h"

#include <string>

namespace evx::gateway {

v1::ServerMessage RefusalOf(std::string_view reason, std::string_view message, bool is_retryable) {
  v1::ServerMessage answer;
  v1::Refusal& refusal = *answer.mutable_refusal();
  refusal.set_reason(std::string(reason));
  refusal.set_message(std::string(message));
  refusal.set_is_retryable(is_retryable);
  return answer;
}

}  // namespace evx::gateway
