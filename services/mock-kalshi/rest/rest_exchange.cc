// The exchange about itself: status, schedule, announcements, age of user data.

#include <utility>

#include "evx/kalshi/exchange_messages.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"

namespace evx::mock_kalshi {
namespace {

void GetStatus(const ExchangeContext& context, RestRequest&, RestReply reply) {
  kalshi::ExchangeStatusResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    response.exchange_active = state.exchange_active;
    response.trading_active = state.exchange_active && state.trading_active;
  });
  response.intra_exchange_transfers_active = response.exchange_active;
  response.exchange_index_statuses.push_back({0, "All markets", response.exchange_active,
                                              response.trading_active, response.exchange_active});
  reply.Json(200, kalshi::EncodeJson(response));
}

// Around the clock, but for the weekly maintenance where the exchange keeps the venue's hours.
void GetSchedule(const ExchangeContext& context, venue::Schedule schedule, RestReply reply) {
  kalshi::WeeklySchedule week;
  week.end_time = context.clock.Now() + absl::Hours(24 * 365);
  week.start_time = context.clock.Now() + -absl::Hours(24 * 365);
  constexpr std::size_t kThursday = 3;
  for (std::size_t day = 0; day < week.days.size(); ++day) {
    if (schedule == venue::Schedule::kKalshi && day == kThursday) {
      week.days[day] = {{"00:00", "03:00"}, {"05:00", "00:00"}};
    } else {
      week.days[day] = {{"00:00", "00:00"}};
    }
  }
  kalshi::ExchangeScheduleResponse response;
  response.schedule.standard_hours.push_back(std::move(week));
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetAnnouncements(const ExchangeContext&, RestRequest&, RestReply reply) {
  reply.Json(200, kalshi::EncodeJson(kalshi::ExchangeAnnouncementsResponse{}));
}

// Reads show everything that is acknowledged, so user data is as of now.
void GetUserDataTimestamp(const ExchangeContext& context, RestRequest&, RestReply reply) {
  reply.Json(200, kalshi::EncodeJson(kalshi::UserDataTimestampResponse{context.clock.Now()}));
}

}  // namespace

void AddExchangeRoutes(RestRouter& router, const ExchangeContext& context,
                       venue::Schedule schedule) {
  AddPublicRead(router, context, "/trade-api/v2/exchange/status", "GetExchangeStatus", GetStatus);
  AddPublicRead(router, context, "/trade-api/v2/exchange/schedule", "GetExchangeSchedule",
                [schedule](const ExchangeContext& c, RestRequest&, RestReply reply) {
                  GetSchedule(c, schedule, std::move(reply));
                });
  AddPublicRead(router, context, "/trade-api/v2/exchange/announcements", "GetExchangeAnnouncements",
                GetAnnouncements);
  AddPublicRead(router, context, "/trade-api/v2/exchange/user_data_timestamp",
                "GetUserDataTimestamp", GetUserDataTimestamp);
}

}  // namespace evx::mock_kalshi
