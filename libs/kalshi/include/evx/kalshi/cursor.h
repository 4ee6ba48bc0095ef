#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evx::kalshi {

// The place where the next page of a list begins. Opaque to clients: base64url of a version, the
// list's kind, two integers, a text, and a checksum. It names the last item of the page before
// (a sequence number or a ticker), not a position, so pages stay right when items are inserted.
struct Cursor {
  // Longest text, enough for any ticker.
  static constexpr std::size_t kKeyBytesMax = 128;

  // Which list and order the cursor belongs to, numbered by the server; a cursor of another list
  // is no cursor.
  std::uint8_t kind = 0;
  std::int64_t position = 0;
  std::int64_t second_position = 0;
  std::string key;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// `cursor.key` may have at most kKeyBytesMax bytes; aborts otherwise.
std::string FormatCursor(const Cursor& cursor);

// Nothing for text that is not one of our cursors of this kind; the venue then serves the first
// page, without an error.
std::optional<Cursor> ParseCursor(std::string_view text, std::uint8_t kind);

}  // namespace evx::kalshi
