"""What tests do with the pages, in the words that a screen reader has for them."""

import os
import pathlib
import re

from playwright.sync_api import expect

DESKTOP = {"width": 1440, "height": 900}
TABLET = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}


def picture(page, name):
    """Kept for people to judge, where EVX_SCREENSHOTS names a folder."""
    folder = os.environ.get("EVX_SCREENSHOTS")
    if folder:
        page.screenshot(path=pathlib.Path(folder) / f"{name}.png")


def markets(page):
    return page.get_by_role("grid", name="Markets")


def ladder(page):
    return page.get_by_role("grid", name="Order ladder, YES prices")


def connected(page):
    """What says that the page is connected."""
    return page.get_by_text(re.compile("^Connected"))


def rung(page, text):
    """The row of a price: "0.45, bid 8"."""
    return ladder(page).get_by_role("row", name=re.compile(rf"{re.escape(text)}(,|$)")).first


def own_order(page, count, price):
    """Its chip in the ladder tells count and place in the queue, then price."""
    return ladder(page).get_by_role("button", name=re.compile(rf"^Own order {count}(Q\S+)? at {price} "))


def own_orders(page):
    return ladder(page).get_by_role("button", name=re.compile("^Own order"))


def ticket(page):
    return page.get_by_role("form", name="Order ticket")


def find_market(page, ticker):
    page.get_by_role("searchbox", name="Search markets").fill(ticker)
    markets(page).get_by_text(ticker).first.click()
    expect(ladder(page)).to_be_visible()


def buy_yes(page, price, count):
    """By the keyboard."""
    expect(ticket(page)).to_contain_text("Available")
    page.evaluate("document.activeElement.blur()")  # Keys rest while somebody types.
    page.keyboard.press("b")
    field = ticket(page).get_by_label("YES price", exact=True)
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(price)
    contracts = ticket(page).get_by_label("Contracts", exact=True)
    contracts.fill(count)
    contracts.press("Enter")
    expect(own_order(page, count, price)).to_be_visible()


def open_tab(page, name):
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()


def account_table(page, name):
    """One of the tables of the portfolio, opened; `page` is there already."""
    open_tab(page, name)
    return page.get_by_role("table", name=name)


def table_row(page, table, text):
    return account_table(page, table).get_by_role("row", name=re.compile(re.escape(text)))


def cells(row, table):
    """What a row of a table shows, by the head of its column."""
    heads = [head.strip("\u25b4\u25be ") for head in
             table.get_by_role("columnheader").all_inner_texts()]
    return dict(zip(heads, row.get_by_role("cell").all_inner_texts(), strict=True))
