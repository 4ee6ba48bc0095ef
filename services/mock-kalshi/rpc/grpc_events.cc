#include "rpc/grpc_events.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/venue/codec.h"
#include "rpc/event_bodies.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = events::v1;

// The names in the read model.
class LiveNames final : public EventNames {
 public:
  explicit LiveNames(const ReadModel::State& state) : state_(state) {}
  const std::string& Market(MarketId id) const override { return state_.At(id).ticker; }
  const std::string& Event(EventId id) const override { return state_.At(id).ticker; }
  const std::string& Series(SeriesId id) const override { return state_.At(id).ticker; }

 private:
  const ReadModel::State& state_;
};

// One event at a time; a call for an event that readers never see does nothing.
class Translator {
 public:
  Translator(const ReadModel::State& state, const WireIdCodec& wire_ids, const EventFilter& filter,
             pb::ExchangeRecord& record)
      : names_(state),
        bodies_(names_, wire_ids),
        wire_ids_(wire_ids),
        filter_(filter),
        record_(record) {}

  template <class Event>
  void operator()(const Event& event) {
    if constexpr (requires(pb::ExchangeEvent & out) { Slot(out, event); }) {
      if (!IsVisible(event)) return;
      if constexpr (requires {
                      event.account;
                      event.order_id;
                    }) {
        own_orders_.push_back(event.order_id);
      }
      if constexpr (std::is_same_v<Event, venue::BookChanged>) {
        if (filter_.account) book_changes_.emplace_back(record_.events_size(), event.order_id);
      }
      bodies_.Fill(event, Slot(*record_.add_events(), event));
    }
  }

  // After the last event: a change of the book names the order behind it to its owner. Every such
  // change has an event of the order in the same record.
  void NameOwnOrders() {
    for (const auto& [index, order_id] : book_changes_) {
      if (std::find(own_orders_.begin(), own_orders_.end(), order_id) == own_orders_.end()) {
        continue;
      }
      record_.mutable_events(index)->mutable_book_changed()->set_order_id(
          wire_ids_.Encode(order_id));
    }
  }

 private:
  template <class Event>
  bool IsVisible(const Event& event) const {
    if constexpr (requires { event.account; }) {
      return filter_.account && event.account == filter_.account;
    } else if constexpr (requires { event.market; }) {
      return filter_.tickers.empty() || filter_.tickers.contains(names_.Market(event.market));
    }
    return true;
  }

  const LiveNames names_;
  const EventBodies bodies_;
  const WireIdCodec& wire_ids_;
  const EventFilter& filter_;
  pb::ExchangeRecord& record_;
  std::vector<std::pair<int, OrderId>> book_changes_;
  std::vector<OrderId> own_orders_;
};

}  // namespace

void AppendVisibleEvents(const ExchangeContext& context, const EventFilter& filter,
                         std::string_view events, pb::ExchangeRecord& record) {
  context.read_model.Read([&](const ReadModel::State& state) {
    Translator translator(state, context.wire_ids, filter, record);
    const absl::Status status =
        venue::VisitEvents(events, [&translator](const auto& event) { translator(event); });
    translator.NameOwnOrders();
    // The bytes come from our own encoder.
    EVX_CHECK(status.ok());
  });
}

}  // namespace evx::mock_kalshi
