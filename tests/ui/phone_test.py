"""A phone is for watching and canceling: everything fits, everything can be touched."""

import re

import pytest
from playwright.sync_api import expect
from views import (
    PHONE, account_table, buy_yes, connected, ladder, markets, open_tab, own_order, rung)

TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
TARGET_PIXELS = 24
# To which WCAG 2.2 wants pages to be reflown.
NARROWEST = {"width": 320, "height": 640}

# What is wider than the page, or than the part of the page that it is in.
_OVERFLOW = """
() => [document.documentElement, document.querySelector("main")]
  .filter(each => each !== null && each.scrollWidth > each.clientWidth)
  .map(each => `${each.tagName} is ${each.scrollWidth - each.clientWidth} px too wide`)
"""

# What can be touched and is too small for a finger; links within a text may be.
_SMALL = """
least => [...document.querySelectorAll("a, button, input, select, [role=tab], [role=switch]")]
  .filter(each => each.checkVisibility({visibilityProperty: true, opacityProperty: true}) &&
    !each.closest(".visually-hidden, p, [aria-hidden=true]") &&
    !(each.tagName === "A" && getComputedStyle(each).display === "inline"))
  .map(each => {
    const label = each.closest("label");
    const boxes = [each, ...(label ? [label] : [])].map(one => one.getBoundingClientRect());
    const box = boxes.reduce((a, b) => (a.width * a.height > b.width * b.height ? a : b));
    return {each, box};
  })
  .filter(({box}) => box.width > 1 && box.height > 1 && (box.width < least || box.height < least))
  .map(({each, box}) => `${each.tagName} "${(each.getAttribute("aria-label") || each.textContent ||
    each.name).slice(0, 30)}" ${Math.round(box.width)}x${Math.round(box.height)}`)
"""

PAGES = {
    "sign-in": (), "markets": (), "portfolio": ("Positions", "Open orders", "Fills", "Past orders",
                                                "Settlements"),
    "market": ("Ladder", "Chart", "Ticket", "Trades", "Depth", "Rules"),
    "system": ("Services", "Own sessions", "Exchange", "Catalogue", "All orders", "Accounts", "Users",
               "Faults"),
    "replay": (), "style": (),
}


def assert_fits(page, what):
    assert page.evaluate(_OVERFLOW) == [], what
    assert page.evaluate(_SMALL, TARGET_PIXELS) == [], what


@pytest.mark.parametrize("path", PAGES)
def test_every_page_fits_a_phone_and_a_finger(evening, open_page, path):
    page = open_page(f"market/{evening.trading}" if path == "market" else path, **TOUCH)
    expect(page.locator("main [data-message], main section").first).to_be_visible()
    assert_fits(page, path)
    for tab in PAGES[path]:
        open_tab(page, tab)
        expect(page.get_by_role("tabpanel").last).to_be_visible()
        assert_fits(page, f"{path}, {tab}")


@pytest.mark.parametrize("path", ["markets", "market", "portfolio", "replay", "system"])
def test_no_page_is_wider_than_the_narrowest_screen(evening, open_page, path):
    page = open_page(f"market/{evening.trading}" if path == "market" else path,
                     viewport=NARROWEST)
    expect(page.locator("main [data-message], main section").first).to_be_visible()
    expect(connected(page)).to_be_visible()
    assert page.evaluate(_OVERFLOW) == []


def test_a_phone_watches_a_market(stack, open_page):
    ticker = stack.list_market()
    stack.order(ticker, "ask", "0.6000", "5.00")
    page = open_page("markets", **TOUCH)
    page.get_by_role("searchbox", name="Search markets").fill(ticker)
    markets(page).get_by_role("row", name=re.compile("Tour|Sight|tour")).first.tap()
    expect(rung(page, "YES 0.60, ask 5")).to_be_visible()
    stack.order(ticker, "ask", "0.5900", "2.00")
    expect(rung(page, "YES 0.59, ask 2")).to_be_visible()


def test_a_phone_shows_the_own_orders_and_cancels_them(stack, open_page):
    ticker = stack.list_market()
    desk = open_page(f"market/{ticker}")
    buy_yes(desk, "0.45", "2")
    phone = open_page("portfolio", **TOUCH)
    orders = account_table(phone, "Open orders")
    expect(orders).to_contain_text(ticker)
    orders.get_by_role("row", name=re.compile(ticker)).get_by_role("checkbox").tap()
    phone.get_by_role("button", name=re.compile("^Cancel")).tap()
    expect(own_order(desk, "2", "0.45")).not_to_be_attached()


def test_a_phone_has_the_emergency_stop(stack, users, open_page):
    ticker = stack.list_market()
    user = users.make("pia", "trader")
    desk = open_page(f"market/{ticker}", user=user)
    buy_yes(desk, "0.45", "2")
    phone = open_page(f"market/{ticker}", user=user, **TOUCH)
    expect(own_order(phone, "2", "0.45")).to_be_visible()
    phone.get_by_role("button", name="Stop", exact=True).tap()
    phone.get_by_role("button", name="Cancel every order").tap()
    expect(phone.get_by_role("dialog")).to_contain_text("Stopped")
    expect(ladder(desk).get_by_role("button", name=re.compile("^Own order"))).to_have_count(0)
