"""A private Apache Kafka for tests that kill it.

    with PrivateKafka() as kafka:
        kafka.kill()   # kill -9
        kafka.start()  # the same data again, on the same port

Needs scripts/install_kafka and the package confluent-kafka."""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import confluent_kafka
import confluent_kafka.admin
import pytest

from local_exchange import REPOSITORY, STOP_SECONDS, free_ports, wait_until

sys.path.insert(0, str(REPOSITORY / "scripts"))

from evx_stack import topics  # noqa: E402
from evx_stack.kafka import JARS, SERVE  # noqa: E402

READY_SECONDS = 180  # On a machine that is busy.
READ_SECONDS = 120
WAIT_SECONDS = 0.5  # Also when fewer messages are left.
HOST = "127.0.0.1"


class PrivateKafka:
    """A server with its data in a fresh folder and the declared topics. `environment` comes on top
    of that of the test."""

    def __init__(self, environment=None):
        if not JARS.is_dir():
            pytest.skip("Kafka is not installed: scripts/install_kafka")
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="evx-kafka-"))
        self._port, self._controller_port = free_ports(2)
        self._environment = {**os.environ, **(environment or {})}
        self._process = None

    def __enter__(self):
        self.start()
        subprocess.run([REPOSITORY / "scripts/topics", "--broker", self.brokers],
                       stdout=subprocess.DEVNULL, check=True)
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self._folder)

    @property
    def brokers(self):
        return f"{HOST}:{self._port}"

    def start(self):
        with open(self._folder / "log.txt", "ab") as log:
            self._process = subprocess.Popen(
                [SERVE, self._folder / "data", str(self._port), str(self._controller_port)],
                stdout=log, stderr=log, env=self._environment)
        wait_until(lambda: topics.answers(self.brokers), READY_SECONDS, "Kafka answers")

    def kill(self):
        """kill -9: the script has become the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def wait_for_end(self, seconds):
        """Until it has ended by itself."""
        self._process.wait(seconds)
        self._process = None

    def make_topic_like(self, declared, name):
        """An empty topic with the settings of a declared one."""
        topic, = (topic for topic in topics.declared() if topic.name == declared)
        topics.make(self.brokers, [dataclasses.replace(topic, name=name)])

    def expire(self, topic):
        """Takes every message of a topic away, as its retention would."""
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.brokers})
        partitions = admin.list_topics(topic, READ_SECONDS).topics[topic].partitions
        deleted = admin.delete_records([
            confluent_kafka.TopicPartition(topic, number, confluent_kafka.OFFSET_END)
            for number in partitions])
        for outcome in deleted.values():
            outcome.result(READ_SECONDS)

    def read(self, topic):
        """[(partition, key, payload)] of everything in a topic, in order inside each partition."""
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": self.brokers, "group.id": "test", "enable.auto.commit": False,
            "isolation.level": "read_committed", "enable.partition.eof": True})
        try:
            partitions = consumer.list_topics(topic, READ_SECONDS).topics[topic].partitions
            consumer.assign([confluent_kafka.TopicPartition(topic, number,
                                                            confluent_kafka.OFFSET_BEGINNING)
                             for number in partitions])
            found, ended = [], set()
            deadline = time.monotonic() + READ_SECONDS
            while len(ended) < len(partitions):
                assert time.monotonic() < deadline, f"{topic}: {len(ended)} partitions have ended"
                for message in consumer.consume(10_000, WAIT_SECONDS):
                    if message.error() is None:
                        found.append((message.partition(), message.key().decode(),
                                      message.value()))
                    elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                        ended.add(message.partition())
            return found
        finally:
            consumer.close()
