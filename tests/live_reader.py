"""Clients of order-book-rebuilder's live doors that believe nothing: every book that they are told
is folded, and held against the hash that a book of its number must have.

    with LiveReader(port, ["all"], publisher.hashes) as reader:
        reader.has("A-1", 17)

Needs the packages websockets and grpcio; protobuf the contracts' Python code
(grpc_stubs.generate_stubs)."""

import decimal
import json
import threading

import grpc
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from book_hash import book_hash

PATH = "/ws/orderbook"
ANSWERS = {"subscribed", "unsubscribed", "subscriptions", "error"}
MICROS, CENTIS = 1_000_000, 100


def scaled(text, scale):
    return int(decimal.Decimal(text) * scale)


def level_of(level):
    """(micro-dollars, hundredths) of a level of our JSON; None of none."""
    return level and (scaled(level["price"], MICROS), scaled(level["quantity"], CENTIS))


def news_of_json(text):
    """One message of the WebSocket as the fields that news_of_message gives."""
    message = json.loads(text)
    kind = message["type"]
    if kind in ANSWERS:
        return message
    news = {"type": kind, "ticker": message["ticker"], "sequence": message.get("sequence"),
            "doubt": message.get("doubt")}
    if kind == "snapshot":
        news |= {"bids": [level_of(level) for level in message["bids"]],
                 "asks": [level_of(level) for level in message["asks"]],
                 "book_hash": int(message["book_hash"], 16)}
    elif kind == "delta":
        news |= {"side": message["side"], "price": scaled(message["price"], MICROS),
                 "change": scaled(message["change"], CENTIS),
                 "quantity": scaled(message["quantity"], CENTIS)}
    elif kind == "top":
        news |= {"bid": level_of(message["bid"]), "ask": level_of(message["ask"])}
    else:
        assert kind == "unavailable", message
        news["code"] = message["code"]
    return news


def news_of_message(message):
    """The fields of a StreamBooksResponse."""
    def level(one):
        return one.price_micros, one.quantity_centis

    kind = message.WhichOneof("news")
    body = getattr(message, kind)
    news = {"ticker": body.market_ticker, "sequence": getattr(body, "sequence", None)}
    if kind == "book":
        return news | {"type": "snapshot", "bids": list(map(level, body.bids)),
                       "asks": list(map(level, body.asks)), "book_hash": body.book_hash,
                       "doubt": "none" if body.doubt == 1 else "some"}
    if kind == "change":
        return news | {"type": "delta", "side": "bid" if body.side == 1 else "ask",
                       "price": body.price_micros, "change": body.delta_centis,
                       "quantity": body.quantity_centis}
    if kind == "top":
        return news | {"type": "top", "bid": level(body.bid) if body.HasField("bid") else None,
                       "ask": level(body.ask) if body.HasField("ask") else None}
    assert kind == "missing_book"
    return news | {"type": "unavailable",
                   "code": {1: "market_in_transit", 2: "market_not_found", 3: "no_book"}[body.reason]}


class _Book:
    def __init__(self):
        self.sides = {"bid": {}, "ask": {}}
        self.sequence = None  # None: there is none.
        self.doubt = None


class Fold:
    """What a reader is told. `hashes[ticker][sequence]` is there before it can be told."""

    def __init__(self, hashes):
        self._hashes = hashes
        self._books = {}
        self.tops = {}  # {ticker: {sequence: (bid, ask)}} as the books say.
        self.told_tops = []  # [(ticker, sequence, bid, ask)] as they were told.
        self.codes = []  # [(ticker, code)]
        self.counts = {"snapshot": 0, "delta": 0, "top": 0, "unavailable": 0}

    def apply(self, news):
        kind, ticker = news["type"], news["ticker"]
        self.counts[kind] += 1
        if kind == "top":
            self.told_tops.append((ticker, news["sequence"], news["bid"], news["ask"]))
            return
        book = self._books.setdefault(ticker, _Book())
        if kind == "unavailable":
            book.sequence = None
            self.codes.append((ticker, news["code"]))
            return
        if kind == "delta":
            assert book.sequence is not None and news["sequence"] == book.sequence + 1, news
            side = book.sides[news["side"]]
            quantity = side.pop(news["price"], 0) + news["change"]
            assert quantity == news["quantity"] >= 0, news
            if quantity:
                side[news["price"]] = quantity
        else:
            book.sides = {"bid": dict(news["bids"]), "ask": dict(news["asks"])}
            book.doubt = news["doubt"]
        book.sequence = news["sequence"]
        found = book_hash(ticker, book.sides["bid"].items(), book.sides["ask"].items())
        assert found == self._hashes[ticker][book.sequence], news
        assert kind == "delta" or found == news["book_hash"], news
        best = (max(book.sides["bid"].items(), default=None),
                min(book.sides["ask"].items(), default=None))
        self.tops.setdefault(ticker, {})[book.sequence] = best

    def has(self, ticker, sequence):
        """A book up to that number, without doubt."""
        book = self._books.get(ticker)
        return book is not None and book.sequence == sequence and book.doubt == "none"

    def has_book(self, ticker):
        book = self._books.get(ticker)
        return book is not None and book.sequence is not None


class _Reader(Fold):
    """Folds on a thread of its own; `close` ends it, `check` raises what went wrong."""

    def __init__(self, hashes):
        super().__init__(hashes)
        self.fault = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.close()
        self._thread.join()

    def check(self):
        if self.fault is not None:
            raise self.fault

    def has_all(self, publisher):
        self.check()
        return all(self.has(ticker, publisher.sequence(ticker)) for ticker in publisher.tickers)

    def _run(self):
        try:
            self.read()
        except (ConnectionClosed, grpc.RpcError):
            pass
        except Exception as fault:  # Raised by check() where the test sees it.
            self.fault = fault


class LiveReader(_Reader):
    """A WebSocket; `form` is json or protobuf."""

    def __init__(self, port, subjects, hashes, form="json"):
        super().__init__(hashes)
        self._connection = connect(f"ws://127.0.0.1:{port}{PATH}?format={form}", compression=None,
                                   max_size=None).__enter__()
        self._connection.send(json.dumps({"id": 1, "command": "subscribe", "subjects": subjects}))
        answer = json.loads(self._connection.recv(timeout=20))
        assert answer["type"] == "subscribed", answer

    def close(self):
        self._connection.close()

    def read(self):
        for payload in self._connection:
            if isinstance(payload, bytes):
                from evx.rebuild.v1 import book_service_pb2 as pb

                self.apply(news_of_message(pb.StreamBooksResponse.FromString(payload)))
            else:
                self.apply(news_of_json(payload))


class StreamReader(_Reader):
    """A gRPC stream."""

    def __init__(self, port, hashes, **request):
        from evx.rebuild.v1 import book_service_pb2 as pb
        from evx.rebuild.v1 import book_service_pb2_grpc as stubs

        super().__init__(hashes)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._call = stubs.BookServiceStub(self._channel).StreamBooks(
            pb.StreamBooksRequest(**request))

    def close(self):
        self._call.cancel()
        self._channel.close()

    def read(self):
        for message in self._call:
            self.apply(news_of_message(message))
