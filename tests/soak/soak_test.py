"""Many WebSocket clients follow every market while the market maker and flow trade: at the end each
client's folded books are the exchange's. Two minutes; an hour with EVX_FULL=1."""

import itertools
import json
import os
import pathlib
import random
import re
import select
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from book_hash import book_hash, levels_of  # noqa: E402
from local_exchange import BUILD, binary, wait_until, write_credentials  # noqa: E402
from market_maker import MarketMaker  # noqa: E402
from stored_exchange import PrivatePostgres, StoredExchange  # noqa: E402

FULL = bool(os.environ.get("EVX_FULL"))
SECONDS = 3_600 if FULL else 120
# From here on memory must not grow by more than GROWTH_MAX.
SETTLE_SECONDS = 600 if FULL else 30
GROWTH_MAX = 0.05 if FULL else 0.2
# What the exchange keeps for streams of events; full before the clock starts, as after hours.
RECORDS_KEPT = 262_144
COMMANDS_PER_TRADE = 17
CONNECTIONS = 200
MARKETS = 1_000
# Flow trades in the newest of them, and there the market maker quotes around its prices. Of the
# others it quotes so many at a time, in turn.
FLOW_MARKETS = 60
MAKER_MARKETS = 188
MAKER_TURN_SECONDS = 20
TAKER_SECONDS = 0.5  # From one set of the taker's orders to the next.
CLIENT_SECONDS = 60  # To subscribe, and to answer a comparison.
BATCH = 100  # Books of one request.
ORDER_BATCH = 2_048
TAKEN_MARKETS = 10  # In which somebody takes from the market maker's quotes at each look.


def list_markets(exchange):
    admin = exchange.operator()
    admin.put("/series/SOAK", {"facts": {"title": "Soak"}})
    admin.put("/events/SOAK-EVENT", {"series_ticker": "SOAK"})
    tickers = [f"SOAK-{i:04}" for i in range(MARKETS)]
    for ticker in tickers:
        admin.put(f"/markets/{ticker}", {"event_ticker": "SOAK-EVENT",
                                         "close_time": "2100-01-01T00:00:00Z"})
    return tickers


def batches(items, size=BATCH):
    items = iter(items)
    return iter(lambda: list(itertools.islice(items, size)), [])


def order(ticker, side, price, count, time_in_force="good_till_canceled"):
    return {"ticker": ticker, "side": side, "price": price, "count": f"{count}.00",
            "time_in_force": time_in_force, "self_trade_prevention_type": "taker_at_cross"}


def post_orders(account, orders):
    for batch in batches(orders, ORDER_BATCH):
        account.post("/portfolio/events/orders/batched", {"orders": batch})


def place_outer_orders(exchange, tickers):
    """Two orders that trading does not reach in each market, so that no book is ever empty."""
    account = exchange.account(exchange.open_account("outer", 1_000_000))
    post_orders(account, (order(ticker, side, price, 200 + i % 50)
                          for i, ticker in enumerate(tickers)
                          for side, price in (("bid", "0.0100"), ("ask", "0.9900"))))


def fill_what_is_kept(exchange, taker, tickers):
    """So many commands that what the exchange keeps of the past has its size. Some trade, so that
    their records are on average no smaller than those that follow."""
    post_orders(taker, (order(tickers[i % MARKETS], "bid",
                              "0.0100" if i % COMMANDS_PER_TRADE else "0.9900", 1,
                              "immediate_or_cancel")
                        for i in range(RECORDS_KEPT)))
    exchange.wait_for_postgres()


class Clients:
    """The process with the WebSocket clients."""

    def __init__(self, exchange, folder, tickers):
        self._tickers = tickers
        (folder / "tickers").write_text("".join(f"{ticker}\n" for ticker in tickers))
        credentials = write_credentials(folder, "reader", exchange.credentials("demo"))
        self.process = subprocess.Popen(
            [str(BUILD / "tests/soak/soak_client"), str(exchange.ports["http_port"]),
             str(credentials), str(folder / "tickers"), str(CONNECTIONS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._line() == "ready"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _line(self):
        """The one line of an answer."""
        assert select.select([self.process.stdout], [], [], CLIENT_SECONDS)[0], "no answer"
        return self.process.stdout.readline().rstrip("\n")

    def unequal(self, hashes):
        """How many of the clients' books differ, and some of them as text."""
        lines = ["compare", *(f"{ticker} {value:016x}" for ticker, value in hashes.items()), "end"]
        self.process.stdin.write("\n".join(lines) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self._line())
        return answer["unequal"], answer["examples"]

    def finish(self):
        """Figures of the whole run."""
        self.process.stdin.close()
        return json.loads(self._line())


class Maker(MarketMaker):
    """The market maker, which quotes flow's markets, and a part of the others, then the next."""

    def __init__(self, exchange, folder, tickers):
        self._with_flow = tickers[-FLOW_MARKETS:]
        self._parts = itertools.cycle(
            zip(*[iter(tickers[:-FLOW_MARKETS])] * MAKER_MARKETS, strict=True))
        self.alone = ()  # The markets it quotes in which flow does not trade.
        self._file = folder / "markets.json"
        self._write_part()
        super().__init__(exchange, folder, f"--markets_file={self._file}")

    def _write_part(self):
        self.alone = next(self._parts)
        self._file.write_text(json.dumps({"markets": [
            *({"ticker": ticker, "mode": "model", "interval_ms": 3_000}
              for ticker in self._with_flow),
            *({"ticker": ticker, "interval_ms": 10_000} for ticker in self.alone)]}))

    def quote_next_part(self):
        self._write_part()
        self.reload()


def start_flow(exchange):
    keys = exchange.folder / "keys"
    return subprocess.Popen(
        [str(binary("flow")), "--mode=live", "--recorded=false", "--http_port=0", "--grpc_port=0",
         "--log_level=warning", f"--synthetic_markets={FLOW_MARKETS}",
         f"--exchange_addr={exchange.grpc_address}",
         f"--operator_addr=127.0.0.1:{exchange.ports['operator_grpc_port']}",
         f"--credentials={keys / 'flow.json'}", f"--operator_credentials={keys / 'operator.json'}"])


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def trade(exchange, maker, flow, taker):
    """Lets them trade; returns resident MiB once settled and at the end."""
    start = time.monotonic()
    settled = None
    sides = itertools.cycle((("bid", "0.9000"), ("ask", "0.1000")))
    turn = start + MAKER_TURN_SECONDS
    while (now := time.monotonic()) < start + SECONDS:
        assert exchange.alive() and maker.alive() and flow.poll() is None
        if now >= turn:
            maker.quote_next_part()
            turn += MAKER_TURN_SECONDS
        if settled is None and now >= start + SETTLE_SECONDS:
            settled = resident_mib(exchange.pid)
        post_orders(taker, (order(ticker, *next(sides), 1, "immediate_or_cancel")
                            for ticker in random.sample(maker.alone, TAKEN_MARKETS)))
        time.sleep(TAKER_SECONDS)  # poll interval, and the taker's pace
    return settled, resident_mib(exchange.pid)


def hashes_of(account, tickers):
    """By ticker, of the books as REST shows them now, and how many levels they have."""
    hashes, level_count = {}, 0
    for batch in batches(tickers):
        for book in account.get("/markets/orderbooks", tickers=batch)["orderbooks"]:
            bids, asks = levels_of(book["orderbook_fp"])
            hashes[book["ticker"]] = book_hash(book["ticker"], bids, asks)
            level_count += len(bids) + len(asks)
    return hashes, level_count


def compare_books(exchange, clients, tickers):
    """Until every book of every client was equal to the exchange's. No new orders are taken; what
    expires between two looks is looked at again, and a wrong level would stay."""
    account = exchange.account(exchange.credentials("demo"))
    left, level_count = list(tickers), 0
    examples = []

    def all_equal():
        nonlocal left, level_count, examples
        unequal = []
        for batch in batches(left):
            hashes, levels = hashes_of(account, batch)
            assert len(hashes) == len(batch)
            count, examples = clients.unequal(hashes)
            if count > 0:
                unequal += batch
            else:
                level_count += levels
        left = unequal
        return not left

    try:
        wait_until(all_equal, CLIENT_SECONDS, "every client has the exchange's books")
    except AssertionError as error:
        raise AssertionError(f"{error}: {left[:5]}, {examples}") from None
    return level_count


def check_hashes(exchange, tickers):
    """The hash that the exchange says of its own books is that of the books it shows."""
    account, admin = exchange.account(exchange.credentials("demo")), exchange.operator()

    def all_equal():
        hashes, _ = hashes_of(account, tickers)
        return all(admin.get(f"/markets/{ticker}")["book_hash"] == f"{value:016x}"
                   for ticker, value in hashes.items())

    wait_until(all_equal, CLIENT_SECONDS, "the exchange's hashes are those of its books")


def fills_of(account):
    fills, cursor = [], None
    while True:
        page = account.get("/portfolio/fills", limit=1_000, **({"cursor": cursor} if cursor else {}))
        fills += page["fills"]
        cursor = page.get("cursor")
        if not cursor:
            return fills


@pytest.mark.timeout(SECONDS + 600)
def test_every_client_has_the_books_of_the_exchange_after_hours_of_trading(tmp_path):
    with PrivatePostgres() as postgres, \
            StoredExchange(tmp_path, postgres, "--catalogue=empty") as exchange:
        tickers = list_markets(exchange)
        taker = exchange.account(exchange.open_account("taker", 10_000_000))
        place_outer_orders(exchange, tickers)
        fill_what_is_kept(exchange, taker, tickers)
        with Clients(exchange, tmp_path, tickers) as clients:
            cpu = cpu_seconds(exchange.pid)
            flow = start_flow(exchange)
            try:
                with Maker(exchange, tmp_path, tickers) as maker:
                    settled_mib, end_mib = trade(exchange, maker, flow, taker)
                    cpu = cpu_seconds(exchange.pid) - cpu
                    # From here on orders only leave the books.
                    exchange.operator().put("/exchange/accepting", {"accepting": False})
                    level_count = compare_books(exchange, clients, tickers)
                    check_hashes(exchange, tickers[-BATCH:])
            finally:
                flow.kill()
                flow.wait()
            client_cpu = cpu_seconds(clients.process.pid)
            figures = clients.finish()
        exchange.wait_for_postgres()
        trades = [fill["trade_id"] for fill in
                  fills_of(exchange.account(exchange.credentials("market-maker")))]
    self_trades = len(trades) - len(set(trades))
    growth = end_mib / settled_mib - 1
    print(f"{SECONDS} s, {CONNECTIONS} clients, {MARKETS} markets: {figures['deltas']} deltas folded, "
          f"{figures['sequence_errors']} sequence errors, {level_count} levels equal in each client; "
          f"market maker {len(trades)} fills, {self_trades} self-trades; resident {end_mib:.0f} MiB, "
          f"{growth:+.1%} since second {SETTLE_SECONDS}; CPU exchange {cpu / SECONDS:.0%}, "
          f"clients {client_cpu / SECONDS:.0%} of a core")
    assert figures["sequence_errors"] == figures["book_errors"] == 0
    assert figures["snapshots"] == CONNECTIONS * MARKETS
    assert level_count >= 2 * MARKETS
    assert figures["deltas"] >= CONNECTIONS * SECONDS
    assert len(trades) >= SECONDS and self_trades == 0
    assert growth <= GROWTH_MAX
