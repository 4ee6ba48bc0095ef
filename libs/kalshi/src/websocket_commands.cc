#include "evx/kalshi/websocket_commands.h"

#include <algorithm>
#include <utility>

#include "json_reader.h"

namespace evx::kalshi {
namespace {

using Code = WebSocketErrorCode;

// Collects the refusal of one command: the first one counts.
class CommandReader {
 public:
  explicit CommandReader(ObjectReader& params) : params_(params) {}

  ObjectReader& params() { return params_; }
  void Refuse(Code code, std::string detail) {
    if (!refusal_) refusal_ = RefusedCommand{code, std::move(detail)};
  }
  bool ok() const { return !refusal_ && params_.ok(); }
  // A member of the wrong type outranks what the others mean.
  RefusedCommand refusal() const {
    if (!params_.ok()) return {Code::kUnableToProcess, *params_.fault()};
    return *refusal_;
  }

  std::vector<std::string> Strings(std::string_view name) {
    std::vector<std::string> values;
    params_.Strings(name, kCommandListSizeMax,
                    [&](std::string_view value) { values.emplace_back(value); });
    return values;
  }
  std::vector<std::int64_t> Integers(std::string_view name) {
    std::vector<std::int64_t> values;
    params_.Elements(name, kCommandListSizeMax, [&](simdjson::dom::element element) {
      std::int64_t value = 0;
      if (element.get_int64().get(value) != simdjson::SUCCESS) {
        params_.Fail(name, "must be a list of integers");
      }
      values.push_back(value);
    });
    return values;
  }

  MarketSelection Markets() {
    MarketSelection markets;
    markets.tickers = OneOrMany("market_ticker", "market_tickers");
    markets.ids = OneOrMany("market_id", "market_ids");
    if (!markets.tickers.empty() && !markets.ids.empty()) {
      Refuse(Code::kInvalidParameter, "market tickers and market ids exclude each other");
    }
    return markets;
  }

 private:
  std::vector<std::string> OneOrMany(std::string_view one, std::string_view many) {
    std::vector<std::string> values = Strings(many);
    if (const auto single = params_.NonEmpty(one)) {
      if (!values.empty()) {
        Refuse(Code::kInvalidParameter,
               std::string(one).append(" and ").append(many).append(" exclude each other"));
      }
      values.push_back(*single);
    }
    return values;
  }

  ObjectReader& params_;
  std::optional<RefusedCommand> refusal_;
};

// Members of the communications channel. There is nothing to be had from it here, so that only
// their faults matter.
void ReadCommunications(CommandReader& reader) {
  constexpr std::int64_t kShardFactorMax = 100;
  ObjectReader& params = reader.params();
  const auto factor = params.Integer("shard_factor");
  const auto key = params.Integer("shard_key");
  if (factor && *factor <= 0) {
    reader.Refuse(Code::kShardFactorNotPositive, "shard_factor is not positive");
  } else if (factor && *factor > kShardFactorMax) {
    reader.Refuse(Code::kShardFactorTooLarge, "shard_factor is beyond 100");
  } else if (key && !factor) {
    reader.Refuse(Code::kShardFactorRequired, "shard_key without shard_factor");
  } else if (key && (*key < 0 || *key >= *factor)) {
    reader.Refuse(Code::kShardKeyOutOfRange, "shard_key is not below shard_factor");
  }
  const std::string_view filter = params.String("user_filter").value_or("");
  if (!filter.empty() && filter != "self") {
    reader.Refuse(Code::kInvalidParameter, "user_filter is neither empty nor self");
  }
}

SubscribeCommand ReadSubscribe(CommandReader& reader) {
  SubscribeCommand command;
  for (const std::string& name : reader.Strings("channels")) {
    const auto channel = FromWire<Channel>(name);
    if (!channel) {
      reader.Refuse(Code::kUnknownChannel, name);
    } else if (std::find(command.channels.begin(), command.channels.end(), *channel) ==
               command.channels.end()) {
      command.channels.push_back(*channel);
    }
  }
  if (command.channels.empty()) reader.Refuse(Code::kChannelsRequired, "channels is empty");
  command.markets = reader.Markets();
  command.send_initial_snapshot = reader.params().Flag("send_initial_snapshot");
  command.skip_ticker_ack = reader.params().Flag("skip_ticker_ack");
  command.use_yes_price = reader.params().Flag("use_yes_price");
  if (std::find(command.channels.begin(), command.channels.end(), Channel::kCommunications) !=
      command.channels.end()) {
    ReadCommunications(reader);
  }
  return command;
}

UnsubscribeCommand ReadUnsubscribe(CommandReader& reader) {
  UnsubscribeCommand command{reader.Integers("sids")};
  if (command.sids.empty()) reader.Refuse(Code::kSubscriptionIdsRequired, "sids is empty");
  return command;
}

UpdateSubscriptionCommand ReadUpdateSubscription(CommandReader& reader) {
  UpdateSubscriptionCommand command;
  std::vector<std::int64_t> sids = reader.Integers("sids");
  if (const auto sid = reader.params().Integer("sid")) sids.push_back(*sid);
  if (sids.size() == 1) {
    command.sid = sids.front();
  } else {
    reader.Refuse(Code::kOneSubscriptionIdRequired, "sid or sids with one element");
  }
  const std::string action(reader.params().String("action").value_or(""));
  if (action.empty()) reader.Refuse(Code::kActionRequired, "action is missing");
  if (const auto known = FromWire<SubscriptionAction>(action)) {
    command.action = *known;
  } else {
    reader.Refuse(Code::kUnsupportedAction, action);
  }
  command.markets = reader.Markets();
  command.send_initial_snapshot = reader.params().Flag("send_initial_snapshot");
  return command;
}

template <class Read>
void ReadBody(ObjectReader& object, WebSocketCommand& command, Read read) {
  std::optional<ObjectReader> params = object.Object("params");
  if (!object.ok()) {
    command.body = RefusedCommand{Code::kUnableToProcess, *object.fault()};
    return;
  }
  if (!params) {
    command.body = RefusedCommand{Code::kParamsRequired, "params is missing"};
    return;
  }
  CommandReader reader(*params);
  auto body = read(reader);
  if (reader.ok()) {
    command.body = std::move(body);
  } else {
    command.body = reader.refusal();
  }
}

}  // namespace

std::string_view Message(WebSocketErrorCode code) {
  switch (code) {
    case Code::kUnableToProcess:
      return "Unable to process message";
    case Code::kParamsRequired:
      return "Params required";
    case Code::kChannelsRequired:
      return "Channels required";
    case Code::kSubscriptionIdsRequired:
      return "Subscription IDs required";
    case Code::kUnknownCommand:
      return "Unknown command";
    case Code::kUnknownSubscriptionId:
      return "Unknown subscription ID";
    case Code::kUnknownChannel:
      return "Unknown channel name";
    case Code::kAuthenticationRequired:
      return "Authentication required";
    case Code::kChannelError:
      return "Channel error";
    case Code::kInvalidParameter:
      return "Invalid parameter";
    case Code::kOneSubscriptionIdRequired:
      return "Exactly one subscription ID is required";
    case Code::kUnsupportedAction:
      return "Unsupported action";
    case Code::kMarketTickerRequired:
      return "Market Ticker required";
    case Code::kActionRequired:
      return "Action required";
    case Code::kCommandTimeout:
      return "Command timeout";
    case Code::kShardFactorNotPositive:
      return "shard_factor must be > 0";
    case Code::kShardFactorRequired:
      return "shard_factor is required when shard_key is set";
    case Code::kShardKeyOutOfRange:
      return "shard_key must be >= 0 and < shard_factor";
    case Code::kShardFactorTooLarge:
      return "shard_factor must be <= 100";
    case Code::kBufferOverflow:
      return "Subscription buffer overflow";
    case Code::kMarketLimitExceeded:
      return "Subscription market limit exceeded";
    case Code::kTooManyRequests:
      return "Too many requests";
  }
  return "";
}

WebSocketCommand DecodeWebSocketCommand(std::string_view text) {
  WebSocketCommand command;
  const auto root = JsonDocument::Shared().ParseObject(text);
  if (!root.ok()) {
    command.body = RefusedCommand{Code::kUnableToProcess, root.error().message};
    return command;
  }
  ObjectReader object = *root;
  command.id = object.Integer("id", 0).value_or(0);
  const std::string name(object.String("cmd").value_or(""));
  if (!object.ok()) {
    command.body = RefusedCommand{Code::kUnableToProcess, *object.fault()};
  } else if (name == "subscribe") {
    ReadBody(object, command, ReadSubscribe);
  } else if (name == "unsubscribe") {
    ReadBody(object, command, ReadUnsubscribe);
  } else if (name == "update_subscription") {
    ReadBody(object, command, ReadUpdateSubscription);
  } else if (name == "list_subscriptions") {
    command.body = ListSubscriptionsCommand{};
  } else {
    command.body = RefusedCommand{Code::kUnknownCommand, name};
  }
  return command;
}

}  // namespace evx::kalshi
