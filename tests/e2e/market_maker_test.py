"""The market maker against an exchange, through the public API and its own endpoints."""

import datetime
import json
import os
import pathlib
import signal

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from local_exchange import LocalExchange, free_port, wait_until
from market_maker import MarketMaker
from service_process import ServiceProcess, freeze

TICKER = "MARKET_MAKER"
# From the signal until the exchange shows no order. The product promises one second; a machine that
# has other work may take some, and what nobody takes back expires later than this.
GONE_SECONDS = 1.0 if os.environ.get("EVX_FULL") else 5.0


class QuickMaker(MarketMaker):
    def __init__(self, exchange, folder, *flags):
        super().__init__(exchange, folder, "--interval_ms=100", *flags)
        self.account = exchange.account("market-maker")

    def health(self):
        try:
            return self.request("GET", "/health").status_code
        except httpx.TransportError:
            return 0

    def quotes(self, ticker=TICKER):
        """The resting orders of a market by side; fails if there are two of a side."""
        orders = self.account.resting_orders(ticker=ticker)
        by_side = {order["book_side"]: order for order in orders}
        assert len(by_side) == len(orders) <= 2, orders
        return by_side

    def wait_for_quotes(self, ticker=TICKER):
        def both():
            quotes = self.quotes(ticker)
            return quotes if len(quotes) == 2 else None
        return wait_until(both, 30, f"two quotes in {ticker}")

    def expect_gone(self):
        wait_until(lambda: not self.account.resting_orders(), GONE_SECONDS, "no quote rests")


class WaitingMaker(ServiceProcess):
    """It is awaited until it is alive and not ready."""

    def says_ready(self):
        return self.request("GET", "/ready").status_code == 503


@pytest.fixture
def maker(exchange, tmp_path):
    with QuickMaker(exchange, tmp_path) as running:
        running.wait_for_quotes()
        yield running


def price(quotes, side):
    return round(float(quotes[side]["yes_price_dollars"]) * 100)


def test_two_quotes_walk_inside_the_bounds_and_keep_their_order_ids(maker):
    first = maker.wait_for_quotes()
    seen = set()

    def walked():
        quotes = maker.quotes()
        if len(quotes) == 2:
            bid, ask = price(quotes, "bid"), price(quotes, "ask")
            # Two requests move two quotes, so a look in between sees one cent more or less.
            assert 9 <= ask - bid <= 11
            assert 33 <= bid and ask <= 67
            assert {side: order["order_id"] for side, order in quotes.items()} == {
                side: order["order_id"] for side, order in first.items()}
            assert float(quotes["bid"]["remaining_count_fp"]) == 100
            seen.add(bid)
        return len(seen) >= 8

    wait_until(walked, 60, "eight different bids")


def test_sigterm_pulls_the_quotes(maker):
    maker.process.terminate()
    maker.expect_gone()
    assert maker.wait() == 0


def test_after_sigkill_the_guard_pulls_the_quotes(maker):
    maker.kill()
    maker.expect_gone()


def test_when_maker_and_guard_die_together_the_quotes_expire(exchange, tmp_path):
    with QuickMaker(exchange, tmp_path, "--quote_lifetime=4s") as maker:
        maker.wait_for_quotes()
        guard, = map(int, pathlib.Path(
            f"/proc/{maker.pid}/task/{maker.pid}/children").read_text().split())
        # Stopped first, so that none sees the other go.
        maker.freeze()
        freeze(guard)
        os.kill(guard, signal.SIGKILL)
        maker.kill()
        wait_until(lambda: not maker.account.resting_orders(), 4 + GONE_SECONDS,
                   "the quotes have expired")


def test_a_restart_after_sigkill_never_shows_more_than_two_quotes(exchange, tmp_path):
    with QuickMaker(exchange, tmp_path) as first:
        first.wait_for_quotes()
        before = {order["order_id"] for order in first.quotes().values()}
        first.kill()
        with QuickMaker(exchange, tmp_path) as second:
            def replaced():
                quotes = second.quotes()
                return len(quotes) == 2 and before.isdisjoint(
                    order["order_id"] for order in quotes.values())
            wait_until(replaced, 30, "only quotes of the second run")


def test_quoting_goes_on_after_the_order_group_reached_its_limit(exchange, tmp_path, demo):
    with QuickMaker(exchange, tmp_path, "--group_limit=50") as maker:
        maker.wait_for_quotes()
        demo.post("/portfolio/events/orders", {
            "ticker": TICKER, "side": "bid", "price": "0.9000", "count": "100.00",
            "time_in_force": "immediate_or_cancel",
            "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": "reaches-the-limit"})
        wait_until(lambda: not maker.account.resting_orders(), 10, "the venue pulled the quotes")
        wait_until(lambda: len(maker.quotes()) == 2, 60, "quotes again")


def test_a_taken_quote_is_replaced(maker, demo):
    before = maker.wait_for_quotes()["ask"]
    demo.post("/portfolio/events/orders", {
        "ticker": TICKER, "side": "bid", "price": "0.9000", "count": "100.00",
        "time_in_force": "immediate_or_cancel", "self_trade_prevention_type": "taker_at_cross",
        "client_order_id": "takes-the-quote"})

    def replaced():
        quotes = maker.quotes()
        return len(quotes) == 2 and quotes["ask"]["order_id"] != before["order_id"]

    wait_until(replaced, 30, "another ask")


def test_a_hundred_markets_from_a_file_which_is_read_again_at_sighup(exchange, tmp_path):
    # Of the test: some of the catalogue close by themselves.
    admin = exchange.operator()
    admin.put("/series/MANY", {"facts": {"title": "Many"}})
    admin.put("/events/MANY-1", {"series_ticker": "MANY"})
    tickers = [TICKER] + [f"MANY-1-M{number}" for number in range(99)]
    for ticker in tickers[1:]:
        admin.put(f"/markets/{ticker}", {"event_ticker": "MANY-1",
                                         "close_time": "2100-01-01T00:00:00Z"})
    file = tmp_path / "markets.json"

    def write(names):
        file.write_text(json.dumps({"markets": [
            {"ticker": name, "interval_ms": 3000} for name in names]}))

    write(tickers)
    with QuickMaker(exchange, tmp_path, f"--markets_file={file}") as maker:
        def quoted():
            orders = maker.account.resting_orders()
            assert len(orders) <= 2 * len(tickers)
            return {order["ticker"] for order in orders}

        wait_until(lambda: quoted() == set(tickers), 60, f"{len(tickers)} markets are quoted")
        write(tickers[:2])
        maker.reload()
        wait_until(lambda: quoted() == set(tickers[:2]), 60, "only two markets are quoted")
        write(tickers[:4])
        maker.reload()
        wait_until(lambda: quoted() == set(tickers[:4]), 60, "two come back")
        assert maker.metric("evx_market_maker_quote_failures_total") == 0
        assert maker.alive()
        assert maker.health() == 200


def test_on_a_virtual_clock_quotes_live_by_exchange_time(tmp_path):
    def exchange_time():
        clock = httpx.get(f"http://{exchange.address[0]}:{exchange.address[1]}/evx/v1/clock")
        return parse_time(clock.json()["exchange_time"])

    with LocalExchange("--clock=virtual", "--clock_start=2031-01-01T12:00:00Z") as exchange:
        with QuickMaker(exchange, tmp_path) as maker:
            expired = set()
            for _ in range(2):
                def placed():
                    orders = maker.quotes()
                    ids = {order["order_id"] for order in orders.values()}
                    return orders if len(ids) == 2 and not ids & expired else None

                quotes = wait_until(placed, 30, "two quotes")
                expired |= {order["order_id"] for order in quotes.values()}
                for order in quotes.values():
                    left = parse_time(order["expiration_time"]) - exchange_time()
                    assert 0 < left.total_seconds() <= 15, order
                exchange.operator().put("/clock", {"advance_seconds": 3600})


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_health_is_red_when_the_exchange_is_gone(tmp_path):
    with LocalExchange() as exchange, QuickMaker(exchange, tmp_path) as maker:
        maker.wait_for_quotes()
        wait_until(lambda: maker.health() == 200, 30, "healthy")
        exchange.stop()
        wait_until(lambda: maker.health() == 503, 30, "unhealthy")


def test_an_exchange_that_is_not_there_yet_is_waited_for(tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes(ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps({"key_id": "any", "private_key_path": str(key)}))
    with WaitingMaker("market-maker", f"--exchange_url=http://127.0.0.1:{free_port()}/trade-api/v2",
                      f"--credentials={credentials}", "--log_level=error") as maker:
        assert maker.stop() == 0
