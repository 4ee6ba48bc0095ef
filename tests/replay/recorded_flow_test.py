"""What market-data-server recorded, played by flow on a running exchange: after every recorded
millisecond the exchange's book, as its own WebSocket tells it, is the one that an independent fold of
the recorded frames has, by hash."""

import bisect
import decimal
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from book_hash import book_hash  # noqa: E402
from local_exchange import LocalExchange, REPOSITORY  # noqa: E402
from recorded_books import ASK, BID, DOLLAR, fold_raw  # noqa: E402
from recording import CLOCK_START, flow_command  # noqa: E402
from venue_socket import VenueSocket  # noqa: E402

SAMPLE = REPOSITORY / "libs/recording/tests/sample"
MARKET = "KXGOLD15M-26AUG101900-00"
EVENT, SERIES = "KXGOLD15M-26AUG101900", "KXGOLD15M"
RECEIVE_SECONDS = 60


def list_before_flow(exchange):
    """The market as flow will list it, so that nobody misses its first order."""
    admin, ticker = exchange.operator(), f"REPLAY-{MARKET}"
    admin.put(f"/series/REPLAY-{SERIES}", {"facts": {"title": "Replay"}})
    admin.put(f"/events/REPLAY-{EVENT}", {"series_ticker": f"REPLAY-{SERIES}"})
    admin.put(f"/markets/{ticker}", {
        "event_ticker": f"REPLAY-{EVENT}", "open_time": "2026-08-10T22:44:00Z",
        "close_time": "2026-08-10T23:10:00Z"})
    return ticker


class ExchangeBook:
    """The hash of the book, under the recorded ticker, after each millisecond that changed it."""

    def __init__(self):
        self._sides = {BID: {}, ASK: {}}
        self._now = None
        self.times, self.hashes = [], []

    def apply(self, msg):
        if msg["ts_ms"] != self._now:
            self.end()
            self._now = msg["ts_ms"]
        price = int(decimal.Decimal(msg["price_dollars"]) * DOLLAR)
        side, price = (BID, price) if msg["side"] == "yes" else (ASK, DOLLAR - price)
        levels = self._sides[side]
        levels[price] = levels.get(price, 0) + int(decimal.Decimal(msg["delta_fp"]) * 100)
        if levels[price] == 0:
            del levels[price]

    def end(self):
        if self._now is not None:
            self.times.append(self._now)
            self.hashes.append(book_hash(MARKET, self._sides[BID].items(),
                                         self._sides[ASK].items()))

    def at(self, time):
        return self.hashes[bisect.bisect_right(self.times, time) - 1]


def follow(socket):
    """The book until the market has been closed: it is sent once more then, empty."""
    book = ExchangeBook()
    while True:
        message = json.loads(socket.connection.recv(timeout=RECEIVE_SECONDS))
        if message["type"] == "orderbook_delta":
            book.apply(message["msg"])
        elif message["type"] == "orderbook_snapshot":
            book.end()
            return book


def test_a_recorded_day_drives_the_exchange(tmp_path):
    raw = fold_raw(SAMPLE, tmp_path)[MARKET]
    with LocalExchange("--grpc_port=0", "--clock=virtual", f"--clock_start={CLOCK_START}",
                       "--catalogue=empty", f"--demo_key_dir={tmp_path}") as exchange:
        ticker = list_before_flow(exchange)
        with VenueSocket(exchange.announcement["ws_url"], exchange.account("demo")) as socket:
            socket.subscribe("orderbook_delta", market_ticker=ticker)
            assert "yes_dollars_fp" not in socket.until("orderbook_snapshot")["msg"]
            with subprocess.Popen(
                    flow_command(exchange, tmp_path, "--mode=verify", f"--recording_dir={SAMPLE}"),
                    stdout=subprocess.PIPE, text=True) as flow:
                book = follow(socket)
                output = flow.stdout.read()
            assert flow.returncode == 0, output
    assert re.search(r"\b0 unequal; 977 trades, .* 0 ms with unequal totals", output), output
    assert "1 markets replayed, all checks equal" in output
    *compared, (last, _) = raw.runs.hashes
    # In the last millisecond of all flow takes its orders out of the book.
    assert book.times == sorted(book.times) and last <= book.times[-1]
    unequal = [time for time, wanted in compared if book.at(time) != wanted]
    assert not unequal, unequal[:3]
    print(f"{len(compared)} milliseconds equal by hash; {output}")


def test_another_market_is_not_found(tmp_path):
    with LocalExchange("--grpc_port=0", "--clock=virtual", "--catalogue=empty",
                       f"--demo_key_dir={tmp_path}") as exchange:
        run = subprocess.run(
            flow_command(exchange, tmp_path, "--mode=verify", f"--recording_dir={SAMPLE}",
                         "--markets=NONE"), capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "--recording_dir" in run.stdout + run.stderr
