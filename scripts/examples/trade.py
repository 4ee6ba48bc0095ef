#!/usr/bin/env python3
"""Places an order with the demo account and cancels it again, with nothing but Python's standard
library and the openssl command. Reads .run/demo.json, so run scripts/up first."""

import json
import pathlib
import sys
import urllib.error
import urllib.request
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from evx_stack import signing  # noqa: E402
from evx_stack.layout import Layout  # noqa: E402

DEMO = signing.load(Layout.from_environment().run_dir / "demo.json")  # key id, key file, address


def call(method, path, body=None):
    """One signed request; path without the /trade-api/v2 prefix."""
    url = DEMO["rest_url"] + path
    headers = {"Content-Type": "application/json", **signing.headers(DEMO, method, url)}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")


def main():
    print("balance ", call("GET", "/portfolio/balance"))
    order = call("POST", "/portfolio/events/orders", {
        "ticker": "MARKET_MAKER",
        "side": "bid",
        "price": "0.1000",
        "count": "5.00",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
        "client_order_id": str(uuid.uuid4()),
    })
    print("created ", order)
    print("canceled", call("DELETE", f"/portfolio/events/orders/{order['order_id']}"))


if __name__ == "__main__":
    main()
