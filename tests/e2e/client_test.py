"""Kalshi's own Python client, unmodified, with only its host set."""

import decimal
import time
import uuid

import kalshi_python_sync as kalshi
import pytest
from local_exchange import LocalExchange

TICKER = "MARKET_MAKER"
ORDER = {"ticker": TICKER, "self_trade_prevention_type": "taker_at_cross"}


def connect(exchange, key_id, private_key_pem):
    configuration = kalshi.Configuration(host=exchange.rest_url)
    configuration.api_key_id = key_id
    configuration.private_key_pem = private_key_pem
    return kalshi.KalshiClient(configuration)


@pytest.fixture
def client(exchange):
    def make(name):
        credentials = exchange.credentials(name)
        return connect(exchange, credentials["key_id"], credentials["private_key_pem"])
    return make


@pytest.fixture
def orders(client):
    api = kalshi.OrdersApi(client("demo"))
    yield api
    api.cancel_all_orders()


def create(orders, **more):
    terms = {**ORDER, "side": "bid", "price": "0.0500", "count": "4.00",
             "time_in_force": "good_till_canceled", **more}
    return orders.create_order_v2(**terms)


def test_markets(client):
    api = kalshi.MarketApi(client("demo"))
    assert api.get_market(TICKER).market.ticker == TICKER
    page = api.get_markets(limit=3, status="open")
    assert len(page.markets) == 3
    following = api.get_markets(limit=3, status="open", cursor=page.cursor)
    assert not {m.ticker for m in page.markets} & {m.ticker for m in following.markets}
    assert api.get_market_orderbook(TICKER).orderbook_fp is not None
    assert api.get_series_list().series
    assert api.get_trades(limit=5) is not None


def test_events_and_exchange(client):
    events = kalshi.EventsApi(client("demo")).get_events(limit=5, with_nested_markets=True)
    assert len(events.events) == 5
    assert kalshi.ExchangeApi(client("demo")).get_exchange_status().trading_active
    assert kalshi.ExchangeApi(client("demo")).get_exchange_schedule() is not None
    assert kalshi.AccountApi(client("demo")).get_account_api_limits().usage_tier


def test_good_till_canceled_rests_until_it_is_canceled(orders):
    created = create(orders, client_order_id=str(uuid.uuid4()))
    assert created.remaining_count == "4.00"
    assert orders.get_order(created.order_id).order.status == "resting"
    canceled = orders.cancel_order_v2(created.order_id)
    assert canceled.reduced_by == "4.00"
    with pytest.raises(kalshi.NotFoundException):
        orders.cancel_order_v2(created.order_id)


def test_good_till_canceled_with_an_expiration(orders):
    created = create(orders, expiration_time=int(time.time()) + 3600)
    assert orders.get_order(created.order_id).order.expiration_time is not None


def test_immediate_or_cancel_and_fill_or_kill(client, orders):
    maker = kalshi.OrdersApi(client("flow-1"))
    resting = create(maker, side="ask", price="0.6000", count="5.00")
    filled = create(orders, price="0.6000", count="2.00", time_in_force="immediate_or_cancel")
    assert (filled.fill_count, filled.remaining_count) == ("2.00", "0.00")
    nothing = create(orders, price="0.0100", count="2.00", time_in_force="immediate_or_cancel")
    assert (nothing.fill_count, nothing.remaining_count) == ("0.00", "0.00")
    killed = create(orders, price="0.6000", count="3.00", time_in_force="fill_or_kill")
    assert killed.fill_count == "3.00"
    with pytest.raises(kalshi.ConflictException):
        create(orders, price="0.6000", count="3.00", time_in_force="fill_or_kill")
    with pytest.raises(kalshi.NotFoundException):
        maker.cancel_order_v2(resting.order_id)


def test_post_only_that_would_cross_is_refused(client, orders):
    create(kalshi.OrdersApi(client("flow-1")), side="ask", price="0.7000", count="1.00")
    with pytest.raises(kalshi.BadRequestException):
        create(orders, price="0.7000", post_only=True)
    kalshi.OrdersApi(client("flow-1")).cancel_all_orders()


def test_amend_and_decrease(orders):
    created = create(orders)
    orders.amend_order_v2(created.order_id, ticker=TICKER, side="bid", price="0.0600",
                          count="6.00")
    amended = orders.get_order(created.order_id).order
    assert amended.remaining_count_fp == "6.00"
    assert amended.yes_price_dollars == "0.0600"
    assert orders.decrease_order_v2(created.order_id, reduce_by="2.00").remaining_count == "4.00"
    assert orders.decrease_order_v2(created.order_id, reduce_to="1.00").remaining_count == "1.00"


def test_batches(orders):
    terms = {**ORDER, "side": "bid", "count": "1.00", "time_in_force": "good_till_canceled"}
    created = orders.batch_create_orders_v2(
        orders=[{**terms, "price": "0.0200"}, {**terms, "price": "0.0300"}]).orders
    assert [o.error for o in created] == [None, None]
    canceled = orders.batch_cancel_orders_v2(
        orders=[{"order_id": o.order_id} for o in created]).orders
    assert [o.reduced_by for o in canceled] == ["1.00", "1.00"]


def test_duplicate_client_order_id_is_a_conflict(orders):
    client_order_id = str(uuid.uuid4())
    create(orders, client_order_id=client_order_id)
    with pytest.raises(kalshi.ConflictException):
        create(orders, client_order_id=client_order_id)


def test_order_lists_and_queue_positions(orders):
    created = [create(orders).order_id for _ in range(3)]
    listed = orders.get_orders(status="resting", ticker=TICKER).orders
    assert {o.order_id for o in listed} >= set(created)
    position = orders.get_order_queue_position(created[1])
    assert float(position.queue_position_fp) >= 4
    assert orders.get_order_queue_positions(market_tickers=TICKER).queue_positions


def test_order_groups(client, orders):
    groups = kalshi.OrderGroupsApi(client("demo"))
    group = groups.create_order_group(contracts_limit=5).order_group_id
    order = create(orders, order_group_id=group)
    assert order.order_id in groups.get_order_group(group).orders
    groups.update_order_group_limit(group, contracts_limit=7)
    groups.trigger_order_group(group)
    assert orders.get_order(order.order_id).order.status == "canceled"
    groups.reset_order_group(group)
    create(orders, order_group_id=group)
    groups.delete_order_group(group)
    assert group not in {g.id for g in groups.get_order_groups().order_groups or []}


def test_portfolio(client, orders):
    portfolio = kalshi.PortfolioApi(client("demo"))
    create(kalshi.OrdersApi(client("flow-1")), side="ask", price="0.5500", count="3.00")
    taken = create(orders, price="0.5500", count="3.00", time_in_force="immediate_or_cancel")
    assert taken.fill_count == "3.00"
    assert portfolio.get_balance().balance > 0
    fills = portfolio.get_fills(order_id=taken.order_id).fills
    assert [f.count_fp for f in fills] == ["3.00"]
    positions = portfolio.get_positions(ticker=TICKER).market_positions
    assert float(positions[0].position_fp) >= 3
    assert portfolio.get_settlements() is not None
    assert portfolio.get_subaccount_balances() is not None


def test_api_keys(client, exchange):
    keys = kalshi.ApiKeysApi(client("demo"))
    made = keys.generate_api_key(name="second", key_type="ed25519")
    second = connect(exchange, made.api_key_id, made.private_key)
    assert kalshi.PortfolioApi(second).get_balance().balance > 0
    assert made.api_key_id in {k.api_key_id for k in keys.get_api_keys().api_keys}
    keys.delete_api_key(made.api_key_id)
    with pytest.raises(kalshi.UnauthorizedException):
        kalshi.PortfolioApi(second).get_balance()


@pytest.fixture(scope="module")
def virtual():
    """An exchange with nothing listed, on a clock that the operator moves."""
    with LocalExchange("--clock=virtual", "--clock_start=2026-08-05T12:00:00Z",
                       "--catalogue=empty") as running:
        yield running


def list_market(operator, ticker):
    operator.put("/series/SETTLE", {"facts": {"title": "Settlement"}})
    operator.put(f"/events/E-{ticker}", {"series_ticker": "SETTLE"})
    clock = operator.get("/clock")["exchange_time"]
    hour = int(clock[11:13]) + 1
    operator.put(f"/markets/{ticker}", {
        "event_ticker": f"E-{ticker}", "close_time": f"{clock[:11]}{hour:02}{clock[13:]}",
        "settlement_timer_seconds": 60})


# What YES pays; the trade is at 60 cents, which is what a void market goes back to.
@pytest.mark.parametrize("determination, market_result, value", [
    ({"result": "yes"}, "yes", "1.00"),
    ({"result": "no"}, "no", "0.00"),
    ({"result": "scalar", "settlement_value": "0.2500"}, "scalar", "0.25"),
    ({"result": "void"}, "scalar", "0.60"),
], ids=["yes", "no", "scalar", "void"])
def test_settlement_from_listing_to_payout(virtual, determination, market_result, value):
    operator = virtual.operator()
    ticker = "SETTLE-" + determination["result"].upper()
    list_market(operator, ticker)
    sides = {}
    for name in ("demo", "market-maker"):
        credentials = virtual.credentials(name)
        sides[name] = connect(virtual, credentials["key_id"], credentials["private_key_pem"])

    def balance(name):
        return decimal.Decimal(
            kalshi.PortfolioApi(sides[name]).get_balance().balance_dollars)

    opening = {name: balance(name) for name in sides}
    terms = {"ticker": ticker, "price": "0.6000", "count": "10.00",
             "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"}
    kalshi.OrdersApi(sides["market-maker"]).create_order_v2(side="ask", **terms)
    bought = kalshi.OrdersApi(sides["demo"]).create_order_v2(side="bid", **terms)
    assert bought.fill_count == "10.00"
    fee = decimal.Decimal("0.168")  # 0.07 x 10 x 0.6 x 0.4; makers pay none here.
    traded = {"demo": opening["demo"] - 6 - fee, "market-maker": opening["market-maker"] - 4}
    assert {name: balance(name) for name in sides} == traded

    market = kalshi.MarketApi(sides["demo"])
    operator.put("/clock", {"advance_seconds": 3600})
    assert market.get_market(ticker).market.status == "closed"
    with pytest.raises(kalshi.BadRequestException):
        kalshi.OrdersApi(sides["demo"]).create_order_v2(side="bid", **terms)
    operator.post(f"/markets/{ticker}/determine", determination)
    determined = market.get_market(ticker).market
    assert determined.status == "determined" and determined.result == market_result
    assert decimal.Decimal(determined.settlement_value_dollars) == decimal.Decimal(value)
    # Nobody is paid before the settlement timer has run.
    operator.put("/clock", {"advance_seconds": 59})
    assert {name: balance(name) for name in sides} == traded
    operator.put("/clock", {"advance_seconds": 1})
    assert market.get_market(ticker).market.status == "finalized"

    yes_pays = 10 * decimal.Decimal(value)
    payout = {"demo": yes_pays, "market-maker": 10 - yes_pays}
    for name, client in sides.items():
        assert balance(name) == traded[name] + payout[name]
        portfolio = kalshi.PortfolioApi(client)
        [settlement] = portfolio.get_settlements(ticker=ticker).settlements
        assert settlement.market_result == market_result
        assert settlement.revenue == 100 * payout[name]
        assert settlement.value == 100 * decimal.Decimal(value)
        held = (settlement.yes_count_fp, settlement.no_count_fp)
        assert held == (("10.00", "0.00") if name == "demo" else ("0.00", "10.00"))
        assert not portfolio.get_positions(ticker=ticker, settlement_status="unsettled"
                                           ).market_positions
