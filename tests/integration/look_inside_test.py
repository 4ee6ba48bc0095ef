"""What the README shows of the inside of a stack: every command runs as printed and prints something."""

import os
import pathlib
import shutil
import subprocess

import pytest

from local_exchange import REPOSITORY, wait_until
from market_data import MarketDataServer
from private_kafka import PrivateKafka
from rebuilder_process import Rebuilder
from stored_exchange import StoredExchange
from transcript import transcript

MARKET = "FIX_TEST"
SECONDS = 60
ORDER = {"ticker": MARKET, "side": "bid", "count": "1.00", "price": "0.4000",
         "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"}


@pytest.fixture
def shell(tmp_path, postgres):
    """Runs a command as a reader would who has started the stack."""
    grpcurl = shutil.which("grpcurl") or REPOSITORY / ".cache/bin/grpcurl"
    for tool in ("kcat", "psql", "protoc", grpcurl):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    with PrivateKafka() as kafka, \
            StoredExchange(tmp_path / "exchange", postgres,
                           f"--kafka_brokers={kafka.brokers}") as exchange, \
            MarketDataServer(tmp_path / "server", exchange, kafka.brokers) as server, \
            Rebuilder(tmp_path / "rebuilder", kafka) as rebuilder:
        exchange.account(exchange.credentials("demo")).post("/portfolio/events/orders", ORDER)
        wait_until(lambda: rebuilder.book(MARKET), SECONDS, "the order is in the rebuilt book")
        places = {"127.0.0.1:9092": kafka.brokers,
                  "127.0.0.1:8084": f"127.0.0.1:{server.port}",
                  "127.0.0.1:8085": f"127.0.0.1:{rebuilder.port}",
                  "127.0.0.1:50051": exchange.grpc_address,
                  ".run/postgres/url": str(exchange.url_file)}
        path = f"{pathlib.Path(grpcurl).parent}:{os.environ['PATH']}"

        def run(command):
            for shown, real in places.items():
                command = command.replace(shown, real)
            return subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=REPOSITORY,
                                  env={**os.environ, "PATH": path}, capture_output=True, text=True,
                                  timeout=SECONDS)

        yield run


def test_every_command_prints_something(shell):
    commands = [command for command, _ in transcript(REPOSITORY / "README.md", "Look inside")]
    assert len(commands) >= 6
    for command in commands:
        done = shell(command)
        assert done.returncode == 0 and done.stdout, f"{command}\n{done.stdout}{done.stderr}"
        print(f"$ {command}\n{done.stdout}")
