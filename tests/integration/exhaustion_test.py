"""Connections that are opened and dropped, and clients that never finish: memory and descriptors
stay bounded, and everybody else is served."""

import pathlib
import resource
import socket
import struct
import time

import httpx
import pytest

from local_exchange import LocalExchange, wait_until

CONNECTIONS = 10_000
AT_ONCE = 200
SLOW_CLIENTS = 100
# Less than half of this process's own.
SOFT_LIMIT = 256
# A header must be complete 10 s after its first byte; ticks and a busy machine come on top.
SLOW_SECONDS = 30
# Whoever is served one after the other waits for the slow ones longer than this.
ANSWER_SECONDS = 8
RESIDENT_GROWTH_MAX = 32 << 20
REQUEST = b"GET /trade-api/v2/exchange/status HTTP/1.1\r\nHost: x\r\n\r\n"


def test_the_soft_limit_of_descriptors_does_not_bound_the_connections():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, hard))
    try:
        running = LocalExchange("--catalogue=empty").__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        connections = [socket.create_connection(running.address, timeout=20)
                       for _ in range(2 * SOFT_LIMIT)]
        for connection in connections:
            connection.sendall(REQUEST)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        for connection in connections:
            connection.close()
    finally:
        running.stop()


@pytest.fixture
def exchange():
    with LocalExchange("--catalogue=empty") as running:
        yield running


def descriptors(exchange):
    return len(list(pathlib.Path(f"/proc/{exchange.pid}/fd").iterdir()))


def resident_bytes(exchange):
    status = pathlib.Path(f"/proc/{exchange.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


def expect_service(exchange):
    start = time.monotonic()
    assert httpx.get(exchange.rest_url + "/exchange/status", timeout=10).status_code == 200
    assert time.monotonic() - start < ANSWER_SECONDS


def drop(connection, number):
    """Leaves in one of the ways in which clients leave."""
    if number % 4 == 1:
        connection.sendall(REQUEST)  # Its answer meets nobody.
    elif number % 4 == 2:
        connection.sendall(REQUEST[:20])
    elif number % 4 == 3:  # Reset instead of an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def open_and_drop(exchange, count):
    for first in range(0, count, AT_ONCE):
        connections = [socket.create_connection(exchange.address, timeout=20)
                       for _ in range(AT_ONCE)]
        for number, connection in enumerate(connections, first):
            drop(connection, number)
        expect_service(exchange)  # Behind all of them, so that no more than these are under way.


def test_ten_thousand_dropped_connections_leave_nothing_behind(exchange):
    open_and_drop(exchange, 5 * AT_ONCE)  # Buffers have their size now.
    before_descriptors, before_bytes = descriptors(exchange), resident_bytes(exchange)
    open_and_drop(exchange, CONNECTIONS)
    wait_until(lambda: descriptors(exchange) <= before_descriptors, SLOW_SECONDS,
               "descriptors are given back")
    assert resident_bytes(exchange) - before_bytes < RESIDENT_GROWTH_MAX


def test_clients_that_never_finish_are_cut_off_and_disturb_nobody(exchange):
    expect_service(exchange)
    before = descriptors(exchange)
    slow = [socket.create_connection(exchange.address, timeout=20) for _ in range(SLOW_CLIENTS)]
    for connection in slow:
        connection.sendall(b"GET /trade-api/v2/markets HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    answers = [b""] * SLOW_CLIENTS

    def all_cut_off():
        for i, connection in enumerate(slow):
            if connection is None:
                continue
            try:
                connection.send(b"a", socket.MSG_NOSIGNAL)  # One byte now and then.
            except OSError:
                pass
            try:
                while data := connection.recv(4096, socket.MSG_DONTWAIT):
                    answers[i] += data
                connection.close()
                slow[i] = None
            except BlockingIOError:
                pass
            except OSError:
                connection.close()
                slow[i] = None
        expect_service(exchange)
        return not any(slow)

    wait_until(all_cut_off, SLOW_SECONDS, "all slow clients are cut off")
    assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers)
    wait_until(lambda: descriptors(exchange) <= before + 1, SLOW_SECONDS,
               "descriptors are given back")
