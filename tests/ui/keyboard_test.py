"""Everything a trader does goes without a pointer, and shows where it happens."""

import re

import pytest
from playwright.sync_api import expect
from views import ladder, markets, own_order, own_orders, rung, ticket

PASSWORD = "by the keyboard alone"
# More stops than any page has.
STOPS_MAX = 400

_WATCH_POINTER = """
for (const kind of ["pointerdown", "mousedown", "touchstart", "wheel"])
  addEventListener(kind, () => { window.wasPointed = true; }, true);
"""

# What has the focus: its name in the page, whether its focus shows, and what hides it.
_FOCUS = """
() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  if (!window.stops) window.stops = new Map();
  if (!window.stops.has(element)) window.stops.set(element, window.stops.size);
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const inside = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
  const x = Math.min(innerWidth - 1, Math.max(0, (box.left + box.right) / 2));
  const y = Math.min(innerHeight - 1, Math.max(0, (box.top + box.bottom) / 2));
  const top = document.elementFromPoint(x, y);
  const isCovered = top !== null && !element.contains(top) && !top.contains(element) &&
    top.closest("label")?.control !== element;
  const text = element.getAttribute("aria-label") || element.textContent || element.name || "";
  return {
    stop: window.stops.get(element),
    name: `${element.tagName.toLowerCase()} "${text.slice(0, 40)}"`,
    isShown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isSeen: inside && !isCovered,
  };
}
"""


def tab_to(page, target):
    """Tab, until the target has the focus."""
    for _ in range(STOPS_MAX):
        if target.count() == 1 and target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {target}")


def type_over(page, text):
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def test_a_trader_needs_no_pointer(stack, users, open_page):
    ticker = stack.list_market()
    users.make("kay", "trader", PASSWORD)
    page = open_page("markets", user=None)
    page.add_init_script(_WATCH_POINTER)
    page.reload()

    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("kay")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(markets(page)).to_be_visible()

    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Command palette")
    expect(palette).to_be_visible()
    page.keyboard.type(ticker)
    expect(palette.get_by_role("option", name=re.compile(ticker))).to_be_visible()
    page.keyboard.press("Enter")
    expect(ladder(page)).to_be_visible()
    expect(ticket(page)).to_contain_text("Available")

    page.keyboard.press("b")
    type_over(page, "0.45")
    tab_to(page, ticket(page).get_by_label("Contracts", exact=True))
    type_over(page, "5")
    page.keyboard.press("Enter")
    placed = own_order(page, "5", "0.45")
    expect(placed).to_be_visible()

    tab_to(page, placed)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    # The order keeps the focus at its new price: it can be moved on, or canceled.
    moved = own_order(page, "5", "0.47")
    expect(moved).to_be_focused()
    page.keyboard.press("Delete")
    expect(own_orders(page)).to_have_count(0)

    # On a row of the ladder a key puts its price into the ticket.
    expect(rung(page, "YES 0.47")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rung(page, "YES 0.46")).to_be_focused()
    page.keyboard.press("b")
    field = ticket(page).get_by_label("YES price", exact=True)
    expect(field).to_have_value("0.46")
    tab_to(page, field)
    page.keyboard.press("Enter")
    expect(own_order(page, "5", "0.46")).to_be_visible()
    type_over(page, "0.44")
    page.keyboard.press("Enter")
    expect(own_order(page, "5", "0.44")).to_be_visible()
    page.keyboard.press("F8")
    stop = page.get_by_role("dialog", name="Emergency stop")
    expect(stop.get_by_role("button", name="Cancel every order")).to_be_focused()
    page.keyboard.press("Enter")
    expect(stop).to_contain_text("Stopped: the exchange took out 2 orders")
    expect(stop.get_by_role("button", name="Close").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(stop).not_to_be_attached()
    expect(own_orders(page)).to_have_count(0)
    assert not page.evaluate("window.wasPointed")


@pytest.mark.parametrize("path", ["sign-in", "markets", "market", "portfolio", "replay", "system",
                                  "style"])
def test_the_focus_goes_round_a_page_and_is_always_seen(evening, open_page, path):
    page = open_page(f"market/{evening.trading}" if path == "market" else path, reduced_motion="reduce")
    expect(page.locator("main [data-message], main section").first).to_be_visible()
    first, stops = None, set()
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus is None:
            continue  # The window's own controls are between the last stop and the first.
        assert focus["isShown"], f"the focus does not show on {focus['name']}"
        assert focus["isSeen"], f"{focus['name']} has the focus out of sight"
        if first is None:
            first = focus["stop"]
        elif focus["stop"] == first:
            break
        stops.add(focus["stop"])
    else:
        raise AssertionError(f"the focus stays among {len(stops)} stops, at {focus['name']}")
    assert len(stops) > 2


def test_a_dialog_keeps_the_focus_and_gives_it_back(evening, open_page):
    page = open_page(f"market/{evening.trading}")
    expect(ladder(page)).to_be_visible()
    bar = page.get_by_role("banner")
    for opener, layer in (
            (bar.get_by_role("button", name="Stop"), page.get_by_role("dialog", name="Emergency stop")),
            (bar.get_by_role("button", name="Search"),
             page.get_by_role("dialog", name="Command palette")),
            (bar.get_by_role("button", name="Settings and account"), page.get_by_role("menu"))):
        tab_to(page, opener)
        page.keyboard.press("Enter")
        expect(layer).to_be_visible()
        for _ in range(12):
            page.keyboard.press("Tab")
            assert layer.evaluate("each => each.contains(document.activeElement)")
        page.keyboard.press("Escape")
        expect(layer).not_to_be_attached()
        expect(opener).to_be_focused()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_contain_text("Emergency stop")
    page.keyboard.press("Escape")
    expect(keys).not_to_be_attached()
    expect(bar.get_by_role("button", name="Settings and account")).to_be_focused()
