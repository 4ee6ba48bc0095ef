"""What `status` shows of a process beside its readiness, read from its metrics."""

import dataclasses
import re
import time
import urllib.error
import urllib.request

_SECONDS = 2


@dataclasses.dataclass(frozen=True)
class Figure:
    """`metric` is a name, added up over its labels, or one with its labels. An `is_time` one is a Unix time, shown as how long ago
    that was; 0: never."""

    name: str
    metric: str
    unit: str = ""
    is_time: bool = False

    def value(self, metrics, now):
        """From the text of /metrics; None when the metric is missing or the time is never."""
        found = re.findall(rf"^{re.escape(self.metric)}(?:{{[^}}]*}})? (\S+)$", metrics, re.MULTILINE)
        if not found:
            return None
        total = sum(map(float, found))
        if self.is_time:
            return max(0.0, round(now - total, 1)) if total else None
        return int(total) if total.is_integer() else total

    def words(self, value):
        if value is None:
            return f"{self.name} -"
        if self.is_time:
            return f"{self.name} {value} s ago"
        return f"{self.name} {value} {self.unit}".rstrip()


def read(url, figures):
    """{name: value} of a process whose metrics are at `url`; {} when it does not answer."""
    if not figures:
        return {}
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:
            metrics = response.read().decode(errors="replace")
    except (OSError, urllib.error.URLError, ValueError):
        return {}
    now = time.time()
    return {figure.name: figure.value(metrics, now) for figure in figures}


def shown(figures, values):
    """In one line."""
    return ", ".join(figure.words(values[figure.name]) for figure in figures
                     if figure.name in values)
