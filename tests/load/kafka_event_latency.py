#!/usr/bin/env python3
"""usage: kafka_event_latency.py --build=DIR

Orders over one FIX session at 2,000 a second, to an exchange with its journal on disk, its history
in PostgreSQL and its events in Kafka, and when their book changes arrive at a consumer; against
messages of the same rate and size between a bare producer and a bare consumer. Row
kafka_event_p99."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

TICKER = "EVENT-LATENCY"
DOLLARS = 100_000_000
REFERENCE_TOPIC = "evx.bench.v1"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    build = parser.parse_args().build
    os.environ["EVX_BUILD"] = build
    from private_kafka import PrivateKafka
    from stored_exchange import PrivatePostgres, StoredExchange

    with tempfile.TemporaryDirectory(prefix="evx-event-latency-") as folder, PrivateKafka() as kafka, \
            PrivatePostgres() as postgres, \
            StoredExchange(folder, postgres, "--catalogue=empty",
                           f"--kafka_brokers={kafka.brokers}") as exchange:
        kafka.make_topic_like("evx.exchange.events.v1", REFERENCE_TOPIC)
        exchange.list_market(TICKER)
        trader = exchange.open_trader("event-latency", DOLLARS)
        subprocess.run([f"{build}/tests/load/event_latency", kafka.brokers,
                        str(exchange.ports["fix_nr_port"]), trader, TICKER, REFERENCE_TOPIC],
                       check=True)


if __name__ == "__main__":
    main()
