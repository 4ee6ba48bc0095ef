"""A port_offset with which a stack's ports are free."""

import contextlib
import random
import socket

# The system gives these to outgoing connections.
_OUTGOING = (32_768, 60_999)
_PORT_MAX = 65_535
_TRIES = 1_000


def free_offset(*ports):
    """Below the ports that the system gives to outgoing connections where all fit there, so that
    none of them takes one in between."""
    highest = _OUTGOING[0] - 1 if max(ports) < _OUTGOING[0] else _PORT_MAX
    for _ in range(_TRIES):
        offset = random.randint(1_000, highest - max(ports))
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in ports:
                probe = stack.enter_context(socket.socket())
                probe.bind(("127.0.0.1", port + offset))
            return offset
    raise AssertionError(f"no offset leaves the ports {ports} free")
