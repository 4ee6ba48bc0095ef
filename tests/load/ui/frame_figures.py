"""What a page costs that is told 1,000 changes of the table of markets and the book of one market,
200 changes at its source, each second: work of the main thread per frame, frames missed, long tasks,
and how the heap grows.

Headless Chromium shows the built pages; a player serves the recorded stream (player.py). The pages of
markets and of the market are looked at in turn for half a minute each, so that what a page leaves
behind is seen in the heap too. Chromium's trace tells the CPU time of the main thread.

Of the heap the page's data are told apart. V8 compiles a function anew, and faster, the more often it
was called: for as long as it finds such functions their code grows, from the second minute to the
tenth by more than anything that a page keeps could be seen beside.

usage: frame_figures.py --build=DIR [--minutes=10]"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from playwright.sync_api import expect, sync_playwright  # noqa: E402

from grpc_stubs import generate_stubs  # noqa: E402
from heap import Heap, read_heap  # noqa: E402
from main_thread import MainThreadWork, Trace, percentile  # noqa: E402
from player import REPOSITORY, Player  # noqa: E402
from recorded_news import UPDATES_PER_SECOND, RecordedNews  # noqa: E402
from recorded_stream import RecordedStream  # noqa: E402

DESKTOP = {"width": 1440, "height": 900}
LONG_TASK_MS = 50
_PART_SECONDS = 30
_SETTLE_SECONDS = 5
_READY_MS = 60_000
_HEAP_FROM_SECONDS = 120


class Pages:
    """The two pages that are looked at, in one tab."""

    def __init__(self, page, ladder_ticker):
        self._page = page
        self._ticker = ladder_ticker
        self._session = page.context.new_cdp_session(page)
        self.views = (self.markets, self.market)

    def markets(self):
        self._go("#/markets")
        expect(self._page.get_by_role("grid", name="Markets").get_by_role("row").nth(5)).to_be_visible(
            timeout=_READY_MS)

    def market(self):
        self._go(f"#/market/{self._ticker}")
        expect(self._page.get_by_role("grid", name="Order ladder, YES prices")).to_be_visible(
            timeout=_READY_MS)

    def heap(self):
        """Of the table of markets, after a forced collection."""
        self.markets()
        self._page.wait_for_timeout(_SETTLE_SECONDS * 1_000)
        return read_heap(self._session)

    def _go(self, address):
        self._page.evaluate("address => { location.hash = address; }", address)


def measure(browser, url, ladder_ticker, seconds):
    """({view: work}, heap at first, heap at last)."""
    page = browser.new_page(viewport=DESKTOP)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{url}/#/markets")
    pages = Pages(page, ladder_ticker)
    for view in (*pages.views, pages.markets):  # What is loaded when it is first opened is load.
        view()
        page.wait_for_timeout(_SETTLE_SECONDS * 1_000)
    works = {view.__name__: MainThreadWork() for view in pages.views}
    begin = time.monotonic()
    heap_first = None
    while time.monotonic() - begin < seconds:
        for view in pages.views:
            with Trace(browser, page) as trace:
                view()
                page.wait_for_timeout(min(_PART_SECONDS, seconds / 4) * 1_000)
            works[view.__name__].add(trace.work)
        # Behind the same page each time: V8 drops code that was not called for half a minute.
        if heap_first is None and time.monotonic() - begin >= min(_HEAP_FROM_SECONDS, seconds / 5):
            heap_first = pages.heap()
    heap_last = pages.heap()
    if faults:
        raise RuntimeError(f"the page complains: {faults[0]}")
    return works, heap_first, heap_last


def describe(name, work):
    late = sum(1 for milliseconds in work.frames if milliseconds > 1_000 / 60)
    return (f"{name}: {len(work.frames)} frames, work p50 {percentile(work.frames, 0.5):.1f} ms p95 "
            f"{percentile(work.frames, 0.95):.1f} ms, {late} of them longer than 1/60 s; shown "
            f"{work.shown}, missed {work.missed}; longest task {max(work.tasks):.1f} ms")


def report(works, heap_first: Heap, heap_last: Heap):
    """Of the two pages the one that is worse."""
    for name, work in works.items():
        print(describe(name, work))
    for time_of, heap in (("first", heap_first), ("last", heap_last)):
        print(f"heap at {time_of}: {heap.data_bytes / 2**20:.2f} MiB of data, "
              f"{heap.code_bytes / 2**20:.2f} MiB of code")
    rows = {
        "ui_frame_p95": (max(percentile(work.frames, 0.95) for work in works.values()), "ms"),
        "ui_missed_frames": (max(100 * work.missed / max(1, work.missed + work.shown)
                                 for work in works.values()), "%"),
        "ui_long_tasks": (sum(1 for work in works.values() for task in work.tasks
                              if task > LONG_TASK_MS), ""),
        "ui_heap_growth": (_growth(heap_first.total_bytes, heap_last.total_bytes), "%"),
        "ui_heap_data_growth": (_growth(heap_first.data_bytes, heap_last.data_bytes), "%"),
    }
    for name, (measured, unit) in rows.items():
        print(json.dumps({"row": name, "measured": round(measured, 3), "unit": unit}))


def _growth(first, last):
    return 100 * (last / first - 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    seconds = options.minutes * 60
    subprocess.run([REPOSITORY / "scripts/build_frontend"], check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        generate_stubs(folder)
        news = RecordedNews(time.time_ns())
        # Loading, both heaps, and a machine that has other work.
        stream = RecordedStream(news, f"{options.build}/services/gateway/gateway_record_stream",
                                int(seconds * 1.2) + 120)
        told = stream.ticker_count(10 * 10**9, 20 * 10**9) / 10
        if told < UPDATES_PER_SECOND:
            raise RuntimeError(f"the recorded stream tells {told} rows/s")
        with Player(news, stream) as player, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"),
                                                 args=["--no-sandbox"])
            report(*measure(browser, player.url, news.ladder_ticker, seconds))
            browser.close()
            if player.connection_count != 1:
                raise RuntimeError(f"the page connected {player.connection_count} times")


if __name__ == "__main__":
    main()
