#pragma once

#include <string_view>

#include "evx/fix/message.h"
#include "evx/fix/order_messages.h"
#include "fix/fix_hub.h"

namespace evx::mock_kalshi {

// Order entry and order groups of KalshiNR and KalshiRT: messages to commands. What the exchange
// decides comes back as records (fix_reporter.h); what it never sees is answered here.
class FixOrderEntry {
 public:
  explicit FixOrderEntry(FixHub& hub) : hub_(hub) {}

  void OnMessage(FixSession& session, const fix::Message& message, bool is_repeated);
  // Answers a message of any type that the exchange does not take: Rejected, OrderCancelReject and
  // so on with reason 99 and this text, which is a static one.
  void Refuse(FixSession& session, const fix::Message& message, std::string_view text);
  // Runs what has waited for this order of the session.
  void OnOrderDecided(FixSession& session, std::string_view cl_ord_id);
  // A command that was taken from the queue and did not become a record.
  void OnFailure(const FixHub::Failure& failure);

 private:
  struct Call {
    FixSession& session;
    const fix::Message& message;
    bool is_repeated = false;
  };

  bool Admit(const Call& call, std::int64_t cost);
  void Create(const Call& call);
  // False: it was answered here, and its new id will never be one.
  bool Replace(const Call& call);
  void Cancel(const Call& call);
  void MassCancel(const Call& call);
  // Empty: all are canceled.
  void AnswerMassCancel(FixSession& session, std::string_view cl_ord_id, std::string_view refusal);
  void OrderGroup(const Call& call);

  // The open order that a cancel or replace is about; null after it was answered or set aside.
  FixOrder* FindTarget(const Call& call, const fix::OrderCancelReject& naming,
                       std::string_view order_id, std::string_view symbol, BookSide side,
                       std::optional<std::int64_t> alloc_account);
  bool SetAside(const Call& call, std::string_view cl_ord_id);
  // Keeps an order within MaxExecutionCost: one that could cost more fills as a whole within it or
  // not at all. False: at no price.
  bool KeepWithin(Money cost, venue::CreateOrder& command) const;
  // New and Canceled for an order that the exchange need not see.
  void CancelAtOnce(FixSession& session, FixReport report, std::string_view text);
  void RejectOrder(FixSession& session, FixReport report, std::string_view text, int reason);
  void RejectCancel(FixSession& session, fix::OrderCancelReject reject, std::string_view text,
                    int reason);
  void SendPending(FixSession& session, FixReport report, char exec_type);
  FixRequest RequestOf(const Call& call, FixRequest::Kind kind) const;
  void AnswerFailure(const FixRequest& request, const absl::Status& status);

  FixHub& hub_;
  bool was_set_aside_ = false;  // By the last FindTarget.
};

// End of the exchange's Eastern day, 23:59:59.999.
Timestamp EndOfEasternDay(Timestamp time);

}  // namespace evx::mock_kalshi
