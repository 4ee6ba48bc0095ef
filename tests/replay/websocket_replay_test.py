"""A recorded session played on the exchange and read back through its WebSocket API: per recorded
millisecond the same net change of every level and the same trades, in the recorded order."""

import datetime
import decimal
import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from local_exchange import LocalExchange  # noqa: E402
from recording import (ASK, BID, CLOCK_START, RECORDINGS, Recording, add,  # noqa: E402
                       flow_command)
from venue_socket import VenueSocket  # noqa: E402

YES_MAX = 10_000  # $1 in $0.0001.


def price(text):
    return int(decimal.Decimal(text) * YES_MAX)


def quantity(text):
    return int(decimal.Decimal(text) * 100)


def rfc3339(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).isoformat()


def level_of(delta):
    """A bid for NO at p is an ask at 1 - p."""
    at = price(delta["price_dollars"])
    return (BID, at) if delta["side"] == "yes" else (ASK, YES_MAX - at)


class Received:
    """What the WebSocket told of one market."""

    def __init__(self):
        self.deltas = {}  # (level, change) by millisecond, both in the order received.
        self.trades = {}

    def apply(self, message):
        msg = message["msg"]
        if message["type"] == "orderbook_delta":
            self.deltas.setdefault(msg["ts_ms"], []).append(
                (level_of(msg), quantity(msg["delta_fp"])))
        elif message["type"] == "trade":
            self.trades.setdefault(msg["ts_ms"], []).append(
                (msg["taker_book_side"], price(msg["yes_price_dollars"]),
                 quantity(msg["count_fp"])))


def net(deltas):
    changes = {}
    for level, change in deltas:
        add(changes, level, change)
    return changes


def until_equal(deltas, wanted):
    """The shortest beginning whose net change is the wanted one, or all: flow takes its orders out
    of the book in the last millisecond."""
    changes = {}
    for count, (level, change) in enumerate(deltas, 1):
        add(changes, level, change)
        if changes == wanted:
            return deltas[:count]
    return deltas


def list_before_flow(exchange, recording):
    """The market as flow will list it; it opens when flow moves the clock, and nobody misses its
    first order."""
    admin, facts = exchange.operator(), recording.facts
    series, event = f"REPLAY-{facts['series_ticker']}", f"REPLAY-{facts['event_ticker']}"
    ticker = f"REPLAY-{facts['market_ticker']}"
    admin.put(f"/series/{series}", {"facts": {"title": "Replay"}})
    admin.put(f"/events/{event}", {"series_ticker": series})
    admin.put(f"/markets/{ticker}", {
        "event_ticker": event, "price_level_structure": facts["price_level_structure"],
        "open_time": rfc3339(min(facts["open_time_ms"], *recording.changes)),
        "close_time": rfc3339(facts["close_time_ms"])})
    return ticker


def follow(socket, flow):
    """Everything received until the market has been closed: its book is sent once more, empty."""
    received = Received()
    while True:
        message = json.loads(socket.connection.recv(timeout=60))
        assert message["type"] != "error", message
        if "seq" in message:
            assert message["seq"] == socket.sequences.get(message["sid"], 0) + 1
            socket.sequences[message["sid"]] = message["seq"]
        if message["type"] == "orderbook_snapshot":
            assert message["msg"].keys() == {"market_ticker", "market_id"}, "not empty"
            return received
        received.apply(message)
        assert flow.poll() in (None, 0)


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.evxrec")), ids=lambda path: path.stem)
def test_the_websocket_tells_what_was_recorded(tmp_path, path):
    recording = Recording(path)
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / path.name).symlink_to(path)
    with LocalExchange("--grpc_port=0", "--clock=virtual", f"--clock_start={CLOCK_START}",
                       "--catalogue=empty", f"--demo_key_dir={tmp_path}") as exchange:
        ticker = list_before_flow(exchange, recording)
        with VenueSocket(exchange.announcement["ws_url"], exchange.account("demo")) as socket:
            socket.subscribe("orderbook_delta", "trade", market_ticker=ticker)
            assert "yes_dollars_fp" not in socket.until("orderbook_snapshot")["msg"]
            with subprocess.Popen(
                    flow_command(exchange, tmp_path, "--mode=verify", f"--recordings={folder}"),
                    stdout=subprocess.PIPE, text=True) as flow:
                received = follow(socket, flow)
                output = flow.stdout.read()
            assert flow.returncode == 0, output
    assert "0 unequal" in output and " 0 ms with unequal totals" in output

    last = recording.last_ms
    received.deltas[last] = until_equal(received.deltas[last], recording.changes.get(last, {}))
    times = list(received.deltas)
    assert times == sorted(times)
    changes = {time: net(deltas) for time, deltas in received.deltas.items()}
    changes = {time: change for time, change in changes.items() if change}
    differing = [time for time in {**recording.changes, **changes}
                 if recording.changes.get(time) != changes.get(time)]
    assert not differing, [(t, recording.changes.get(t), changes.get(t)) for t in differing[:3]]
    assert list(changes) == list(recording.changes)
    assert list(received.trades) == list(recording.trades)
    assert {time: sorted(trades) for time, trades in received.trades.items()} == recording.trades
    compared = set(recording.changes) | set(recording.trades)
    trade_count = sum(map(len, recording.trades.values()))
    print(f"{path.stem}: {len(compared)} ms compared, {trade_count} trades, 0 differences")
