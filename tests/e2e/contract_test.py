"""Every implemented operation answers as its OpenAPI schema says, errors included."""

import json
import pathlib
import re
import uuid

import httpx
import jsonschema
import pytest

import orders

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
OPENAPI = json.loads((REPOSITORY / "services/mock-kalshi/docs/openapi.json").read_text())
TICKER = "MARKET_MAKER"


def as_json_schema(value):
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(value, list):
        return [as_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    converted = {key: as_json_schema(item) for key, item in value.items()
                 if key not in ("nullable", "example", "discriminator")}
    if value.get("nullable") is True:
        return {"anyOf": [converted, {"type": "null"}]}
    return converted


def validator_of(document):
    components = as_json_schema(document["components"])

    def validate(operation, status, body):
        responses = operation["responses"]
        response = responses.get(str(status)) or responses.get("default")
        assert response is not None, f"status {status} is not documented"
        if "$ref" in response:
            response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
        content = response.get("content", {}).get("application/json")
        if content is None:
            return
        schema = {"components": components, **as_json_schema(content["schema"])}
        jsonschema.Draft202012Validator(schema).validate(body)
    return validate


validate = validator_of(OPENAPI)


@pytest.fixture(scope="module")
def facts(exchange):
    """Names that the path parameters are filled with, and something to list of each kind."""
    demo = exchange.account("demo")
    flow = exchange.account("flow-1")
    market = demo.request("GET", f"/markets/{TICKER}").json()["market"]
    event = demo.request("GET", f"/events/{market['event_ticker']}").json()["event"]
    resting = orders.create(demo, TICKER, price="0.0300", client_order_id=str(uuid.uuid4())).json()
    orders.create(flow, TICKER, side="ask", price="0.5000")
    orders.create(demo, TICKER, side="bid", price="0.5000", time_in_force="immediate_or_cancel")
    group = demo.request("POST", "/portfolio/order_groups/create", {"contracts_limit": 9}).json()
    return {"ticker": TICKER, "event_ticker": event["event_ticker"],
            "series_ticker": event["series_ticker"], "order_id": resting["order_id"],
            "order_group_id": group["order_group_id"]}


QUERIES = {
    "/markets/candlesticks": "market_tickers=MARKET_MAKER&start_ts={start}&end_ts={end}"
                             "&period_interval=60",
    "/series/{series_ticker}/markets/{ticker}/candlesticks":
        "start_ts={start}&end_ts={end}&period_interval=60",
    "/series/{series_ticker}/events/{ticker}/candlesticks":
        "start_ts={start}&end_ts={end}&period_interval=60",
    "/historical/markets/{ticker}/candlesticks": "start_ts={start}&end_ts={end}&period_interval=60",
    "/markets/orderbooks": "tickers=MARKET_MAKER",
    "/portfolio/orders/queue_positions": "market_tickers=MARKET_MAKER",
    "/milestones": "limit=10",
}
GETS = sorted(path for path, item in OPENAPI["paths"].items() if "get" in item)


@pytest.mark.parametrize("path", GETS)
def test_reads_answer_as_documented(exchange, demo, facts, path):
    names = dict(facts)
    if path.endswith("/events/{ticker}/candlesticks"):
        names["ticker"] = facts["event_ticker"]
    filled = re.sub(r"{(\w+)}", lambda m: names.get(m[1], str(uuid.UUID(int=0))), path)
    if path in QUERIES:
        end = 1_800_000_000
        filled += "?" + QUERIES[path].format(start=end - 7200, end=end)
    answer = demo.request("GET", filled)
    assert answer.status_code in (200, 404), answer.text
    if answer.status_code == 404:
        assert "{" in path, answer.text
        return
    validate(OPENAPI["paths"][path]["get"], 200, answer.json())


@pytest.mark.parametrize("path", GETS)
def test_reads_that_need_a_key_refuse_strangers(exchange, path):
    if not path.startswith(("/portfolio", "/api_keys")):
        return
    filled = re.sub(r"{(\w+)}", "x", path)
    answer = httpx.get(exchange.rest_url + filled, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"]


def test_order_verbs_answer_as_documented(demo):
    verbs = OPENAPI["paths"]["/portfolio/events/orders"]
    one = OPENAPI["paths"]["/portfolio/events/orders/{order_id}"]
    created = orders.create(demo, TICKER, price="0.0400", count="5.00", client_order_id=str(uuid.uuid4()))
    assert created.status_code == 201
    validate(verbs["post"], 201, created.json())
    order_id = created.json()["order_id"]
    path = f"/portfolio/events/orders/{order_id}"
    amended = demo.request("POST", path + "/amend",
                           {"ticker": TICKER, "side": "bid", "price": "0.0500", "count": "5.00"})
    validate(OPENAPI["paths"]["/portfolio/events/orders/{order_id}/amend"]["post"], 200,
             amended.json())
    decreased = demo.request("POST", path + "/decrease", {"reduce_by": "1.00"})
    validate(OPENAPI["paths"]["/portfolio/events/orders/{order_id}/decrease"]["post"], 200,
             decreased.json())
    canceled = demo.request("DELETE", path)
    validate(one["delete"], 200, canceled.json())
    assert demo.request("DELETE", path).status_code == 404


def test_batches_answer_as_documented(demo):
    batch = OPENAPI["paths"]["/portfolio/events/orders/batched"]
    order = {"ticker": TICKER, "side": "bid", "price": "0.0400", "count": "1.00",
             "time_in_force": "good_till_canceled",
             "self_trade_prevention_type": "taker_at_cross"}
    created = demo.request("POST", "/portfolio/events/orders/batched",
                           {"orders": [order, {**order, "price": "0.0405"}]})
    assert created.status_code == 201
    validate(batch["post"], 201, created.json())
    ids = [{"order_id": item["order_id"]} for item in created.json()["orders"] if
           item.get("order_id")]
    canceled = demo.request("DELETE", "/portfolio/events/orders/batched", {"orders": ids})
    validate(batch["delete"], 200, canceled.json())


def test_the_unsupported_list_is_what_answers_501(exchange, demo):
    base = exchange.rest_url.removesuffix("/trade-api/v2")
    listed = httpx.get(base + "/evx/v1/unsupported", timeout=10).json()
    operations = listed if isinstance(listed, list) else next(
        value for value in listed.values() if isinstance(value, list))
    assert operations
    for operation in operations:
        path = re.sub(r"{(\w+)}", "x", operation["path"])
        path = path.removeprefix("/trade-api/v2")
        assert demo.request(operation["method"].upper(), path).status_code == 501, operation
