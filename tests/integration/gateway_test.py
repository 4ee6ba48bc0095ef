"""The gateway on the real stack: somebody signs in, opens the WebSocket and sees the exchange's
markets, books and trades, over lost connections, a restart of the gateway and the end of the session;
history, the player of recordings and refusals by name."""

import concurrent.futures
import datetime
import decimal
import importlib
import json
import random
import threading
import time

import pytest
import websockets.exceptions
from websockets.sync.client import connect

from gateway_process import GatewayProcess, postgres_url_file
from gateway_socket import GatewaySocket
from local_exchange import Account, LocalExchange, wait_until
from market_data import MarketDataServer
from private_kafka import PrivateKafka
from rebuilder_process import Rebuilder

QUIET = "MARKET_MAKER"
LIVE, IN_DOUBT = 2, 3  # BOOK_STATE_LIVE, BOOK_STATE_IN_DOUBT
CLOSED = 4  # MARKET_STATUS_CLOSED
PAUSED = 3  # PLAYER_STATE_PAUSED
ENDED = 4  # PLAYER_STATE_ENDED
# Longer than all tests of this file.
OPEN_SECONDS = 3_600
# Far more than a book takes on a machine that has other work, far less than what is tried again.
SOON_SECONDS = 10
HOUR_NS = 3_600_000_000_000


class Exchange(LocalExchange):
    """With what MarketDataServer asks for, and known gRPC ports."""

    def __init__(self):
        super().__init__(ports=("grpc_port", "operator_grpc_port"))

    def operator_flags(self, folder):
        """For the gateway, which opens accounts for its users."""
        key = self.credentials("operator")
        (folder / "operator.pem").write_text(key["private_key_pem"])
        (folder / "operator.pem").chmod(0o400)
        file = folder / "operator.json"
        file.write_text(json.dumps({"key_id": key["key_id"],
                                    "private_key_path": str(folder / "operator.pem")}))
        return [f"--operator_addr=127.0.0.1:{self.ports['operator_grpc_port']}",
                f"--operator_credentials_file={file}"]

    @property
    def ws_url(self):
        return self.announcement["ws_url"]

    def credentials(self, name):
        return self.announcement["accounts"][name]


@pytest.fixture(scope="module")
def stack(tmp_path_factory, postgres, redis):
    folder = tmp_path_factory.mktemp("stack")
    # The player is there before the folder is.
    recording = folder / "recording"
    with PrivateKafka() as kafka, Exchange() as exchange, \
            Rebuilder(folder / "rebuilder", kafka, f"--recording_dir={recording}",
                      "--replay_port=0", keeps_ports=True) as rebuilder, \
            MarketDataServer(folder / "server", exchange, kafka.brokers,
                             f"--recording_dir={recording}", keeps_ports=True) as server, \
            GatewayProcess(folder / "gateway", postgres_url_file(postgres, folder), redis.url_file,
                           f"--kafka_brokers={kafka.brokers}",
                           f"--exchange_url={exchange.rest_url}",
                           f"--exchange_addr=127.0.0.1:{exchange.grpc_port}",
                           f"--candles_addr=127.0.0.1:{server.grpc_port}",
                           f"--books_addr=127.0.0.1:{rebuilder.grpc_port}",
                           f"--services={server.name}={server.url},"
                           f"{rebuilder.name}={rebuilder.url}",
                           *exchange.operator_flags(folder)) as gateway:
        gateway.exchange, gateway.demo = exchange, exchange.account("demo")
        gateway.kafka, gateway.server, gateway.rebuilder = kafka, server, rebuilder
        yield gateway


@pytest.fixture(scope="module")
def token(stack):
    return stack.admin().token


def micros(dollars):
    return int(decimal.Decimal(dollars) * 1_000_000)


def centis(count):
    return int(decimal.Decimal(count) * 100)


def exchange_book(stack, ticker):
    """As the stream has it."""
    book = stack.demo.get(f"/markets/{ticker}/orderbook")["orderbook_fp"]
    bids = {micros(price): centis(count) for price, count in book["yes_dollars"] or []}
    asks = {1_000_000 - micros(price): centis(count) for price, count in book["no_dollars"] or []}
    return bids, asks


def order(stack, ticker, side, price, count=1, **more):
    return stack.demo.post("/portfolio/events/orders", {
        "ticker": ticker, "side": side, "price": f"{price / 100:.4f}", "count": f"{count}.00",
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "maker", **more})


def busy_market(stack):
    """Another open market than the quiet one; none that closes by itself meanwhile."""
    markets = stack.demo.get("/markets", status="open", limit=1_000)["markets"]
    last = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=OPEN_SECONDS)
    return next(one["ticker"] for one in markets if one["ticker"] != QUIET
                and datetime.datetime.fromisoformat(one["close_time"]) > last)


def other_account(stack):
    admin = stack.exchange.operator()
    admin.post("/accounts", {"name": "seller", "tier": "unlimited"})
    admin.post("/accounts/seller/deposits", {"amount_dollars": "10000"})
    key = admin.post("/accounts/seller/keys", {"key_type": "ed25519"})
    return Account(stack.exchange.rest_url,
                   {"key_id": key["key_id"], "private_key_pem": key["private_key"]})


def messages(name):
    return importlib.import_module(f"evx.gateway.v1.{name}_pb2")


def test_a_page_sees_the_markets_and_books_of_the_exchange(stack, token):
    order(stack, QUIET, "bid", 7, 3)
    with GatewaySocket(stack, token) as socket:
        socket.wait_until(lambda: socket.markets, "the table of markets")
        assert socket.welcome.user.user_name == "admin"
        known = {one["ticker"] for one in
                 stack.demo.get("/markets", status="open", limit=1000)["markets"]}
        assert known <= set(socket.markets)
        quiet = socket.markets[QUIET]
        assert quiet.title and quiet.price_bands and quiet.fee_terms.fee_type
        socket.wait_until(lambda: socket.tickers[QUIET].bid_price_micros >= 70_000, "its best bid")
        market = busy_market(stack)
        streams = [f"book:{QUIET}", f"book:{market}", f"trades:{market}"]
        socket.subscribe(*streams)
        for price in range(20, 60):
            order(stack, market, "bid", price, price)
            if price % 2:
                order(stack, market, "ask", price, 5)
        for ticker in (QUIET, market):
            wanted = exchange_book(stack, ticker)
            name = f"book:{ticker}"
            socket.wait_until(lambda: socket.books[name] == wanted, f"the book of {ticker}")
            assert socket.health[name].state == LIVE
            assert socket.health[name].gap_count == 0


def test_trades_come_once_each_whatever_becomes_of_the_connection(stack, token):
    market = busy_market(stack)
    name = f"trades:{market}"
    buyer, seller = stack.demo, other_account(stack)
    socket = GatewaySocket(stack, token, query="?subscribe=none")
    for part in range(4):
        socket.subscribe(name, f"book:{market}")
        for _ in range(10):
            seller_order = {"ticker": market, "side": "ask", "price": "0.9000", "count": "1.00",
                            "time_in_force": "good_till_canceled",
                            "self_trade_prevention_type": "maker"}
            seller.post("/portfolio/events/orders", seller_order)
            buyer.post("/portfolio/events/orders", {**seller_order, "side": "bid"})
            if part % 2:
                socket.receive(0.01)
        socket.close()
        socket = GatewaySocket(stack, token, query="?subscribe=none", states=socket)
    socket.subscribe(name, f"book:{market}")
    wanted = [one["trade_id"] for one in
              buyer.get("/markets/trades", ticker=market, limit=40)["trades"]][::-1]
    socket.wait_until(lambda: socket.trades[name][-40:] == wanted, "every trade")
    assert len(set(socket.trades[name])) == len(socket.trades[name])
    assert name not in socket.states_received, "resumed, not told anew"
    socket.wait_until(lambda: socket.books[f"book:{market}"] == exchange_book(stack, market), "book")
    socket.close()


def test_history_is_answered_and_what_no_service_does_is_refused_by_name(stack, token):
    market = busy_market(stack)
    requests, commands = messages("requests"), messages("commands")
    with GatewaySocket(stack, token, query="?subscribe=none") as socket:
        row = socket.ask(get_market=requests.GetMarket(market_ticker=market)).answer.market
        assert row.market.market_ticker == market
        newest = stack.demo.get("/markets/trades", ticker=market, limit=7)["trades"]
        page = socket.ask(list_trades=requests.ListTrades(market_ticker=market, page_size=7)).answer
        assert [one.trade_id for one in page.trades.trades] == [one["trade_id"] for one in newest]
        second = socket.ask(list_trades=requests.ListTrades(
            market_ticker=market, page_size=7, page_token=page.next_page_token)).answer
        assert second.trades.trades[0].trade_id not in {one["trade_id"] for one in newest}

        def traded():
            answer = socket.ask(list_candles=requests.ListCandles(
                market_ticker=market, period_seconds=86_400))
            return sum(one.volume_centis for one in answer.answer.candles.candles)
        wait_until(lambda: traded() >= 4_000, 20, "the candles have the trades")
        for request, reason in (
                ({"get_market": requests.GetMarket(market_ticker="NONE")}, "NotFound"),
                ({"get_market": requests.GetMarket(market_ticker="a b")}, "InvalidArgument"),
                ({"list_trades": requests.ListTrades(market_ticker=market, page_size=5_000)},
                 "InvalidArgument"),
                ({"list_candles": requests.ListCandles(market_ticker=market, period_seconds=7)},
                 "InvalidArgument")):
            assert socket.ask(**request).refusal.reason == reason, request
        answer = socket.ask(ai_query=commands.AiQuery(command_id="c", text="why"))
        assert "ServiceAbsent" in (answer.refusal.reason, answer.command_result.refusal_reason)
        socket.subscribe("book:NONE", "book:" + market)
        assert socket.refused_streams == {"book:NONE": "UnknownMarket"}


def test_an_order_of_a_page_rests_at_the_exchange_and_an_emergency_stop_takes_it_out(stack, token):
    market = busy_market(stack)
    commands = messages("commands")
    with GatewaySocket(stack, token) as socket:
        socket.subscribe(f"book:{market}")
        create = commands.CreateOrder(command_id="first", market_ticker=market, side=1,
                                      price_micros=50_000, quantity_centis=700, time_in_force=1)
        done = socket.ask(create_order=create).command_result
        assert not done.refusal_reason, done
        order_id, = (one.order_id for one in done.orders)
        socket.wait_until(lambda: socket.orders.get(order_id) == 700, "it is in the portfolio")
        socket.wait_until(lambda: socket.books[f"book:{market}"][0].get(50_000, 0) >= 700,
                          "it is in the book")
        again = socket.ask(create_order=create).command_result
        assert again.is_repeated and again.orders[0].order_id == order_id
        stopped = socket.ask(emergency_stop=commands.EmergencyStop(command_id="stop"))
        assert not stopped.command_result.refusal_reason, stopped
        socket.wait_until(lambda: order_id not in socket.orders, "it is taken out")


def test_what_was_recorded_a_moment_ago_is_played_beside_the_live_books(stack, token):
    requests, market = messages("requests"), busy_market(stack)
    live, played, trades = f"book:{market}", f"replay-book:{market}", f"replay-trades:{market}"
    with GatewaySocket(stack, token, query="?subscribe=none") as socket:
        socket.subscribe("player", live)
        socket.wait_until(lambda: live in socket.books, "its book")
        begin = time.time_ns()
        order(stack, market, "bid", 4, 11)
        socket.wait_until(lambda: socket.books[live][0].get(40_000, 0) >= 1_100, "it is shown")
        shown = time.time_ns()
        # Whatever is recorded later than this, the order is.
        order(stack, market, "bid", 5)
        socket.wait_until(lambda: socket.player.recording_last_time_ns > shown, "it is recorded")
        known = time.time_ns()
        socket.subscribe(played, trades)
        answer = socket.ask(open_replay=requests.OpenReplay(
            market_tickers=[market], from_time_ns=begin, until_time_ns=known + HOUR_NS,
            speed="max"))
        end = answer.answer.player.until_time_ns
        assert shown < end < time.time_ns(), answer
        socket.wait_until(lambda: socket.player.state == ENDED, "the film has ended")
        socket.wait_until(lambda: socket.health[played].state == LIVE, "its book")
        socket.wait_until(lambda: socket.books[played][0].get(40_000, 0) >= 1_100, "its book")
        assert socket.health[played].delta_count > 0

        # The film ends where it did, while the recording grows.
        order(stack, market, "bid", 6, 13)
        socket.wait_until(lambda: socket.player.recording_last_time_ns > known, "it is recorded")
        answer = socket.ask(control_replay=requests.ControlReplay(seek_time_ns=begin))
        assert begin <= answer.answer.player.position_time_ns < shown
        socket.wait_until(lambda: socket.player.state == ENDED, "it is played again")
        assert socket.player.until_time_ns == end
        socket.wait_until(lambda: socket.health[played].state == LIVE
                          and socket.books[played][0].get(40_000, 0) >= 1_100, "its book")
        assert socket.books[played][0].get(60_000, 0) < 1_300

        # Buttons that are pressed at once are done in their order.
        socket.ask(control_replay=requests.ControlReplay(speed="0.1"))
        socket.ask(control_replay=requests.ControlReplay(seek_time_ns=begin))
        pressed = [socket.send(control_replay=requests.ControlReplay(is_playing=number % 2 == 0))
                   for number in range(60)]
        socket.wait_until(lambda: set(pressed) <= set(socket.answers), "every button is answered")
        assert list(socket.answers) == pressed
        assert socket.player.state == PAUSED


def test_a_change_of_a_market_is_seen_at_once(stack, token):
    with GatewaySocket(stack, token) as socket:
        socket.wait_until(lambda: socket.markets, "the table of markets")
        market = busy_market(stack)
        stack.exchange.operator().post(f"/markets/{market}/close")
        socket.wait_until(lambda: socket.markets[market].status == CLOSED, "it is closed", SOON_SECONDS)


def test_after_a_restart_of_the_gateway_the_state_is_right_soon(stack, token):
    market = busy_market(stack)
    names = [f"book:{QUIET}", f"book:{market}", f"trades:{market}"]
    with GatewaySocket(stack, token) as before:
        before.subscribe(*names)
        before.wait_until(lambda: before.books[names[1]] == exchange_book(stack, market), "book")
    stack.kill()
    order(stack, market, "bid", 3)
    stack.start()

    def is_ready():
        report = stack.browser().get("/ready")
        return report.status_code == 200
    wait_until(is_ready, 30, "the gateway is ready")
    with GatewaySocket(stack, token, states=before) as socket:
        socket.subscribe(*names)
        for ticker in (market, QUIET):
            wanted = exchange_book(stack, ticker)
            socket.wait_until(lambda: socket.books[f"book:{ticker}"] == wanted, ticker, SOON_SECONDS)
        assert names[1] in socket.states_received, "numbers of another start mean nothing"


def test_a_killed_gateway_is_right_soon_while_the_market_moves(stack, token, seed):
    market = busy_market(stack)
    name = f"book:{market}"
    pauses = random.Random(seed)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = GatewaySocket(stack, token)
        for _ in range(3):
            before.subscribe(name)
            is_over = threading.Event()
            trading = pool.submit(trade_until, stack, market, is_over)
            killed_at = time.monotonic() + pauses.random()
            while time.monotonic() < killed_at:
                before.receive(0.05)
            stack.kill()
            stack.start()
            wait_until(lambda: stack.browser().get("/ready").status_code == 200, 30, "it is ready")
            is_over.set()
            assert trading.result() > 0
            before.close()
            after = GatewaySocket(stack, token, states=before)
            after.subscribe(name)
            wanted = exchange_book(stack, market)
            after.wait_until(lambda: after.books[name] == wanted, "the book", SOON_SECONDS)
            before = after
        before.close()


def trade_until(stack, market, is_over):
    """How many orders were placed; some of them match."""
    count = 0
    while not is_over.is_set():
        order(stack, market, "bid", 30 + count % 5)
        count += 1
        is_over.wait(0.05)  # Within the account's limit of orders.
    return count


def test_without_kafka_the_markets_stand_still_visibly_and_are_right_afterwards(stack, token):
    market = busy_market(stack)
    name = f"book:{market}"
    with GatewaySocket(stack, token) as socket:
        socket.subscribe(name)
        stack.kafka.kill()
        wait_until(lambda: stack.browser().get("/ready").status_code == 503, 30, "it shows")
        report = stack.browser().get("/ready").json()
        assert report["components"]["kafka"]["status"] == "DOWN"
        # Orders need no Kafka.
        commands = messages("commands")
        create = commands.CreateOrder(command_id="no-kafka", market_ticker=market, side=1,
                                      price_micros=20_000, quantity_centis=300, time_in_force=1)
        assert not socket.ask(create_order=create).command_result.refusal_reason
        stack.kafka.start()
        wait_until(lambda: stack.browser().get("/ready").status_code == 200, 60, "it is ready")
        socket.wait_until(lambda: socket.books[name] == exchange_book(stack, market), "the book", 60)
        assert socket.health[name].state == LIVE


def test_a_service_that_hangs_is_named_and_holds_up_nobody_else(stack, token):
    market = busy_market(stack)
    requests = messages("requests")
    candles = requests.ListCandles(market_ticker=market, period_seconds=60)
    with GatewaySocket(stack, token, query="?subscribe=none") as socket:
        stack.server.freeze()
        try:
            refused = socket.ask(list_candles=candles).refusal
            assert refused.reason == "ServiceUnavailable" and refused.is_retryable
            assert stack.server.name in refused.message
            row = socket.ask(get_market=requests.GetMarket(market_ticker=market)).answer.market
            assert row.market.market_ticker == market
        finally:
            stack.server.thaw()
        wait_until(lambda: socket.ask(list_candles=candles).WhichOneof("payload") == "answer", 30,
                   "candles are answered again")


def service_is(socket, service, state):
    """The page is told so."""
    number = messages("system_views").ServiceState.Value(f"SERVICE_STATE_{state}")
    socket.wait_until(lambda: service.name in socket.services
                      and socket.services[service.name].state == number,
                      f"{service.name} is shown as {state}")


def test_without_the_rebuilder_the_books_go_on_and_the_player_says_why_not(stack, token):
    market = busy_market(stack)
    name = f"book:{market}"
    requests = messages("requests")
    play = requests.ControlReplay(is_playing=True)
    with GatewaySocket(stack, token) as socket:
        socket.subscribe(name, "player")
        socket.wait_until(lambda: name in socket.books and socket.player is not None, "both")
        service_is(socket, stack.rebuilder, "READY")
        stack.rebuilder.kill()
        service_is(socket, stack.rebuilder, "DOWN")
        socket.wait_until(lambda: socket.player.detail == "the player does not answer",
                          "the player is closed by name")
        refused = socket.ask(control_replay=play).refusal
        assert refused.reason == "ServiceUnavailable" and refused.is_retryable
        assert stack.rebuilder.name in refused.message
        order(stack, market, "bid", 8, 17)
        wanted = exchange_book(stack, market)
        socket.wait_until(lambda: socket.books[name] == wanted, "the book goes on")
        assert socket.health[name].state == LIVE
        stack.rebuilder.start()
        service_is(socket, stack.rebuilder, "READY")
        socket.wait_until(lambda: not socket.player.detail, "the player answers")
        opened = socket.ask(open_replay=requests.OpenReplay(market_tickers=[market], speed="max"))
        assert opened.WhichOneof("payload") == "answer", opened


def test_without_market_data_orders_go_on_and_the_books_are_right_afterwards(stack, token):
    market = busy_market(stack)
    book, trades = f"book:{market}", f"trades:{market}"
    requests, commands = messages("requests"), messages("commands")
    candles = requests.ListCandles(market_ticker=market, period_seconds=60)
    with GatewaySocket(stack, token) as socket:
        socket.subscribe(book, trades)
        socket.wait_until(lambda: book in socket.books and trades in socket.trades, "both")
        service_is(socket, stack.server, "READY")
        stack.server.kill()
        service_is(socket, stack.server, "DOWN")
        socket.wait_until(lambda: socket.health[book].state == IN_DOUBT, "the book may be old")
        refused = socket.ask(list_candles=candles).refusal
        assert refused.reason == "ServiceUnavailable" and refused.is_retryable
        assert stack.server.name in refused.message
        create = commands.CreateOrder(command_id="no-market-data", market_ticker=market, side=1,
                                      price_micros=90_000, quantity_centis=1_900, time_in_force=1)
        done = socket.ask(create_order=create).command_result
        assert not done.refusal_reason, done
        socket.wait_until(lambda: done.orders[0].order_id in socket.orders, "the portfolio")
        stack.server.start()
        service_is(socket, stack.server, "READY")
        wanted = exchange_book(stack, market)
        socket.wait_until(lambda: socket.books[book] == wanted
                          and socket.health[book].state == LIVE, "the book")
        wait_until(lambda: socket.ask(list_candles=candles).WhichOneof("payload") == "answer", 30,
                   "candles are answered again")


def test_the_end_of_a_session_ends_its_sockets(stack):
    browser = stack.admin()
    with GatewaySocket(stack, browser.token, query="?subscribe=none") as socket:
        socket.wait_until(lambda: socket.welcome, "the welcome")
        old_token = browser.token
        assert browser.delete("/api/v1/session").status_code in (200, 204)
        assert socket.closed() == 1008
    with GatewaySocket(stack, old_token, query="?subscribe=none") as socket:
        assert socket.closed() == 1008
    with pytest.raises(websockets.exceptions.InvalidStatus):
        connect(f"ws://127.0.0.1:{stack.port}/ws", origin="http://evil.example",
                additional_headers={"Cookie": f"evx_session={old_token}"}).__enter__()
