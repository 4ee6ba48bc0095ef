#include "replay/replay_message.h"

#include <simdjson.h>

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"

namespace evx::order_book_rebuilder {

void WriteReplayHead(const ReplayEnvelope& envelope, std::string& out) {
  out.clear();
  absl::StrAppend(&out, R"({"type":")", ToAbsl(envelope.type), R"(","replay_id":")",
                  ToAbsl(envelope.replay_id), "\"");
  if (envelope.id != 0) absl::StrAppend(&out, R"(,"id":)", envelope.id);
  absl::StrAppend(&out, R"(,"sid":)", envelope.sid);
  if (envelope.seq != 0) absl::StrAppend(&out, R"(,"seq":)", envelope.seq);
  if (envelope.recorded_sid != 0) {
    absl::StrAppend(&out, R"(,"recorded_sid":)", envelope.recorded_sid);
  }
  if (envelope.recorded_seq != 0) {
    absl::StrAppend(&out, R"(,"recorded_seq":)", envelope.recorded_seq);
  }
  out += R"(,"msg":)";
}

void MarkAsReplay(std::string_view replay_id, std::string& frame) {
  frame.pop_back();
  absl::StrAppend(&frame, R"(,"replay_id":")", ToAbsl(replay_id), R"("})");
}

struct MessageFinder::State {
  simdjson::ondemand::parser parser;
  std::string text;
};

MessageFinder::MessageFinder() : state_(std::make_unique<State>()) {}
MessageFinder::~MessageFinder() = default;

std::optional<std::string_view> MessageFinder::Find(std::string_view frame) {
  state_->text.assign(frame);
  // The parser reads beyond the end.
  state_->text.append(simdjson::SIMDJSON_PADDING, '\0');
  simdjson::ondemand::document document;
  const simdjson::padded_string_view view(state_->text.data(), frame.size(), state_->text.size());
  if (state_->parser.iterate(view).get(document) != simdjson::SUCCESS) return std::nullopt;
  simdjson::ondemand::object message;
  std::string_view found;
  if (document["msg"].get_object().get(message) != simdjson::SUCCESS ||
      message.raw_json().get(found) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return found;
}

}  // namespace evx::order_book_rebuilder
