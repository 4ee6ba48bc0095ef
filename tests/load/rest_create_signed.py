#!/usr/bin/env python3
"""usage: rest_create_signed.py --build=DIR

Signed creates over 64 connections, each with a signature and a client order id of its own, per
CPU-second of the one thread that serves HTTP (it verifies), against RSA-2048 verifications of one
core by `openssl speed`. Signatures are made before the run, so the time window is widened. Row
rest_create_signed."""

import argparse
import json
import multiprocessing
import os
import pathlib
import subprocess
import tempfile

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

REQUESTS = 30_000
SECONDS_MAX = 20
PATH = "/trade-api/v2/portfolio/events/orders"
# Gives wrk one request after another from a file, and stops when all have been sent.
SCRIPT = """
local requests, position = {}, 0
function init(arguments)
  local file = io.open(arguments[1], "rb")
  for request in file:read("*a"):gmatch("[^%z]+") do requests[#requests + 1] = request end
  file:close()
end
function request()
  position = position + 1
  if position >= #requests then wrk.thread:stop() end
  return requests[math.min(position, #requests)]
end
"""

_account = None


def _use(account):
    global _account
    _account = account


def signed_request(number):
    body = json.dumps({
        "ticker": "MARKET_MAKER", "side": "bid", "price": f"0.{1 + number % 40:02}00",
        "count": "1.00", "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross", "client_order_id": f"load-{number}"})
    headers = _account.headers("POST", "/portfolio/events/orders")
    lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def openssl_verifications():
    """RSA-2048 verifications a second of one core."""
    run = subprocess.run(["openssl", "speed", "-seconds", "2", "rsa2048"], capture_output=True,
                         text=True, check=True)
    return float(run.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    os.environ["EVX_BUILD"] = parser.parse_args().build
    import rest_measure
    from local_exchange import Account, LocalExchange

    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    with LocalExchange("--http_threads=1", "--auth_window=1h") as exchange, \
            tempfile.TemporaryDirectory() as folder:
        made = exchange.account("flow-1").post(
            "/api_keys", {"name": "load", "public_key": public.decode()})
        account = Account(exchange.rest_url, {"key_id": made["api_key_id"],
                                              "private_key_pem": private.decode()})
        with multiprocessing.get_context("fork").Pool(initializer=_use, initargs=(account,)) as pool:
            requests = pool.map(signed_request, range(REQUESTS), chunksize=500)
        file = pathlib.Path(folder, "requests")
        file.write_text("\0".join(requests))
        script = pathlib.Path(folder, "requests.lua")
        script.write_text(SCRIPT)
        door = rest_measure.door_thread(exchange.pid)
        before = rest_measure.cpu_seconds(door)
        rest_measure.wrk(exchange.rest_url, SECONDS_MAX, script, [file])
        cpu = rest_measure.cpu_seconds(door) - before
        # wrk does not count what was in flight when it stopped; the book does: each order is one
        # contract and nobody else is there.
        book = account.get("/markets/MARKET_MAKER/orderbook")["orderbook_fp"]
        count = round(sum(float(size) for _, size in book["yes_dollars"]))
    print(json.dumps({"row": "rest_create_signed", "measured": count / cpu,
                      "reference": openssl_verifications(), "unit": "/s"}))


if __name__ == "__main__":
    main()
