"""The other sides of FIX from outside: groups, listeners, drop copy, settlement, market data, sessions."""

import httpx

from certificate import make_certificate
from fix_client import FixClient, order, utc_now
from fix_fixtures import (  # noqa: F401
    SKIP_PENDING, add_key, admin, connect, exchange_account, market, open_account, reconnect,
    trader)
from local_exchange import LocalExchange, wait_until

# --- Order groups ---------------------------------------------------------------------------------

def test_order_groups(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("UOG", [(20131, 1), (20132, 10)])
    group = client.expect("UOH", t20132="10").get(20130)
    client.send("D", order("g1", market, "1", "20", "5", (526, group)))
    client.expect("8", t150="0")
    client.send("UOG", [(20131, 4), (20130, group)])
    messages = {message.type: message for message in (client.receive(), client.receive())}
    assert messages["8"].get(58) == "ORDER_GROUP_CANCEL" and "UOH" in messages
    client.send("D", order("g2", market, "1", "20", "5", (526, group)))
    client.expect("8", t150="8", t58="EXCEEDED_ORDER_GROUP_RISK_LIMIT", t103="3")
    client.send("UOG", [(20131, 2), (20130, group)])
    client.expect("UOH", t20130=group)
    client.send("UOG", [(20131, 5), (20130, group), (20132, 20)])
    client.expect("UOH", t20132="20")
    client.send("UOG", [(20131, 3), (20130, group)])
    client.expect("UOH", t20130=group)
    client.send("UOG", [(20131, 2), (20130, group)])
    client.expect("j", t58="ORDER_GROUP_NOT_FOUND")
    client.send("UOG", [(20131, 2), (20130, "x")])
    client.expect("3", t371="20130", t373="6")


# --- Listeners and drop copy ----------------------------------------------------------------------

def test_a_listener_hears_of_every_door_and_may_not_trade(exchange, admin, trader, market, connect):
    reader = add_key(admin, trader["name"], scopes=["read"])
    listener = connect(reader, "KalshiNR", SKIP_PENDING, (20126, "Y"))
    client = connect(trader, "KalshiNR")
    client.send("D", order("a", market, "1", "20", "1"))
    listener.expect("8", t150="0", t11="a")
    exchange_account(exchange, trader).post("/portfolio/events/orders", {
        "ticker": market, "side": "bid", "price": "0.1000", "count": "1.00",
        "client_order_id": "by-rest",
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"})
    listener.expect("8", t150="0", t11="by-rest")
    listener.send("D", order("l", market))
    listener.expect("j", t372="D", t380="6")


def test_drop_copy_resends_events(exchange, admin, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    copy = connect(add_key(admin, trader["name"]), "KalshiDC")
    reports = []
    for i in range(3):
        client.send("D", order(f"u{i}", market, "1", "20", "1"))
        reports.append(client.expect("8", t150="0"))
    client.send("D", order("u0", market))
    client.expect("8", t150="8")
    copy.send("U1", [(21001, reports[1].get(17))])
    for report in reports[1:]:
        resent = copy.expect("8", t17=report.get(17), t11=report.get(11))
        assert resent.get(37) == report.get(37)
    copy.expect("U2", t45="2", t21003="2")
    copy.send("U1", [(21001, reports[0].get(17)), (21002, reports[0].get(17))])
    copy.expect("8", t17=reports[0].get(17))
    copy.expect("U2", t21003="1")
    copy.send("U1", [(21001, "1;0")])
    copy.expect("U3", t21004="3")
    copy.send("U1", [(21001, reports[0].get(17)), (21002, "999999999;0")])
    copy.expect("U3", t21004="4")
    copy.send("D", order("no", market))
    copy.expect("j", t380="3")


# --- Settlement -----------------------------------------------------------------------------------

def test_settlement_reports(exchange, admin, trader, market, connect):
    other = open_account(exchange, admin)
    post_trade = connect(add_key(admin, trader["name"]), "KalshiPT")
    seller = connect(other, "KalshiNR", SKIP_PENDING, (20127, "Y"))
    buyer = connect(trader, "KalshiNR", SKIP_PENDING)
    buyer.send("D", order("b", market, "1", "60", "10"))
    buyer.expect("8", t150="0")
    seller.send("D", order("s", market, "2", "60", "10"))
    seller.expect("8", t150="F")
    buyer.expect("8", t150="F")
    admin.post(f"/markets/{market}/close")
    admin.post(f"/markets/{market}/determine", {"result": "yes", "expiration_value": "1"})
    wait_until(lambda: market_status(exchange, market) in ("settled", "finalized"), 30, "settled")
    post_trade.expect("UMS", t55=market, t20107="yes", t730="100.00", t704="10.00", t705="0.00",
                      t1704="10.0000", t1705="PAYOUT", t893="Y", t20110="24")
    seller.expect("UMS", t55=market, t704="0.00", t705="10.00", t1704="0.0000")
    assert buyer.is_silent()


def market_status(exchange, ticker):
    return httpx.get(f"{exchange.rest_url}/markets/{ticker}").json()["market"]["status"]


def test_expired_status_at_the_close(exchange, admin, trader, market, connect):
    plain = connect(trader, "KalshiNR", SKIP_PENDING)
    other = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING, (21012, "Y"))
    for client in (plain, other):
        client.send("D", order("x", market, "1", "20", "1"))
        client.expect("8", t150="0")
    admin.post(f"/markets/{market}/close")
    plain.expect("8", t150="4", t39="4")
    other.expect("8", t150="C", t39="C")


# --- Market data ----------------------------------------------------------------------------------

def test_market_data(exchange, admin, trader, market, connect):
    data = connect(add_key(admin, trader["name"]), "KalshiMD")
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("a", market, "1", "40", "10"))
    client.expect("8", t150="0")
    data.send("V", [(262, "md"), (263, 1), (146, 2), (55, market), (55, "NOWHERE")])
    book = data.expect("W", t262="md", t55=market, t268="1", t269="0", t270="0.4000", t271="10.00")
    assert len(book.all(272)) == 1
    data.expect("W", t55="NOWHERE", t268="0")
    other = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING)
    other.send("D", order("b", market, "2", "55", "5"))
    data.expect("X", t279="1", t269="1", t55=market, t270="0.5500", t271="5.00", t11=None)
    other.send("D", order("c", market, "2", "40", "4"))
    updates = {update.get(269): update for update in (data.expect("X"), data.expect("X"))}
    trade, level = updates["2"], updates["0"]
    assert trade.get(279) == "0" and trade.get(2446) == "2" and trade.get(1003)
    assert level.get(279) == "1" and level.get(271) == "6.00" and level.get(11) == "a"
    client.send("F", [(11, "x"), (41, "a"), (54, 1), (55, market)])
    data.expect("X", t279="2", t269="0", t270="0.4000", t11="a")
    data.send("V", [(263, 2)])
    data.send("V", [(263, 0), (146, 1), (55, market)])
    data.expect("W", t268="1", t269="1", t270="0.5500")
    other.send("D", order("d", market, "2", "56", "5"))
    other.expect("8", t11="b")
    assert data.is_silent()
    data.send("V", [(263, 5), (146, 1), (55, market)])
    data.expect("Y", t281="4")


def test_security_status(exchange, admin, trader, market, connect):
    data = connect(trader, "KalshiMD")
    data.send("e", [(324, "s"), (263, 1), (55, market)])
    assert data.is_silent()
    admin.post(f"/markets/{market}/pause")
    data.expect("f", t324="s", t55=market, t326="2")
    admin.post(f"/markets/{market}/open")
    data.expect("f", t326="3")
    admin.post(f"/markets/{market}/close")
    admin.post(f"/markets/{market}/determine", {"result": "no", "expiration_value": "0"})
    data.expect("f", t326="100")
    data.expect("f", t326="101")


# --- Sessions -------------------------------------------------------------------------------------

def test_retransmission_of_what_was_missed(exchange, admin, trader, market, connect):
    client = connect(trader, "KalshiRT", SKIP_PENDING)
    client.send("D", order("a", market, "1", "60", "10"))
    last = int(client.expect("8", t150="0").get(34))
    number = client.next_number
    client.close()
    other = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING)
    other.send("D", order("o", market, "2", "60", "4"))
    other.expect("8", t150="F")
    again, answer = reconnect(exchange, trader, number)
    assert int(answer.get(34)) > last + 1
    again.send("2", [(7, last + 1), (16, 0)])
    again.expect("8", t43="Y", t150="F", t34=str(last + 1), t32="4.00")
    again.expect("4", t123="Y")
    assert again.is_silent()
    again.close()


def test_a_revoked_key_and_a_disabled_account_lose_their_sessions(exchange, admin, trader, connect):
    key = add_key(admin, trader["name"])
    by_key = connect(key)
    by_account = connect(trader, "KalshiMD")
    admin.delete(f"/accounts/{trader['name']}/keys/{key['key_id']}")
    assert by_key.receive().type == "5"
    assert by_account.is_silent()
    admin.put(f"/accounts/{trader['name']}", {"disabled": True})
    assert by_account.receive().type == "5"


def test_hostile_input_does_not_disturb_others(exchange, admin, trader, market, connect):
    bystander = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING)
    client = connect(trader, "KalshiRT", SKIP_PENDING)
    wrong_checksum = bytearray(client.message("D", order("bad", market)))
    wrong_checksum[-2] ^= 1
    client.send_bytes(bytes(wrong_checksum))
    client.send("1", [(112, "x")])
    client.expect("2", t7="2", t16="0")
    client.send("4", [(43, "Y"), (122, utc_now()), (123, "Y"), (36, 4)], number=2)
    assert client.is_silent()
    client.send("D", [(11, "x")])
    client.expect("3", t372="D", t373="1")
    client.send("D", order("dup", market), number=2)
    client.expect("5")
    client.expect_closed()
    bystander.send("D", order("fine", market))
    bystander.expect("8", t150="0")


# --- TLS ------------------------------------------------------------------------------------------

def test_fix_over_tls(tmp_path):
    certificate, key = make_certificate(tmp_path)
    with LocalExchange(f"--tls_certificate_file={certificate}", f"--tls_private_key_file={key}",
                       "--fix_tls=on") as exchange:
        credentials = exchange.credentials("demo")
        with FixClient(exchange.announcement["fix"], "KalshiNR", credentials) as client:
            assert client.log_on(SKIP_PENDING).type == "A"
            client.send("D", order("tls", "MARKET_MAKER", "1", "1", "1"))
            client.expect("8", t150="0", t11="tls")
        plain = {**exchange.announcement["fix"], "tls": False}
        with FixClient(plain, "KalshiNR", credentials) as client:
            client.send_bytes(client.logon_message())
            assert client.is_cut_off()
