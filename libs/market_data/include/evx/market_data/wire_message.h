#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace evx::marketdata::v1 {
class BookMessage;
}

namespace evx::market_data {

struct WireLevel {
  std::int64_t price_micros = 0;
  std::int64_t quantity_centis = 0;
  friend bool operator==(const WireLevel&, const WireLevel&) = default;
};

enum class WireUpdateKind : std::uint8_t { kNone, kDelta, kSnapshot, kGap };

// What folds of books need of an evx.marketdata.v1.BookMessage, unchecked: names, units and absent
// fields (0 or empty) as there. The texts are views of what it was read from.
struct WireMessage {
  std::int32_t schema_version = 0;
  std::int64_t sequence = 0;
  std::int64_t received_ns = 0;
  std::int64_t published_ns = 0;
  std::string_view trace_id;
  std::string_view replay_id;
  std::string_view market_ticker;

  WireUpdateKind update = WireUpdateKind::kNone;
  // kDelta.
  std::int32_t side = 0;
  std::int64_t price_micros = 0;
  std::int64_t delta_centis = 0;
  std::int64_t quantity_centis = 0;
  std::int64_t event_time_ns = 0;
  // kSnapshot and kGap.
  std::int32_t cause = 0;
  // kSnapshot.
  std::vector<WireLevel> bids;
  std::vector<WireLevel> asks;
  std::uint64_t book_hash = 0;

  // Keeps the memory of the levels.
  void Clear();

  friend bool operator==(const WireMessage&, const WireMessage&) = default;
};

// Reads a message in the form in which protobuf's libraries write it: every field known and of its
// own wire type, every submessage once, texts in ASCII. That takes a fraction of the time of the
// generated class, which makes objects of the submessages and copies every text. False, and
// something in `message`, for any other bytes: those, good or bad, are for the generated class.
//
// True means that the generated class reads the same from these bytes.
bool ReadPlain(std::string_view payload, WireMessage& message);

// The same of a message that was parsed, whose texts are viewed.
void ReadParsed(const marketdata::v1::BookMessage& parsed, WireMessage& message);

// By ReadPlain, or where that does not read it by way of `parsed`, whose texts are then viewed.
// False, and an empty message, when the bytes are no BookMessage.
bool ReadWire(std::string_view payload, marketdata::v1::BookMessage& parsed, WireMessage& message);

}  // namespace evx::market_data
