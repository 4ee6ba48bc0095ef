"""The live doors of order-book-rebuilder with a real Kafka: whatever a reader is told, by which
door and when it came, is the true book of its number after each change."""

import contextlib
import os
import socket

from book_hash import book_hash, levels_of
from book_publisher import BookPublisher, tickers
from live_reader import LiveReader, StreamReader
from local_exchange import wait_until
from rebuilder_process import Rebuilder
from venue_socket import VenueSocket

FULL = bool(os.environ.get("EVX_FULL"))
DELTAS = 50_000 if FULL else 4_000
PATIENCE_SECONDS = 60
STALLED_COMMANDS = 81  # An odd number: the last one subscribes.


class Anyone:
    """No key is asked for."""

    def access_headers(self, *_):
        return {}


class VenueReader:
    """The venue's client: every message has the venue's form, `seq` no gap, and every folded book
    is that of the next number."""

    def __init__(self, port, publisher):
        self._publisher = publisher
        self._numbers = {}  # Those that each book may have: some are alike.
        self.deltas = 0
        self.socket = VenueSocket(f"ws://127.0.0.1:{port}/trade-api/ws/v2", Anyone())
        self.socket.subscribe("orderbook_delta", market_tickers=publisher.tickers)
        for message in self.socket.kept:
            self.apply(message)
        self.socket.kept.clear()

    def apply(self, message):
        ticker = message["msg"]["market_ticker"]
        hashes = self._publisher.hashes[ticker]
        found = book_hash(ticker, *levels_of(self.socket.books[ticker].levels()))
        if message["type"] == "orderbook_snapshot":
            numbers = list(hashes)
        else:
            assert message["type"] == "orderbook_delta", message
            self.deltas += 1
            numbers = [number + 1 for number in self._numbers[ticker]]
        self._numbers[ticker] = [number for number in numbers if hashes.get(number) == found]
        assert self._numbers[ticker], message

    def read_until_error(self):
        """Its code."""
        while (message := self.socket.receive(PATIENCE_SECONDS))["type"] != "error":
            self.apply(message)
        return message["msg"]["code"]

    def read_all(self):
        while not all(self._publisher.sequence(ticker) in self._numbers.get(ticker, ())
                      for ticker in self._publisher.tickers):
            self.apply(self.socket.receive(PATIENCE_SECONDS))


@contextlib.contextmanager
def stalled_client(port):
    """Asks for every book again and again, far more than sockets hold, and takes nothing."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /ws/orderbook HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        for number in range(STALLED_COMMANDS):
            verb = b"unsubscribe" if number % 2 else b"subscribe"
            command = b'{"command":"%s","subjects":["all"]}' % verb
            # A mask of zeros changes nothing.
            client.sendall(bytes([0x81, 0x80 | len(command)]) + bytes(4) + command)
        yield


def wait_for_all(publisher, *readers):
    wait_until(lambda: all(reader.has_all(publisher) for reader in readers), PATIENCE_SECONDS,
               "every reader has every book")


def check_tops(books, tops):
    """Each change of a top was told, in order, and nothing else; but for a state that tells the top
    there was when the reader came."""
    told = {}
    for ticker, sequence, *top in tops.told_tops:
        assert books.tops[ticker].get(sequence, tuple(top)) == tuple(top), (ticker, sequence)
        told.setdefault(ticker, {})[sequence] = tuple(top)
    assert told.keys() == books.tops.keys()
    for ticker, by_number in books.tops.items():
        before = None
        for sequence, top in sorted(by_number.items()):
            if before is not None and top != before and sequence > min(told[ticker]):
                assert told[ticker][sequence] == top, (ticker, sequence)
            before = top


def test_every_door_tells_every_book_after_each_change(tmp_path, kafka, seed):
    publisher = BookPublisher(kafka.brokers, tickers("LIVE", 20), seed)
    publisher.publish(DELTAS // 10)
    publisher.flush()
    with contextlib.ExitStack() as stack:
        rebuilder = stack.enter_context(Rebuilder(tmp_path, kafka, group="live"))
        hashes = publisher.hashes
        books = stack.enter_context(LiveReader(rebuilder.port, ["all"], hashes))
        tops = stack.enter_context(LiveReader(rebuilder.port, ["LIVE-*:top"], hashes))
        readers = [books,
                   stack.enter_context(LiveReader(rebuilder.port, publisher.tickers, hashes,
                                                  form="protobuf")),
                   stack.enter_context(StreamReader(rebuilder.grpc_port, hashes,
                                                    prefixes=["LIVE"]))]
        wait_for_all(publisher, *readers)
        venue = VenueReader(rebuilder.port, publisher)
        publisher.publish(DELTAS // 2, doubles=0.02)
        # Readers that come in the middle see no other books than those that were there before.
        readers.append(stack.enter_context(LiveReader(rebuilder.port, publisher.tickers, hashes)))
        publisher.publish(DELTAS // 2)
        publisher.flush()
        venue.read_all()
        assert venue.deltas == 2 * (DELTAS // 2)
        # The venue's subscription tells no doubt: it ends.
        publisher.gap(publisher.tickers[0])
        publisher.flush()
        assert venue.read_until_error() == 10
        venue.socket.close()
        publisher.prove()
        wait_for_all(publisher, *readers)
        for ticker in publisher.tickers:
            assert rebuilder.book(ticker)["sequence"] == publisher.sequence(ticker)
        venue = VenueReader(rebuilder.port, publisher)
        venue.read_all()
        venue.socket.close()

        def are_told():
            tops.check()
            return {ticker: number for ticker, number, *_ in tops.told_tops} == {
                ticker: publisher.sequence(ticker) for ticker in publisher.tickers}

        wait_until(are_told, PATIENCE_SECONDS, "the last tops are told")
        assert min(reader.counts["delta"] for reader in readers[:3]) >= DELTAS
        check_tops(books, tops)


def test_a_market_that_moves_is_told_in_transit_and_goes_on_with_a_snapshot(tmp_path, kafka, seed):
    publisher = BookPublisher(kafka.brokers, tickers("SHARED", 20), seed)
    publisher.publish(DELTAS // 4)
    publisher.flush()
    flags = ["--checkpoint_interval=1s"]
    first = Rebuilder(tmp_path / "first", kafka, *flags, group="shared")
    second = Rebuilder(tmp_path / "second", kafka, *flags, group="shared")
    with first, LiveReader(first.port, publisher.tickers, publisher.hashes) as reader:
        wait_for_all(publisher, reader)
        with second, LiveReader(second.port, publisher.tickers, publisher.hashes) as other:
            def is_shared():
                publisher.publish(20)
                publisher.flush()
                owned = [len(member.stats()["partitions"]) for member in (first, second)]
                return owned == [4, 4]

            def are_told():
                reader.check()
                other.check()
                return all(reader.has(ticker, publisher.sequence(ticker))
                           != other.has(ticker, publisher.sequence(ticker))
                           and reader.has_book(ticker) != other.has_book(ticker)
                           for ticker in publisher.tickers)

            wait_until(is_shared, PATIENCE_SECONDS, "the partitions are shared")
            wait_until(are_told, PATIENCE_SECONDS, "each book is told by the member that has it")
            assert {code for _, code in reader.codes} == {"market_in_transit"}
            second.stop()
        publisher.publish(DELTAS // 4)
        publisher.flush()
        wait_for_all(publisher, reader)


def test_a_client_that_takes_nothing_is_cut_and_costs_nobody_else_anything(tmp_path, kafka, seed):
    publisher = BookPublisher(kafka.brokers, tickers("SLOW", 100), seed)
    publisher.publish(DELTAS)
    publisher.prove()
    with Rebuilder(tmp_path, kafka, group="slow") as rebuilder:
        with stalled_client(rebuilder.port), LiveReader(rebuilder.port, ["SLOW-*"],
                                                        publisher.hashes) as reader:
            wait_for_all(publisher, reader)

            def is_cut():
                publisher.publish(100)
                publisher.flush()
                return rebuilder.metric("evx_order_book_rebuilder_readers_cut_total") == 1

            wait_until(is_cut, PATIENCE_SECONDS, "the stalled client is cut")
            wait_for_all(publisher, reader)
            # The other one was told each change.
            assert reader.counts["snapshot"] == len(publisher.tickers)
            assert reader.counts["delta"] > 0
