#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"

// Messages as bytes: `tag=value` fields, each ended by SOH (0x01), between BeginString and
// CheckSum. Reading never copies: a Message is a view of the bytes it was read from.

namespace evx::fix {

inline constexpr char kSoh = '\x01';
inline constexpr std::string_view kBeginString = "FIXT.1.1";
// Longest message that is read: the largest subscription (1,000 symbols) is a third of it.
inline constexpr std::size_t kMessageBytesMax = 256 * 1024;
inline constexpr std::size_t kFieldCountMax = 8'192;

struct Field {
  int tag = 0;  // 0: not a number.
  std::string_view value;
};

// The fields of one message in the order they came, CheckSum included. Reused from message to
// message. Find is linear: messages have some twenty fields.
class Message {
 public:
  const std::vector<Field>& fields() const { return fields_; }
  // The first field with this tag; nothing when there is none.
  std::optional<std::string_view> Find(int tag) const;
  // Empty when there is none.
  std::string_view Get(int tag) const { return Find(tag).value_or(std::string_view()); }
  bool Has(int tag) const { return Find(tag).has_value(); }
  // True for "Y".
  bool IsYes(int tag) const { return Get(tag) == "Y"; }
  // Digits only, at most 18 of them.
  std::optional<std::int64_t> Integer(int tag) const;
  std::string_view type() const { return type_; }

  // The fields of `bytes`, which must outlive the message. False when there are too many.
  bool Parse(std::string_view bytes);

 private:
  std::vector<Field> fields_;
  std::string_view type_;
};

// The message's fields as bytes, for one that is read again after its bytes are gone.
std::string BytesOf(const Message& message);

// The first message of a byte stream.
struct Frame {
  enum class Status : std::uint8_t {
    kIncomplete,  // More bytes are needed.
    kMessage,
    kGarbled,   // Wrong BodyLength or CheckSum, or no message at all: skip `size` bytes.
    kOversize,  // No end within kMessageBytesMax: the stream cannot be followed any more.
  };
  Status status = Status::kIncomplete;
  std::size_t size = 0;     // Of the message, or to be skipped.
  std::string_view reason;  // kGarbled: what was wrong.
};

// Finds the message at the front of `bytes` and checks BeginString, BodyLength and CheckSum, by
// the standard's rule for garbled messages: what is wrong is skipped up to the end that its own
// trailer marks, or to the next message's begin.
Frame NextFrame(std::string_view bytes);

// Builds a message's body, field by field. Values are written as they are: SOH in text from
// outside is replaced by a space.
class BodyWriter {
 public:
  void clear() { bytes_.clear(); }
  const std::string& bytes() const { return bytes_; }

  void Add(int tag, std::string_view value);
  void Add(int tag, char value) { Add(tag, std::string_view(&value, 1)); }
  void AddInteger(int tag, std::int64_t value);
  void AddFlag(int tag, bool value) { Add(tag, value ? 'Y' : 'N'); }
  // value / 10^scale with exactly `digits` digits after the point.
  void AddDecimal(int tag, std::int64_t value, int scale, int digits);
  void AddTime(int tag, Timestamp time);
  void AddTag(int tag);

 private:
  std::string bytes_;
};

// What stands around a body.
struct Header {
  std::string_view type;
  std::string_view sender;
  std::string_view target;
  std::uint64_t sequence_number = 0;
  Timestamp sending_time;
  Timestamp original_sending_time;  // Set: a repetition (PossDupFlag).
};

// Appends the whole message, length and checksum made.
void AppendMessage(const Header& header, std::string_view body, std::string& out);

// "20260805-13:00:00.123".
void AppendUtcTimestamp(Timestamp time, std::string& out);
std::string FormatUtcTimestamp(Timestamp time);
// "20260805" and "13:00:00.123".
std::string FormatUtcDate(Timestamp time);
std::string FormatUtcTime(Timestamp time);
// Seconds with 0, 3, 6 or 9 decimals; nothing for anything else.
std::optional<Timestamp> ParseUtcTimestamp(std::string_view text);

// The text a logon signs: SendingTime, MsgType, MsgSeqNum, SenderCompID and TargetCompID exactly
// as sent, separated by SOH. Source: the venue's FIX notes, section 2.
std::string LogonSignedText(std::string_view sending_time, std::string_view sequence_number,
                            std::string_view sender, std::string_view target);

}  // namespace evx::fix
