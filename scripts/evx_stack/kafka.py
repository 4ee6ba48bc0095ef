"""The private Kafka: one KRaft node on the loopback interface (scripts/kafka/serve)."""

from evx_stack import machine
from evx_stack.errors import StackError
from evx_stack.layout import REPOSITORY
from evx_stack.supervisor import Program
from evx_stack.table import HOST, KAFKA_CONTROLLER_PORT, KAFKA_PORT

SERVE = REPOSITORY / "scripts/kafka/serve"
JARS = REPOSITORY / ".cache/kafka"


def _topics():
    """Its client library is not installed where no Kafka runs."""
    from evx_stack import topics
    return topics


class Kafka:
    """One server. Its data directory holds its settings too."""

    name = "kafka"

    def __init__(self, layout):
        self.layout = layout
        self.port = layout.port(KAFKA_PORT)
        self.controller_port = layout.port(KAFKA_CONTROLLER_PORT)
        self.data = layout.data(self.name)

    @property
    def ports(self):
        return {self.port: "Kafka", self.controller_port: "Kafka controller"}

    @property
    def url(self):
        return f"{HOST}:{self.port}"

    def prepare(self):
        if not JARS.is_dir():
            raise StackError("Kafka is not installed: run scripts/install_kafka")
        machine.require_folder(self.data, 0o700)

    def program(self):
        command = [str(SERVE), str(self.data), str(self.port), str(self.controller_port)]
        stamp = "-".join(str(path.stat().st_mtime_ns)
                         for path in (SERVE, JARS / "jars.sha256"))
        return Program(self.name, command, self.data, priority=10, stamp=stamp)

    def ready(self):
        return _topics().answers(self.url)

    def settle(self):
        """Makes the declared topics."""
        _topics().make(self.url)
