"""The declared topics (proto/topics.json) and the few Kafka requests that make them so. Standard
library only, so that it runs wherever a stack or a container starts."""

import argparse
import dataclasses
import json
import socket
import struct
import sys

from evx_stack import machine
from evx_stack.errors import StackError
from evx_stack.layout import REPOSITORY

DECLARATION = REPOSITORY / "proto/topics.json"

_TIMEOUT_SECONDS = 10
_METADATA, _CREATE_TOPICS, _CREATE_PARTITIONS, _ALTER_CONFIGS = 3, 19, 37, 44
# Codes of the protocol.
_TOPIC_EXISTS = 36
_RESOURCE_TOPIC = 2
_SET = 0


@dataclasses.dataclass(frozen=True)
class Topic:
    """One declared topic. Retention ends with the first of its two bounds."""

    name: str
    owner: str
    holds: str
    key: str
    partitions: int
    retention_hours: int
    retention_mib_per_partition: int
    compacted: bool

    @property
    def settings(self):
        if self.compacted:
            return {"cleanup.policy": "compact"}
        return {"cleanup.policy": "delete",
                "retention.ms": str(self.retention_hours * 3_600_000),
                "retention.bytes": str(self.retention_mib_per_partition << 20)}


def declared(path=DECLARATION):
    return [Topic(**fields) for fields in json.loads(path.read_text())["topics"]]


def _text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def _array(items):
    items = list(items)
    return struct.pack(">i", len(items)) + b"".join(items)


class _Reader:
    """Decodes an answer from front to back."""

    def __init__(self, data):
        self._data = data
        self._offset = 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self._data, self._offset)
        self._offset += struct.calcsize(">" + form)
        return values[0]

    def text(self):
        size = self.take("h")
        if size < 0:
            return None
        self._offset += size
        return self._data[self._offset - size:self._offset].decode()

    def array(self, item):
        return [item() for _ in range(self.take("i"))]


class Admin:
    """One connection to a broker. OSError when it is away, StackError when it refuses."""

    def __init__(self, host, port):
        self._socket = socket.create_connection((host, port), _TIMEOUT_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _call(self, kind, version, body):
        request = struct.pack(">hhi", kind, version, 1) + _text("evx-topics") + body
        self._socket.sendall(struct.pack(">i", len(request)) + request)
        size, = struct.unpack(">i", self._receive(4))
        answer = _Reader(self._receive(size))
        answer.take("i")  # correlation id: one request at a time
        return answer

    def _receive(self, size):
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("the broker closed the connection")
            data += piece
        return data

    def partition_counts(self):
        """{topic: number of partitions}, of those whose partitions all have a leader."""
        answer = self._call(_METADATA, 4, struct.pack(">i?", -1, False))
        answer.take("i")
        answer.array(lambda: (answer.take("i"), answer.text(), answer.take("i"), answer.text()))
        answer.text()
        answer.take("i")

        def partition():
            error = answer.take("h")
            answer.take("i")
            leader = answer.take("i")
            for _ in range(2):
                answer.array(lambda: answer.take("i"))
            return error == 0 and leader >= 0

        def topic():
            error, name, _ = answer.take("h"), answer.text(), answer.take("?")
            return error, name, answer.array(partition)

        return {name: len(partitions) for error, name, partitions in answer.array(topic)
                if error == 0 and all(partitions)}

    def create(self, topic, replicas):
        """False if it was there."""
        settings = _array(_text(name) + _text(value) for name, value in topic.settings.items())
        body = (_array([_text(topic.name) + struct.pack(">ih", topic.partitions, replicas)
                        + _array([]) + settings])
                + struct.pack(">i?", _TIMEOUT_SECONDS * 1000, False))
        answer = self._call(_CREATE_TOPICS, 4, body)
        answer.take("i")
        (error, message), = answer.array(
            lambda: (answer.text(), answer.take("h"), answer.text())[1:])
        return _checked(error, message, topic, "created", {_TOPIC_EXISTS}) == 0

    def add_partitions(self, topic):
        body = (_array([_text(topic.name) + struct.pack(">ii", topic.partitions, -1)])
                + struct.pack(">i?", _TIMEOUT_SECONDS * 1000, False))
        answer = self._call(_CREATE_PARTITIONS, 1, body)
        answer.take("i")
        (error, message), = answer.array(
            lambda: (answer.text(), answer.take("h"), answer.text())[1:])
        _checked(error, message, topic, "given more partitions")

    def configure(self, topic):
        settings = _array(_text(name) + struct.pack(">b", _SET) + _text(value)
                          for name, value in topic.settings.items())
        body = (_array([struct.pack(">b", _RESOURCE_TOPIC) + _text(topic.name) + settings])
                + struct.pack(">?", False))
        answer = self._call(_ALTER_CONFIGS, 0, body)
        answer.take("i")
        (error, message), = answer.array(
            lambda: (answer.take("h"), answer.text(), answer.take("b"), answer.text())[:2])
        _checked(error, message, topic, "configured")


def _checked(error, message, topic, what, allowed=frozenset()):
    if error != 0 and error not in allowed:
        raise StackError(f"topic {topic.name} could not be {what}: "
                         f"{message or f'error {error} of the broker'}")
    return error


def make(host, port, topics=None, replicas=1):
    """Every declared topic is there with its partitions and retention, ready for use; what is not
    declared stays. Returns the names of those that were made."""
    topics = declared() if topics is None else topics
    made = []
    with Admin(host, port) as admin:
        counts = admin.partition_counts()
        for topic in topics:
            count = counts.get(topic.name)
            if count is None and admin.create(topic, replicas):
                made.append(topic.name)
                continue
            if count is not None and count > topic.partitions:
                raise StackError(f"topic {topic.name} has {count} partitions and "
                                 f"{topic.partitions} are declared: their number cannot shrink")
            if count is not None and count < topic.partitions:
                admin.add_partitions(topic)
            admin.configure(topic)
        wanted = {topic.name: topic.partitions for topic in topics}
        if not machine.wait_until(lambda: wanted.items() <= admin.partition_counts().items(),
                                  _TIMEOUT_SECONDS):
            raise StackError(f"not every topic has its partitions after {_TIMEOUT_SECONDS} s")
    return made


def answers(host, port):
    """True if a broker serves requests there."""
    try:
        with Admin(host, port) as admin:
            admin.partition_counts()
        return True
    except (OSError, struct.error):
        return False


def _address(text):
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text} is not HOST:PORT")
    return host, int(port)


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/topics", description="Makes the topics of proto/topics.json. Repeating it "
        "changes nothing that need not change.")
    parser.add_argument("--broker", type=_address, default=("127.0.0.1", 9092),
                        metavar="HOST:PORT", help="default 127.0.0.1:9092")
    parser.add_argument("--replicas", type=int, default=1, metavar="N",
                        help="copies of a topic that is made (default 1)")
    options = parser.parse_args()
    try:
        for name in make(*options.broker, replicas=options.replicas):
            print(f"made {name}")
    except (OSError, StackError) as error:
        sys.exit(f"topics: {error}")


if __name__ == "__main__":
    main()
