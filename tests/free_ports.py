"""Ports of 127.0.0.1 that stay free until the test that was given them takes them.

The system gives none of them by itself, neither to a bind of port 0 nor to an outgoing connection;
and while a process has reserved one, no other process is given it, also while nobody listens there."""

import collections
import itertools
import os
import random
import socket

# The system gives these to outgoing connections, and to who binds port 0.
_OUTGOING = range(32_768, 61_000)
_PORTS = range(10_000, _OUTGOING.start)
_OFFSET_MIN = 1_000
_PORT_MAX = 65_535
_TRIES = 1_000
# A process that starts many others has long left the first ports by then.
_RESERVED_MAX = 256

_reserved = collections.deque()  # Open descriptors.
_next_port = itertools.cycle(_PORTS)
for _ in range(random.SystemRandom().randrange(len(_PORTS))):
    next(_next_port)


def _reserve(port):
    """Whether it is free; then it is this process's, for as long as that runs."""
    # A name that is nowhere on disk, and that the system takes back from a process that ends.
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0evx-test-port-{port}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except OSError:
        mark.close()
        return False
    _reserved.append(mark.detach())
    if len(_reserved) > _RESERVED_MAX:
        os.close(_reserved.popleft())
    return True


def free_port():
    port, = free_ports(1)
    return port


def free_ports(count):
    """Different ones."""
    found = itertools.islice(filter(_reserve, itertools.islice(_next_port, len(_PORTS))), count)
    ports = list(found)
    assert len(ports) == count, "no port is free"
    return ports


def free_offset(*ports):
    """A port_offset with which a stack's ports are free."""
    offsets = [offset for offset in range(_OFFSET_MIN, _PORT_MAX - max(ports))
               if not any(port + offset in _OUTGOING for port in ports)]
    for offset in random.sample(offsets, min(len(offsets), _TRIES)):
        if all(_reserve(port + offset) for port in ports):
            return offset
    raise AssertionError(f"no offset leaves the ports {ports} free")
