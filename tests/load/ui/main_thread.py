"""What the main thread of a page did, from Chromium's own trace: CPU time (not what a busy machine
adds to it) of each task, frame by frame, and what became of each frame."""

import bisect
import collections
import dataclasses
import json

CATEGORIES = ["disabled-by-default-devtools.timeline", "disabled-by-default-devtools.timeline.frame"]
_MAIN_THREAD = "CrRendererMain"
_SHOWN = ("STATE_PRESENTED_ALL", "STATE_PRESENTED_PARTIAL")
_READ_BYTES = 1 << 20


@dataclasses.dataclass
class MainThreadWork:
    """Times in milliseconds of the main thread's CPU."""

    frames: list = dataclasses.field(default_factory=list)  # Work that led to each frame.
    tasks: list = dataclasses.field(default_factory=list)
    shown: int = 0
    missed: int = 0  # Something was to be drawn and was not, in wall time.

    def add(self, other):
        self.frames += other.frames
        self.tasks += other.tasks
        self.shown += other.shown
        self.missed += other.missed


class Trace:
    """Traces a browser in a with block; `work` afterwards."""

    def __init__(self, browser, page):
        self._page = page
        self._session = browser.new_browser_cdp_session()
        self._completed = []
        self._session.on("Tracing.tracingComplete", lambda event: self._completed.append(event))
        self.work = None

    def __enter__(self):
        self._session.send("Tracing.start", {"transferMode": "ReturnAsStream", "traceConfig": {
            "includedCategories": CATEGORIES, "excludedCategories": ["*"]}})
        return self

    def __exit__(self, *_):
        self._session.send("Tracing.end")
        while not self._completed:
            self._page.wait_for_timeout(50)
        handle, parts = self._completed[0]["stream"], []
        while True:
            part = self._session.send("IO.read", {"handle": handle, "size": _READ_BYTES})
            parts.append(part["data"])
            if part["eof"]:
                break
        self._session.send("IO.close", {"handle": handle})
        self._session.detach()
        self.work = work_of(json.loads("".join(parts))["traceEvents"])


def work_of(events):
    """Of the page that worked most. The work of a frame is what came behind the begin of the one
    before: messages that were read, timers, and its own drawing."""
    threads = {(event["pid"], event["tid"]) for event in events
               if event["ph"] == "M" and event["name"] == "thread_name"
               and event["args"]["name"] == _MAIN_THREAD}
    tasks = collections.defaultdict(list)
    for event in events:
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) in threads:
            if event["ph"] == "X" and "tdur" in event:
                tasks[event["pid"]].append((event["ts"], event["tdur"] / 1_000))
    if not tasks:
        raise RuntimeError("the trace has no task of a page's main thread")
    pid = max(tasks, key=lambda each: sum(milliseconds for _, milliseconds in tasks[each]))
    begins = sorted(event["ts"] for event in events
                    if event["name"] == "BeginMainThreadFrame" and event["pid"] == pid)
    work = MainThreadWork(tasks=[milliseconds for _, milliseconds in tasks[pid]])
    per_frame = [0.0] * (len(begins) + 1)
    for start, milliseconds in tasks[pid]:
        per_frame[bisect.bisect_right(begins, start)] += milliseconds
    work.frames = per_frame[1:-1]  # The first and the last are not whole.
    work.shown, work.missed = _count_frames(events, pid)
    return work


def _count_frames(events, pid):
    """(shown, missed). A frame whose drawing came in two parts has two reports."""
    shown, missed = set(), set()
    for event in events:
        if event["name"] != "PipelineReporter" or event["ph"] != "b" or event["pid"] != pid:
            continue
        report = event["args"]["frame_reporter"]
        if report["state"] in _SHOWN:
            shown.add(report["frame_sequence"])
        elif report["state"] == "STATE_DROPPED" and report["affects_smoothness"]:
            missed.add(report["frame_sequence"])
    return len(shown), len(missed - shown)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
