"""A service of a test: started on free ports, awaited, stopped, killed and started again.

    class Rebuilder(ServiceProcess):
        def __init__(self, folder, kafka):
            super().__init__("order-book-rebuilder", f"--kafka_brokers={kafka.brokers}", folder=folder)

    with Rebuilder(folder, kafka) as rebuilder:
        rebuilder.kill()   # kill -9
        rebuilder.start()  # another process, on other ports

Needs the package httpx. EVX_BUILD names the build folder."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

import httpx

from free_ports import free_ports

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("EVX_BUILD", REPOSITORY / "build/release"))

READY_SECONDS = 60
STOP_SECONDS = 60
REQUEST_SECONDS = 30
# Of its standard error, in the message of a test that fails because a process has ended.
LOG_TAIL = 2_000


def binary(service):
    return BUILD / "services" / service / service


def wait_until(condition, seconds, what):
    """Polls until the condition gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.01)  # poll interval


def freeze(pid):
    """SIGSTOP, and waits until every thread of the process stands still."""
    os.kill(pid, signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{pid}/task")
    wait_until(lambda: all(re.search(r"^State:\s+T", (task / "status").read_text(), re.MULTILINE)
                           for task in tasks.iterdir()),
               STOP_SECONDS, f"process {pid} stands still")


class ServiceProcess:
    """The process, and after `start` the next one. Its standard error is `stderr` in `folder`; without
    a folder it goes where that of the test goes. `ports` are the names of its options for ports; with
    `keeps_ports` a second start has those of the first, so that its clients find it again."""

    def __init__(self, name, *flags, folder=None, ports=("http_port", "grpc_port"),
                 keeps_ports=False, environment=None):
        self.name = name
        self.folder = None if folder is None else pathlib.Path(folder)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        self._flags = flags
        self._port_names = ports
        self._keeps_ports = keeps_ports
        self._environment = {**os.environ, **(environment or {})}
        self.ports = {}
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            finally:
                self.process.kill()

    # Start and end.

    def flags_now(self):
        """Flags that are known only when it starts."""
        return []

    def launch(self, **how):
        """Starts the process and does not wait; `how` is for subprocess.Popen."""
        if not (self._keeps_ports and self.ports):
            self.ports = dict(zip(self._port_names, free_ports(len(self._port_names))))
        command = [str(binary(self.name)), *self._flags, *self.flags_now(),
                   *(f"--{name}={port}" for name, port in self.ports.items())]
        with contextlib.ExitStack() as stack:
            stderr = None
            if self.folder is not None:
                stderr = stack.enter_context(open(self._log_file, "ab"))
            self.process = subprocess.Popen(command, stderr=stderr, env=self._environment, **how)

    def start(self):
        """Starts the process and waits until it is ready."""
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self):
        wait_until(self.ready, READY_SECONDS, f"{self.name} is ready")

    def ready(self):
        """Whether it is ready; fails when it has ended."""
        if not self.alive():
            tail = self.log()[-LOG_TAIL:]
            # On a machine whose system gives every port to others, one was taken meanwhile.
            assert "Address already in use" in tail.rstrip().rpartition("\n")[2], (
                f"{self.name} ended with status {self.process.returncode}: {tail}")
            self.launch()
        try:
            return self.says_ready()
        except httpx.TransportError:
            return False

    def says_ready(self):
        """Of a process that may not listen yet."""
        return self.request("GET", "/ready").status_code == 200

    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Lets it end, and returns its exit status."""
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def wait(self):
        """Exit status of a process that ends by itself."""
        return self.process.wait(READY_SECONDS)

    def ends_within(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def freeze(self):
        """Every thread of it stands still, until `thaw`."""
        freeze(self.pid)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    # What it says.

    @property
    def _log_file(self):
        return self.folder / "stderr"

    def log(self):
        """Its standard error so far, of earlier processes too."""
        return "" if self.folder is None else self._log_file.read_text()

    @property
    def port(self):
        return self.ports["http_port"]

    @property
    def grpc_port(self):
        return self.ports["grpc_port"]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def url_of(self, port):
        return f"http://127.0.0.1:{self.ports[port]}"

    @property
    def address(self):
        return "127.0.0.1", self.port

    def request(self, method, path, **arguments):
        """The response of its HTTP port, whatever its status."""
        return httpx.request(method, self.url + path, timeout=REQUEST_SECONDS, **arguments)

    def metric(self, name):
        """A metric by its full name, labels included."""
        text = self.request("GET", "/metrics").text
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])
