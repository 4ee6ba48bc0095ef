"""Runs of a program -> one line per figure."""

import json
import statistics


class MeasureError(Exception):
    """A program failed, or did not print a row that it should."""


def read_rows(output):
    """{row: (measured, reference or None, unit)} of the JSON lines of one run."""
    rows = {}
    for line in output.splitlines():
        line = line.strip()
        if not line.startswith("{"):
            continue
        try:
            value = json.loads(line)
            reference = value.get("reference")
            rows[value["row"]] = (float(value["measured"]),
                                  None if reference is None else float(reference),
                                  str(value.get("unit", "")))
        except (ValueError, KeyError, TypeError):
            continue
    return rows


def medians(runs, name):
    """(measured, reference or None, unit): the median of each over the runs."""
    found = [run[name] for run in runs if name in run]
    if len(found) != len(runs) or not found:
        raise MeasureError(f"row {name} is missing in {len(runs) - len(found)} of {len(runs)} runs")
    references = [reference for _, reference, _ in found]
    reference = None if None in references else statistics.median(references)
    return statistics.median(measured for measured, _, _ in found), reference, found[0][2]


def reaches(row, measured, reference):
    """True if the figure meets every target of its row."""
    if row.at_least is not None and measured < row.at_least:
        return False
    if row.at_most is not None and measured > row.at_most:
        return False
    if row.at_least_ratio is None and row.at_most_ratio is None:
        return True
    if not reference:
        return False
    ratio = measured / reference
    return ((row.at_least_ratio is None or ratio >= row.at_least_ratio)
            and (row.at_most_ratio is None or ratio <= row.at_most_ratio))


def number(value):
    """Four significant digits, no exponent for what people read."""
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.4g}"


def line(row, measured, reference, unit):
    """`ROW measured reference ratio target ok|short`, six words."""
    ratio = f"{measured / reference:.2f}" if reference else "-"
    suffix = unit.replace(" ", "")
    verdict = "ok" if reaches(row, measured, reference) else "short"
    return (f"{row.name} {number(measured)}{suffix} "
            f"{number(reference)}{suffix if reference is not None else ''} "
            f"{ratio} {row.target()} {verdict}")


def failed_line(row):
    return f"{row.name} - - - {row.target()} short"
