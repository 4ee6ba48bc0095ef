#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
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
// promises of one alone. Keeps the memory of the last message for the next. Not thread-safe.
class BookMessageReader {
 public:
  BookMessageReader();
  ~BookMessageReader();

  // A message with its key. OK: ticker() and update() tell what it says.
  //
  // INVALID_ARGUMENT names field, value and limit. The update is then kUnreadable, with the number
  // when at least that and the ticker could be read; else sequence 0, and no market is known.
  absl::Status Read(std::string_view key, std::string_view payload);

  // Until the next Read.
  std::string_view ticker() const;
  const BookUpdate& update() const { return update_; }
  std::string_view trace_id() const;

 private:
  absl::Status ReadEnvelope(std::string_view key);
  absl::Status ReadUpdate();
  absl::Status ReadDelta();
  absl::Status ReadSnapshot();

  const std::unique_ptr<marketdata::v1::BookMessage> message_;
  BookUpdate update_;
};

}  // namespace evx::order_book_rebuilder
