"""Every example twice, and once with a kill -9 half-way: what the file expects, and one digest."""

import copy
import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

import scenario_file  # noqa: E402
from scenario_run import ScenarioRun, draw  # noqa: E402

EXAMPLES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_ends_as_expected_and_always_the_same(path, tmp_path):
    scenario = scenario_file.load(path)
    digests = []
    for name, restart in (("first", False), ("second", False), ("restarted", True)):
        digest, differences = ScenarioRun(scenario, tmp_path / name, restart).play()
        assert not differences, f"{path.name}, {name} run: " + "; ".join(differences)
        digests.append(digest)
    print(f"{path.stem}: {digests[0]}")
    assert digests[1] == digests[0], "the second run differs from the first"
    assert digests[2] == digests[0], "the run with a restart differs from the first"


def test_there_are_enough_examples():
    assert len(EXAMPLES) >= 12


def test_draws_are_those_of_the_exchange():
    # The same values as in services/mock-kalshi/tests/faults_test.cc.
    assert draw(0, 0, 0, 4) == 0x3A55E40F751A2364
    assert draw(42, 3, 1_000_000, 10) == 0x42CD6EF81A8D86D6


MINIMAL = {
    "title": "Test", "participants": [{"name": "alice"}], "markets": [{"ticker": "M"}],
    "steps": [{"at_ms": 0, "by": "alice",
               "create": {"id": "a", "market": "M", "side": "bid", "price": "0.40", "count": "1"}}],
    "expect": {"balances": {"alice": "999.00"}}}


def changed(change):
    """MINIMAL with members replaced, given as {path: value}; a value of None removes."""
    content = copy.deepcopy(MINIMAL)
    for path, value in change.items():
        inner = content
        *parents, last = path
        for part in parents:
            inner = inner[part]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return content


def test_minimal_file_gets_its_defaults():
    scenario = scenario_file.parse(MINIMAL)
    assert scenario["participants"][0]["latency_ms"] == 0
    assert scenario["markets"][0]["close_after_s"] == 3600
    assert scenario["steps"][0]["args"]["time_in_force"] == "good_till_canceled"


@pytest.mark.parametrize("change, message", [
    ({("title",): None}, "title: is missing"),
    ({("seed",): -1}, "seed: -1 is outside 0 to 9223372036854775807"),
    ({("sede",): 1}, "sede: is none of catalogue, expect, markets, participants, seed, start, "
                     "steps, title"),
    ({("participants", 0, "latency_ms"): 70000},
     "participants[0].latency_ms: 70000 is outside 0 to 60000"),
    ({("participants",): [{"name": "bob"}, {"name": "bob"}]},
     "participants[1].name: bob is there twice"),
    ({("markets", 0, "ticker"): "m"}, "markets[0].ticker: 'm' does not match [A-Z0-9._-]{1,64}"),
    ({("steps", 0, "at_ms"): "soon"}, "steps[0].at_ms: 'soon' is no whole number"),
    ({("steps", 0, "by"): "bob"}, "steps[0].by: 'bob' is none of alice"),
    ({("steps", 0, "create", "price"): "1.5"}, "steps[0].create.price: 1.5 is outside 0 to 1"),
    ({("steps", 0, "create", "price"): 0.4},
     "steps[0].create.price: 0.4 is no decimal text such as \"0.40\""),
    ({("steps", 0, "create", "market"): "N"}, "steps[0].create.market: 'N' is none of M"),
    ({("steps", 0, "create"): None},
     "steps[0].verb: a step of a participant needs exactly one of create, ladder, cancel, amend, "
     "decrease, cancel_all, not none"),
    ({("expect",): {}}, "expect.expect: says nothing"),
    ({("expect", "orders"): {"b": {"status": "resting"}}}, "expect.orders.b: is none of a"),
    ({("start",): "yesterday, at noon...."}, "start: 'yesterday, at noon....' does not match "
                                             "[0-9TZ:.-]{20,30}"),
])
def test_fault_of_a_file_names_field_value_and_limit(change, message):
    with pytest.raises(scenario_file.ScenarioError) as error:
        scenario_file.parse(changed(change))
    assert str(error.value) == message


def test_order_can_be_canceled_only_by_its_owner():
    steps = MINIMAL["steps"] + [{"at_ms": 1, "by": "bob", "cancel": {"id": "a"}}]
    with pytest.raises(scenario_file.ScenarioError) as error:
        scenario_file.parse({**MINIMAL, "steps": steps,
                             "participants": [{"name": "alice"}, {"name": "bob"}]})
    assert str(error.value) == "steps[1].cancel.id: a is no earlier order of bob"
