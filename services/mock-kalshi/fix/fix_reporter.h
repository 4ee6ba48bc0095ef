#pragma once

#include <string>
#include <variant>
#include <vector>

#include "evx/venue/events.h"
#include "fix/fix_hub.h"
#include "fix/fix_order_entry.h"

namespace evx::mock_kalshi {

// Turns released records into execution reports, cancel rejects, order group answers and
// settlement reports, and keeps the orders of each account with FIX sessions up to date. Reports go
// to the session whose key entered the order and to every listener of the account.
class FixReporter {
 public:
  FixReporter(FixHub& hub, FixOrderEntry& order_entry) : hub_(hub), order_entry_(order_entry) {}

  // Each record once, in order.
  void OnRecord(const FixFeed::Record& record);
  // KalshiNR and KalshiDC: U1.
  void ResendEvents(FixSession& session, const fix::Message& message);

 private:
  using Item = std::variant<venue::OrderAccepted, venue::OrderFilled, venue::OrderCanceled,
                            venue::OrderDecreased, venue::OrderAmended, venue::PositionChanged,
                            venue::CashPosted, venue::PositionSettled>;
  struct Turn {
    const FixFeed::Record& record;
    AuditMeta meta;
    std::optional<FixRequest> request;
    std::vector<Item> items;
    std::vector<std::uint64_t> indexes;  // Of the items among the record's events.
    std::optional<venue::RejectReason> reject;
    std::optional<OrderGroupId> new_group;
  };

  void Collect(Turn& turn);
  void Report(Turn& turn, std::size_t at, const venue::OrderAccepted& event);
  void Report(Turn& turn, std::size_t at, const venue::OrderFilled& event);
  void Report(Turn& turn, std::size_t at, const venue::OrderCanceled& event);
  void Report(Turn& turn, std::size_t at, const venue::OrderDecreased& event);
  void Report(Turn& turn, std::size_t at, const venue::OrderAmended& event);
  void Report(Turn&, std::size_t, const venue::PositionChanged&) {}
  void Report(Turn&, std::size_t, const venue::CashPosted&) {}
  void Report(Turn& turn, std::size_t at, const venue::PositionSettled& event);
  void Answer(Turn& turn);
  void AnswerRefusedOrder(Turn& turn);
  void Publish(FixHub::Account& account, FixReport report);
  FixReport Begin(const Turn& turn, std::size_t at, const FixOrder& order) const;

  FixHub& hub_;
  FixOrderEntry& order_entry_;
};

}  // namespace evx::mock_kalshi
