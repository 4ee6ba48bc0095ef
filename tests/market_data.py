"""A market-data-server for tests that kill it, and what a reader makes of its topics.

    with MarketDataServer(folder, exchange, kafka.brokers) as server:
        server.kill()   # kill -9
        server.start()  # another process, the same topics

Needs the packages httpx and grpcio; the fold and candles needs the contracts' Python code (grpc_stubs.generate_stubs)."""

import collections
import json
import pathlib
import subprocess

import grpc

from book_hash import book_hash, levels_of
from local_exchange import write_credentials
from service_process import ServiceProcess, binary

BOOKS = "evx.md.book.v1"
TRADES = "evx.md.trades.v1"
TICKERS = "evx.md.tickers.v1"
ERRORS = "evx.errors.v1"


class MarketDataServer(ServiceProcess):
    """The process, fed by an exchange with a `rest_url`, a `ws_url` and a key of `credentials`."""

    def __init__(self, folder, exchange, brokers, *flags, credentials=None, keeps_ports=False):
        self._exchange = exchange
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        file = write_credentials(folder, "credentials",
                                 credentials or exchange.credentials("demo"))
        super().__init__("market-data-server", f"--credentials={file}",
                         f"--kafka_brokers={brokers}", "--log_level=warning", *flags, folder=folder,
                         keeps_ports=keeps_ports)

    def flags_now(self):
        return [f"--exchange_url={self._exchange.rest_url}",
                f"--websocket_url={self._exchange.ws_url}"]

    def get(self, path):
        """An answer of the admin API; paths are below /api/admin."""
        response = self.request("GET", "/api/admin" + path)
        assert response.status_code == 200, f"{path}: {response.text}"
        return response.json()

    def candles(self, ticker, period_seconds):
        """The newest ones."""
        from evx.marketdata.v1 import candle_service_pb2 as pb
        from evx.marketdata.v1 import candle_service_pb2_grpc as stubs

        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            return list(stubs.CandleServiceStub(channel).ListCandles(
                pb.ListCandlesRequest(market_ticker=ticker, period_seconds=period_seconds),
                timeout=10, wait_for_ready=True).candles)

    def hash(self, ticker):
        """Of its book; None while it has no proven one."""
        answer = self.request("GET", f"/api/admin/orderbook/{ticker}")
        return int(answer.json()["book_hash"], 16) if answer.status_code == 200 else None


def record_tool(*arguments):
    """Output of evx-record."""
    tool = binary("market-data-server").parent / "tool/evx-record"
    return subprocess.run([str(tool), *map(str, arguments)], check=True, capture_output=True,
                          text=True).stdout


def coverage(recording):
    """{ticker: its islands and gaps in a recording}."""
    markets = json.loads(record_tool("coverage", recording, "--format=json"))["markets"]
    return {market["market_ticker"]: market for market in markets}


def exchange_hash(exchange, ticker):
    """Of a book as the exchange shows it."""
    account = exchange.account(exchange.credentials("demo"))
    book = account.get(f"/markets/{ticker}/orderbook")["orderbook_fp"]
    return book_hash(ticker, *levels_of(book))


def all_trades(exchange):
    """The ids of all its trades."""
    account = exchange.account(exchange.credentials("demo"))
    found, cursor = set(), ""
    while True:
        page = account.get("/markets/trades", limit=1000, **({"cursor": cursor} if cursor else {}))
        found |= {one["trade_id"] for one in page["trades"]}
        cursor = page.get("cursor")
        if not cursor:
            return found


class Book:
    """One market as a reader of the topic has it."""

    def __init__(self, ticker):
        self.ticker = ticker
        self.sides = {1: {}, 2: {}}  # BOOK_SIDE_BID, BOOK_SIDE_ASK: price to quantity.
        self.sequence = 0
        self.is_trusted = False
        self.counts = collections.Counter()

    def hash(self):
        return book_hash(self.ticker, self.sides[1].items(), self.sides[2].items())

    def apply(self, message):
        """Asserts everything that proto/evx/marketdata promises."""
        from evx.marketdata.v1 import market_data_pb2 as pb

        kind = message.WhichOneof("update")
        is_proof = (kind == "snapshot"
                    and message.snapshot.cause == pb.SNAPSHOT_CAUSE_PERIODIC)
        self.counts["periodic" if is_proof else kind] += 1
        wanted = self.sequence if is_proof else self.sequence + 1
        assert message.envelope.sequence == wanted, f"{self.ticker}: {message}"
        self.sequence = wanted
        if kind == "gap":
            self.is_trusted = False
        elif kind == "delta":
            assert self.is_trusted
            delta = message.delta
            side = self.sides[delta.side]
            quantity = side.pop(delta.price_micros, 0) + delta.delta_centis
            assert delta.delta_centis != 0 and quantity == delta.quantity_centis >= 0
            if quantity:
                side[delta.price_micros] = quantity
        else:
            assert self.is_trusted or not is_proof
            told = {number: {level.price_micros: level.quantity_centis for level in levels}
                    for number, levels in ((1, message.snapshot.bids), (2, message.snapshot.asks))}
            assert not is_proof or told == self.sides
            self.sides = told
            assert self.hash() == message.snapshot.book_hash
            self.is_trusted = True


def fold_books(kafka):
    """{ticker: Book} of everything in the topic; each market in one partition."""
    from evx.marketdata.v1 import market_data_pb2 as pb

    books, partitions = {}, {}
    for partition, key, payload in kafka.read(BOOKS):
        message = pb.BookMessage.FromString(payload)
        assert key == message.market_ticker
        assert partitions.setdefault(key, partition) == partition
        books.setdefault(key, Book(key)).apply(message)
    return books


def read_stream(kafka, topic, kind):
    """{ticker: [message]} of trades or tickers, whose numbers have no hole."""
    from evx.marketdata.v1 import market_data_pb2 as pb

    streams = collections.defaultdict(list)
    for _, key, payload in kafka.read(topic):
        message = getattr(pb, kind).FromString(payload)
        assert message.envelope.sequence == len(streams[key]) + 1, message
        streams[key].append(message)
    return streams


def read_errors(kafka):
    """Everything in the topic of errors."""
    from evx.marketdata.v1 import market_data_pb2 as pb

    return [pb.ErrorMessage.FromString(payload) for _, _, payload in kafka.read(ERRORS)]


def first_numbers(kafka):
    """{ticker: number of its first message} of the books."""
    from evx.marketdata.v1 import market_data_pb2 as pb

    numbers = {}
    for _, key, payload in kafka.read(BOOKS):
        numbers.setdefault(key, pb.BookMessage.FromString(payload).envelope.sequence)
    return numbers
