#include "event_table_reader.h"

#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include "event_table.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"

namespace evx::market_data {
namespace {

constexpr std::size_t kFieldCount = 10;
constexpr int kPriceScale = 6;
constexpr int kPriceDigits = 4;
constexpr int kQuantityScale = 2;

template <class Integer>
bool ReadInteger(std::string_view text, Integer& value) {
  value = 0;
  if (text.empty()) return true;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

// Whether it can stand between quotes in JSON as it is.
bool IsJsonText(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < ' ' || text[i] == '"') return false;
    if (text[i] == '\\' && ++i == text.size()) return false;
  }
  return true;
}

// Prices of whole $0.0001 as the venue writes them, others with all their digits.
std::string PriceText(std::int64_t micros) {
  return FormatDecimal(micros, kPriceScale, micros % 100 == 0 ? kPriceDigits : kPriceScale);
}

std::string QuantityText(std::int64_t centis) {
  return FormatDecimal(centis, kQuantityScale, kQuantityScale);
}

std::string_view TypeOf(std::string_view kind) {
  if (kind == "snapshot") return "orderbook_snapshot";
  if (kind == "delta") return "orderbook_delta";
  if (kind == "trade" || kind == "ticker" || kind == "other") return kind;
  if (kind == "lifecycle") return "market_lifecycle_v2";
  return {};
}

}  // namespace

absl::StatusOr<EventTableReader> EventTableReader::Open(const std::string& path) {
  auto input = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*input) return NotFound("cannot open " + path);
  EventTableReader reader(path, std::move(input));
  std::string header(kEventTableHeader.size(), '\0');
  reader.input_->read(header.data(), static_cast<std::streamsize>(header.size()));
  if (header != kEventTableHeader) {
    return InvalidArgument(path + ": the first line is not that of an event table");
  }
  reader.line_ = 1;
  EVX_RETURN_IF_ERROR(reader.ReadRow());
  return reader;
}

absl::Status EventTableReader::Bad(std::string_view what) const {
  return InvalidArgument(absl::StrFormat("%s, line %d: %s", path_, line_, what));
}

absl::StatusOr<bool> EventTableReader::ReadFields() {
  fields_.assign(1, {});
  std::size_t size = 0;
  bool is_quoted = false;
  ++line_;
  for (int c = input_->get();; c = input_->get()) {
    if (c == std::istream::traits_type::eof()) {
      if (size == 0) return false;
      return Bad("it has no end");
    }
    if (++size > kEventRowBytesMax) return Bad("it is longer than a row can be");
    if (is_quoted) {
      if (c != '"') {
        fields_.back().push_back(static_cast<char>(c));
      } else if (input_->peek() == '"') {
        fields_.back().push_back(static_cast<char>(input_->get()));
      } else {
        is_quoted = false;
      }
    } else if (c == '"' && fields_.back().empty()) {
      is_quoted = true;
    } else if (c == ',') {
      fields_.emplace_back();
    } else if (c == '\n') {
      return true;
    } else {
      fields_.back().push_back(static_cast<char>(c));
    }
  }
}

absl::Status EventTableReader::ReadRow() {
  next_row_.reset();
  EVX_ASSIGN_OR_RETURN(const bool is_row, ReadFields());
  if (!is_row) return absl::OkStatus();
  if (fields_.size() != kFieldCount) {
    return Bad(absl::StrFormat("it has %d fields, not %d", fields_.size(), kFieldCount));
  }
  Row row;
  if (!ReadInteger(fields_[0], row.received_ns) || row.received_ns < 0) return Bad("received_ns");
  if (!ReadInteger(fields_[1], row.connection)) return Bad("connection");
  if (!ReadInteger(fields_[2], row.sid)) return Bad("sid");
  if (!ReadInteger(fields_[3], row.seq)) return Bad("seq");
  if (!ReadInteger(fields_[4], row.ts_ms)) return Bad("ts_ms");
  if (!ReadInteger(fields_[8], row.price_micros)) return Bad("price_micros");
  if (!ReadInteger(fields_[9], row.quantity_centis)) return Bad("quantity_centis");
  row.kind = std::move(fields_[5]);
  row.market_ticker = std::move(fields_[6]);
  row.side = std::move(fields_[7]);
  if (!IsJsonText(row.market_ticker)) return Bad("market_ticker");
  const bool has_side = row.kind == "delta" || row.kind == "trade" || row.kind == "level";
  if (has_side ? row.side != "yes" && row.side != "no" : !row.side.empty()) return Bad("side");
  if (row.kind != "level" && TypeOf(row.kind).empty()) return Bad("kind");
  next_row_ = std::move(row);
  return absl::OkStatus();
}

absl::Status EventTableReader::AppendLevels() {
  std::string_view open;  // The side whose list is.
  while (next_row_ && next_row_->kind == "level") {
    if (next_row_->side != open) {
      if (open == "no") return Bad("levels of yes come before those of no");
      if (!open.empty()) frame_ += "]";
      open = next_row_->side == "yes" ? "yes" : "no";
      absl::StrAppendFormat(&frame_, R"(,"%s_dollars_fp":[)", open);
    } else {
      frame_ += ',';
    }
    absl::StrAppendFormat(&frame_, R"(["%s","%s"])", PriceText(next_row_->price_micros),
                          QuantityText(next_row_->quantity_centis));
    EVX_RETURN_IF_ERROR(ReadRow());
  }
  if (!open.empty()) frame_ += "]";
  return absl::OkStatus();
}

absl::Status EventTableReader::MakeFrame(const Row& row) {
  frame_ = absl::StrFormat(R"({"type":"%s")", TypeOf(row.kind));
  if (row.sid != 0) absl::StrAppendFormat(&frame_, R"(,"sid":%d)", row.sid);
  if (row.seq != 0) absl::StrAppendFormat(&frame_, R"(,"seq":%d)", row.seq);
  absl::StrAppendFormat(&frame_, R"(,"msg":{"market_ticker":"%s")", row.market_ticker);
  if (row.kind == "snapshot") {
    frame_ += R"(,"market_id":"")";
    EVX_RETURN_IF_ERROR(AppendLevels());
  } else if (row.kind == "delta") {
    absl::StrAppendFormat(&frame_, R"(,"market_id":"","price_dollars":"%s","delta_fp":"%s")",
                          PriceText(row.price_micros), QuantityText(row.quantity_centis));
    absl::StrAppendFormat(&frame_, R"(,"side":"%s")", row.side);
  } else if (row.kind == "trade") {
    absl::StrAppendFormat(&frame_, R"(,"trade_id":"","yes_price_dollars":"%s")",
                          PriceText(row.price_micros));
    absl::StrAppendFormat(&frame_, R"(,"no_price_dollars":"%s","count_fp":"%s","taker_side":"%s")",
                          PriceText(1'000'000 - row.price_micros),
                          QuantityText(row.quantity_centis), row.side);
    absl::StrAppendFormat(&frame_, R"(,"taker_outcome_side":"%s","taker_book_side":"%s")", row.side,
                          row.side == "yes" ? "bid" : "ask");
  } else if (row.kind == "ticker" && row.price_micros != 0) {
    absl::StrAppendFormat(&frame_, R"(,"price_dollars":"%s")", PriceText(row.price_micros));
  }
  if (row.ts_ms != 0) absl::StrAppendFormat(&frame_, R"(,"ts_ms":%d)", row.ts_ms);
  frame_ += "}}";
  return absl::OkStatus();
}

absl::StatusOr<std::optional<recording::LoggedFrame>> EventTableReader::Next() {
  if (!next_row_) return std::nullopt;
  if (next_row_->kind == "level") return Bad("a level without a snapshot before it");
  const Row row = *std::move(next_row_);
  EVX_RETURN_IF_ERROR(ReadRow());
  EVX_RETURN_IF_ERROR(MakeFrame(row));
  recording::LoggedFrame logged;
  logged.frame.received = Timestamp::FromNanos(row.received_ns);
  logged.frame.connection = row.connection;
  logged.frame.bytes = frame_;
  logged.has_connection = true;
  return logged;
}

}  // namespace evx::market_data
