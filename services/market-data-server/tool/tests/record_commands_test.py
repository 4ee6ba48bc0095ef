"""The commands of README.md, each run as it is printed, and what their results say."""

import csv
import json
import os
import pathlib
import re
import subprocess

import pytest

TOOL = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = TOOL.parent.parent.parent
EXECUTABLES = pathlib.Path(os.environ["EVX_BUILD"]) / "services/market-data-server/tool"
SHARED = pathlib.Path(os.environ.get("EVX_SHARED_DIR", REPOSITORY.parent / "shared"))
SAMPLE_FRAMES = 23_003


def commands():
    """The lines of the README's blocks of shell commands."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (TOOL / "README.md").read_text(),
                        re.MULTILINE | re.DOTALL)
    return [line.split("  #")[0].rstrip() for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that looks like the repository, with a recording of its own to write beside it."""
    root = tmp_path_factory.mktemp("repository")
    for name in ("libs", "services"):
        (root / name).symlink_to(REPOSITORY / name)
    return root


def run(folder, command):
    path = os.pathsep.join((str(EXECUTABLES), str(REPOSITORY / ".venv/bin"), os.environ["PATH"]))
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder,
                          capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def outputs(folder):
    """What each command of the README prints; those that cannot run here are left out."""
    results = {}
    for command in commands():
        if "../shared" in command and not SHARED.exists():
            continue
        if "parquet" in command:
            try:
                import pyarrow  # noqa: F401
            except ImportError:
                continue
        text = command.replace("../shared", str(SHARED))
        results[command] = run(folder, text)
    return results


def output_of(outputs, start):
    return next(output for command, output in outputs.items() if command.startswith(start))


def test_export_and_import_give_the_same_digest(outputs):
    digests = {re.search(r"digest (\w{16})", output)[1] for command, output in outputs.items()
               if "digest" in output and "shared" not in command and "gold-events" not in command}
    assert len(digests) == 1


def test_a_table_that_is_imported_has_the_same_events(outputs):
    digests = [re.search(r"^events (\w{16})$", output, re.MULTILINE)[1]
               for command, output in outputs.items() if command.startswith("evx-record verify")]
    assert len(digests) == 3 and len(set(digests)) == 1


def test_verify_counts_the_frames(outputs):
    assert f"frames {SAMPLE_FRAMES}," in output_of(outputs, "evx-record verify libs/")


def test_coverage_is_the_same_as_text_and_json(outputs):
    [text] = [output for output in outputs.values() if "islands 1, gaps 0" in output]
    [market] = json.loads(next(output for output in outputs.values()
                               if output.startswith("{")))["markets"]
    assert text.startswith(f"{market['market_ticker']}: islands 1, gaps 0, "
                           f"events {market['event_count']},")
    assert market["event_count"] == 22_026
    assert market["gaps"] == []


def test_the_table_holds_every_event(outputs, folder):
    with open(folder / "gold.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(row["kind"] != "level" for row in rows) == SAMPLE_FRAMES
    assert sum(row["kind"] == "trade" for row in rows) == 977


def test_parquet_holds_the_same_rows(outputs, folder):
    parquet = pytest.importorskip("pyarrow.parquet")
    with open(folder / "gold.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(folder / "gold.parquet").to_pylist()
    assert [{name: "" if value is None else str(value) for name, value in row.items()}
            for row in table] == rows


def test_recorded_files_are_imported_whole(outputs):
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not there; set EVX_SHARED_DIR")
    counts = [int(re.search(r"frames (\d+)", output)[1]) for command, output in outputs.items()
              if "shared" in command]
    assert counts == [1_111_156, 341_746]
