#include "door/request_router.h"

namespace evx::gateway {

void RequestRouter::Handle(const Session& session, const v1::ClientMessage& request,
                           AnswerFunction answer) {
  for (const Part& part : parts_) {
    if (part(session, request, answer)) return;
  }
  answer(RefusalOf("ServiceAbsent", "no service here does this"));
}

}  // namespace evx::gateway
