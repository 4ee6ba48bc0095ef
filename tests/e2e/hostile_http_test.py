"""Requests that no honest client sends: each gets the answer it deserves, and the exchange goes on.
Framing, methods, paths and pipelines: http_protocol_test.py; each field: negative_input_test.py."""

import json
import socket
import time
import urllib.parse

import httpx
import pytest

import orders

TICKER = "MARKET_MAKER"
HEADER_BYTES_TOO_MANY = 256 << 10
BODY_BYTES_TOO_MANY = 64 << 20


def raw(exchange, data, timeout=20):
    """What comes back on a connection of its own until it is closed."""
    with socket.create_connection(exchange.address, timeout=timeout) as connection:
        answer = b""
        try:
            connection.sendall(data)
            while chunk := connection.recv(65536):
                answer += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else None


def still_serves(exchange):
    return httpx.get(exchange.rest_url + "/exchange/status", timeout=10).status_code == 200


def test_oversized_headers_are_refused(exchange):
    answer = raw(exchange, b"GET /trade-api/v2/markets HTTP/1.1\r\nHost: x\r\nX-Filler: "
                 + b"a" * HEADER_BYTES_TOO_MANY + b"\r\n\r\n")
    assert status_of(answer) in (431, 400, None)
    assert still_serves(exchange)


def test_oversized_bodies_are_refused_before_they_are_read(exchange):
    answer = raw(exchange, b"POST /trade-api/v2/portfolio/events/orders HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Type: application/json\r\nContent-Length: "
                 + str(BODY_BYTES_TOO_MANY).encode() + b"\r\n\r\n")
    assert status_of(answer) == 413
    assert still_serves(exchange)


@pytest.mark.parametrize("data", [
    b"\r\n\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"POST /trade-api/v2/portfolio/events/orders HTTP/1.1\r\nHost: x\r\nContent-Length: -1"
    b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
], ids=["blank", "tls", "short", "version", "negative-length", "two-lengths", "smuggling"])
def test_broken_requests_end_the_connection(exchange, data):
    with socket.create_connection(exchange.address, timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
    assert status_of(answer) in (None, 400, 501, 505)
    assert still_serves(exchange)


def test_slow_senders_do_not_stop_others(exchange):
    slow = [socket.create_connection(exchange.address, timeout=20) for _ in range(50)]
    for connection in slow:
        connection.sendall(b"GET /trade-api/v2/markets HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    start = time.monotonic()
    assert still_serves(exchange)
    assert time.monotonic() - start < 5
    answer = b""
    while chunk := slow[0].recv(65536):  # Cut off after the header's time, with a reason.
        answer += chunk
    assert status_of(answer) == 408
    for connection in slow:
        connection.close()


def test_bodies_that_trickle_do_not_stop_others(exchange, demo):
    start = (f"POST /trade-api/v2{orders.ORDERS} HTTP/1.1\r\nHost: x\r\n"
             "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{").encode()
    slow = [socket.create_connection(exchange.address, timeout=20) for _ in range(50)]
    for connection in slow:
        connection.sendall(start)
    for _ in range(10):
        for connection in slow:
            connection.sendall(b" ")
        created = orders.create(demo, TICKER, price="0.0200")
        assert created.status_code == 201
        assert orders.cancel(demo, created.json()["order_id"]).status_code == 200
    for connection in slow:
        connection.close()


@pytest.mark.parametrize("data", [
    "", "{", "null", "[]", "7", '"text"', "{}", '{"ticker":}', "[" * 20_000,
    '{"a":' * 20_000 + "1" + "}" * 20_000, '{"ticker": "\ud800"}'.encode("utf-8", "surrogatepass"),
    b"\xff\xfe\x00", b'{"ticker":"\x00"}',
], ids=["empty", "open", "null", "array", "number", "text", "object", "no-value", "deep-array",
        "deep-object", "surrogate", "not-utf8", "nul"])
def test_bad_json_is_a_400(exchange, demo, data):
    answer = demo.send("POST", orders.ORDERS, data)
    assert answer.status_code == 400
    assert answer.json()
    assert exchange.alive()


@pytest.mark.parametrize("change", [
    {"count": 1}, {"price": 0.4}, {"count": "1e400"}, {"price": "NaN"}, {"price": "Infinity"},
    {"count": "-1.00"}, {"price": "-0.4000"}, {"price": "0.4050"}, {"price": "0.00"},
    {"price": "1.0000"}, {"count": "0"}, {"count": "0.001"}, {"count": "9" * 400},
    {"price": "0x1"}, {"side": "buy"}, {"side": None}, {"time_in_force": "GTT"},
    {"time_in_force": 3}, {"self_trade_prevention_type": "none"}, {"ticker": 7},
    {"ticker": ["MARKET_MAKER"]}, {"client_order_id": "x" * 65}, {"client_order_id": "a b"},
    {"client_order_id": {}}, {"post_only": "yes"}, {"subaccount": -1}, {"subaccount": 64},
    {"subaccount": 1 << 70}, {"expiration_time": 1}, {"expiration_time": 1e400},
    {"expiration_time": "soon"}, {"order_group_id": "../../etc/passwd"},
], ids=lambda change: "-".join(f"{k}={str(v)[:12]}" for k, v in change.items()))
def test_bad_order_fields_are_refused(exchange, demo, change):
    body = {"ticker": TICKER, "side": "bid", "price": "0.4000", "count": "1.00",
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross", **change}
    text = json.dumps(body).replace("Infinity", "1e400", 1) if change.get(
        "expiration_time") == float("inf") else json.dumps(body)
    answer = demo.send("POST", orders.ORDERS, text)
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()


@pytest.mark.parametrize("ticker", ["\u30c6\u30b9\u30c8", "A" * 5000, "", "../x", "A%00B",
                                    "\U0001f600"])
def test_strange_tickers_are_unknown(exchange, demo, ticker):
    assert orders.create(demo, ticker).status_code in (400, 404)
    path = urllib.parse.quote(ticker, safe="")
    answer = httpx.get(f"{exchange.rest_url}/markets/{path}/orderbook", timeout=10)
    assert answer.status_code in (301, 400, 404, 414)


@pytest.mark.parametrize("query", ["limit=1001", "limit=-1", "limit=x", "limit=1e400",
                                   "status=nothing", "limit=" + "9" * 300, "limit=%ff"])
def test_bad_queries_are_a_400(exchange, query):
    assert httpx.get(f"{exchange.rest_url}/markets?{query}", timeout=10).status_code == 400


def test_strange_cursors_give_a_page(exchange):
    for cursor in ("nonsense", "%00", "A" * 4000):
        answer = httpx.get(f"{exchange.rest_url}/markets?limit=2&cursor={cursor}", timeout=10)
        assert answer.status_code == 200


def balance(exchange, headers):
    return httpx.get(exchange.rest_url + BALANCE, headers=headers, timeout=10)


BALANCE = "/portfolio/balance"


def test_signatures_outside_the_window_are_expired(exchange, demo):
    now = time.time_ns() // 1_000_000
    for offset in (-60_000, 60_000, -3_600_000):
        answer = balance(exchange, demo.headers("GET", BALANCE, now + offset))
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "header_timestamp_expired"


def test_a_replayed_signature_dies_with_its_window(exchange, demo):
    headers = demo.headers("GET", BALANCE)
    assert balance(exchange, headers).status_code == 200
    moved = {**headers, "KALSHI-ACCESS-TIMESTAMP": str(time.time_ns() // 1_000_000 + 1_000)}
    assert balance(exchange, moved).status_code == 401


def test_wrong_keys_and_tampered_paths_are_refused(exchange, demo, flow):
    good = demo.headers("GET", BALANCE)
    wrong_key = {**good, "KALSHI-ACCESS-KEY": flow.credentials["key_id"]}
    assert balance(exchange, wrong_key).status_code == 401
    unknown = {**good, "KALSHI-ACCESS-KEY": "00000000-0000-4000-8000-000000000000"}
    assert balance(exchange, unknown).json()["error"]["details"] == "NOT_FOUND"
    other_path = demo.headers("GET", "/portfolio/orders")
    assert balance(exchange, other_path).status_code == 401
    other_method = demo.headers("POST", BALANCE)
    assert balance(exchange, other_method).status_code == 401
    for broken in ("", "!!!!", "A" * 20_000):
        answer = balance(exchange, {**good, "KALSHI-ACCESS-SIGNATURE": broken})
        assert answer.status_code in (401, 431)
    assert balance(exchange, {}).status_code == 401


def test_another_accounts_order_does_not_exist(demo, flow):
    created = orders.create(flow, TICKER, price="0.0200")
    assert created.status_code == 201
    order_id = created.json()["order_id"]
    assert demo.request("GET", f"/portfolio/orders/{order_id}").status_code == 404
    assert orders.cancel(demo, order_id).status_code == 404
    assert demo.request("POST", f"{orders.ORDERS}/{order_id}/decrease",
                        {"reduce_by": "1.00"}).status_code == 404
    assert orders.cancel(flow, order_id).status_code == 200


def test_nothing_was_left_behind(exchange, demo):
    assert demo.request("GET", "/portfolio/orders?status=resting").json()["orders"] == []
    assert still_serves(exchange)
