"""Every page and layer passes axe (WCAG 2.2 AA), moves only where that is welcome, and says in words
what it says in colour.

By default each page is looked at on a desk in the dark and on a phone in the light; EVX_FULL=1 looks at
all four."""

import contextlib
import os
import re

import pytest
from local_exchange import REPOSITORY
from playwright.sync_api import expect
from views import DESKTOP, PHONE, ladder, open_tab, own_orders, ticket

AXE = (REPOSITORY / "frontend/node_modules/axe-core/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN_AXE = """
async tags => {
  const {violations} = await axe.run(document, {
    runOnly: {type: "tag", values: tags}, resultTypes: ["violations"],
    rules: {"target-size": {enabled: true}}});
  return violations.flatMap(({id, help, nodes}) =>
    nodes.map(({html, any}) => `${id}: ${help}: ${html.slice(0, 200)} ${any[0]?.message ?? ""}`));
}
"""

LOOKS = [(size, theme) for size in ("desk", "phone") for theme in ("dark", "light")]
if os.environ.get("EVX_FULL") != "1":
    LOOKS = [("desk", "dark"), ("phone", "light")]
SIZES = {"desk": DESKTOP, "phone": PHONE}
ADMINISTRATION = ("Services", "Own sessions", "Exchange", "Catalogue", "All orders", "Accounts",
                  "Users", "Faults")
ACCOUNT = ("Positions", "Open orders", "Fills", "Past orders", "Settlements")


class Inspector:
    """Goes from page to page of one browser and gathers what axe finds."""

    def __init__(self, page):
        self.page = page
        self.findings = []

    def go(self, path):
        self.page.evaluate("path => { location.hash = `#/${path}`; }", path)

    def look(self, where, loading=0):
        """`loading`: parts that are still waited for, and would be looked at empty."""
        page = self.page
        expect(page.get_by_text("Loading", exact=True)).to_have_count(loading)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        self.findings += [f"{where}: {each}" for each in page.evaluate(_RUN_AXE, TAGS)]

    @contextlib.contextmanager
    def layer(self, where, layer):
        expect(layer).to_be_visible()
        self.look(where)
        yield
        self.page.keyboard.press("Escape")
        expect(layer).not_to_be_attached()


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_axe_finds_nothing(evening, open_page, size, theme):
    page = open_page("markets", viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce")
    inspector = Inspector(page)
    expect(page.get_by_role("grid", name="Markets").get_by_role("row").nth(3)).to_be_visible()
    inspector.look("markets")
    page.get_by_role("button", name="By event").click()
    inspector.look("markets by event")
    page.get_by_role("button", name="By event").click()

    inspector.go(f"market/{evening.trading}")
    expect(own_orders(page).first).to_be_visible()
    inspector.look("market")
    if size == "phone":
        for tab in ("Chart", "Ticket", "Trades", "Depth", "Rules"):
            open_tab(page, tab)
            inspector.look(f"market, {tab}")
    else:
        open_tab(page, "Rules")
        inspector.look("market, rules")
    if size == "phone":
        open_tab(page, "Ticket")
    page.keyboard.press("b")
    expect(ticket(page).get_by_label("YES price", exact=True)).to_be_focused()
    page.keyboard.type("7.5")
    expect(ticket(page).get_by_role("listitem").first).to_be_visible()
    inspector.look("ticket with a fault")
    page.evaluate("document.activeElement.blur()")
    layers(page, inspector)

    inspector.go("portfolio")
    for tab in ACCOUNT:
        open_tab(page, tab)
        expect(page.get_by_role("table", name=tab)).to_be_visible()
        inspector.look(f"portfolio, {tab}")
    inspector.go("replay")
    expect(page.get_by_role("form", name="Choose a replay")).to_be_visible()
    inspector.look("replay")
    inspector.go("system")
    for tab in ADMINISTRATION:
        open_tab(page, tab)
        expect(page.get_by_role("tabpanel")).to_be_visible()
        inspector.look(f"system, {tab}")
    inspector.go("style")
    expect(page.get_by_role("heading", name="Table", exact=True)).to_be_visible()
    inspector.look("style", loading=1)  # One of its examples.
    inspector.go("nowhere")
    inspector.look("no such page")
    inspector.go("sign-in")
    expect(page.get_by_label("User name")).to_be_visible()
    inspector.look("sign-in")
    assert inspector.findings == []


def layers(page, inspector):
    page.keyboard.press("F8")
    with inspector.layer("emergency stop", page.get_by_role("dialog", name="Emergency stop")):
        pass
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Command palette")
    expect(palette).to_be_visible()
    page.keyboard.type("tour")
    with inspector.layer("palette", palette):
        pass
    page.keyboard.press("?")
    with inspector.layer("key map", page.get_by_role("dialog", name="Keyboard")):
        pass
    page.get_by_role("button", name="Settings and account").click()
    with inspector.layer("menu", page.get_by_role("menu")):
        pass


# Everything that moves by itself or slides when it is used.
_MOVING = """
() => [...document.querySelectorAll("*")].filter(each => {
  const {animationName, transitionDuration, scrollBehavior} = getComputedStyle(each);
  return animationName !== "none" || /[1-9]/.test(transitionDuration) || scrollBehavior === "smooth";
}).map(each => each.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("path", ["markets", "market", "style"])
def test_nothing_moves_for_who_wants_no_motion(stack, evening, open_page, path):
    where = f"market/{evening.trading}" if path == "market" else path
    still = open_page(where, reduced_motion="reduce")
    expect(still.locator("main [data-message], main section").first).to_be_visible()
    if path == "style":
        still.get_by_role("button", name="Rise").click()
        still.get_by_role("button", name="Toast: success").click()
        expect(still.get_by_text("A message of tone success")).to_be_visible()
    assert still.evaluate(_MOVING) == []
    assert still.evaluate("document.getAnimations().length") == 0
    if path == "style":
        lively = open_page(where, reduced_motion="no-preference")
        expect(lively.get_by_role("button", name="Rise")).to_be_visible()
        assert lively.evaluate(_MOVING) != []


# Presses the button and looks at once: what is lit goes out within a second.
_SIGN_OF_A_MOVE = """
async (button, direction) => {
  button.click();
  for (let frame = 0; frame < 600; ++frame) {
    const lit = document.querySelector(`[data-flash=${direction}]`);
    if (lit !== null) return getComputedStyle(lit, "::before").content;
    await new Promise(requestAnimationFrame);
  }
  return "none";
}
"""


def test_what_colour_says_words_or_signs_say_too(stack, evening, open_page):
    page = open_page("style")
    up = page.get_by_role("button", name="Rise").evaluate(_SIGN_OF_A_MOVE, "up")
    down = page.get_by_role("button", name="Fall").evaluate(_SIGN_OF_A_MOVE, "down")
    assert up not in ("none", "normal", down), (up, down)

    page.evaluate("ticker => { location.hash = `#/market/${ticker}`; }", evening.trading)
    expect(own_orders(page).first).to_be_visible()
    row = ladder(page).get_by_role("row", name=re.compile(r"YES 0\.45, bid 8"))
    expect(row).to_be_visible()
    page.evaluate("location.hash = '#/portfolio'")
    open_tab(page, "Positions")
    positions = page.get_by_role("table", name="Positions").get_by_role("row").nth(1)
    expect(positions).to_contain_text(re.compile(r"YES|NO"))
    for signed in page.locator("[data-sign]").all():
        assert re.search("[+\u2212-]", signed.inner_text()) or signed.inner_text() in ("$0.00", "\u2013")
    page.evaluate("location.hash = '#/system'")
    open_tab(page, "Services")
    expect(page.get_by_text(re.compile("^6 ready|Services: 6 ready"))).to_be_visible()
