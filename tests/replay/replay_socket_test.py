"""A recorded session played by order-book-rebuilder to a client of its own making: the frames that
come are the recorded ones, every book after every frame is the one that a fold of the raw frames
has, whatever buttons are pressed, and a client notices every gap that was ordered and no other."""

import bisect
import collections
import contextlib
import importlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

import grpc
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from grpc_stubs import generate_stubs  # noqa: E402
from local_exchange import BUILD, STOP_SECONDS, binary, free_port, wait_until  # noqa: E402
from replay_buttons import Buttons, as_proto  # noqa: E402
from venue_socket import PATH, Book  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "libs/recording/tests/sample"
MARKET = "KXGOLD15M-26AUG101900-00"
RECEIVE_SECONDS = 60
START_SECONDS = 60
GAP_EVERY = 997
SEEKS = 8
# Books that are followed after a button at least.
FOLLOWED = 300
NOTHING_TO_PLAY = 503
# Behind the film's last hour.
LATER_NS = 2 * 3_600_000_000_000
SPEEDS = ("100", "400", "max")


def record_tool(*arguments):
    tool = str(BUILD / "services/market-data-server/tool/evx-record")
    subprocess.run([tool, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def import_recording(source, folder):
    """The frames of a recording, as the tool exports and imports them."""
    log = folder / "frames.ndjson"
    record_tool("export", source, "--format=frames", f"--output={log}")
    record_tool("import", folder / "recording", log)
    with log.open() as lines:
        return [json.loads(line) for line in lines]


def record_later_hour(film, folder):
    """What is received in an hour behind the film's, in another folder."""
    log = folder / "later.ndjson"
    with log.open("w") as lines:
        for line in film.lines[:1_000]:
            later = {**line, "recv_ns": line["recv_ns"] + LATER_NS}
            lines.write(json.dumps(later, separators=(",", ":")) + "\n")
    record_tool("import", folder / "later", log)
    return folder / "later"


class Film:
    """The raw frames and, for each frame of the book, the book after it."""

    def __init__(self, folder):
        self.folder = folder / "recording"
        self.lines = lines = import_recording(SAMPLE, folder)
        frames = [line["event"] for line in lines]
        self.book_frames = [frame for frame in frames if frame["type"].startswith("orderbook")]
        self.book_times = [line["recv_ns"] for line in lines
                           if line["event"]["type"].startswith("orderbook")]
        assert self.book_times == sorted(self.book_times)
        self.trades = [frame for frame in frames if frame["type"] == "trade"]
        assert len(self.book_frames) == 22_026 and len(self.trades) == 977
        book = Book()
        self.books = [levels_after(book, frame) for frame in self.book_frames]

    def place_of(self, time):
        """Of the first frame of the book that was received then or later."""
        return bisect.bisect_left(self.book_times, time)


def levels_after(book, message):
    if message["type"] == "orderbook_snapshot":
        book.apply_snapshot(message["msg"])
    else:
        book.apply_delta(message["msg"])
    return {side: dict(levels) for side, levels in book.sides.items()}


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return Film(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The contract of the buttons, as Python code."""
    generate_stubs(tmp_path_factory.mktemp("stubs"))
    return importlib.import_module("evx.rebuild.v1.replay_service_pb2")


@contextlib.contextmanager
def replay(tmp_path, recording, *flags, grpc_port=0, stops_clean=False):
    """The URL of a rebuilder that plays the recording. It needs no Kafka for that."""
    port = free_port()
    process = subprocess.Popen(
        [str(binary("order-book-rebuilder")), f"--kafka_brokers=127.0.0.1:{free_port()}",
         f"--data_dir={tmp_path / 'data'}", "--http_port=0", f"--grpc_port={grpc_port}",
         "--log_level=error", f"--recording_dir={recording}", f"--replay_port={port}", *flags])
    url = f"ws://127.0.0.1:{port}{PATH}"

    def is_up():
        assert process.poll() is None, "the rebuilder has ended"
        try:
            with connect(url):
                return True
        except ConnectionRefusedError:
            return False
        except InvalidStatus as refused:  # Nothing is recorded yet.
            return refused.response.status_code == NOTHING_TO_PLAY

    try:
        wait_until(is_up, START_SECONDS, "the replay's port is open")
        yield url
        if stops_clean:
            process.terminate()
            assert process.wait(STOP_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


class Client:
    """Believes nothing; folds its book and counts the numbers that are missing."""

    def __init__(self, url):
        # It may leave in the middle, and waits for nothing then.
        self._connection = connect(url, compression=None, max_size=None,
                                   close_timeout=0).__enter__()
        self._last = collections.Counter()
        self.missing = collections.Counter()  # By sid.
        self.book = Book()
        self.book_message_count = 0
        self.replay_ids = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def send(self, command, **params):
        self._connection.send(json.dumps({"id": 1, "cmd": command, "params": params}))

    def subscribe(self, *channels):
        self.send("subscribe", channels=list(channels), market_ticker=MARKET)
        for sid, channel in enumerate(channels, 1):
            reply = self.receive()
            assert reply["type"] == "subscribed"
            assert reply["msg"] == {"channel": channel, "sid": sid}

    def receive(self):
        message = json.loads(self._connection.recv(timeout=RECEIVE_SECONDS))
        self.replay_ids.add(message["replay_id"])
        self.book_message_count += message["type"].startswith("orderbook")
        if "seq" in message:
            sid, seq = message["sid"], message["seq"]
            assert seq > self._last[sid]
            self.missing[sid] += seq - self._last[sid] - 1
            self._last[sid] = seq
        return message


def as_recorded(message):
    """The frame that was received of the venue."""
    return {"type": message["type"], "sid": message["recorded_sid"],
            "seq": message["recorded_seq"], "msg": message["msg"]}


def test_every_book_after_every_frame_is_the_recorded_one(tmp_path, film):
    with replay(tmp_path, film.folder, "--replay_speed=max") as url, Client(url) as client:
        client.subscribe("orderbook_delta", "trade")
        place, trades = 0, []
        while place < len(film.book_frames) or len(trades) < len(film.trades):
            message = client.receive()
            if message["type"] == "trade":
                trades.append(as_recorded(message))
                continue
            assert as_recorded(message) == film.book_frames[place]
            assert levels_after(client.book, message) == film.books[place]
            place += 1
        assert trades == film.trades
        assert not +client.missing
        assert len(client.replay_ids) == 1

        # Who comes when it is over has the last book.
        with Client(url) as late:
            late.subscribe("orderbook_delta")
            snapshot = late.receive()
            assert "recorded_seq" not in snapshot
            assert levels_after(late.book, snapshot) == film.books[-1]
            assert late.replay_ids == client.replay_ids


def test_a_client_in_the_middle_begins_with_the_book_of_that_moment(tmp_path, film):
    with replay(tmp_path, film.folder, "--replay_speed=50", stops_clean=True) as url, \
            Client(url) as first:
        first.subscribe("orderbook_delta")
        for _ in range(1_000):
            first.receive()
        with Client(url) as second:
            second.subscribe("orderbook_delta")
            start = levels_after(second.book, second.receive())
            delta = second.receive()
            place = film.book_frames.index(as_recorded(delta))
            assert place >= 1_000
            assert start == film.books[place - 1]
            for book in film.books[place:place + 1_000]:
                assert levels_after(second.book, delta) == book
                delta = second.receive()
            assert not +first.missing and not +second.missing


def test_a_client_notices_every_gap_that_was_ordered(tmp_path, film):
    flags = ["--replay_speed=max", f"--replay_gap_every={GAP_EVERY}"]
    with replay(tmp_path, film.folder, *flags) as url, Client(url) as client:
        client.subscribe("orderbook_delta", "trade")
        deltas = sum(frame["type"] == "orderbook_delta" for frame in film.book_frames)
        gaps = deltas // GAP_EVERY
        for _ in range(len(film.book_frames) + len(film.trades) - gaps):
            client.receive()
        assert client.missing == {1: gaps, 2: 0}
        client.send("update_subscription", sid=1, action="get_snapshot", market_ticker=MARKET)
        assert levels_after(client.book, client.receive()) == film.books[-1]
        assert client.missing[1] == gaps


def test_a_part_at_its_own_speed(tmp_path, film):
    flags = ["--replay_from=2026-08-10T22:59:00Z", "--replay_until=2026-08-10T22:59:01Z",
             f"--replay_markets={MARKET}"]
    with replay(tmp_path, film.folder, *flags) as url, Client(url) as client:
        client.subscribe("orderbook_delta")
        snapshot, delta = client.receive(), client.receive()
        place = film.book_frames.index(as_recorded(delta))
        assert levels_after(client.book, snapshot) == film.books[place - 1]
        assert levels_after(client.book, delta) == film.books[place]


def follow(client, film, place, count):
    """Receives so many frames of the book, which are those from `place` on; the place behind them."""
    for at in range(place, place + count):
        message = client.receive()
        assert as_recorded(message) == film.book_frames[at]
        assert levels_after(client.book, message) == film.books[at]
    return place + count


def play_and_pause(buttons, client, film, place, speed):
    """Plays some of the film; the place where it stands then."""
    assert buttons.press("SetReplaySpeed", speed=speed).speed == speed
    buttons.press("PlayReplay")
    place = follow(client, film, place, min(FOLLOWED, len(film.book_frames) - place))
    sent = buttons.press("PauseReplay").sent_frame_count
    place = follow(client, film, place, sent - client.book_message_count)
    # It stands: nothing comes before the answer.
    client.send("update_subscription", sid=1, action="get_snapshot", market_ticker=MARKET)
    snapshot = client.receive()
    assert snapshot["id"] == 1
    assert levels_after(client.book, snapshot) == film.books[place - 1]
    return place


def test_whatever_button_is_pressed_the_book_is_the_recorded_one(tmp_path, film, service):
    seed = int(os.environ.get("EVX_TEST_SEED") or random.SystemRandom().getrandbits(32))
    print(f"EVX_TEST_SEED={seed}")
    chance = random.Random(seed)
    port = free_port()
    with replay(tmp_path, film.folder, grpc_port=port) as url, Buttons(service, port) as buttons, \
            Client(url) as client:
        assert buttons.press("GetReplay").state == service.REPLAY_STATE_WAITING
        # Nothing is known of the book yet, and nothing comes.
        assert buttons.press("PauseReplay").state == service.REPLAY_STATE_PAUSED
        client.subscribe("orderbook_delta")
        for _ in range(SEEKS):
            time = chance.choice(film.book_times[1:])
            assert buttons.seek(time).position_time.ToNanoseconds() == time
            place = film.place_of(time)
            assert levels_after(client.book, client.receive()) == film.books[place - 1]
            for _ in range(2):
                place = play_and_pause(buttons, client, film, place, chance.choice(SPEEDS))
        assert buttons.press("GetReplay").client_count == 1
        assert not +client.missing


def test_a_seek_and_a_new_film_while_it_plays_begin_with_the_book_as_of_then(tmp_path, film,
                                                                          service):
    port = free_port()
    with replay(tmp_path, film.folder, "--replay_speed=200", grpc_port=port) as url, \
            Buttons(service, port) as buttons, Client(url) as client:
        client.subscribe("orderbook_delta")
        place = follow(client, film, 0, FOLLOWED)

        def follow_to_snapshot(place):
            while True:
                message = client.receive()
                if "recorded_seq" not in message:
                    return levels_after(client.book, message)
                assert as_recorded(message) == film.book_frames[place]
                place += 1

        time = film.book_times[10_000]
        assert buttons.seek(time).state == service.REPLAY_STATE_PLAYING
        target = film.place_of(time)
        assert follow_to_snapshot(place) == film.books[target - 1]
        place = follow(client, film, target, FOLLOWED)

        begin, end = film.book_times[5_000], film.book_times[6_000]
        buttons.press("OpenReplay", market_tickers=[MARKET], from_time=as_proto(begin),
                      until_time=as_proto(end), speed="max")
        target = film.place_of(begin)
        assert follow_to_snapshot(place) == film.books[target - 1]
        follow(client, film, target, film.place_of(end) - target)
        wait_until(lambda: buttons.press("GetReplay").state == service.REPLAY_STATE_ENDED,
                   RECEIVE_SECONDS, "the film is over")
        assert buttons.press("GetReplay").sent_frame_count == client.book_message_count
        assert not +client.missing

        with pytest.raises(grpc.RpcError) as refused:
            buttons.press("OpenReplay", market_tickers=["NONE"])
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def last_time(buttons):
    """Of what is recorded, as the player knows it; None while it has nothing to play."""
    try:
        return buttons.press("GetReplay").recording_last_time.ToNanoseconds()
    except grpc.RpcError as refused:
        assert refused.code() == grpc.StatusCode.NOT_FOUND, refused.details()
        return None


def test_a_recording_that_comes_later_and_grows_is_played_as_it_is_then(tmp_path, film, service):
    recording, later = tmp_path / "recording", record_later_hour(film, tmp_path)
    port, sample_last = free_port(), film.lines[-1]["recv_ns"]
    with replay(tmp_path, recording, "--replay_speed=max", grpc_port=port) as url, \
            Buttons(service, port) as buttons:
        def refusal(name):
            with pytest.raises(grpc.RpcError) as refused:
                buttons.press(name)
            assert refused.value.code() == grpc.StatusCode.NOT_FOUND
            return refused.value.details()

        assert refusal("GetReplay") == f"there is no recording {recording.name}"
        recording.mkdir()
        assert refusal("OpenReplay") == f"recording {recording.name} has no frame yet"
        with pytest.raises(InvalidStatus):
            Client(url)

        shutil.copytree(film.folder, recording, dirs_exist_ok=True)
        wait_until(lambda: last_time(buttons) == sample_last, RECEIVE_SECONDS, "it is seen")
        with Client(url) as client:
            client.subscribe("orderbook_delta")
            place = follow(client, film, 0, FOLLOWED)
            # What comes now is no part of this film, whose last hour it would be.
            shutil.copytree(later, recording, dirs_exist_ok=True)
            wait_until(lambda: last_time(buttons) > sample_last, RECEIVE_SECONDS, "it has grown")
            follow(client, film, place, len(film.book_frames) - place)
            wait_until(lambda: buttons.press("GetReplay").state == service.REPLAY_STATE_ENDED,
                       RECEIVE_SECONDS, "the film is over")
            assert buttons.press("GetReplay").until_time.ToNanoseconds() == sample_last + 1
            assert not +client.missing
            grown = buttons.press("OpenReplay", from_time=as_proto(sample_last + 1), speed="max")
            assert grown.until_time.ToNanoseconds() == last_time(buttons) + 1


def test_a_segment_that_cannot_be_read_costs_only_itself(tmp_path, film, service):
    recording, port = tmp_path / "recording", free_port()
    shutil.copytree(film.folder, recording)
    (recording / "2026-08-11T00.evxseg").write_bytes(b"EVXRECS1 and nothing that is sound")
    with replay(tmp_path, recording, "--replay_speed=max", grpc_port=port) as url, \
            Buttons(service, port) as buttons, Client(url) as client:
        assert last_time(buttons) == film.lines[-1]["recv_ns"]
        client.subscribe("orderbook_delta")
        follow(client, film, 0, len(film.book_frames))


@pytest.mark.parametrize("what", ["a file", "a segment without a frame"])
def test_a_recording_that_cannot_be_played_is_named_and_looked_at_again(tmp_path, film, service,
                                                                      what):
    recording, port = tmp_path / "tuesday", free_port()
    if what == "a file":
        recording.write_text("no folder")
        code, message = grpc.StatusCode.FAILED_PRECONDITION, "Not a directory"
    else:
        recording.mkdir()
        (recording / "2026-08-10T22.evxseg").write_bytes(b"EVXRECS1")
        code, message = grpc.StatusCode.NOT_FOUND, "no frame yet"
    with replay(tmp_path, recording, grpc_port=port), Buttons(service, port) as buttons:
        for name in ("GetReplay", "OpenReplay", "PlayReplay"):
            with pytest.raises(grpc.RpcError) as refused:
                buttons.press(name)
            assert refused.value.code() == code
            assert message in refused.value.details()
            assert "recording tuesday" in refused.value.details()
            assert str(tmp_path) not in refused.value.details()
        if what == "a file":
            recording.unlink()
        shutil.copytree(film.folder, recording, dirs_exist_ok=True)
        assert buttons.press("OpenReplay", is_paused=True).state == service.REPLAY_STATE_PAUSED
