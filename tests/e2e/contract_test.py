"""Every operation of the venue answers as its OpenAPI documents say: success and each documented
refusal, status, headers and body, against the document that we ship and against the venue's own
(../shared beside the repository; skipped by name where it is missing).

The fixture `answers` sends contract_requests once; the tests look at what came back, operation by
operation."""

import collections
import re

import httpx
import pytest

import contract_requests as requests
import openapi
from contract_requests import OLD_ORDER_VERBS, ONE_ORDER, ORDERS
from local_exchange import LocalExchange

# Documented statuses that cannot be had, and why.
EVERYWHERE = {500: "a bug", 504: "nothing stands before the exchange that could give up waiting"}
UNREACHABLE = {
    ("GET /exchange/status", 503): "the process that could say so is down",
    ("GET /milestones/{milestone_id}", 200): "the catalogue has no milestones",
    ("GET /milestones/{milestone_id}", 400): "it has no parameter that can be wrong",
    ("GET /structured_targets/{structured_target_id}", 200): "the catalogue has no targets",
    ("GET /events/{event_ticker}/metadata", 400): "it has no parameter that can be wrong",
    ("GET /historical/fills", 404): "unknown tickers give an empty list, as in /portfolio/fills",
    ("GET /historical/trades", 404): "unknown tickers give an empty list, as in /markets/trades",
    ("DELETE /api_keys/{api_key}", 400): "every other text is an unknown key: 404",
}
# Operations that the venue's clients no longer call and that this exchange does not have.
MISSING = {"POST /portfolio/subaccounts/positions/transfer",
           "PUT /portfolio/subaccounts/settlement-advance-lock",
           "DELETE /portfolio/subaccounts/settlement-advance-lock"}
# Statuses that rest.md has on the wire although the venue's document does not list them: a query
# that cannot be read (section 3), a key that is wrong where none is needed, and what section 7 says
# of every signed operation; the rest by operation (sections 3, 4 and 8).
ON_ANY = {400, 401, 403, 429, 503}
BEYOND_VENUE = {
    (f"POST {ORDERS}", 404), (f"POST {ONE_ORDER}/amend", 409),
    ("POST /portfolio/subaccounts/transfer", 409), ("GET /series/{series_ticker}", 404),
    ("GET /series/{series_ticker}/events/{ticker}/candlesticks", 404),
} | {(operation, 410) for operation in OLD_ORDER_VERBS}

DOCUMENTS = {"ours": openapi.Document(openapi.OURS)}
if openapi.VENUE.exists():
    DOCUMENTS["venue"] = openapi.Document(openapi.VENUE)
CASES = [pytest.param(document, operation, id=f"{name}-{operation.name.replace(' ', '')}")
         for name, document in DOCUMENTS.items() for operation in document.operations]


def unsupported_operations(exchange):
    base = exchange.rest_url.removesuffix("/trade-api/v2")
    return {f"{row['method']} {row['path'].removeprefix('/trade-api/v2')}" for row in
            httpx.get(base + "/evx/v1/unsupported", timeout=10).json()["unsupported"]}


@pytest.fixture(scope="module")
def unsupported(exchange):
    return unsupported_operations(exchange)


Sent = collections.namedtuple("Sent", "answers surprises")


@pytest.fixture(scope="module")
def sent(exchange, unsupported):
    """Everything that contract_requests sends, once."""
    calls = requests.Calls(exchange, serves_old_orders=False)
    requests.use(calls, DOCUMENTS["ours"])
    for document in DOCUMENTS.values():
        requests.refuse_everything(calls, document, lambda o: o.name not in unsupported | MISSING)
    requests.run_into_limits(calls)
    requests.be_paused(calls)
    with LocalExchange("--legacy_orders=serve") as older:
        serving = requests.Calls(older, serves_old_orders=True)
        requests.use_old_orders(serving)
        requests.refuse_everything(serving, DOCUMENTS["ours"], lambda o: 410 in o.statuses)
    with LocalExchange("--clock=virtual", "--catalogue=empty") as virtual:
        aging = requests.Calls(virtual, serves_old_orders=False)
        requests.read_history(aging)
    everyone = (calls, serving, aging)
    return Sent([answer for each in everyone for answer in each.answers],
                [surprise for each in everyone for surprise in each.surprises])


@pytest.fixture(scope="module")
def answers(sent):
    """What every operation answered, by name."""
    by_operation = collections.defaultdict(list)
    for answer in sent.answers:
        by_operation[answer.operation].append(answer.response)
    return by_operation


def test_each_refusal_has_the_status_it_should(sent):
    assert not sent.surprises, "\n".join(sent.surprises)


@pytest.mark.skipif("venue" not in DOCUMENTS, reason=f"{openapi.VENUE} is missing")
def test_the_venues_own_document_was_used():
    assert len(DOCUMENTS["venue"].operations) >= len(DOCUMENTS["ours"].operations)


@pytest.mark.parametrize("document, operation", CASES)
def test_answers_are_as_documented(answers, unsupported, document, operation):
    if operation.name in unsupported:
        pytest.skip("on the list of GET /evx/v1/unsupported")
    received = answers[operation.name]
    faults = {}
    for response in received:
        for fault in document.faults(operation, response):
            faults.setdefault(f"{response.status_code} {fault}", response.text[:500])
    assert not faults


@pytest.mark.parametrize("document, operation", CASES)
def test_every_documented_status_was_seen(answers, unsupported, document, operation):
    if operation.name in unsupported:
        pytest.skip("on the list of GET /evx/v1/unsupported")
    if operation.name in MISSING:
        pytest.xfail("not there")
    seen = {response.status_code for response in answers[operation.name]}
    unreachable = set(EVERYWHERE) | {s for n, s in UNREACHABLE if n == operation.name}
    wanted, allowed = set(operation.statuses), set(operation.statuses)
    if document is DOCUMENTS["ours"]:
        wanted -= {403, 429, 503}  # What the venue documents of these is wanted there.
    else:
        allowed |= ON_ANY | {s for n, s in BEYOND_VENUE if n == operation.name}
    assert wanted - seen <= unreachable, "documented, yet never answered"
    assert seen <= allowed, "answered, yet not documented"
    assert not seen & unreachable, "the list of what cannot be had is too long"


def test_unsupported_operations_answer_501(exchange, demo, unsupported):
    assert unsupported
    for operation in sorted(unsupported):
        method, path = operation.split(" ")
        answer = demo.request(method, re.sub(r"{(\w+)}", "x", path))
        assert answer.status_code == 501, operation
        assert answer.json()["error"]["code"] == "not_implemented"


def test_what_is_unsupported_is_not_in_our_document(unsupported):
    assert not unsupported & {operation.name for operation in DOCUMENTS["ours"].operations}
