"""The books and trades of a recording, folded from its raw frames alone, and those that a reader
makes of topics: equal by hash after every recorded millisecond.

The fold of topics needs the contracts' Python code (grpc_stubs.generate_stubs)."""

import collections
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from book_hash import book_hash  # noqa: E402
from local_exchange import BUILD  # noqa: E402
from market_data import Book, read_stream  # noqa: E402

TOOL = BUILD / "services/market-data-server/tool/evx-record"
DOLLAR = 1_000_000
BID, ASK = 1, 2


def scaled(text, digits):
    whole, _, fraction = text.partition(".")
    value = int(whole + fraction.ljust(digits, "0"))
    assert len(fraction) <= digits, text
    return value


class Runs:
    """The hash of a book after each of its milliseconds that changed it."""

    def __init__(self, ticker):
        self.ticker = ticker
        self.hashes = []  # (millisecond, hash)
        self.changes = collections.Counter()  # (millisecond, side, price): quantity.
        self.crossed = 0  # Deltas that left the book crossed.
        self._is_crossed = False
        self._now = None

    def before_delta(self, millisecond, sides):
        if millisecond != self._now:
            self.end(sides)
            self._now = millisecond

    def after_delta(self, side, price, change, sides):
        self.changes[self._now, side, price] += change
        if self._is_crossed or price in sides[side]:  # Else nothing can have come to cross.
            self._is_crossed = bool(sides[BID] and sides[ASK]
                                    and max(sides[BID]) >= min(sides[ASK]))
        self.crossed += self._is_crossed

    def end(self, sides):
        if self._now is not None:
            self.hashes.append((self._now, book_hash(self.ticker, sides[BID].items(),
                                                     sides[ASK].items())))
        self._now = None


class RawMarket:
    """Folds the frames of one market as they were received."""

    def __init__(self, ticker):
        self.runs = Runs(ticker)
        self.trades = []
        self.delta_count = 0
        self.sides = None  # Until the first snapshot.

    def apply(self, frame):
        msg = frame["msg"]
        if frame["type"] == "trade":
            self.trades.append((msg["trade_id"], scaled(msg["yes_price_dollars"], 6),
                                scaled(msg["count_fp"], 2), msg["ts_ms"]))
        elif frame["type"] == "orderbook_snapshot":
            told = {BID: {scaled(price, 6): scaled(size, 2)
                          for price, size in msg.get("yes_dollars_fp", [])},
                    ASK: {DOLLAR - scaled(price, 6): scaled(size, 2)
                          for price, size in msg.get("no_dollars_fp", [])}}
            if self.sides is not None and told != self.sides:
                self.runs.end(self.sides)
            self.sides = told
        elif frame["type"] == "orderbook_delta" and self.sides is not None:
            self._apply_delta(msg)

    def hash(self):
        return book_hash(self.runs.ticker, self.sides[BID].items(), self.sides[ASK].items())

    def _apply_delta(self, msg):
        change = (1 - 2 * msg["delta_fp"].startswith("-")) * scaled(msg["delta_fp"].lstrip("-"), 2)
        if change == 0:
            return
        price = scaled(msg["price_dollars"], 6)
        side, price = (BID, price) if msg["side"] == "yes" else (ASK, DOLLAR - price)
        self.delta_count += 1
        self.runs.before_delta(msg["ts_ms"], self.sides)
        levels = self.sides[side]
        levels[price] = levels.get(price, 0) + change
        assert levels[price] >= 0, msg
        if levels[price] == 0:
            del levels[price]
        self.runs.after_delta(side, price, change, self.sides)


class TopicMarket:
    """One market as a reader of the topic has it."""

    def __init__(self, ticker):
        self.book = Book(ticker)
        self.runs = Runs(ticker)

    def apply(self, message):
        kind = message.WhichOneof("update")
        if kind == "delta":
            delta = message.delta
            self.runs.before_delta(delta.event_time_ns // 1_000_000, self.book.sides)
            self.book.apply(message)
            self.runs.after_delta(delta.side, delta.price_micros, delta.delta_centis,
                                  self.book.sides)
            return
        before = self.book.sides
        self.book.apply(message)
        if self.book.sides != before:
            self.runs.end(before)


def read_frames(recording, folder):
    """Every frame of a recording, in order."""
    log = folder / "frames.ndjson"
    subprocess.run([TOOL, "export", str(recording), "--format=frames", f"--output={log}"],
                   check=True)
    with log.open() as lines:
        for line in lines:
            yield json.loads(line)["event"]


def fold_frames(frames):
    """{ticker: RawMarket}"""
    markets = {}
    for frame in frames:
        ticker = frame.get("msg", {}).get("market_ticker")
        if ticker:
            markets.setdefault(ticker, RawMarket(ticker)).apply(frame)
    for market in markets.values():
        market.runs.end(market.sides)
    return markets


def fold_raw(recording, folder):
    return fold_frames(read_frames(recording, folder))


def read_books(kafka, topic):
    """Every message in a topic of books."""
    from evx.marketdata.v1 import market_data_pb2 as pb

    return [pb.BookMessage.FromString(payload) for _, _, payload in kafka.read(topic)]


def fold_books(messages):
    """{ticker: TopicMarket}"""
    markets = {}
    for message in messages:
        ticker = message.market_ticker
        markets.setdefault(ticker, TopicMarket(ticker)).apply(message)
    for market in markets.values():
        market.runs.end(market.book.sides)
    return markets


def trades_of(kafka, topic):
    """{ticker: [TradeMessage]} of everything in a topic of trades."""
    return read_stream(kafka, topic, "TradeMessage")


def as_recorded(trade):
    """A TradeMessage as RawMarket.trades has it."""
    return (trade.trade_id, trade.price_micros, trade.quantity_centis,
            trade.event_time_ns // 1_000_000)
