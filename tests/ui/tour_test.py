"""The first evening of a trader, from the link that scripts/up prints to the look back."""

import re

from playwright.sync_api import expect
from views import (
    buy_yes, cells, find_market, ladder, markets, open_tab, own_order, picture, rung, table_row)


def test_from_the_link_to_the_payout_and_back_in_the_player(stack, users, open_page):
    ticker = stack.list_market()
    users.make("tess", "trader")
    # Opens the link, and is signed in.
    page = open_page(f"link/{users.link('tess')}", user=None)
    expect(markets(page)).to_be_visible()
    expect(page.get_by_role("button", name="tess")).to_be_visible()
    assert users.link("tess") not in page.url

    # Sees hundreds of markets, and that they move.
    expect(page.get_by_text(re.compile(r"^\d+ of [2-9]\d\d markets$"))).to_be_visible()
    page.get_by_role("searchbox", name="Search markets").fill("MARKET_MAKER")
    moving = markets(page).get_by_role("row", name=re.compile("MARKET_MAKER"))
    shown = moving.inner_text()
    expect(moving).not_to_have_text(shown, use_inner_text=True)
    picture(page, "tour-moving")

    # Opens one, reads its book and its chart.
    stack.order(ticker, "ask", "0.6000", "5.00")
    stack.order(ticker, "bid", "0.4000", "3.00", stack.neighbour())
    find_market(page, ticker)
    expect(rung(page, "YES 0.60, ask 5")).to_be_visible()
    expect(rung(page, "YES 0.40, bid 3")).to_be_visible()
    expect(page.get_by_role("img", name="Price chart")).to_be_visible()

    # Places an order with the keyboard, sees it in the ladder with its place in the queue.
    buy_yes(page, "0.40", "10")
    expect(own_order(page, "10Q3", "0.40")).to_be_visible()
    picture(page, "tour-own-order")

    # Is filled: in part, then whole.
    stack.order(ticker, "ask", "0.4000", "7.00")
    expect(own_order(page, "6Q0", "0.40")).to_be_visible()
    stack.order(ticker, "ask", "0.4000", "6.00")
    expect(ladder(page).get_by_role("button", name=re.compile("^Own order"))).to_have_count(0)
    tape = page.locator("[data-message=TRADES]")
    expect(tape.get_by_role("row", name=re.compile(r"0\.40"))).to_have_count(3)

    # Watches the position pay out.
    stack.settle(ticker, "yes")
    page.evaluate("location.hash = '#/portfolio'")
    paid = table_row(page, "Settlements", ticker)
    expect(paid).to_be_visible()
    shown = cells(paid, page.get_by_role("table", name="Settlements"))
    assert (shown["Held"], shown["Paid"]) == ("10", "$10.00")
    open_tab(page, "Positions")
    picture(page, "tour-paid-out")
