#include "evx/market_data/pipeline_probe.h"

#include "evx/core/check.h"

namespace evx::market_data {

namespace pb = marketdata::v1;

std::string_view ToString(BookKind kind) {
  switch (kind) {
    case BookKind::kDelta:
      return "delta";
    case BookKind::kPeriodicSnapshot:
      return "periodic_snapshot";
    case BookKind::kVenueSnapshot:
      return "venue_snapshot";
    case BookKind::kGap:
      return "gap";
  }
  EVX_CHECK(false);
}

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kNoChange:
      return "no_change";
    case DropReason::kSameSnapshot:
      return "same_snapshot";
    case DropReason::kSameTicker:
      return "same_ticker";
    case DropReason::kInDoubt:
      return "in_doubt";
    case DropReason::kUnknownMarket:
      return "unknown_market";
    case DropReason::kNoRoom:
      return "no_room";
    case DropReason::kAlreadyTold:
      return "already_told";
  }
  EVX_CHECK(false);
}

std::string_view ToString(pb::GapCause cause) {
  // Protobuf's names are GAP_CAUSE_SEQUENCE and so on; what is not one of them was never made here.
  switch (static_cast<int>(cause)) {
    case pb::GAP_CAUSE_SEQUENCE:
      return "sequence";
    case pb::GAP_CAUSE_UNREADABLE:
      return "unreadable";
    case pb::GAP_CAUSE_ENDED:
      return "ended";
    case pb::GAP_CAUSE_DISCONNECTED:
      return "disconnected";
    case pb::GAP_CAUSE_RESTARTED:
      return "restarted";
    case pb::GAP_CAUSE_INCONSISTENT:
      return "inconsistent";
    case pb::GAP_CAUSE_OVERFLOW:
      return "overflow";
  }
  EVX_CHECK(false);
}

}  // namespace evx::market_data
