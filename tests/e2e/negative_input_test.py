"""Every parameter and every member of every body with values that it cannot have: the answer is a
refusal in the venue's words, soon, and the state of the exchange stays as it was.

The values follow from the types in our OpenAPI document; test_random_requests adds what
Schemathesis makes of the same document (seeded; SEED in the environment repeats a run)."""

import json
import os
import re
import time
import urllib.parse
import uuid

import httpx
import hypothesis
import pytest
import schemathesis

import openapi
from local_exchange import LocalExchange

DOCUMENT = openapi.Document(openapi.OURS)
UNKNOWN_ID = "00000000-0000-8000-8000-000000000000"
ANSWER_SECONDS_MAX = 5
RANDOM_REQUESTS_PER_OPERATION = int(os.environ.get("EVX_RANDOM_REQUESTS", "10"))
SEED = int(os.environ.get("SEED", time.time_ns() % 1_000_000))

ORDER = {"ticker": "MARKET_MAKER", "side": "bid", "price": "0.4000", "count": "1.00",
         "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"}
# A body that is right but for what the test changes; paths name nothing that exists.
BODIES = {
    "POST /portfolio/events/orders": {**ORDER, "expiration_time": 4_000_000_000},
    "POST /portfolio/events/orders/batched": {"orders": [ORDER]},
    "DELETE /portfolio/events/orders/batched": {"orders": [{"order_id": UNKNOWN_ID}]},
    "POST /portfolio/events/orders/{order_id}/amend": {
        "ticker": "MARKET_MAKER", "side": "bid", "price": "0.4000", "count": "1.00"},
    "POST /portfolio/events/orders/{order_id}/decrease": {"reduce_by": "1.00"},
    "POST /portfolio/order_groups/create": {"contracts_limit": 5},
    "PUT /portfolio/order_groups/{order_group_id}/limit": {"contracts_limit": 5},
    "POST /portfolio/subaccounts": {},
    "POST /portfolio/subaccounts/transfer": {
        "client_transfer_id": str(uuid.uuid4()), "from_subaccount": 0, "to_subaccount": 1,
        "amount_cents": 100},
    "PUT /portfolio/subaccounts/netting": {"subaccount_number": 0, "enabled": True},
    "POST /portfolio/target_balance_allocation": {
        "allocations": [{"exchange_index": 0, "percent": 50}]},
    "POST /portfolio/intra_exchange_instance_transfer": {
        "source": "event_contract", "destination": "event_contract", "amount": 100,
        "destination_subaccount": 1},
    "POST /api_keys": {"name": "n", "public_key": openapi.new_key_pair().public_pem},
    "POST /api_keys/generate": {"name": "n"},
}
# Members in which every text has a meaning (an unknown id spoils its item of a batch only): wrong
# is another type.
FREE_TEXT = ("name", "order_group_id", "market_ticker", "order_id")
DECIMALS = ("count", "price", "reduce_by", "reduce_to", "contracts_limit_fp")


class Raw(str):
    """JSON text that stands in a body as it is."""


NUMBERS_THAT_ARE_NONE = [Raw("1e400"), Raw("-1e400"), Raw("1e-400"), Raw("NaN"), Raw("Infinity"),
                         Raw("0x10"), Raw("01"), Raw("1."), Raw("9" * 400)]
NOT_TEXT = [7, -1, 1.5, True, [], ["x"], {}, {"a": 1}] + NUMBERS_THAT_ARE_NONE
NOT_INTEGERS = ["7", "x", 1.5, True, [], {}, 1 << 63, 1 << 70, -(1 << 70)] + NUMBERS_THAT_ARE_NONE
NOT_FLAGS = ["true", 1, 0, [], {}] + NUMBERS_THAT_ARE_NONE
NOT_DECIMALS = ["", " ", "x", "1e400", "NaN", "Infinity", "-Infinity", "-1.00", "+1.00", "0x1",
                "1,0", "1.", ".5", "1.00000001", "9" * 400, "\u0661", "0.4000\u0000", " 0.4"]
NO_WORD = ["", "x", "BID", "x" * 5000, "\u30c6", "bid\u0000"]
STRANGE_TEXT = ["x" * 5000, "\u30c6\u30b9\u30c8", "a b", "\U0001f600", "a\u0000b", "'--"]


def dumps(body):
    """JSON with the Raw texts as they are."""
    marks = {}

    def mark(value):
        if isinstance(value, Raw):
            marks[f"@{len(marks)}@"] = value
            return f"@{len(marks) - 1}@"
        if isinstance(value, dict):
            return {key: mark(item) for key, item in value.items()}
        if isinstance(value, list):
            return [mark(item) for item in value]
        return value
    text = json.dumps(mark(body))
    for name, value in marks.items():
        text = text.replace(f'"{name}"', value)
    return text


def wrong_values(name, schema):
    """Values that a member with this schema cannot have."""
    schema = DOCUMENT.resolve(schema)
    while "allOf" in schema:
        schema = {**DOCUMENT.resolve(schema["allOf"][0]),
                  **{key: item for key, item in schema.items() if key != "allOf"}}
    kind = schema.get("type")
    if kind == "integer":
        beyond = [schema[key] + step for key, step in (("minimum", -1), ("maximum", 1))
                  if key in schema]
        return NOT_INTEGERS + beyond
    if kind == "boolean":
        return NOT_FLAGS
    if kind == "array":
        return ["x", 7, True, {}, [7], [[]]] + NUMBERS_THAT_ARE_NONE
    assert kind == "string", (name, schema)
    if "enum" in schema:
        return NOT_TEXT + NO_WORD[1:]
    if name in DECIMALS:
        return NOT_TEXT + NOT_DECIMALS[1:]
    if schema.get("format") == "uuid":
        return NOT_TEXT + ["x", UNKNOWN_ID[:-1], UNKNOWN_ID + "0", "\u0661" * 36]
    if name in FREE_TEXT:
        return NOT_TEXT
    return NOT_TEXT + STRANGE_TEXT


def body_cases():
    """(operation, what is wrong, body) for each member of each body."""
    for operation in DOCUMENT.operations:
        body = BODIES.get(operation.name)
        if body is None:
            continue
        content = operation.body["requestBody"]["content"]["application/json"]
        schema = DOCUMENT.resolve(content["schema"])
        yield from member_cases(operation, schema, body, lambda changed: changed)
        for name, item in body.items():
            if isinstance(item, list):
                inner = DOCUMENT.resolve(schema["properties"][name]["items"])
                yield from member_cases(operation, inner, item[0],
                                        lambda changed, name=name: {name: [changed]})


def member_cases(operation, schema, body, wrap):
    for name in schema.get("required", []):
        yield operation, f"without {name}", wrap({k: v for k, v in body.items() if k != name})
        yield operation, f"{name} null", wrap({**body, name: None})
    for name, member in schema["properties"].items():
        for value in wrong_values(name, member):
            yield operation, f"{name}={str(value)[:20]!r}", wrap({**body, name: value})


def query_cases():
    for operation in DOCUMENT.operations:
        parameters = [DOCUMENT.resolve(p) for p in operation.body.get("parameters", [])]
        parameters = [p for p in parameters if p["in"] == "query"]
        if 410 in operation.statuses:
            continue
        required = {p["name"]: "1" for p in parameters if p.get("required")}
        for name in required:
            yield operation, {n: v for n, v in required.items() if n != name}
        for parameter in parameters:
            schema = DOCUMENT.resolve(parameter["schema"])
            if schema["type"] == "integer":
                values = ["x", "1.5", "1e400", "NaN", "9" * 400, "0x1", "\u0661", "1 ", "\u0000",
                          "-9223372036854775809"]
                values += [str(schema[key] + step) for key, step in
                           (("minimum", -1), ("maximum", 1))
                           if key in schema and parameter["name"] != "depth"]
            elif schema["type"] == "boolean":
                values = ["maybe", "2", "\u0000", "x" * 5000]
            elif "enum" in schema:
                values = ["x", schema["enum"][0].upper(), "\u0000", "x" * 5000]
            else:
                continue
            for value in values:
                yield operation, {**required, parameter["name"]: value}


@pytest.fixture(scope="module")
def exchange():
    """Time stands still, so nothing but requests changes the state."""
    with LocalExchange("--clock=virtual") as running:
        running.operator().put("/accounts/demo", {"tier": "unlimited"})
        yield running


@pytest.fixture(scope="module")
def client(exchange):
    with httpx.Client(base_url=exchange.rest_url, timeout=ANSWER_SECONDS_MAX) as connection:
        yield connection


def send(client, account, operation, query=None, content=None):
    path = re.sub(r"{\w+}", UNKNOWN_ID, operation.path)
    headers = account.headers(operation.method, path)
    if content is not None:
        headers["Content-Type"] = "application/json"
    if query:
        path += "?" + urllib.parse.urlencode(query, doseq=True)
    return client.request(operation.method, path, headers=headers, content=content)


def state_hash(exchange):
    return exchange.operator().get("/state")["state_hash"]


def test_every_body_is_covered():
    with_body = {o.name for o in DOCUMENT.operations if o.body.get("requestBody")}
    free = {name for name in with_body if name.startswith(("POST /portfolio/orders",
                                                           "DELETE /portfolio/orders"))
            or name.endswith(("/reset", "/trigger"))}
    assert with_body - free == set(BODIES)


def test_wrong_members_are_refused(exchange, client):
    account, before, faults = exchange.account("demo"), state_hash(exchange), []
    for operation, what, body in body_cases():
        response = send(client, account, operation, content=dumps(body))
        wanted = (400, 404) if what.startswith("ticker=") else (400,)
        is_item = operation.name == "POST /portfolio/events/orders/batched"
        if is_item and response.status_code == 201 and all(
                item.get("error") for item in response.json()["orders"]):
            continue  # One order of a batch is refused by itself.
        if response.status_code not in wanted:
            faults.append(f"{operation} {what}: {response.status_code} {response.text[:100]}")
        faults += [f"{operation} {what}: {fault}" for fault in
                   DOCUMENT.faults(operation, response)]
    assert not faults, "\n".join(faults)
    assert state_hash(exchange) == before


def test_wrong_parameters_are_refused(exchange, client):
    account, before, faults = exchange.account("demo"), state_hash(exchange), []
    for operation, query in query_cases():
        response = send(client, account, operation, query=query,
                        content=dumps(BODIES[operation.name]) if operation.name in BODIES else None)
        if response.status_code != 400:
            faults.append(f"{operation} {query}: {response.status_code} {response.text[:100]}")
        faults += [f"{operation} {query}: {fault}" for fault in
                   DOCUMENT.faults(operation, response)]
    assert not faults, "\n".join(faults)
    assert state_hash(exchange) == before


def operations_to_break():
    """Schemathesis' operations that have a query or a body to get wrong."""
    found = []
    for result in schemathesis.openapi.from_dict(DOCUMENT.body).get_all_operations():
        generated = result.ok()
        if generated.query or generated.body:
            found.append(pytest.param(generated, id=generated.label.replace(" ", "")))
    return found


@pytest.mark.parametrize("generated", operations_to_break())
def test_random_requests(exchange, client, generated):
    operation = DOCUMENT.operation(generated.method, generated.path)
    account = exchange.account("demo")

    @hypothesis.seed(SEED)
    @hypothesis.settings(max_examples=RANDOM_REQUESTS_PER_OPERATION, deadline=None, database=None,
                         phases=[hypothesis.Phase.generate],
                         suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(case=generated.as_strategy(
        generation_mode=schemathesis.GenerationMode.NEGATIVE))
    def check(case):
        parts = case.as_transport_kwargs(base_url=exchange.rest_url)
        try:
            request = httpx.Request(case.method, parts["url"], params=parts.get("params"),
                                    json=parts.get("json"))
        except httpx.InvalidURL:  # Longer than this client sends.
            hypothesis.reject()
        path = request.url.raw_path.decode().split("?")[0].removeprefix("/trade-api/v2")
        headers = account.headers(case.method, path)
        if request.content:
            headers["Content-Type"] = "application/json"
        response = client.request(case.method, request.url, content=request.content,
                                  headers=headers)
        faults = [] if response.status_code == 405 else DOCUMENT.faults(operation, response)
        assert response.status_code < 500 and not faults, (
            f"seed {SEED}: {request.url} {request.content}: {response.text} {faults}")
    check()
