"""The whole data plane on its real servers: exchange, PostgreSQL, Kafka, Redis, market-data-server
and order-book-rebuilder, killed alone and in pairs (one pair; all with EVX_FULL=1) at random
instants while orders come in; and PostgreSQL refuses connections. After each of these every book of
the plane is the exchange's, Redis has their tops, and PostgreSQL and Kafka have every event of the
journal once in effect. In the end the recording names each outage of the feed, and no other gap."""

import datetime
import itertools
import os
import random

import pytest

from local_exchange import wait_until
from market_data import MarketDataServer, coverage, exchange_hash, fold_books, record_tool
from order_load import CROSSING, QUIET, Traders
from private_kafka import PrivateKafka
from private_redis import PrivateRedis, check_cache
from rebuilder_process import Rebuilder
from stored_exchange import PrivatePostgres, StoredExchange

FULL = bool(os.environ.get("EVX_FULL"))
LOAD_SECONDS = 60
SETTLE_SECONDS = 120
ANSWERS_MAX = 1_000
MARKETS = (QUIET, CROSSING)
# In the order in which they are started again: each needs those before it.
PARTS = ("kafka", "postgres", "redis", "exchange", "market-data-server", "rebuilder")
# Without them nothing is received.
FEED = {"exchange", "market-data-server"}
PAIRS = tuple(itertools.combinations(PARTS, 2))
REFUSING = "refusing postgres"


class Refusal:
    """A PostgreSQL that stays, but takes no connection while it is killed."""

    def __init__(self, postgres):
        self.kill, self.start = postgres.refuse, postgres.accept


class Plane:
    """Every process by its name, started one after the other."""

    def __init__(self, folder):
        self._folder = folder
        self.recording = folder / "recording"
        self.outages = []  # Of the feed: from the kill until all is well again.

    def __enter__(self):
        self.kafka = PrivateKafka().__enter__()
        self.postgres = PrivatePostgres().__enter__()
        self.redis = PrivateRedis().__enter__()
        self.exchange = StoredExchange(
            self._folder / "exchange", self.postgres, "--catalogue=empty",
            f"--kafka_brokers={self.kafka.brokers}", keeps_ports=True).__enter__()
        self.server = MarketDataServer(self._folder / "server", self.exchange,
                                       self.kafka.brokers,
                                       f"--recording_dir={self.recording}",
                                       f"--redis_url_file={self.redis.url_file}").__enter__()
        self.rebuilder = Rebuilder(self._folder / "rebuilder", self.kafka).__enter__()
        self.parts = dict(zip(PARTS, (self.kafka, self.postgres, self.redis, self.exchange,
                                      self.server, self.rebuilder), strict=True))
        return self

    def __exit__(self, *error):
        for part in reversed(self.parts.values()):
            part.__exit__(*error)

    def _part(self, name):
        return Refusal(self.postgres) if name == REFUSING else self.parts[name]

    def kill(self, names):
        for name in names:
            self._part(name).kill()

    def start(self, names):
        for name in sorted(names, key=(*PARTS, REFUSING).index):
            self._part(name).start()

    def settle(self):
        """Until each holder of a book has the exchange's."""
        def same():
            for ticker in MARKETS:
                wanted = exchange_hash(self.exchange, ticker)
                book = self.rebuilder.book(ticker)
                if self.server.hash(ticker) != wanted or book is None or book["doubt"] != "none":
                    return False
                if int(book["book_hash"], 16) != wanted:
                    return False
            return True

        wait_until(same, SETTLE_SECONDS, "every book of the plane is the exchange's")

    def await_recording(self, since):
        """Until an island of each market that began since then is on disk."""
        def is_there():
            markets = coverage(self.recording)
            return all(ticker in markets and
                       instant(markets[ticker]["islands"][-1]["begin"]) > since
                       for ticker in MARKETS)

        wait_until(is_there, SETTLE_SECONDS, "the recording goes on")

    def check_coverage(self):
        """One gap of each market for each outage, around it."""
        record_tool("verify", self.recording)
        markets = coverage(self.recording)
        for ticker in MARKETS:
            gaps = [(instant(gap["begin"]), instant(gap["end"])) for gap in markets[ticker]["gaps"]]
            assert len(gaps) == len(self.outages), (ticker, gaps, self.outages)
            for (gap_begin, gap_end), (begin, end) in zip(gaps, self.outages):
                assert gap_begin < end and begin < gap_end < end, (ticker, gaps, self.outages)

    def check(self):
        self.settle()
        # An independent fold of everything in the topic, each number once.
        books = fold_books(self.kafka)
        for ticker in MARKETS:
            assert books[ticker].is_trusted
            assert books[ticker].hash() == exchange_hash(self.exchange, ticker)
        check_cache(self.redis, self.server, MARKETS, SETTLE_SECONDS)
        wait_until(lambda: self.exchange.metric("evx_exchange_kafka_lag_records") == 0,
                   SETTLE_SECONDS, "Kafka has every event")
        self.exchange.audit()
        self.exchange.journal("audit", f"--kafka_brokers={self.kafka.brokers}")
        return sum(sum(book.counts.values()) for book in books.values())


def trade(traders, generator):
    until = traders.answered() + generator.randint(1, ANSWERS_MAX)
    wait_until(lambda: traders.answered() >= until, LOAD_SECONDS, "answers")


def instant(text):
    return datetime.datetime.fromisoformat(text)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def strike(plane, traders, names, generator):
    """Kills the parts under load; the exchange trades on unless it is one of them."""
    traders.start(plane.exchange)
    trade(traders, generator)
    begin = now()
    plane.kill(names)
    if "exchange" in names:
        traders.join()
        plane.start(names)
        traders.start(plane.exchange)
    else:
        trade(traders, generator)
        plane.start(names)
    trade(traders, generator)
    traders.stop()
    count = plane.check()
    if FEED & set(names):
        plane.await_recording(since=begin)
        plane.outages.append((begin, now()))
    print(f"{' and '.join(names)} killed: {count} messages, every book equal")


@pytest.mark.timeout(3_600)
def test_whatever_is_killed_every_book_and_every_event_is_whole_again(tmp_path, seed):
    generator = random.Random(seed)
    strikes = [(name,) for name in (*PARTS, REFUSING)]
    strikes += PAIRS if FULL else generator.sample(PAIRS, 1)
    generator.shuffle(strikes)
    begin = now()
    with Plane(tmp_path) as plane:
        traders = Traders(plane.exchange, rest_count=1, stream_count=1, seed=seed)
        plane.await_recording(since=begin)
        for names in strikes:
            strike(plane, traders, names, generator)
        plane.check_coverage()
