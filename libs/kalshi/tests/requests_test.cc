#include "evx/kalshi/requests.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "evx/core/testing/literals.h"
#include "evx/core/testing/seed.h"
#include "evx/kalshi/number.h"

namespace evx::kalshi {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;

constexpr std::string_view kOrder =
    R"({"ticker":"KXGOLD-1","side":"bid","count":"10.00","price":"0.5600",)"
    R"("time_in_force":"good_till_canceled","self_trade_prevention_type":"taker_at_cross"})";

// kOrder with one member replaced, added, or taken out when `value` is empty.
std::string OrderWith(std::string_view name, std::string_view value) {
  std::string body(kOrder);
  const std::string key = "\"" + std::string(name) + "\":";
  if (const auto at = body.find(key); at != std::string::npos) {
    auto end = body.find_first_of(",}", at);
    if (body[end] == ',') ++end;
    body.erase(at, end - at);
    if (body[body.size() - 2] == ',') body.erase(body.size() - 2, 1);
  }
  if (!value.empty()) body.insert(1, key + std::string(value) + ",");
  return body;
}

void CheckRefused(const std::string& body, const ErrorCode& code, std::string_view details) {
  INFO(body);
  const auto order = DecodeCreateOrder(body);
  REQUIRE_FALSE(order.ok());
  CHECK(order.error().code == code.code);
  CHECK(order.error().form == code.form);
  CHECK(order.error().details.find(details) != std::string::npos);
}

TEST_CASE("CreateOrder: a full body is decoded member by member", "[kalshi]") {
  const auto order = DecodeCreateOrder(R"({
      "ticker": "KXGOLD-1", "client_order_id": "a-1", "side": "ask", "count": "2.5",
      "price": "0.56", "expiration_time": 1800000000, "time_in_force": "good_till_canceled",
      "post_only": true, "self_trade_prevention_type": "maker", "cancel_order_on_pause": true,
      "reduce_only": false, "subaccount": 3, "order_group_id": "g", "exchange_index": -1})");
  REQUIRE(order.ok());
  CHECK(order->ticker == "KXGOLD-1");
  CHECK(order->client_order_id == "a-1");
  CHECK(order->side == BookSide::kAsk);
  CHECK(order->count == Quantity::FromCentis(250));
  CHECK(order->price == 56_c);
  CHECK(order->expiration_time == Timestamp::FromSeconds(1'800'000'000));
  CHECK(order->time_in_force == TimeInForce::kGoodTillCanceled);
  CHECK(order->self_trade_prevention == SelfTradePrevention::kMaker);
  CHECK(order->post_only);
  CHECK(order->cancel_order_on_pause);
  CHECK_FALSE(order->reduce_only);
  CHECK(order->subaccount == SubaccountNumber{3});
  CHECK(order->order_group_id == "g");
  CHECK(order->exchange_index == -1);
}

TEST_CASE("CreateOrder: optional members may be absent, null or empty", "[kalshi]") {
  for (const std::string& body :
       {std::string(kOrder), OrderWith("client_order_id", "null"),
        OrderWith("client_order_id", "\"\""), OrderWith("expiration_time", "0"),
        OrderWith("subaccount", "null"), OrderWith("unknown", "{\"a\":[1,2,{}]}")}) {
    INFO(body);
    const auto order = DecodeCreateOrder(body);
    REQUIRE(order.ok());
    CHECK_FALSE(order->client_order_id.has_value());
    CHECK_FALSE(order->expiration_time);
    CHECK_FALSE(order->subaccount.has_value());
    CHECK_FALSE(order->exchange_index.has_value());
  }
}

TEST_CASE("CreateOrder: a member of the wrong type is the flat error that names it", "[kalshi]") {
  for (const auto& [name, value] : {std::pair{"count", "10"},
                                    {"price", "0.56"},
                                    {"price", "true"},
                                    {"count", "\"ten\""},
                                    {"count", "\"\""},
                                    {"price", "\"1e-1\""},
                                    {"price", "\"NaN\""},
                                    {"ticker", "7"},
                                    {"side", "[\"bid\"]"},
                                    {"post_only", "\"true\""},
                                    {"post_only", "1"},
                                    {"expiration_time", "\"1800000000\""},
                                    {"expiration_time", "1.5"},
                                    {"expiration_time", "1e3"},
                                    {"subaccount", "1.0"},
                                    {"subaccount", "{}"},
                                    {"client_order_id", "5"}}) {
    CheckRefused(OrderWith(name, value), error::kBadRequest, name);
  }
}

TEST_CASE("CreateOrder: a body that is no JSON object is the flat error", "[kalshi]") {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("\"x\""),
        std::string("null"), std::string(kOrder) + "}", std::string("{\"ticker\":\"\xff\"}"),
        std::string("{'ticker':1}"), std::string("{\"a\":NaN}"), std::string("{\"a\":1e400}"),
        std::string("{\"a\":01}"), OrderWith("count", "1e400"),
        OrderWith("subaccount", "99999999999999999999"), OrderWith("x", std::string(100'000, '[')),
        OrderWith("x", std::string(100, '[') + std::string(100, ']')),
        std::string(kOrder).insert(20, 1, '\0')}) {
    CheckRefused(body, error::kBadRequest, "");
  }
}

TEST_CASE("CreateOrder: a body without memory of its own is an empty body", "[kalshi]") {
  CHECK(DecodeCreateOrder(std::string_view()).error().details == "the body is empty");
}

TEST_CASE("CreateOrder: missing members are told by their own codes", "[kalshi]") {
  CheckRefused(OrderWith("ticker", ""), error::kMissingParameters, "ticker is required");
  CheckRefused(OrderWith("ticker", "\"\""), error::kMissingParameters, "ticker is required");
  for (const char* name :
       {"side", "count", "price", "time_in_force", "self_trade_prevention_type"}) {
    CheckRefused(OrderWith(name, ""), error::kInvalidOrder, std::string(name) + " is required");
    CheckRefused(OrderWith(name, "null"), error::kInvalidOrder, std::string(name) + " is required");
  }
}

TEST_CASE("CreateOrder: members without meaning are told by their own codes", "[kalshi]") {
  for (const char* price : {"\"1.01\"", "\"-0.10\"", "\"0.00001\"", "\"99999999999999999999\""}) {
    CheckRefused(OrderWith("price", price), error::kInvalidPrice, "price");
  }
  // On no grid, but prices: the exchange refuses them.
  CHECK(DecodeCreateOrder(OrderWith("price", "\"0\"")).ok());
  CHECK(DecodeCreateOrder(OrderWith("price", "\"1.0000\"")).ok());
  for (const char* count :
       {"\"0\"", "\"-1\"", "\"0.001\"", "\"1000000001\"", "\"99999999999999999999\""}) {
    CheckRefused(OrderWith("count", count), error::kInvalidOrderSize, "count");
  }
  CheckRefused(OrderWith("side", "\"yes\""), error::kInvalidOrder, "side");
  CheckRefused(OrderWith("time_in_force", "\"GTT\""), error::kInvalidOrder, "time_in_force");
  CheckRefused(OrderWith("expiration_time", "-5"), error::kInvalidOrder, "expiration_time");
  CheckRefused(OrderWith("expiration_time", "1800000000000"), error::kInvalidOrder,
               "expiration_time");
  CheckRefused(OrderWith("subaccount", "64"), error::kInvalidParameters, "subaccount");
  CheckRefused(OrderWith("subaccount", "-1"), error::kInvalidParameters, "subaccount");
  CheckRefused(OrderWith("exchange_index", "-2"), error::kInvalidParameters, "exchange_index");
}

TEST_CASE("CreateOrder: a wrong type outranks a missing member", "[kalshi]") {
  CheckRefused(R"({"price": 5})", error::kBadRequest, "price must be a string");
}

TEST_CASE("CreateOrder: client order ids have 64 known characters at most", "[kalshi]") {
  CHECK(IsClientOrderId("azAZ09-_:+=/."));
  CHECK(IsClientOrderId(std::string(64, 'a')));
  for (const std::string& id :
       {std::string(65, 'a'), std::string("a b"), std::string("caf\xc3\xa9"),
        std::string("a\0b", 3), std::string("{1}")}) {
    CHECK_FALSE(IsClientOrderId(id));
  }
  CheckRefused(OrderWith("client_order_id", "\"a b\""), error::kInvalidOrder, "client_order_id");
}

TEST_CASE("CreateOrder: of members with one name the last counts", "[kalshi]") {
  std::string body(kOrder);
  body.insert(body.size() - 1, R"(,"price":"0.10","count":5,"count":"7")");
  const auto order = DecodeCreateOrder(body);
  REQUIRE(order.ok());
  CHECK(order->price == 10_c);
  CHECK(order->count == 7_x);
}

TEST_CASE("CreateOrder: any mutation of a body decodes or is refused, never more", "[kalshi]") {
  std::mt19937 random(evx::testing::TestSeed("CreateOrder"));
  const std::string_view pieces[] = {"\"",      "{",    "}",    "[",          "]",         ":",
                                     ",",       "null", "true", "1e400",      "-",         "0.5",
                                     "\\u0000", "\\",   "\xff", "\"count\":", "\"price\":"};
  int decoded = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string body(kOrder);
    const int edits = 1 + static_cast<int>(random() % 4);
    for (int e = 0; e < edits && !body.empty(); ++e) {
      const std::size_t at = random() % body.size();
      switch (random() % 4) {
        case 0:
          body[at] = static_cast<char>(random());
          break;
        case 1:
          body.erase(at, 1 + random() % 8);
          break;
        case 2:
          body.insert(at, pieces[random() % std::size(pieces)]);
          break;
        default:
          body.insert(at, body.substr(random() % body.size(), random() % 32));
      }
    }
    const auto order = DecodeCreateOrder(body);
    if (order.ok()) {
      ++decoded;
      CHECK(order->count > Quantity());
      // What was decoded survives a round trip.
      const auto again = DecodeCreateOrder(EncodeCreateOrder(*order));
      REQUIRE(again.ok());
      CHECK(*again == *order);
    } else {
      CHECK(order.error().http_status == 400);
      CHECK_FALSE(order.error().code.empty());
    }
    (void)DecodeBatchCreateOrders(body);
    (void)DecodeAmendOrder(body);
  }
  CHECK(decoded > 0);
}

TEST_CASE("BatchCreateOrders: an item without meaning stands beside good ones", "[kalshi]") {
  const std::string body =
      "{\"orders\":[" + std::string(kOrder) + "," + OrderWith("price", "\"2\"") + "]}";
  const auto batch = DecodeBatchCreateOrders(body);
  REQUIRE(batch.ok());
  REQUIRE(batch->orders.size() == 2);
  CHECK(batch->orders[0].ok());
  REQUIRE_FALSE(batch->orders[1].ok());
  CHECK(batch->orders[1].error().code == "invalid_price");
}

TEST_CASE("BatchCreateOrders: an item of the wrong type spoils the whole body", "[kalshi]") {
  const std::string body =
      "{\"orders\":[" + std::string(kOrder) + "," + OrderWith("price", "2") + "]}";
  const auto batch = DecodeBatchCreateOrders(body);
  REQUIRE_FALSE(batch.ok());
  CHECK(batch.error().form == ErrorForm::kFlat);
  CHECK(batch.error().details == "orders[1].price must be a string");
  CHECK(DecodeBatchCreateOrders("{}").error().code == "missing_parameters");
  CHECK(DecodeBatchCreateOrders(R"({"orders":[]})").error().code == "invalid_parameters");
  CHECK(DecodeBatchCreateOrders(R"({"orders":{}})").error().code == "bad_request");
  CHECK(DecodeBatchCreateOrders(R"({"orders":[1]})").error().details ==
        "orders[0] must be an object");
}

TEST_CASE("BatchCancelOrders: items carry their own scope", "[kalshi]") {
  const auto batch = DecodeBatchCancelOrders(
      R"({"orders":[{"order_id":"a"},{"order_id":"b","subaccount":2,"exchange_index":-1,)"
      R"("market_ticker":"T"}]})");
  REQUIRE(batch.ok());
  CHECK(batch->orders ==
        std::vector<CancelOrderItem>{{"a", {}, {}, {}}, {"b", SubaccountNumber{2}, -1, "T"}});
  CHECK(DecodeBatchCancelOrders(R"({"orders":[{}]})").error().code == "invalid_parameters");
}

TEST_CASE("AmendOrder: the expiration is kept, cleared or set", "[kalshi]") {
  const auto decode = [](std::string_view extra) {
    return DecodeAmendOrder(R"({"ticker":"T","side":"ask","price":"0.30","count":"5")" +
                            std::string(extra) + "}");
  };
  CHECK(decode("")->expiration == AmendOrderRequest::Expiration::kKeep);
  CHECK(decode(R"(,"expiration_time":0)")->expiration == AmendOrderRequest::Expiration::kClear);
  const auto set = decode(R"(,"expiration_time":1800000000,"updated_client_order_id":"b")");
  REQUIRE(set.ok());
  CHECK(set->expiration == AmendOrderRequest::Expiration::kSet);
  CHECK(set->expiration_time == Timestamp::FromSeconds(1'800'000'000));
  CHECK(set->updated_client_order_id == "b");
  for (const auto& request : {*decode(""), *decode(R"(,"expiration_time":0)"), *set}) {
    CHECK(*DecodeAmendOrder(EncodeAmendOrder(request)) == request);
  }
  CHECK(DecodeAmendOrder(R"({"ticker":"T"})").error().code == "invalid_order");
}

TEST_CASE("DecreaseOrder: exactly one of the two forms is taken", "[kalshi]") {
  CHECK(DecodeDecreaseOrder(R"({"reduce_by":"5"})")->reduce_by == 5_x);
  CHECK(DecodeDecreaseOrder(R"({"reduce_to":"0"})")->reduce_to == Quantity());
  CHECK(DecodeDecreaseOrder("{}").error().code == "invalid_order");
  CHECK(DecodeDecreaseOrder(R"({"reduce_by":"5","reduce_to":"1"})").error().code ==
        "invalid_order");
  CHECK(DecodeDecreaseOrder(R"({"reduce_by":"0"})").error().code == "invalid_order_size");
  CHECK(DecodeDecreaseOrder(R"({"reduce_by":5})").error().code == "bad_request");
  const DecreaseOrderRequest request{.reduce_to = 3_x, .exchange_index = 0, .market_ticker = "T"};
  CHECK(*DecodeDecreaseOrder(EncodeDecreaseOrder(request)) == request);
}

TEST_CASE("OrderGroup: the limit comes as an integer, a decimal, or both if equal", "[kalshi]") {
  CHECK(DecodeCreateOrderGroup(R"({"contracts_limit":5})")->contracts_limit == 5_x);
  CHECK(DecodeCreateOrderGroup(R"({"contracts_limit_fp":"5.50"})")->contracts_limit ==
        Quantity::FromCentis(550));
  CHECK(DecodeCreateOrderGroup(R"({"contracts_limit":5,"contracts_limit_fp":"5.00"})").ok());
  CHECK(DecodeUpdateOrderGroupLimit(R"({"contracts_limit":1000000})").ok());
  for (const char* body :
       {R"({"contracts_limit":0})", R"({"contracts_limit":-5})", R"({"contracts_limit":1000001})",
        R"({"contracts_limit":5,"contracts_limit_fp":"6"})", R"({"contracts_limit_fp":"0.5"})",
        R"({"contracts_limit":9223372036854775807})"}) {
    INFO(body);
    CHECK(DecodeCreateOrderGroup(body).error().code == "invalid_parameters");
  }
  CHECK(DecodeCreateOrderGroup("{}").error().code == "missing_parameters");
  CHECK(DecodeCreateOrderGroup(R"({"contracts_limit":"5"})").error().code == "bad_request");
  const CreateOrderGroupRequest request{.contracts_limit = 7_x, .subaccount = SubaccountNumber{1}};
  CHECK(*DecodeCreateOrderGroup(EncodeCreateOrderGroup(request)) == request);
}

TEST_CASE("ApiKeys: scopes default to full, and write needs read", "[kalshi]") {
  const auto key = DecodeCreateApiKey(R"({"name":"a","public_key":"PEM"})");
  REQUIRE(key.ok());
  CHECK(key->scopes == ApiKeyScopes::Full());
  CHECK_FALSE(key->subaccount.has_value());
  const auto scoped = DecodeGenerateApiKey(
      R"({"name":"a","scopes":["write::trade"],"key_type":"ed25519","subaccount":5})");
  REQUIRE(scoped.ok());
  CHECK(scoped->scopes == ApiKeyScopes{ApiKeyScope::kWriteTrade});
  CHECK(scoped->key_type == ApiKeyType::kEd25519);
  CHECK(scoped->subaccount == SubaccountNumber{5});
  CHECK(DecodeGenerateApiKey(R"({"name":"a"})")->key_type == ApiKeyType::kRsa);
  CHECK(DecodeGenerateApiKey(R"({"name":"a","scopes":["write"]})").error().code ==
        "invalid_parameters");
  CHECK(DecodeGenerateApiKey(R"({"name":"a","scopes":["fly"]})").error().code ==
        "invalid_parameters");
  CHECK(DecodeGenerateApiKey(R"({"name":"a","key_type":"dsa"})").error().code ==
        "invalid_parameters");
  CHECK(DecodeGenerateApiKey("{}").error().code == "missing_parameters");
  // A key that is asked for with the bound of a subtrader is never made without it.
  CHECK(DecodeGenerateApiKey(R"({"name":"a","fcm_subtrader_id":"s"})").error().code ==
        "invalid_parameters");
  CHECK(DecodeGenerateApiKey(R"({"name":"a","fcm_subtrader_id":7})").error().code == "bad_request");
  CHECK(DecodeCreateApiKey(R"({"name":"a"})").error().code == "missing_parameters");
}

TEST_CASE("ApiKeys: a parent scope grants its children", "[kalshi]") {
  CHECK(ApiKeyScopes::Full().Allows(ApiKeyScope::kWriteTrade));
  CHECK(ApiKeyScopes{ApiKeyScope::kRead}.Allows(ApiKeyScope::kReadPortfolioBalance));
  CHECK_FALSE(ApiKeyScopes{ApiKeyScope::kRead}.Allows(ApiKeyScope::kWriteTrade));
  CHECK_FALSE(ApiKeyScopes{ApiKeyScope::kWriteTrade}.Allows(ApiKeyScope::kWrite));
  CHECK(ApiKeyScopes::Full().List() ==
        std::vector<ApiKeyScope>{ApiKeyScope::kRead, ApiKeyScope::kWrite});
}

TEST_CASE("Transfers: amounts are above 0 and ends differ", "[kalshi]") {
  const auto subaccount = [](std::string_view from, std::string_view to, std::string_view cents) {
    return DecodeSubaccountTransfer(
        R"({"client_transfer_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","from_subaccount":)" +
        std::string(from) + ",\"to_subaccount\":" + std::string(to) +
        ",\"amount_cents\":" + std::string(cents) + "}");
  };
  const auto transfer = subaccount("0", "63", "250");
  REQUIRE(transfer.ok());
  CHECK(transfer->to_subaccount == 63);
  CHECK(transfer->amount == Money::FromCents(250));
  CHECK(subaccount("0", "0", "250").error().code == "invalid_parameters");
  CHECK(subaccount("0", "64", "250").error().code == "invalid_parameters");
  CHECK(subaccount("0", "1", "0").error().code == "invalid_parameters");
  CHECK(subaccount("0", "1", "-1").error().code == "invalid_parameters");
  CHECK(subaccount("0", "1", "9223372036854775807").error().code == "invalid_parameters");
  CHECK(subaccount("0", "1", "\"1\"").error().code == "bad_request");
  CHECK(DecodeSubaccountTransfer(R"({"client_transfer_id":"nope"})").error().code == "bad_request");

  const auto shards = DecodeIntraExchangeTransfer(
      R"({"source":"event_contract","destination":"margined","amount":12345})");
  REQUIRE(shards.ok());
  CHECK(shards->amount == Money::FromMicros(1'234'500));
  CHECK(shards->destination == ExchangeInstance::kMargined);
  CHECK(DecodeIntraExchangeTransfer("{}").error().code == "invalid_parameters");

  const auto position = DecodeSubaccountPositionTransfer(
      R"({"client_transfer_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","from_subaccount":0,)"
      R"("to_subaccount":1,"market_ticker":"T","side":"no","count":3,"price":"1.00"})");
  REQUIRE(position.ok());
  CHECK(position->count == 3_x);
  CHECK(position->side == ContractSide::kNo);
}

TEST_CASE("BalanceAllocation: percents sum to 100 or the list is empty, no index stands twice",
          "[kalshi]") {
  const auto decode = [](std::string_view list) {
    return DecodeSetBalanceAllocation("{\"allocations\":" + std::string(list) + "}");
  };
  CHECK(decode(R"([{"exchange_index":0,"percent":60},{"exchange_index":1,"percent":40}])").ok());
  CHECK(decode("[]").ok());
  for (const char* list :
       {R"([{"exchange_index":0,"percent":60},{"exchange_index":1,"percent":41}])",
        R"([{"exchange_index":0,"percent":60},{"exchange_index":1,"percent":39}])",
        R"([{"exchange_index":0,"percent":6},{"exchange_index":0,"percent":4}])",
        R"([{"exchange_index":0,"percent":101}])", R"([{"exchange_index":0}])"}) {
    INFO(list);
    CHECK(decode(list).error().code == "invalid_parameters");
  }
  CHECK(decode(R"([{"exchange_index":0,"percent":"6"}])").error().code == "bad_request");
  CHECK(DecodeUpdateNetting(R"({"subaccount_number":2,"enabled":true})")->enabled);
  CHECK(DecodeUpdateNetting(R"({"subaccount_number":2})").error().code == "missing_parameters");
}

TEST_CASE("Requests: bodies that may be absent, and content types", "[kalshi]") {
  CHECK_FALSE(CheckOptionalObject("").has_value());
  CHECK_FALSE(CheckOptionalObject("{}").has_value());
  CHECK(CheckOptionalObject("[]").has_value());
  CHECK(DecodeCreateSubaccount("").ok());
  CHECK(DecodeCreateSubaccount(R"({"exchange_index":0})")->exchange_index == 0);
  CHECK(IsJsonContentType("application/json"));
  CHECK(IsJsonContentType("Application/JSON; charset=utf-8"));
  CHECK_FALSE(IsJsonContentType(""));
  CHECK_FALSE(IsJsonContentType("text/plain"));
  CHECK_FALSE(IsJsonContentType("application/jsonx"));
}

TEST_CASE("Requests: a huge body of unknown members is read in bounded time", "[kalshi]") {
  std::string body = "{";
  for (int i = 0; i < 50'000; ++i) body += "\"k" + std::to_string(i) + "\":0,";
  body += std::string(kOrder).substr(1);
  CHECK(DecodeCreateOrder(body).ok());
}

}  // namespace
}  // namespace evx::kalshi
