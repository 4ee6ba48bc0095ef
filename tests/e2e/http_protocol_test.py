"""HTTP/1.1 at its edges, byte by byte against a running exchange: framing that two readers could
read differently, methods, paths and signatures, pipelines, versions."""

import collections
import json
import socket

import httpx
import pytest

import orders

PREFIX = "/trade-api/v2"
STATUS = f"{PREFIX}/exchange/status"
BALANCE = "/portfolio/balance"
TICKER = "MARKET_MAKER"

Answer = collections.namedtuple("Answer", "status headers body")


class Wire:
    """One connection; bytes out, answers in."""

    def __init__(self, exchange):
        self._socket = socket.create_connection(exchange.address, timeout=20)
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def answer(self, has_body=True):
        """The next answer; None when the connection is closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                assert not self._buffer, self._buffer
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in
                   (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        length = int(headers.get("content-length", 0)) if has_body and status >= 200 else 0
        while len(self._buffer) < length:
            assert self._more(), "closed in the middle of a body"
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Answer(status, headers, body)

    def _more(self):
        try:
            chunk = self._socket.recv(65536)
        except ConnectionResetError:
            return False
        self._buffer += chunk
        return bool(chunk)


@pytest.fixture
def wire(exchange):
    with Wire(exchange) as connection:
        yield connection


def request(method, path, *lines, body=b"", version="1.1"):
    head = [f"{method} {path} HTTP/{version}", "Host: x", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


def signed(account, method, path, *lines, signed_path=None, body=b"", signed_method=None):
    """A request whose signature is over `signed_path`, which is `path` when it is not given."""
    headers = account.headers(signed_method or method, signed_path or path)
    if body:
        lines = (*lines, "Content-Type: application/json")
    return request(method, PREFIX + path, *(f"{k}: {v}" for k, v in headers.items()), *lines,
                   body=body)


ORDER = json.dumps({"ticker": TICKER, "side": "bid", "price": "0.0100", "count": "1.00",
                    "time_in_force": "good_till_canceled",
                    "self_trade_prevention_type": "taker_at_cross"}).encode()


@pytest.mark.parametrize("lines, body", [
    (["Content-Length: 6", "Transfer-Encoding: chunked"], b"0\r\n\r\nX"),
    (["Transfer-Encoding: chunked", "Content-Length: 6"], b"0\r\n\r\nX"),
    (["Content-Length: 5", "Content-Length: 6"], b"hello!"),
    (["Content-Length: 5", "Content-Length: 5"], b"hello"),
    (["Content-Length: 5, 5"], b"hello"),
    (["Content-Length: +5"], b"hello"),
    (["Content-Length: 5 "], b"hello"),
    (["Content-Length : 5"], b"hello"),
    (["Content-Length: 0x5"], b"hello"),
    (["Content-Length: 99999999999999999999"], b""),
    (["Content-Length: 5", " folded: 6"], b"hello"),
    (["X-Folded: a", "\tb"], b""),
    (["Transfer-Encoding: xchunked"], b"0\r\n\r\n"),
    (["Transfer-Encoding: chunked, identity"], b"0\r\n\r\n"),
    (["Transfer-Encoding: identity", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
    (["Transfer-Encoding: chunked"], b"5\r\nhello0\r\n\r\n"),
    (["Transfer-Encoding: chunked"], b"-1\r\n\r\n"),
    (["Transfer-Encoding: chunked"], b"0x5\r\nhello\r\n0\r\n\r\n"),
    (["Transfer-Encoding: chunked"], b"ffffffffffffffff\r\n"),
    (["Host: y"], b""), (["No colon"], b""), ([": empty"], b""), (["Bad\x00Name: x"], b""),
    (["X: a\rb"], b""), (["X: a\x00b"], b""),
])
def test_what_two_readers_could_read_differently_ends_the_connection(exchange, wire, lines, body):
    """No byte behind such a request is ever taken for a request."""
    wire.send(request("POST", STATUS, *lines, body=body) + request("GET", STATUS))
    answer = wire.answer()
    if lines == ["Content-Length: 5 "]:  # Blanks around a value are no part of it.
        assert answer.status == 405 and wire.answer().status == 200
        return
    if lines[-1] in (" folded: 6", "\tb"):  # Folding is replaced by blanks or refused.
        assert answer.status in (400, 405)
        return
    assert answer.status in (400, 413, 501), answer
    assert wire.answer() is None
    assert httpx.get(exchange.rest_url + "/exchange/status").status_code == 200


def test_a_smuggled_order_is_never_placed(exchange, demo):
    """An order behind an ambiguous length stays bytes of a refused request."""
    inner = signed(demo, "POST", orders.ORDERS, f"Content-Length: {len(ORDER)}", body=ORDER)
    for lines in (["Content-Length: 4", "Transfer-Encoding: chunked"],
                  ["Content-Length: 0", f"Content-Length: {len(inner)}"]):
        with Wire(exchange) as wire:
            wire.send(request("POST", STATUS, *lines) + b"0\r\n\r\n" + inner)
            assert wire.answer().status == 400
            assert wire.answer() is None
    assert demo.resting_orders() == []


def test_methods(exchange, wire):
    got = wire.send(request("GET", STATUS)).answer()
    head = wire.send(request("HEAD", STATUS)).answer(has_body=False)
    assert (got.status, head.status) == (200, 200)
    assert head.headers["content-length"] == got.headers["content-length"]
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "BREW"):
        answer = wire.send(request(method, STATUS, "Content-Length: 0")).answer()
        assert answer.status == 405, method
        assert answer.headers["allow"] == "GET, HEAD"
        assert json.loads(answer.body)["error"]["code"] == "method_not_allowed"
        unknown = wire.send(request(method, PREFIX + "/nothing", "Content-Length: 0")).answer()
        assert unknown.status == 404 and "allow" not in unknown.headers, method
    both = wire.send(request("PATCH", PREFIX + orders.ORDERS, "Content-Length: 0")).answer()
    assert both.headers["allow"] == "POST, DELETE"


@pytest.mark.parametrize("path, status", [
    ("/markets/MARKET%5FMAKER", 200), ("/mark%65ts/MARKET_MAKER", 200), ("/markets/", 200),
    ("/markets/MARKET_MAKER/", 200), ("/markets/MARKET_MAKER//", 404), ("//markets", 404),
    ("/markets/MARKET%2fMAKER", 404), ("/markets/MARKET%MAKER", 404), ("/markets/%", 404),
    ("/markets/%00", 404), ("/./markets", 404), ("/markets/../markets", 404),
    ("/markets/market_maker", 404), ("/MARKETS", 404), ("/markets;x=1", 404),
    ("/" + "a/" * 5000, 404), ("/markets/" + "A" * 4000, 404), ("/markets?limit=1", 200),
    ("/markets?", 200), ("/markets?limit=1?x", 400), ("/markets?limit=%31", 200),
])
def test_paths(wire, path, status):
    answer = wire.send(request("GET", PREFIX + path)).answer()
    assert answer.status == status or (len(path) > 8000 and answer.status in (414, 431))


def test_absolute_and_other_targets(exchange, wire):
    host = "%s:%d" % exchange.address
    assert wire.send(request("GET", f"http://{host}{STATUS}")).answer().status == 200
    for target in ("exchange/status", "*", "ftp://x/y", host, ""):
        with Wire(exchange) as other:
            assert other.send(request("GET", target)).answer().status == 400, target


@pytest.mark.parametrize("path, signed_path, status", [
    (BALANCE, None, 200),
    (BALANCE + "?subaccount=0", BALANCE, 200),
    (BALANCE + "?subaccount=0", BALANCE + "%3Fsubaccount=0", 401),
    (BALANCE + "/", BALANCE + "/", 200),
    (BALANCE + "/", BALANCE, 401),
    ("/portfolio/b%61lance", "/portfolio/b%61lance", 200),
    ("/portfolio/b%61lance", BALANCE, 401),
    (BALANCE, "/portfolio/b%61lance", 401),
    (BALANCE, "/portfolio/BALANCE", 401),
    (BALANCE, "/portfolio/orders", 401),
])
def test_the_signature_is_over_the_path_as_sent_without_the_query(exchange, demo, wire, path,
                                                                 signed_path, status):
    assert wire.send(signed(demo, "GET", path, signed_path=signed_path)).answer().status == status


def test_the_signature_does_not_hold_for_the_query_of_the_signer(demo, wire):
    """What a signer adds behind the path is not part of what the exchange verifies."""
    headers = demo.headers("GET", BALANCE)
    with_query = demo.headers("GET", BALANCE + "%3F")
    answers = []
    for each in (headers, with_query):
        wire.send(request("GET", f"{PREFIX}{BALANCE}?subaccount=0",
                          *(f"{k}: {v}" for k, v in each.items())))
        answers.append(wire.answer().status)
    assert answers == [200, 401]


def test_the_method_is_signed(demo, wire):
    assert wire.send(signed(demo, "HEAD", BALANCE)).answer(has_body=False).status == 200
    wrong = signed(demo, "HEAD", BALANCE, signed_method="GET")
    assert wire.send(wrong).answer(has_body=False).status == 401


def test_header_names_have_no_case_and_doubled_credentials_no_meaning(demo, flow, wire):
    good = demo.headers("GET", BALANCE)
    for change in (str.lower, str.upper, str.title):
        lines = [f"{change(name)}:{value}\t" for name, value in good.items()]
        assert wire.send(request("GET", PREFIX + BALANCE, *lines)).answer().status == 200
    lines = [f"{name}: {value}" for name, value in good.items()]
    other = [f"{name}: {value}" for name, value in flow.headers("GET", BALANCE).items()]
    for doubled in (lines + other, other + lines, lines + lines[:1], lines + other[2:]):
        answer = wire.send(request("GET", PREFIX + BALANCE, *doubled)).answer()
        assert answer.status == 401, doubled


def test_expectations(exchange, demo, wire):
    body = b'{"ticker"'
    start = signed(demo, "POST", orders.ORDERS, "Expect: 100-continue",
                   "Content-Type: application/json", f"Content-Length: {len(body)}")
    assert wire.send(start).answer(has_body=False).status == 100
    assert wire.send(body).answer().status == 400
    assert wire.send(request("GET", STATUS)).answer().status == 200
    with Wire(exchange) as other:
        other.send(request("POST", STATUS, "Expect: a-miracle", "Content-Length: 1"))
        assert other.answer().status == 417
    with Wire(exchange) as other:
        other.send(request("POST", STATUS, "Expect: 100-continue", f"Content-Length: {64 << 20}"))
        assert other.answer().status == 413


def test_chunked_bodies(demo, wire):
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(ORDER[i:i + 7]), ORDER[i:i + 7])
                      for i in range(0, len(ORDER), 7)) + b"0\r\nX-Trailer: 1\r\n\r\n"
    start = signed(demo, "POST", orders.ORDERS, "Transfer-Encoding: chunked",
                   "Content-Type: application/json")
    created = wire.send(start + chunks).answer()
    assert created.status == 201, created
    assert orders.cancel(demo, json.loads(created.body)["order_id"]).status_code == 200
    with_key_behind = request("GET", PREFIX + BALANCE, "Transfer-Encoding: chunked", body=(
        b"0\r\n" + b"".join(f"{k}: {v}\r\n".encode() for k, v in
                            demo.headers("GET", BALANCE).items()) + b"\r\n"))
    assert wire.send(with_key_behind).answer().status == 401


def test_an_error_in_the_middle_of_a_pipeline(demo, wire):
    """Every request gets its own answer in order; a refusal above HTTP ends nothing."""
    good = signed(demo, "POST", orders.ORDERS, f"Content-Length: {len(ORDER)}", body=ORDER)
    broken = signed(demo, "POST", orders.ORDERS, "Content-Length: 9", body=b'{"ticker"')
    stranger = request("GET", PREFIX + BALANCE)
    unknown = request("GET", PREFIX + "/nothing")
    wire.send(good + broken + stranger + unknown + good + request("GET", STATUS))
    assert [wire.answer().status for _ in range(6)] == [201, 400, 401, 404, 201, 200]
    wire.send(good + b"GET\r\n\r\n" + good)
    assert [wire.answer().status for _ in range(2)] == [201, 400]
    assert wire.answer() is None
    assert len(demo.resting_orders()) == 3
    assert demo.request("DELETE", orders.ORDERS).status_code == 204


def test_versions(exchange, wire):
    kept = request("GET", STATUS, "Connection: keep-alive", version="1.0")
    answer = wire.send(kept).answer()
    assert answer.status == 200 and answer.headers["connection"].lower() == "keep-alive"
    ended = wire.send(request("GET", STATUS, version="1.0")).answer()
    assert ended.status == 200 and wire.answer() is None
    with Wire(exchange) as other:
        assert other.send(request("GET", STATUS, "Connection: close")).answer().status == 200
        assert other.answer() is None
    for version, status in (("2.0", 505), ("1.2", 505), ("0.9", 505), ("1", 400), ("x", 400)):
        with Wire(exchange) as other:
            assert other.send(request("GET", STATUS, version=version)).answer().status == status
    with Wire(exchange) as other:
        other.send(b"GET " + STATUS.encode() + b" HTTP/1.1\r\n\r\n")  # Without a Host.
        assert other.answer().status == 400


def test_content_types(exchange, demo):
    for content_type, status in [("application/json", 201),
                                 ("Application/JSON; charset=utf-8", 201),
                                 ("text/plain", 400), ("application/x-www-form-urlencoded", 400),
                                 ("application/jsonp", 400), (None, 400)]:
        headers = demo.headers("POST", orders.ORDERS)
        if content_type:
            headers["Content-Type"] = content_type
        answer = httpx.post(exchange.rest_url + orders.ORDERS, headers=headers, content=ORDER)
        assert answer.status_code == status, content_type
        if status == 400:
            assert answer.json()["code"] == "invalid_content_type"
    assert demo.request("DELETE", orders.ORDERS).status_code == 204
