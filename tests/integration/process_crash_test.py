"""kill -9 of mock-kalshi at random instants under load."""

import os
import random

import pytest

from local_exchange import wait_until
from order_load import Traders
from stored_exchange import StoredExchange

FULL = bool(os.environ.get("EVX_FULL"))
LIVES = 50 if FULL else 5
# So small that some snapshot is always near.
SNAPSHOT_INTERVAL = 500
ANSWERS_PER_LIFE_MAX = 3_000
LOAD_SECONDS = 60


@pytest.mark.timeout(1_800)
def test_no_acknowledged_order_is_lost_or_doubled(tmp_path, postgres, seed):
    generator = random.Random(seed)
    flags = ["--catalogue=empty", f"--snapshot_interval={SNAPSHOT_INTERVAL}",
             "--journal_segment_bytes=1048576"]
    with StoredExchange(tmp_path, postgres, *flags) as exchange:
        traders = Traders(exchange, rest_count=4, stream_count=2, seed=seed)
        for life in range(1, LIVES + 1):
            kill_at = traders.answered() + generator.randint(1, ANSWERS_PER_LIFE_MAX)
            traders.start(exchange)
            wait_until(lambda: traders.answered() >= kill_at, LOAD_SECONDS, "answers")
            if generator.random() < 0.5:
                wait_until(exchange.snapshot_under_way, LOAD_SECONDS, "a snapshot is written")
            exchange.kill()
            traders.join()
            sequence_number, state_hash = exchange.replay()
            exchange.start()
            state = exchange.operator().get("/state")
            print(f"life {life}: {traders.acknowledged_count()} orders acknowledged, "
                  f"sequence number {sequence_number}")
            assert (state["sequence_number"], state["state_hash"]) == (sequence_number, state_hash)
            exchange.wait_for_postgres()
            traders.check(exchange, generator.getrandbits(32))
            print(exchange.audit())
        assert traders.acknowledged_count() > 100 * LIVES
