#include "evx/kalshi/websocket_frames.h"

#include "json_writer.h"

namespace evx::kalshi {
namespace {

void WriteTexts(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.Key(name);
  json.BeginArray();
  for (const std::string& value : values) {
    json.Item();
    json.Text(value);
  }
  json.EndArray();
}

void BeginCommand(JsonWriter& json, std::int64_t id, std::string_view name) {
  json.BeginObject();
  json.Key("id");
  json.Integer(id);
  json.String("cmd", name);
  json.Key("params");
  json.BeginObject();
}

void AskForFirstValues(JsonWriter& json, std::string& text) {
  json.Key("send_initial_snapshot");
  text.append("true");
}

}  // namespace

std::string EncodeSubscribe(std::int64_t id, const std::vector<Channel>& channels,
                            const std::vector<std::string>& tickers) {
  std::string text;
  JsonWriter json(text);
  BeginCommand(json, id, "subscribe");
  std::vector<std::string> names;
  bool has_ticker = false;
  for (const Channel channel : channels) {
    names.emplace_back(ToWire(channel));
    has_ticker = has_ticker || channel == Channel::kTicker;
  }
  WriteTexts(json, "channels", names);
  if (!tickers.empty()) WriteTexts(json, "market_tickers", tickers);
  if (has_ticker) AskForFirstValues(json, text);
  json.Key("skip_ticker_ack");
  text.append("true");
  json.EndObject();
  json.EndObject();
  return text;
}

std::string EncodeUpdateSubscription(std::int64_t id, Channel channel, std::int64_t sid,
                                     SubscriptionAction action,
                                     const std::vector<std::string>& tickers) {
  std::string text;
  JsonWriter json(text);
  BeginCommand(json, id, "update_subscription");
  json.Key("sid");
  json.Integer(sid);
  json.String("action", ToWire(action));
  WriteTexts(json, "market_tickers", tickers);
  if (channel == Channel::kTicker && action == SubscriptionAction::kAddMarkets) {
    AskForFirstValues(json, text);
  }
  json.EndObject();
  json.EndObject();
  return text;
}

}  // namespace evx::kalshi
