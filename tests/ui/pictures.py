"""Pictures of every page in both themes, on a desk and on a phone, in front of a stack that moves:

    EVX_SCREENSHOTS=frontend/docs scripts/run_pytest tests/ui/pictures.py

renews those of the README. No part of the test suite: people look at them."""

import datetime
import os
import re
from decimal import Decimal

import pytest
from local_exchange import wait_until
from local_stack import WHOLE, run_stack
from playwright.sync_api import expect
from views import DESKTOP, PHONE, ladder, markets, open_tab, own_orders, picture

# Until so many contracts have changed hands there is something to see.
TRADED = 20_000
SOON = datetime.timedelta(hours=1)
MOVED_SECONDS = 400
MICROS = 1_000_000


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    if not os.environ.get("EVX_SCREENSHOTS"):
        pytest.skip("EVX_SCREENSHOTS names no folder")
    with run_stack(tmp_path_factory.mktemp("stack"), WHOLE) as stack:
        yield stack


def busiest(stack):
    """Open markets with both a bid and an ask, those that close soon first, then the most traded; not
    the replayed ones."""
    listed = stack.demo().get("/markets", status="open", limit=1000)["markets"]
    quoted = [market for market in listed if not market["ticker"].startswith("REPLAY")
              and 0 < price(market, "bid") < price(market, "ask") < 1]
    soon = (datetime.datetime.now(datetime.timezone.utc) + SOON).isoformat()
    return sorted(quoted, key=lambda market: (market["close_time"] > soon,
                                              -Decimal(market["volume_fp"])))


def price(market, side):
    return Decimal(market[f"yes_{side}_dollars"])


@pytest.fixture(scope="session")
def traded(stack, users):
    """A market in which the administrator rests and holds, beside others; one has paid out."""
    wait_until(lambda: sum(Decimal(market["volume_fp"]) for market in busiest(stack)) > TRADED,
               MOVED_SECONDS, "the markets have traded")
    first, *others = busiest(stack)[:6]
    for market, count in ((first, 20), *((each, 15) for each in others)):
        users.admin.buy_yes(market["ticker"], int(price(market, "ask") * MICROS), count)
    for back in (0, 1, 2):
        bid = price(first, "bid") - Decimal(back) / 100
        if bid > 0:
            users.admin.buy_yes(first["ticker"], int(bid * MICROS), 25 + back)
    stack.settle(others[-1]["ticker"], "yes")
    return first["ticker"]


def shots(page, size, theme, ticker):
    def keep(name):
        if name != "style":  # One of its examples is of a part that loads.
            expect(page.get_by_text("Loading", exact=True)).to_have_count(0)
        picture(page, f"{name}-{size}-{theme}")

    def go(path):
        page.evaluate("path => { location.hash = `#/${path}`; }", path)

    expect(markets(page).get_by_role("row").nth(8)).to_be_visible()
    keep("markets")
    go(f"market/{ticker}")
    expect(ladder(page).get_by_role("row", name=re.compile("bid")).first).to_be_visible()
    expect(own_orders(page).first).to_be_visible()
    keep("market")
    go("portfolio")
    open_tab(page, "Positions")
    expect(page.get_by_role("table", name="Positions").get_by_role("row").nth(1)).to_be_visible()
    keep("portfolio")
    go("system")
    expect(page.get_by_text(re.compile("[1-9] ready"))).to_be_visible()
    keep("system")
    go("style")
    expect(page.get_by_role("heading", name="Style guide")).to_be_visible()
    keep("style")
    go(f"replay/{ticker}")
    chooser = page.get_by_role("form", name="Choose a replay")
    expect(chooser.get_by_role("button", name="Open replay")).to_be_enabled()
    chooser.get_by_role("radio", name="60\u00d7").check(force=True)
    chooser.get_by_role("button", name="Open replay").click()
    expect(page.get_by_text(re.compile("at the end"))).to_be_visible()
    keep("replay")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_pictures(traded, open_page, size, theme):
    looks = {"viewport": {"desk": DESKTOP, "phone": PHONE}[size], "color_scheme": theme,
             "reduced_motion": "reduce"}
    nobody = open_page("sign-in", user=None, **looks)
    expect(nobody.get_by_label("User name")).to_be_visible()
    picture(nobody, f"sign-in-{size}-{theme}")
    shots(open_page("markets", **looks), size, theme, traded)
