#include "evx/kalshi/websocket_replies.h"

#include "json_writer.h"

namespace evx::kalshi {
namespace {

// {"type":"ok" and, where there is one, the command's id.
void Begin(JsonWriter& writer, std::string_view type, std::int64_t id) {
  writer.BeginObject();
  writer.String("type", type);
  if (id == 0) return;
  writer.Key("id");
  writer.Integer(id);
}

void WriteSid(JsonWriter& writer, std::int64_t sid) {
  writer.Key("sid");
  writer.Integer(sid);
}

void WriteSidAndSeq(JsonWriter& writer, std::int64_t sid, std::uint64_t seq) {
  WriteSid(writer, sid);
  writer.Key("seq");
  writer.Integer(static_cast<std::int64_t>(seq));
}

void WriteSubscription(JsonWriter& writer, Channel channel, std::int64_t sid) {
  writer.BeginObject();
  writer.String("channel", ToWire(channel));
  WriteSid(writer, sid);
  writer.EndObject();
}

}  // namespace

std::string EncodeSubscribed(std::int64_t id, Channel channel, std::int64_t sid) {
  std::string text;
  JsonWriter writer(text);
  Begin(writer, "subscribed", id);
  writer.Key("msg");
  WriteSubscription(writer, channel, sid);
  writer.EndObject();
  return text;
}

std::string EncodeUnsubscribed(std::int64_t id, std::int64_t sid, std::uint64_t seq) {
  std::string text;
  JsonWriter writer(text);
  Begin(writer, "unsubscribed", id);
  WriteSidAndSeq(writer, sid, seq);
  writer.EndObject();
  return text;
}

std::string EncodeUpdated(std::int64_t id, std::int64_t sid, std::uint64_t seq,
                          const SubscribedMarkets* markets) {
  std::string text;
  JsonWriter writer(text);
  Begin(writer, "ok", id);
  WriteSidAndSeq(writer, sid, seq);
  if (markets != nullptr) {
    writer.Key("msg");
    writer.BeginObject();
    writer.Key(markets->are_ids ? "market_ids" : "market_tickers");
    writer.BeginArray();
    for (const std::string& name : markets->names) {
      writer.Item();
      writer.Text(name);
    }
    writer.EndArray();
    writer.EndObject();
  }
  writer.EndObject();
  return text;
}

std::string EncodeSubscriptionList(std::int64_t id,
                                   std::span<const ListedSubscription> subscriptions) {
  std::string text;
  JsonWriter writer(text);
  Begin(writer, "ok", id);
  writer.Key("msg");
  writer.BeginArray();
  for (const ListedSubscription& subscription : subscriptions) {
    writer.Item();
    WriteSubscription(writer, subscription.channel, subscription.sid);
  }
  writer.EndArray();
  writer.EndObject();
  return text;
}

std::string EncodeError(std::int64_t id, WebSocketErrorCode code, std::int64_t sid,
                        std::uint64_t seq) {
  std::string text;
  JsonWriter writer(text);
  Begin(writer, "error", id);
  if (sid != 0) WriteSidAndSeq(writer, sid, seq);
  writer.Key("msg");
  writer.BeginObject();
  writer.Key("code");
  writer.Integer(static_cast<int>(code));
  writer.String("msg", Message(code));
  writer.EndObject();
  writer.EndObject();
  return text;
}

}  // namespace evx::kalshi
