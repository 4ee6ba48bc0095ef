"""scripts/scenario: plays scenario files and prints their digests."""

import argparse
import pathlib
import sys
import tempfile

import scenario_file
from scenario_run import ScenarioRun


def main():
    parser = argparse.ArgumentParser(prog="scenario", description=__doc__)
    parser.add_argument("files", nargs="+", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--restart", action="store_true",
                        help="kill -9 of the exchange half-way, then go on")
    arguments = parser.parse_args()
    try:
        scenarios = [(path, scenario_file.load(path)) for path in arguments.files]
    except (OSError, scenario_file.ScenarioError) as error:
        print(f"scenario: {error}", file=sys.stderr)
        return 2
    status = 0
    for path, scenario in scenarios:
        with tempfile.TemporaryDirectory(prefix="evx-scenario-") as folder:
            digest, differences = ScenarioRun(scenario, folder, arguments.restart).play()
        print(f"{path.stem}: {digest.record_count} records, events {digest.events}, "
              f"state {digest.state_hash}, faults {digest.faults}")
        for difference in differences:
            print(f"{path.stem}: {difference}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
