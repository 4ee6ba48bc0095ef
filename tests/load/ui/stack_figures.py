"""What a user waits for, in headless Chromium in front of a whole stack as scripts/up starts it: the
first useful paint and the JavaScript that it takes, an order from the click until it stands in the
ladder acknowledged, and the page after a gateway that was killed and started again.

All times are taken in the page, until the frame after the change is drawn.

usage: stack_figures.py --build=DIR"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

_LOADS = 7
_ORDERS = 31
_KILLS = 3
_WAIT_SECONDS = 60

# Before anything of the page: when its socket was opened last, and how to wait for something drawn.
_WATCH = """
window.evx = {socketOpenMs: 0, clickMs: 0};
window.WebSocket = class extends window.WebSocket {
  constructor(...address) {
    super(...address);
    this.addEventListener("open", () => { window.evx.socketOpenMs = performance.now(); });
  }
};
addEventListener("click", (event) => { window.evx.clickMs = event.timeStamp; }, true);
window.evx.drawn = (isThere) => new Promise((resolve) => {
  const look = () => {
    if (!isThere()) return false;
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
    return true;
  };
  if (look()) return;
  const observer = new MutationObserver(() => { if (look()) observer.disconnect(); });
  const options = {subtree: true, childList: true, attributes: true, characterData: true};
  observer.observe(document, options);
});
"""
_ROWS_DRAWN = """() => window.evx.drawn(() => document.querySelector(
    '[role=grid][aria-label=Markets] [role=rowgroup] [role=row]')?.textContent)"""
_SCRIPTS = """() => performance.getEntriesByType("resource")
    .filter(({name}) => new URL(name).pathname.endsWith(".js"))
    .reduce((sum, {encodedBodySize}) => sum + encodedBodySize, 0)"""
_WAIT_FOR_ORDER = """(count) => { window.evx.order = window.evx.drawn(
    () => document.querySelectorAll("[data-order-id]").length > count)
    .then((ms) => ms - window.evx.clickMs); }"""
_WAIT_FOR_ROW = """(label) => { window.evx.row = window.evx.drawn(
    () => document.querySelector(`[role=row][aria-label*="${label}"]`))
    .then((ms) => ms - window.evx.socketOpenMs); }"""


def first_paints(browser, stack, state):
    """(milliseconds from the navigation to rows of real markets, bytes of JavaScript) of new browsers."""
    for _ in range(_LOADS):
        context = browser.new_context(viewport=DESKTOP, storage_state=state)
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.goto(f"{stack.url}/#/markets", wait_until="commit")
        yield page.evaluate(_ROWS_DRAWN), page.evaluate(_SCRIPTS)
        context.close()


def click_acknowledgements(page):
    """Milliseconds from the click on the ticket's button to the order in the ladder, one by one."""
    form = ticket(page)
    form.get_by_label("YES price", exact=True).fill("0.40")
    form.get_by_label("Contracts", exact=True).fill("1")
    for count in range(1, _ORDERS + 1):
        page.evaluate(_WAIT_FOR_ORDER, count)
        form.locator("button[type=submit]").click()
        yield page.evaluate("() => window.evx.order")


def reconnects(page, stack, ticker):
    """Milliseconds from the opening of the new socket to what happened while there was none."""
    page.evaluate("() => { window.isSamePage = true; }")
    for number in range(1, _KILLS + 1):
        before = stack.pid("gateway")
        stack.kill("gateway")
        # A size that was not there before, at a price that is in sight.
        page.evaluate(_WAIT_FOR_ROW, f"0.60, ask {sum(range(1, number + 1))}")
        stack.order(ticker, "ask", "0.6000", f"{number}.00")
        wait_until(lambda: stack.pid("gateway") not in (before, None), _WAIT_SECONDS,
                   "another gateway")
        yield page.evaluate("() => window.evx.row")
    if not page.evaluate("() => window.isSamePage"):
        raise RuntimeError("the page was loaded anew")


def sign_in(browser, stack):
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    token = (stack.layout.data("gateway") / "start_link").read_text().strip()
    page.goto(f"{stack.url}/#/link/{token}")
    expect(page.get_by_role("grid", name="Markets")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


def row(name, measured, unit):
    print(json.dumps({"row": name, "measured": round(measured, 2), "unit": unit}))


def measure(browser, stack):
    ticker = stack.list_market()
    state = sign_in(browser, stack)
    paints, scripts = zip(*first_paints(browser, stack, state))
    context = browser.new_context(viewport=DESKTOP, storage_state=state)
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.goto(f"{stack.url}/#/market/{ticker}")
    buy_yes(page, "0.40", "1")
    clicks = list(click_acknowledgements(page))
    opened = list(reconnects(page, stack, ticker))
    context.close()
    for name, values in (("first paint", paints), ("click", clicks), ("reconnect", opened)):
        print(f"{name}: {' '.join(f'{value:.0f}' for value in sorted(values))} ms")
    row("ui_first_paint", statistics.median(paints), "ms")
    row("ui_first_js", max(scripts) / 1_000, "kB")
    row("ui_click_ack", statistics.median(clicks), "ms")
    row("ui_reconnect", max(opened), "ms")


def main():
    missing = missing_tool()
    if missing is not None:
        raise RuntimeError(missing)
    expect.set_options(timeout=_WAIT_SECONDS * 1_000)
    with tempfile.TemporaryDirectory() as folder, run_stack(pathlib.Path(folder)) as stack:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"),
                                                 args=["--no-sandbox"])
            measure(browser, stack)
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    os.environ["EVX_BUILD"] = parser.parse_args().build
    tests = pathlib.Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(tests), str(tests / "ui")]
    from playwright.sync_api import expect, sync_playwright

    from local_exchange import wait_until
    from local_stack import missing_tool, run_stack
    from views import DESKTOP, buy_yes, ticket

    main()
