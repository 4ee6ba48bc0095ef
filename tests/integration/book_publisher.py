"""Streams of books into Kafka, as market-data-server writes them, and what each book must be.

    publisher = BookPublisher(kafka.brokers, ["A", "B"], seed)
    publisher.publish(1_000)
    publisher.flush()
    publisher.hashes["A"][publisher.sequence("A")]  # of the book after A's last message

Needs the packages confluent-kafka and protobuf, and generate_stubs of grpc_stubs."""

import random
import time

import confluent_kafka

from book_hash import book_hash

TOPIC = "evx.md.book.v1"
SNAPSHOT_EVERY = 10  # deltas
FLUSH_SECONDS = 120
TICK_MICROS = 100


def tickers(prefix, count):
    return [f"{prefix}-{number}" for number in range(count)]


class _Market:
    def __init__(self, ticker):
        self.ticker = ticker
        self.sequence = 0
        self.deltas = 0
        self.books = ({}, {})  # {micros: centis} of bids and asks.


class BookPublisher:
    """`hashes[ticker][sequence]` is there before the message of that number is sent."""

    def __init__(self, brokers, tickers, seed, transactional_id=None):
        settings = {"bootstrap.servers": brokers, "partitioner": "murmur2_random", "linger.ms": 2,
                    "enable.idempotence": True}
        if transactional_id:
            settings["transactional.id"] = transactional_id
        self._producer = confluent_kafka.Producer(settings)
        self._transactional = bool(transactional_id)
        if transactional_id:
            self._producer.init_transactions()
        self._random = random.Random(seed)
        self._markets = {ticker: _Market(ticker) for ticker in tickers}
        self.hashes = {ticker: {} for ticker in tickers}
        self.times = {ticker: {} for ticker in tickers}

    @property
    def tickers(self):
        return list(self._markets)

    def sequence(self, ticker):
        return self._markets[ticker].sequence

    def levels(self, ticker):
        """Bids and asks, [(micros, centis)]."""
        return tuple(sorted(side.items()) for side in self._markets[ticker].books)

    def publish(self, count, doubles=0.0, losses=0.0):
        """So many deltas, and the snapshots behind them; some twice, some not at all."""
        if self._transactional:
            self._producer.begin_transaction()
        for _ in range(count):
            market = self._markets[self._random.choice(self.tickers)]
            if market.sequence == 0:
                self.send(market.ticker, self._snapshot(market, venue=True))
            message = self._delta(market)
            if self._random.random() >= losses:
                self.send(market.ticker, message)
            if self._random.random() < doubles:
                self.send(market.ticker, message)
            if market.deltas % SNAPSHOT_EVERY == 0:
                self.send(market.ticker, self._snapshot(market, venue=False))
        if self._transactional:
            self._producer.commit_transaction(FLUSH_SECONDS)

    def prove(self):
        """A snapshot of every market, so that all doubt ends."""
        for market in self._markets.values():
            self.send(market.ticker, self._snapshot(market, venue=True))
        self.flush()

    def gap(self, ticker):
        from evx.marketdata.v1 import market_data_pb2 as pb

        message = self._message(self._markets[ticker], number=True)
        message.gap.cause = pb.GAP_CAUSE_DISCONNECTED
        self.send(ticker, message)

    def send(self, key, message):
        """A message, or bytes that are none."""
        payload = message if isinstance(message, bytes) else message.SerializeToString()
        while True:
            try:
                self._producer.produce(TOPIC, key=key, value=payload)
                return
            except BufferError:
                self._producer.poll(0.1)

    def flush(self):
        assert self._producer.flush(FLUSH_SECONDS) == 0

    def _message(self, market, number):
        from evx.marketdata.v1 import market_data_pb2 as pb

        if number:
            market.sequence += 1
        now = time.time_ns()
        message = pb.BookMessage(market_ticker=market.ticker)
        message.envelope.source = "test"
        message.envelope.schema_version = 1
        message.envelope.sequence = market.sequence
        message.envelope.received_ns = now
        message.envelope.published_ns = now
        message.envelope.trace_id = f"{market.sequence:032x}"
        return message

    def _note(self, market, message):
        self.hashes[market.ticker][market.sequence] = book_hash(market.ticker,
                                                                *self.levels(market.ticker))
        self.times[market.ticker][market.sequence] = message.envelope.received_ns
        return message

    def _delta(self, market):
        side = self._random.randrange(2)
        micros = (4_900 + self._random.randrange(60) + 40 * side) * TICK_MICROS
        book = market.books[side]
        before = book.get(micros, 0)
        after = 0 if self._random.random() < 0.3 else self._random.randrange(1, 10_000)
        after += after == before
        message = self._message(market, number=True)
        message.delta.side = side + 1
        message.delta.price_micros = micros
        message.delta.delta_centis = after - before
        message.delta.quantity_centis = after
        message.delta.event_time_ns = message.envelope.received_ns - 1_000
        if after:
            book[micros] = after
        else:
            book.pop(micros)
        market.deltas += 1
        return self._note(market, message)

    def _snapshot(self, market, venue):
        from evx.marketdata.v1 import market_data_pb2 as pb

        message = self._message(market, number=venue)
        bids, asks = self.levels(market.ticker)
        message.snapshot.cause = (pb.SNAPSHOT_CAUSE_VENUE if venue
                                  else pb.SNAPSHOT_CAUSE_PERIODIC)
        for level, (micros, centis) in ((message.snapshot.bids.add(), level)
                                        for level in reversed(bids)):
            level.price_micros, level.quantity_centis = micros, centis
        for level, (micros, centis) in ((message.snapshot.asks.add(), level) for level in asks):
            level.price_micros, level.quantity_centis = micros, centis
        message.snapshot.book_hash = book_hash(market.ticker, bids, asks)
        return self._note(market, message)
