#!/usr/bin/env python3
"""usage: rest_get.py --build=DIR

Unsigned GET of an order book over 64 connections, per CPU-second of the one thread that serves it,
against nginx's `return 200` with the same body. Row rest_get."""

import argparse
import json
import os
import statistics
import urllib.request

ROUNDS = 3
SECONDS = 3
LEVELS = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    os.environ["EVX_BUILD"] = parser.parse_args().build
    import rest_measure
    from local_exchange import LocalExchange

    with LocalExchange("--http_threads=1") as exchange:
        flow = exchange.account("flow-1")
        for cents in range(1, LEVELS + 1):
            flow.post("/portfolio/events/orders", {
                "ticker": "MARKET_MAKER", "side": "bid", "price": f"0.{cents:02}00",
                "count": "10.00", "time_in_force": "good_till_canceled",
                "self_trade_prevention_type": "taker_at_cross"})
        url = exchange.rest_url + "/markets/MARKET_MAKER/orderbook"
        with urllib.request.urlopen(url) as answer:
            body = answer.read().decode()
        door = rest_measure.door_thread(exchange.pid)
        with rest_measure.nginx(body) as (reference_url, worker):
            measured, reference = [], []
            for _ in range(ROUNDS):
                measured.append(rest_measure.per_cpu_second(url, SECONDS, door))
                reference.append(rest_measure.per_cpu_second(reference_url, SECONDS, worker))
    print(json.dumps({"row": "rest_get", "measured": statistics.median(measured),
                      "reference": statistics.median(reference), "unit": "/s"}))


if __name__ == "__main__":
    main()
