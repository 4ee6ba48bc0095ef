#include "event_table.h"

#include <charconv>

namespace evx::market_data {
namespace {

using recording::Event;
using recording::EventKind;

std::string_view NameOf(EventKind kind) {
  switch (kind) {
    case EventKind::kSnapshot:
      return "snapshot";
    case EventKind::kDelta:
      return "delta";
    case EventKind::kTrade:
      return "trade";
    case EventKind::kTicker:
      return "ticker";
    case EventKind::kLifecycle:
      return "lifecycle";
    case EventKind::kOther:
      return "other";
  }
  return "";
}

std::string_view NameOf(ContractSide side) { return side == ContractSide::kYes ? "yes" : "no"; }

void AppendNumber(std::int64_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

void AppendNumberOrNothing(std::int64_t number, std::string& out) {
  if (number != 0) AppendNumber(number, out);
}

void AppendText(std::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

// Up to the ticker and its comma.
void AppendHead(const Event& event, std::string_view kind, std::string& out) {
  AppendNumber(event.received.nanos(), out);
  out.push_back(',');
  AppendNumber(event.connection, out);
  out.push_back(',');
  AppendNumberOrNothing(event.sid, out);
  out.push_back(',');
  AppendNumberOrNothing(event.seq, out);
  out.push_back(',');
  AppendNumberOrNothing(event.ts_ms, out);
  out.push_back(',');
  out += kind;
  out.push_back(',');
  AppendText(event.market_ticker, out);
  out.push_back(',');
}

void AppendTail(ContractSide side, std::int64_t price_micros, std::int64_t quantity_centis,
                std::string& out) {
  out += NameOf(side);
  out.push_back(',');
  AppendNumber(price_micros, out);
  out.push_back(',');
  AppendNumber(quantity_centis, out);
  out.push_back('\n');
}

}  // namespace

void AppendEventRows(const recording::Block& block, std::size_t frame, std::string& out) {
  const Event event = block.EventOf(frame);
  AppendHead(event, NameOf(event.kind), out);
  switch (event.kind) {
    case EventKind::kDelta:
    case EventKind::kTrade:
      AppendTail(event.side, event.price_micros, event.quantity_centis, out);
      return;
    case EventKind::kTicker:
      out.push_back(',');
      AppendNumberOrNothing(event.price_micros, out);
      out += ",\n";
      return;
    case EventKind::kSnapshot:
    case EventKind::kLifecycle:
    case EventKind::kOther:
      out += ",,\n";
      break;
  }
  if (event.kind != EventKind::kSnapshot) return;
  for (const ContractSide side : {ContractSide::kYes, ContractSide::kNo}) {
    for (const recording::EventLevel& level : block.LevelsOf(frame, side)) {
      AppendHead(event, "level", out);
      AppendTail(side, level.price_micros, level.quantity_centis, out);
    }
  }
}

}  // namespace evx::market_data
