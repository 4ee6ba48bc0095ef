"""Faults that an operator injects at the FIX ports, met by a client of raw messages."""

import httpx
import pytest

from fix_client import Closed, order, utc_now
from fix_fixtures import (  # noqa: F401
    SKIP_PENDING, add_key, admin as operator, connect, exchange_account, list_market, open_account,
    reconnect)
from local_exchange import LocalExchange


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange("--faults=allowed", "--catalogue=empty") as running:
        yield running


@pytest.fixture
def admin(operator):  # noqa: F811
    yield operator
    operator.post("/faults/clear")


@pytest.fixture
def market(admin):
    return list_market(admin, "FIX-FAULTS")


@pytest.fixture
def trader(exchange, admin):
    return open_account(exchange, admin)


def set_faults(admin, trader, **faults):
    admin.put("/faults", {"account": trader["name"], "door": "fix", **faults})


def resting(exchange, trader):
    return {o["client_order_id"] for o in exchange_account(exchange, trader).resting_orders()}


def cancel(cl_ord_id, orig_cl_ord_id, market):
    return [(11, cl_ord_id), (41, orig_cl_ord_id), (54, 1), (55, market)]


def test_latency_holds_messages_in_order_and_nobody_else(exchange, admin, trader, market, connect):
    bystander = connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING)
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    set_faults(admin, trader, latency_ms=60_000, to_message=0)
    client.send("D", order("late", market))
    client.send("D", order("behind", market))
    # The session itself is not late, and neither are others.
    assert client.is_silent()
    bystander.send("D", order("prompt", market))
    bystander.expect("8", t150="0", t11="prompt")
    assert resting(exchange, trader) == set()
    set_faults(admin, trader, latency_ms=5, jitter_ms=20)
    client.send("D", order("last", market))
    # Only the first one's 60 s count; they end with the profile.
    admin.post("/faults/clear")
    for cl_ord_id in ("late", "behind", "last"):
        client.expect("8", t150="0", t11=cl_ord_id)


def test_jitter_keeps_the_order_of_messages(exchange, admin, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    set_faults(admin, trader, jitter_ms=30)
    for i in range(20):
        client.send("D", order(f"j{i}", market))
    for i in range(20):
        client.expect("8", t150="0", t11=f"j{i}")


@pytest.mark.parametrize("rate, is_executed", [("disconnect_rate", False),
                                               ("disconnect_executed_rate", True)])
def test_the_connection_ends_with_and_without_the_order(exchange, admin, trader, market, connect,
                                                        rate, is_executed):
    client = connect(trader, "KalshiNR")
    set_faults(admin, trader, **{rate: 1})
    client.send("D", order("x", market))
    with pytest.raises(Closed):
        client.receive()
    admin.post("/faults/clear")
    # A session of the same key sees what came of it.
    again = connect(trader, "KalshiNR", SKIP_PENDING)
    again.send("F", cancel("c", "x", market))
    if is_executed:
        report = again.expect_any()
        if report.get(150) == "0":  # The session was there before the order's report.
            report = again.expect_any()
        assert (report.type, report.get(150), report.get(41)) == ("8", "4", "x"), report
    else:
        again.expect("9", t41="x", t102="1")


def test_after_a_disconnect_retransmission_tells_what_happened(exchange, admin, trader, market,
                                                               connect):
    client = connect(trader, "KalshiRT", SKIP_PENDING)
    set_faults(admin, trader, disconnect_executed_rate=1)
    client.send("D", order("executed", market))
    with pytest.raises(Closed):
        client.receive()
    admin.post("/faults/clear")
    again, answer = reconnect(exchange, trader, client.next_number)
    with again:
        # This client has seen the Logon, 1. A report that was made before it came back kept its
        # number, 2, and is sent again; one that was made later is new.
        logon = int(answer.get(34))
        if logon > 2:
            again.send("2", [(7, 2), (16, logon - 1)])
            again.expect("8", t43="Y", t34="2", t150="0", t11="executed")
        else:
            again.expect("8", t43=None, t34="3", t150="0", t11="executed")

        set_faults(admin, trader, disconnect_rate=1)
        lost = again.next_number
        again.send("D", order("lost", market))
        with pytest.raises(Closed):
            again.receive()
    admin.post("/faults/clear")
    third, _ = reconnect(exchange, trader, lost + 1)
    with third:
        # The order never came, so the exchange asks for its number.
        third.expect("2", t7=str(lost))
        third.send("D", [(43, "Y"), (122, utc_now()), *order("lost", market)], number=lost)
        third.expect("8", t150="0", t11="lost")


def test_refusals_in_the_words_of_each_message(exchange, admin, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("a", market))
    client.expect("8", t150="0")
    set_faults(admin, trader, unavailable_rate=1)
    client.send("D", order("b", market))
    client.expect("8", t150="8", t39="8", t11="b", t103="99", t58="INTERNAL_ERROR")
    client.send("F", cancel("c", "a", market))
    client.expect("9", t11="c", t41="a", t434="1", t102="99", t58="INTERNAL_ERROR")
    client.send("G", [(11, "g"), (41, "a"), (38, "9"), (40, 2), (54, 1), (55, market)])
    client.expect("9", t11="g", t41="a", t434="2", t102="99", t58="INTERNAL_ERROR")
    client.send("q", [(11, "q"), (530, 6)])
    client.expect("r", t11="q", t531="0", t532="99", t58="INTERNAL_ERROR")
    client.send("UOG", [(20131, 1), (20132, 10)])
    client.expect("j", t372="UOG", t380="4", t58="INTERNAL_ERROR")
    assert resting(exchange, trader) == {"a"}
    set_faults(admin, trader, too_many_requests_rate=1)
    client.send("D", order("d", market))
    client.expect("j", t372="D", t379="d", t380="8", t58="rate limit exceeded")
    assert resting(exchange, trader) == {"a"}


def test_an_unknown_outcome_may_be_an_order(exchange, admin, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    set_faults(admin, trader, unavailable_executed_rate=1)
    client.send("D", order("maybe", market))
    client.expect("8", t150="8", t11="maybe", t103="99", t58="EXCHANGE_UNAVAILABLE")
    client.expect("8", t150="0", t11="maybe")


@pytest.mark.parametrize("rate, numbers", [
    ("drop_rate", [0, 2, 3]), ("duplicate_rate", [0, 1, 1, 2, 3]),
    ("sequence_skip_rate", [0, 2, 3, 4]), ("sequence_repeat_rate", [0, 0, 2, 3])])
def test_the_second_message_is_lost_or_misnumbered(exchange, admin, trader, market, connect, rate,
                                                   numbers):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    set_faults(admin, trader, **{rate: 1, "from_message": 1, "to_message": 1})
    for i in range(4):
        client.send("D", order(f"n{i}", market))
    seen = [int(client.expect("8").get(34)) for _ in numbers]
    assert [number - 2 for number in seen] == numbers  # The Logon was 1.
    [entry] = admin.get("/faults/log")["entries"]
    assert (entry["door"], entry["kind"], entry["message"]) == ("fix", rate.removesuffix("_rate"), 1)


def test_what_was_dropped_can_be_asked_for_again(exchange, admin, trader, market, connect):
    retransmission = connect(trader, "KalshiRT", SKIP_PENDING)
    set_faults(admin, trader, drop_rate=1, to_message=0)
    for cl_ord_id in ("first", "second"):
        retransmission.send("D", order(cl_ord_id, market))
    assert retransmission.expect("8", t11="second").get(34) == "3"
    retransmission.send("2", [(7, 2), (16, 2)])
    retransmission.expect("8", t43="Y", t34="2", t11="first", t150="0")
    # KalshiNR keeps nothing: the number is filled, and the report is in the drop copy.
    other = add_key(admin, trader["name"])
    plain = connect(other, "KalshiNR", SKIP_PENDING)
    set_faults(admin, trader, drop_rate=1, to_message=0)
    for cl_ord_id in ("third", "fourth"):
        plain.send("D", order(cl_ord_id, market))
    shown = plain.expect("8", t11="fourth", t34="3")
    plain.send("2", [(7, 2), (16, 2)])
    plain.expect("4", t43="Y", t34="2", t123="Y", t36="3")
    before = int(shown.get(17).split(";")[0]) - 1
    plain.send("U1", [(21001, f"{before};0"), (21002, shown.get(17))])
    plain.expect("8", t11="third")


def test_health_and_the_log_name_the_door(exchange, admin, trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    set_faults(admin, trader, latency_ms=1)
    health = httpx.get(exchange.rest_url.replace("/trade-api/v2", "/health")).json()
    assert health["components"]["faults"]["reason"].endswith("at door fix")
    client.send("D", order("a", market))
    client.expect("8", t150="0")
    [entry] = admin.get("/faults/log")["entries"]
    assert (entry["door"], entry["kind"], entry["delay_ms"]) == ("fix", "delay", 1)
