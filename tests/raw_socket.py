"""A WebSocket client that sends any frame, also wrong ones, and sees every frame of the server.

    with RawSocket(exchange, exchange.account("demo")) as raw:
        raw.send(TEXT, b'{"id":7,"cmd":"list_subscriptions"}')
        opcode, payload = raw.receive()"""

import collections
import socket as sockets
import struct

from venue_socket import PATH

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
HEARTBEAT = b"heartbeat"
PATIENCE_SECONDS = 30

Frame = collections.namedtuple("Frame", "final rsv opcode payload")


def close_payload(code, reason=b""):
    return struct.pack(">H", code) + reason


class RawSocket:
    """`extensions`: the offer of the handshake; `receive_bytes`: of the kernel's buffer. Of
    `exchange` only its `address` counts, so that it may be any server; `account` None: no key."""

    def __init__(self, exchange, account, extensions=None, receive_bytes=None, path=PATH):
        self._socket = sockets.socket()
        if receive_bytes:
            self._socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_bytes)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.connect(exchange.address)
        self._socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        keys = account.access_headers("GET", path) if account else {}
        headers = {**keys, "Host": "test", "Upgrade": "websocket",
                   "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        if extensions:
            headers["Sec-WebSocket-Extensions"] = extensions
        lines = [f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._socket.recv(65536)
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101"), head
        self.headers = {name.strip().lower(): value.strip() for name, value in
                        (line.split(":", 1) for line in head.decode().split("\r\n")[1:])}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    @property
    def socket(self):
        return self._socket

    def send_bytes(self, data):
        self._socket.sendall(data)

    def send(self, opcode, payload=b"", final=True, masked=True, rsv=0, chop=None):
        """One frame, all at once or in pieces of `chop` bytes. A server that has ended the
        connection half-way is no error."""
        # A mask of zeros changes nothing.
        data = self.head(opcode, len(payload), final, masked, rsv) + (
            b"\0\0\0\0" if masked else b"") + payload
        try:
            for i in range(0, len(data), chop or len(data)):
                self.send_bytes(data[i:i + (chop or len(data))])
        except (BrokenPipeError, ConnectionResetError):
            pass

    @staticmethod
    def head(opcode, size, final=True, masked=True, rsv=0):
        first = bytes([final << 7 | rsv << 4 | opcode])
        mask = masked << 7
        if size < 126:
            return first + bytes([mask | size])
        if size < 65536:
            return first + bytes([mask | 126]) + struct.pack(">H", size)
        return first + bytes([mask | 127]) + struct.pack(">Q", size)

    def finish_sending(self):
        self._socket.shutdown(sockets.SHUT_WR)

    def _exactly(self, size):
        while len(self._buffer) < size:
            data = self._socket.recv(1 << 20)
            if not data:
                raise EOFError
            self._buffer += data
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def frame(self):
        """The next frame as it is; None at the end of the connection."""
        try:
            first, second = self._exactly(2)
            assert second & 128 == 0, "a server must not mask"
            size = second & 127
            if size == 126:
                [size] = struct.unpack(">H", self._exactly(2))
            elif size == 127:
                [size] = struct.unpack(">Q", self._exactly(8))
            return Frame(bool(first & 128), first >> 4 & 7, first & 15, self._exactly(size))
        except (EOFError, ConnectionError):
            return None

    def receive(self):
        """Opcode and payload of the next frame but heartbeats; (None, code) at the end."""
        while (frame := self.frame()) is not None:
            if frame.opcode == CLOSE:
                payload = frame.payload
                return None, struct.unpack(">H", payload[:2])[0] if payload else 1005
            if not (frame.opcode == PING and frame.payload == HEARTBEAT):
                return frame.opcode, frame.payload
        return None, 1006
