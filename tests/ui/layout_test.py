"""Where room is short nothing is cut off: what does not fit stands on another line, or is left out."""

import pytest
from playwright.sync_api import expect
from views import DESKTOP, TABLET, connected, ladder, ticket

LOW = {"width": 1280, "height": 620}
UPRIGHT = {"width": 768, "height": 1024}
# But for a fraction of a pixel.
WHOLE = 0.99


@pytest.fixture
def market(evening, open_page):
    def show(viewport):
        page = open_page(f"market/{evening.trading}", viewport=viewport)
        expect(connected(page)).to_be_visible()
        expect(ladder(page)).to_be_visible()
        return page
    return show


def test_a_tablet_shows_every_column_of_the_trades(market):
    tape = market(TABLET).locator("[data-message=TRADES]")
    for name in ("Time", "Taker", "Price", "Count"):
        expect(tape.get_by_role("columnheader", name=name)).to_be_in_viewport(ratio=WHOLE)
    row = tape.get_by_role("row").nth(1)
    for cell in range(4):
        expect(row.get_by_role("cell").nth(cell)).to_be_in_viewport()
    assert row.evaluate(
        "row => [...row.children].every(cell => cell.scrollWidth <= cell.clientWidth)")


def test_a_tablet_shows_every_choice_of_the_chart_and_the_ladder(market):
    page = market(TABLET)
    for name in ("1s", "1d", "Both", "Candles", "Probability"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_in_viewport(ratio=WHOLE)
    expect(page.get_by_role("button", name="Cancel all")).to_be_in_viewport(ratio=WHOLE)
    health = page.get_by_label("Health of the book")
    for name in ("Book", "Gaps"):
        expect(health.get_by_text(name, exact=True)).to_be_in_viewport(ratio=WHOLE)


def test_a_ladder_of_a_tablet_leaves_out_its_totals(market):
    head = "[data-message] >> text=/^Total$/ >> nth=0"
    expect(market(DESKTOP).locator(head)).to_be_visible()
    expect(market(TABLET).locator(head)).to_be_hidden()


@pytest.mark.parametrize("viewport", [TABLET, UPRIGHT], ids=["on its side", "upright"])
def test_no_size_of_a_tablets_ladder_is_cut_off(market, viewport):
    assert ladder(market(viewport)).evaluate(
        "grid => [...grid.querySelectorAll('[role=gridcell]')]"
        ".every(cell => cell.scrollWidth <= cell.clientWidth)")


def test_on_a_low_screen_the_order_can_be_sent_without_scrolling(market):
    page = market(LOW)
    expect(ticket(page).locator("button[type=submit]")).to_be_in_viewport(ratio=WHOLE)
