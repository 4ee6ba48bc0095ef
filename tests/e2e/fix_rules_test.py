"""FIX rules of the venue one by one, where no longer story in fix_test.py tells them."""

import httpx
import pytest

from fix_client import order
from fix_fixtures import (  # noqa: F401
    SKIP_PENDING, add_key, admin, connect, exchange_account, list_market, market, open_account,
    trader)


@pytest.fixture
def other(exchange, admin, connect):
    """Somebody else, logged on."""
    return connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING)


def rest_order(client, *fields):
    client.send("D", order(*fields))
    return client.expect("8", t150="0")


def replace(cl_ord_id, orig, market, quantity, *more):
    return [(11, cl_ord_id), (41, orig), (38, quantity), (40, 2), (54, 1), (55, market), *more]


# --- MaxExecutionCost -----------------------------------------------------------------------------

def test_an_order_within_its_maximum_cost_is_as_any_other(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("rests", market, "1", "50", "10", (21009, "5.00")))
    client.expect("8", t150="0", t11="rests", t44="50", t59="1")


def test_an_order_that_cannot_fill_within_its_maximum_cost_is_canceled(trader, market, connect,
                                                                       other):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("nothing", market, "1", "50", "10", (21009, "4.99")))
    client.expect("8", t150="0", t11="nothing", t44="50")
    client.expect("8", t150="4", t11="nothing", t14="0.00", t58="FOK_INSUFFICIENT_VOLUME")
    # 0.1 cents a contract: no price is that low.
    client.send("D", order("hopeless", market, "1", "50", "10", (21009, "0.01")))
    client.expect("8", t150="0", t11="hopeless")
    client.expect("8", t150="4", t11="hopeless", t58="FOK_INSUFFICIENT_VOLUME")
    rest_order(other, "cheap", market, "2", "40", "10")
    client.send("D", order("fills", market, "1", "50", "10", (21009, "4.00")))
    client.expect("8", t150="F", t39="2", t11="fills", t31="40", t44="50")
    # What a seller pays is the other side: 10 at 40 cents cost 60 cents each.
    client.send("D", order("sell", market, "2", "40", "10", (21009, "5.99")))
    client.expect("8", t150="0", t11="sell")
    client.expect("8", t150="4", t11="sell", t58="FOK_INSUFFICIENT_VOLUME")
    assert client.is_silent()


# --- Collateral -----------------------------------------------------------------------------------

def test_split_collateral_return_of_pairs_that_a_trade_closes(trader, market, connect, other):
    client = connect(trader, "KalshiNR", SKIP_PENDING, (21027, "Y"))
    rest_order(other, "sells", market, "2", "60", "10")
    client.send("D", order("opens", market, "1", "60", "10"))
    opened = client.expect("8", t150="F", t704="10.00", t1704="-6.0000", t1705="BALANCE")
    assert opened.get(21030) is None and opened.get(21031) is None
    other.expect("8", t150="F", t11="sells")
    rest_order(other, "buys", market, "1", "55", "12")
    client.send("D", order("closes", market, "2", "55", "12"))
    # Ten pairs are closed at a dollar each, two contracts are new.
    client.expect("8", t150="F", t704="0.00", t705="2.00", t21030="10.0000", t21031=None)
    # The other side closed its ten as well, and did not ask for the split.
    other.expect("8", t150="F", t11="buys", t704="2.00", t21030=None)


# --- Reports --------------------------------------------------------------------------------------

def test_order_quantity_shrinks_unless_the_original_is_preserved(exchange, admin, trader, market,
                                                                 connect):
    shrinks = connect(trader, "KalshiNR", SKIP_PENDING)
    keeps = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING, (21008, "Y"))
    for client, canceled in ((shrinks, "0.00"), (keeps, "10.00")):
        rest_order(client, "a", market, "1", "20", "10")
        client.send("F", [(11, "c"), (41, "a"), (54, 1), (55, market)])
        client.expect("8", t150="4", t38=canceled, t14="0.00", t151="0.00")


def test_each_receiver_gets_reports_as_it_asked_for_them(exchange, admin, trader, market, connect,
                                                         other):
    plain = connect(trader, "KalshiNR", SKIP_PENDING)
    listener = connect(add_key(admin, trader["name"]), "KalshiNR", SKIP_PENDING, (20126, "Y"),
                       (21005, "Y"), (21007, "Y"), (21012, "Y"), (21026, "Y"))
    rest_order(other, "o", market, "2", "60", "4")
    plain.send("D", order("i", market, "1", "60", "10", (59, 3)))
    plain.expect("8", t150="F", t39="4", t31="60", t151="0.00", t38="4.00")
    listener.expect("8", t150="0", t11="i", t151="10.00")
    listener.expect("8", t150="F", t39="1", t31="0.6000", t151="6.00")
    listener.expect("8", t150="4", t39="4", t58="IMMEDIATE_OR_CANCELLED", t14="4.00")
    rest_order(plain, "x", market, "1", "20", "1")
    listener.expect("8", t150="0", t11="x")
    # A reject is a report of the account too.
    plain.send("D", order("x", market))
    for client in (plain, listener):
        client.expect("8", t150="8", t11="x", t58="ORDER_ALREADY_EXISTS")
    admin.post(f"/markets/{market}/close")
    plain.expect("8", t150="4", t39="4", t11="x")
    listener.expect("8", t150="C", t39="C", t11="x")
    assert plain.is_silent() and listener.is_silent()


def test_pending_reports_are_left_out_when_asked(trader, market, connect):
    client = connect(trader)
    client.send("D", order("a", market))
    pending = client.expect("8", t150="A", t39="A", t17="-1;-1")
    assert pending.get(37) and pending.get(30) is None
    client.expect("8", t150="0", t30="0")


@pytest.mark.parametrize("price,echoed", [("0.4", "0.4000"), ("0.40", "0.4000"),
                                          ("0.4000", "0.4000")])
def test_use_dollars(trader, market, connect, price, echoed):
    client = connect(trader, "KalshiNR", SKIP_PENDING, (21005, "Y"))
    client.send("D", order("d", market, "1", price, "1"))
    client.expect("8", t150="0", t44=echoed, t6="0.000000")


def test_prices_finer_than_the_unit(trader, market, connect):
    dollars = connect(trader, "KalshiNR", SKIP_PENDING, (21005, "Y"))
    dollars.send("D", order("d", market, "1", "0.40005", "1"))
    dollars.expect("3", t372="D", t371="44", t373="5")
    dollars.send("D", order("d", market, "1", "0.405", "1"))
    dollars.expect("8", t150="8", t58="INVALID_ORDER", t103="11")


# --- Replace --------------------------------------------------------------------------------------

def test_expiry_of_a_replace(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    rest_order(client, "a", market, "1", "50", "5", (59, 6), (126, "21000101-00:00:00.000"))
    client.send("G", replace("b", "a", market, 4))
    client.expect("8", t150="5", t59="6", t126="21000101-00:00:00.000")
    client.send("G", replace("c", "b", market, 4, (59, 0)))
    assert client.expect("8", t150="5", t59="6").get(126)[9:] in ("03:59:59.999", "04:59:59.999")
    client.send("G", replace("d", "c", market, 4, (59, 1)))
    client.expect("8", t150="5", t59="1", t126=None)
    client.send("G", replace("e", "d", market, 4, (59, 6), (126, "21000102-00:00:00.000")))
    client.expect("8", t150="5", t59="6", t126="21000102-00:00:00.000")
    client.send("G", replace("f", "e", market, 4, (59, 6), (126, "20200101-00:00:00.000")))
    client.expect("9", t434="2", t102="99", t39="0")
    for more in ([(126, "21000101-00:00:00.000")], [(59, 3)], [(59, 4)], [(59, 6)]):
        client.send("G", replace("g", "e", market, 4, *more))
        client.expect("3", t372="G")
    assert client.is_silent()


def test_a_replace_that_would_cross_the_own_order(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    rest_order(client, "ask", market, "2", "60", "5")
    rest_order(client, "bid", market, "1", "50", "5")
    client.send("G", replace("x", "bid", market, 5, (44, "60")))
    client.expect("9", t434="2", t102="18", t58="SELF_CROSS_ATTEMPT", t39="0", t41="bid")


def test_an_id_that_is_taken_and_names_that_do_not_agree(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    first = rest_order(client, "a", market, "1", "50", "5")
    rest_order(client, "b", market, "1", "49", "5")
    client.send("G", replace("b", "a", market, 4))
    client.expect("9", t434="2", t102="6", t58="ORDER_ALREADY_EXISTS")
    client.send("G", replace("c", "b", market, 4, (37, first.get(37))))
    client.expect("9", t434="2", t102="1", t58="ORDER_ATTRIBUTES_MISMATCH")
    client.send("F", [(11, "d"), (41, "a"), (54, 1), (55, market), (100, 3)])
    client.expect("9", t434="1", t102="99", t58="MARKET_NOT_FOUND")
    client.send("F", [(11, "e"), (41, "a"), (37, first.get(37)), (54, 1), (55, market), (100, -1)])
    client.expect("8", t150="4", t41="a")


def test_size_increases_and_prices_lose_the_place_in_the_queue(exchange, trader, market, connect,
                                                               other):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    rest = exchange_account(exchange, trader)
    rest_order(other, "o", market, "1", "50", "5")
    mine = rest_order(client, "a", market, "1", "50", "5").get(37)

    def ahead():
        return rest.get(f"/portfolio/orders/{mine}/queue_position")["queue_position_fp"]

    rest_order(other, "p", market, "1", "50", "3")
    for cl_ord_id, more, wanted in (("b", [(38, "4")], "5.00"), ("c", [(38, "4"), (59, 0)], "5.00"),
                                    ("d", [(38, "6")], "8.00")):
        orig = chr(ord(cl_ord_id) - 1)
        client.send("G", [(11, cl_ord_id), (41, orig), (40, 2), (54, 1), (55, market), *more])
        client.expect("8", t150="5", t11=cl_ord_id)
        assert ahead() == wanted, cl_ord_id


# --- Ids, types and limits ------------------------------------------------------------------------

@pytest.mark.parametrize("cl_ord_id,is_good", [
    ("a" * 64, True), ("-A_z:0+=/", True), ("a" * 65, False), ("a.b", False), ("a b", False),
    ("\u00e9", False)])
def test_characters_of_a_client_order_id(trader, market, connect, cl_ord_id, is_good):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order(cl_ord_id, market))
    if is_good:
        client.expect("8", t150="0", t11=cl_ord_id)
    else:
        client.expect("3", t372="D", t371="11", t373="5")


@pytest.mark.parametrize("comp_id,msg_type,fields", [
    ("KalshiNR", "R", [(131, "x")]), ("KalshiRT", "q", [(11, "x"), (530, 6)]),
    ("KalshiRT", "U1", [(21001, "1;0")]), ("KalshiMD", "UOG", [(20131, 1), (20132, 1)]),
    ("KalshiPT", "F", [(11, "x"), (41, "y"), (54, 1), (55, "Z")])])
def test_messages_that_a_session_does_not_have(trader, connect, comp_id, msg_type, fields):
    client = connect(trader, comp_id)
    client.send(msg_type, fields)
    client.expect("j", t45="2", t372=msg_type, t380="3")


def test_what_the_venue_has_and_this_exchange_has_not_is_listed(exchange):
    root = exchange.rest_url.removesuffix("/trade-api/v2")
    listed = httpx.get(f"{root}/evx/v1/unsupported").json()
    assert listed["unsupported_fix_sessions"] == ["KalshiRFQ"]
    assert {"R", "S", "UA"} <= set(listed["unsupported_fix_message_types"])


def test_a_type_that_does_not_exist(trader, connect):
    client = connect(trader)
    client.send("ZZ", [(11, "x")])
    client.expect("3", t45="2", t372="ZZ", t373="11")


def test_mass_cancel_once_a_second_and_for_its_session_only(trader, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send_bytes(client.message("q", [(11, "q1"), (530, 6)])
                      + client.message("q", [(11, "q2"), (530, 6)]))
    client.expect("r", t11="q1", t531="6")
    client.expect("j", t372="q", t380="8", t379="q2")
    client.send("q", [(11, "q3"), (530, 7)])
    client.expect("3", t371="530", t373="5")


def test_too_many_event_resend_requests(trader, connect):
    client = connect(trader, "KalshiDC")
    client.send_bytes(b"".join(client.message("U1", [(21001, "99999999;0")]) for _ in range(30)))
    answers = [client.receive() for _ in range(30)]
    assert {"2" if a.type == "U2" else a.get(21004) for a in answers} == {"2", "1"}


def test_order_groups_name_what_is_wrong(trader, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    unknown = "00000000-0000-4000-8000-000000000000"
    client.send("UOG", [(20131, 1), (20132, 5), (100, 0)])
    group = client.expect("UOH", t20132="5").get(20130)
    for fields in ([(20130, unknown)], [(20130, group), (100, 2)]):
        client.send("UOG", [(20131, 4), *fields])
        client.expect("j", t372="UOG", t380="1", t379=fields[0][1], t58="ORDER_GROUP_NOT_FOUND")
    client.send("UOG", [(20131, 4)])
    client.expect("3", t371="20130", t373="1")
    for limit in (0, 1_000_001):
        client.send("UOG", [(20131, 5), (20130, group), (20132, limit)])
        client.expect("3", t371="20132", t373="5")
    client.send("UOG", [(20131, 6), (20130, group)])
    client.expect("3", t371="20131", t373="5")


# --- Settlement and market data -------------------------------------------------------------------

def test_a_scalar_settlement(exchange, admin, trader, market, connect, other):
    client = connect(trader, "KalshiRT", SKIP_PENDING, (20127, "Y"))
    rest_order(other, "o", market, "2", "60", "10")
    client.send("D", order("b", market, "1", "60", "10"))
    client.expect("8", t150="F")
    admin.post(f"/markets/{market}/close")
    admin.post(f"/markets/{market}/determine", {"result": "scalar", "settlement_value": "0.2500",
                                                "expiration_value": "25"})
    report = client.expect("UMS", t55=market, t20107="scalar", t730="25.00", t20106="1", t893="Y",
                           t20108="1", t20110="24", t704="10.00", t705="0.00", t1703="1",
                           t1704="2.5000", t1705="PAYOUT", t136="1", t138="USD", t139="4",
                           t891="0")
    assert report.get(20105) and report.get(715) and report.get(20109)


def test_market_data_requests_that_are_refused(trader, market, connect):
    data = connect(trader, "KalshiMD")
    data.send("V", [(262, "many"), (263, 1), (146, 1001), *[(55, f"M{i}") for i in range(1001)]])
    data.expect("Y", t262="many", t281="2")
    data.send("V", [(263, 3), (146, 1), (55, market)])
    data.expect("Y", t281="4")
    data.send("V", [(263, 1)])
    data.expect("3", t371="146", t373="1")
    data.send("e", [(263, 1), (55, "NOWHERE")])
    data.expect("j", t372="e", t380="2")
    data.send("e", [(263, 0), (55, market)])
    data.expect("j", t372="e", t380="0")


def test_trading_pauses_are_told_of_markets_that_trade(exchange, admin, trader, market, connect):
    data = connect(trader, "KalshiMD")
    halted = list_market(admin, "FIX-HALTED")
    admin.post(f"/markets/{halted}/pause")
    for ticker in (market, halted):
        data.send("e", [(263, 1), (55, ticker)])
    assert data.is_silent()
    admin.put("/exchange/status", {"trading_active": False})
    data.expect("f", t55=market, t326="2")
    admin.put("/exchange/status", {"trading_active": True})
    data.expect("f", t55=market, t326="3")
    assert data.is_silent()


def test_pauses_of_trading_and_of_the_exchange(admin, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    rest_order(client, "stays", market)
    rest_order(client, "leaves", market, "1", "50", "1", (21006, "Y"))
    try:
        admin.put("/exchange/status", {"trading_active": False})
        client.expect("8", t150="4", t11="leaves")
        client.send("D", order("new", market))
        client.expect("8", t150="8", t103="2", t58="TRADING_PAUSED")
        admin.put("/exchange/status", {"trading_active": True, "exchange_active": False})
        client.send("D", order("new", market))
        client.expect("8", t150="8", t103="2", t58="EXCHANGE_PAUSED")
        client.send("F", [(11, "c"), (41, "stays"), (54, 1), (55, market)])
        client.expect("9", t434="1", t39="0", t58="EXCHANGE_PAUSED")
    finally:
        admin.put("/exchange/status", {"trading_active": True, "exchange_active": True})
    client.send("F", [(11, "c"), (41, "stays"), (54, 1), (55, market)])
    client.expect("8", t150="4", t41="stays")
