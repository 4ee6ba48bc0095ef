"""What a participant that watches does: follows order books through the WebSocket API, notices by
`seq` when a frame is missing or comes again, and asks for a snapshot then."""

import decimal
import json

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATH = "/trade-api/ws/v2"
RECEIVE_SECONDS = 20
# A snapshot can be lost like any other frame.
SNAPSHOT_ATTEMPTS_MAX = 20
BOOK_FRAMES = ("orderbook_snapshot", "orderbook_delta")


class Feed:
    def __init__(self, tickers, barrier, frame_count):
        self._tickers = tickers
        self._barrier = barrier          # Returns when the exchange has done what was asked of it.
        self._frame_count = frame_count  # How many frames faults have looked at.
        self._connection = None
        self._where = None
        self._command = 0
        self.gaps = 0
        self.repeats = 0
        self.reconnects = 0
        self.fault_connection = 0          # Ordinal since faults of this door were set.
        self.frames_before_connection = 0  # Frames of connections before that one.
        self.is_late = False               # Faults hold its frames.
        self.frames_awaited = 0            # Of those that faults have looked at, how many came.

    def connect(self, url, account):
        self._where = (url, account)
        self._connection = connect(url, additional_headers=account.access_headers("GET", PATH),
                                   compression=None, max_size=None).__enter__()
        self._sequence = 0
        self._sides = {ticker: {"yes": {}, "no": {}} for ticker in self._tickers}
        self._stale = False
        self._sid = None
        self._send("subscribe", channels=["orderbook_delta"], market_tickers=self._tickers)
        self.read()

    def close(self):
        self._connection.close()

    def _send(self, command, **params):
        self._command += 1
        message = {"id": self._command, "cmd": command}
        if params:
            message["params"] = params
        self._connection.send(json.dumps(message))
        return self._command

    def read(self):
        """Everything that was sent so far; afterwards the books are right, whatever was lost."""
        try:
            self._read_all()
            if self.is_late and self._frame_count() != self.frames_awaited:
                self._read_late()
            for _ in range(SNAPSHOT_ATTEMPTS_MAX):
                if not self._stale:
                    return
                self._missing = set(self._tickers)
                self._send("update_subscription", sid=self._sid, action="get_snapshot",
                           market_tickers=self._tickers)
                self._read_all()
                self._barrier()  # Snapshots are asked of the exchange itself.
                self._read_all()
                self._stale = bool(self._missing)
            raise AssertionError(f"no snapshot after {SNAPSHOT_ATTEMPTS_MAX} attempts")
        except ConnectionClosed:
            self.reconnects += 1
            self.fault_connection += 1
            self.frames_before_connection = self._frame_count()
            self.connect(*self._where)

    def _read_late(self):
        """Frames keep their order, so that a snapshot comes behind all that are held."""
        command = self._send("update_subscription", sid=self._sid, action="get_snapshot",
                             market_tickers=self._tickers)
        left = len(self._tickers)
        while left > 0:
            message = self._receive()
            self._take(message)
            left -= message.get("id") == command
        self.frames_awaited = self._frame_count()

    def _receive(self):
        return json.loads(self._connection.recv(timeout=RECEIVE_SECONDS))

    def _read_all(self):
        last = self._send("list_subscriptions")
        while True:
            message = self._receive()
            if message.get("id") == last and message["type"] == "ok":
                return
            self._take(message)

    def _take(self, message):
        if message["type"] == "subscribed":
            self._sid = message["msg"]["sid"]
        if "seq" in message:
            expected = self._sequence + 1
            if message["seq"] > expected:
                self.gaps += 1
                self._stale = True
            if message["seq"] < expected:
                self.repeats += 1
                if message["type"] == "orderbook_delta":
                    self._stale = True
            self._sequence = message["seq"]
        if message["type"] == "orderbook_snapshot":
            self._take_snapshot(message["msg"])
        elif message["type"] == "orderbook_delta":
            self._take_delta(message["msg"])

    _missing = frozenset()

    def _take_snapshot(self, msg):
        for side in ("yes", "no"):
            self._sides[msg["market_ticker"]][side] = {
                decimal.Decimal(price): decimal.Decimal(size)
                for price, size in msg.get(f"{side}_dollars_fp") or []}
        if self._missing:
            self._missing = self._missing - {msg["market_ticker"]}

    def _take_delta(self, msg):
        side = self._sides[msg["market_ticker"]][msg["side"]]
        price = decimal.Decimal(msg["price_dollars"])
        side[price] = side.get(price, 0) + decimal.Decimal(msg["delta_fp"])
        if side[price] == 0:
            del side[price]

    def book(self, ticker):
        """Both sides as YES prices, best first."""
        sides = self._sides[ticker]
        return {"bids": sorted(sides["yes"].items(), reverse=True),
                "asks": sorted((1 - price, size) for price, size in sides["no"].items())}
