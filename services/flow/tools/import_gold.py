#!/usr/bin/env python3
"""usage: import_gold.py SOURCE OUTPUT_DIR [MARKET...]

Re-encodes recorded 15-minute gold sessions in our recording format (services/flow/README.md), one
file a market. SOURCE holds MARKETS.csv and events/<market>/*.ndjson.gz with one received WebSocket
frame a line.
"""

import csv
import datetime
import decimal
import gzip
import json
import pathlib
import sys

DELTA, TRADE, SNAPSHOT = 0, 1, 2
BID, ASK = 0, 1


def millis(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def micros(text):
    return int(decimal.Decimal(text) * 1_000_000)


def centis(text):
    return int(decimal.Decimal(text) * 100)


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return value * 2 if value >= 0 else -value * 2 - 1


def level(side, price_micros):
    return varint(price_micros // 100 * 2 + side)


def yes_level(contract_side, price):
    """A bid for NO at p is an ask at 1 - p."""
    if contract_side == "yes":
        return BID, micros(price)
    return ASK, 1_000_000 - micros(price)


def frames(folder):
    for path in sorted(folder.glob("*.ndjson.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                frame = json.loads(line)["event"]
                yield frame["type"], frame["msg"]


def encode(kind, message):
    """The frame without its time."""
    if kind == DELTA:
        side, price = yes_level(message["side"], message["price_dollars"])
        return level(side, price) + varint(zigzag(centis(message["delta_fp"])))
    if kind == TRADE:
        side = BID if message["taker_book_side"] == "bid" else ASK
        return level(side, micros(message["yes_price_dollars"])) + varint(
            centis(message["count_fp"]))
    out = b""
    levels = [(yes_level(name, price), centis(size))
              for name in ("yes", "no")
              for price, size in message.get(f"{name}_dollars_fp", [])]
    for (side, price), size in levels:
        out += level(side, price) + varint(size)
    return varint(len(levels)) + out


def convert(market, source, output):
    kinds = {"orderbook_delta": DELTA, "trade": TRADE, "orderbook_snapshot": SNAPSHOT}
    body = bytearray()
    start = millis(market["open_time"])
    received = [(kinds[kind], message) for kind, message in frames(source)]
    first = next(message["ts_ms"] for _, message in received if "ts_ms" in message)
    time = start
    now = first - 1
    for kind, message in received:
        # A snapshot has no time of its own: it counts as that of the frame before.
        now = message.get("ts_ms", now)
        body += varint(zigzag(now - time) * 4 + kind) + encode(kind, message)
        time = now
    header = {
        "market_ticker": market["window"],
        "event_ticker": market["event_ticker"],
        "series_ticker": market["event_ticker"].split("-")[0],
        "open_time_ms": start,
        "close_time_ms": millis(market["close_time"]),
        "price_level_structure": market["price_level_structure"],
        "floor_strike": market["floor_strike"],
        "result": market["result"],
        "settlement_value_micros": micros(market["settlement_value_dollars"]),
        "expiration_value": market["expiration_value"],
        "frame_count": len(received),
    }
    path = output / f"{market['window']}.evxrec"
    path.write_bytes(b"evx-recording 1\n" + json.dumps(header).encode() + b"\n" + bytes(body))
    print(f"{path} {len(received)} frames {path.stat().st_size} bytes", flush=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, output = map(pathlib.Path, sys.argv[1:3])
    output.mkdir(parents=True, exist_ok=True)
    with open(source / "MARKETS.csv", newline="", encoding="utf-8") as rows:
        for market in csv.DictReader(rows):
            if len(sys.argv) == 3 or market["window"] in sys.argv[3:]:
                convert(market, source / "events" / market["window"], output)


if __name__ == "__main__":
    main()
