"""Recorded sessions at full speed through the whole data plane: the player's WebSocket,
market-data-server, Kafka and order-book-rebuilder. After every recorded millisecond each market's
book in the topic is the one that an independent fold of the raw frames has, by hash; the rebuilder
proves every snapshot on the way and ends with the same book; every trade is there.

The sample of the repository by default; with EVX_FULL=1 also all gold and BTC recordings of
data/kalshi-recorded in $EVX_SHARED_DIR (../shared), skipped by name where they are missing."""

import collections
import json
import os
import pathlib
import subprocess
import sys

import httpx
import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]

from grpc_stubs import generate_stubs  # noqa: E402
from local_exchange import REPOSITORY, free_port, wait_until  # noqa: E402
from market_data import BOOKS, TRADES, MarketDataServer  # noqa: E402
from private_kafka import PrivateKafka  # noqa: E402
from rebuilder_process import Rebuilder  # noqa: E402
from recorded_books import (  # noqa: E402
    ASK, BID, TOOL, as_recorded, fold_books, fold_raw, read_books, trades_of)
from stored_exchange import StoredExchange  # noqa: E402

FULL = bool(os.environ.get("EVX_FULL"))
SAMPLE = REPOSITORY / "libs/recording/tests/sample"
SHARED = pathlib.Path(os.environ.get("EVX_SHARED_DIR", REPOSITORY.parent / "shared"))
RECORDED = SHARED / "data/kalshi-recorded"
FILM_SECONDS = 900
SETTLE_SECONDS = 120


@pytest.fixture(scope="module", autouse=True)
def stubs(tmp_path_factory):
    generate_stubs(tmp_path_factory.mktemp("stubs"))


class Venue:
    """Lists the recorded markets as a real exchange does and shows the film as its WebSocket."""

    def __init__(self, exchange, film_port):
        self.rest_url = exchange.rest_url
        self.ws_url = f"ws://127.0.0.1:{film_port}/trade-api/ws/v2"
        self.credentials = exchange.credentials


def check_coverage(server, recorded, raw, deltas):
    """What the server has recorded of it has no gap, and its report is that of the tool."""
    def report():
        answer = server.request("GET", "/api/admin/coverage?limit=1000")
        return answer.json()["markets"] if answer.status_code == 200 else []

    def printed():
        run = subprocess.run([TOOL, "coverage", str(recorded), "--format=json"], check=True,
                             capture_output=True)
        return json.loads(run.stdout)["markets"]

    wait_until(lambda: sum(market["event_count"] for market in report()) >= deltas + len(raw),
               SETTLE_SECONDS, "the recording is on disk")
    # The end of it may still be on its way.
    wait_until(lambda: printed() == report(), SETTLE_SECONDS, "the report is that of the tool")
    markets = report()
    assert {market["market_ticker"] for market in markets} == raw.keys()
    assert not any(market["gaps"] for market in markets)


def play(tmp_path, kafka, recording, raw):
    """Shows the film to the plane, whose memory for what Kafka has not taken yet is far too small for
    all of it; returns the rebuilder's statistics and books at its end."""
    film_port = free_port()
    deltas = sum(market.delta_count for market in raw.values())
    with StoredExchange(tmp_path / "exchange", None, "--catalogue=empty") as exchange:
        for ticker in raw:
            exchange.list_market(ticker)
        with Rebuilder(tmp_path / "rebuilder", kafka, f"--recording_dir={recording}",
                       f"--replay_port={film_port}", "--replay_speed=max",
                       "--accept_replay") as rebuilder, \
                MarketDataServer(tmp_path / "server", Venue(exchange, film_port), kafka.brokers,
                                 "--refresh_interval=1h", "--accept_replay",
                                 "--queue_mib=1",
                                 f"--recording_dir={tmp_path / 'recorded'}") as server:
            def is_over():
                stats = server.get("/stats")
                return (stats["messages"]["delta"] == deltas
                        and sum(stats["messages"].values()) == stats["committed_messages"])

            wait_until(is_over, FILM_SECONDS, f"{deltas} deltas are in Kafka")
            wait_until(lambda: rebuilder.stats()["deltas"] == deltas, SETTLE_SECONDS,
                       "the rebuilder has read them")
            stats = server.get("/stats")
            assert not any(stats["gaps"].values()) and stats["dropped"]["in_doubt"] == 0
            check_coverage(server, tmp_path / "recorded", raw, deltas)
            books = {ticker: rebuilder.book(ticker) for ticker in raw}
            return rebuilder.stats(), books


def check_trades(raw, topic, kafka):
    """Every trade is there. Of the trades of one millisecond and maker's price, as groups: how many
    there are, and how many the book gave up exactly, and by less, in that millisecond."""
    from evx.common.v1 import common_pb2

    told = trades_of(kafka, TRADES)
    given_up = collections.Counter()
    for ticker, market in raw.items():
        trades = told.get(ticker, [])
        assert [as_recorded(trade) for trade in trades] == market.trades
        groups = collections.Counter()
        for one in trades:
            maker = ASK if one.taker_side == common_pb2.BOOK_SIDE_BID else BID
            groups[one.event_time_ns // 1_000_000, maker, one.price_micros] += one.quantity_centis
        for group, quantity in groups.items():
            removed = -topic[ticker].runs.changes[group]
            given_up["exactly" if removed == quantity else
                     "more" if removed > quantity else "less"] += 1
    return given_up


def check(tmp_path, recording):
    raw = fold_raw(recording, tmp_path)
    with PrivateKafka() as kafka:
        stats, books = play(tmp_path, kafka, recording, raw)
        messages = read_books(kafka, BOOKS)
        assert all(message.envelope.replay_id for message in messages)
        topic = fold_books(messages)
        given_up = check_trades(raw, topic, kafka)
    compared = 0
    for ticker, market in raw.items():
        assert topic[ticker].runs.hashes == market.runs.hashes, ticker
        assert int(books[ticker]["book_hash"], 16) == topic[ticker].book.hash()
        assert topic[ticker].runs.crossed == market.runs.crossed
        compared += len(market.runs.hashes)
    proofs = stats["periodic_snapshots"] + stats["venue_snapshots"]
    assert stats["hash_mismatches"] == stats["holes"] == stats["markets_in_doubt"] == 0
    crossed = sum(market.runs.crossed for market in raw.values())
    print(f"{len(raw)} markets: {compared} milliseconds equal by hash, {stats['deltas']} deltas "
          f"({stats['delta_share']:.1%} of the messages), {proofs} snapshots proven, "
          f"{crossed} deltas left a book crossed, "
          f"{sum(len(market.trades) for market in raw.values())} trades equal; the book gave "
          f"up, by groups of trades: {dict(given_up)}")
    return crossed


def test_a_live_plane_takes_nothing_of_a_replay(tmp_path):
    film_port = free_port()
    ticker, = fold_raw(SAMPLE, tmp_path)
    with PrivateKafka() as kafka, \
            StoredExchange(tmp_path / "exchange", None, "--catalogue=empty") as exchange, \
            Rebuilder(tmp_path / "rebuilder", kafka, f"--recording_dir={SAMPLE}",
                      f"--replay_port={film_port}", "--replay_speed=max"):
        exchange.list_market(ticker)
        server = MarketDataServer(tmp_path / "server", Venue(exchange, film_port), kafka.brokers)
        server.launch()
        try:
            # It asks again and again.
            wait_until(lambda: refused_replays(server) >= 2, SETTLE_SECONDS, "it was refused")
        finally:
            server.kill()
        for topic in (BOOKS, TRADES):
            assert kafka.read(topic) == []


def refused_replays(server):
    try:
        return server.metric('evx_market_data_faults_total{kind="replay"}')
    except httpx.TransportError:
        return 0


def test_the_sample_is_the_same_behind_the_plane(tmp_path):
    assert check(tmp_path, SAMPLE) == 0


@pytest.mark.skipif(not FULL, reason="long")
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name, crossed", [("gold15m-l2", 0), ("btc15m-l2", 21)])
def test_every_recording_is_the_same_behind_the_plane(tmp_path, name, crossed):
    if not (RECORDED / name).is_dir():
        pytest.skip(f"{RECORDED / name} is missing")
    recording = tmp_path / "recording"
    subprocess.run([TOOL, "import", str(recording), str(RECORDED / name)], check=True)
    assert check(tmp_path, recording) == crossed
