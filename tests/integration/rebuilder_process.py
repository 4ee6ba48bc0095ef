"""An order-book-rebuilder of a test, which is killed and started again on the same data."""

import re
import subprocess

import httpx

from local_exchange import STOP_SECONDS, binary, free_port, wait_until

READY_SECONDS = 60


class Rebuilder:
    def __init__(self, folder, kafka, *flags, group="test"):
        self._command = [str(binary("order-book-rebuilder")), f"--kafka_brokers={kafka.brokers}",
                         f"--data_dir={folder}", f"--group_id={group}",
                         "--session_timeout=6s", "--log_level=error", *flags]
        self._process = None
        self._client = None
        self.port = self.grpc_port = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.port, self.grpc_port = free_port(), free_port()
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)
        self._process = subprocess.Popen([*self._command, f"--http_port={self.port}",
                                          f"--grpc_port={self.grpc_port}"])
        wait_until(self.ready, READY_SECONDS, "the rebuilder is ready")

    def ready(self):
        assert self._process.poll() is None, "the rebuilder has ended"
        try:
            return self.get("/ready").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def stop(self):
        self._process.terminate()
        assert self._process.wait(STOP_SECONDS) == 0
        self._process = None

    def get(self, path, **query):
        return self._client.get(path, params=query)

    def book(self, ticker, **query):
        """The book, or None where it is refused for now."""
        answer = self.get(f"/api/v1/orderbook/{ticker}", **query)
        if answer.status_code == 200:
            return answer.json()
        assert answer.status_code in (404, 503), answer.text
        return None

    def metric(self, name):
        """A metric by its full name, labels included."""
        text = self.get("/metrics").text
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])

    def stats(self):
        return self.get("/api/v1/stats").json()
