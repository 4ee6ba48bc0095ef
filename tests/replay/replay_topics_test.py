"""A recorded session played by order-book-rebuilder into the topics of replays, with a real Kafka:
after every recorded millisecond the book that a reader has is the one that an independent fold of
the raw frames has, by hash, at full speed and over pauses and seeks; every message is marked; and
nothing of it is in any other topic."""

import importlib
import os
import pathlib
import random
import sys
import time

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "integration"), str(TESTS.parent / "scripts")]

from evx_stack import topics  # noqa: E402
from grpc_stubs import generate_stubs  # noqa: E402
from local_exchange import REPOSITORY, wait_until  # noqa: E402
from market_data import Book  # noqa: E402
from private_kafka import PrivateKafka  # noqa: E402
from rebuilder_process import Rebuilder  # noqa: E402
from recorded_books import (  # noqa: E402
    as_recorded, fold_books, fold_frames, read_books, read_frames, trades_of)
from replay_buttons import Buttons, as_proto  # noqa: E402

SAMPLE = REPOSITORY / "libs/recording/tests/sample"
MARKET = "KXGOLD15M-26AUG101900-00"
BOOKS, TRADES = "evx.replay.book.v1", "evx.replay.trades.v1"
FILM_SECONDS = 120
SEEKS = 3
PLAYED_FRAMES = 500


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    generate_stubs(tmp_path_factory.mktemp("stubs"))
    return importlib.import_module("evx.rebuild.v1.replay_service_pb2")


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    return list(read_frames(SAMPLE, tmp_path_factory.mktemp("frames")))


@pytest.fixture(scope="module")
def kafka():
    with PrivateKafka() as server:
        yield server
        live = [topic.name for topic in topics.declared() if topic.owner != "order-book-rebuilder"]
        assert len(live) == len(topics.declared()) - 2
        for name in live:
            assert server.read(name) == [], name


class Player:
    """A rebuilder that plays the sample, and its buttons."""

    def __init__(self, tmp_path, kafka, service):
        self._service = service
        self._kafka = kafka
        self._rebuilder = Rebuilder(tmp_path / "rebuilder", kafka, f"--recording_dir={SAMPLE}",
                                    "--replay_port=0")
        self._buttons = self.press = self.seek = None

    def __enter__(self):
        self._rebuilder.__enter__()
        self._buttons = Buttons(self._service, self._rebuilder.grpc_port)
        self.press, self.seek = self._buttons.press, self._buttons.seek
        return self

    def __exit__(self, *_):
        self._buttons.__exit__()
        self._rebuilder.__exit__()

    def settle(self, state):
        """The film, once it is in this state and Kafka has all of it."""
        def settled():
            film = self.press("GetReplay")
            assert not film.topics_error, film
            return film if film.state == state and film.waiting_message_count == 0 else None
        return wait_until(settled, FILM_SECONDS, "the film is in Kafka")

    def messages(self):
        """Those of this replay's books."""
        replay_id = self.press("GetReplay").replay_id
        return [message for message in read_books(self._kafka, BOOKS)
                if message.envelope.replay_id == replay_id]


def test_the_sample_at_full_speed_is_the_recorded_one(tmp_path, kafka, service, frames):
    raw = fold_frames(frames)
    with Player(tmp_path, kafka, service) as player:
        begin = time.monotonic()
        player.press("OpenReplay", speed="max", into_topics=True)
        film = player.settle(service.REPLAY_STATE_ENDED)
        seconds = time.monotonic() - begin
        assert film.goes_into_topics and film.played_frame_count == len(frames)
        messages = player.messages()
    topic = fold_books(messages)
    trades = trades_of(kafka, TRADES)
    assert topic.keys() == raw.keys() == {MARKET}
    assert topic[MARKET].runs.hashes == raw[MARKET].runs.hashes
    assert topic[MARKET].runs.crossed == raw[MARKET].runs.crossed
    assert [as_recorded(trade) for trade in trades[MARKET]] == raw[MARKET].trades
    assert film.published_message_count == len(messages) + len(trades[MARKET])
    for message in [*messages, *trades[MARKET]]:
        assert message.envelope.replay_id == film.replay_id
        assert message.envelope.source == "replay"
    deltas = sum(message.HasField("delta") for message in messages)
    print(f"{len(raw[MARKET].runs.hashes)} milliseconds equal by hash, {len(frames)} frames in "
          f"{seconds:.2f} s, {film.published_message_count} messages, "
          f"{deltas / len(messages):.1%} of the books' are deltas")


def test_whatever_button_is_pressed_the_topic_has_the_recorded_book(tmp_path, kafka, service,
                                                                    frames):
    seed = int(os.environ.get("EVX_TEST_SEED") or random.SystemRandom().getrandbits(32))
    print(f"EVX_TEST_SEED={seed}")
    chance = random.Random(seed)

    def check(player, film):
        book = Book(MARKET)
        for message in player.messages():
            book.apply(message)
        assert book.is_trusted
        assert book.hash() == fold_frames(frames[:film.played_frame_count])[MARKET].hash()
        return book

    with Player(tmp_path, kafka, service) as player:
        # So slow that no film ends before it is paused.
        film = player.press("OpenReplay", speed="20", into_topics=True)
        first = film.recording_first_time.ToNanoseconds()
        last = film.recording_last_time.ToNanoseconds()
        before = 0
        for number in range(1, SEEKS + 1):
            wait_until(lambda: player.press("GetReplay").published_message_count
                       >= before + PLAYED_FRAMES, FILM_SECONDS, "it plays")
            player.press("PauseReplay")
            check(player, player.settle(service.REPLAY_STATE_PAUSED))
            # With time left to play, and the book known.
            target = first + round((last - first) * chance.uniform(0.1, 0.7))
            player.seek(target)
            book = check(player, player.settle(service.REPLAY_STATE_PAUSED))
            assert book.counts["gap"] == number
            before = player.press("GetReplay").published_message_count
            player.press("PlayReplay")
        player.press("OpenReplay", market_tickers=[MARKET], from_time=as_proto(first), speed="max",
                     into_topics=True)
        film = player.settle(service.REPLAY_STATE_ENDED)
        assert check(player, film).counts["gap"] == SEEKS + 1
