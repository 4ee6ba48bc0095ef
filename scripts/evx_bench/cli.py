"""The command scripts/bench."""

import argparse
import os
import subprocess
import sys

from evx_bench import figures
from evx_bench.table import PROGRAMS
from evx_stack.layout import REPOSITORY

BUILD = REPOSITORY / "build/release"
RUNS = 5
_RUN_SECONDS = 1800


def parse(arguments, programs):
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures each figure 5 times and ends with one line per figure, of medians: "
                    "ROW measured reference ratio target ok|short. A ratio target ends in x.")
    parser.add_argument("row", nargs="*", metavar="ROW", help="only these (default: all)")
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help="default 5")
    parser.add_argument("--verbose", action="store_true", help="show what the programs print")
    options = parser.parse_args(arguments)
    known = [row.name for program in programs for row in program.rows]
    unknown = [name for name in options.row if name not in known]
    if unknown:
        parser.error(f"no row {unknown[0]}; there are: {' '.join(known)}")
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


def selected(programs, names):
    return [program for program in programs
            if not names or any(row.name in names for row in program.rows)]


def build(programs):
    if not (BUILD / "build.ninja").exists():
        subprocess.run([REPOSITORY / "scripts/configure", "release"], check=True)
    targets = sorted({target for program in programs for target in program.build_targets})
    subprocess.run(["cmake", "--build", BUILD, "-j", str(os.cpu_count() or 1), "--target",
                    *targets], check=True, stdout=sys.stderr)


def run_once(program, verbose):
    """Rows of one run."""
    command = [part.format(build=BUILD, root=REPOSITORY) for part in program.command]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_SECONDS,
                             cwd=REPOSITORY, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise figures.MeasureError(str(error)) from None
    if verbose:
        print(run.stdout, end="", flush=True)
    if run.returncode != 0:
        last = (run.stderr.strip() or run.stdout.strip() or "no message").splitlines()[-1]
        raise figures.MeasureError(f"{' '.join(command)}: exit status {run.returncode}: {last}")
    return figures.read_rows(run.stdout)


def measure(program, names, run_count, verbose):
    """Lines of the program's rows."""
    rows = [row for row in program.rows if not names or row.name in names]
    try:
        runs = []
        for number in range(1, run_count + 1):
            print(f"{' '.join(row.name for row in rows)}: run {number} of {run_count}",
                  file=sys.stderr, flush=True)
            runs.append(run_once(program, verbose))
        return [figures.line(row, *figures.medians(runs, row.name)) for row in rows]
    except figures.MeasureError as error:
        print(f"bench: {error}", file=sys.stderr)
        return [figures.failed_line(row) for row in rows]


def main(arguments=None, programs=PROGRAMS, build_first=build):
    options = parse(sys.argv[1:] if arguments is None else arguments, programs)
    if options.list:
        for program in programs:
            for row in program.rows:
                print(f"{row.name:22} {row.target():12} {row.what}")
        return 0
    chosen = selected(programs, options.row)
    try:
        build_first(chosen)
    except subprocess.CalledProcessError:
        print("bench: the build failed", file=sys.stderr)
        return 1
    lines = []
    for program in chosen:
        lines += measure(program, options.row, options.runs, options.verbose)
    print("\n".join(lines))
    return 0 if all(line.endswith(" ok") for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
