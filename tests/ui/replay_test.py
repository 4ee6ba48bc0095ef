"""The player shows the past as it was, and nothing of it can be taken for now. With EVX_FULL=1; the tour
plays a recording in every run."""

import os
import re

import pytest
from playwright.sync_api import expect
from views import PHONE, ladder, open_tab, own_orders, picture, ticket

pytestmark = pytest.mark.skipif(os.environ.get("EVX_FULL") != "1", reason="a long run: EVX_FULL=1")

# The market maker moves it twice a second.
MOVING = "MARKET_MAKER"


def banner(page):
    return page.get_by_role("note").filter(has_text="Recorded, not live")


@pytest.fixture
def player(open_page):
    """The page with a replay of the moving market open and standing."""
    page = open_page("replay")
    chooser = page.get_by_role("form", name="Choose a replay")
    chooser.get_by_label("Market").fill(MOVING)
    open_button = chooser.get_by_role("button", name="Open replay")
    expect(open_button).to_be_enabled()
    open_button.click()
    expect(page.get_by_role("slider", name="Place in the recording")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(banner(page)).to_contain_text(re.compile("paused|at the end"))
    return page


def place(page):
    return int(page.get_by_role("slider", name="Place in the recording").input_value())


def test_a_recording_is_played_stopped_sought_and_hurried(player):
    page = player
    slider = page.get_by_role("slider", name="Place in the recording")
    slider.press("Home")
    expect(slider).to_have_value("0")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(banner(page)).to_contain_text("playing")
    expect(slider).not_to_have_value("0")
    expect(ladder(page).get_by_role("row", name=re.compile("bid")).first).to_be_visible()
    picture(page, "replay-playing")

    page.get_by_role("button", name="Pause").click()
    expect(banner(page)).to_contain_text("paused")
    stood = place(page)
    page.get_by_role("button", name="+10 s").click()
    expect(slider).not_to_have_value(str(stood))
    assert place(page) > stood
    expect(banner(page)).to_contain_text(re.compile("paused|at the end"))

    transport = page.locator("[data-message=PLAYER]")
    transport.get_by_role("radio", name="10\u00d7").click(force=True)
    expect(banner(page)).to_contain_text("10\u00d7")
    slider.press("Home")
    expect(slider).to_have_value("0")
    page.get_by_role("button", name=re.compile("^Play")).click()
    expect(banner(page)).to_contain_text(re.compile("playing|at the end"))
    slider.press("End")
    expect(banner(page)).to_contain_text("at the end")


def test_a_film_that_cannot_be_opened_leaves_the_one_that_stands(player):
    page = player
    page.get_by_role("button", name="+1 m").click()
    quoted = ladder(page).get_by_role("row", name=re.compile("bid")).first
    expect(quoted).to_be_visible()
    stood = place(page)
    chooser = page.get_by_role("form", name="Choose a replay")
    chooser.get_by_label("Market").fill("NO-SUCH-MARKET")
    chooser.get_by_role("button", name="Open replay").click()
    told = page.get_by_text("Player: NotFound")
    expect(told).to_be_visible()
    expect(page.get_by_text("the recording has no frame of these markets and times")).to_be_visible()
    expect(page.get_by_text("In sequence")).to_be_visible()
    expect(quoted).to_be_visible()
    assert place(page) == stood


def test_a_replay_cannot_be_taken_for_now_nor_traded(player):
    page = player
    expect(page.get_by_role("banner")).to_contain_text("Replay")
    expect(banner(page)).to_be_in_viewport()
    expect(ticket(page)).not_to_be_attached()
    expect(own_orders(page)).to_have_count(0)
    expect(ladder(page)).to_be_visible()
    expect(ladder(page).get_by_role("button")).to_have_count(0)
    page.keyboard.press("b")
    expect(ticket(page)).not_to_be_attached()
    page.set_viewport_size(PHONE)
    for tab in ("Chart", "Trades", "Depth", "Ladder"):
        open_tab(page, tab)
        expect(banner(page)).to_be_in_viewport()
    expect(page.get_by_role("tab", name="Ticket")).not_to_be_attached()
