"""The table of topics and tables in ARCHITECTURE.md is what stands in Kafka and PostgreSQL once the
services run."""

import re

import psycopg
import pytest

from gateway_process import GatewayProcess
from local_exchange import REPOSITORY, free_port, wait_until
from market_data import MarketDataServer
from private_kafka import PrivateKafka, topics
from stored_exchange import StoredExchange

TABLES_SECONDS = 30
TABLES = """
    SELECT n.nspname || '.' || c.relname,
           (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
            FROM pg_index i
            CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (number, place)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
            WHERE i.indrelid = c.oid AND i.indisprimary)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'p'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')"""


@pytest.fixture(scope="module")
def documented():
    """{name: the other cells of its row}."""
    text = (REPOSITORY / "ARCHITECTURE.md").read_text()
    section = text[text.index("| Topic or table |"):]
    section = section[:section.index("\n\n")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in section.splitlines()[2:]]
    names = [row[0].strip("`") for row in rows]
    assert len(names) == len(set(names))
    return dict(zip(names, (row[1:] for row in rows)))


def is_topic(name):
    return re.fullmatch(r"evx\..*\.v\d+", name) is not None


def test_every_topic_of_kafka_is_documented_with_its_partitions(documented):
    with PrivateKafka() as kafka:
        counts = topics.Admin(kafka.brokers).partition_counts()
    assert {name: int(cells[3]) for name, cells in documented.items() if is_topic(name)} == counts


def test_every_table_of_postgresql_is_documented_with_its_key(documented, postgres, redis,
                                                              tmp_path):
    wanted = {name: cells[2] for name, cells in documented.items() if not is_topic(name)}
    with StoredExchange(tmp_path, postgres, "--catalogue=empty") as exchange, \
            psycopg.connect(exchange.url_file.read_text(), autocommit=True) as connection:
        # It makes its tables without Kafka.
        server = MarketDataServer(tmp_path / "server", exchange, f"127.0.0.1:{free_port()}",
                                  f"--postgres_url_file={exchange.url_file}")
        try:
            with GatewayProcess(tmp_path / "gateway", exchange.url_file, redis.url_file):
                pass
            server.launch()
            wait_until(lambda: len(connection.execute(TABLES).fetchall()) >= len(wanted),
                       TABLES_SECONDS, "every service has made its tables")
            keys = dict(connection.execute(TABLES).fetchall())
        finally:
            server.kill()
    assert wanted == keys
