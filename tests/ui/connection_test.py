"""What a page shows while what it shows goes away."""

from local_exchange import wait_until
from playwright.sync_api import expect
from views import buy_yes, connected, own_order, rung

RESTART_SECONDS = 60


def test_a_gateway_that_was_killed_is_followed_on_without_a_reload(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    stack.order(ticker, "ask", "0.5500", "3.00")
    expect(rung(page, "YES 0.55, ask 3")).to_be_visible()
    buy_yes(page, "0.50", "4")
    page.evaluate("window.isSamePage = true")
    before = stack.pid("gateway")
    stack.kill("gateway")
    expect(connected(page)).not_to_be_attached()
    stack.order(ticker, "bid", "0.4500", "8.00")
    wait_until(lambda: stack.pid("gateway") not in (before, None), RESTART_SECONDS, "another gateway")
    expect(rung(page, "YES 0.45, bid 8")).to_be_visible()
    expect(own_order(page, "4", "0.50")).to_be_visible()
    assert page.evaluate("window.isSamePage")
