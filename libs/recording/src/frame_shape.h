#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// A frame cut into its shape and its values. The shape is the text of the frame with each value
// (a string that is no member name, a number, the levels of a book side) replaced by a slot, which
// says how the value is written; two frames of one shape differ in values only. Values take a form
// that is smaller than their text only where exactly this text comes back from it. Nothing is
// assumed about the frame but that it holds no NUL byte: what is not understood is text of the
// shape.

namespace evx::recording {

enum class SlotKind : std::uint8_t {
  // Number, `detail` digits after the point (0: an integer).
  kDecimal = 1,
  // RFC 3339 in UTC as microseconds; `detail` 0: fraction without trailing zeros, else its digits.
  kTime = 2,
  // 36 characters of lower case.
  kUuid = 3,
  // Anything, between quotes or as a number that kDecimal does not cover.
  kText = 4,
  // `[["price","quantity"],...]`; digits after the point, price * 16 + quantity, in `detail`.
  kLevels = 5,
};

inline constexpr SlotKind kSlotKindLast = SlotKind::kLevels;

struct Level {
  std::int64_t price = 0;
  std::int64_t quantity = 0;

  friend bool operator==(const Level&, const Level&) = default;
};

struct SlotValue {
  SlotKind kind = SlotKind::kText;
  // kDecimal: the digits as an integer; kTime: microseconds since the epoch; kLevels: their number.
  std::int64_t number = 0;
  // kUuid, kText: a view into the frame.
  std::string_view text;
};

// The result of Cut, kept between calls so that its memory is reused.
struct CutFrame {
  // The shape in its stored form: text, and for each slot NUL, kind, detail.
  std::string shape;
  std::vector<SlotValue> values;
  // Levels of all slots of kind kLevels, in order.
  std::vector<Level> levels;
};

// False where the frame must be stored as it is.
bool Cut(std::string_view frame, CutFrame& out);

struct ShapeSlot {
  SlotKind kind = SlotKind::kText;
  std::uint8_t detail = 0;
  // Text of the shape before the slot.
  std::string before;
  // Member names from the outermost object to this value, joined by dots: "msg.price_dollars".
  std::string path;
};

struct Shape {
  std::vector<ShapeSlot> slots;
  std::string after;
};

// The parts of a stored shape; false where it is damaged.
bool ParseShape(std::string_view stored, Shape& out);

// The inverse of Cut for each kind.
void AppendTime(std::string& out, std::int64_t micros, std::uint8_t detail);
void AppendLevels(std::string& out, const Level* levels, std::size_t count, std::uint8_t detail);
// 16 bytes from 36 characters of a kUuid, and back.
std::string PackUuid(std::string_view text);
void AppendUuid(std::string& out, std::string_view packed);

}  // namespace evx::recording
