#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "door/request_handler.h"

namespace evx::gateway {

// Gives each request to the first part that takes it; what nobody takes is refused by name, as of a
// service that does not exist.
class RequestRouter final : public RequestHandler {
 public:
  // False: not for this part, and `answer` was not taken.
  using Part = std::function<bool(const Session&, const v1::ClientMessage&, AnswerFunction&)>;

  explicit RequestRouter(std::vector<Part> parts) : parts_(std::move(parts)) {}

  void Handle(const Session& session, const v1::ClientMessage& request,
              AnswerFunction answer) override;

 private:
  const std::vector<Part> parts_;
};

}  // namespace evx::gateway
