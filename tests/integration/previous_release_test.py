"""The data directory that the previous release wrote starts under this one."""

import json
import pathlib
import sys

import pytest

from stored_exchange import StoredExchange

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "data/previous_release"
sys.path.insert(0, str(FOLDER))

import make  # noqa: E402


@pytest.fixture
def expected():
    return json.loads((FOLDER / "expected.json").read_text())


def test_its_state_its_balances_and_its_orders_are_there(tmp_path, expected):
    credentials = make.unpack(tmp_path)
    with StoredExchange(tmp_path, None, *make.FLAGS) as exchange:
        assert make.facts(exchange, credentials) == expected
        ann = exchange.account(credentials["ann"])
        for order in expected["ann"]["resting"]:
            canceled = ann.request("DELETE", f"{make.ORDERS}/{order['order_id']}")
            assert canceled.status_code == 200, canceled.text
        known = ann.request("POST", make.ORDERS, make.order("LEGACY-QUIET", "bid", 5, 1, "q3"))
        assert known.status_code == 409
        ann.post(make.ORDERS, make.order("LEGACY-OPEN", "bid", 5, 1, "new"))
        after = make.facts(exchange, credentials)
        exchange.kill()
        exchange.start()
        assert make.facts(exchange, credentials) == after


def test_its_journal_and_its_snapshot_give_the_same_state(tmp_path, expected):
    make.unpack(tmp_path)
    exchange = StoredExchange(tmp_path, None, *make.FLAGS)
    assert f"{expected['sequence_number']} records" in exchange.journal("verify")
    replayed = exchange.replay()
    with exchange:
        state = exchange.operator().get("/state")
    assert replayed == (state["sequence_number"], state["state_hash"])
