#include "evx/kalshi_client/feed_events.h"

#include "evx/core/check.h"

namespace evx::kalshi_client {

std::string_view ToString(FeedFaultKind kind) {
  switch (kind) {
    case FeedFaultKind::kUnreadable:
      return "unreadable";
    case FeedFaultKind::kUnknownType:
      return "unknown_type";
    case FeedFaultKind::kUnknownSid:
      return "unknown_sid";
    case FeedFaultKind::kWrongChannel:
      return "wrong_channel";
    case FeedFaultKind::kDuplicate:
      return "duplicate";
    case FeedFaultKind::kRefused:
      return "refused";
    case FeedFaultKind::kNoAnswer:
      return "no_answer";
    case FeedFaultKind::kReplay:
      return "replay";
  }
  EVX_CHECK(false);
}

}  // namespace evx::kalshi_client
