"""What no honest WebSocket client sends, and clients that do not keep up: each gets the documented
answer, and nobody else notices."""

import json
import socket as sockets
import struct
import threading
import time
import zlib

import httpx
import pytest

from local_exchange import LocalExchange, wait_until
from raw_socket import BINARY, CLOSE, PING, PONG, TEXT, RawSocket
from stored_exchange import StoredExchange
from venue_socket import PATH, VenueSocket

TICKER = "MARKET_MAKER"
MESSAGE_BYTES_MAX = 64 << 20


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange() as running:
        yield running


@pytest.fixture
def witness(exchange):
    """Somebody else, who must notice nothing: fed all through the test, with no gap."""
    with VenueSocket(exchange.announcement["ws_url"], exchange.account("market-maker")) as socket:
        socket.subscribe("orderbook_delta", "ticker", market_ticker=TICKER)
        yield socket
        account = exchange.account("market-maker")
        account.delete("/portfolio/events/orders/" + account.post("/portfolio/events/orders", {
            "ticker": TICKER, "side": "bid", "price": "0.0300", "count": "1.00",
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross"})["order_id"])
        socket.drain()
        book = account.get(f"/markets/{TICKER}/orderbook")["orderbook_fp"]
        assert socket.books[TICKER].levels() == book


@pytest.fixture
def raw(exchange):
    with RawSocket(exchange, exchange.account("demo")) as connected:
        yield connected


LIST = b'{"id":7,"cmd":"list_subscriptions"}'


def answers(raw):
    raw.send(TEXT, LIST)
    opcode, payload = raw.receive()
    return opcode == TEXT and json.loads(payload).get("id") == 7


@pytest.mark.parametrize("text", [
    b"", b"{", b"null", b"[]", b"7", b'"text"', b"{}garbage", b"[" * 20_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000, b'{"id":"1","cmd":"subscribe"}',
    b'{"id":1,"cmd":["subscribe"]}', b'{"id":1,"cmd":"subscribe","params":"all"}',
    b'{"id":1,"cmd":"subscribe","params":{"channels":{"a":1}}}',
    b'{"id":1,"cmd":"subscribe","params":{"channels":[1]}}',
    b'{"id":1e999,"cmd":"subscribe"}',
], ids=["empty", "open", "null", "array", "number", "string", "garbage", "deep-array",
        "deep-object", "id", "cmd", "params", "channels", "channel", "huge-id"])
def test_texts_that_are_no_command_are_error_1_and_the_connection_goes_on(raw, text):
    raw.send(TEXT, text)
    opcode, payload = raw.receive()
    assert opcode == TEXT and json.loads(payload)["msg"] == {
        "code": 1, "msg": "Unable to process message"}
    assert answers(raw)


def test_binary_messages_are_error_1(raw):
    raw.send(BINARY, LIST)
    assert json.loads(raw.receive()[1])["msg"]["code"] == 1
    assert answers(raw)


@pytest.mark.parametrize("frame,code", [
    (dict(opcode=3, payload=b""), 1002), (dict(opcode=11, payload=b""), 1002),
    (dict(opcode=TEXT, payload=LIST, masked=False), 1002),
    (dict(opcode=TEXT, payload=LIST, rsv=4), 1002), (dict(opcode=TEXT, payload=LIST, rsv=2), 1002),
    (dict(opcode=0, payload=LIST), 1002), (dict(opcode=PING, payload=b"x" * 126), 1002),
    (dict(opcode=PING, payload=b"x", final=False), 1002),
    (dict(opcode=TEXT, payload=b"\xff\xfe\xfd"), 1007),
    (dict(opcode=CLOSE, payload=b"\x03"), 1002),
], ids=["reserved-3", "reserved-11", "unmasked", "rsv1", "rsv2", "continuation-of-nothing",
        "long-ping", "fragmented-ping", "not-utf8", "short-close"])
def test_frames_against_the_protocol_end_the_connection(raw, witness, frame, code):
    raw.send(**frame)
    assert raw.receive()[1] in (code, 1006)


def test_fragments_with_control_frames_between_are_one_message(raw):
    for i, byte in enumerate(LIST):
        raw.send(TEXT if i == 0 else 0, bytes([byte]), final=i == len(LIST) - 1)
        raw.send(PING, b"between %d" % i)
    pongs = 0
    while True:
        opcode, payload = raw.receive()
        if opcode == TEXT:
            break
        assert opcode == PONG and payload.startswith(b"between")
        pongs += 1
    assert json.loads(payload)["id"] == 7 and pongs > 0


def test_a_frame_beyond_64_mib_is_refused_before_it_is_sent(raw, witness):
    raw.send_bytes(raw.head(TEXT, MESSAGE_BYTES_MAX + 1) + b"\0\0\0\0")
    assert raw.receive() == (None, 1009)


def test_a_message_beyond_the_size_of_a_command_is_error_1(raw, witness):
    raw.send(TEXT, b'{"id":1,"cmd":"' + b"x" * (17 << 20) + b'"}')
    assert json.loads(raw.receive()[1])["msg"]["code"] == 1
    assert answers(raw)


def test_a_compression_bomb_ends_its_connection(exchange, witness):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(b" " * (MESSAGE_BYTES_MAX + (1 << 20)))
    bomb += deflate.flush(zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 1 << 20
    with RawSocket(exchange, exchange.account("demo"),
                   extensions="permessage-deflate; client_no_context_takeover") as raw:
        raw.send(TEXT, bomb[:-4], rsv=4)
        assert raw.receive() == (None, 1009)


def test_bytes_that_do_not_inflate_end_the_connection(exchange, witness):
    with RawSocket(exchange, exchange.account("demo"), extensions="permessage-deflate") as raw:
        raw.send(TEXT, b"\xff" * 100, rsv=4)
        assert raw.receive()[1] in (1007, 1002, 1006)


def test_a_half_closed_socket_is_let_go(exchange, raw, witness):
    raw.finish_sending()
    assert raw.receive()[0] is None


def test_sockets_that_vanish_are_forgotten(exchange, witness):
    def connections():
        text = httpx.get(exchange.rest_url.replace("/trade-api/v2", "/metrics")).text
        return next(float(line.split()[1]) for line in text.splitlines()
                    if line.startswith("evx_exchange_websocket_connections "))

    wait_until(lambda: connections() == 1, 20, "the witness is alone")
    raws = [RawSocket(exchange, exchange.account("demo")) for _ in range(50)]
    wait_until(lambda: connections() == 51, 20, "50 connections more")
    for raw in raws:
        raw.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        raw.socket.close()  # A reset.
    wait_until(lambda: connections() == 1, 20, "they are forgotten")


def test_a_storm_of_subscriptions_leaves_others_alone(exchange, witness):
    demo = exchange.account("demo")
    tickers = [m["ticker"] for m in demo.get("/markets", limit=1000)["markets"]]
    with VenueSocket(exchange.announcement["ws_url"], demo) as storm:
        for _ in range(30):
            [sid] = storm.subscribe("orderbook_delta", market_tickers=tickers)
            assert storm.call("unsubscribe", sids=[sid])["type"] == "unsubscribed"
            storm.kept.clear()
        storm.subscribe("orderbook_delta", "ticker", "trade", market_tickers=tickers * 20)
        storm.drain()


def test_more_than_10000_commands_a_second_are_error_27(exchange, witness):
    with RawSocket(exchange, exchange.account("demo")) as raw:
        refused = threading.Event()

        def read():
            received = b""
            while not refused.is_set() and (data := raw.socket.recv(1 << 20)):
                received = received[-100:] + data
                if b'"code":27' in received:
                    refused.set()

        reader = threading.Thread(target=read)
        reader.start()
        frames = (raw.head(TEXT, len(LIST)) + b"\0\0\0\0" + LIST) * 1_000
        deadline = time.monotonic() + 30
        while not refused.is_set() and time.monotonic() < deadline:
            raw.send_bytes(frames)
        reader.join(30)
        assert refused.is_set()


def test_a_client_that_reads_nothing_is_told_and_cut(exchange, witness):
    """Its subscription ends with error 25 once 4 MiB wait, and the connection 10 s later."""
    def metric(name):
        text = httpx.get(exchange.rest_url.replace("/trade-api/v2", "/metrics")).text
        return next(float(line.split()[1]) for line in text.splitlines()
                    if line.startswith(f"evx_exchange_websocket_{name} "))

    overflows, cut = metric("overflows_total"), metric("slow_consumers_cut_total")
    with RawSocket(exchange, exchange.account("demo"), receive_bytes=4096) as slow:
        slow.send(TEXT, json.dumps({"id": 1, "cmd": "subscribe", "params": {
            "channels": ["orderbook_delta"], "market_ticker": TICKER}}).encode())
        # One command with an answer of more than 4 MiB and what the socket takes.
        slow.send(TEXT, json.dumps({"id": 2, "cmd": "update_subscription", "params": {
            "sid": 1, "action": "get_snapshot", "market_tickers": [TICKER] * 100_000}}).encode())
        wait_until(lambda: metric("overflows_total") > overflows, 60, "the subscription ends")
        wait_until(lambda: metric("slow_consumers_cut_total") > cut, 60, "the connection is cut")


def test_after_kill_9_clients_reconnect_to_the_same_books(tmp_path):
    with StoredExchange(tmp_path) as exchange:
        demo = exchange.account(exchange.credentials("demo"))
        seen = []
        for round_number in range(2):
            url = exchange.rest_url.replace("http://", "ws://").replace("/trade-api/v2", PATH)
            with VenueSocket(url, demo) as socket:
                socket.subscribe("orderbook_delta", "user_orders", market_ticker=TICKER)
                for i in range(20):
                    demo.post("/portfolio/events/orders", {
                        "ticker": TICKER, "side": "bid", "price": f"0.{10 + i}00", "count": "1.00",
                        "client_order_id": f"kill-{round_number}-{i}",
                        "time_in_force": "good_till_canceled",
                        "self_trade_prevention_type": "taker_at_cross"})
                seen += [m["msg"]["client_order_id"] for m in socket.drain()
                         if m["type"] == "user_order"]
                book = socket.books[TICKER].levels()
                assert book == demo.get(f"/markets/{TICKER}/orderbook")["orderbook_fp"]
                exchange.kill()
            exchange.start()
            demo = exchange.account(exchange.credentials("demo"))
            assert demo.get(f"/markets/{TICKER}/orderbook")["orderbook_fp"] == book
        resting = [order["client_order_id"] for order in demo.resting_orders()]
        assert sorted(resting) == sorted(seen) and len(set(seen)) == 40
