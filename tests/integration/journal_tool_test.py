"""evx-journal, the program, on the data directories of real exchanges."""

import json
import random
import re
import subprocess

import pytest

from local_exchange import BUILD, binary, wait_until
from order_load import Traders
from stored_exchange import POSTGRES_BINARIES, StoredExchange
from venue_socket import Book, VenueSocket

TICKER = "TOOL"
ORDERS = "/portfolio/events/orders"
FLAGS = ["--catalogue=empty", "--journal_segment_bytes=1048576"]
LOAD_ANSWERS = 2_000
LOAD_SECONDS = 60
FRAME_ORDERS = 300
AUDIT_COUNT = 80


def body(number, side="bid", price="0.4000", count="10.00", **more):
    return {"ticker": TICKER, "side": side, "price": price, "count": count,
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": f"tool-{number}", **more}


def run_tool(verb, *flags):
    tool = binary("mock-kalshi").with_name("evx-journal")
    return subprocess.run([str(tool), verb, *flags], capture_output=True, text=True)


def failure(verb, *flags):
    """What a run says that must fail."""
    run = run_tool(verb, *flags)
    assert run.returncode == 1, f"{verb}: {run.stdout}{run.stderr}"
    return run.stderr


def place(exchange):
    state = exchange.operator().get("/state")
    return state["sequence_number"], state["state_hash"]


def replay_to(exchange, sequence_number):
    output = exchange.journal("replay", f"--to={sequence_number}")
    found = re.search(r"sequence_number (\d+) state_hash ([0-9a-f]{16})", output)
    return int(found[1]), found[2]


@pytest.fixture
def exchange(tmp_path):
    with StoredExchange(tmp_path, None, *FLAGS) as started:
        started.list_market(TICKER)
        yield started


@pytest.fixture
def trader(exchange):
    return exchange.open_account("trader", 1_000)


def test_print_shows_the_whole_life_of_an_order(exchange, trader):
    account = exchange.account(trader)
    other = exchange.account(exchange.open_account("other", 1_000))
    account.post(ORDERS, body("before"))
    order = account.post(ORDERS, body("followed", price="0.4100"))["order_id"]
    account.post(f"{ORDERS}/{order}/amend", {"ticker": TICKER, "side": "bid", "price": "0.4200",
                                             "count": "9.00"})
    account.post(f"{ORDERS}/{order}/decrease", {"reduce_to": "8.00"})
    other.post(ORDERS, body("taker", side="ask", price="0.4200", count="3.00"))
    account.delete(f"{ORDERS}/{order}")
    account.post(ORDERS, body("after"))

    life = exchange.journal("print", f"--order={order}")
    records = re.split(r"\n(?=\d)", life.strip())
    verbs = [re.search(r"\n  (\w+)\{", record)[1] for record in records]
    assert verbs == ["CreateOrder", "AmendOrder", "DecreaseOrder", "CreateOrder", "CancelOrder"]
    events = [name for record in records for name in re.findall(r"^  (\w+)\{", record, re.M)[1:]]
    assert [name for name in events if name != "BookChanged"] == ["OrderAccepted", "OrderAmended", "OrderDecreased", "TradeExecuted",
                      "OrderFilled", "OrderCanceled"]
    for record in (records[0], records[1], records[2], records[4]):
        who = record.splitlines()[0]
        assert re.match(r"\d+ 20\d\d-\d\d-\d\dT\S+Z door=rest key=\S+ from=127\.0\.0\.1", who), who
        assert f"key={trader['key_id']} " in who
    assert f"key={trader['key_id']} " not in records[3].splitlines()[0]
    number = re.search(r"OrderAccepted\{order_id=(\d+)", life)[1]
    assert exchange.journal("print", f"--order={number}") == life
    assert "concerns order" in failure("print", f"--data_dir={exchange.data}", "--order=999999")


def test_print_shows_a_range(exchange, trader):
    last, _ = place(exchange)
    lines = exchange.journal("print", f"--from={last - 2}", f"--to={last}").splitlines()
    numbers = [int(line.split()[0]) for line in lines if not line.startswith(" ")]
    assert numbers == [last - 2, last - 1, last]


def test_verify_names_file_and_offset_of_the_first_bad_record(exchange, trader):
    for number in range(20):
        exchange.account(trader).post(ORDERS, body(number))
    exchange.stop()
    sound = exchange.journal("verify")
    [path] = exchange.data.glob("*.journal")
    assert f"{path.name}: records 1.." in sound
    content = bytearray(path.read_bytes())
    end = len(bytes(content).rstrip(b"\0"))
    content[end // 2] ^= 0x04
    path.write_bytes(content)
    message = failure("verify", f"--data_dir={exchange.data}")
    assert str(path) in message
    offset = int(re.search(r"offset (\d+)", message)[1])
    assert 0 <= end // 2 - offset < 1_000


def test_truncate_gives_up_the_records_from_a_number_on(exchange, trader):
    account = exchange.account(trader)
    account.post(ORDERS, body("kept"))
    kept = place(exchange)
    lost = account.post(ORDERS, body("lost"))["order_id"]
    command = ("truncate", f"--data_dir={exchange.data}", f"--from_sequence={kept[0] + 1}")
    assert "LOCK" in failure(*command)
    exchange.stop()
    run = run_tool(*command)
    assert run.returncode == 0 and f"goes on with record {kept[0] + 1}" in run.stdout
    assert list(exchange.data.glob("*.discarded"))
    assert exchange.replay() == kept
    exchange.start()
    account = exchange.account(trader)
    assert place(exchange) == kept
    assert account.request("GET", f"/portfolio/orders/{lost}").status_code == 404


def test_replay_gives_the_state_hash_at_any_record(tmp_path):
    places = []
    with StoredExchange(tmp_path, None, *FLAGS, "--snapshot_interval=300") as exchange:
        exchange.list_market(TICKER)
        trader = exchange.account(exchange.open_account("trader", 100_000))
        number = 0
        # Until the journal's beginning is gone; records of some 600 bytes fill segments of 1 MiB.
        while (exchange.data / "00000000000000000001.journal").exists():
            orders = [body(number + i, count="1.00") for i in range(20)]
            answer = trader.post(f"{ORDERS}/batched", {"orders": orders})
            trader.request("DELETE", f"{ORDERS}/batched", {"orders": [
                {"order_id": item["order_id"]} for item in answer["orders"]]})
            number += 20
            places.append(place(exchange))
            if number == 400:
                for known in places[::5]:
                    assert replay_to(exchange, known[0]) == known
    assert replay_to(exchange, places[-1][0]) == places[-1]
    snapshots = sorted(int(path.stem) for path in exchange.data.glob("*.snapshot"))
    covered = [known for known in places if known[0] >= snapshots[0]]
    assert covered[0][0] < snapshots[-1]
    for known in (covered[0], covered[-1]):
        assert replay_to(exchange, known[0]) == known
    data = f"--data_dir={exchange.data}"
    assert "no snapshot" in failure("replay", data, f"--to={snapshots[0] - 1}")
    assert "ends at record" in failure("replay", data, f"--to={places[-1][0] + 1000}")
    assert "the journal begins with record" in failure("frames", data)


def test_a_replay_needs_not_know_the_schedule(tmp_path):
    """The schedule is part of the journal: it may be another one at each start."""
    trader = None
    hashes = []
    for life, schedule in enumerate(("always", "kalshi", "kalshi", "always")):
        # Within the weekly pause, so that the schedule decides whether an order is taken.
        with StoredExchange(tmp_path, None, *FLAGS, f"--schedule={schedule}", "--clock=virtual",
                            "--clock_start=2026-08-06T08:00:00Z") as exchange:
            if trader is None:
                exchange.list_market(TICKER)
                trader = exchange.open_account("trader", 1_000)
            before = exchange.account(trader).get("/portfolio/balance")["balance"]
            answer = exchange.account(trader).request("POST", ORDERS, body(life))
            assert answer.status_code == (201 if schedule == "always" else 409), answer.text
            assert exchange.account(trader).get("/portfolio/balance")["balance"] <= before
            hashes.append(place(exchange))
            exchange.kill()
        assert exchange.replay() == hashes[-1]
    for known in hashes:
        assert replay_to(exchange, known[0]) == known


def query(exchange, statement):
    return subprocess.run([POSTGRES_BINARIES / "psql", "-qAt", "-c", statement,
                           exchange.url_file.read_text()],
                          check=True, capture_output=True, text=True).stdout


def live_flags(exchange):
    return [f"--postgres_url_file={exchange.url_file}",
            f"--operator_addr=127.0.0.1:{exchange.ports['operator_grpc_port']}",
            f"--operator_credentials={exchange.folder / 'keys' / 'operator.json'}"]


def test_audit_of_a_running_exchange_passes_under_load(tmp_path, postgres, seed):
    with StoredExchange(tmp_path, postgres, *FLAGS, "--snapshot_interval=1000") as exchange:
        traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
        exchange.wait_for_postgres()  # Before its first record there is nothing to compare.
        traders.start(exchange)
        flags = live_flags(exchange)
        ends = []
        try:
            for count in range(1, 4):
                wait_until(lambda: traders.answered() >= count * LOAD_ANSWERS, LOAD_SECONDS,
                           "answers")
                output = exchange.journal("audit", *flags)
                live = re.search(r"live state equals the journal: sequence_number (\d+)", output)
                stored = re.search(r"PostgreSQL equals the journal: records (\d+) to (\d+), "
                                   r"(\d+) rows compared", output)
                # An entry of the ledger never changes: those of the audited records are all there.
                assert int(stored[3]) >= int(query(
                    exchange, "SELECT count(*) FROM exchange.ledger_entries "
                              f"WHERE sequence_number BETWEEN {stored[1]} AND {stored[2]}")) > 0
                ends.append((int(live[1]), int(stored[2])))
        finally:
            traders.stop()
        assert all(a[0] < b[0] and a[1] < b[1] for a, b in zip(ends, ends[1:]))

        # One difference, in a record that the journal still has, is named.
        exchange.wait_for_postgres()
        plant = ("UPDATE exchange.fills SET fee_micros = fee_micros + 1 "
                 "WHERE is_taker AND trade_id = (SELECT max(trade_id) FROM exchange.fills)")
        query(exchange, plant)
        message = failure("audit", f"--data_dir={exchange.data}", *flags)
        assert re.search(r"exchange\.fills, row trade_id=\d+ is_taker=t: fee_micros", message)


def test_audit_begins_anew_where_the_journal_is_deleted_while_it_is_read(tmp_path, postgres, seed):
    """One in some tens of these audits meets it."""
    with StoredExchange(tmp_path, postgres, *FLAGS, "--snapshot_interval=200") as exchange:
        traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
        exchange.wait_for_postgres()
        traders.start(exchange)
        try:
            for _ in range(AUDIT_COUNT):
                exchange.journal("audit", *live_flags(exchange))
        finally:
            traders.stop()

def test_audit_tells_another_exchange_from_its_journal(exchange, tmp_path):
    with StoredExchange(tmp_path / "other", None, *FLAGS) as other:
        message = failure(
            "audit", f"--data_dir={exchange.data}",
            f"--operator_addr=127.0.0.1:{other.ports['operator_grpc_port']}",
            f"--operator_credentials={other.folder / 'keys' / 'operator.json'}")
    assert "journal and live state differ" in message


def test_frames_are_what_a_subscriber_received_and_become_a_recording(exchange, trader, seed,
                                                                      tmp_path):
    draw = random.Random(seed)
    accounts = [exchange.account(trader), exchange.account(exchange.open_account("other", 1_000))]
    watcher = exchange.account(exchange.open_account("watcher", 1))
    with VenueSocket(exchange.ws_url, watcher) as socket:
        socket.subscribe("orderbook_delta", "trade", market_ticker=TICKER)
        assert "yes_dollars_fp" not in socket.until("orderbook_snapshot")["msg"]
        for number in range(FRAME_ORDERS):
            account = draw.choice(accounts)
            order = account.post(ORDERS, body(
                number, side=draw.choice(("bid", "ask")), count=f"{draw.randint(1, 900) / 100:.2f}",
                price=f"{draw.randint(45, 55) / 100:.4f}"))
            if draw.random() < 0.2:
                account.request("DELETE", f"{ORDERS}/{order['order_id']}")
        levels = accounts[0].get(f"/markets/{TICKER}/orderbook")["orderbook_fp"]
        exchange.operator().post(f"/markets/{TICKER}/close")
        socket.until("orderbook_snapshot")
        received = socket.drain()
    lines = exchange.journal("frames")
    assert exchange.journal("frames") == lines
    events = [json.loads(line)["event"] for line in lines.splitlines()]
    for sid in (1, 2):
        numbers = [event["seq"] for event in events if event["sid"] == sid]
        assert numbers == list(range(1, len(numbers) + 1))
    for kind in ("orderbook_delta", "trade"):
        made = [event["msg"] for event in events if event["type"] == kind]
        assert made == [message["msg"] for message in received if message["type"] == kind]
        assert len(made) > FRAME_ORDERS / 10
    snapshots = [event for event in events if event["type"] == "orderbook_snapshot"]
    assert [snapshot["msg"].keys() for snapshot in snapshots] == [
        {"market_ticker", "market_id"}] * 2, "one when it is listed, one when it closes"
    book = Book()
    for event in events[:events.index(snapshots[1])]:
        if event["type"] == "orderbook_delta":
            book.apply_delta(event["msg"])
    assert book.levels() == levels

    (tmp_path / "frames.ndjson").write_text(lines)
    recording = str(tmp_path / "recording")
    tool = str(BUILD / "services/market-data-server/tool/evx-record")
    subprocess.run([tool, "import", recording, str(tmp_path / "frames.ndjson")], check=True)
    exported = subprocess.run([tool, "export", recording, "--format=frames"], check=True,
                              capture_output=True, text=True).stdout
    assert exported == lines
    coverage = subprocess.run([tool, "coverage", recording], check=True, capture_output=True,
                              text=True).stdout
    assert coverage.startswith(f"{TICKER}: islands 1, gaps 0, events ")
    assert "begin with the first record" in failure("frames", f"--data_dir={exchange.data}",
                                                    "--from=2")


def test_a_wrong_verb_and_a_missing_directory_are_named(tmp_path):
    assert run_tool("repair", f"--data_dir={tmp_path}").returncode == 2
    nothing = run_tool("audit", f"--data_dir={tmp_path}")
    assert nothing.returncode == 1 and "--postgres_url_file" in nothing.stderr
