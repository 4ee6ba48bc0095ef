#!/usr/bin/env python3
"""usage: overload_rest.py --build=DIR [--slow_disk]

Signed creates over 64 connections at twice the rate that the exchange can take, sent on schedule
whatever comes back: what is accepted a second against the peak of the same run, and how long that
took from the intended send. Everything else must be answered 429, and cancels on a connection of
their own must all be done. One thread that serves HTTP, Ed25519 keys; that thread is the bottleneck, and
with --slow_disk (20 ms longer a write, 64 places in the queue) the queue is. Rows overload_rest
and overload_rest_queue, each with the p99 of what was accepted."""

import argparse
import collections
import itertools
import json
import os
import pathlib
import selectors
import socket
import sys
import tempfile
import threading
import time

CONNECTIONS = 64
SECONDS = 5
SLOW_DISK = {"EVX_DISK_DELAY_US": "20000"}
SLOW_DISK_FLAGS = ("--queue_capacity=64", "--cancel_reserve=16")
# In flight while the peak is measured: enough for the bottleneck never to wait.
WINDOW = 256
SLOW_DISK_WINDOW = 48  # All places that orders may take.
CANCELS = 200
DRAIN_SECONDS = 30
PATH = "/portfolio/events/orders"
RECEIVE_BYTES = 1 << 20


class Requests:
    """Signed creates, each with a client order id of its own. The signature does not cover the
    body, and its check is not remembered, so a few of them do for all."""

    def __init__(self, account):
        self._heads = []
        for _ in range(64):
            headers = "".join(f"{k}: {v}\r\n" for k, v in account.headers("POST", PATH).items())
            self._heads.append(f"POST /trade-api/v2{PATH} HTTP/1.1\r\nHost: x\r\n"
                               f"Content-Type: application/json\r\n{headers}Content-Length: ")
        self._numbers = itertools.count()

    def next(self):
        number = next(self._numbers)
        body = (f'{{"ticker":"OVERLOAD","side":"bid","price":"0.{1 + number % 40:02}00",'
                '"count":"1.00","time_in_force":"good_till_canceled",'
                '"self_trade_prevention_type":"taker_at_cross",'
                f'"client_order_id":"o-{number}"}}')
        return f"{self._heads[number % 64]}{len(body)}\r\n\r\n{body}".encode()


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.unsent = bytearray()
        self.intended = collections.deque()  # Of the requests without an answer.
        self.received = b""

    def send(self, data, intended):
        self.intended.append(intended)
        self.unsent += data

    def flush(self):
        if self.unsent:
            try:
                del self.unsent[:self.socket.send(self.unsent)]
            except BlockingIOError:
                pass

    def receive(self):
        """Statuses that came, each with the time at which its request was due."""
        data = self.socket.recv(RECEIVE_BYTES)
        assert data, "the exchange closed a connection"
        pieces = (self.received + data).split(b"HTTP/1.1 ")
        # The last piece may go on; an answer is known by its status, so it is kept from there.
        statuses = [piece[:3] for piece in pieces[1:] if len(piece) >= 3]
        last = pieces[-1]
        if len(pieces) > 1 and len(last) < 3:
            self.received = b"HTTP/1.1 " + last
        else:
            self.received = last[-8:]
        return [(int(status), self.intended.popleft()) for status in statuses]


class Client:
    def __init__(self, address, requests):
        self._requests = requests
        self._connections = [Connection(address) for _ in range(CONNECTIONS)]
        self._turn = itertools.cycle(self._connections)
        self._selector = selectors.DefaultSelector()
        for connection in self._connections:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.statuses = collections.Counter()
        self.latencies = []  # Of what was accepted.

    def in_flight(self):
        return sum(len(connection.intended) for connection in self._connections)

    def send(self, intended):
        next(self._turn).send(self._requests.next(), intended)

    def flush(self):
        for connection in self._connections:
            connection.flush()

    def receive(self, timeout):
        for key, _ in self._selector.select(timeout):
            for status, intended in key.data.receive():
                self.statuses[status] += 1
                if status == 201:
                    self.latencies.append(time.monotonic() - intended)

    def drain(self):
        deadline = time.monotonic() + DRAIN_SECONDS
        while self.in_flight() and time.monotonic() < deadline:
            self.flush()
            self.receive(0.01)

    def reset(self):
        self.statuses.clear()
        self.latencies.clear()

    def peak(self, window, seconds):
        """Accepted a second with a fixed number in flight."""
        start = time.monotonic()
        while time.monotonic() < start + seconds:
            for _ in range(window - self.in_flight()):
                self.send(time.monotonic())
            self.flush()
            self.receive(0.01)
        self.drain()
        rate = self.statuses[201] / (time.monotonic() - start)
        self.reset()
        return rate

    def open_loop(self, rate, seconds):
        """Accepted a second, until the last answer."""
        start = time.monotonic()
        sent = 0
        while (now := time.monotonic()) < start + seconds:
            for number in range(sent, int((now - start) * rate)):
                self.send(start + number / rate)
                sent = number + 1
            self.flush()
            self.receive(0.001)
        self.drain()
        return self.statuses[201] / (time.monotonic() - start), sent


class Canceler:
    """Cancels resting orders, one after the other and evenly spread over the run."""

    def __init__(self, account, orders, seconds):
        self.statuses = collections.Counter()
        self._account = account
        self._orders = orders
        self._seconds = seconds
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        start = time.monotonic()
        for number, order in enumerate(self._orders):
            pause = start + number * self._seconds / len(self._orders) - time.monotonic()
            threading.Event().wait(max(0, pause))
            response = self._account.request("DELETE", f"{PATH}/{order}")
            self.statuses[response.status_code] += 1

    def join(self):
        self._thread.join()
        return self.statuses


def measure(exchange, names, window):
    """Both rates, and what became of everything else."""
    operator = exchange.operator()
    operator.put("/series/OVERLOAD", {"facts": {"title": "Overload"}})
    operator.put("/events/OVERLOAD-EVENT", {"series_ticker": "OVERLOAD"})
    operator.put("/markets/OVERLOAD", {"event_ticker": "OVERLOAD-EVENT",
                                       "close_time": "2100-01-01T00:00:00Z"})
    account = exchange.account(names[0])
    orders = [account.post(PATH, {
        "ticker": "OVERLOAD", "side": "bid", "price": "0.0100", "count": "1.00",
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"})[
            "order_id"] for _ in range(CANCELS)]
    client = Client(exchange.address, Requests(exchange.account(names[1])))
    peak = client.peak(window, SECONDS)
    canceler = Canceler(account, orders, SECONDS)
    goodput, sent = client.open_loop(2 * peak, SECONDS)
    canceled = canceler.join()
    refused = client.statuses[429]
    latencies = sorted(client.latencies)
    p50, p99 = (1e3 * latencies[len(latencies) * percent // 100] for percent in (50, 99))
    print(f"offered {sent / SECONDS:.0f}/s, peak {peak:.0f}/s, accepted {goodput:.0f}/s; {refused} "
          f"of {sent} answered 429; accepted after p50 {p50:.0f} ms, p99 {p99:.0f} ms; "
          f"{canceled[200]} of {CANCELS} cancels done", file=sys.stderr)
    assert client.statuses[201] + refused == sent, client.statuses
    assert canceled[200] == CANCELS, canceled
    return peak, goodput, p99


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--slow_disk", action="store_true")
    options = parser.parse_args()
    os.environ["EVX_BUILD"] = options.build
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    from local_exchange import LocalExchange
    from stored_exchange import StoredExchange, disk_faults

    flags = ["--http_threads=1", "--auth_window=1h", "--catalogue=empty"]
    names = ("flow-1", "flow-2")
    if options.slow_disk:
        with tempfile.TemporaryDirectory() as folder, StoredExchange(
                folder, None, *flags, *SLOW_DISK_FLAGS,
                environment=disk_faults(**SLOW_DISK)) as exchange:
            peak, goodput, p99 = measure(
                exchange, [exchange.credentials(name) for name in names], SLOW_DISK_WINDOW)
    else:
        with LocalExchange(*flags) as exchange:
            peak, goodput, p99 = measure(exchange, names, WINDOW)
    row = "overload_rest_queue" if options.slow_disk else "overload_rest"
    print(json.dumps({"row": row, "measured": goodput, "reference": peak, "unit": "/s"}))
    print(json.dumps({"row": row + "_p99", "measured": p99, "unit": "ms"}))


if __name__ == "__main__":
    main()
