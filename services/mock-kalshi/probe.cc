#include "probe.h"

#include <string>

#include "evx/venue/codec.h"
#include "evx/venue/events.h"

namespace evx::mock_kalshi {
namespace {

constexpr const char* kStageHelp =
    "Time of a command from the queue until it was sequenced, durable and released.";

telemetry::Histogram& AddStage(telemetry::Registry& registry, const char* stage) {
  return registry.AddHistogram("evx_exchange_command_duration_seconds", kStageHelp,
                               telemetry::LatencyBounds(), {{"stage", stage}});
}

double Seconds(std::int64_t from, std::int64_t to) { return static_cast<double>(to - from) / 1e9; }

// "kInsufficientBalance" is named "InsufficientBalance" by the venue library; labels are snake
// case.
std::string SnakeCase(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      if (!out.empty()) out.push_back('_');
      out.push_back(static_cast<char>(c - 'A' + 'a'));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

Probe::Probe(telemetry::Registry& registry)
    : commands_(registry.AddCounter("evx_exchange_commands_total", "Commands released.")),
      orders_accepted_(
          registry.AddCounter("evx_exchange_orders_accepted_total", "Orders accepted.")),
      orders_canceled_(registry.AddCounter("evx_exchange_orders_canceled_total",
                                           "Orders that left the book before they were filled.")),
      trades_(registry.AddCounter("evx_exchange_trades_total", "Matches of two orders.")),
      sequenced_(AddStage(registry, "sequenced")),
      durable_(AddStage(registry, "durable")),
      released_(AddStage(registry, "released")) {
  constexpr auto kLast = static_cast<std::size_t>(venue::RejectReason::kAlreadyBusted);
  static_assert(kLast < 64);
  for (std::size_t i = 0; i <= kLast; ++i) {
    rejected_[i] = &registry.AddCounter(
        "evx_exchange_commands_rejected_total", "Commands that the exchange refused.",
        {{"reason", SnakeCase(venue::Name(static_cast<venue::RejectReason>(i)))}});
  }
}

void Probe::Observe(const StageTimes& stages) {
  sequenced_.Observe(Seconds(stages.received, stages.sequenced));
  durable_.Observe(Seconds(stages.received, stages.durable));
  released_.Observe(Seconds(stages.received, stages.released));
}

void Probe::OnRecord(const ReleasedRecord& record) {
  if (!venue::IsContinueEvents(record.command)) commands_.Increment();
  static_cast<void>(venue::VisitEvents(record.events, [this](const auto& event) {
    using Event = std::decay_t<decltype(event)>;
    if constexpr (std::is_same_v<Event, venue::OrderAccepted>) {
      orders_accepted_.Increment();
    } else if constexpr (std::is_same_v<Event, venue::OrderCanceled>) {
      orders_canceled_.Increment();
    } else if constexpr (std::is_same_v<Event, venue::TradeExecuted>) {
      trades_.Increment();
    } else if constexpr (std::is_same_v<Event, venue::CommandRejected>) {
      rejected_[static_cast<std::size_t>(event.reason)]->Increment();
    }
  }));
}

void Probe::Watch(telemetry::Registry& registry, ExchangeHost& host) {
  registry.AddCallbackGauge("evx_exchange_queue_commands", "Commands waiting for the sequencer.",
                            [&host] { return static_cast<double>(host.sequencer().queue_size()); });
  registry.AddCallbackGauge(
      "evx_exchange_released_sequence_number", "The last command that was released.",
      [&host] { return static_cast<double>(host.sequencer().released().value()); });
  for (std::int32_t i = 0; i < kFaultKindCount; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    registry.AddCallbackCounter(
        "evx_exchange_faults_total", "Requests and frames that went wrong on purpose.",
        [&host, kind] { return static_cast<double>(host.faults().count(kind)); },
        {{"kind", std::string(Name(kind))}});
  }
  registry.AddCallbackGauge("evx_exchange_kafka_lag_records",
                            "Durable records that are not in Kafka yet.", [&host] {
                              const KafkaFollower* kafka = host.kafka();
                              return kafka == nullptr ? 0.0 : static_cast<double>(kafka->lag());
                            });
  registry.AddCallbackCounter(
      "evx_exchange_kafka_messages_total", "Messages that Kafka has acknowledged.", [&host] {
        const KafkaFollower* kafka = host.kafka();
        return kafka == nullptr ? 0.0 : static_cast<double>(kafka->message_count());
      });
  if (host.journal() == nullptr) return;
  registry.AddCallbackCounter(
      "evx_exchange_journal_bytes_total", "Bytes written to the journal.",
      [&host] { return static_cast<double>(host.journal()->stats().bytes); });
  registry.AddCallbackCounter(
      "evx_exchange_journal_batches_total", "Group commits of the journal.",
      [&host] { return static_cast<double>(host.journal()->stats().batch_count); });
  registry.AddCallbackGauge(
      "evx_exchange_follower_lag_records",
      "Released records that the slowest follower has not stored.", [&host] {
        const auto lowest = host.cursors().Lowest();
        if (!lowest) return 0.0;
        return static_cast<double>(host.sequencer().released().value() - lowest->value());
      });
}

void Probe::Watch(telemetry::Registry& registry, const FixDoor& door) {
  registry.AddCallbackGauge("evx_exchange_fix_sessions", "FIX sessions that are logged on.",
                            [&door] { return static_cast<double>(door.stats().sessions); });
  registry.AddCallbackCounter("evx_exchange_fix_messages_received_total",
                              "Application messages of FIX clients.",
                              [&door] { return static_cast<double>(door.stats().messages_in); });
  registry.AddCallbackCounter("evx_exchange_fix_messages_sent_total", "Messages to FIX clients.",
                              [&door] { return static_cast<double>(door.stats().messages_out); });
  registry.AddCallbackCounter("evx_exchange_fix_logons_refused_total",
                              "FIX logons refused after their form was right.",
                              [&door] { return static_cast<double>(door.stats().refused_logons); });
}

}  // namespace evx::mock_kalshi
