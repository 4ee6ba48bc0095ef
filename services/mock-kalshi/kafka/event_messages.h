#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "evx/core/ids.h"
#include "evx/journal/journal_reader.h"
#include "evx/venue/events.h"
#include "exchange/wire_id.h"
#include "rpc/event_bodies.h"

namespace evx::mock_kalshi {

// Tickers by number, as the events of the journal give them; a ticker never changes. Not
// thread-safe.
class TickerTable final : public EventNames {
 public:
  void Add(SeriesId id, std::string ticker) { Put(series_, id.value(), std::move(ticker)); }
  void Add(EventId id, std::string ticker) { Put(events_, id.value(), std::move(ticker)); }
  void Add(MarketId id, std::string ticker) { Put(markets_, id.value(), std::move(ticker)); }
  // Takes the new tickers from the events of a record.
  absl::Status Learn(std::string_view events);

  // Empty for a number that was never given.
  const std::string& Market(MarketId id) const override { return Find(markets_, id.value()); }
  const std::string& Event(EventId id) const override { return Find(events_, id.value()); }
  const std::string& Series(SeriesId id) const override { return Find(series_, id.value()); }

 private:
  // By number - 1.
  using Table = std::vector<std::string>;
  static void Put(Table& table, std::uint64_t number, std::string ticker);
  static const std::string& Find(const Table& table, std::uint64_t number);

  Table series_;
  Table events_;
  Table markets_;
};

// One message of the topic.
struct EventMessage {
  std::int64_t sequence_number = 0;
  std::string key;
  std::string payload;  // events.v1.ExchangeMessage.
  friend bool operator==(const EventMessage&, const EventMessage&) = default;
};

// A record of the journal as messages of topic evx.exchange.events.v1
// (proto/evx/events/v1/exchange_messages.proto): one for each key it has events of, in the order of
// their first events. Equal records give equal messages, so what is published twice can be told.
class EventMessages {
 public:
  // A message is cut before it grows beyond this; it stays well below what Kafka takes.
  static constexpr std::size_t kMessageBytesMax = 512 << 10;
  // Sequence numbers of a record are this far apart.
  static constexpr std::int64_t kEventsPerRecordMax = 1 << 16;

  // `names` knows the tickers of every record that is translated. Both must outlive this.
  EventMessages(const EventNames& names, const WireIdCodec& wire_ids)
      : names_(names), bodies_(names, wire_ids) {}

  // Replaces `messages`. DATA_LOSS when the record cannot be read.
  absl::Status Translate(const journal::RecordView& record, std::vector<EventMessage>& messages);

 private:
  const EventNames& names_;
  const EventBodies bodies_;
};

}  // namespace evx::mock_kalshi
