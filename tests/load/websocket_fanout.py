#!/usr/bin/env python3
"""usage: websocket_fanout.py --build=DIR

Deltas of one busy market to 1,000 connections, for each CPU-second of the one thread that sends
them, against the same frames by one bare send() for each connection and batch of 16. Row
websocket_fanout."""

import argparse
import json
import os
import socket
import statistics
import subprocess
import time

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 1_000
ORDERS_PER_REQUEST = 100
FRAME_BYTES = 300  # About that of a delta; measured below.
TICKER = "MARKET_MAKER"


def measure_exchange(measure, exchange, flow, thread):
    """Frames for each CPU-second of the I/O thread, and the bytes of one."""
    batch = {"orders": [measure.order(TICKER, f"0.{10 + i % 40}00")
                        for i in range(ORDERS_PER_REQUEST)]}
    frames = measure.metric(exchange, "evx_exchange_websocket_messages_total")
    cpu, end = measure.cpu_seconds(thread), time.monotonic() + SECONDS
    while time.monotonic() < end:
        created = flow.post("/portfolio/events/orders/batched", batch)["orders"]
        flow.send("DELETE", "/portfolio/events/orders/batched", json.dumps(
            {"orders": [{"order_id": item["order_id"]} for item in created]}))
    # The thread that sends is the one that answers: it has sent what it was given.
    frames = measure.metric(exchange, "evx_exchange_websocket_messages_total") - frames
    return frames / (measure.cpu_seconds(thread) - cpu)


def measure_bare_send(build, measure):
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as server:
        sender = subprocess.Popen(
            [f"{build}/tests/load/bare_send", str(server.getsockname()[1]), str(CONNECTIONS),
             str(FRAME_BYTES), str(SECONDS)], stdout=subprocess.PIPE, text=True)
        readers = measure.Readers([server.accept()[0] for _ in range(CONNECTIONS)])
        rate = float(sender.communicate()[0])
        readers.stop()
        return rate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    build = parser.parse_args().build
    os.environ["EVX_BUILD"] = build
    import websocket_measure as measure
    from local_exchange import LocalExchange

    with LocalExchange("--http_threads=1") as exchange:
        flow = exchange.account("flow-1")
        connections = [measure.connect(exchange, flow) for _ in range(CONNECTIONS)]
        readers = measure.Readers(connections)
        for connection in connections:
            measure.send_text(connection, {"id": 1, "cmd": "subscribe", "params": {
                "channels": ["orderbook_delta"], "market_ticker": TICKER}})
        trader = exchange.account("flow-2")
        thread = measure.io_thread(exchange.pid)
        measured, reference = [], []
        for _ in range(ROUNDS):
            measured.append(measure_exchange(measure, exchange, trader, thread))
            reference.append(measure_bare_send(build, measure))
        if measure.metric(exchange, "evx_exchange_websocket_overflows_total") > 0:
            raise RuntimeError("the readers did not keep up")
        readers.stop()
    print(json.dumps({"row": "websocket_fanout", "measured": statistics.median(measured),
                      "reference": statistics.median(reference), "unit": "frames/s"}))


if __name__ == "__main__":
    main()
