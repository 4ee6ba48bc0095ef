"""An exchange on the virtual clock with markets that tests of the WebSocket API list as they need,
and clients of it."""

import pytest

from local_exchange import LocalExchange
from venue_socket import VenueSocket

CLOCK_START = "2026-08-05T12:00:00Z"


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange("--clock=virtual", f"--clock_start={CLOCK_START}",
                       "--catalogue=empty") as running:
        admin = running.operator()
        admin.put("/series/WS", {"facts": {"title": "Sockets"}})
        admin.put("/events/WS-1", {"series_ticker": "WS"})
        yield running


@pytest.fixture
def admin(exchange):
    return exchange.operator()


class Markets:
    count = 0


def list_market(admin, hours=1, **more):
    Markets.count += 1
    ticker = f"WS-1-M{Markets.count}"
    now = admin.get("/clock")["exchange_time"]
    close = f"{now[:11]}{int(now[11:13]) + hours:02}{now[13:]}"
    admin.put(f"/markets/{ticker}", {"event_ticker": "WS-1", "close_time": close,
                                     "settlement_timer_seconds": 60, **more})
    return ticker


@pytest.fixture
def market(admin):
    return list_market(admin)


@pytest.fixture
def demo(exchange):
    return exchange.account("demo")


@pytest.fixture
def maker(exchange):
    return exchange.account("flow-1")


@pytest.fixture
def socket(exchange, demo):
    with VenueSocket(exchange.announcement["ws_url"], demo) as connected:
        yield connected


def create(account, ticker, side, price, count, **more):
    return account.post("/portfolio/events/orders", {
        "ticker": ticker, "side": side, "price": price, "count": count,
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross",
        **more})["order_id"]


def rest_book(account, ticker):
    return account.get(f"/markets/{ticker}/orderbook")["orderbook_fp"]
