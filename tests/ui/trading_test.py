"""Orders on a market's page and in the account: amended by dragging, filled in part, canceled
together, paid out, and taken home as a file."""

import csv
import io
import re
from decimal import Decimal

from playwright.sync_api import expect
from views import (
    account_table, buy_yes, cells, ladder, open_tab, own_order, own_orders, rung, table_row, ticket)


def test_an_order_is_amended_by_dragging_it_and_back_by_undo(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    buy_yes(page, "0.45", "5")
    held = own_order(page, "5", "0.45")
    held.hover()
    page.mouse.down()
    aim = rung(page, "YES 0.48").bounding_box()
    page.mouse.move(aim["x"] + 10, aim["y"] + aim["height"] / 2, steps=4)
    expect(page.get_by_text("Move 5 to 0.48")).to_be_visible()
    page.mouse.up()
    expect(own_order(page, "5", "0.48")).to_be_visible()
    assert [order["yes_price_dollars"] for order in resting(stack, ticker)] == ["0.4800"]

    page.get_by_role("button", name="Move back").click()
    expect(own_order(page, "5", "0.45")).to_be_visible()
    expect(own_orders(page)).to_have_count(1)


def resting(stack, ticker):
    """The levels of the book's bids, as the exchange tells them to everybody."""
    book = stack.demo().get(f"/markets/{ticker}/orderbook")["orderbook_fp"]
    return [{"yes_price_dollars": level[0]} for level in book["yes_dollars"]]


def test_a_partial_fill_is_told_in_the_ladder_the_open_orders_and_the_positions(stack, open_page):
    ticker = stack.list_market()
    stack.order(ticker, "bid", "0.4000", "3.00", stack.neighbour())
    page = open_page(f"market/{ticker}")
    expect(rung(page, "YES 0.40, bid 3")).to_be_visible()
    buy_yes(page, "0.40", "10")
    expect(own_order(page, "10Q3", "0.40")).to_be_visible()

    stack.order(ticker, "ask", "0.4000", "7.00")
    expect(own_order(page, "6Q0", "0.40")).to_be_visible()
    expect(rung(page, "YES 0.40, bid 6")).to_be_visible()

    page.evaluate("location.hash = '#/portfolio'")
    order = table_row(page, "Open orders", ticker)
    expect(order).to_be_visible()
    shown = cells(order, account_table(page, "Open orders"))
    assert (shown["Price"], shown["Resting"], shown["Filled"], shown["Ahead"]) == (
        "0.40", "6", "4", "0")
    fill = table_row(page, "Fills", ticker)
    expect(fill).to_have_count(1)
    shown = cells(fill, account_table(page, "Fills"))
    assert (shown["Side"], shown["Price"], shown["Contracts"], shown["Role"]) == (
        "YES", "0.40", "4", "maker")
    open_tab(page, "Positions")
    held = page.get_by_role("table", name="Positions").get_by_role("row").filter(
        has=page.locator(f"[href='#/market/{ticker}']"))
    shown = cells(held, page.get_by_role("table", name="Positions"))
    assert (shown["Side"], shown["Held"], shown["Average"]) == ("YES", "4", "0.40")


def test_orders_are_chosen_and_canceled_together(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    for price in ("0.20", "0.21", "0.22"):
        buy_yes(page, price, "1")
    page.evaluate("location.hash = '#/portfolio'")
    orders = table_row(page, "Open orders", ticker)
    expect(orders).to_have_count(3)
    for price in ("0.20", "0.22"):
        orders.filter(has_text=price).get_by_role("checkbox").check()
    page.get_by_role("button", name="Cancel 2").click()
    expect(page.get_by_text("2 orders canceled")).to_be_visible()
    expect(orders).to_have_count(1)
    expect(orders).to_contain_text("0.21")
    expect(page.get_by_role("button", name="Cancel chosen")).to_be_disabled()


def test_enter_that_is_held_down_sends_one_order(stack, users, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}", user=users.make("hal", "trader"))
    buy_yes(page, "0.40", "1")
    price = ticket(page).get_by_label("YES price", exact=True)
    price.fill("0.41")
    for _ in range(6):  # All but the first are repetitions.
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(own_order(page, "1", "0.41")).to_be_visible()
    price.fill("0.42")
    price.press("Enter")
    expect(own_order(page, "1", "0.42")).to_be_visible()
    expect(own_orders(page)).to_have_count(3)


def test_a_settled_market_shows_its_outcome_and_no_chance(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    stack.order(ticker, "ask", "0.2300", "5.00")
    expect(rung(page, "YES 0.23, ask 5")).to_be_visible()
    stack.order(ticker, "bid", "0.2300", "5.00", stack.neighbour())
    expect(page.get_by_text("23%")).to_be_visible()
    stack.settle(ticker, "yes")
    expect(page.locator("dl > div", has=page.get_by_text("Outcome", exact=True))).to_contain_text("YES")
    expect(page.get_by_text("23%")).not_to_be_attached()


def test_a_settlement_pays_out_and_is_told_with_its_profit(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    buy_yes(page, "0.40", "10")
    stack.order(ticker, "ask", "0.4000", "10.00")
    expect(own_orders(page)).to_have_count(0)
    page.evaluate("location.hash = '#/portfolio'")
    expect(page.get_by_text("Cash", exact=True)).to_be_visible()
    cash = figure(page, "Cash")
    stack.settle(ticker, "yes")
    paid = table_row(page, "Settlements", ticker)
    expect(paid).to_have_count(1)
    shown = cells(paid, account_table(page, "Settlements"))
    assert (shown["Outcome"], shown["Side"], shown["Held"], shown["Paid"]) == (
        "YES", "YES", "10", "$10.00")
    expect(page.get_by_role("definition").nth(2)).to_have_text(dollars(cash + 10))
    open_tab(page, "Positions")
    expect(page.locator(f"[role=tabpanel] [href='#/market/{ticker}']")).to_have_count(0)


def figure(page, name):
    text = page.locator("dl > div", has=page.get_by_text(name, exact=True)).locator("dd").inner_text()
    return Decimal(text.replace("$", "").replace(",", ""))


def dollars(amount):
    return f"${amount:,.2f}"


def test_a_file_has_the_rows_of_its_table_in_their_order(stack, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}")
    for price in ("0.31", "0.33", "0.32"):
        buy_yes(page, price, "2")
    page.evaluate("location.hash = '#/portfolio'")
    table = account_table(page, "Open orders")
    table.get_by_role("button", name="Price").click()
    expect(table.get_by_role("columnheader", name="Price")).to_have_attribute(
        "aria-sort", re.compile("ending"))
    with page.expect_download() as saved:
        page.get_by_role("tabpanel").get_by_role("button", name="CSV").click()
    assert re.fullmatch(r"open-orders-[0-9TZ-]+\.csv", saved.value.suggested_filename)
    file = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))

    shown = [cells(row, table) for row in table.get_by_role("row").all()[1:]]
    assert len(shown) >= 3
    assert [row["Order"] for row in file] == [row["Order"] for row in shown]
    for line, row in zip(file, shown, strict=True):
        assert (line["Market"], line["Side"]) == (row["Market"], row["Side"])
        for column in ("Price", "Resting", "Filled", "Ahead"):
            assert Decimal(line[column]) == Decimal(row[column].replace(",", "")), column


def test_an_emergency_stop_takes_every_own_order_out(stack, users, open_page):
    ticker = stack.list_market()
    page = open_page(f"market/{ticker}", user=users.make("stan", "trader"))
    for price in ("0.40", "0.41", "0.42"):
        buy_yes(page, price, "1")
    page.get_by_role("button", name="Stop", exact=True).click()
    dialog = page.get_by_role("dialog", name="Emergency stop")
    dialog.get_by_role("button", name="Cancel every order").click()
    expect(dialog).to_contain_text("Stopped")
    expect(ladder(page).get_by_role("button", name=re.compile("^Own order"))).to_have_count(0)
