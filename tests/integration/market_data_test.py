"""market-data-server between the real exchange and the real Kafka, killed and cut off: whoever
reads the topics has the exchange's books, and every number once."""

import collections
import decimal
import json
import os
import random
import re

import pytest
from websockets.sync.client import connect

from feed_reader import PATH, FeedReader
from local_exchange import wait_until
from market_data import (BOOKS, TICKERS, TRADES, MarketDataServer, all_trades, coverage,
                         exchange_hash, first_numbers, fold_books, read_errors, read_stream,
                         record_tool)
from order_load import CROSSING, QUIET, Traders
from private_kafka import PrivateKafka
from private_redis import PrivateRedis, cached, check_cache
from raw_socket import PONG, TEXT, RawSocket
from rebuilder_process import Rebuilder
from stored_exchange import StoredExchange

FULL = bool(os.environ.get("EVX_FULL"))
KILLS = 10 if FULL else 1
LOAD_SECONDS = 60
SETTLE_SECONDS = 60
# Megabytes must wait for a client before it is full, and ten seconds more before it is cut.
STALL_SECONDS = 240
ANSWERS = 10_000 if FULL else 1_500
FAULTY_ANSWERS = 500
DELTA_SHARE_MIN = 0.8
MARKETS = (QUIET, CROSSING)


@pytest.fixture
def kafka():
    with PrivateKafka() as server:
        yield server


@pytest.fixture
def exchange(tmp_path):
    with StoredExchange(tmp_path / "exchange", None, "--catalogue=empty",
                        "--faults=allowed") as running:
        yield running


def caught_up(server, exchange):
    """Waits until the server has the exchange's books, and Kafka all it told."""
    def same():
        if any(server.hash(ticker) != exchange_hash(exchange, ticker) for ticker in MARKETS):
            return False
        stats = server.get("/stats")
        return sum(stats["messages"].values()) == stats["committed_messages"]

    wait_until(same, SETTLE_SECONDS, "the server has caught up")


def check(kafka, exchange):
    """Readers of the topics have the exchange's books and trades."""
    books = fold_books(kafka)
    for ticker in MARKETS:
        assert books[ticker].is_trusted
        assert books[ticker].hash() == exchange_hash(exchange, ticker)
    trades = read_stream(kafka, TRADES, "TradeMessage")
    for messages in trades.values():
        identifiers = [message.trade_id for message in messages]
        assert len(set(identifiers)) == len(identifiers)
    read_stream(kafka, TICKERS, "TickerMessage")
    return books, trades


def at(book, sequence):
    """The rebuilder's book, once it has come to this number."""
    return book if book is not None and book["sequence"] == sequence else None


def trade(traders, count):
    until = traders.answered() + count
    wait_until(lambda: traders.answered() >= until, LOAD_SECONDS, "answers")


def published(server, count):
    wait_until(lambda: server.get("/stats")["committed_messages"] >= count, LOAD_SECONDS,
               f"{count} messages of this process")


def check_admin_api(server, exchange, kafka):
    assert [one["ticker"] for one in server.get("/markets")["markets"]] == sorted(MARKETS)
    page = server.get("/markets?limit=1")
    assert page["cursor"] == sorted(MARKETS)[0]
    assert len(server.get(f"/markets?limit=1&cursor={page['cursor']}")["markets"]) == 1
    found = server.get(f"/markets/search?prefix={QUIET[:7]}")["markets"]
    assert [one["ticker"] for one in found] == [QUIET]
    assert server.get(f"/markets/{QUIET}")["book"] == "proven"
    assert server.request("GET", "/api/admin/orderbook/NONE").status_code == 404
    # The lifecycle channel tells of a new market long before the interval is over.
    exchange.list_market("FAULT-NEW")
    wait_until(lambda: server.get("/stats")["markets"]["proven"] == len(MARKETS) + 1,
               SETTLE_SECONDS, "the new market is followed")
    wait_until(lambda: "FAULT-NEW" in read_stream(kafka, TICKERS, "TickerMessage"), SETTLE_SECONDS,
               "its ticker is what it is now, before anything has changed")
    assert server.request("POST", "/api/admin/markets/refresh").status_code == 202
    with connect(f"ws://127.0.0.1:{server.port}/ws/admin") as socket:
        first, second = (json.loads(socket.recv(SETTLE_SECONDS)) for _ in range(2))
    assert first.keys() == second.keys() == server.get("/stats").keys()


def check_recording(folder, frames):
    """It holds what was received; gaps of the faults, and an island at the end, of each market."""
    assert int(re.search(r"frames (\d+),", record_tool("verify", folder))[1]) >= frames
    markets = coverage(folder)
    for ticker in MARKETS:
        assert markets[ticker]["gaps"]
        assert len(markets[ticker]["islands"]) == len(markets[ticker]["gaps"]) + 1


def test_ordinary_flow_arrives_whole_and_faults_are_told_as_gaps(tmp_path, kafka, exchange, seed):
    traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
    recording = tmp_path / "recording"
    with MarketDataServer(tmp_path / "server", exchange, kafka.brokers,
                          "--refresh_interval=1h", f"--recording_dir={recording}") as server:
        wait_until(lambda: server.get("/stats")["markets"]["proven"] == len(MARKETS),
                   SETTLE_SECONDS, "both books are proven")
        traders.start(exchange)
        trade(traders, ANSWERS)
        traders.stop()
        caught_up(server, exchange)
        stats = server.get("/stats")
        books, trades = check(kafka, exchange)
        counts = sum((book.counts for book in books.values()), start=collections.Counter())
        share = counts["delta"] / counts.total()
        print(f"{stats['frames']} frames became {dict(counts)}: {share:.1%} deltas, "
              f"{sum(map(len, trades.values()))} trades")
        assert share >= DELTA_SHARE_MIN
        assert abs(stats["delta_share"] - share) < 1e-9
        assert {one.trade_id for messages in trades.values() for one in messages} == all_trades(
            exchange)
        assert counts["gap"] == 0 and counts["snapshot"] == len(MARKETS)

        traders.start(exchange)
        exchange.operator().put("/faults", {"door": "websocket", "seed": seed, "drop_rate": 0.02,
                                            "sequence_skip_rate": 0.02, "duplicate_rate": 0.02})
        trade(traders, FAULTY_ANSWERS)
        exchange.operator().post("/faults/clear", {})
        trade(traders, 100)
        traders.stop()
        caught_up(server, exchange)
        books, _ = check(kafka, exchange)
        gaps = sum(book.counts["gap"] for book in books.values())
        repairs = server.metric("evx_market_data_repair_seconds_count")
        quick = server.metric('evx_market_data_repair_seconds_bucket{le="1.024"}')
        print(f"{gaps} gaps, {quick:.0f} of {repairs:.0f} repairs within a second")
        # A repair goes on when it meets another gap, but does not wait to be asked for again.
        assert gaps > 0 and quick > repairs / 2
        assert any(message.kind == "duplicate" for message in read_errors(kafka))

        check_admin_api(server, exchange, kafka)
        frames = server.get("/stats")["frames"]
        assert server.stop() == 0
        check_recording(recording, frames)
        # Nobody follows the books any more, and says so.
        books = fold_books(kafka)
        assert not any(book.is_trusted for book in books.values())
        last = {ticker: book.sequence for ticker, book in books.items()}

        for topic in (BOOKS, TRADES, TICKERS):
            kafka.expire(topic)
        assert kafka.read(BOOKS) == []
        server.start()
        wait_until(lambda: server.get("/stats")["markets"]["proven"] == len(last), SETTLE_SECONDS,
                   "all books are proven again")
        assert server.stop() == 0
        assert first_numbers(kafka) == {ticker: number + 1 for ticker, number in last.items()}


def test_redis_has_the_last_values_after_it_was_killed_too(tmp_path, kafka, exchange, seed):
    traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
    with PrivateRedis() as redis, MarketDataServer(
            tmp_path / "server", exchange, kafka.brokers,
            f"--redis_url_file={redis.url_file}") as server:
        traders.start(exchange)
        trade(traders, FAULTY_ANSWERS)
        redis.kill()
        # Nothing waits for it.
        published(server, server.get("/stats")["committed_messages"] + 100)
        wait_until(lambda: server.metric("evx_market_data_cache_dropped_total") > 0,
                   SETTLE_SECONDS, "values are dropped")
        assert server.ready()
        traders.stop()
        caught_up(server, exchange)
        redis.start()
        # Although nothing has changed since.
        check_cache(redis, server, MARKETS, SETTLE_SECONDS)
        ticker = wait_until(lambda: cached(redis, "ticker", CROSSING), SETTLE_SECONDS, "a ticker")
        assert ticker["market_ticker"] == CROSSING


def check_clients(readers, exchange, books, trades):
    """Each client has the exchange's books, with the numbers and trades of the topics."""
    for reader in readers:
        for ticker in MARKETS:
            told = [(one.envelope.sequence, one.trade_id) for one in trades[ticker]]
            wait_until(lambda reader=reader, ticker=ticker, told=told:
                       reader.hash(ticker) == exchange_hash(exchange, ticker)
                       and reader.books[ticker].sequence == books[ticker].sequence
                       and reader.trades[ticker] == told,
                       SETTLE_SECONDS, f"a client has all of {ticker}")
            assert reader.tickers[ticker]


def check_hostile_inputs(server):
    with RawSocket(server, None, path=PATH) as raw:
        for text, message in (
                ("{", "message is {; it must be an object of JSON"),
                ('{"id":1,"command":"sell"}',
                 'command is "sell"; it must be subscribe, unsubscribe or list'),
                ('{"id":1,"command":"subscribe","subjects":["NONE"]}',
                 "subjects[0] is NONE; no such market is followed here"),
                (json.dumps({"command": "subscribe", "subjects": ["all"] * 1_001}),
                 "subjects has 1001 items; 1 to 1000 are allowed")):
            raw.send(TEXT, text.encode())
            answer = json.loads(raw.receive()[1])
            assert (answer["type"], answer["message"]) == ("error", message)
        raw.send(TEXT, b" " * 65_537)
        assert raw.receive() == (None, 1009)


@pytest.mark.timeout(600)
def test_clients_hold_the_exchanges_books_and_a_stalled_one_is_cut(tmp_path, kafka, exchange, seed):
    traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
    with MarketDataServer(tmp_path / "server", exchange, kafka.brokers) as server:
        wait_until(lambda: server.get("/stats")["markets"]["proven"] == len(MARKETS),
                   SETTLE_SECONDS, "both books are proven")
        with FeedReader(server, "json", ["all"]) as text, FeedReader(
                server, "protobuf", list(MARKETS)) as packed, RawSocket(
                    server, None, receive_bytes=4_096, path=PATH) as stalled:
            stalled.send(TEXT, b'{"command":"subscribe","subjects":["all"]}')
            traders.start(exchange)
            cuts = 'evx_market_data_client_cuts_total{reason="slow"}'

            def is_cut():
                stalled.send(PONG)  # It lives, and takes nothing.
                return server.metric(cuts) == 1

            wait_until(is_cut, STALL_SECONDS, "the stalled client is cut")
            while (frame := stalled.receive())[0] is not None:
                assert frame[0] == TEXT
            assert frame == (None, 1008)
            check_hostile_inputs(server)
            trade(traders, 100)
            traders.stop()
            caught_up(server, exchange)
            books, trades = check(kafka, exchange)
            check_clients([text, packed], exchange, books, trades)
            # Who comes late has the same.
            with FeedReader(server, "json", [f"{QUIET}:book"]) as late:
                wait_until(lambda: late.hash(QUIET) == books[QUIET].hash(), SETTLE_SECONDS,
                           "a late client has the book")
                assert late.books[QUIET].sequence == books[QUIET].sequence
            print(f"{server.metric('evx_market_data_client_messages_total'):.0f} messages, "
                  f"{server.metric('evx_market_data_client_conflated_total'):.0f} left out for the "
                  "stalled client")
            assert server.metric("evx_market_data_client_conflated_total") > 0


def micros(dollars):
    return int(decimal.Decimal(dollars) * 1_000_000)


def exchange_candles(exchange, ticker, minutes, first, last):
    """By their end: quotes, trades, mean, price before, volume in hundredths, contracts held."""
    account = exchange.account(exchange.credentials("demo"))
    answer = account.get("/markets/candlesticks", market_tickers=ticker, start_ts=first,
                         end_ts=last, period_interval=minutes)
    names = ("open_dollars", "high_dollars", "low_dollars", "close_dollars")
    candles = {}
    for one in answer["markets"][0]["candlesticks"]:
        price = one["price"]
        candles[one["end_period_ts"]] = (
            [micros(one["yes_bid"][name]) for name in names],
            [micros(one["yes_ask"][name]) for name in names],
            [micros(price[name]) for name in names if price.get(name)],
            micros(price.get("mean_dollars") or 0), micros(price.get("previous_dollars") or 0),
            int(decimal.Decimal(one["volume_fp"]) * 100),
            int(decimal.Decimal(one["open_interest_fp"]) * 100))
    return candles


def prices(ohlc):
    return [ohlc.open_micros, ohlc.high_micros, ohlc.low_micros, ohlc.close_micros]


def own_candles(server, ticker, minutes):
    """As exchange_candles, which shows four decimals of a mean."""
    return {one.end_time.seconds: (
        prices(one.bid), prices(one.ask), prices(one.trade) if one.HasField("trade") else [],
        one.mean_trade_micros // 100 * 100, one.previous_trade_micros, one.volume_centis,
        one.open_interest_centis) for one in server.candles(ticker, 60 * minutes)}


def test_candles_are_the_exchanges_and_the_same_after_a_restart(tmp_path, kafka, exchange, seed):
    traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
    with MarketDataServer(tmp_path / "server", exchange, kafka.brokers) as server:
        wait_until(lambda: server.get("/stats")["markets"]["proven"] == len(MARKETS),
                   SETTLE_SECONDS, "both books are proven")
        traders.start(exchange)
        trade(traders, FAULTY_ANSWERS)
        traders.stop()
        caught_up(server, exchange)
        kept = {}
        for ticker in MARKETS:
            # Not minutes: frames tell milliseconds, the exchange knows what came right behind an end.
            for minutes in (60, 1_440):
                own = own_candles(server, ticker, minutes)
                assert own == exchange_candles(exchange, ticker, minutes, min(own), max(own))
            for period in (1, 60, 86_400):
                kept[ticker, period] = server.candles(ticker, period)
            assert sum(one.volume_centis for one in kept[ticker, 1]) == sum(
                candle[5] for candle in own.values())
        assert any(one.HasField("trade") for one in kept[CROSSING, 1])
        server.kill()
        server.start()
        for (ticker, period), before in kept.items():
            assert server.candles(ticker, period)[:len(before)] == before


@pytest.mark.timeout(1_800)
def test_kill_of_the_server_keeps_the_order_of_each_market(tmp_path, kafka, exchange, seed):
    generator = random.Random(seed)
    traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
    with MarketDataServer(tmp_path / "server", exchange, kafka.brokers) as server, Rebuilder(
            tmp_path / "rebuilder", kafka) as rebuilder:
        traders.start(exchange)
        for _ in range(KILLS):
            published(server, generator.randint(2, ANSWERS))
            server.kill()
            trade(traders, generator.randint(1, 100))
            server.start()
        published(server, 100)
        traders.stop()
        caught_up(server, exchange)
        books, _ = check(kafka, exchange)
        print({ticker: dict(book.counts) for ticker, book in books.items()})
        for ticker, book in books.items():
            rebuilt = wait_until(
                lambda ticker=ticker, book=book: at(rebuilder.book(ticker), book.sequence),
                SETTLE_SECONDS, f"the rebuilder has {ticker}")
            assert int(rebuilt["book_hash"], 16) == book.hash()
        assert sum(book.counts["gap"] for book in books.values()) >= KILLS


@pytest.mark.skipif(not FULL, reason="long")
@pytest.mark.timeout(1_800)
def test_kill_of_kafka_and_of_the_exchange_leaves_only_gaps(tmp_path, kafka, exchange, seed):
    generator = random.Random(seed)
    traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
    with MarketDataServer(tmp_path / "server", exchange, kafka.brokers) as server:
        traders.start(exchange)
        published(server, generator.randint(1, ANSWERS))
        kafka.kill()
        wait_until(lambda: not server.ready(), SETTLE_SECONDS, "the server says that Kafka is away")
        trade(traders, generator.randint(1, ANSWERS))
        kafka.start()
        trade(traders, 100)
        exchange.kill()
        traders.join()
        exchange.start()
        # The exchange has other ports now, so the server must be told.
        server.stop()
        server.start()
        traders.start(exchange)
        trade(traders, 100)
        traders.stop()
        caught_up(server, exchange)
        check(kafka, exchange)


@pytest.mark.skipif(not FULL, reason="long")
def test_of_two_servers_the_younger_one_publishes(tmp_path, kafka, exchange, seed):
    traders = Traders(exchange, rest_count=1, stream_count=1, seed=seed)
    with MarketDataServer(tmp_path / "older", exchange, kafka.brokers) as older:
        traders.start(exchange)
        trade(traders, 200)
        with MarketDataServer(tmp_path / "younger", exchange, kafka.brokers) as younger:
            trade(traders, 200)
            wait_until(lambda: "taken over" in older.get("/stats")["kafka"], SETTLE_SECONDS,
                       "the older one has stood down")
            assert older.request("GET", "/ready").status_code == 503
            traders.stop()
            caught_up(younger, exchange)
            check(kafka, exchange)
