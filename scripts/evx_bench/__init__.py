"""Runs the benchmark programs and compares their figures with the targets (scripts/bench).

    table.py    which figures there are, what each must reach, which program measures it
    figures.py  medians, ratios, verdicts
    cli.py      the command

A benchmark program prints, among whatever else, one JSON object a line for each of its rows:

    {"row": "kx1", "measured": 12.3, "reference": 26.7, "unit": "Mops/s"}

`reference` is left out where the target is absolute.
"""
