"""FIX order entry from outside: one transcript for each rule, against the real exchange."""

import pytest

from fix_client import Closed, FixClient, order, utc_now
from fix_fixtures import (  # noqa: F401
    SKIP_PENDING, add_key, admin, connect, exchange_account, ids, market, open_account, refused,
    trader)
from local_exchange import wait_until

# --- Logon ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("comp_id",
                         ["KalshiNR", "KalshiRT", "KalshiDC", "KalshiMD", "KalshiPT"])
def test_every_session_answers_a_signed_logon(trader, connect, comp_id):
    client = connect(trader, comp_id)
    assert client.is_silent()
    client.send("5")
    client.expect("5", t49=comp_id, t56=trader["key_id"])
    client.expect_closed()


def test_an_rsa_key_logs_on(exchange, admin, trader, connect):
    key = admin.post(f"/accounts/{trader['name']}/keys", {"key_type": "rsa"})
    connect({"key_id": key["key_id"], "private_key_pem": key["private_key"]})


def test_a_key_is_connected_once(trader, connect, refused):
    first = connect(trader)
    assert refused(trader) == "already exists"
    assert refused(trader, "KalshiMD") == "already exists"
    assert first.is_silent()
    first.send("5")
    first.expect("5")
    first.expect_closed()
    connect(trader)


def test_refused_logons(exchange, admin, trader, refused):
    other = add_key(admin, trader["name"])
    assert "signature" in refused(trader, key=other).lower()
    unknown = {**trader, "key_id": "00000000-0000-4000-8000-000000000000"}
    assert refused(unknown)
    assert "SendingTime" in refused(trader, sending_time=utc_now(-31))
    assert "ResetSeqNumFlag" in refused(trader, reset=False)
    reader = add_key(admin, trader["name"], scopes=["read"])
    needs_write = "permission denied: the key needs write, or read and write::trade"
    assert refused(reader) == needs_write
    trade_only = add_key(admin, trader["name"], scopes=["write::trade"])
    assert refused(trade_only) == needs_write
    assert refused(trade_only, "KalshiMD") == "permission denied: the key needs read"
    assert "SenderSubID" in refused(trader, "KalshiNR", (50, "operator"))
    assert "HeartBtInt" in refused(trader, heartbeat=3)
    assert "MessageRetentionPeriod" in refused(trader, "KalshiRT", (20200, 73))
    assert "MessageRetentionPeriod" in refused(trader, "KalshiNR", (20200, 24))
    for comp_id, *flags in (("KalshiNR", (20126, "Y")), ("KalshiDC", SKIP_PENDING, (20126, "Y")),
                            ("KalshiNR", SKIP_PENDING, (20126, "Y"), (8013, "Y"))):
        assert refused(trader, comp_id, *flags).startswith("ListenerSession needs")


def test_a_replayed_logon_is_refused(exchange, trader):
    endpoint = exchange.announcement["fix"]
    with FixClient(endpoint, "KalshiNR", trader) as client:
        logon = client.logon_message()
        client.send_bytes(logon)
        client.expect("A")
        client.send("5")
        client.expect("5")
    with FixClient(endpoint, "KalshiNR", trader) as thief:
        thief.send_bytes(logon)
        thief.expect("5", t58="this logon was used before")
        thief.expect_closed()


@pytest.mark.parametrize("garbage", [
    b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"8=FIX.4.2\x019=5\x0135=0\x0110=000\x01",
    b"8=FIXT.1.1\x019=5\x0135=A\x0110=000\x01"])
def test_garbage_instead_of_a_logon_is_closed_without_an_answer(exchange, trader, connect, garbage):
    bystander = connect(trader)
    with FixClient(exchange.announcement["fix"], "KalshiNR", trader) as client:
        client.send_bytes(garbage)
        with pytest.raises(Closed):
            client.receive()
    assert bystander.is_silent()


# --- Orders ---------------------------------------------------------------------------------------

def test_order_life(exchange, trader, market, connect):
    client = connect(trader)
    client.send("D", order("a-1", market, "1", "40", "10"))
    client.expect("8", t150="A", t39="A", t11="a-1", t17="-1;-1")
    new = client.expect("8", t150="0", t39="0", t11="a-1", t38="10.00", t151="10.00", t44="40")
    order_id = new.get(37)

    rest = exchange_account(exchange, trader)
    [seen] = rest.get("/portfolio/orders", ticker=market)["orders"]
    assert seen["order_id"] == order_id and seen["client_order_id"] == "a-1"

    client.send("G", [(11, "a-2"), (41, "a-1"), (38, "6"), (40, 2), (44, "45"), (54, 1),
                      (55, market)])
    client.expect("8", t150="E", t39="E", t11="a-2", t41="a-1")
    client.expect("8", t150="5", t39="0", t11="a-2", t41="a-1", t38="6.00", t44="45", t37=order_id)
    client.send("F", [(11, "a-3"), (41, "a-2"), (54, 1), (55, market)])
    client.expect("8", t150="6", t39="6", t11="a-3", t41="a-2")
    client.expect("8", t150="4", t39="4", t11="a-3", t41="a-2", t38="0.00", t151="0.00",
                  t37=order_id)
    assert client.is_silent()


def test_trades_are_reported_to_both_sides(exchange, admin, trader, market, connect):
    other = open_account(exchange, admin)
    maker = connect(trader, "KalshiNR", SKIP_PENDING)
    taker = connect(other, "KalshiNR", SKIP_PENDING, (21005, "Y"))
    maker.send("D", order("m", market, "2", "60", "10"))
    maker.expect("8", t150="0")
    taker.send("D", order("t", market, "1", "0.60", "4"))
    trade = taker.expect("8", t150="F", t39="2", t31="0.6000", t32="4.00", t14="4.00", t151="0.00",
                         t6="0.600000", t704="4.00", t705="0.00", t1057="Y", t136="1", t138="USD",
                         t1703="1", t1704="-2.4000", t1705="BALANCE")
    assert float(trade.get(137)) > 0
    made = maker.expect("8", t150="F", t39="1", t31="60", t32="4.00", t151="6.00", t38="10.00",
                        t704="0.00", t705="4.00", t1057="N")
    assert made.get(880) == trade.get(880)
    assert taker.is_silent() and maker.is_silent()


def test_new_before_trade_when_it_is_asked_for(exchange, admin, trader, market, connect):
    other = open_account(exchange, admin)
    maker = connect(trader, "KalshiNR", SKIP_PENDING)
    taker = connect(other, "KalshiNR", SKIP_PENDING, (21026, "Y"))
    maker.send("D", order("m", market, "2", "60", "10"))
    maker.expect("8", t150="0")
    taker.send("D", order("t", market, "1", "60", "4"))
    taker.expect("8", t150="0", t39="0", t151="4.00")
    taker.expect("8", t150="F", t39="2")


def ioc(cl_ord_id, market, quantity, *more):
    return order(cl_ord_id, market, "1", "60", quantity, (59, 3), *more)


@pytest.fixture
def offer(exchange, admin, market, connect):
    """Rests an offer of another account: 4 contracts at 60 cents."""
    maker = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING)
    maker.send("D", order("m", market, "2", "60", "4"))
    maker.expect("8", t150="0")
    return maker


def test_immediate_order_that_fills_in_part(trader, market, connect, offer):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", ioc("i", market, "10"))
    client.expect("8", t150="F", t39="4", t32="4.00", t38="4.00", t151="0.00")
    assert client.is_silent()


def test_enable_ioc_cancel_report(trader, market, connect, offer):
    client = connect(trader, "KalshiNR", SKIP_PENDING, (21007, "Y"), (21008, "Y"))
    client.send("D", ioc("i", market, "10"))
    client.expect("8", t150="F", t39="1", t32="4.00", t38="10.00", t151="6.00")
    client.expect("8", t150="4", t39="4", t58="IMMEDIATE_OR_CANCELLED", t38="10.00", t14="4.00",
                  t151="0.00")


def test_immediate_order_that_finds_nothing(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", ioc("i", market, "10"))
    client.expect("8", t150="0")
    client.expect("8", t150="4", t58="IMMEDIATE_OR_CANCELLED", t14="0.00")


def test_post_only_cross_and_unfillable_fok_are_accepted_then_canceled(trader, market, connect,
                                                                       offer):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("p", market, "1", "60", "1", (18, "6")))
    new = client.expect("8", t150="0", t39="0", t11="p")
    client.expect("8", t150="4", t39="4", t11="p", t58="POST_ONLY_CROSS", t37=new.get(37))
    client.send("D", order("f", market, "1", "60", "10", (59, 4)))
    client.expect("8", t150="0", t11="f")
    client.expect("8", t150="4", t11="f", t58="FOK_INSUFFICIENT_VOLUME")
    client.send("D", order("r", market, "1", "60", "1", (59, 3), (18, "E")))
    client.expect("8", t150="0", t11="r")
    client.expect("8", t150="4", t11="r", t58="REDUCE_ONLY")


def test_self_trade_prevention_texts(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("rest", market, "2", "60", "5"))
    client.expect("8", t150="0")
    client.send("D", order("taker", market, "1", "60", "5"))
    client.expect("8", t150="0", t11="taker")
    client.expect("8", t150="4", t11="taker", t58="TAKER_CANCEL_FOR_SELF_TRADE_PREVENTION")
    client.send("D", order("maker", market, "1", "60", "5", (2964, 2)))
    reports = [client.expect("8") for _ in range(2)]
    canceled = next(report for report in reports if report.get(150) == "4")
    assert canceled.get(11) == "rest"
    assert canceled.get(58) == "MAKER_CANCEL_FOR_SELF_TRADE_PREVENTION"


@pytest.mark.parametrize("change,text,reason", [
    ({55: "NOWHERE"}, "MARKET_NOT_FOUND", "1"),
    ({100: "7"}, "MARKET_NOT_FOUND", "1"),
    ({44: "100"}, "INVALID_ORDER", "11"),
    ({44: "0"}, "INVALID_ORDER", "11"),
    ({38: "0"}, "INVALID_ORDER", "11"),
    ({38: "900000"}, "INSUFFICIENT_BALANCE", "3"),
    ({79: "5"}, "CUSTOMER_ACCOUNT_NOT_FOUND", "15"),
    ({79: "64"}, "CUSTOMER_ACCOUNT_NOT_FOUND", "15"),
    ({526: "00000000-0000-4000-8000-000000000000"}, "ORDER_GROUP_NOT_FOUND", "11"),
    ({453: "1", 448: "customer", 452: "24"}, "PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT", "15"),
    ({18: "E"}, "INVALID_ORDER", "11"),
    ({21023: "rfq"}, "INVALID_ORDER", "11"),
])
def test_rejected_orders(trader, market, connect, change, text, reason):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    fields = [(tag, change.pop(tag, value)) for tag, value in order("x", market)]
    client.send("D", fields + list(change.items()))
    client.expect("8", t150="8", t39="8", t11="x", t58=text, t103=reason, t151="0.00")
    assert client.is_silent()


def test_a_client_order_id_is_used_once(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("once", market))
    client.expect("8", t150="0")
    client.send("D", order("once", market))
    client.expect("8", t150="8", t58="ORDER_ALREADY_EXISTS", t103="6")


def test_a_paused_market_and_exchange_reject(exchange, admin, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    admin.post(f"/markets/{market}/pause")
    client.send("D", order("x", market))
    client.expect("8", t150="8", t58="MARKET_INACTIVE", t103="2")


def test_prices_in_cents_are_cut_to_whole_ones(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("x", market, "1", "50.5"))
    client.expect("8", t150="0", t44="50")


def test_times_in_force(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    day = [field for field in order("day", market) if field[0] != 59]
    client.send("D", day)
    report = client.expect("8", t150="0", t59="0")
    assert report.get(126)[9:] in ("03:59:59.999", "04:59:59.999")
    # Replaced without either field it keeps its expiry, and is one till a date from then on.
    client.send("G", [(11, "day-2"), (41, "day"), (38, "9"), (40, 2), (54, 1), (55, market)])
    client.expect("8", t150="5", t11="day-2", t59="6", t126=report.get(126))
    client.send("D", order("gtd", market, "1", "50", "1", (59, 6), (126, "21000101-00:00:00.000")))
    client.expect("8", t150="0", t59="6", t126="21000101-00:00:00.000")
    client.send("D", order("past", market, "1", "50", "1", (59, 6), (126, "20200101-00:00:00.000")))
    client.expect("8", t150="0", t11="past")
    client.expect("8", t150="4", t11="past", t58="IMMEDIATE_OR_CANCELLED")
    client.send("G", [(11, "gtc"), (41, "gtd"), (38, "1"), (40, 2), (54, 1), (55, market), (59, 1)])
    assert client.expect("8", t150="5", t59="1").get(126) is None


# --- Cancels and replaces -------------------------------------------------------------------------

def test_cancel_rejects(exchange, admin, trader, market, connect, offer):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("F", [(11, "c"), (41, "nothing"), (54, 1), (55, market)])
    client.expect("9", t11="c", t41="nothing", t434="1", t102="1", t37="NONE", t39="8")
    client.send("D", order("a", market, "1", "60", "4"))
    client.expect("8", t150="F", t39="2")
    client.send("F", [(11, "c2"), (41, "a"), (54, 1), (55, market)])
    client.expect("9", t434="1", t102="0", t39="2")
    client.send("G", [(11, "g"), (41, "a"), (38, "9"), (40, 2), (54, 1), (55, market)])
    client.expect("9", t434="2", t102="2", t39="2", t58="CANNOT_UPDATE_FILLED_ORDER")
    client.send("D", order("b", market, "1", "50", "4"))
    client.expect("8", t150="0")
    client.send("F", [(11, "c3"), (41, "b"), (54, 2), (55, market)])
    client.expect("9", t102="1", t58="ORDER_ATTRIBUTES_MISMATCH", t39="0")
    client.send("G", [(11, "g2"), (41, "b"), (38, "4"), (40, 2), (44, "100"), (54, 1),
                      (55, market)])
    client.expect("9", t434="2", t102="99", t58="INVALID_PRICE", t39="0")
    client.send("G", [(11, "b"), (41, "b"), (38, "3"), (40, 2), (54, 1), (55, market)])
    client.expect("8", t150="5", t38="3.00")


def test_replace_against_what_is_filled(exchange, admin, trader, market, connect):
    other = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING)
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("a", market, "1", "50", "10"))
    client.expect("8", t150="0")
    other.send("D", order("o", market, "2", "50", "4"))
    client.expect("8", t150="F", t14="4.00")
    client.send("G", [(11, "b"), (41, "a"), (38, "3"), (40, 2), (54, 1), (55, market)])
    client.expect("9", t434="2", t102="2", t58="INVALID_AMEND_QTY_FOR_ORDER", t39="1")
    client.send("G", [(11, "c"), (41, "a"), (38, "4"), (40, 2), (54, 1), (55, market)])
    client.expect("8", t150="4", t11="c", t41="a", t14="4.00", t38="4.00")


def test_messages_about_an_order_under_way_are_kept_in_order(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send_bytes(
        client.message("D", order("a", market, "1", "30", "5"))
        + client.message("G", [(11, "b"), (41, "a"), (38, "6"), (40, 2), (54, 1), (55, market)])
        + client.message("G", [(11, "c"), (41, "b"), (38, "7"), (40, 2), (54, 1), (55, market)])
        + client.message("F", [(11, "d"), (41, "c"), (54, 1), (55, market)]))
    client.expect("8", t150="0", t11="a")
    client.expect("8", t150="5", t11="b", t41="a", t38="6.00")
    client.expect("8", t150="5", t11="c", t41="b", t38="7.00")
    client.expect("8", t150="4", t11="d", t41="c")


def test_mass_cancel_takes_the_sessions_orders_and_no_others(exchange, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    rest = exchange_account(exchange, trader)
    kept = rest.post("/portfolio/events/orders", {
        "ticker": market, "side": "bid", "price": "0.1000", "count": "1.00",
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"})
    for i in range(300):
        client.send("D", order(f"m{i}", market, "1", "20", "1"))
    for _ in range(300):
        client.expect("8", t150="0")
    client.send("q", [(11, "q1"), (530, 6)])
    client.expect("r", t11="q1", t531="6")
    for _ in range(300):
        client.expect("8", t150="4")
    [left] = rest.resting_orders(ticker=market)
    assert left["order_id"] == kept["order_id"]
    client.send("q", [(11, "q2"), (530, 6)])
    message = client.receive()
    assert message.type in ("j", "r")


@pytest.mark.parametrize("leave", ["logout", "drop"])
def test_cancel_orders_on_disconnect(exchange, trader, market, connect, leave):
    client = connect(trader, "KalshiNR", SKIP_PENDING, (8013, "Y"))
    for i in range(5):
        client.send("D", order(f"d{i}", market, "1", "20", "1"))
        client.expect("8", t150="0")
    if leave == "logout":
        client.send("5")
        client.expect("5")
    client.close()
    rest = exchange_account(exchange, trader)
    wait_until(lambda: not rest.resting_orders(ticker=market), 30, "the orders are gone")


def test_without_the_flag_orders_stay(exchange, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("stay", market, "1", "20", "1"))
    client.expect("8", t150="0")
    client.send("5")
    client.expect("5")
    client.close()
    again = connect(trader, "KalshiNR", SKIP_PENDING)
    assert len(exchange_account(exchange, trader).resting_orders(ticker=market)) == 1
    again.send("F", [(11, "c"), (41, "stay"), (54, 1), (55, market)])
    again.expect("8", t150="4", t41="stay")


def test_rate_limit_is_a_business_reject(exchange, admin, market, connect):
    name = f"fix-{next(ids)}"
    admin.post("/accounts", {"name": name, "tier": "basic"})
    admin.post(f"/accounts/{name}/deposits", {"amount_dollars": "1000"})
    client = connect(add_key(admin, name), "KalshiNR", SKIP_PENDING)
    for i in range(200):
        client.send("D", order(f"r{i}", market, "1", "20", "1"))
    answers = [client.receive() for _ in range(200)]
    refused = [answer for answer in answers if answer.type == "j"]
    assert refused and all(answer.get(380) == "8" for answer in refused)
