"""A published client (PyPI kalshi-sdk) trades a day over FIX, from logon to settlement, with only host
and port set; its own book and sequence checks judge us, and notice the gaps that are injected."""

import asyncio
import decimal
import itertools

import pytest

fix = pytest.importorskip("kalshi.fix")

from kalshi.fix import (  # noqa: E402
    FixClient, FixConfig, FixOrderBook, FixSigner, MarketDataRequest, NewOrderSingle,
    OrderCancelReplaceRequest, OrderCancelRequest, OrderGroupAction, OrderGroupRequest, Side,
    TimeInForce, decode_app_message)
from kalshi.fix.session import FixSessionState  # noqa: E402

from local_exchange import LocalExchange  # noqa: E402

TICKER = "FIX-SDK"
SECONDS = 30


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange("--faults=allowed", "--catalogue=empty") as running:
        yield running


class Inbox:
    """Everything a session was told, decoded by the client."""

    def __init__(self):
        self.messages = asyncio.Queue()
        self.repeated = []  # Numbers of those that were sent again.

    async def __call__(self, raw):
        message = decode_app_message(raw)
        if raw.get(43) == "Y":
            self.repeated.append(raw.seq_num)
        assert message is not None, f"the client does not know {raw}"
        await self.messages.put(message)

    async def next(self, **wanted):
        message = await asyncio.wait_for(self.messages.get(), SECONDS)
        for name, value in wanted.items():
            assert getattr(message, name) == value, (name, value, message)
        return message


def session_of(exchange, credentials, comp_id, factory, **options):
    endpoint = exchange.announcement["fix"]
    config = FixConfig.prediction(
        host=endpoint["host"], port=endpoint["ports"][comp_id], use_tls=False, use_dollars=True,
        skip_pending_exec_reports=True, **options)
    signer = FixSigner.from_pem(credentials["key_id"], credentials["private_key_pem"])
    inbox = Inbox()
    return factory(FixClient(signer, config=config), inbox), inbox


@pytest.fixture
def traders(exchange):
    """Credentials with RSA keys, which the client needs, of the accounts sdk-1, sdk-2 and sdk-3."""
    admin = exchange.operator()
    admin.put("/series/FIXSDK", {"facts": {"title": "FIX"}})
    admin.put("/events/FIX-SDK-EVENT", {"series_ticker": "FIXSDK"})
    admin.put(f"/markets/{TICKER}", {
        "event_ticker": "FIX-SDK-EVENT", "close_time": "2100-01-01T00:00:00Z",
        "settlement_timer_seconds": 0})
    numbers = itertools.count(1)

    def open_account():
        name = f"sdk-{next(numbers)}"
        admin.post("/accounts", {"name": name, "tier": "unlimited"})
        admin.post(f"/accounts/{name}/deposits", {"amount_dollars": "1000"})
        key = admin.post(f"/accounts/{name}/keys", {"key_type": "rsa"})
        return {"key_id": key["key_id"], "private_key_pem": key["private_key"]}

    return open_account(), open_account(), open_account()


def lose_next_message(admin, account):
    admin.put("/faults", {"account": account, "door": "fix", "drop_rate": 1, "to_message": 0})


def new_order(cl_ord_id, side, price, quantity):
    return NewOrderSingle(cl_ord_id=cl_ord_id, symbol=TICKER, side=side,
                          price=decimal.Decimal(price), order_qty=decimal.Decimal(quantity),
                          time_in_force=TimeInForce.GTC)


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)  # Poll interval.


async def trade_a_day(exchange, buyer, seller, watcher):
    admin = exchange.operator()
    buying, bought = session_of(exchange, buyer, "KalshiRT",
                                lambda c, i: c.order_entry(retransmission=True, on_message=i),
                                receive_settlement_reports=True)
    selling, sold = session_of(exchange, seller, "KalshiNR",
                               lambda c, i: c.order_entry(on_message=i))
    watching, watched = session_of(exchange, watcher, "KalshiMD",
                                   lambda c, i: c.market_data(on_message=i))
    book = FixOrderBook()
    async with buying, selling, watching:
        await watching.send(MarketDataRequest.subscribe([TICKER]))
        book.apply(await watched.next())

        await buying.send(new_order("b-1", Side.BUY_YES, "0.40", "10"))
        await bought.next(exec_type="0", ord_status="0", cl_ord_id="b-1")
        book.apply(await watched.next())
        await buying.send(OrderCancelReplaceRequest(
            cl_ord_id="b-2", orig_cl_ord_id="b-1", symbol=TICKER, side=Side.BUY_YES,
            order_qty=decimal.Decimal("8"), price=decimal.Decimal("0.45")))
        await bought.next(exec_type="5", cl_ord_id="b-2", orig_cl_ord_id="b-1")
        for _ in ("old price", "new price"):
            book.apply(await watched.next())
        view = book.get(TICKER)
        assert [(level.price, level.size) for level in view.bids] == \
            [(decimal.Decimal("0.45"), decimal.Decimal("8"))]

        await selling.send(new_order("s-1", Side.SELL_NO, "0.45", "5"))
        made = await bought.next(exec_type="F", ord_status="1", last_qty=decimal.Decimal("5"))
        taken = await sold.next(exec_type="F", ord_status="2", cum_qty=decimal.Decimal("5"))
        assert made.trd_match_id == taken.trd_match_id
        for _ in ("trade", "level"):
            book.apply(await watched.next())
        assert book.get(TICKER).bids[0].size == decimal.Decimal("3")

        await selling.send(OrderGroupRequest(order_group_action=OrderGroupAction.CREATE,
                                             order_group_contracts_limit=10))
        group = await sold.next()
        assert group.order_group_id

        await buying.send(OrderCancelRequest(
            cl_ord_id="b-3", orig_cl_ord_id="b-2", symbol=TICKER, side=Side.BUY_YES))
        await bought.next(exec_type="4", ord_status="4", cl_ord_id="b-3")
        book.apply(await watched.next())
        assert not book.get(TICKER).bids

        # A report is lost on its way: the client asks for it by itself, and its user notices nothing.
        lose_next_message(admin, "sdk-1")
        for cl_ord_id in ("b-4", "b-5"):
            await buying.send(new_order(cl_ord_id, Side.BUY_YES, "0.10", "1"))
        for cl_ord_id in ("b-4", "b-5"):
            await bought.next(exec_type="0", cl_ord_id=cl_ord_id)
            book.apply(await watched.next())
        assert len(bought.repeated) == 1
        # Nothing of KalshiNR can be had again: the client sees the gap and gives the session up.
        lose_next_message(admin, "sdk-2")
        for cl_ord_id in ("s-2", "s-3"):
            await selling.send(new_order(cl_ord_id, Side.SELL_NO, "0.90", "1"))
        await until(lambda: selling.state is FixSessionState.CLOSED)

        admin.post(f"/markets/{TICKER}/close")
        admin.post(f"/markets/{TICKER}/determine", {"result": "yes", "expiration_value": "1"})
        for cl_ord_id in ("b-4", "b-5"):
            await bought.next(exec_type="4", cl_ord_id=cl_ord_id)
        settled = await bought.next(symbol=TICKER)
        assert settled.market_result == "yes"


def test_a_day_over_fix(exchange, traders):
    asyncio.run(trade_a_day(exchange, *traders))
