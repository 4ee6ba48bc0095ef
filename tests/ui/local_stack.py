"""A whole stack as scripts/up starts it, and what an operator and other participants do there.

Needs Chromium, nginx, Kafka, and the built pages (scripts/build_frontend, which run_stack runs)."""

import contextlib
import datetime
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts")]

from evx_stack import facts, kafka, nginx  # noqa: E402
from evx_stack.layout import Layout  # noqa: E402
from evx_stack.servers import select_servers  # noqa: E402
from evx_stack.stack import Stack  # noqa: E402
from evx_stack.table import (  # noqa: E402
    FRONTEND_PORT, KAFKA_CONTROLLER_PORT, KAFKA_PORT, POSTGRES_PORT, REDIS_PORT, Settings, select)
from free_ports import free_offset  # noqa: E402
from local_exchange import BUILD, REPOSITORY, Account  # noqa: E402

WHOLE = tuple(service.name for service in select())
# No participant but the users and those of the test.
ALONE = tuple(name for name in WHOLE if name not in ("market-maker", "flow"))
# Participants, but none that trades in every market that is listed: a test's own are left alone.
QUIET = (("flow", "synthetic", "false"), ("flow", "speed", "0.5"),
         ("market-maker", "interval_ms", "500"))

_numbers = itertools.count(1)


class LocalStack:
    """The processes of a stack, its addresses, and what is done beside the browser."""

    def __init__(self, layout, names, extra):
        self.layout = layout
        services = tuple(service for service in select() if service.name in names)
        self._stack = Stack(layout, services, Settings(kafka=True, extra=extra), select_servers(),
                            say=lambda text: None)
        self.url = f"http://127.0.0.1:{layout.port(FRONTEND_PORT)}"

    def up(self):
        self._stack.up()
        facts.write(self.layout)

    def down(self):
        self._stack.down()

    def pid(self, name):
        return {process["name"]: process["pid"] for process in self._stack.status()}[name]

    def kill(self, name):
        """kill -9; the supervisor starts another one."""
        os.kill(self.pid(name), signal.SIGKILL)

    def start_link(self):
        """The token of the link that scripts/up prints."""
        return (self.layout.data("gateway") / "start_link").read_text().strip()

    def _account(self, name, rest_url=None):
        fact = json.loads((self.layout.run_dir / f"{name}.json").read_text())
        return _opened(fact, rest_url or fact["rest_url"])

    def demo(self):
        """The other side of a trade."""
        return self._account("demo")

    def neighbour(self):
        """A third participant, who rests beside the user."""
        fact = json.loads((self.layout.keys / "market-maker.json").read_text())
        rest_url = json.loads((self.layout.run_dir / "demo.json").read_text())["rest_url"]
        return _opened(fact, rest_url)

    def operator(self):
        return self._account("operator")

    def list_markets(self, count):
        """Markets of an event of their own, in which nobody else trades; their tickers."""
        number = next(_numbers)
        operator = self.operator()
        operator.put("/series/KXTOUR", {"facts": {"title": "Tour", "category": "Tests"}})
        event = f"KXTOUR-{number}"
        operator.put(f"/events/{event}", {"series_ticker": "KXTOUR",
                                          "facts": {"title": f"What is seen on tour {number}?"}})
        closes = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        tickers = [f"{event}-T{each}" for each in range(1, count + 1)]
        for ticker in tickers:
            operator.put(f"/markets/{ticker}", {
                "event_ticker": event, "close_time": closes.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "settlement_timer_seconds": 0, "facts": {"yes_sub_title": f"Sight {ticker[-1]}"}})
        return tickers

    def list_market(self):
        ticker, = self.list_markets(1)
        return ticker

    def order(self, ticker, side, price, count, account=None):
        """An order of the demo account, or of another one; its answer."""
        return (account or self.demo()).post("/portfolio/events/orders", {
            "ticker": ticker, "side": side, "price": price, "count": count,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross"})

    def settle(self, ticker, result):
        operator = self.operator()
        operator.post(f"/markets/{ticker}/close")
        operator.post(f"/markets/{ticker}/determine", {"result": result})


def _opened(fact, rest_url):
    key = pathlib.Path(fact["private_key_path"]).read_text()
    return Account(rest_url, {"key_id": fact["key_id"], "private_key_pem": key})


def missing_tool():
    """What is not installed and how to get it; None: everything is."""
    for tool, path in (("chromium", None), ("nginx", nginx.PATH), ("supervisord", None)):
        if shutil.which(tool, path=path) is None:
            return f"{tool} is not installed"
    if not kafka.JARS.is_dir():
        return "Kafka is not installed: scripts/install_kafka"
    if shutil.which("npm") is None:
        return "npm is not installed: scripts/install_packages ui"
    return None


@contextlib.contextmanager
def run_stack(folder, names=ALONE, extra=()):
    """A LocalStack that keeps its files in `folder`."""
    subprocess.run([REPOSITORY / "scripts/build_frontend"], check=True)
    ports = [port for service in select() for port in service.ports.values()]
    ports += [FRONTEND_PORT, KAFKA_PORT, KAFKA_CONTROLLER_PORT, POSTGRES_PORT, REDIS_PORT]
    folder.chmod(0o755)
    local = LocalStack(Layout(folder / "run", free_offset(*ports), BUILD), names, extra)
    try:
        local.up()
        yield local
    finally:
        local.down()
