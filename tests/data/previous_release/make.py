#!/usr/bin/env python3
"""Makes data.tar.xz and expected.json of this folder: what a release leaves behind in its data
directory, for previous_release_test.py, which starts the next one on it.

    EVX_BUILD=BUILD_OF_THE_RELEASE .venv/bin/python tests/data/previous_release/make.py

Run it with the programs of a release once that is out, before anything is changed. The exchange
runs on a virtual clock and is killed, so that a snapshot and a tail of records are left."""

import json
import pathlib
import sys
import tarfile
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from stored_exchange import StoredExchange  # noqa: E402

FLAGS = ["--catalogue=empty", "--clock=virtual", "--clock_start=2026-08-03T14:00:00Z",
         "--journal_segment_bytes=1048576", "--snapshot_interval=150"]
ORDERS = "/portfolio/events/orders"
TRADERS = ("ann", "bob")
KEY_FILES = ("operator.json", "operator.pem", "traders.json")


def order(ticker, side, cents, count, number, **more):
    return {"ticker": ticker, "side": side, "price": f"{cents / 100:.4f}", "count": f"{count}.00",
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": f"{ticker}-{number}", **more}


def list_markets(admin):
    admin.put("/series/LEGACY", {"facts": {"title": "Legacy"}})
    admin.put("/events/LEGACY-1", {"series_ticker": "LEGACY"})
    for ticker, grid in (("LEGACY-PAID", "linear_cent"), ("LEGACY-OPEN", "deci_cent"),
                         ("LEGACY-QUIET", "tapered_deci_cent")):
        admin.put(f"/markets/{ticker}", {
            "event_ticker": "LEGACY-1", "close_time": "2026-09-01T00:00:00Z",
            "price_level_structure": grid, "settlement_timer_seconds": 0})


def trade(ann, bob):
    """Orders of every kind; most leave the book again."""
    for number in range(40):
        for ticker in ("LEGACY-PAID", "LEGACY-OPEN"):
            cents = 40 + number % 12
            maker = ann.post(ORDERS, order(ticker, "bid", cents, 5, f"a{number}"))["order_id"]
            bob.post(ORDERS, order(ticker, "ask", cents, 1 + number % 5, f"b{number}",
                                   time_in_force="immediate_or_cancel"))
            if number % 3 == 0:
                ann.request("DELETE", f"{ORDERS}/{maker}")
    group = ann.post("/portfolio/order_groups/create", {"contracts_limit": 50})["order_group_id"]
    resting = [ann.post(ORDERS, order("LEGACY-QUIET", "bid", 1 + number, 9, f"q{number}",
                                      order_group_id=group))["order_id"] for number in range(12)]
    ann.post(f"{ORDERS}/{resting[0]}/amend", {"ticker": "LEGACY-QUIET", "side": "bid",
                                              "price": "0.2000", "count": "7.00"})
    ann.post(f"{ORDERS}/{resting[1]}/decrease", {"reduce_to": "2.00"})
    bob.post(ORDERS, order("LEGACY-QUIET", "ask", 95, 3, "expiring",
                           expiration_time=1785790800))  # 2026-08-03T21:00:00Z.


def facts(exchange, credentials):
    """What the next release must show as this one does."""
    found = pick(exchange.operator().get("/state"), "sequence_number")
    for name in TRADERS:
        account = exchange.account(credentials[name])
        found[name] = {
            "balance": account.get("/portfolio/balance")["balance"],
            "positions": [pick(position, "ticker", "position_fp", "realized_pnl_dollars")
                          for position in account.get("/portfolio/positions")["market_positions"]],
            "resting": [pick(order, "order_id", "client_order_id", "ticker", "book_side",
                             "yes_price_dollars", "remaining_count_fp", "fill_count_fp")
                        for order in account.resting_orders()]}
    return found


def pick(item, *names):
    return {name: item[name] for name in names}


def main():
    with tempfile.TemporaryDirectory() as folder:
        with StoredExchange(folder, None, *FLAGS) as exchange:
            admin = exchange.operator()
            list_markets(admin)
            credentials = {name: exchange.open_account(name, 1_000) for name in TRADERS}
            trade(*(exchange.account(credentials[name]) for name in TRADERS))
            admin.post("/markets/LEGACY-PAID/close")
            admin.post("/markets/LEGACY-PAID/determine", {"result": "yes"})
            expected = facts(exchange, credentials)
            exchange.kill()
        (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
        (exchange.folder / "keys/traders.json").write_text(json.dumps(credentials))
        with tarfile.open(FOLDER / "data.tar.xz", "w:xz") as archive:
            for name in ("data", *(f"keys/{file}" for file in KEY_FILES)):
                archive.add(exchange.folder / name, name, filter=anonymous)
        print(sorted(path.name for path in exchange.data.iterdir()), expected["sequence_number"])


def unpack(folder):
    """Puts a copy of the data directory and its keys into `folder`; gives the traders'
    credentials."""
    with tarfile.open(FOLDER / "data.tar.xz") as archive:
        archive.extractall(folder)
    operator = folder / "keys/operator.json"
    operator.chmod(0o600)
    credentials = json.loads(operator.read_text())
    operator.write_text(json.dumps(
        {**credentials, "private_key_path": str(operator.with_suffix(".pem"))}))
    return json.loads((folder / "keys/traders.json").read_text())


def anonymous(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main()
