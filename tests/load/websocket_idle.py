#!/usr/bin/env python3
"""usage: websocket_idle.py --build=DIR [--connections=10000]

Connections of 50 accounts that subscribe to everything, in markets where nothing happens: resident
memory of the exchange, and the CPU it takes to keep them. Rows websocket_idle_mib,
websocket_idle_cpu."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

ACCOUNTS = 50
SETTLE_SECONDS = 15
SECONDS = 20
CHANNELS = ["ticker", "trade", "fill", "market_positions", "user_orders", "order_group_updates",
            "market_lifecycle_v2", "multivariate_market_lifecycle"]


def hold(url, accounts):
    """The clients' process: opens the connections of the accounts and answers heartbeats."""
    import httpx
    import websocket_measure as measure
    from local_exchange import Account

    address = httpx.URL(url).host, httpx.URL(url).port

    class Exchange:
        pass

    Exchange.address = address
    with httpx.Client() as client:
        markets = client.get(f"{url}/markets", params={"status": "open", "limit": 1000}).json()
    tickers = [market["ticker"] for market in markets["markets"]]
    connections = []
    for credentials, count in accounts:
        account = Account(url, credentials)
        for _ in range(count):
            connection = measure.connect(Exchange, account)
            measure.send_text(connection, {"id": 1, "cmd": "subscribe", "params": {
                "channels": ["orderbook_delta"], "market_tickers": tickers}})
            measure.send_text(connection, {"id": 2, "cmd": "subscribe", "params": {
                "channels": CHANNELS}})
            connections.append(connection)
            if len(connections) % 500 == 0:
                measure.Readers(connections[-500:])
    measure.Readers(connections[len(connections) // 500 * 500:])
    print(len(connections), flush=True)
    sys.stdin.read()


def let_pass(seconds):
    from local_exchange import wait_until
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, 2 * seconds, "time passes")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--hold", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ["EVX_BUILD"] = options.build
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    import websocket_measure as measure
    from local_exchange import LocalExchange

    if options.hold:
        hold(options.hold, json.loads(sys.stdin.readline()))
        return
    with LocalExchange("--http_threads=1") as exchange:
        admin = exchange.operator()
        accounts = []
        for i in range(ACCOUNTS):
            admin.post("/accounts", {"name": f"idle-{i}"})
            key = admin.post(f"/accounts/idle-{i}/keys", {"key_type": "ed25519"})
            accounts.append(({"key_id": key["key_id"], "private_key_pem": key["private_key"]},
                             options.connections // ACCOUNTS))
        holder = subprocess.Popen(
            [sys.executable, __file__, f"--build={options.build}", f"--hold={exchange.rest_url}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write(json.dumps(accounts) + "\n")
        holder.stdin.flush()
        assert int(holder.stdout.readline()) == options.connections
        let_pass(SETTLE_SECONDS)  # First values are on their way.
        thread = measure.io_thread(exchange.pid)
        cpu = measure.cpu_seconds(thread)
        let_pass(SECONDS)
        percent = (measure.cpu_seconds(thread) - cpu) / SECONDS * 100
        resident = measure.resident_mib(exchange.pid)
        connected = measure.metric(exchange, "evx_exchange_websocket_connections")
        holder.kill()
        holder.wait()
        assert connected == options.connections, connected
    print(json.dumps({"row": "websocket_idle_mib", "measured": resident, "unit": "MiB"}))
    print(json.dumps({"row": "websocket_idle_cpu", "measured": percent, "unit": "%"}))


if __name__ == "__main__":
    main()
