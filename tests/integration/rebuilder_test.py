"""order-book-rebuilder with a real Kafka: every book that it shows is the one that a fold in Python
has at that number, whatever is doubled, lost, spoilt, killed or moved."""

import os
import random
import threading

import pytest

from book_hash import book_hash, levels_of
from book_publisher import BookPublisher, tickers
from local_exchange import wait_until
from rebuilder_process import Rebuilder

FULL = bool(os.environ.get("EVX_FULL"))
KILLS = 20 if FULL else 2
QUESTIONS = 10_000 if FULL else 300
DELTAS = 20_000 if FULL else 3_000
CATCH_UP_SECONDS = 120


def is_true(publisher, book):
    """Whether a book that was shown is the one of its number."""
    return book["book_hash"] == f"{publisher.hashes[book['ticker']][book['sequence']]:016x}"


def has_all(publisher, members):
    """Every book is with one of the members, up to its last message and without doubt."""
    for ticker in publisher.tickers:
        books = [book for book in (member.book(ticker) for member in members) if book]
        assert all(is_true(publisher, book) for book in books)
        if not any(book["sequence"] == publisher.sequence(ticker) and book["doubt"] == "none"
                   for book in books):
            return False
    return True


def wait_for_all(publisher, *members):
    wait_until(lambda: has_all(publisher, members), CATCH_UP_SECONDS, "every book is there")


class Readers:
    """Asks members for books all the time; what is shown must be true."""

    def __init__(self, publisher, *members):
        self.answers = 0
        self.wrong = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(publisher, member))
                         for member in members]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, publisher, member):
        seen = {}
        while not self._stop.is_set():
            ticker = random.choice(publisher.tickers)
            book = member.book(ticker)
            if book is None:
                seen.pop(ticker, None)  # It may come back from an older checkpoint.
                continue
            self.answers += 1
            if not is_true(publisher, book) or book["sequence"] < seen.get(ticker, 0):
                self.wrong.append(book)
            seen[ticker] = book["sequence"]


@pytest.mark.timeout(1_800)
def test_kill_9_of_the_rebuilder_and_of_kafka_leaves_no_wrong_book(tmp_path, kafka, seed):
    generator = random.Random(seed)
    publisher = BookPublisher(kafka.brokers, tickers("KILL", 40), seed, "publisher")
    rebuilder = Rebuilder(tmp_path, kafka, "--checkpoint_interval=100ms", "--instance_id=one",
                          group="kill")
    with rebuilder:
        for kill in range(KILLS):
            publisher.publish(generator.randint(1, DELTAS))
            seen = generator.randint(0, sum(map(publisher.sequence, publisher.tickers)))
            wait_until(lambda: rebuilder.stats()["deltas"] >= seen / 2, CATCH_UP_SECONDS,
                       "some are read")
            rebuilder.kill()
            publisher.publish(generator.randint(1, DELTAS))
            if kill % 2 == 0:
                kafka.kill()
                kafka.start()
            rebuilder.start()
            wait_for_all(publisher, rebuilder)
        stats = rebuilder.stats()  # Of the whole topic: this test comes first.
        assert stats["duplicates"] == stats["holes"] == stats["hash_mismatches"] == 0
        # A clean stop leaves nothing to be read again.
        rebuilder.stop()
        rebuilder.start()
        assert has_all(publisher, [rebuilder])
        assert rebuilder.stats()["deltas"] == stats["deltas"]


def test_books_are_the_true_ones_and_poison_is_parked(tmp_path, kafka, seed):
    from evx.marketdata.v1 import market_data_pb2 as pb

    publisher = BookPublisher(kafka.brokers, tickers("POISON", 40), seed)
    with Rebuilder(tmp_path, kafka, group="poison") as rebuilder:
        publisher.publish(DELTAS, doubles=0.02)
        publisher.flush()
        wait_for_all(publisher, rebuilder)
        stats = rebuilder.stats()
        assert stats["duplicates"] > 0 and stats["holes"] == stats["hash_mismatches"] == 0
        assert stats["delta_share"] >= 0.8

        ticker = publisher.tickers[0]
        bids, asks = publisher.levels(ticker)
        shown = levels_of(rebuilder.get(f"/trade-api/v2/markets/{ticker}/orderbook").json()
                          ["orderbook_fp"])
        assert book_hash(ticker, *shown) == book_hash(ticker, bids, asks)
        top = rebuilder.get(f"/api/v1/orderbook/{ticker}/top").json()
        assert top["bid"]["price"] == f"{bids[-1][0] / 1_000_000:.4f}"
        listed = rebuilder.get("/api/v1/markets", prefix="POISON-1", limit=1_000).json()["markets"]
        assert listed == sorted(name for name in publisher.tickers if name.startswith("POISON-1"))

        publisher.send(ticker, b"\xffno message")
        publisher.send(ticker, pb.BookMessage(market_ticker=ticker))
        publisher.gap(publisher.tickers[1])
        publisher.publish(DELTAS, doubles=0.02, losses=0.01)
        publisher.flush()
        wait_until(lambda: rebuilder.stats()["holes"] > 0, CATCH_UP_SECONDS, "a hole is seen")
        publisher.prove()
        wait_for_all(publisher, rebuilder)
        wait_until(lambda: len(kafka.read("evx.errors.v1")) >= 2, CATCH_UP_SECONDS, "both are parked")
        parked = [pb.ErrorMessage.FromString(payload)
                  for _, key, payload in kafka.read("evx.errors.v1")]
        assert [(message.service, message.kind, message.topic) for message in parked] == [
            ("order-book-rebuilder", "unreadable_message", "evx.md.book.v1")] * 2
        assert parked[0].payload == b"\xffno message"
        assert "envelope.schema_version is 0" in parked[1].detail


def test_the_past_is_as_it_was(tmp_path, kafka, seed):
    generator = random.Random(seed)
    publisher = BookPublisher(kafka.brokers, tickers("PAST", 3), seed)
    with Rebuilder(tmp_path, kafka, "--checkpoint_interval=100ms", "--instance_id=one",
                   group="past") as rebuilder:
        for _ in range(2):
            publisher.publish(DELTAS)
            publisher.flush()
            rebuilder.kill()
            rebuilder.start()
        wait_for_all(publisher, rebuilder)
        for _ in range(QUESTIONS):
            ticker = generator.choice(publisher.tickers)
            times = publisher.times[ticker]
            sequence = generator.randint(1, publisher.sequence(ticker) - 1)
            if times[sequence] < times[sequence + 1]:
                book = rebuilder.book(ticker, at=times[sequence])
                assert book["sequence"] == sequence and is_true(publisher, book)
        early = rebuilder.get(f"/api/v1/orderbook/{ticker}", at=times[1] - 1)
        assert (early.status_code, early.json()["error"]["code"]) == (404, "no_book_then")


def test_partitions_move_between_members_without_a_wrong_book(tmp_path, kafka, seed):
    publisher = BookPublisher(kafka.brokers, tickers("MOVE", 40), seed)
    publisher.publish(DELTAS)
    publisher.flush()
    flags = ["--checkpoint_interval=1s"]
    first = Rebuilder(tmp_path / "first", kafka, *flags, group="move")
    second = Rebuilder(tmp_path / "second", kafka, *flags, group="move")
    with first, Readers(publisher, first) as readers:
        wait_for_all(publisher, first)
        with second, Readers(publisher, second) as other_readers:
            def is_shared():
                publisher.publish(20)
                publisher.flush()
                owned = [len(member.stats()["partitions"]) for member in (first, second)]
                return owned == [4, 4]

            wait_until(is_shared, CATCH_UP_SECONDS, "the partitions are shared")
            wait_for_all(publisher, first, second)
            owners = [[ticker for ticker in publisher.tickers if member.book(ticker)]
                      for member in (first, second)]
            assert sorted(owners[0] + owners[1]) == sorted(publisher.tickers)
            other_readers.__exit__()
            if FULL:
                second.kill()
            else:
                second.stop()
            publisher.publish(DELTAS)
            publisher.flush()
            wait_for_all(publisher, first)
        assert readers.wrong == other_readers.wrong == []
        assert readers.answers > 100 and other_readers.answers > 0
