"""What the WebSocket figures share: many connections of one process, read and thrown away, and the
CPU time of the exchange's I/O thread."""

import json
import pathlib
import re
import select
import socket
import struct
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

PATH = "/trade-api/ws/v2"
RECEIVE_BYTES = 1 << 20
_PONG = bytes([0x8A, 0x80 | 9]) + b"\0\0\0\0heartbeat"
_PING = bytes([0x89, 9]) + b"heartbeat"


def io_thread(pid):
    """Task folder of the busiest of the threads that serve HTTP: the public listener's."""
    tasks = [task for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
             if (task / "comm").read_text().strip() == "evx-net"]
    return max(tasks, key=cpu_seconds)


def cpu_seconds(task):
    return int((task / "schedstat").read_text().split()[0]) * 1e-9


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def metric(exchange, name):
    url = exchange.rest_url.replace("/trade-api/v2", "/metrics")
    with urllib.request.urlopen(url) as answer:
        return float(re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)[1])


def connect(exchange, account):
    """A socket behind its handshake."""
    connection = socket.create_connection(exchange.address)
    headers = {**account.access_headers("GET", PATH), "Host": "load", "Upgrade": "websocket",
               "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    lines = [f"GET {PATH} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    connection.sendall("\r\n".join(lines).encode())
    answer = connection.recv(4096)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise RuntimeError(answer.decode())
    return connection


def send_text(connection, message):
    text = json.dumps(message).encode()
    size = (bytes([0x80 | len(text)]) if len(text) < 126
            else b"\xfe" + struct.pack(">H", len(text)) if len(text) < 65536
            else b"\xff" + struct.pack(">Q", len(text)))
    connection.sendall(b"\x81" + size + b"\0\0\0\0" + text)


class Readers:
    """Reads connections on a thread, answers heartbeats, and calls `seen(fd, data)` if given."""

    def __init__(self, connections, seen=None):
        self._by_fd = {connection.fileno(): connection for connection in connections}
        self._seen = seen
        self._poll = select.epoll()
        for fd in self._by_fd:
            self._poll.register(fd, select.EPOLLIN)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stopping:
            for fd, _ in self._poll.poll(0.2):
                data = self._by_fd[fd].recv(RECEIVE_BYTES)
                if not data:
                    self._poll.unregister(fd)
                    continue
                if self._seen is not None:
                    self._seen(fd, data)
                if _PING in data:
                    self._by_fd[fd].sendall(_PONG)

    def stop(self):
        self._stopping = True
        self._thread.join()


def order(ticker, price, side="bid"):
    return {"ticker": ticker, "side": side, "price": price, "count": "1.00",
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"}
