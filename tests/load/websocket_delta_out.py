#!/usr/bin/env python3
"""usage: websocket_delta_out.py --build=DIR

Orders over one FIX session at 2,000 a second, to an exchange with its journal on disk and its
history in PostgreSQL, and when their deltas arrive at 100 WebSocket connections; against fdatasync
on the same disk. Rows delta_out_p50, delta_out_p99."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

TICKER = "DELTA-OUT"
DOLLARS = 100_000_000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    build = parser.parse_args().build
    os.environ["EVX_BUILD"] = build
    from stored_exchange import PrivatePostgres, StoredExchange

    with tempfile.TemporaryDirectory(prefix="evx-delta-out-") as folder, \
            PrivatePostgres() as postgres, \
            StoredExchange(folder, postgres, "--catalogue=empty") as exchange:
        exchange.list_market(TICKER)
        trader = exchange.open_trader("delta-out", DOLLARS)
        subprocess.run([f"{build}/tests/load/delta_out", str(exchange.ports["http_port"]),
                        str(exchange.ports["fix_nr_port"]), trader, TICKER, folder], check=True)


if __name__ == "__main__":
    main()
