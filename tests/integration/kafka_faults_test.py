"""Kafka and the exchange killed while orders come in: every event of the journal is in the topic
exactly once in effect, and trading does not notice."""

import collections
import os
import random
import re

import pytest

from local_exchange import wait_until
from order_load import Traders
from private_kafka import PrivateKafka
from stored_exchange import StoredExchange, disk_faults

FULL = bool(os.environ.get("EVX_FULL"))
KILLS = 20 if FULL else 2
LOAD_SECONDS = 60
CATCH_UP_SECONDS = 120
LAG_UNDER_LOAD = 500
TOPIC = "evx.exchange.events.v1"


@pytest.fixture(scope="module")
def kafka():
    with PrivateKafka() as server:
        yield server


def lag(exchange):
    return exchange.metric("evx_exchange_kafka_lag_records")


def caught_up(exchange):
    wait_until(lambda: exchange.metric("evx_exchange_follower_lag_records") == 0, CATCH_UP_SECONDS,
               "Kafka has caught up")


def journal_events(exchange):
    """{record: [event, ...]} of names, from the journal's own text."""
    events = {}
    for line in exchange.journal("print").splitlines():
        if not line.startswith("  "):
            record = int(line.split()[0])
            events[record] = None  # Its command comes first.
        elif events[record] is None:
            events[record] = []
        else:
            events[record].append(line.strip().split("{")[0])
    return {record: names for record, names in events.items() if names}


def topic_events(kafka):
    """({record: {place: event}}, number of messages that were there twice), as a reader sees it."""
    from evx.events.v1 import exchange_messages_pb2 as pb

    last, events, duplicates = {}, collections.defaultdict(collections.Counter), 0
    keys = {}
    for partition, key, payload in kafka.read(TOPIC):
        message = pb.ExchangeMessage.FromString(payload)
        assert keys.setdefault(key, partition) == partition
        if message.sequence_number <= last.get(partition, 0):
            duplicates += 1
            continue
        last[partition] = message.sequence_number
        assert message.sequence_number >> 16 == message.record_sequence_number
        for event in message.events:
            name = re.sub(r"(?:^|_)(\w)", lambda found: found[1].upper(),
                          event.WhichOneof("event"))
            events[message.record_sequence_number][name] += 1
    return events, duplicates


def check(exchange, kafka):
    """Every event of the journal is in the topic once in effect, seen by two readers."""
    caught_up(exchange)
    print(exchange.journal("audit", f"--kafka_brokers={kafka.brokers}"))
    found, duplicates = topic_events(kafka)
    wanted = {record: collections.Counter(names)
              for record, names in journal_events(exchange).items()}
    print(f"{sum(map(len, wanted.values()))} kinds in {len(wanted)} records, "
          f"{duplicates} messages were there twice")
    assert found == wanted
    return duplicates


def trade(traders, generator, answers_max):
    until = traders.answered() + generator.randint(1, answers_max)
    wait_until(lambda: traders.answered() >= until, LOAD_SECONDS, "answers")


@pytest.mark.timeout(1_800)
def test_killing_kafka_and_the_exchange_loses_and_doubles_nothing(tmp_path, seed):
    generator = random.Random(seed)
    with PrivateKafka() as kafka, StoredExchange(
            tmp_path, None, "--catalogue=empty", f"--kafka_brokers={kafka.brokers}") as exchange:
        traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
        traders.start(exchange)
        for _ in range(KILLS):
            trade(traders, generator, 2_000)
            kafka.kill()
            trade(traders, generator, 500)
            both = generator.random() < 0.5
            if both:
                exchange.kill()
                traders.join()
            kafka.start()
            if not both:
                trade(traders, generator, 500)
                exchange.kill()
                traders.join()
            exchange.start()
            traders.start(exchange)
        traders.stop()
        check(exchange, kafka)


def test_without_kafka_trading_is_unaffected_and_it_catches_up(tmp_path, kafka, seed):
    with StoredExchange(tmp_path, None, "--catalogue=empty",
                        f"--kafka_brokers={kafka.brokers}") as exchange:
        traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
        traders.start(exchange)

        def wait_for_kafka():
            wait_until(lambda: lag(exchange) <= LAG_UNDER_LOAD, CATCH_UP_SECONDS, "little lag")

        def check_lag():
            assert lag(exchange) > 0

        traders.check_goodput_without(kafka, wait_for_kafka, check_lag)
        traders.stop()
        check(exchange, kafka)


def test_a_full_disk_ends_kafka_and_all_is_there_once_it_is_back(tmp_path, seed):
    generator = random.Random(seed)
    full = tmp_path / "full"
    with PrivateKafka(disk_faults(EVX_DISK_FULL_WRITES_FILE=full)) as kafka, StoredExchange(
            tmp_path, None, "--catalogue=empty", f"--kafka_brokers={kafka.brokers}") as exchange:
        traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
        traders.start(exchange)
        trade(traders, generator, 2_000)
        full.touch()
        kafka.wait_for_end(CATCH_UP_SECONDS)
        trade(traders, generator, 2_000)
        assert lag(exchange) > 0
        full.unlink()
        kafka.start()
        trade(traders, generator, 500)
        traders.stop()
        check(exchange, kafka)


def test_the_topic_of_another_journal_is_left_alone(tmp_path, kafka):
    with StoredExchange(tmp_path, None, "--catalogue=empty",
                        f"--kafka_brokers={kafka.brokers}") as exchange:
        before = len(kafka.read(TOPIC))
        assert before > 0  # Of the test before.
        wait_until(lambda: "another journal" in exchange.health("kafka"), CATCH_UP_SECONDS,
                   "the health says so")
        assert len(kafka.read(TOPIC)) == before
