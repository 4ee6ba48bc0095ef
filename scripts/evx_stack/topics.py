"""The declared topics (proto/topics.json), and what makes them so on a Kafka."""

import argparse
import dataclasses
import json
import sys

import confluent_kafka
from confluent_kafka import admin as kafka_admin

from evx_stack import machine
from evx_stack.errors import StackError
from evx_stack.layout import REPOSITORY

DECLARATION = REPOSITORY / "proto/topics.json"

_TIMEOUT_SECONDS = 10
# A new broker on a machine that has other work.
_READY_SECONDS = 60
_PROBE_SECONDS = 1
_TOO_FEW_BROKERS = confluent_kafka.KafkaError.INVALID_REPLICATION_FACTOR


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


class Admin:
    """A client of one Kafka. StackError when it is away or refuses."""

    def __init__(self, broker):
        self._client = kafka_admin.AdminClient(
            {"bootstrap.servers": broker, "client.id": "evx-topics", "log_level": 0})

    def partition_counts(self, timeout=_TIMEOUT_SECONDS):
        """{topic: number of partitions}, of those whose partitions all have a leader."""
        try:
            topics = self._client.list_topics(timeout=timeout).topics
        except confluent_kafka.KafkaException as error:
            raise StackError(f"Kafka does not answer: {error.args[0].str()}") from error
        return {name: len(topic.partitions) for name, topic in topics.items()
                if topic.error is None
                and all(part.error is None and part.leader >= 0
                        for part in topic.partitions.values())}

    def create(self, topic, replicas):
        """False if it was there. Waits for brokers that serve requests and hold no partitions yet:
        the controller fences each until it has heard of it for the first time."""
        wanted = kafka_admin.NewTopic(topic.name, topic.partitions, replicas,
                                      config=topic.settings)
        refusals = []

        def is_decided():
            try:
                _result(self._client.create_topics([wanted], request_timeout=_TIMEOUT_SECONDS))
                refusals.clear()
            except confluent_kafka.KafkaException as error:
                refusals[:] = [error]
                return error.args[0].code() != _TOO_FEW_BROKERS
            return True

        machine.wait_until(is_decided, _READY_SECONDS)
        if not refusals:
            return True
        error, = refusals
        if error.args[0].code() == confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise _refused(topic, "created", error) from error

    def add_partitions(self, topic):
        wanted = kafka_admin.NewPartitions(topic.name, topic.partitions)
        try:
            _result(self._client.create_partitions([wanted], request_timeout=_TIMEOUT_SECONDS))
        except confluent_kafka.KafkaException as error:
            raise _refused(topic, "given more partitions", error) from error

    def configure(self, topic):
        """Leaves what somebody has set beside the declared settings as it is."""
        resource = kafka_admin.ConfigResource(kafka_admin.RESOURCE_TOPIC, topic.name)
        try:
            entries = _result(self._client.describe_configs([resource],
                                                            request_timeout=_TIMEOUT_SECONDS))
            own = kafka_admin.ConfigSource.DYNAMIC_TOPIC_CONFIG.value
            found = {name: entry.value for name, entry in entries.items() if entry.source == own}
            wanted = {**found, **topic.settings}
            if wanted == found:
                return
            resource = kafka_admin.ConfigResource(kafka_admin.RESOURCE_TOPIC, topic.name,
                                                  set_config=wanted)
            _result(self._client.alter_configs([resource], request_timeout=_TIMEOUT_SECONDS))
        except confluent_kafka.KafkaException as error:
            raise _refused(topic, "configured", error) from error


def _result(futures):
    """Of a request for one thing."""
    future, = futures.values()
    return future.result()


def _refused(topic, what, error):
    return StackError(f"topic {topic.name} could not be {what}: {error.args[0].str()}")


def make(broker, topics=None, replicas=1):
    """Every declared topic is there with its partitions and retention, ready for use; what is not
    declared stays. Returns the names of those that were made."""
    topics = declared() if topics is None else topics
    made = []
    admin = Admin(broker)
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
                              _READY_SECONDS):
        raise StackError(f"not every topic has its partitions after {_READY_SECONDS} s")
    return made


def answers(broker):
    """True if a broker serves requests there."""
    try:
        Admin(broker).partition_counts(_PROBE_SECONDS)
        return True
    except StackError:
        return False


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/topics", description="Makes the topics of proto/topics.json. Repeating it "
        "changes nothing that need not change.")
    parser.add_argument("--broker", default="127.0.0.1:9092", metavar="HOST:PORT",
                        help="default 127.0.0.1:9092")
    parser.add_argument("--replicas", type=int, default=1, metavar="N",
                        help="copies of a topic that is made (default 1)")
    options = parser.parse_args()
    try:
        for name in make(options.broker, replicas=options.replicas):
            print(f"made {name}")
    except StackError as error:
        sys.exit(f"topics: {error}")


if __name__ == "__main__":
    main()
