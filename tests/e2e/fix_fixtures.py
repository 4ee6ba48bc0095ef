"""Fixtures of the FIX tests: accounts and markets of their own, clients that are logged on."""

import itertools

import pytest

from fix_client import FixClient
from local_exchange import Account, wait_until

TICKER = "FIX-E2E"
ids = itertools.count(1)


@pytest.fixture(scope="module")
def admin(exchange):
    return exchange.operator()


def list_market(admin, ticker, **more):
    admin.put("/series/FIXE2E", {"facts": {"title": "FIX"}})
    admin.put(f"/events/{ticker}-EVENT", {"series_ticker": "FIXE2E"})
    admin.put(f"/markets/{ticker}", {"event_ticker": f"{ticker}-EVENT",
                                     "close_time": "2100-01-01T00:00:00Z",
                                     "settlement_timer_seconds": 0, **more})
    return ticker


@pytest.fixture
def market(admin):
    """A fresh market."""
    return list_market(admin, f"{TICKER}-{next(ids)}")


@pytest.fixture
def trader(exchange, admin):
    """Credentials of a new account without a rate limit."""
    return open_account(exchange, admin)


def open_account(exchange, admin, dollars="10000"):
    name = f"fix-{next(ids)}"
    admin.post("/accounts", {"name": name, "tier": "unlimited"})
    admin.post(f"/accounts/{name}/deposits", {"amount_dollars": dollars})
    return {**add_key(admin, name), "name": name}


def add_key(admin, name, **more):
    key = admin.post(f"/accounts/{name}/keys", {"key_type": "ed25519", **more})
    return {"key_id": key["key_id"], "private_key_pem": key["private_key"]}


@pytest.fixture
def connect(exchange):
    """connect(credentials, comp_id, *flags) -> a client that is logged on."""
    clients = []

    def make(credentials, comp_id="KalshiNR", *flags, **options):
        client = FixClient(exchange.announcement["fix"], comp_id, credentials)
        clients.append(client)
        answer = client.log_on(*flags, **options)
        assert answer.type == "A", answer
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def refused(exchange):
    """The text of the Logout that a logon is answered with."""
    def text(credentials, comp_id="KalshiNR", *flags, **options):
        with FixClient(exchange.announcement["fix"], comp_id, credentials) as client:
            answer = client.log_on(*flags, **options)
            assert answer.type == "5", answer
            client.expect_closed()
            return answer.get(58)
    return text


SKIP_PENDING = (21011, "Y")


def exchange_account(exchange, credentials):
    return Account(exchange.rest_url, credentials)


def reconnect(exchange, trader, number):
    """A KalshiRT client that goes on where its connection ended, and the Logon it was answered."""
    def attempt():
        client = FixClient(exchange.announcement["fix"], "KalshiRT", trader)
        client.next_number = number
        answer = client.log_on(SKIP_PENDING, reset=False)
        if answer.type == "A":
            return client, answer
        client.close()  # The exchange has not seen the connection's end yet.
        return None

    return wait_until(attempt, 30, "a logon")
