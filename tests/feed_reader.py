"""A client of market-data-server's /ws/market-data that reads on a thread of its own and believes
nothing: numbers have no hole, books are folded and held against every hash.

    with FeedReader(server, "json", ["all"]) as reader:
        reader.hash("A-1")

Needs the package websockets; protobuf the contracts' Python code (grpc_stubs.generate_stubs)."""

import collections
import json
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from book_hash import book_hash
from local_exchange import wait_until

PATH = "/ws/market-data"
ANSWERS = {"subscribed", "unsubscribed", "subscriptions", "error"}
ANSWER_SECONDS = 20
SIDES = {"bid": "bids", "ask": "asks"}


class FeedBook:
    """One market's book as the frames tell it."""

    def __init__(self, ticker):
        self.ticker = ticker
        self.sides = {"bids": {}, "asks": {}}
        self.sequence = None  # Before the first message.
        self.is_trusted = False

    def hash(self):
        return book_hash(self.ticker, self.sides["bids"].items(), self.sides["asks"].items())

    def apply(self, kind, sequence, message):
        """`message`: a frame's fields; levels and deltas in its units."""
        is_proof = kind == "book_snapshot" and sequence == self.sequence
        if self.sequence is None:
            assert kind != "book_delta", message
        else:
            assert is_proof or sequence == self.sequence + 1, (self.sequence, message)
        self.sequence = sequence
        if kind == "book_gap":
            self.is_trusted = False
        elif kind == "book_delta":
            assert self.is_trusted, message
            side = self.sides[SIDES[message["side"]]]
            quantity = side.pop(message["price_micros"], 0) + message["delta_centis"]
            assert quantity == message["quantity_centis"] >= 0, message
            if quantity:
                side[message["price_micros"]] = quantity
        else:
            told = {name: dict(map(tuple, message[name])) for name in ("bids", "asks")}
            assert not is_proof or not self.is_trusted or told == self.sides, message
            self.sides = told
            assert f"{self.hash():016x}" == message["book_hash"], message
            self.is_trusted = True


def fields_of(payload):
    """The fields of a binary frame that the JSON of the same message has, as far as they count."""
    from evx.marketdata.v1 import market_feed_pb2 as pb

    frame = pb.FeedFrame.FromString(payload)
    channel = frame.WhichOneof("message")
    message = getattr(frame, channel)
    fields = {"type": channel, "market_ticker": message.market_ticker,
              "sequence": message.envelope.sequence}
    if channel == "book":
        kind = message.WhichOneof("update")
        update = getattr(message, kind)
        fields["type"] = f"book_{kind}"
        if kind == "delta":
            fields |= {"side": "bid" if update.side == 1 else "ask",
                       "price_micros": update.price_micros, "delta_centis": update.delta_centis,
                       "quantity_centis": update.quantity_centis}
        elif kind == "snapshot":
            fields |= {name: [(level.price_micros, level.quantity_centis)
                              for level in getattr(update, name)] for name in ("bids", "asks")}
            fields["book_hash"] = f"{update.book_hash:016x}"
    elif channel == "trade":
        fields["trade_id"] = message.trade_id
    return fields


class FeedReader:
    """Subscribes at once; `books`, `trades` and `tickers` are by market."""

    def __init__(self, server, form, subjects):
        self._connection = connect(f"ws://127.0.0.1:{server.port}{PATH}?format={form}",
                                   compression=None, max_size=None).__enter__()
        self.books = {}
        self.trades = collections.defaultdict(list)
        self.tickers = collections.defaultdict(list)
        self.answers = []
        self.fault = None
        self._last_id = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        answer = self.call("subscribe", subjects=subjects)
        assert answer["type"] == "subscribed", answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()
        self._thread.join()

    def send(self, text):
        self._connection.send(text)

    def call(self, command, **fields):
        """The answer to a command."""
        self._last_id += 1
        number = self._last_id
        self.send(json.dumps({"id": number, "command": command, **fields}))

        def find():
            self.check()
            return next((answer for answer in self.answers if answer["id"] == number), None)

        return wait_until(find, ANSWER_SECONDS, f"the answer to {command}")

    def check(self):
        """Raises what went wrong while reading."""
        if self.fault is not None:
            raise self.fault

    def hash(self, ticker):
        """Of its book; None while it has no trusted one."""
        self.check()
        book = self.books.get(ticker)
        return book.hash() if book is not None and book.is_trusted else None

    def _run(self):
        try:
            for payload in self._connection:
                self._read(payload)
        except ConnectionClosed:
            pass
        except Exception as fault:  # Raised by check() where the test sees it.
            self.fault = fault

    def _read(self, payload):
        message = json.loads(payload) if isinstance(payload, str) else fields_of(payload)
        kind = message["type"]
        if kind in ANSWERS:
            self.answers.append(message)
            return
        ticker, sequence = message["market_ticker"], message["sequence"]
        if kind.startswith("book_"):
            self.books.setdefault(ticker, FeedBook(ticker)).apply(kind, sequence, message)
        elif kind == "trade":
            trades = self.trades[ticker]
            assert not trades or sequence == trades[-1][0] + 1, message
            trades.append((sequence, message["trade_id"]))
        else:
            assert kind == "ticker", message
            tickers = self.tickers[ticker]
            assert not tickers or sequence == tickers[-1] + 1, message
            tickers.append(sequence)
