"""The transcript in the README of mock-kalshi: every command runs as printed, and what it is said to
print is there."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from local_exchange import LocalExchange, REPOSITORY, write_credentials
from transcript import transcript

README = REPOSITORY / "services/mock-kalshi/README.md"
# As grpcurl reports the end of -max-time, 64 + DEADLINE_EXCEEDED; shells cut it to a byte.
ENDED_BY_MAX_TIME = 64 + 4
SECONDS = 60


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Runs a command as a reader would who has started the stack."""
    grpcurl = shutil.which("grpcurl") or REPOSITORY / ".cache/bin/grpcurl"
    if not os.access(grpcurl, os.X_OK):
        pytest.skip("grpcurl is not installed (scripts/install_grpcurl, needs Go)")
    run_dir = tmp_path_factory.mktemp("run")
    with LocalExchange() as exchange:
        for name in ("demo", "operator"):
            write_credentials(run_dir, name, exchange.credentials(name))
        addresses = {"127.0.0.1:50051": exchange.announcement["grpc"],
                     "127.0.0.1:50060": exchange.announcement["operator_grpc"]}
        environment = {**os.environ, "EVX_RUN_DIR": str(run_dir),
                       "PATH": f"{pathlib.Path(grpcurl).parent}:{os.environ['PATH']}"}

        def run(command):
            for shown, real in addresses.items():
                command = command.replace(shown, real)
            return subprocess.run(["bash", "-c", command], cwd=REPOSITORY, env=environment,
                                  capture_output=True, text=True, timeout=SECONDS)

        yield run


def expect(shown, real, path=""):
    """Every member that is shown is there; "..." stands for any value."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert name in real, f"{path} has no {name}: {real}"
            expect(value, real[name], f"{path}.{name}")
    elif isinstance(shown, list):
        assert len(real) >= len(shown), f"{path} is too short: {real}"
        for i, value in enumerate(shown):
            expect(value, real[i], f"{path}[{i}]")
    elif shown != "...":
        assert real == shown, path


def test_every_command_of_the_transcript_prints_what_is_shown(shell):
    variables = ""
    count = 0
    for command, shown in transcript(README, "gRPC"):
        if re.fullmatch(r"\w+=\S+", command):
            variables = command + "\n"
            continue
        done = shell(variables + command)
        report = f"{command}\n{done.stdout}{done.stderr}"
        ends_by_time = "-max-time" in command
        assert done.returncode == (ENDED_BY_MAX_TIME if ends_by_time else 0), report
        count += 1
        if not shown.startswith("{"):
            assert set(shown.split()) <= set(done.stdout.split()), report
            continue
        first, _ = json.JSONDecoder().raw_decode(done.stdout)
        expect(json.loads(shown), first)
    assert count >= 10
