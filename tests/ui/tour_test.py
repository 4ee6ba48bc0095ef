"""What a trader does on the first evening, in a browser, in front of a whole stack: signs in, finds a
market, trades by the keyboard, is filled, sees the payout, looks at it again."""

import re

from local_exchange import wait_until
from playwright.sync_api import expect
from views import PHONE, buy_yes, find_market, ladder, own_order, picture

SETTLE_SECONDS = 60


def test_from_the_link_to_the_payout(stack, open_page):
    ticker = stack.list_market()
    stack.order(ticker, "ask", "0.6000", "5.00")
    page = open_page("markets")
    find_market(page, ticker)
    expect(ladder(page)).to_contain_text("0.60")

    buy_yes(page, "0.40", "10")
    expect(own_order(page, "10Q0", "0.40")).to_be_visible()
    picture(page, "market-own-order")

    stack.order(ticker, "ask", "0.4000", "4.00")
    expect(own_order(page, "6", "0.40")).to_be_visible()

    stack.settle(ticker, "yes")
    page.goto(f"{stack.url}/#/portfolio")
    page.get_by_role("tab", name="Settlements").click()
    expect(page.get_by_role("table", name="Settlements")).to_contain_text(ticker)
    picture(page, "portfolio-settled")


def test_an_order_is_amended_by_the_keyboard_and_canceled(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    buy_yes(page, "0.45", "5")
    own_order(page, "5", "0.45").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    moved = own_order(page, "5", "0.46")
    expect(moved).to_be_visible()
    moved.focus()
    page.keyboard.press("Delete")
    expect(moved).not_to_be_attached()


def test_an_emergency_stop_takes_every_own_order_out(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    for price in ("0.40", "0.41", "0.42"):
        buy_yes(page, price, "1")
    page.keyboard.press("F8")
    dialog = page.get_by_role("dialog", name="Emergency stop")
    dialog.get_by_role("button", name="Cancel every order").click()
    expect(dialog).to_contain_text("Stopped")
    expect(ladder(page).get_by_role("button", name=re.compile("^Own order"))).to_have_count(0)


def test_a_gateway_that_was_killed_is_followed_on_without_a_reload(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    stack.order(ticker, "ask", "0.5500", "3.00")
    expect(ladder(page).get_by_role("row", name=re.compile("0.55, ask 3")).first).to_be_visible()
    page.evaluate("window.isSamePage = true")
    before = stack.pid("gateway")
    stack.kill("gateway")
    stack.order(ticker, "bid", "0.4500", "8.00")
    wait_until(lambda: stack.pid("gateway") not in (before, None), SETTLE_SECONDS, "another gateway")
    expect(ladder(page).get_by_role("row", name=re.compile("0.45, bid 8")).first).to_be_visible()
    assert page.evaluate("window.isSamePage")


def test_a_phone_shows_the_own_orders_and_cancels_them(stack, open_page):
    ticker = stack.list_market()
    desk = open_page(f"market/{ticker}")
    buy_yes(desk, "0.45", "2")
    phone = open_page("portfolio", viewport=PHONE)
    phone.get_by_role("tab", name=re.compile("^Open orders")).click()
    orders = phone.get_by_role("table", name="Open orders")
    expect(orders).to_contain_text(ticker)
    picture(phone, "portfolio-phone")
    orders.get_by_role("row", name=re.compile(ticker)).get_by_role("checkbox").check()
    phone.get_by_role("button", name=re.compile("^Cancel")).click()
    expect(own_order(desk, "2", "0.45")).not_to_be_attached()
