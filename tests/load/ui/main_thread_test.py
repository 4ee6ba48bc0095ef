"""What is read from a trace of Chromium, by traces that are written by hand."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from main_thread import percentile, work_of  # noqa: E402

PAGE, OTHER = 7, 8


def thread(pid):
    return {"ph": "M", "name": "thread_name", "pid": pid, "tid": pid,
            "args": {"name": "CrRendererMain"}}


def task(start, milliseconds, pid=PAGE, tid=None):
    return {"ph": "X", "name": "RunTask", "pid": pid, "tid": tid or pid, "ts": start,
            "dur": 90_000, "tdur": milliseconds * 1_000}


def begin(time):
    return {"ph": "I", "name": "BeginMainThreadFrame", "pid": PAGE, "tid": PAGE, "ts": time}


def frame_report(number, state, affects_smoothness=True):
    return {"ph": "b", "name": "PipelineReporter", "pid": PAGE, "tid": 99, "ts": number, "args": {
        "frame_reporter": {"frame_sequence": number, "state": state,
                           "affects_smoothness": affects_smoothness}}}


def test_work_between_two_frames_belongs_to_the_second():
    work = work_of([thread(PAGE), task(0, 1), begin(10), task(20, 2), task(29, 5), begin(30),
                    task(40, 3), begin(50), task(60, 4)])
    assert work.frames == [7, 3]
    assert work.tasks == [1, 2, 5, 3, 4]


def test_other_pages_and_other_threads_do_not_count():
    work = work_of([thread(PAGE), thread(OTHER), task(5, 9), task(6, 1, pid=OTHER),
                    task(7, 50, tid=99), begin(1), begin(10)])
    assert work.frames == [9]


def test_a_frame_in_two_parts_is_one_and_one_that_wanted_nothing_is_not_missed():
    work = work_of([thread(PAGE), task(0, 1), frame_report(1, "STATE_PRESENTED_PARTIAL"),
                    frame_report(1, "STATE_PRESENTED_ALL"), frame_report(2, "STATE_DROPPED"),
                    frame_report(3, "STATE_DROPPED"), frame_report(3, "STATE_PRESENTED_PARTIAL"),
                    frame_report(4, "STATE_DROPPED", affects_smoothness=False),
                    frame_report(5, "STATE_NO_UPDATE_DESIRED")])
    assert (work.shown, work.missed) == (2, 1)


def test_a_trace_without_a_page_is_an_error():
    with pytest.raises(RuntimeError, match="no task"):
        work_of([thread(PAGE)])


def test_a_percentile_is_a_value_that_was_there():
    assert percentile([3, 1, 2, 4], 0.5) == 3
    assert percentile([1], 0.95) == 1
