"""A FIX client for tests: it can send anything, also what no engine would.

    with FixClient(exchange, "KalshiNR", credentials) as client:
        client.log_on()
        client.send("D", [(11, "a"), ...])
        report = client.expect("8")

A message that was read is a list of (tag, value) with the type Message. Needs the package
cryptography."""

import base64
import datetime
import socket
import ssl
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding

SOH = b"\x01"
TIMEOUT_SECONDS = 30


def utc_now(offset_seconds=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_seconds)
    return now.strftime("%Y%m%d-%H:%M:%S.") + f"{now.microsecond // 1000:03d}"


def sign(private_key_pem, text):
    key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        signature = key.sign(text)
    else:
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
        signature = key.sign(text, scheme, hashes.SHA256())
    return base64.b64encode(signature).decode()


def frame(fields):
    """Bytes of a message; `fields` begin with MsgType and have neither length nor checksum."""
    body = b"".join(f"{tag}={value}".encode() + SOH for tag, value in fields)
    head = b"8=FIXT.1.1" + SOH + b"9=" + str(len(body)).encode() + SOH
    return head + body + f"10={sum(head + body) % 256:03d}".encode() + SOH


class Message(list):
    def get(self, tag, default=None):
        return next((value for t, value in self if t == tag), default)

    def all(self, tag):
        return [value for t, value in self if t == tag]

    @property
    def type(self):
        return self.get(35)


class Closed(Exception):
    """The exchange has closed the connection."""


class FixClient:
    def __init__(self, endpoint, comp_id, credentials):
        """`endpoint` is the announcement's "fix"."""
        self.comp_id = comp_id
        self.credentials = credentials
        self.next_number = 1
        self._buffer = b""
        self._socket = socket.create_connection((endpoint["host"], endpoint["ports"][comp_id]),
                                                TIMEOUT_SECONDS)
        if endpoint.get("tls"):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._socket = context.wrap_socket(self._socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def send_bytes(self, data):
        self._socket.sendall(data)

    def message(self, msg_type, fields=(), number=None, sending_time=None, sender=None):
        if number is None:
            number, self.next_number = self.next_number, self.next_number + 1
        return frame([(35, msg_type), (49, sender or self.credentials["key_id"]),
                      (56, self.comp_id), (34, number), (52, sending_time or utc_now()), *fields])

    def send(self, msg_type, fields=(), **header):
        self.send_bytes(self.message(msg_type, fields, **header))

    def logon_message(self, *flags, reset=True, number=None, sending_time=None, key=None,
                      heartbeat=30):
        if number is None:
            number, self.next_number = self.next_number, self.next_number + 1
        sending_time = sending_time or utc_now()
        signed = "\x01".join([sending_time, "A", str(number), self.credentials["key_id"],
                              self.comp_id])
        signature = sign((key or self.credentials)["private_key_pem"], signed.encode())
        return self.message(
            "A", [(98, 0), (108, heartbeat), (95, len(signature)), (96, signature),
                  *([(141, "Y")] if reset else []), (1137, 9), *flags],
            number=number, sending_time=sending_time)

    def log_on(self, *flags, **options):
        """The answer: a Logon, or the Logout of a refusal."""
        self.send_bytes(self.logon_message(*flags, **options))
        return self.receive()

    def receive(self, timeout=TIMEOUT_SECONDS):
        """The next message; raises Closed at the end and TimeoutError when there is none."""
        deadline = time.monotonic() + timeout
        while True:
            message = self._take()
            if message is not None:
                return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed
            self._buffer += data

    def _take(self):
        trailer = self._buffer.find(SOH + b"10=")
        if trailer < 0 or len(self._buffer) < trailer + 8:
            return None
        data, self._buffer = self._buffer[:trailer + 8], self._buffer[trailer + 8:]
        fields = [field.split(b"=", 1) for field in data.rstrip(SOH).split(SOH)]
        message = Message((int(tag), value.decode()) for tag, value in fields)
        body = data[data.index(SOH, data.index(b"9=")) + 1:trailer + 1]
        assert int(message.get(9)) == len(body), data
        assert int(message.get(10)) == sum(data[:trailer + 1]) % 256, data
        return message

    def expect_any(self):
        """The next message that is no heartbeat."""
        while True:
            message = self.receive()
            if message.type not in ("0", "1"):
                return message

    def expect(self, msg_type, **wanted):
        """The next message that is no heartbeat; its type and fields (t39="0") are checked."""
        message = self.expect_any()
        for name, value in {"t35": msg_type, **wanted}.items():
            assert message.get(int(name[1:])) == value, (name, value, message)
        return message

    def is_silent(self):
        """Nothing is on its way: the answer to a test request comes next."""
        self.send("1", [(112, "silence")])
        message = self.receive()
        assert message.type == "0" and message.get(112) == "silence", message
        return True

    def is_cut_off(self):
        """The exchange closes, with or without bytes that are no message."""
        self._socket.settimeout(TIMEOUT_SECONDS)
        try:
            while self._socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True

    def expect_closed(self):
        while True:
            try:
                self.receive()
            except Closed:
                return


def order(cl_ord_id, symbol, side="1", price="50", quantity="10", *more):
    """Fields of a NewOrderSingle that rests until it is canceled."""
    fields = [(11, cl_ord_id), (38, quantity), (40, 2), (44, price), (54, side), (55, symbol)]
    if not any(tag == 59 for tag, _ in more):
        fields.append((59, 1))
    return fields + list(more)
