#include "evx/kalshi/exchange_messages.h"

#include "evx/kalshi/clock_message.h"
#include "message_archive.h"

namespace evx::kalshi {
namespace {

enum class Activity : std::uint8_t { kActive, kInactive };

constexpr std::array<std::string_view, 7> kDayNames = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// Money in units of $0.0001, an integer on the wire.
constexpr std::int64_t kCenticentMicros = 100;

}  // namespace

template <>
struct WireNames<Activity> {
  static constexpr std::string_view kNames[] = {"active", "inactive"};
};

template <class Archive, Is<ExchangeIndexStatus> M>
void Members(Archive& a, M& m) {
  a.Int("exchange_index", m.exchange_index);
  a.Text("description", m.description);
  a.Bool("exchange_active", m.exchange_active);
  a.Bool("trading_active", m.trading_active);
  a.Bool("intra_exchange_transfers_active", m.intra_exchange_transfers_active);
}

template <class Archive, Is<ExchangeStatusResponse> M>
void Members(Archive& a, M& m) {
  a.Bool("exchange_active", m.exchange_active);
  a.Bool("trading_active", m.trading_active);
  a.Bool("intra_exchange_transfers_active", m.intra_exchange_transfers_active);
  a.TimeOrNull("exchange_estimated_resume_time", m.estimated_resume_time);
  a.List("exchange_index_statuses", m.exchange_index_statuses);
}

template <class Archive, Is<DailySchedule> M>
void Members(Archive& a, M& m) {
  a.Text("open_time", m.open_time);
  a.Text("close_time", m.close_time);
}

template <class Archive, Is<WeeklySchedule> M>
void Members(Archive& a, M& m) {
  a.Time("start_time", m.start_time);
  a.Time("end_time", m.end_time);
  for (std::size_t day = 0; day < kDayNames.size(); ++day) a.List(kDayNames[day], m.days[day]);
}

template <class Archive, Is<MaintenanceWindow> M>
void Members(Archive& a, M& m) {
  a.Time("start_datetime", m.start_time);
  a.Time("end_datetime", m.end_time);
}

template <class Archive, Is<Schedule> M>
void Members(Archive& a, M& m) {
  a.List("standard_hours", m.standard_hours);
  a.List("maintenance_windows", m.maintenance_windows);
}

template <class Archive, Is<ExchangeScheduleResponse> M>
void Members(Archive& a, M& m) {
  a.Object("schedule", m.schedule);
}

template <class Archive, Is<Announcement> M>
void Members(Archive& a, M& m) {
  a.Word("type", m.type);
  a.Text("message", m.message);
  a.Time("delivery_time", m.delivery_time);
  Activity status = m.active ? Activity::kActive : Activity::kInactive;
  a.Word("status", status);
  if constexpr (!std::is_const_v<M>) m.active = status == Activity::kActive;
}

template <class Archive, Is<ExchangeAnnouncementsResponse> M>
void Members(Archive& a, M& m) {
  a.List("announcements", m.announcements);
}

template <class Archive, Is<ClockResponse> M>
void Members(Archive& a, M& m) {
  a.Text("mode", m.mode);
  a.Time("exchange_time", m.exchange_time);
}

template <class Archive, Is<UserDataTimestampResponse> M>
void Members(Archive& a, M& m) {
  a.Time("as_of_time", m.as_of_time);
}

template <class Archive, Is<HistoricalCutoffResponse> M>
void Members(Archive& a, M& m) {
  a.Time("market_settled_ts", m.market_settled_time);
  a.Time("trades_created_ts", m.trades_created_time);
  a.Time("orders_updated_ts", m.orders_updated_time);
  a.TimeIf("market_positions_last_updated_ts", m.market_positions_last_updated_time);
}

template <class Archive, Is<IncentiveProgram> M>
void Members(Archive& a, M& m) {
  a.Text("id", m.id);
  a.Text("market_id", m.market_id);
  a.Text("market_ticker", m.market_ticker);
  a.Word("incentive_type", m.type);
  a.Text("incentive_description", m.description);
  a.Time("start_date", m.start_date);
  a.Time("end_date", m.end_date);
  std::int64_t reward = m.period_reward.micros() / kCenticentMicros;
  a.Int("period_reward", reward);
  a.Bool("paid_out", m.paid_out);
  a.IntOrNull("discount_factor_bps", m.discount_factor_bps);
  a.CountIf("target_size_fp", m.target_size);
  std::optional<std::int64_t> most;
  if (m.max_reward_per_account) most = m.max_reward_per_account->micros() / kCenticentMicros;
  a.IntOrNull("max_reward_per_account", most);
  if constexpr (!std::is_const_v<M>) {
    // What does not fit is not money.
    m.period_reward = Money::FromMicros(TryMultiply(reward, kCenticentMicros).value_or(0));
    if (most) {
      m.max_reward_per_account =
          Money::FromMicros(TryMultiply(*most, kCenticentMicros).value_or(0));
    }
  }
}

template <class Archive, Is<IncentiveProgramsResponse> M>
void Members(Archive& a, M& m) {
  a.List("incentive_programs", m.incentive_programs);
  a.Text("next_cursor", m.next_cursor);
}

template <class Archive, Is<StructuredTarget> M>
void Members(Archive& a, M& m) {
  a.Text("id", m.id);
  a.Text("name", m.name);
  a.Text("type", m.type);
  a.Json("details", m.details_json);
  a.TextIf("source_id", m.source_id);
  a.TimeIf("last_updated_ts", m.last_updated_time);
}

template <class Archive, Is<StructuredTargetResponse> M>
void Members(Archive& a, M& m) {
  a.Object("structured_target", m.structured_target);
}

template <class Archive, Is<StructuredTargetsResponse> M>
void Members(Archive& a, M& m) {
  a.List("structured_targets", m.structured_targets);
  a.Text("cursor", m.cursor);
}

EVX_KALSHI_MESSAGE(ExchangeStatusResponse);
EVX_KALSHI_MESSAGE(ExchangeScheduleResponse);
EVX_KALSHI_MESSAGE(ExchangeAnnouncementsResponse);
EVX_KALSHI_MESSAGE(ClockResponse);
EVX_KALSHI_MESSAGE(UserDataTimestampResponse);
EVX_KALSHI_MESSAGE(HistoricalCutoffResponse);
EVX_KALSHI_MESSAGE(IncentiveProgramsResponse);
EVX_KALSHI_MESSAGE(StructuredTargetResponse);
EVX_KALSHI_MESSAGE(StructuredTargetsResponse);

// Names of categories, sports and competitions are member names there and may hold anything.
template <>
void AppendJson<TagsByCategoriesResponse>(std::string& out, const TagsByCategoriesResponse& m) {
  JsonWriter json(out);
  json.BeginObject();
  json.Key("tags_by_categories");
  json.BeginObject();
  for (const auto& category : m.categories) {
    json.EscapedKey(category.name);
    json.BeginArray();
    for (const std::string& tag : category.tags) {
      json.Item();
      json.Text(tag);
    }
    json.EndArray();
  }
  json.EndObject();
  json.EndObject();
}

template <>
void AppendJson<FiltersBySportResponse>(std::string& out, const FiltersBySportResponse& m) {
  JsonWriter json(out);
  json.BeginObject();
  json.Key("filters_by_sports");
  json.BeginObject();
  for (const auto& sport : m.sports) {
    json.EscapedKey(sport.name);
    json.BeginObject();
    json.Strings("scopes", sport.scopes);
    json.Key("competitions");
    json.BeginObject();
    for (const auto& competition : sport.competitions) {
      json.EscapedKey(competition.name);
      json.BeginObject();
      json.Strings("scopes", competition.scopes);
      json.EndObject();
    }
    json.EndObject();
    json.EndObject();
  }
  json.EndObject();
  json.Array("sport_ordering", m.sports, [&](const auto& sport) { json.Text(sport.name); });
  json.EndObject();
}

}  // namespace evx::kalshi
