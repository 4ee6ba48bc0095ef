"""The metrics of every service, by name, type and labels, are those of metrics.golden, however the
service was used. A change is made there on purpose: EVX_UPDATE_GOLDEN=1 writes the file anew."""

import difflib
import os
import pathlib
import re
import subprocess

import httpx
import pytest

from gateway_process import postgres_url_file
from local_exchange import binary, free_port, wait_until
from private_kafka import PrivateKafka
from stored_exchange import StoredExchange

GOLDEN = pathlib.Path(__file__).with_name("metrics.golden")
START_SECONDS = 60
# Of one metric; more would be ids.
SERIES_MAX = 100


def scrape(port):
    return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text


def series(text):
    """Lines `name type {labels}`, without values, and without buckets and quantiles."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    found = set()
    for name, labels in re.findall(r"^([a-zA-Z_:][\w:]*)(\{.*\})? \S+$", text, re.MULTILINE):
        family = next(base for base in (name, re.sub(r"_(bucket|sum|count)$", "", name))
                      if base in types)
        # What is built into the binary, not chosen at run time.
        kept = [label for label in re.findall(r'\w+="[^"]*"', labels)
                if not label.startswith(("le=", "version=", "quantile="))]
        found.add(f"{family} {types[family]} {{{','.join(sorted(kept))}}}")
    return found


def check(service, text):
    found = series(text)
    families = [line.split()[0] for line in found]
    assert all(families.count(family) <= SERIES_MAX for family in set(families))
    lines = GOLDEN.read_text().splitlines() if GOLDEN.exists() else []
    prefix = service + " "
    known = sorted(line for line in lines if line.startswith(prefix))
    wanted = sorted(prefix + line for line in found)
    if os.environ.get("EVX_UPDATE_GOLDEN"):
        others = [line for line in lines if not line.startswith(prefix)]
        GOLDEN.write_text("\n".join(sorted(others + wanted)) + "\n")
    else:
        assert known == wanted, "\n".join(difflib.unified_diff(known, wanted, lineterm=""))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory, postgres):
    with StoredExchange(tmp_path_factory.mktemp("exchange"), postgres) as running:
        yield running


def scrape_service(name, *flags, until="/ready"):
    """Metrics of a service that answers 200 there."""
    port = free_port()
    process = subprocess.Popen([str(binary(name)), f"--http_port={port}", "--grpc_port=0",
                                "--log_level=warning", *flags])

    def ready():
        assert process.poll() is None
        try:
            return httpx.get(f"http://127.0.0.1:{port}{until}", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_until(ready, START_SECONDS, f"{name} answers {until}")
        return scrape(port)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def test_mock_kalshi(exchange):
    port = exchange.ports["http_port"]
    check("mock-kalshi", scrape(port))
    account = exchange.account(exchange.open_account("metrics", 1_000))
    for method, path in (("GET", "/markets/NONE"), ("GET", "/no/such/path"), ("PUT", "/markets"),
                         ("DELETE", "/portfolio/events/orders/none"), ("GET", "/series/A-B_C")):
        assert account.request(method, path).status_code >= 400
    account.post("/portfolio/events/orders", {
        "ticker": "MARKET_MAKER", "side": "bid", "price": "0.0100", "count": "1.00",
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"})
    check("mock-kalshi", scrape(port))


def test_market_maker(exchange):
    check("market-maker", scrape_service(
        "market-maker", f"--exchange_url={exchange.rest_url}",
        f"--credentials={exchange.folder / 'keys' / 'market-maker.json'}"))


def test_flow(exchange):
    keys = exchange.folder / "keys"
    check("flow", scrape_service(
        "flow", f"--exchange_addr={exchange.grpc_address}",
        f"--operator_addr=127.0.0.1:{exchange.ports['operator_grpc_port']}",
        f"--credentials={keys / 'flow.json'}",
        f"--operator_credentials={keys / 'operator.json'}"))


def test_market_data_server(exchange):
    with PrivateKafka() as kafka:
        check("market-data-server", scrape_service(
            "market-data-server", f"--exchange_url={exchange.rest_url}",
            f"--websocket_url={exchange.ws_url}", f"--kafka_brokers={kafka.brokers}",
            f"--credentials={exchange.folder / 'keys' / 'demo.json'}"))


def test_order_book_rebuilder(tmp_path):
    check("order-book-rebuilder", scrape_service(
        "order-book-rebuilder", f"--data_dir={tmp_path}", f"--kafka_brokers=127.0.0.1:{free_port()}",
        until="/health"))


def test_gateway(tmp_path, postgres, redis):
    check("gateway", scrape_service(
        "gateway", f"--data_dir={tmp_path / 'data'}",
        f"--postgres_url_file={postgres_url_file(postgres, tmp_path)}",
        f"--redis_url_file={redis.url_file}", f"--kafka_brokers=127.0.0.1:{free_port()}",
        f"--exchange_url=http://127.0.0.1:{free_port()}/trade-api/v2",
        f"--exchange_addr=127.0.0.1:{free_port()}", until="/health"))
