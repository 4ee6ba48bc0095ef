#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/recording/frame_log.h"

namespace evx::market_data {

// Bytes of one row; a longer one is refused.
inline constexpr std::size_t kEventRowBytesMax = 1u << 20;

// Reads an event table (event_table.h) front to back, as frames with the same events: what the
// table does not have (ids of trades and markets, sides of tickers) they do not have either. Not
// thread-safe.
class EventTableReader {
 public:
  // NOT_FOUND names the file, INVALID_ARGUMENT one without the table's header.
  static absl::StatusOr<EventTableReader> Open(const std::string& path);

  // The next frame, valid until the next call; nothing at the end. INVALID_ARGUMENT names file and
  // line of a row that is none.
  absl::StatusOr<std::optional<recording::LoggedFrame>> Next();

 private:
  struct Row {
    std::int64_t received_ns = 0;
    std::uint32_t connection = 0;
    std::int64_t sid = 0;
    std::int64_t seq = 0;
    std::int64_t ts_ms = 0;
    std::string kind;
    std::string market_ticker;
    std::string side;
    std::int64_t price_micros = 0;
    std::int64_t quantity_centis = 0;
  };

  EventTableReader(std::string path, std::unique_ptr<std::istream> input)
      : path_(std::move(path)), input_(std::move(input)) {}

  // Into next_row_; empty at the end.
  absl::Status ReadRow();
  // Fields of one line, or of several where a field has line breaks; false at the end.
  absl::StatusOr<bool> ReadFields();
  absl::Status Bad(std::string_view what) const;
  absl::Status MakeFrame(const Row& row);
  // Takes the rows `level` that follow.
  absl::Status AppendLevels();

  std::string path_;
  std::unique_ptr<std::istream> input_;
  std::uint64_t line_ = 0;
  std::vector<std::string> fields_;
  std::optional<Row> next_row_;
  std::string frame_;
};

}  // namespace evx::market_data
