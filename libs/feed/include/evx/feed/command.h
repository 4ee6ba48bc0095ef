#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// What clients of our WebSockets for market data ask for, as JSON text:
//
//   {"id":1,"command":"subscribe","subjects":["all:tickers","A-1","B-2:book"]}
//   {"id":2,"command":"unsubscribe","subjects":["all:tickers"]}
//   {"id":3,"command":"list"}
//
// A subject is a market, or `all` of them, or, where the door takes prefixes, those whose ticker
// begins with what stands before a star (`KX*`); with one of the door's channels behind a colon, or
// with those that the door means without one. `id` is 1 or more and comes back in the answer;
// without one it is 0.

namespace evx::feed {

// A set of channels: bit n is the n-th one of the grammar.
using ChannelMask = std::uint8_t;

// What a door understands.
struct Grammar {
  std::vector<std::string_view> channels;  // 1 to 8 words.
  ChannelMask default_channels = 0xff;     // Of a subject without a colon.
  bool takes_prefixes = false;
};

enum class Verb : std::uint8_t { kSubscribe, kUnsubscribe, kList };

struct Subject {
  std::string ticker;      // Of one market, or the beginning of several; empty: all.
  bool is_prefix = false;  // Also of all of them.
  ChannelMask channels = 0;
  friend bool operator==(const Subject&, const Subject&) = default;
};

struct Command {
  Verb verb = Verb::kList;
  std::vector<Subject> subjects;
};

struct DecodedCommand {
  std::int64_t id = 0;  // 0 where it could not be read.
  // InvalidArgument names the field, its value and what is allowed.
  absl::StatusOr<Command> command;
};

inline constexpr std::size_t kCommandSubjectsMax = 1'000;
inline constexpr std::size_t kSubjectBytesMax = 128;

DecodedCommand DecodeCommand(const Grammar& grammar, std::string_view text);

// The subject as a command names it, one text for each channel.
std::vector<std::string> NamesOf(const Grammar& grammar, const Subject& subject);

// A value of a client as errors show it: printable, at most 64 bytes of it.
std::string Shown(std::string_view value);

// `text` as a JSON string, quotes included.
void AppendJsonText(std::string& out, std::string_view text);

}  // namespace evx::feed
