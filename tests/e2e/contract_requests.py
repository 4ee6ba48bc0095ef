"""The requests of the contract test: each operation of the venue with success and with each of its
refusals. Every answer is kept; contract_test.py holds them against the OpenAPI documents."""

import collections
import json
import re
import threading
import time
import uuid

import httpx

import openapi
import orders
from local_exchange import Account

TICKER, SETTLED = "CONTRACT-MARKET", "CONTRACT-SETTLED"
EVENT, SERIES = "CONTRACT-EVENT", "CONTRACT"
ORDERS = orders.ORDERS
ONE_ORDER = ORDERS + "/{order_id}"
GROUP = "/portfolio/order_groups/{order_group_id}"
OLD_ORDERS = "/portfolio/orders"
# Signed by the documents, open to all by the venue's concept page: a key that is sent is checked.
SERVED_TO_ALL = ("GET /markets/orderbooks", "GET /markets/{ticker}/orderbook")
OLD_ORDER_VERBS = [f"POST {OLD_ORDERS}", f"POST {OLD_ORDERS}/{{order_id}}/amend",
                   f"POST {OLD_ORDERS}/{{order_id}}/decrease", f"DELETE {OLD_ORDERS}/{{order_id}}",
                   f"POST {OLD_ORDERS}/batched", f"DELETE {OLD_ORDERS}/batched"]
UNKNOWN_ID = "00000000-0000-8000-8000-000000000000"
# Enough to empty any bucket of an account of tier basic.
REQUESTS_MAX = 400

QUERIES = {
    "/markets/candlesticks": f"market_tickers={TICKER}&start_ts={{start}}&end_ts={{end}}"
                             "&period_interval=60&include_latest_before_start=true",
    "/series/{series_ticker}/markets/{ticker}/candlesticks":
        "start_ts={start}&end_ts={end}&period_interval=60",
    "/series/{series_ticker}/events/{ticker}/candlesticks":
        "start_ts={start}&end_ts={end}&period_interval=60",
    "/historical/markets/{ticker}/candlesticks": "start_ts={start}&end_ts={end}&period_interval=60",
    "/markets/orderbooks": f"tickers={TICKER}&tickers=MARKET_MAKER",
    "/portfolio/orders/queue_positions": f"market_tickers={TICKER}",
    "/milestones": "limit=10",
    "/series": "include_volume=true&include_product_metadata=true",
    "/events": "with_nested_markets=true&with_milestones=true",
    "/events/{event_ticker}": "with_nested_markets=true",
    "/portfolio/positions": "settlement_status=all",
    "/series/fee_changes": "show_historical=true",
}

Answer = collections.namedtuple("Answer", "operation response")


class Calls:
    """Sends requests by operation and keeps every answer."""

    def __init__(self, exchange, serves_old_orders):
        self.exchange = exchange
        self.serves_old_orders = serves_old_orders
        self.demo = exchange.account("demo")
        self.other = exchange.account("flow-1")
        self.operator = exchange.operator()
        self.client = httpx.Client(base_url=exchange.rest_url, timeout=10)
        self.answers, self.surprises = [], []
        self.names = {"ticker": TICKER, "event_ticker": EVENT, "series_ticker": SERIES}

    def send(self, operation, body=None, *, account=None, headers=None, content=None, query="",
             **names):
        """The response; with `account` None the demo account's, with `headers` nobody's."""
        method, template = operation.split(" ", 1)
        path = re.sub(r"{(\w+)}", lambda m: {**self.names, **names}.get(m[1], UNKNOWN_ID), template)
        if headers is None:
            headers = (account or self.demo).headers(method, path)
        if body is not None:
            content = json.dumps(body)
        if content is not None:
            headers = {**headers, "Content-Type": "application/json"}
        response = self.client.request(method, path + ("?" + query if query else ""),
                                       content=content, headers=headers)
        self.answers.append(Answer(operation, response))
        return response

    def done(self, operation, body=None, **more):
        """The body of a success."""
        response = self.send(operation, body, **more)
        assert response.status_code < 300, f"{operation}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def refused(self, status, operation, body=None, **more):
        """A response that should have `status`; another one is kept in `surprises`."""
        response = self.send(operation, body, **more)
        if response.status_code != status:
            self.surprises.append(f"{operation} with {more.get('query') or body or more}: "
                                  f"{response.status_code}, not {status}: {response.text[:300]}")
        return response


def order(side="bid", price="0.4000", count="1.00", **more):
    return {"ticker": TICKER, "side": side, "price": price, "count": count,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross", **more}


def list_markets(calls):
    """A market to trade in, one that will be settled, and changes of fees to come."""
    admin = calls.operator
    admin.put("/accounts/demo", {"tier": "unlimited"})
    admin.put(f"/series/{SERIES}", {"facts": {"title": "Contract", "category": "Companies"}})
    admin.put(f"/events/{EVENT}", {"series_ticker": SERIES})
    for ticker in (TICKER, SETTLED):
        admin.put(f"/markets/{ticker}", {
            "event_ticker": EVENT, "close_time": "2100-01-01T00:00:00Z",
            "settlement_timer_seconds": 0})
    change = {"fee_type": "quadratic", "fee_multiplier": 0.5,
              "effective_time": "2099-01-01T00:00:00Z"}
    admin.post(f"/series/{SERIES}/fee_changes", change)
    admin.post(f"/events/{EVENT}/fee_changes", change)
    admin.post("/accounts/demo/withdrawals", {"amount_dollars": "1.00"})


def trade(calls):
    """The order verbs, with fills as taker and as maker and each refusal."""
    create = f"POST {ORDERS}"
    calls.done(create, order("ask", "0.6000", "9.00"), account=calls.other)
    taken = calls.done(create, order("bid", "0.6000", "2.00", client_order_id=str(uuid.uuid4()),
                                     time_in_force="immediate_or_cancel"))
    assert taken["fill_count"] == "2.00"
    calls.done(create, order("bid", "0.6000", "1.00", time_in_force="fill_or_kill"))
    again = order(client_order_id=str(uuid.uuid4()), expiration_time=int(time.time()) + 3600,
                  cancel_order_on_pause=True)
    resting = calls.done(create, again)
    calls.names["order_id"] = resting["order_id"]
    calls.refused(409, create, again)
    calls.refused(409, create, order("bid", "0.6000", "99.00", time_in_force="fill_or_kill"))
    calls.refused(404, create, {**order(), "ticker": "NO-SUCH-MARKET"})
    calls.refused(404, create, order(exchange_index=7))
    calls.refused(400, create, order(price="0.4050"))
    calls.refused(400, create, order("bid", "0.6000", post_only=True))
    calls.refused(400, create, order(count="9000000.00"))
    calls.refused(400, create, content=json.dumps(order(price=0.4)))

    amend, decrease = f"POST {ONE_ORDER}/amend", f"POST {ONE_ORDER}/decrease"
    terms = {"ticker": TICKER, "side": "bid", "price": "0.4100", "count": "3.00"}
    calls.done(amend, terms)
    crossing = calls.done(amend, {**terms, "price": "0.6000"})
    assert crossing["fill_count"] == "3.00" and crossing["average_fill_price"] == "0.6000"
    calls.refused(404, amend, terms)
    small = calls.done(create, order(count="5.00"))["order_id"]
    calls.refused(400, amend, {**terms, "side": "ask"}, order_id=small)
    calls.done(decrease, {"reduce_by": "1.00"}, order_id=small)
    calls.done(decrease, {"reduce_to": "2.00"}, order_id=small)
    calls.refused(400, decrease, {"reduce_to": "2.00", "reduce_by": "1.00"}, order_id=small)
    calls.refused(404, decrease, {"reduce_by": "1.00"}, order_id=UNKNOWN_ID)
    calls.done(f"DELETE {ONE_ORDER}", order_id=small)
    calls.refused(404, f"DELETE {ONE_ORDER}", order_id=small)
    calls.names["order_id"] = calls.done(create, order(price="0.3000"))["order_id"]


def trade_in_batches(calls):
    create, cancel = f"POST {ORDERS}/batched", f"DELETE {ORDERS}/batched"
    orders_sent = [order(price="0.2000", client_order_id=str(uuid.uuid4())),
                   order(price="0.2050"), order("bid", "0.6000", time_in_force="fill_or_kill")]
    created = calls.done(create, {"orders": orders_sent})["orders"]
    assert [bool(item.get("error")) for item in created] == [False, True, False]
    gone = [{"order_id": created[0]["order_id"]}, {"order_id": UNKNOWN_ID}]
    canceled = calls.done(cancel, {"orders": gone})["orders"]
    assert [item["reduced_by"] for item in canceled] == ["1.00", "0.00"]
    assert canceled[1].get("ts_ms") is None
    calls.refused(400, create, {"orders": 7})
    calls.refused(400, cancel, {"orders": [{"order_id": 7}]})


def settle(calls):
    """A position in a market that is then paid out."""
    market = {"ticker": SETTLED}
    calls.done(f"POST {ORDERS}", {**order("ask", "0.7000", "4.00"), **market}, account=calls.other)
    calls.done(f"POST {ORDERS}", {**order("bid", "0.7000", "4.00"), **market})
    calls.operator.post(f"/markets/{SETTLED}/close")
    calls.operator.post(f"/markets/{SETTLED}/determine", {"result": "yes",
                                                          "expiration_value": "42"})


def use_order_groups(calls):
    create = "POST /portfolio/order_groups/create"
    group = calls.done(create, {"contracts_limit": 9})["order_group_id"]
    calls.done(create, {"contracts_limit_fp": "12.50", "subaccount": 0, "exchange_index": 0})
    calls.refused(400, create, {"contracts_limit": 0})
    calls.names["order_group_id"] = group
    calls.done(f"POST {ORDERS}", order(price="0.1000", order_group_id=group))
    calls.done(f"GET {GROUP}")
    limit = f"PUT {GROUP}/limit"
    calls.done(limit, {"contracts_limit": 10})
    calls.refused(400, limit, {"contracts_limit": -1})
    calls.refused(404, limit, {"contracts_limit": 1}, order_group_id=UNKNOWN_ID)
    calls.done(f"PUT {GROUP}/trigger")
    calls.refused(400, f"POST {ORDERS}", order(price="0.1000", order_group_id=group))
    calls.done(f"PUT {GROUP}/reset", {})
    extra = calls.done(create, {"contracts_limit": 1})["order_group_id"]
    calls.done(f"DELETE {GROUP}", order_group_id=extra)
    for verb in ("GET {}", "DELETE {}", "PUT {}/reset", "PUT {}/trigger"):
        calls.refused(404, verb.format(GROUP), order_group_id=extra)


def key_of(calls, **terms):
    """An account that signs with a new key of the demo account."""
    made = calls.done("POST /api_keys/generate", {"name": "contract", "key_type": "ed25519",
                                                  **terms})
    return Account(calls.exchange.rest_url, {"key_id": made["api_key_id"],
                                             "private_key_pem": made["private_key"]})


def use_keys(calls):
    rsa = calls.done("POST /api_keys/generate", {"name": "contract"})
    pair = openapi.new_key_pair()
    own = calls.done("POST /api_keys", {"name": "own", "public_key": pair.public_pem,
                                        "scopes": ["read"]})
    calls.refused(400, "POST /api_keys", {"name": "own", "public_key": "no key"})
    calls.refused(400, "POST /api_keys/generate", {"name": "own", "scopes": ["everything"]})
    for key in (rsa, own):
        calls.done("DELETE /api_keys/{api_key}", api_key=key["api_key_id"])
    calls.refused(404, "DELETE /api_keys/{api_key}", api_key=own["api_key_id"])


def use_restricted_keys(calls):
    """403: what a key may not do by its scopes or its subaccount."""
    reader = key_of(calls, scopes=["read"])
    narrow = key_of(calls, scopes=["read::portfolio_balance"])
    locked = key_of(calls, subaccount=1)
    for operation, body in [(f"POST {ORDERS}/batched", {"orders": [order()]}),
                            (f"DELETE {ORDERS}/batched", {"orders": []}),
                            (f"POST {ONE_ORDER}/amend", {}),
                            ("POST /portfolio/intra_exchange_instance_transfer", {}),
                            ("POST /portfolio/target_balance_allocation", {"allocations": []}),
                            ("POST /api_keys", {})]:
        calls.refused(403, operation, body, account=reader)
    calls.refused(403, f"POST {ORDERS}", order(subaccount=0), account=locked)
    calls.refused(403, "GET /portfolio/target_balance_allocation", account=narrow)
    assert "balance_breakdown" not in calls.done("GET /portfolio/balance", account=locked)


def use_funds(calls):
    number = calls.done("POST /portfolio/subaccounts", {})["subaccount_number"]
    calls.done("POST /portfolio/subaccounts")
    calls.refused(400, "POST /portfolio/subaccounts", {"exchange_index": "x"})
    transfer = "POST /portfolio/subaccounts/transfer"
    terms = {"client_transfer_id": str(uuid.uuid4()), "from_subaccount": 0,
             "to_subaccount": number, "amount_cents": 50_000}
    calls.done(transfer, terms)
    calls.refused(409, transfer, terms)
    calls.refused(400, transfer, {**terms, "client_transfer_id": "x"})
    netting = "PUT /portfolio/subaccounts/netting"
    assert calls.done(netting, {"subaccount_number": number, "enabled": True}) is None
    calls.refused(400, netting, {"subaccount_number": 64, "enabled": True})
    allocation = "POST /portfolio/target_balance_allocation"
    calls.done(allocation, {"allocations": [{"exchange_index": 0, "percent": 100}],
                            "resting_margin_reservation": "sum"})
    calls.refused(400, allocation, {"allocations": [{"exchange_index": 0, "percent": 101}]})

    moved = calls.done("POST /portfolio/intra_exchange_instance_transfer", {
        "source": "event_contract", "destination": "event_contract", "amount": 10_000,
        "destination_subaccount": number})
    calls.names["transfer_id"] = moved["transfer_id"]
    calls.refused(400, "POST /portfolio/intra_exchange_instance_transfer", {
        "source": "event_contract", "destination": "margined", "amount": 10_000})


def read_everything(calls, document):
    end = int(time.time()) + 3600
    for operation in document.operations:
        if operation.method != "GET":
            continue
        names = {}
        if operation.path.endswith("/events/{ticker}/candlesticks"):
            names["ticker"] = EVENT
        query = QUERIES.get(operation.path, "").format(start=end - 7200, end=end)
        response = calls.send(operation.name, query=query, **names)
        assert response.status_code in (200, 404), f"{operation}: {response.text}"


def use_old_orders(calls):
    """The older order family: gone, or served where the exchange is started so."""
    gone = not calls.serves_old_orders
    terms = {"ticker": "MARKET_MAKER", "side": "yes", "action": "buy", "count": 2,
             "yes_price": 5}
    amend = {"ticker": "MARKET_MAKER", "side": "yes", "action": "buy", "count": 3, "yes_price": 6}
    bodies = [{**terms, "client_order_id": str(uuid.uuid4())}, amend, {"reduce_by": 1}, None,
              {"orders": [terms]}, {"ids": []}]
    order_id = UNKNOWN_ID
    for operation, body in zip(OLD_ORDER_VERBS, bodies):
        if body and "ids" in body:
            body = {"ids": [order_id]}
        response = calls.send(operation, body, order_id=order_id)
        if gone:
            assert response.status_code == 410, f"{operation}: {response.text}"
            continue
        assert response.status_code < 300, f"{operation}: {response.text}"
        made = response.json()
        made = made["orders"][0] if "orders" in made else made
        order_id = made["order"]["order_id"] if made.get("order") else order_id
    if gone:
        return
    again = {**terms, "client_order_id": str(uuid.uuid4())}
    calls.done(f"POST {OLD_ORDERS}", again)
    calls.refused(409, f"POST {OLD_ORDERS}", again)
    for path in ("/{order_id}/amend", "/{order_id}/decrease"):
        body = amend if path.endswith("amend") else {"reduce_by": 1}
        calls.refused(404, f"POST {OLD_ORDERS}{path}", body, order_id=UNKNOWN_ID)
    calls.refused(404, f"DELETE {OLD_ORDERS}/{{order_id}}", order_id=UNKNOWN_ID)
    reader = key_of(calls, scopes=["read"])
    calls.refused(403, f"POST {OLD_ORDERS}/batched", {"orders": [terms]}, account=reader)
    calls.refused(403, f"DELETE {OLD_ORDERS}/batched", {"ids": []}, account=reader)


def wrong_query(document, operation):
    """A query with one parameter that cannot be read, or none of those that must be there; None
    where no parameter can be wrong."""
    for parameter in map(document.resolve, operation.body.get("parameters", [])):
        schema = document.resolve(parameter["schema"])
        if parameter["in"] != "query":
            continue
        if parameter.get("required"):
            return "unknown=1"
        if schema["type"] in ("integer", "boolean") or "enum" in schema:
            return f"{parameter['name']}=x"
    return None


def refuse_everything(calls, document, is_wanted):
    """401, 400 and 404 of every operation that documents them, and 401 of every signed one."""
    signed_wrongly = openapi.signature_like(calls.demo.headers("GET", "/nothing"))
    for operation in filter(is_wanted, document.operations):
        if operation.is_signed or 401 in operation.statuses:
            calls.refused(401, operation.name, headers=signed_wrongly)
        if operation.is_signed and operation.name not in SERVED_TO_ALL:
            calls.refused(401, operation.name, headers={})
        if not calls.serves_old_orders and operation.name in OLD_ORDER_VERBS:
            continue
        if operation.body.get("requestBody"):
            calls.refused(400, operation.name, content='{"ticker"', order_id=UNKNOWN_ID)
        elif query := wrong_query(document, operation):
            calls.refused(400, operation.name, query=query)
        if operation.method == "GET" and "{" in operation.path and 404 in operation.statuses:
            unknown = dict.fromkeys(re.findall(r"{(\w+)}", operation.path), "NO-SUCH-NAME")
            query = QUERIES.get(operation.path, "").format(start=1, end=2)
            calls.refused(404, operation.name, query=query, **unknown)


def exhaust(calls, account, operation, body=None):
    """Sends until the budget is gone: from several threads, as buckets refill all the time."""
    refusals = []

    def send():
        for _ in range(REQUESTS_MAX):
            if refusals:
                return
            response = calls.send(operation, body, account=account)
            if response.status_code == 429:
                refusals.append(response)
    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals, f"{operation} is never answered with 429"


def run_into_limits(calls):
    """429 of an account of tier basic, then its upgrade."""
    calls.operator.post("/accounts", {"name": "contract-basic", "tier": "basic"})
    made = calls.operator.post("/accounts/contract-basic/keys", {"key_type": "ed25519"})
    account = Account(calls.exchange.rest_url, {"key_id": made["key_id"],
                                                "private_key_pem": made["private_key"]})
    upgrade = "POST /account/api_usage_level/upgrade"
    assert calls.done(upgrade, account=account) is None
    calls.refused(403, upgrade, account=account)
    calls.operator.put("/accounts/contract-basic", {"tier": "basic"})
    exhaust(calls, account, f"POST {ORDERS}", order())
    exhaust(calls, account, f"DELETE {ORDERS}")
    exhaust(calls, account, f"POST {OLD_ORDERS}", {})
    calls.operator.put("/accounts/contract-basic", {"tier": "advanced"})
    exhaust(calls, account, upgrade)


def be_paused(calls):
    """409 while trading is paused, 503 while the exchange takes nothing but cancels."""
    order_id = calls.done(f"POST {ORDERS}", order(price="0.2500"))["order_id"]
    amend = {"ticker": TICKER, "side": "bid", "price": "0.2600", "count": "1.00"}
    for state in ({"trading_active": False}, {"exchange_active": False}):
        calls.operator.put("/exchange/status", state)
        calls.done("GET /exchange/status")
        calls.refused(409, f"POST {ORDERS}", order())
        calls.refused(409, f"POST {ONE_ORDER}/amend", amend, order_id=order_id)
        calls.operator.put("/exchange/status", {"exchange_active": True, "trading_active": True})
    calls.operator.put("/exchange/accepting", {"accepting": False})
    calls.refused(503, f"POST {ORDERS}", order())
    calls.refused(503, f"POST {ONE_ORDER}/amend", amend, order_id=order_id)
    calls.done(f"DELETE {ONE_ORDER}", order_id=order_id)
    calls.operator.put("/exchange/accepting", {"accepting": True})
    calls.done(f"DELETE {ORDERS}")


def read_history(calls):
    """What is served by /historical alone, a hundred days after a settlement."""
    list_markets(calls)
    settle(calls)
    calls.operator.put("/clock", {"advance_seconds": 100 * 86_400})
    calls.refused(404, "GET /markets/{ticker}", ticker=SETTLED)
    query = QUERIES["/historical/markets/{ticker}/candlesticks"].format(
        start=int(time.time()) - 7200, end=int(time.time()) + 7200)
    candles = calls.done("GET /historical/markets/{ticker}/candlesticks", query=query,
                         ticker=SETTLED)["candlesticks"]
    assert any(candle["volume"] == "4.00" for candle in candles)
    market = calls.done("GET /historical/markets/{ticker}", ticker=SETTLED)["market"]
    assert market["result"] == "yes"
    for operation in ("markets", "trades", "fills", "orders"):
        assert calls.done(f"GET /historical/{operation}")[operation], operation
    # The other market of the event keeps its positions live.
    assert calls.done("GET /historical/positions")["market_positions"] == []
    calls.operator.post(f"/markets/{TICKER}/close")
    calls.operator.post(f"/markets/{TICKER}/determine", {"result": "no", "expiration_value": "7"})
    calls.operator.put("/clock", {"advance_seconds": 100 * 86_400})
    assert calls.done("GET /historical/positions")["market_positions"]


def use(calls, document):
    """Every operation with success, and the refusals that need a state of their own."""
    for step in (list_markets, trade, trade_in_batches, settle, use_order_groups, use_keys,
                 use_funds, use_restricted_keys, use_old_orders):
        step(calls)
    read_everything(calls, document)
