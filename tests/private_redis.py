"""A private Redis for tests that kill it.

    with PrivateRedis() as redis:
        redis.kill()   # kill -9
        redis.start()  # another one, on the same port and without any data

Needs redis-server and redis-cli."""

import json
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from local_exchange import free_port, wait_until

READY_SECONDS = 60
PASSWORD = "secret"
HOST = "127.0.0.1"


class PrivateRedis:
    """A server that keeps nothing on disk; `url_file` is what services are given."""

    def __init__(self):
        if shutil.which("redis-server") is None:
            pytest.skip("Redis is not installed: scripts/install_packages plane")
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="evx-redis-"))
        self._port = free_port()
        self.url_file = self._folder / "url"
        self.url_file.write_text(f"redis://:{PASSWORD}@{HOST}:{self._port}\n")
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self._folder)

    def start(self):
        with open(self._folder / "log.txt", "ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", "--bind", HOST, "--port", str(self._port), "--save", "",
                 "--requirepass", PASSWORD], cwd=self._folder, stdout=log, stderr=log)
        wait_until(lambda: self.ask("ping") == "PONG", READY_SECONDS, "Redis answers")

    def kill(self):
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, *words):
        """The answer to a command as text: empty when there is none, or no Redis."""
        return subprocess.run(["redis-cli", "-h", HOST, "-p", str(self._port), "-a", PASSWORD,
                               "--no-auth-warning", *words],
                              capture_output=True, text=True, check=False).stdout.strip()


def cached(redis, kind, ticker):
    """A value that market-data-server keeps; None: there is none."""
    text = redis.ask("get", f"evx:md:{kind}:{ticker}")
    return json.loads(text) if text else None


def check_cache(redis, server, tickers, seconds):
    """Redis has the tops that a market-data-server has."""
    def same(ticker):
        market, top = server.get(f"/markets/{ticker}"), cached(redis, "top", ticker)
        if top is None:
            return False
        none = {"bid": (0, 0), "ask": (1_000_000, 0)}
        return all((top[f"{side}_price_micros"], top[f"{side}_size_centis"]) ==
                   (tuple(market[f"best_{side}"].values()) if market[f"best_{side}"] else nothing)
                   for side, nothing in none.items())

    for ticker in tickers:
        wait_until(lambda ticker=ticker: same(ticker), seconds, f"the top of {ticker}")
        assert 0 < int(redis.ask("pttl", f"evx:md:top:{ticker}")) <= 60_000
