"""Two market-data-servers, of which one publishes, with the real exchange, Kafka and PostgreSQL: the
leader is killed, stopped for longer than its lease, and ended, and PostgreSQL is taken away, while
orders come in. Whoever reads the topics notices nothing: every number once, no gap, every trade, and
at the end the exchange's books; the values in Redis are those of who leads."""

import os
import random
import time

import pytest

from feed_reader import FeedReader
from local_exchange import wait_until
from market_data import (TICKERS, TRADES, MarketDataServer, all_trades, exchange_hash, fold_books,
                         read_errors, read_stream)
from order_load import CROSSING, QUIET, Traders
from private_kafka import PrivateKafka
from private_redis import PrivateRedis, check_cache
from stored_exchange import PrivatePostgres, StoredExchange

FULL = bool(os.environ.get("EVX_FULL"))
ROUNDS = 12
SETTLE_SECONDS = 60
LEASE_SECONDS = 3.0
# After a take-over and before the next fault.
ANSWERS = 300 if FULL else 100
MARKETS = (QUIET, CROSSING)


class Pair:
    """Two servers of one Kafka; each has its own folder, and records only there."""

    def __init__(self, folder, exchange, kafka, postgres, *flags):
        url_file = folder / "postgres.url"
        url_file.write_text(postgres.create_database())
        self.exchange, self.kafka, self.postgres = exchange, kafka, postgres
        self.servers = [
            MarketDataServer(folder / name, exchange, kafka.brokers,
                             f"--postgres_url_file={url_file}", f"--lease_length={LEASE_SECONDS}s",
                             "--lease_renew_interval=300ms",
                             f"--recording_dir={folder / name / 'recording'}", *flags)
            for name in ("one", "two")]

    def __enter__(self):
        for server in self.servers:
            server.__enter__()
        wait_until(self.is_whole, SETTLE_SECONDS, "one leads and the other one stands by")
        return self

    def __exit__(self, *error):
        for server in self.servers:
            server.__exit__(*error)

    def roles(self):
        return [server.get("/stats")["leadership"]["role"] for server in self.servers]

    def is_whole(self):
        return (sorted(self.roles()) == ["leader", "standby"]
                and all(server.ready() for server in self.servers)
                and self.leader().metric("evx_market_data_leader") == 1
                and self.standby().metric("evx_market_data_leader") == 0)

    def leader(self):
        return self.servers[self.roles().index("leader")]

    def standby(self):
        return self.servers[self.roles().index("standby")]

    def await_takeover(self, server, what):
        """Until this one leads; how long that took."""
        start = time.monotonic()
        wait_until(lambda: server.get("/stats")["leadership"]["role"] == "leader", SETTLE_SECONDS,
                   "the standby leads")
        seconds = time.monotonic() - start
        print(f"{what}: the other one leads after {seconds:.2f} s")
        return seconds

    # The faults. After each both servers run again, and PostgreSQL.

    def kill(self, _traders):
        leader, standby = self.leader(), self.standby()
        leader.kill()
        assert self.await_takeover(standby, "killed") < LEASE_SECONDS + 10
        leader.start()

    def stop(self, _traders):
        leader, standby = self.leader(), self.standby()
        assert leader.stop() == 0
        # No need to wait for the lease.
        self.await_takeover(standby, "ended")
        leader.start()

    def freeze(self, traders):
        leader, standby = self.leader(), self.standby()
        leader.freeze()
        try:
            self.await_takeover(standby, "frozen")
            traders.trade(ANSWERS)
        finally:
            leader.thaw()
        wait_until(lambda: leader.get("/stats")["leadership"]["role"] == "standby", SETTLE_SECONDS,
                   "the thawed one stands by")

    def without_postgres(self, traders):
        leader, standby = self.leader(), self.standby()
        self.postgres.kill()
        wait_until(lambda: not standby.ready(), SETTLE_SECONDS, "the standby says what is missing")
        committed = leader.get("/stats")["committed_messages"]
        traders.trade(ANSWERS)
        wait_until(lambda: leader.get("/stats")["committed_messages"] > committed, SETTLE_SECONDS,
                   "the leader goes on")
        assert self.roles()[self.servers.index(leader)] == "leader" and leader.ready()
        assert self.standby() is standby
        self.postgres.start()
        wait_until(standby.ready, SETTLE_SECONDS, "the standby is one again")
        assert self.leader() is leader

    def check_books(self):
        """Readers of the topics have the exchange's books; returns them."""
        def settled():
            server = self.leader()
            return server.get("/stats")["queue_bytes"] == 0 and all(
                server.hash(ticker) == exchange_hash(self.exchange, ticker) for ticker in MARKETS)

        def same():
            books = fold_books(self.kafka)
            return all(books[ticker].is_trusted
                       and books[ticker].hash() == exchange_hash(self.exchange, ticker)
                       for ticker in MARKETS) and books

        wait_until(settled, SETTLE_SECONDS, "the leader has the exchange's books")
        books = wait_until(same, SETTLE_SECONDS, "readers have the exchange's books")
        print({ticker: dict(book.counts) for ticker, book in books.items()})
        return books

    def check(self):
        """They have had them all the time, and every trade."""
        books = self.check_books()
        assert not any(book.counts["gap"] for book in books.values())
        trades = [message.trade_id for messages in
                  read_stream(self.kafka, TRADES, "TradeMessage").values() for message in messages]
        assert sorted(trades) == sorted(all_trades(self.exchange))
        for messages in read_stream(self.kafka, TICKERS, "TickerMessage").values():
            times = [message.event_time_ns for message in messages]
            assert times == sorted(times)
        assert not read_errors(self.kafka)


@pytest.fixture
def kafka():
    with PrivateKafka() as server:
        yield server


@pytest.fixture
def postgres():
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def exchange(tmp_path):
    with StoredExchange(tmp_path / "exchange", None, "--catalogue=empty") as running:
        yield running


@pytest.fixture
def traders(exchange, seed):
    return Traders(exchange, rest_count=1, stream_count=1 if FULL else 0, seed=seed)


def strike(pair, traders, fault):
    traders.trade(ANSWERS)
    fault(traders)
    traders.trade(ANSWERS)
    wait_until(pair.is_whole, SETTLE_SECONDS, "one leads and the other one stands by")


def test_readers_notice_no_change_of_the_leader(tmp_path, kafka, postgres, exchange, traders):
    with PrivateRedis() as redis, Pair(tmp_path, exchange, kafka, postgres,
                                       f"--redis_url_file={redis.url_file}") as pair:
        traders.start(exchange)
        standby = pair.standby()
        # A client of the standby, which becomes the leader, notices nothing either.
        with FeedReader(standby, "json", ["all"]) as reader:
            strike(pair, traders, pair.kill)
            number = standby.get(f"/markets/{QUIET}")["book_sequence"]
            wait_until(lambda: reader.hash(QUIET) and reader.books[QUIET].sequence >= number,
                       SETTLE_SECONDS, "the client has what the new leader published")
        for fault in (pair.stop, pair.freeze, pair.without_postgres):
            strike(pair, traders, fault)
        traders.stop()
        pair.check()
        check_cache(redis, pair.leader(), MARKETS, SETTLE_SECONDS)
        assert all(any((server.folder / "recording").iterdir()) for server in pair.servers)


@pytest.mark.skipif(not FULL, reason="long")
@pytest.mark.timeout(1_800)
def test_many_changes_of_the_leader_at_random_instants(tmp_path, kafka, postgres, exchange, traders,
                                                       seed):
    generator = random.Random(seed)
    with Pair(tmp_path, exchange, kafka, postgres) as pair:
        traders.start(exchange)
        for _ in range(ROUNDS):
            traders.trade(generator.randint(1, ANSWERS))
            strike(pair, traders, generator.choice((pair.kill, pair.stop, pair.freeze,
                                                    pair.without_postgres)))
        traders.stop()
        pair.check()


@pytest.mark.skipif(not FULL, reason="long")
@pytest.mark.timeout(1_800)
def test_both_servers_and_kafka_killed_leave_gaps_and_nothing_else(tmp_path, kafka, postgres,
                                                                   exchange, traders, seed):
    with Pair(tmp_path, exchange, kafka, postgres) as pair:
        traders.start(exchange)
        traders.trade(ANSWERS)
        for server in pair.servers:
            server.kill()
        traders.trade(ANSWERS)
        for server in pair.servers:
            server.start()
        strike(pair, traders, lambda _: (kafka.kill(), kafka.start()))
        postgres.kill()
        strike(pair, traders, lambda _: postgres.start())
        traders.stop()
        pair.check_books()
