"""Faults that an operator injects, from outside: the doors' real connections, the log, /health."""

import json

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from local_exchange import LocalExchange, wait_until
from orders import create
from venue_socket import VenueSocket

MARKET = "FAULTS"


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange("--faults=allowed", "--catalogue=empty") as running:
        admin = running.operator()
        admin.put("/series/F", {})
        admin.put("/events/F-1", {"series_ticker": "F"})
        admin.put(f"/markets/{MARKET}", {"event_ticker": "F-1",
                                         "close_time": "2100-01-01T00:00:00Z"})
        yield running


@pytest.fixture
def admin(exchange):
    operator = exchange.operator()
    yield operator
    operator.post("/faults/clear")


class DeafSocket(VenueSocket):
    """Counts what is wrong with the numbering instead of refusing it."""

    def receive_raw(self, seconds=20):
        return json.loads(self.connection.recv(timeout=seconds))


def frames(socket, count):
    """The seq of the next frames."""
    return [socket.receive_raw()["seq"] for _ in range(count)]


@pytest.fixture
def socket(exchange, demo):
    with DeafSocket(exchange.announcement["ws_url"], demo) as connected:
        connected.subscribe("orderbook_delta", market_ticker=MARKET)
        assert connected.receive_raw()["type"] == "orderbook_snapshot"
        yield connected


def health(exchange):
    return httpx.get(exchange.rest_url.replace("/trade-api/v2", "/health")).json()["components"]


def test_health_says_whether_faults_are_set(exchange, admin):
    assert health(exchange)["faults"]["status"] == "UP"
    admin.put("/faults", {"door": "websocket", "latency_ms": 1})
    component = health(exchange)["faults"]
    assert component["status"] == "DOWN" and component["impact"] == "none"
    assert component["reason"] == "1 fault profile is set: door websocket"


def test_a_connection_ends_with_and_without_the_order_being_executed(exchange, admin, demo):
    for rate, is_executed in (("disconnect_rate", False), ("disconnect_executed_rate", True)):
        admin.put("/faults", {"account": "demo", rate: 1, "writes_only": True})
        with pytest.raises(httpx.RemoteProtocolError):
            create(demo, MARKET, client_order_id=rate)
        admin.post("/faults/clear")
        sent = {row["client_order_id"] for row in demo.resting_orders()}
        assert (rate in sent) == is_executed


@pytest.mark.parametrize("rate, expected", [
    ("drop_rate", [3, 5, 6]), ("duplicate_rate", [3, 4, 4, 5, 6]),
    ("sequence_skip_rate", [3, 5, 6, 7]), ("sequence_repeat_rate", [3, 3, 4, 5]),
])
def test_the_second_frame_is_faulty(exchange, admin, flow, socket, rate, expected):
    # subscribe is answered without a number; the snapshot has 1, a first delta 2.
    create(flow, MARKET, price="0.1000")
    assert frames(socket, 1) == [2]
    admin.put("/faults", {"account": "demo", "door": "websocket", rate: 1, "from_message": 1,
                          "to_message": 1})
    for price in ("0.1100", "0.1200", "0.1300", "0.1400"):
        create(flow, MARKET, price=price)
    assert frames(socket, len(expected)) == expected
    [entry] = admin.get("/faults/log")["entries"]
    assert (entry["kind"], entry["connection"], entry["message"]) == (
        rate.removesuffix("_rate"), 0, 1)


def test_held_frames_keep_their_order_and_come(exchange, admin, flow, socket):
    admin.put("/faults", {"account": "demo", "door": "websocket", "latency_ms": 5,
                          "jitter_ms": 20})
    for i in range(20):
        create(flow, MARKET, price=f"0.{20 + i}00")
    assert frames(socket, 20) == list(range(2, 22))
    # What is held when the faults end comes at once.
    admin.put("/faults", {"account": "demo", "door": "websocket", "latency_ms": 60_000})
    create(flow, MARKET, price="0.5000")
    admin.post("/faults/clear")
    create(flow, MARKET, price="0.5100")
    assert frames(socket, 2) == [22, 23]


def test_a_frame_can_cut_the_connection(exchange, admin, flow, socket):
    admin.put("/faults", {"door": "websocket", "disconnect_rate": 1})
    create(flow, MARKET, price="0.6000")
    with pytest.raises(ConnectionClosed):
        socket.receive_raw()
    assert exchange.alive()


def test_metrics_count_by_kind(exchange, admin, demo):
    def count():
        text = httpx.get(exchange.rest_url.replace("/trade-api/v2", "/metrics")).text
        [line] = [line for line in text.splitlines()
                  if line.startswith('evx_exchange_faults_total{kind="too_many_requests"}')]
        return float(line.split()[1])

    before = count()
    admin.put("/faults", {"account": "demo", "too_many_requests_rate": 1})
    assert demo.request("GET", "/portfolio/balance").status_code == 429
    assert wait_until(lambda: count() == before + 1, 30, "one more fault is counted")
