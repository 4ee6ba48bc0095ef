#include "kafka/event_messages.h"

#include <map>
#include <type_traits>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/events/v1/exchange_messages.pb.h"
#include "evx/telemetry/trace_context.h"
#include "evx/venue/codec.h"
#include "exchange/record.h"
#include "rpc/grpc_conversions.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = events::v1;

enum class KeyKind : std::uint8_t { kExchange, kAccount, kMarket };
using KeyId = std::pair<KeyKind, std::uint64_t>;

// Whom an event concerns: its account, else its market, else the exchange.
template <class Event>
KeyId KeyOf(const Event& event) {
  if constexpr (requires { event.account; }) {
    return {KeyKind::kAccount, event.account.value()};
  } else if constexpr (requires { event.market; }) {
    return {KeyKind::kMarket, event.market.value()};
  } else {
    return {KeyKind::kExchange, 0};
  }
}

std::string KeyText(const KeyId& key, const EventNames& names) {
  switch (key.first) {
    case KeyKind::kExchange:
      return "exchange";
    case KeyKind::kAccount:
      return "account:" + std::to_string(key.second);
    case KeyKind::kMarket:
      return names.Market(MarketId(static_cast<MarketId::Value>(key.second)));
  }
  EVX_CHECK(false);
}

// The messages of one record while its events are looked at.
class Builder {
 public:
  Builder(const journal::RecordView& record, const EventNames& names, const EventBodies& bodies)
      : record_(record), names_(names), bodies_(bodies) {}

  template <class Event>
  void operator()(const Event& event) {
    if constexpr (std::is_same_v<Event, venue::OrderRestored> ||
                  std::is_same_v<Event, venue::MarketStatisticsRestored>) {
      EVX_CHECK(false);  // In descriptions of a state, never in a record.
    } else {
      pb::JournaledEvent body;
      bodies_.Fill(event, Slot(body, event));
      const KeyId key = KeyOf(event);
      const std::size_t size = body.ByteSizeLong();
      Open& open = OpenMessage(key, size);
      open.byte_count += size;
      *open.message.add_events() = std::move(body);
      ++event_count_;
    }
  }

  void Finish(std::vector<EventMessage>& messages) {
    EVX_CHECK(event_count_ <= EventMessages::kEventsPerRecordMax);
    const AuditMeta meta = DecodeAuditMeta(record_.meta).value_or(AuditMeta());
    const telemetry::TraceId trace_id(meta.trace_id);
    for (Open& open : open_) {
      open.message.set_record_sequence_number(static_cast<std::int64_t>(record_.sequence.value()));
      *open.message.mutable_create_time() = ToProto(record_.time);
      if (trace_id) open.message.set_trace_id(trace_id.ToHex());
      messages.push_back({open.message.sequence_number(), KeyText(open.key, names_),
                          open.message.SerializeAsString()});
    }
  }

 private:
  struct Open {
    KeyId key;
    std::size_t byte_count = 0;
    pb::ExchangeMessage message;
  };

  Open& OpenMessage(const KeyId& key, std::size_t extra) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end() &&
        open_[found->second].byte_count + extra <= EventMessages::kMessageBytesMax) {
      return open_[found->second];
    }
    by_key_[key] = open_.size();
    Open& open = open_.emplace_back();
    open.key = key;
    open.message.set_sequence_number(static_cast<std::int64_t>(record_.sequence.value()) *
                                         EventMessages::kEventsPerRecordMax +
                                     event_count_);
    return open;
  }

  const journal::RecordView& record_;
  const EventNames& names_;
  const EventBodies& bodies_;
  std::int64_t event_count_ = 0;
  std::vector<Open> open_;
  std::map<KeyId, std::size_t> by_key_;
};

}  // namespace

void TickerTable::Put(Table& table, std::uint64_t number, std::string ticker) {
  EVX_CHECK(number >= 1);
  if (table.size() < number) table.resize(number);
  table[number - 1] = std::move(ticker);
}

const std::string& TickerTable::Find(const Table& table, std::uint64_t number) {
  static const std::string kNone;
  return number >= 1 && number <= table.size() ? table[number - 1] : kNone;
}

absl::Status TickerTable::Learn(std::string_view events) {
  return venue::VisitEventsOf<venue::SeriesPut, venue::EventPut, venue::MarketPut>(
      events, [this](const auto& event) {
        using Event = std::decay_t<decltype(event)>;
        std::string ticker(event.ticker.view());
        if constexpr (std::is_same_v<Event, venue::SeriesPut>) {
          Add(event.series, std::move(ticker));
        } else if constexpr (std::is_same_v<Event, venue::EventPut>) {
          Add(event.event, std::move(ticker));
        } else {
          Add(event.market, std::move(ticker));
        }
      });
}

absl::Status EventMessages::Translate(const journal::RecordView& record,
                                      std::vector<EventMessage>& messages) {
  messages.clear();
  Builder builder(record, names_, bodies_);
  EVX_RETURN_IF_ERROR(venue::VisitEvents(record.events, builder));
  builder.Finish(messages);
  return absl::OkStatus();
}

}  // namespace evx::mock_kalshi
