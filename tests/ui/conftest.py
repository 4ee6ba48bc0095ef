"""One stack for all tests of a run, and browsers that look at it.

Needs Chromium, nginx, Kafka, and the built pages (scripts/build_frontend, which the stack runs)."""

import shutil
import types

import pytest
from local_stack import QUIET, WHOLE, missing_tool, run_stack
from playwright.sync_api import expect, sync_playwright
from users import Users
from views import DESKTOP, markets

# What a page may take on a machine that has other work.
PAGE_SECONDS = 30
expect.set_options(timeout=PAGE_SECONDS * 1_000)

# Said by the browser itself, of a connection that a test has cut or an answer that it wants refused.
_NETWORK = ("Failed to load resource", "WebSocket connection to")


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    missing = missing_tool()
    if missing is not None:
        pytest.skip(missing)
    with run_stack(tmp_path_factory.mktemp("stack"), WHOLE, QUIET) as stack:
        yield stack


@pytest.fixture(scope="session")
def chromium(stack):
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, nor in most containers.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"),
                                             args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def admin_state(stack, chromium):
    """What a browser keeps after it was signed in by the link that scripts/up prints."""
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{stack.url}/#/link/{stack.start_link()}")
    expect(markets(page)).to_be_visible()
    assert "link" not in page.url
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="session")
def users(stack, chromium, admin_state):
    return Users(chromium, stack.url, admin_state)


@pytest.fixture
def open_page(stack, chromium, users):
    """Makes pages of browsers; `user` is signed in, None nobody. What a page complains of fails the
    test."""
    contexts, complaints = [], []

    def hear(message):
        if message.type == "error" and not message.text.startswith(_NETWORK):
            complaints.append(message.text)

    def make(path="", viewport=DESKTOP, user="admin", **options):
        state = None if user is None else users.state(user)
        context = chromium.new_context(viewport=viewport, storage_state=state, **options)
        context.set_default_timeout(PAGE_SECONDS * 1_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", hear)
        page.goto(f"{stack.url}/#/{path}")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture(scope="session")
def evening(stack, users):
    """What the administrator has after an evening of trading, so that no table is empty: a market
    with a position and two orders, one of them filled in part, and one that has paid out."""
    trading, paid = stack.list_markets(2)
    stack.order(trading, "ask", "0.6000", "25.00")
    stack.order(trading, "bid", "0.3000", "40.00")
    stack.order(trading, "bid", "0.4000", "8.00", stack.neighbour())
    users.admin.buy_yes(trading, 450_000, 12)
    users.admin.buy_yes(trading, 400_000, 5)
    stack.order(trading, "ask", "0.4500", "4.00")
    users.admin.buy_yes(paid, 350_000, 10)
    stack.order(paid, "ask", "0.3500", "10.00")
    stack.settle(paid, "yes")
    return types.SimpleNamespace(trading=trading, paid=paid)
