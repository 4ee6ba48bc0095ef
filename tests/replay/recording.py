"""Recorded sessions in the format of services/flow/README.md, and the flow that plays them."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from local_exchange import REPOSITORY, binary  # noqa: E402

RECORDINGS = pathlib.Path(os.environ.get("EVX_REPLAY_RECORDINGS", REPOSITORY / "services/flow/data"))
# Before the first recording, so that each is played at its own time.
CLOCK_START = "2026-08-01T00:00:00Z"

BID, ASK = "bid", "ask"
_DELTA, _TRADE, _SNAPSHOT = 0, 1, 2


def flow_command(exchange, keys, *flags):
    return [str(binary("flow")), "--http_port=0", "--grpc_port=0", "--log_level=warning",
            f"--exchange_addr={exchange.announcement['grpc']}",
            f"--operator_addr={exchange.announcement['operator_grpc']}",
            f"--credentials={keys / 'flow.json'}",
            f"--operator_credentials={keys / 'operator.json'}", *flags]


def unzigzag(value):
    return value >> 1 if value % 2 == 0 else -(value >> 1) - 1


def add(sizes, level, change):
    """Levels of size 0 are absent."""
    sizes[level] = sizes.get(level, 0) + change
    if sizes[level] == 0:
        del sizes[level]


class _Reader:
    def __init__(self, data):
        self._data, self._at = data, 0

    def __bool__(self):
        return self._at < len(self._data)

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def level(self):
        value = self.unsigned()
        return (BID if value % 2 == 0 else ASK, value // 2)

    def sized_level(self):
        return self.level(), self.unsigned()


class Recording:
    """One session, up to its last delta; what lies before its first snapshot is left out.

    `changes`: by millisecond, in order, the net change of each (side, price) in hundredths of a
    contract; `trades`: by millisecond the sorted (taker side, price, quantity). Prices are those of
    YES in $0.0001. A millisecond with no change in the end is in neither."""

    def __init__(self, path):
        _, header, body = path.read_bytes().split(b"\n", 2)
        self.facts = json.loads(header)
        self.changes, self.trades, self.final_book = {}, {}, {}
        steps = self._steps(_Reader(body))
        while not steps[-1][1]:
            steps.pop()
        self.last_ms = 0
        for time, deltas, trades, snapshot in steps:
            self.last_ms = max(self.last_ms, time)  # The exchange's clock never goes back.
            self._apply(deltas, trades, snapshot)

    def _steps(self, reader):
        """(time, deltas, trades, snapshot or None) in order of time between two snapshots."""
        now, steps, stretch, started = self.facts["open_time_ms"], [], {}, False

        def end_stretch():
            steps.extend((time, *stretch[time], None) for time in sorted(stretch))
            stretch.clear()

        while reader:
            head = reader.unsigned()
            now += unzigzag(head >> 2)
            kind = head & 3
            if kind == _SNAPSHOT:
                end_stretch()
                count = reader.unsigned()
                steps.append((now, [], [], dict(reader.sized_level() for _ in range(count))))
                started = True
                continue
            level = reader.level()
            deltas, trades = stretch.setdefault(now, ([], []))
            if kind == _DELTA:
                deltas.append((level, unzigzag(reader.unsigned())))
            else:
                trades.append((*level, reader.unsigned()))
            if not started:
                stretch.clear()
        end_stretch()
        return steps

    def _apply(self, deltas, trades, snapshot):
        book, changes = self.final_book, self.changes.setdefault(self.last_ms, {})
        if snapshot is not None:
            deltas = [(level, snapshot.get(level, 0) - book.get(level, 0))
                      for level in {**book, **snapshot}]
        for level, change in deltas:
            add(book, level, change)
            add(changes, level, change)
        if not changes:
            del self.changes[self.last_ms]
        if trades:
            self.trades[self.last_ms] = sorted(self.trades.get(self.last_ms, []) + trades)
