"""What a damaged journal and a bad disk do to mock-kalshi."""

import re
import shlex
import subprocess
import time

import pytest

from fix_client import FixClient, order
from local_exchange import binary, wait_until
from order_load import Traders
from stored_exchange import StoredExchange, disk_faults

TICKER = "DAMAGE"
ORDERS = "/portfolio/events/orders"
FLAGS = ["--catalogue=empty", "--journal_segment_bytes=1048576"]
SMALL_DISK_BYTES = 12 << 20
BATCH = 20
# Far more than fits into the space that is made ready ahead.
BATCHES_MAX = 10_000
WAIT_SECONDS = 30
SLOW_ANSWERS = 2_000
# Sent at once.
BURST = 400


def body(client_order_id):
    return {"ticker": TICKER, "side": "bid", "price": "0.4000", "count": "1.00",
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": client_order_id}


def order_state(account, order_id):
    response = account.request("GET", f"/portfolio/orders/{order_id}")
    return response.json()["order"]["status"] if response.status_code == 200 else None


def stopped_exchange(folder):
    """An exchange that took 20 orders and was stopped; with credentials and order ids."""
    with StoredExchange(folder, None, *FLAGS) as exchange:
        exchange.list_market(TICKER)
        credentials = exchange.open_account("trader", 1_000)
        account = exchange.account(credentials)
        orders = [account.post(ORDERS, body(f"order-{i}"))["order_id"] for i in range(20)]
        assert exchange.stop() == 0
    return exchange, credentials, orders


def journal_end(exchange):
    """The segment that was written last, and where its last record ends."""
    ends = {path: len(path.read_bytes().rstrip(b"\0"))
            for path in sorted(exchange.data.glob("*.journal"))}
    # Segments that were made ready ahead hold zeros, or a header at most.
    path = max((path for path, end in ends.items() if end > 4096), default=max(ends, key=ends.get))
    return path, ends[path]


def test_a_torn_tail_is_cut(tmp_path):
    exchange, credentials, orders = stopped_exchange(tmp_path)
    path, end = journal_end(exchange)
    with open(path, "r+b") as segment:
        segment.seek(end - 20)
        segment.write(bytes(20))
    with exchange:
        account = exchange.account(credentials)
        assert [order_state(account, order) for order in orders[-2:]] == ["resting", None]
        again = account.request("POST", ORDERS, body("order-19"))
        assert again.status_code == 201
        known = account.request("POST", ORDERS, body("order-18"))
        assert known.status_code == 409


def test_a_flipped_bit_stops_the_start_and_its_remedy_works(tmp_path):
    exchange, credentials, orders = stopped_exchange(tmp_path)
    path, end = journal_end(exchange)
    content = bytearray(path.read_bytes())
    content[end // 2] ^= 0x10
    path.write_bytes(content)
    exchange.launch()
    assert exchange.wait() not in (0, None)
    message = exchange.log()
    print(message)
    assert str(path) in message
    offset = int(re.search(r"offset (\d+)", message)[1])
    assert 0 <= end // 2 - offset < 4096
    remedy = re.search(r"evx-journal (truncate [^\"]*)", message)[1]
    tool = binary("mock-kalshi").with_name("evx-journal")
    subprocess.run([tool, *shlex.split(remedy)], check=True)
    with exchange:
        assert order_state(exchange.account(credentials), orders[-1]) is None


class MountedDisk:
    """A small disk of its own; needs the privilege to mount."""

    environment = {}

    def __init__(self, folder):
        self.folder = folder / "disk"
        self.folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}",
                                  "tmpfs", self.folder], capture_output=True)
        if mounted.returncode != 0:
            pytest.skip("needs the privilege to mount a small disk")

    def fill(self):
        try:
            with open(self.folder / "filler", "wb", buffering=0) as file:
                while file.write(bytes(64 << 10)):
                    pass
        except OSError:
            pass

    def make_space(self):
        (self.folder / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)


class InjectedDisk:
    """An ordinary disk that refuses to allocate space."""

    def __init__(self, folder):
        self.folder = folder
        self._full = folder / "full"
        self.environment = disk_faults(EVX_DISK_FULL_FILE=self._full)

    def fill(self):
        self._full.touch()

    def make_space(self):
        self._full.unlink()

    def close(self):
        pass


@pytest.fixture(params=[MountedDisk, InjectedDisk])
def disk(request, tmp_path):
    disk = request.param(tmp_path)
    yield disk
    disk.close()


def test_a_full_disk_refuses_orders_but_not_cancels_until_there_is_space(disk):
    with StoredExchange(disk.folder / "exchange", None, *FLAGS,
                        environment=disk.environment) as exchange:
        exchange.list_market(TICKER)
        credentials = exchange.open_account("trader", 1_000_000)
        account = exchange.account(credentials)
        resting = [account.post(ORDERS, body(f"first-{i}"))["order_id"] for i in range(30)]
        disk.fill()
        accepted = []

        def refused(number):
            """Whether an order of this batch was; 429: the journal does not know yet."""
            answer = account.post(ORDERS + "/batched", {"orders": [
                body(f"batch-{number}-{i}") for i in range(BATCH)]})
            accepted.extend(item["order_id"] for item in answer["orders"] if not item.get("error"))
            return any(item.get("error") for item in answer["orders"])

        assert any(refused(number) for number in range(BATCHES_MAX))
        wait_until(lambda: account.request("POST", ORDERS, body("refused")).status_code == 503,
                   WAIT_SECONDS, "orders are answered 503")
        for order in resting:
            canceled = account.request("DELETE", f"{ORDERS}/{order}")
            assert canceled.status_code == 200, canceled.text
        assert exchange.alive()
        disk.make_space()
        wait_until(lambda: account.request("POST", ORDERS, body("resumed")).status_code == 201,
                   WAIT_SECONDS, "orders are accepted again")
        exchange.kill()
        exchange.start()
        account = exchange.account(credentials)
        ids = {order["order_id"] for order in account.resting_orders()}
        assert ids >= set(accepted) and not ids & set(resting)
        assert len(ids) == len(accepted) + 1


def send_burst(exchange):
    """So many orders that are all there before the disk has taken the first."""
    exchange.list_market(TICKER)
    with FixClient(exchange.fix, "KalshiNR", exchange.open_account("burst", 1_000)) as client:
        assert client.log_on((21011, "Y")).type == "A"
        client.send_bytes(b"".join(client.message("D", order(f"burst-{i}", TICKER, "1", "1", "1"))
                                   for i in range(BURST)))
        for i in range(BURST):
            client.expect("8", t150="0", t11=f"burst-{i}")


def test_a_slow_disk_only_slows(tmp_path, seed):
    delay_us = 20_000
    with StoredExchange(tmp_path, None, *FLAGS,
                        environment=disk_faults(EVX_DISK_DELAY_US=delay_us)) as exchange:
        def batches():
            return exchange.metric("evx_exchange_journal_batches_total")

        traders = Traders(exchange, rest_count=4, stream_count=2, seed=seed)
        start = time.monotonic()
        before = batches()
        traders.start(exchange)
        wait_until(lambda: traders.answered() > SLOW_ANSWERS, 120, "answers")
        # The disk was that slow; the last write of the setup may be counted late.
        assert (batches() - before - 1) * delay_us / 1e6 <= time.monotonic() - start
        traders.stop()
        traders.check(exchange, seed)
        before = batches()
        send_burst(exchange)
        # One durable write serves many, however slowly clients send.
        assert batches() - before < BURST / 4
