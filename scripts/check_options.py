#!/usr/bin/env python3
"""usage: check_options.py BINARY README [--update]

The options documented in a README equal those of the binary. `BINARY --help_markdown` prints one
table; the README holds it between `<!-- options -->` and `<!-- /options -->`. With --update the
README is rewritten (scripts/update_docs does so for every service).
"""

import argparse
import difflib
import pathlib
import subprocess
import sys

BEGIN = "<!-- options -->"
END = "<!-- /options -->"


def split_readme(text):
    """(before, documented table, after); ValueError if the markers are not there once each."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"needs the lines {BEGIN} and {END} once each")
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    return before, table.strip("\n"), after


def real_options(binary):
    run = subprocess.run([binary, "--help_markdown"], capture_output=True, text=True, timeout=30)
    if run.returncode != 0:
        raise ValueError(f"{binary} --help_markdown failed: {run.stderr.strip()[:200]}")
    return run.stdout.strip("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("readme", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    try:
        before, documented, after = split_readme(arguments.readme.read_text())
        real = real_options(arguments.binary)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        sys.exit(f"{arguments.readme}: {error}")
    if documented == real:
        return
    if arguments.update:
        arguments.readme.write_text(f"{before}{BEGIN}\n{real}\n{END}{after}")
        print(f"{arguments.readme}: options rewritten")
        return
    for line in difflib.unified_diff(documented.splitlines(), real.splitlines(),
                                     "documented", "real", lineterm="", n=0):
        print(line)
    sys.exit(f"{arguments.readme}: options differ from {arguments.binary}: run scripts/update_docs")


if __name__ == "__main__":
    main()
