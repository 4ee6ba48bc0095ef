"""A whole stack as scripts/up starts it, and browsers that look at it.

Needs Chromium, nginx, Kafka, and the built pages (scripts/build_frontend, which the fixture runs)."""

import datetime
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts")]

from evx_stack import facts, kafka, nginx  # noqa: E402
from evx_stack.layout import Layout  # noqa: E402
from evx_stack.servers import select_servers  # noqa: E402
from evx_stack.stack import Stack  # noqa: E402
from evx_stack.table import (  # noqa: E402
    FRONTEND_PORT, KAFKA_CONTROLLER_PORT, KAFKA_PORT, POSTGRES_PORT, REDIS_PORT, Settings, select)
from local_exchange import BUILD, REPOSITORY, Account  # noqa: E402
from port_offset import free_offset  # noqa: E402
from views import DESKTOP  # noqa: E402

SETTLE_SECONDS = 30
AXE = REPOSITORY / "frontend/node_modules/axe-core/axe.min.js"

# What a page may take on a machine that has other work.
expect.set_options(timeout=SETTLE_SECONDS * 1_000)

_names = itertools.count(1)


# They trade in every market that is listed; the other side of a trade is the demo account here.
_NOT_STARTED = ("market-maker", "flow")


class LocalStack:
    """The processes of a stack, its addresses, and what an operator does with it."""

    def __init__(self, layout):
        self.layout = layout
        services = tuple(service for service in select() if service.name not in _NOT_STARTED)
        self._stack = Stack(layout, services, Settings(kafka=True), select_servers(),
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

    def _account(self, name):
        fact = json.loads((self.layout.run_dir / f"{name}.json").read_text())
        key = pathlib.Path(fact["private_key_path"]).read_text()
        return Account(fact["rest_url"], {"key_id": fact["key_id"], "private_key_pem": key})

    def demo(self):
        """The other side of a trade."""
        return self._account("demo")

    def operator(self):
        return self._account("operator")

    def list_market(self):
        """A market of its own, in which nobody else trades; its ticker."""
        ticker = f"KXTOUR-{next(_names)}"
        operator = self.operator()
        operator.put("/series/KXTOUR", {"facts": {"title": "Tour", "category": "Tests"}})
        operator.put(f"/events/E-{ticker}", {"series_ticker": "KXTOUR",
                                             "facts": {"title": f"Is {ticker} seen?"}})
        closes = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        operator.put(f"/markets/{ticker}", {
            "event_ticker": f"E-{ticker}", "close_time": closes.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "settlement_timer_seconds": 0})
        return ticker

    def order(self, ticker, side, price, count):
        """The demo account's order; its answer."""
        return self.demo().post("/portfolio/events/orders", {
            "ticker": ticker, "side": side, "price": price, "count": count,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross"})

    def settle(self, ticker, result):
        operator = self.operator()
        operator.post(f"/markets/{ticker}/close")
        operator.post(f"/markets/{ticker}/determine", {"result": result})


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    for tool, path in (("chromium", None), ("nginx", nginx.PATH), ("supervisord", None)):
        if shutil.which(tool, path=path) is None:
            pytest.skip(f"{tool} is not installed")
    if not kafka.JARS.is_dir():
        pytest.skip("Kafka is not installed: scripts/install_kafka")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: scripts/install_packages ui")
    subprocess.run([REPOSITORY / "scripts/build_frontend"], check=True)
    ports = [port for service in select() for port in service.ports.values()]
    ports += [FRONTEND_PORT, KAFKA_PORT, KAFKA_CONTROLLER_PORT, POSTGRES_PORT, REDIS_PORT]
    folder = tmp_path_factory.mktemp("stack")
    folder.chmod(0o755)
    local = LocalStack(Layout(folder / "run", free_offset(*ports), BUILD))
    try:
        local.up()
        yield local
    finally:
        local.down()


@pytest.fixture(scope="session")
def chromium(stack):
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, nor in most containers.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"),
                                             args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(stack, chromium):
    """What a browser keeps after it was signed in by the link that scripts/up prints."""
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    token = (stack.layout.data("gateway") / "start_link").read_text().strip()
    page.goto(f"{stack.url}/#/link/{token}")
    expect(page.get_by_role("grid", name="Markets")).to_be_visible()
    assert "link" not in page.url
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(stack, chromium, signed_in):
    """Makes pages of browsers that are signed in. What a page complains of fails the test."""
    contexts, complaints = [], []

    def make(path="", viewport=DESKTOP, **options):
        context = chromium.new_context(viewport=viewport, storage_state=signed_in, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{stack.url}/#/{path}")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints
