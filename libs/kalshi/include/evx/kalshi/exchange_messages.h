#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/terms.h"

// The venue about itself: status, schedule, announcements, cut-off of history, incentive programs
// and reference data. Encoded and decoded as messages.h says. Timestamps that are zero are absent.

namespace evx::kalshi {

struct ExchangeIndexStatus {
  std::int32_t exchange_index = 0;
  std::string description;
  bool exchange_active = true;
  bool trading_active = true;
  bool intra_exchange_transfers_active = true;
  friend bool operator==(const ExchangeIndexStatus&, const ExchangeIndexStatus&) = default;
};

// GET /exchange/status; the same body comes with 503 when the exchange is down.
struct ExchangeStatusResponse {
  bool exchange_active = true;
  bool trading_active = true;
  bool intra_exchange_transfers_active = true;
  Timestamp estimated_resume_time;
  std::vector<ExchangeIndexStatus> exchange_index_statuses;
  friend bool operator==(const ExchangeStatusResponse&, const ExchangeStatusResponse&) = default;
};

// "HH:MM", Eastern time.
struct DailySchedule {
  std::string open_time;
  std::string close_time;
  friend bool operator==(const DailySchedule&, const DailySchedule&) = default;
};

struct WeeklySchedule {
  Timestamp start_time;
  Timestamp end_time;
  // Monday first.
  std::array<std::vector<DailySchedule>, 7> days;
  friend bool operator==(const WeeklySchedule&, const WeeklySchedule&) = default;
};

struct MaintenanceWindow {
  Timestamp start_time;
  Timestamp end_time;
  friend bool operator==(const MaintenanceWindow&, const MaintenanceWindow&) = default;
};

struct Schedule {
  std::vector<WeeklySchedule> standard_hours;
  std::vector<MaintenanceWindow> maintenance_windows;
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

struct ExchangeScheduleResponse {
  Schedule schedule;
  friend bool operator==(const ExchangeScheduleResponse&,
                         const ExchangeScheduleResponse&) = default;
};

enum class AnnouncementType : std::uint8_t { kInfo, kWarning, kError };
template <>
struct WireNames<AnnouncementType> {
  static constexpr std::string_view kNames[] = {"info", "warning", "error"};
};

struct Announcement {
  AnnouncementType type = AnnouncementType::kInfo;
  std::string message;
  Timestamp delivery_time;
  bool active = true;
  friend bool operator==(const Announcement&, const Announcement&) = default;
};

struct ExchangeAnnouncementsResponse {
  std::vector<Announcement> announcements;
  friend bool operator==(const ExchangeAnnouncementsResponse&,
                         const ExchangeAnnouncementsResponse&) = default;
};

struct UserDataTimestampResponse {
  Timestamp as_of_time;
  friend bool operator==(const UserDataTimestampResponse&,
                         const UserDataTimestampResponse&) = default;
};

struct HistoricalCutoffResponse {
  Timestamp market_settled_time;
  Timestamp trades_created_time;
  Timestamp orders_updated_time;
  Timestamp market_positions_last_updated_time;
  friend bool operator==(const HistoricalCutoffResponse&,
                         const HistoricalCutoffResponse&) = default;
};

enum class IncentiveType : std::uint8_t { kLiquidity, kVolume, kMarginMakerVolume };
template <>
struct WireNames<IncentiveType> {
  static constexpr std::string_view kNames[] = {"liquidity", "volume", "margin_maker_volume"};
};

struct IncentiveProgram {
  std::string id;
  std::string market_id;
  std::string market_ticker;
  IncentiveType type = IncentiveType::kLiquidity;
  std::string description;
  Timestamp start_date;
  Timestamp end_date;
  // Centicents on the wire, here and below.
  Money period_reward;
  bool paid_out = false;
  std::optional<std::int32_t> discount_factor_bps;
  std::optional<Quantity> target_size;
  std::optional<Money> max_reward_per_account;
  friend bool operator==(const IncentiveProgram&, const IncentiveProgram&) = default;
};

struct IncentiveProgramsResponse {
  std::vector<IncentiveProgram> incentive_programs;
  std::string next_cursor;
  friend bool operator==(const IncentiveProgramsResponse&,
                         const IncentiveProgramsResponse&) = default;
};

struct StructuredTarget {
  std::string id;
  std::string name;
  std::string type;
  // A JSON object; {} when empty.
  std::string details_json;
  std::optional<std::string> source_id;
  Timestamp last_updated_time;
  friend bool operator==(const StructuredTarget&, const StructuredTarget&) = default;
};

struct StructuredTargetResponse {
  StructuredTarget structured_target;
  friend bool operator==(const StructuredTargetResponse&,
                         const StructuredTargetResponse&) = default;
};

struct StructuredTargetsResponse {
  std::vector<StructuredTarget> structured_targets;
  std::string cursor;
  friend bool operator==(const StructuredTargetsResponse&,
                         const StructuredTargetsResponse&) = default;
};

// GET /search/tags_by_categories. Written only.
struct TagsByCategoriesResponse {
  struct Category {
    std::string name;
    std::vector<std::string> tags;
  };
  std::vector<Category> categories;
};

// GET /search/filters_by_sport. Written only.
struct FiltersBySportResponse {
  struct Competition {
    std::string name;
    std::vector<std::string> scopes;
  };
  // In the order of display.
  struct Sport {
    std::string name;
    std::vector<std::string> scopes;
    std::vector<Competition> competitions;
  };
  std::vector<Sport> sports;
};

template <>
void AppendJson<TagsByCategoriesResponse>(std::string& out,
                                          const TagsByCategoriesResponse& message);
template <>
void AppendJson<FiltersBySportResponse>(std::string& out, const FiltersBySportResponse& message);

}  // namespace evx::kalshi
