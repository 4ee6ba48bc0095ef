#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// How every message of the *_messages.h headers becomes JSON and is read back.
//
// Encoding writes the members that openapi.yaml requires always, nullable ones as null or not at
// all as the venue was seen to do, in the order of the struct. Text that is not UTF-8 is repaired.
// Decoding is for clients: numbers and identities that the venue always sends must be there, other
// absent members take their default, unknown members and words are ignored or named in an
// INVALID_ARGUMENT. Decoding what was encoded gives the message back, but for times, which the
// wire cuts to microseconds, seconds or milliseconds.

namespace evx::kalshi {

// Defined for every message struct.
template <class Message>
void AppendJson(std::string& out, const Message& message);

template <class Message>
std::string EncodeJson(const Message& message) {
  std::string out;
  AppendJson(out, message);
  return out;
}

template <class Message>
absl::StatusOr<Message> DecodeJson(std::string_view body);

// {}: the answer of the order group verbs and others that have nothing to say.
struct EmptyResponse {
  friend bool operator==(const EmptyResponse&, const EmptyResponse&) = default;
};

}  // namespace evx::kalshi
