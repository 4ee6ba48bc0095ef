"""QuickFIX, as Debian packages it, trades a day over FIX, from logon to settlement, with the two data
dictionaries of libs/fix and only host and port set. Its engine judges every field and number, and
notices the gaps that are injected."""

import collections
import subprocess
import threading

import pytest

from fix_client import Message
from fix_fixtures import add_key, admin, list_market, open_account  # noqa: F401
from local_exchange import BUILD, REPOSITORY, LocalExchange

CLIENT = BUILD / "tests/e2e/quickfix_client"
DICTIONARIES = REPOSITORY / "libs/fix/dictionaries"
SECONDS = 60
ADMIN_TYPES = set("012345A")

pytestmark = pytest.mark.skipif(not CLIENT.exists(), reason="libquickfix-dev is not installed")


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange("--faults=allowed", "--catalogue=empty") as running:
        yield running


class QuickFix:
    """One process of QuickFIX with sessions by TargetCompID: {"KalshiNR": (credentials, fields)}."""

    def __init__(self, folder, endpoint, sessions):
        lines = ["[DEFAULT]", "ConnectionType=initiator", "ReconnectInterval=1",
                 f"FileStorePath={folder}/store", "StartTime=00:00:00", "EndTime=00:00:00",
                 "BeginString=FIXT.1.1", "DefaultApplVerID=FIX.5.0SP2", "HeartBtInt=30",
                 "UseDataDictionary=Y", f"TransportDataDictionary={DICTIONARIES}/FIXT11.xml",
                 f"AppDataDictionary={DICTIONARIES}/FIX50SP2-Kalshi.xml",
                 f"SocketConnectHost={endpoint['host']}"]
        for comp_id, (credentials, fields) in sessions.items():
            key = folder / f"{comp_id}.pem"
            key.write_text(credentials["private_key_pem"])
            lines += ["[SESSION]", f"SenderCompID={credentials['key_id']}",
                      f"TargetCompID={comp_id}", f"PrivateKeyFile={key}", f"LogonFields={fields}",
                      f"SocketConnectPort={endpoint['ports'][comp_id]}",
                      f"ResetOnLogon={'N' if comp_id in ('KalshiRT', 'KalshiPT') else 'Y'}"]
        settings = folder / "settings.cfg"
        settings.write_text("\n".join(lines) + "\n")
        self.sessions = list(sessions)
        self.seen = collections.defaultdict(list)  # Messages of the exchange, by CompID.
        self.sent = collections.defaultdict(list)
        self._next = collections.Counter()
        self._changed = threading.Condition()
        self._events = []
        self._process = subprocess.Popen([str(CLIENT), str(settings)], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join()

    def _read(self):
        for line in self._process.stdout:
            comp_id, kind, *text = line.rstrip("\n").split(" ", 2)
            with self._changed:
                if text:
                    message = Message((int(tag), value) for tag, value in (
                        field.split("=", 1) for field in text[0].strip("|").split("|")))
                    (self.seen if kind == "in" else self.sent)[comp_id].append(message)
                else:
                    self._events.append((comp_id, kind))
                self._changed.notify_all()

    def _wait(self, find, what):
        with self._changed:
            found = self._changed.wait_for(find, SECONDS)
            assert found, (what, self._events, dict(self.seen), dict(self.sent))
            return found

    def wait_for_event(self, kind, count=1):
        for comp_id in self.sessions:
            self._wait(lambda c=comp_id: self._events.count((c, kind)) >= count, (comp_id, kind))

    def send(self, comp_id, msg_type, *fields):
        text = "|".join(f"{tag}={value}" for tag, value in ((35, msg_type), *fields))
        self._process.stdin.write(f"{comp_id} {text}\n")
        self._process.stdin.flush()

    def stop(self):
        self._process.stdin.write("stop\n")
        self._process.stdin.flush()
        assert self._process.wait(SECONDS) == 0

    def expect(self, comp_id, msg_type, **wanted):
        """The next application message of the session, which must be this one."""
        def find():
            messages = [m for m in self.seen[comp_id] if m.type not in ADMIN_TYPES]
            return messages[self._next[comp_id]:][:1]
        [message] = self._wait(find, (comp_id, msg_type, wanted))
        self._next[comp_id] += 1
        for name, value in {"t35": msg_type, **wanted}.items():
            assert message.get(int(name[1:])) == value, (name, value, message)
        return message

    def wait_for_sent(self, comp_id, msg_type, **wanted):
        def find():
            return next((m for m in self.sent[comp_id] if m.type == msg_type and all(
                m.get(int(name[1:])) == value for name, value in wanted.items())), None)
        return self._wait(find, (comp_id, msg_type, wanted))

    def wait_for_admin(self, comp_id, msg_type, **wanted):
        def find():
            return next((m for m in self.seen[comp_id] if m.type == msg_type and all(
                m.get(int(name[1:])) == value for name, value in wanted.items())), None)
        return self._wait(find, (comp_id, msg_type, wanted))

    def rejects(self):
        """Rejects (3) of either side: the dictionaries fit, so there are none."""
        return [m for messages in (*self.seen.values(), *self.sent.values())
                for m in messages if m.type == "3"]


def order(cl_ord_id, symbol, side, price, quantity):
    return [(11, cl_ord_id), (38, quantity), (40, 2), (44, price), (54, side), (55, symbol),
            (59, 1)]


OPTIONS = "21005=Y|21011=Y"


def test_a_trading_day(exchange, admin, tmp_path):
    market = list_market(admin, "QUICKFIX-DAY")
    buyer, seller = open_account(exchange, admin), open_account(exchange, admin)
    sessions = {"KalshiRT": (buyer, OPTIONS + "|20127=Y"), "KalshiNR": (seller, OPTIONS),
                "KalshiMD": (add_key(admin, buyer["name"]), ""),
                "KalshiPT": (add_key(admin, seller["name"]), ""),
                "KalshiDC": (add_key(admin, seller["name"]), "")}
    with QuickFix(tmp_path, exchange.announcement["fix"], sessions) as client:
        client.wait_for_event("logon")
        client.send("KalshiMD", "V", (262, "md"), (263, 1), (146, 1), (55, market))
        client.expect("KalshiMD", "W", t55=market, t268="0")
        client.send("KalshiMD", "e", (324, "st"), (263, 1), (55, market))

        client.send("KalshiRT", "D", *order("b-1", market, 1, "0.40", 10))
        client.expect("KalshiRT", "8", t150="0", t39="0", t11="b-1", t44="0.4000")
        client.expect("KalshiMD", "X", t279="1", t269="0", t270="0.4000", t271="10.00", t11="b-1")
        client.send("KalshiRT", "G", (11, "b-2"), (41, "b-1"), (38, 8), (40, 2), (44, "0.45"),
                    (54, 1), (55, market))
        client.expect("KalshiRT", "8", t150="5", t11="b-2", t41="b-1", t38="8.00", t44="0.4500")
        client.expect("KalshiMD", "X", t279="2", t270="0.4000")
        client.expect("KalshiMD", "X", t279="1", t270="0.4500", t271="8.00")

        client.send("KalshiNR", "UOG", (20131, 1), (20132, 100))
        group = client.expect("KalshiNR", "UOH", t20132="100").get(20130)
        client.send("KalshiNR", "D", *order("s-1", market, 2, "0.45", 5), (526, group))
        taken = client.expect("KalshiNR", "8", t150="F", t39="2", t14="5.00", t705="5.00",
                              t1057="Y")
        made = client.expect("KalshiRT", "8", t150="F", t39="1", t14="5.00", t151="3.00",
                             t704="5.00", t1057="N")
        assert made.get(880) == taken.get(880)
        client.expect("KalshiMD", "X", t269="2", t270="0.4500", t271="5.00", t2446="2")
        client.expect("KalshiMD", "X", t279="1", t269="0", t271="3.00")
        client.send("KalshiNR", "D", *order("s-2", market, 2, "0.46", 5))
        client.expect("KalshiNR", "8", t150="0", t11="s-2")
        client.expect("KalshiMD", "X", t269="1", t270="0.4600")
        client.send("KalshiNR", "q", (11, "all"), (530, 6))
        client.expect("KalshiNR", "r", t11="all", t531="6")
        client.expect("KalshiNR", "8", t150="4", t11="s-2")
        client.expect("KalshiMD", "X", t279="2", t269="1")
        client.send("KalshiDC", "U1", (21001, taken.get(17)))
        assert client.expect("KalshiDC", "8", t150="F").get(880) == taken.get(880)
        client.expect("KalshiDC", "8", t150="0", t11="s-2")
        client.expect("KalshiDC", "8", t150="4", t11="s-2")
        client.expect("KalshiDC", "U2", t21003="3")

        client.send("KalshiNR", "D", *order("s-3", "NOWHERE", 2, "0.46", 5))
        client.expect("KalshiNR", "8", t150="8", t103="1", t58="MARKET_NOT_FOUND")
        client.send("KalshiNR", "F", (11, "c"), (41, "nothing"), (54, 2), (55, market))
        client.expect("KalshiNR", "9", t434="1", t102="1")

        admin.post(f"/markets/{market}/close")
        client.expect("KalshiRT", "8", t150="4", t11="b-2", t14="5.00")
        client.expect("KalshiMD", "X", t279="2", t269="0", t270="0.4500")
        admin.post(f"/markets/{market}/determine", {"result": "yes", "expiration_value": "1"})
        client.expect("KalshiMD", "f", t55=market, t326="100")
        client.expect("KalshiMD", "f", t55=market, t326="101")
        client.expect("KalshiRT", "UMS", t55=market, t20107="yes", t730="100.00", t704="5.00",
                      t1704="5.0000", t1705="PAYOUT")
        client.expect("KalshiPT", "UMS", t55=market, t20107="yes", t705="5.00", t1704="0.0000")
        client.stop()
        client.wait_for_event("logout")
        assert not client.rejects()


def drop_next(admin, trader, kind="drop_rate"):
    admin.put("/faults", {"account": trader["name"], "door": "fix", kind: 1, "to_message": 0})


@pytest.mark.parametrize("kind", ["drop_rate", "sequence_skip_rate"])
def test_a_gap_on_kalshi_rt_is_noticed_and_closed(exchange, admin, tmp_path, kind):
    market = list_market(admin, "QUICKFIX-GAP")
    trader = open_account(exchange, admin)
    with QuickFix(tmp_path, exchange.announcement["fix"],
                  {"KalshiRT": (trader, OPTIONS)}) as client:
        client.wait_for_event("logon")
        drop_next(admin, trader, kind)
        client.send("KalshiRT", "D", *order("first", market, 1, "0.40", 1))
        client.send("KalshiRT", "D", *order("second", market, 1, "0.40", 1))
        # The engine asks by itself and gives the application every report, once and in order.
        client.wait_for_sent("KalshiRT", "2", t7="2")
        repeated = client.expect("KalshiRT", "8", t150="0", t11="first")
        client.expect("KalshiRT", "8", t150="0", t11="second")
        if kind == "drop_rate":
            assert repeated.get(43) == "Y" and repeated.get(34) == "2" and repeated.get(122)
        else:
            client.wait_for_admin("KalshiRT", "4", t34="2", t123="Y", t36="3")
        client.send("KalshiRT", "D", *order("third", market, 1, "0.40", 1))
        client.expect("KalshiRT", "8", t150="0", t11="third", t43=None)
        assert not client.rejects()


def test_a_gap_on_kalshi_nr_is_noticed_and_filled_without_the_message(exchange, admin, tmp_path):
    market = list_market(admin, "QUICKFIX-GAP")
    trader = open_account(exchange, admin)
    with QuickFix(tmp_path, exchange.announcement["fix"],
                  {"KalshiNR": (trader, OPTIONS)}) as client:
        client.wait_for_event("logon")
        drop_next(admin, trader)
        client.send("KalshiNR", "D", *order("first", market, 1, "0.40", 1))
        client.send("KalshiNR", "D", *order("second", market, 1, "0.40", 1))
        client.wait_for_sent("KalshiNR", "2", t7="2")
        client.wait_for_admin("KalshiNR", "4", t34="2", t123="Y")
        # What was missed is asked for by event, as the venue has it for sessions that keep nothing.
        client.send("KalshiNR", "D", *order("third", market, 1, "0.40", 1))
        shown = client.expect("KalshiNR", "8", t150="0", t11="third")
        client.send("KalshiNR", "U1", (21001, f"{int(shown.get(17).split(';')[0]) - 2};0"))
        for cl_ord_id in ("first", "second", "third"):
            client.expect("KalshiNR", "8", t150="0", t11=cl_ord_id)
        client.expect("KalshiNR", "U2", t21003="3")
        assert not client.rejects()


def test_kalshi_rt_goes_on_after_the_connection_was_lost(exchange, admin, tmp_path):
    market = list_market(admin, "QUICKFIX-GAP")
    trader = open_account(exchange, admin)
    with QuickFix(tmp_path, exchange.announcement["fix"],
                  {"KalshiRT": (trader, OPTIONS)}) as client:
        client.wait_for_event("logon")
        admin.put("/faults", {"account": trader["name"], "door": "fix",
                              "disconnect_executed_rate": 1, "to_message": 0})
        client.send("KalshiRT", "D", *order("lost", market, 1, "0.40", 1))
        client.wait_for_event("logout")
        admin.post("/faults/clear")
        # The engine connects again, finds that it has missed a number and asks.
        client.expect("KalshiRT", "8", t150="0", t11="lost", t43="Y")
        client.send("KalshiRT", "D", *order("next", market, 1, "0.40", 1))
        client.expect("KalshiRT", "8", t150="0", t11="next", t43=None)
        assert not client.rejects()
