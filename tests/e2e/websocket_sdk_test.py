"""A published client (PyPI kalshi-sdk) follows a trading day over the WebSocket, from the first order
to settlement, with only the addresses set; its own book and sequence checks judge us, and notice the
gap that is injected."""

import asyncio
import logging
import os

import pytest

pytest.importorskip("kalshi.ws")
os.environ["KALSHI_ALLOW_UNKNOWN_HOST"] = "1"

from kalshi.auth import KalshiAuth  # noqa: E402
from kalshi.config import KalshiConfig  # noqa: E402
from kalshi.ws import KalshiWebSocket  # noqa: E402

from local_exchange import Account, LocalExchange  # noqa: E402

TICKER = "WS-SDK"
SECONDS = 20


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange("--faults=allowed") as running:
        yield running


@pytest.fixture
def trader(exchange):
    """Credentials with an RSA key, which the client needs."""
    admin = exchange.operator()
    admin.post("/accounts", {"name": "sdk", "tier": "unlimited"})
    admin.post("/accounts/sdk/deposits", {"amount_dollars": "1000"})
    key = admin.post("/accounts/sdk/keys", {"key_type": "rsa"})
    admin.put("/series/WSSDK", {"facts": {"title": "Sockets"}})
    admin.put("/events/WS-SDK-EVENT", {"series_ticker": "WSSDK"})
    admin.put(f"/markets/{TICKER}", {"event_ticker": "WS-SDK-EVENT",
                                     "close_time": "2100-01-01T00:00:00Z",
                                     "settlement_timer_seconds": 0})
    return {"key_id": key["key_id"], "private_key_pem": key["private_key"]}


async def next_of(stream, wanted=lambda message: True):
    while True:
        message = await asyncio.wait_for(stream.__anext__(), SECONDS)
        if wanted(message):
            return message


def order(side, price, count):
    return {"ticker": TICKER, "side": side, "price": price, "count": count,
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"}


async def trading_day(exchange, credentials):
    states, faults = [], []
    config = KalshiConfig(base_url=exchange.rest_url, ws_base_url=exchange.announcement["ws_url"])
    auth = KalshiAuth.from_pem(credentials["key_id"], credentials["private_key_pem"])

    async def on_state(*change):
        states.append(change)

    async def on_error(error):
        faults.append(error)

    client = KalshiWebSocket(auth, config, on_state_change=on_state, on_error=on_error)
    trader, other = Account(exchange.rest_url, credentials), exchange.account("flow-1")
    orders = "/portfolio/events/orders"

    async def post(account, body):
        return await asyncio.to_thread(account.post, orders, body)

    # This client wants both sides in a snapshot; the venue leaves an empty one out.
    await post(other, order("bid", "0.2000", "1.00"))
    await post(other, order("ask", "0.7000", "1.00"))
    async with client.connect() as session:
        trades = await session.subscribe_trade(tickers=[TICKER])
        fills = await session.subscribe_fill()
        own = await session.subscribe_user_orders()
        positions = await session.subscribe_market_positions()
        lives = await session.subscribe_market_lifecycle()
        book = await session.orderbook(TICKER, maxsize=10_000)
        await post(other, order("ask", "0.6000", "10.00"))
        await post(trader, order("bid", "0.4000", "5.00"))
        await post(trader, order("bid", "0.6000", "4.00"))
        trade = await next_of(trades)
        fill = await next_of(fills)
        assert fill.msg.trade_id == trade.msg.trade_id
        await next_of(own, lambda m: m.msg.status == "executed")
        position = await next_of(positions)
        assert position.msg.market_ticker == TICKER
        # A seq is left out: the client notices, and asks for the book anew.
        admin = exchange.operator()
        await asyncio.to_thread(admin.put, "/faults", {
            "account": "sdk", "door": "websocket", "sequence_skip_rate": 1, "to_message": 0})
        for _ in range(50):
            created = await post(other, order("bid", "0.3000", "1.00"))
            await asyncio.to_thread(other.delete, f"{orders}/{created['order_id']}")
        await post(other, order("bid", "0.3100", "7.00"))
        wanted = trader.get(f"/markets/{TICKER}/orderbook")["orderbook_fp"]

        def levels(side):
            return [[f"{level.price:.4f}", f"{level.quantity:.2f}"] for level in side]

        while True:
            state = await next_of(book)
            shown = {"yes_dollars": sorted(levels(state.yes)),
                     "no_dollars": sorted(levels(state.no))}
            if shown == wanted:
                break
        await asyncio.to_thread(admin.post, f"/markets/{TICKER}/close")
        await asyncio.to_thread(admin.post, f"/markets/{TICKER}/determine", {"result": "yes"})
        seen = await next_of(lives, lambda m: m.msg.event_type == "determined")
        assert seen.msg.market_ticker == TICKER
        await next_of(lives, lambda m: m.msg.event_type == "settled")
    assert faults == []


def test_a_published_client_follows_a_trading_day(exchange, trader, caplog):
    with caplog.at_level(logging.WARNING, logger="kalshi.ws"):
        asyncio.run(trading_day(exchange, trader))
    noticed = [record for record in caplog.records if record.msg.startswith("Sequence %s on sid")]
    assert len(noticed) == 1, caplog.text
