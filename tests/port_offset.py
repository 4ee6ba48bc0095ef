"""A port_offset with which a stack's ports are free."""

import contextlib
import random
import socket

# The system gives these to outgoing connections.
_OUTGOING = range(32_768, 61_000)
_OFFSET_MIN = 1_000
_PORT_MAX = 65_535
_TRIES = 1_000


def free_offset(*ports):
    """One with which no port is among those that the system gives to outgoing connections, so that
    none of them takes one before the stack does."""
    offsets = [offset for offset in range(_OFFSET_MIN, _PORT_MAX - max(ports))
               if not any(port + offset in _OUTGOING for port in ports)]
    for offset in random.sample(offsets, min(len(offsets), _TRIES)):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in ports:
                probe = stack.enter_context(socket.socket())
                probe.bind(("127.0.0.1", port + offset))
            return offset
    raise AssertionError(f"no offset leaves the ports {ports} free")
