"""What no honest FIX client sends, and clients that do not keep up: each gets the documented answer, and
somebody who trades beside it notices nothing."""

import socket
import struct
import threading
import time

import httpx
import pytest

from fix_client import Closed, FixClient, order, utc_now
from fix_fixtures import (  # noqa: F401
    SKIP_PENDING, admin, connect, ids, list_market, market, open_account, trader)
from local_exchange import wait_until


class Witness:
    """Trades all through the test and wants every answer, in order and soon."""

    ANSWER_SECONDS_MAX = 5

    def __init__(self, client, ticker):
        self._client, self._ticker = client, ticker
        self._stop = threading.Event()
        self.fault = None
        self.count = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        number = 1
        try:
            while not self._stop.is_set():
                begin = time.monotonic()
                self._client.send("D", order(f"w{self.count}", self._ticker, "1", "1", "1"))
                self._client.expect("8", t150="0", t11=f"w{self.count}", t34=str(number + 1))
                self._client.send("F", [(11, f"c{self.count}"), (41, f"w{self.count}"), (54, 1),
                                        (55, self._ticker)])
                self._client.expect("8", t150="4", t34=str(number + 2))
                number += 2
                self.count += 1
                assert time.monotonic() - begin < self.ANSWER_SECONDS_MAX
        except BaseException as fault:  # Reported where the test waits.
            self.fault = fault

    def finish(self):
        self._stop.set()
        self._thread.join()
        if self.fault is not None:
            raise self.fault
        assert self.count > 0


@pytest.fixture(autouse=True)
def witness(exchange, admin, market, connect):
    running = Witness(connect(open_account(exchange, admin), "KalshiNR", SKIP_PENDING), market)
    wait_until(lambda: running.count > 0 or running.fault, 10, "the witness trades")
    yield running
    running.finish()


def metric(exchange, name):
    text = httpx.get(exchange.rest_url.replace("/trade-api/v2", "/metrics")).text
    return next(float(line.split()[1]) for line in text.splitlines()
                if line.startswith(f"evx_exchange_fix_{name} "))


# --- Messages out of form -------------------------------------------------------------------------

def with_wrong_checksum(message):
    return message[:-2] + bytes([message[-2] ^ 1]) + message[-1:]


def with_short_length(message):
    head, rest = message.split(b"\x01", 1)
    length, body = rest.split(b"\x01", 1)
    return head + b"\x01" + b"9=%d\x01" % (int(length[2:]) - 5) + body


def with_long_length(message):
    head, rest = message.split(b"\x01", 1)
    length, body = rest.split(b"\x01", 1)
    return head + b"\x01" + b"9=%d\x01" % (int(length[2:]) + 5) + body


GARBLED = [with_wrong_checksum, with_short_length, with_long_length,
           lambda message: message.replace(b"9=", b"9=x", 1),
           lambda message: b"noise" + message[:40]]
GARBLED_IDS = ["checksum", "short", "long", "length-text", "torn"]


@pytest.mark.parametrize("garble", GARBLED, ids=GARBLED_IDS)
def test_a_garbled_message_is_missed_by_its_number_on_rt(trader, market, connect, garble):
    client = connect(trader, "KalshiRT", SKIP_PENDING)
    lost = client.message("D", order("lost", market))
    client.send_bytes(garble(lost))
    # A torn one may take its successor with it.
    client.send("1", [(112, "next")])
    client.send("1", [(112, "next but one")])
    client.expect("2", t7="2", t16="0")
    # Repeated as the standard says, both are done, once.
    client.send("D", [(43, "Y"), (122, utc_now()), *order("lost", market)], number=2)
    client.expect("8", t150="0", t11="lost")
    client.send("4", [(43, "Y"), (122, utc_now()), (123, "Y"), (36, 5)], number=3)
    assert client.is_silent()


@pytest.mark.parametrize("garble", GARBLED, ids=GARBLED_IDS)
def test_a_garbled_message_ends_a_session_that_cannot_ask_again(trader, market, connect, garble):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send_bytes(garble(client.message("D", order("lost", market))))
    client.send_bytes(b"".join(client.message("D", order(cl_ord_id, market))
                               for cl_ord_id in ("next", "last")))
    logout = client.expect("5")
    assert logout.get(58).startswith("MsgSeqNum too high, expecting 2 but received")
    client.expect_closed()


@pytest.mark.parametrize("garble", GARBLED, ids=GARBLED_IDS)
def test_a_garbled_logon_gets_no_answer(exchange, trader, connect, garble):
    with FixClient(exchange.announcement["fix"], "KalshiNR", trader) as client:
        client.send_bytes(garble(client.logon_message()) + client.message("1", [(112, "x")]))
        with pytest.raises(Closed):
            client.receive()
    connect(trader)


@pytest.mark.parametrize("drop,reason", [(11, "1"), (38, "1"), (40, "1"), (44, "1"), (54, "1"),
                                         (55, "1")])
def test_missing_tags_of_an_order(trader, market, connect, drop, reason):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", [field for field in order("x", market) if field[0] != drop])
    client.expect("3", t45="2", t371=str(drop), t372="D", t373=reason)
    assert client.is_silent()


@pytest.mark.parametrize("more,tag,reason", [
    ([(9999, "x")], "9999", "3"), ([(530, 6)], "530", "2"), ([(18, "")], "18", "4"),
    ([(59, 9)], "59", "5"), ([(126, "soon")], "126", "6"), ([(79, "one")], "79", "6"),
    ([(54, 1)], "54", "13"), ([(453, 2), (448, "a")], "453", "16"), ([("0x", "1")], None, "0")])
def test_fields_that_are_wrong(trader, market, connect, more, tag, reason):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    fields = [field for field in order("x", market) if field[0] != 59]
    client.send("D", fields + more)
    client.expect("3", t45="2", t371=tag, t372="D", t373=reason)
    assert client.is_silent()


def test_wrong_comp_ids_and_clocks(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("x", market), sender="somebody")
    client.expect("3", t371="49", t373="9")
    client.send("D", order("x", market), sending_time=utc_now(-31))
    client.expect("3", t371="52", t373="10")
    client.send("D", [(43, "Y"), *order("x", market)])
    client.expect("3", t371="122", t373="1")
    assert client.is_silent()


# --- Numbers --------------------------------------------------------------------------------------

@pytest.mark.parametrize("comp_id", ["KalshiNR", "KalshiRT"])
def test_a_number_that_was_used_ends_the_session(trader, market, connect, comp_id):
    client = connect(trader, comp_id, SKIP_PENDING)
    client.send("D", order("a", market))
    client.expect("8", t150="0")
    client.send("D", order("b", market), number=2)
    client.expect("5", t58="MsgSeqNum too low, expecting 3 but received 2")
    client.expect_closed()


def test_a_repetition_of_what_was_done_is_passed_over(trader, market, connect):
    client = connect(trader, "KalshiRT", SKIP_PENDING)
    client.send("D", order("a", market))
    client.expect("8", t150="0")
    client.send("D", [(43, "Y"), (122, utc_now()), *order("a", market)], number=2)
    assert client.is_silent()


def test_a_future_number_on_rt_is_asked_for_and_then_in_order(trader, market, connect):
    client = connect(trader, "KalshiRT", SKIP_PENDING)
    client.send("D", order("third", market), number=4)
    client.expect("2", t7="2", t16="0")
    for number, cl_ord_id in ((2, "first"), (3, "second"), (4, "third")):
        client.send("D", [(43, "Y"), (122, utc_now()), *order(cl_ord_id, market)], number=number)
        client.expect("8", t150="0", t11=cl_ord_id)


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999"])
def test_numbers_that_are_none(trader, market, connect, number):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send("D", order("a", market), number=number)
    client.expect("5")
    client.expect_closed()


def test_resend_requests_for_what_never_was(trader, connect):
    client = connect(trader, "KalshiRT", SKIP_PENDING)
    for first, last in ((0, 0), (100, 0), (1, 999_999_999), (2, 1)):
        client.send("2", [(7, first), (16, last)])
        assert client.expect_any().type in ("3", "4")
    assert client.is_silent()


# --- Logons ---------------------------------------------------------------------------------------

def test_a_second_logon_of_a_key_changes_nothing_for_the_first(exchange, trader, market, connect):
    first = connect(trader, "KalshiNR", SKIP_PENDING)
    for comp_id in ("KalshiNR", "KalshiRT", "KalshiMD"):
        with FixClient(exchange.announcement["fix"], comp_id, trader) as second:
            assert second.log_on().get(58) == "already exists"
            second.expect_closed()
    first.send("D", order("a", market))
    first.expect("8", t150="0")


def test_a_storm_of_logons(exchange, trader, connect):
    texts = []
    for _ in range(30):
        with FixClient(exchange.announcement["fix"], "KalshiNR", trader) as client:
            texts.append(client.log_on(sending_time=utc_now(-60)).get(58))
            texts.append(None if client.is_cut_off() else "open")
    # Those are refused before the count; with a good form the key's rate is what ends it.
    assert "open" not in texts

    def is_too_many():
        """The rate counts by the second, of which one may end amid these."""
        answers = []
        for _ in range(15):
            with FixClient(exchange.announcement["fix"], "KalshiNR", trader) as client:
                answers.append(client.log_on(key=open_key()).get(58))
        return "rate limit exceeded" in answers

    wait_until(is_too_many, 30, "a logon too many within a second is refused")
    wait_until(lambda: logs_on(exchange, trader), 30, "a logon a second later")


def open_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519
    key = ed25519.Ed25519PrivateKey.generate()
    return {"private_key_pem": key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()).decode()}


def logs_on(exchange, trader):
    with FixClient(exchange.announcement["fix"], "KalshiNR", trader) as client:
        return client.log_on().type == "A"


def test_connections_that_say_nothing_or_vanish(exchange, trader, connect):
    endpoint = exchange.announcement["fix"]
    address = (endpoint["host"], endpoint["ports"]["KalshiNR"])
    silent = [socket.create_connection(address) for _ in range(200)]
    client = connect(trader)
    assert client.is_silent()
    for connection in silent:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()  # A reset.
    assert client.is_silent()


def test_a_half_closed_connection_is_let_go(exchange, trader, connect):
    client = connect(trader)
    before = metric(exchange, "sessions")
    client._socket.shutdown(socket.SHUT_WR)
    client.expect_closed()
    wait_until(lambda: metric(exchange, "sessions") == before - 1, 20, "the session is gone")


# --- Too slow and too fast ------------------------------------------------------------------------

def test_a_client_that_reads_nothing_is_cut(exchange, trader, connect):
    client = connect(trader, "KalshiMD")
    before = metric(exchange, "sessions")
    symbols = [(55, f"NOWHERE-{i}") for i in range(1_000)]
    client._socket.settimeout(1)
    try:
        # Empty snapshots: more than 100 bytes for each symbol.
        for _ in range(2_000):
            client.send("V", [(263, 0), (146, 1_000), *symbols])
            if metric(exchange, "sessions") < before:
                break
    except OSError:
        pass
    wait_until(lambda: metric(exchange, "sessions") == before - 1, 20, "the session is cut")


def test_a_flood_of_orders_waits_in_its_own_connection(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    count = 20_000
    data = [client.message("D", order(f"f{i}", market, "1", "1", "1")) for i in range(count)]
    sender = threading.Thread(target=lambda: client.send_bytes(b"".join(data)))
    sender.start()
    for i in range(count):
        assert client.receive(30).get(11) == f"f{i}"
    sender.join()


def test_a_message_byte_by_byte(trader, market, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    for byte in client.message("D", order("slow", market)):
        client.send_bytes(bytes([byte]))
    client.expect("8", t150="0", t11="slow")


def test_a_message_without_end(trader, connect):
    client = connect(trader, "KalshiNR", SKIP_PENDING)
    client.send_bytes(b"8=FIXT.1.1\x019=9999999\x0135=D\x0158=" + b"x" * (300 << 10))
    client.expect("5", t58="message is too long")
    client.expect_closed()
