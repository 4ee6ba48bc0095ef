#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "accounts/operator_key.h"
#include "evx/core/clock.h"
#include "evx/gateway/v1/gateway_messages.pb.h"
#include "trading/trading_parts.h"

namespace google::protobuf {
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace evx::gateway {

// Calls of the exchange's operator service by the name of the method, with JSON for its messages:
// what CallOperator asks for. Which methods there are, and their messages, is what
// evx.ops.v1.OperatorService says; nothing is listed here. Thread-safe.
class OperatorCalls {
 public:
  static constexpr absl::Duration kCallTimeout = absl::Seconds(30);
  static constexpr std::size_t kRequestBytesMax = 64 * 1024;

  // Connects to OperatorService when it is first used. The references must outlive it.
  static absl::StatusOr<std::unique_ptr<OperatorCalls>> Open(const std::string& operator_addr,
                                                             OperatorKey& operator_key,
                                                             CommandAudit& audit,
                                                             const Clock& clock);
  ~OperatorCalls();

  // Waits for the answer: an Answer with operator_json, or a Refusal. A call that changes something
  // needs a command id; it is written into the audit log, and one that comes again gets the first
  // one's answer from there.
  v1::ServerMessage Call(const Session& session, const v1::CallOperator& call);

  // Names of all methods, in the order of the service.
  static std::vector<std::string> Methods();
  // True: it only looks (Get..., List...).
  static bool IsRead(std::string_view method);

 private:
  struct Impl;
  explicit OperatorCalls(std::unique_ptr<Impl> impl);
  v1::ServerMessage Change(const google::protobuf::MethodDescriptor& method,
                           const google::protobuf::Message& request, const std::string& command_id,
                           AuditEntry entry);
  v1::ServerMessage Send(const google::protobuf::MethodDescriptor& method,
                         const google::protobuf::Message& request);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace evx::gateway
