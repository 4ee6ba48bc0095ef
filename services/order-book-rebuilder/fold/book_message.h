#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "evx/market_data/wire_message.h"
#include "fold/book_update.h"

namespace evx::marketdata::v1 {
class BookMessage;
}

namespace evx::order_book_rebuilder {

inline constexpr std::size_t kTickerSizeMax = 128;
// 1 to kTickerSizeMax visible ASCII characters without quotes and backslashes.
bool IsTicker(std::string_view text);
// Each $0.0001 between $0 and $1.
inline constexpr std::size_t kLevelCountMax = 9'999;
// Version of the messages that are understood.
inline constexpr std::int32_t kSchemaVersion = 1;

// Reads messages of topic evx.md.book.v1 and holds them against everything that their contract
// promises of one alone. A delta or a snapshot costs about 100 ns, and 20 ns a level: it is read
// without protobuf's objects where its bytes allow that. Not thread-safe.
class BookMessageReader {
 public:
  // accepts_replay: messages of a replay are no fault.
  explicit BookMessageReader(bool accepts_replay = false);
  ~BookMessageReader();

  // A message with its key. OK: ticker() and update() tell what it says.
  //
  // INVALID_ARGUMENT names field, value and limit. The update is then kUnreadable, with the number
  // when at least that and the ticker could be read; else sequence 0, and no market is known.
  absl::Status Read(std::string_view key, std::string_view payload);

  // Until the next Read, and as long as the payload lives.
  std::string_view ticker() const { return wire_.market_ticker; }
  std::string_view trace_id() const { return wire_.trace_id; }
  // Until the next Read.
  const BookUpdate& update() const { return update_; }

 private:
  absl::Status ReadEnvelope(std::string_view key);
  absl::Status ReadUpdate();
  absl::Status ReadDelta();
  absl::Status ReadSnapshot();

  const bool accepts_replay_;
  market_data::WireMessage wire_;
  const std::unique_ptr<marketdata::v1::BookMessage> parsed_;
  BookUpdate update_;
};

}  // namespace evx::order_book_rebuilder
